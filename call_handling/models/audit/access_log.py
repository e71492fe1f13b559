"""Who has taken data of calls out of Odoo. Reading is not recorded, exporting and playing is."""

from datetime import timedelta

from odoo import api, fields, models

# A player asks for a file in many pieces.
SAME_PLAYING = timedelta(minutes=5)


class Base(models.AbstractModel):
    _inherit = "base"

    def _export_rows(self, fields, *, _is_toplevel_call=True):
        """Override to record who exports data of calls, whichever model the export begins with."""
        rows = super()._export_rows(fields, _is_toplevel_call=_is_toplevel_call)
        if _is_toplevel_call:
            for records in self._find_exported_data_of_calls(fields):
                self.env["call.audit"]._log_together("export", records)
        return rows

    def _find_exported_data_of_calls(self, paths):
        """Return the records with data of calls that an export contains.

        :param list paths: of fields, each a list of names
        :return: recordsets, each of one model
        """
        found = {}
        for records in self._walk_exported_paths(paths):
            if records and getattr(records, "_has_data_of_calls", False):
                found[records._name] = found.get(records._name, records) | records
        return list(found.values())

    def _walk_exported_paths(self, paths):
        """Yield all records to which paths of fields lead, these first. What several paths have in
        common is walked once.

        :param list paths: of fields, each a list of names
        """
        yield self
        yield from self._get_records_written_about()
        further = {}
        for name, *rest in filter(None, paths):
            further.setdefault(name, []).append(rest)
        for name, rests in further.items():
            field = self._fields.get(name)
            if field and field.type == "reference":
                # each record can lead to another model
                yield from (record[name] for record in self if record[name])
            elif field and field.relational:
                yield from self[name]._walk_exported_paths(rests)

    def _get_records_written_about(self):
        """Yield what messages, files, activities and the like are about."""
        for field in self._fields.values():
            if field.type == "many2one_reference" and field.store and self:
                # sudo: the model of a record that the user may read
                for model, records in self.sudo().grouped(field.model_field).items():
                    if getattr(self.env.get(model), "_has_data_of_calls", False):
                        # entries of the audit trail are also about what was deleted since
                        ids = set(records.mapped(field.name)) - {False}
                        yield self.env[model].browse(ids).exists()


class IrAttachment(models.Model):
    _inherit = "ir.attachment"

    # === WAYS TO A FILE'S CONTENT === #

    def _to_http_stream(self):
        """Override to record who plays or downloads a recording."""
        self._log_playing()
        return super()._to_http_stream()

    def _compute_raw(self):
        """Override to record who reads a recording by RPC. The app itself reads with sudo."""
        if not self.env.su:
            self._log_playing()
        return super()._compute_raw()

    # === BUSINESS METHODS === #

    def _get_recorded_calls_sudo(self):
        """Return the calls that can be heard in these files. Override for files that belong to
        calls in another way.

        :rtype: call.call
        """
        # sudo: whether it is recorded does not depend on who asks
        files_sudo = self.sudo().filtered(
            lambda file: (file.mimetype or "").startswith(("audio/", "video/"))
        )
        calls_sudo = self.env["call.call"].sudo()
        for model, link in (("call.call", "id"), ("call.note", "call_id.id")):
            ids = files_sudo.filtered(lambda f, model=model: f.res_model == model).mapped("res_id")
            calls_sudo |= calls_sudo.browse(
                self.env[model].sudo().browse(ids).exists().mapped(link)
            )
        return calls_sudo

    def _log_playing(self):
        """Record that the current user plays or downloads recordings: once, not for each piece."""
        calls_sudo = self._get_recorded_calls_sudo()
        if not calls_sudo:
            return
        log = self.env["call.audit"]
        if not self.env.cr.readonly:
            log._log_playing(calls_sudo)
            return
        # files are given out by requests that do not write
        self.env.cr.rollback()
        with self.env.registry.cursor(readonly=False) as cr:
            env = self.env(cr=cr)
            log.with_env(env)._log_playing(calls_sudo.with_env(env(su=True)))


class CallAudit(models.Model):
    _inherit = "call.audit"

    @api.model
    def _log_playing(self, calls):
        """Record that the current user plays or downloads recordings.

        :param call.call calls: whose recordings
        """
        for call in calls:
            if not self._is_logged_since("play", call, SAME_PLAYING):
                self._log("play", call)

    @api.model
    def _is_logged_since(self, act, record, ago):
        """Return whether the current user has done the same shortly before.

        :param str act: one of those of the log
        :param record: with which it was done
        :param datetime.timedelta ago: how long before
        :rtype: bool
        """
        same = [
            ("act", "=", act),
            ("user_id", "=", self.env.uid),
            ("res_model", "=", record._name),
            ("res_id", "=", record.id),
            ("create_date", ">", fields.Datetime.now() - ago),
        ]
        # sudo: the user may not read the log
        return bool(self.sudo().search_count(same, limit=1))
