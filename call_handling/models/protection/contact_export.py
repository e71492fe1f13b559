import json
import re
import zipfile
from datetime import date, datetime

from odoo import fields, models

from ...tools import public_method

EXPORT_PATH = "/call_handling/contact"
# What says nothing about the contact, or stands in a file or a list of its own.
LEFT_OUT = ("binary", "image", "one2many", "many2many", "properties", "properties_definition")


class ResPartner(models.Model):
    """One file with everything that is stored about a contact in connection with calls."""

    _inherit = "res.partner"

    # === ACTION METHODS === #

    @public_method(one=True)
    def action_export_call_data(self):
        """Download what is stored about the contact in connection with calls.

        :raise AccessError: the user does not have the role
        """
        self._check_data_protection()
        url = f"{EXPORT_PATH}/{self.id}/export"
        return {"type": "ir.actions.act_url", "url": url, "target": "download"}

    # === BUSINESS METHODS === #

    def _write_call_data(self, file):
        """Write the export of the contact, and record that the user has got it.

        :param file: open for writing in binary mode
        """
        data = self._find_call_data()
        self._log_call_data("export_contact")
        exported = self._prepare_call_data(data)
        with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
            for call_sudo, call in zip(data.calls_sudo, exported["calls"], strict=True):
                call["files"] = call_sudo._write_files(archive)
            text = json.dumps(exported, indent=2, ensure_ascii=False, default=_to_json)
            archive.writestr("calls.json", text)
            values = {"data": exported, "labels": self._get_export_labels()}
            page = self.env["ir.qweb"]._render("call_handling.contact_export", values)
            archive.writestr("calls.html", str(page))

    def _log_call_data(self, act):
        """Record what the user does with everything about the contact. Override to record it
        elsewhere, too.

        :param str act: of `call.audit`
        """
        self.env["call.audit"]._log(act, self)

    def _get_export_labels(self):
        """Return what fields are called on screens, by name; those of calls come first.

        :rtype: dict[str, str]
        """
        ours = [name for name in self.env if getattr(self.env[name], "_has_data_of_calls", False)]
        models = ("mail.message", *ours, "call.call")
        return {
            name: field._description_string(self.env)
            for model in models
            for name, field in self.env[model]._fields.items()
        }

    def _prepare_call_data(self, data):
        """Return the content of the export, as it is written as JSON.

        :param contact_data.ContactData data: what was found
        :rtype: dict
        """
        return {
            "contact": {"id": self.id, "name": self.display_name, "email": self.email},
            "exported_on": fields.Datetime.now(),
            "exported_by": self.env.user.name,
            "numbers": [*data.numbers, *data.shared_numbers],
            "calls": [call._prepare_export() for call in data.calls_sudo],
            "private_calls": data.private_count,
            "calls_at_shared_numbers": len(data.uncertain_sudo),
            "phones_in_other_calls": data.legs_sudo._export_facts(),
            "callbacks": data.callbacks_sudo._export_facts(),
            "further_numbers": data.numbers_sudo._export_facts(),
            "proposed_numbers": data.proposals_sudo._export_facts(),
            "dialled": data.dials_sudo._export_facts(),
            "unwanted_numbers": data.blocks_sudo._export_facts(),
            "events_not_understood": data.failed_sudo._export_facts(),
        }


class Base(models.AbstractModel):
    _inherit = "base"

    def _export_facts(self):
        """Return the stored values of records, for people outside: of every field that is shown,
        also of other addons.

        :rtype: list[dict]
        """
        return [
            {
                name: value
                for name, field in record._fields.items()
                if field.store
                and field.type not in LEFT_OUT
                and field.groups != fields.NO_ACCESS
                and name not in ("create_uid", "write_uid", "write_date")
                and (value := _get_exported_value(record, field)) not in (False, None, "")
            }
            for record in self
        ]


class CallCall(models.Model):
    _inherit = "call.call"

    def _prepare_export(self):
        """Return everything about a call for the remote party.

        :rtype: dict
        """
        (facts,) = self._export_facts()
        messages = self.message_ids.filtered("body")
        follow_ups = {
            kind: self[follow_up.link].display_name
            for kind, follow_up in self._get_follow_ups().items()
            if self[follow_up.link]
        }
        activities = self.with_context(active_test=False).activity_ids
        return facts | {
            "phones": self.leg_ids._export_facts(),
            "notes": self.note_ids._export_facts(),
            "messages": messages._export_facts(),
            "changes": self.message_ids.tracking_value_ids._export_facts(),
            "reminders": activities._export_facts(),
            "follow_ups": follow_ups,
            "timesheets": self.timesheet_ids._export_facts(),
            "events": self.event_ids._export_facts(),
        }

    def _get_files_sudo(self):
        """Return the files and recordings of the call. Override for what is stored elsewhere.

        :rtype: ir.attachment
        """
        # sudo: whoever exports a contact need not see its calls
        files = self.env["ir.attachment"].sudo()
        about = [("call.call", self.ids), ("call.note", self.sudo().note_ids.ids)]
        found = [files.search([("res_model", "=", m), ("res_id", "in", ids)]) for m, ids in about]
        return files.union(*found, self.sudo().message_ids.attachment_ids)

    def _write_files(self, archive):
        """Add the files and recordings of the call to an archive.

        :param zipfile.ZipFile archive: open for writing
        :return: their names in it
        :rtype: list[str]
        """
        names = []
        for file_sudo in self._get_files_sudo():
            safe = re.sub(r"[^\w.-]+", "_", file_sudo.name or "").strip("._") or "file"
            name = f"files/call-{self.id}/{file_sudo.id}-{safe[-100:]}"
            archive.writestr(name, file_sudo.raw or b"")
            names.append(name)
        return names


def _get_exported_value(record, field):
    value = record[field.name]
    if field.type == "many2one":
        return value.display_name
    if field.type == "many2one_reference":
        return False  # the record stands above
    if field.type == "selection" and value:
        return dict(field._description_selection(record.env)).get(value, value)
    return value


def _to_json(value):
    if isinstance(value, datetime):
        return f"{value.isoformat()}Z"  # Odoo's times are UTC
    if isinstance(value, date):
        return value.isoformat()
    return str(value)
