from odoo import models

from ...tools import AUTOMATIC, public_method
from .private import HIDDEN_MODELS
from .undo import SCOPE

LINE = "account.analytic.line"
NAMED = 10  # calls, and records that stay, that the dialog names


class CallCall(models.Model):
    """Calls that are deleted by an administrator: the dialog that asks before, and what goes.

    What belongs to a call goes with it: notes, messages, files, reminders, its callback, and the
    timesheet lines that follow it. What has a life of its own stays: what was created from the
    call, numbers that were remembered, and lines that are validated or invoiced, or that a person
    has entered or changed. That holds whatever deletes the call: the dialog, or a program.
    """

    _inherit = "call.call"

    # === CRUD METHODS === #

    def unlink(self):
        """Override: what belongs to a call goes with it, unless the app itself has seen to it."""
        if not self._is_erased_by_app():
            self.check_access("unlink")
            # sudo: it goes whatever of it the user may see
            calls_sudo = self.sudo()
            calls_sudo._get_lines_to_delete().with_context(**AUTOMATIC.set()).unlink()
            calls_sudo.with_context(**SCOPE)._erase_links_to(calls_sudo)
        return super().unlink()

    # === ACTION METHODS === #

    @public_method()
    def action_delete(self):
        """Ask whether the calls shall be deleted.

        :return: the dialog, which lists what goes with them, and what stays
        :rtype: dict
        """
        self.check_access("unlink")
        return self.env["call.delete.confirm"]._open(self)

    # === BUSINESS METHODS === #

    def _batch_delete(self):
        """Delete these calls, of many, on behalf of somebody who has confirmed it."""
        self.unlink()

    def _get_lines_to_delete(self):
        """Return the timesheet lines that still follow the calls."""
        return self.timesheet_ids.filtered(lambda line: line._is_still_automatic())

    def _get_deletion_preview(self):
        """Return what goes if the calls are deleted, and what stays.

        :return: lists of texts for people: ``deleted`` and ``remains``
        :rtype: dict[str, list]
        """
        self.check_access("unlink")
        calls_sudo = self.sudo()
        counts = {}
        for records_sudo in calls_sudo._get_records_to_delete():
            label = self._get_model_label(records_sudo._name)
            counts[label] = counts.get(label, 0) + len(records_sudo)
        deleted = self[:NAMED].mapped("display_name")
        if more := len(self[NAMED:]):
            deleted.append(self.env._("%s more calls", more))
        deleted += [f"{label}: {count}" for label, count in sorted(counts.items()) if count]
        remaining = calls_sudo._get_remaining()
        remains = [calls_sudo._format_remaining(record) for record in remaining[:NAMED]]
        if more := len(remaining[NAMED:]):
            remains.append(self.env._("%s more records", more))
        return {"deleted": deleted, "remains": remains}

    def _get_records_to_delete(self):
        """Return what goes with the calls and people know, as recordsets of one model each."""
        owned = self._get_owned_sudo(self)
        shown = [r for r in owned if r._name not in HIDDEN_MODELS and not r._transient]
        waiting = self.callback_id.filtered(lambda callback: not callback.call_ids - self)
        further = [self._get_messages(), self._get_lines_to_delete(), waiting, self.event_ids]
        return shown + further

    def _get_messages(self):
        """Return what people have written about the calls into their chatter."""
        of_calls = [("model", "=", self._name), ("res_id", "in", self.ids)]
        return self.env["mail.message"].search([*of_calls, ("message_type", "=", "comment")])

    def _get_remaining(self):
        """Return the records that came from the calls, and stay.

        :return: each once
        :rtype: list
        """
        created = [record for call in self for _entry, record in call._get_created_sudo()]
        further = [
            record
            for link, records in self._find_links_to(self)
            if self._is_further(link) and link.model != LINE
            for record in records
        ]
        lines = self.timesheet_ids - self._get_lines_to_delete()
        return list(dict.fromkeys([*created, *further, *lines]))

    def _format_remaining(self, record_sudo):
        """Return what a record is that stays, and of a timesheet line why, for people."""
        text = f"{self._get_model_label(record_sudo._name)}: {record_sudo.display_name}"
        if record_sudo._name != LINE:
            return text
        reason = record_sudo._get_state_against_change() or self.env._("entered by hand")
        return f"{text} ({reason})"
