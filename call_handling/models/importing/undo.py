from odoo import SUPERUSER_ID, models

from ...tools import NO_CHATTER, public_method

BATCH = 200  # calls


class CallImport(models.Model):
    """Takes an import back: its calls are deleted, except those on which somebody has worked, and
    those that the telephone system has reported as well. It can be imported again."""

    _inherit = "call.import"

    # === ACTION METHODS === #

    @public_method(one=True)
    def action_undo(self):
        """Delete the calls of the import, in the background."""
        self.check_access("unlink")
        # sudo: the state is the app's
        self.filtered(lambda record: record.state in ("done", "failed")).sudo().state = "undoing"
        self._trigger()

    # === BUSINESS METHODS === #

    def _undo_all(self):
        """Delete the calls, in batches.

        :return: whether there is time left
        :rtype: bool
        """
        self.row_ids.unlink()
        last_id = 0
        calls = self.env["call.call"].with_context(**NO_CHATTER)
        own = [("import_id", "=", self.id)]
        while batch := calls.search([*own, ("id", ">", last_id)], order="id", limit=BATCH):
            last_id = batch[-1].id
            batch._undo_import()
            if not self.env["ir.cron"]._commit_progress():
                return False
        self.state = "undone"
        return bool(self.env["ir.cron"]._commit_progress(1))


class CallCall(models.Model):
    _inherit = "call.call"

    def _undo_import(self):
        """Delete imported calls, with what was read about them."""
        untouched = self.filtered(lambda call: not call._is_more_than_imported())
        events = self.env["call.event"]
        for call in untouched:
            events.search(events._get_domain_of(call)).unlink()
        untouched._unlink_keeping_events()

    def _is_more_than_imported(self):
        """Return whether something of an imported call would be lost with it: a person has written
        it or about it, or the telephone system has reported it."""
        self.ensure_one()
        is_reported = any("record" not in (event.data or {}) for event in self.event_ids)
        by_people = (self, self.note_ids, self.message_ids, self.activity_ids, self.timesheet_ids)
        return (
            is_reported
            or self.is_private
            or self.is_closed
            or bool(self.callback_id)
            or any(r.write_uid.id != SUPERUSER_ID for records in by_people for r in records)
        )
