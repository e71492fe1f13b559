from odoo import models

from ...tools import NO_CHATTER
from .undo import DELETED, STRIPPED, UNLINKED

# What statistics need, beside what remains of private calls.
STATISTICS = frozenset(
    {"employee_id", "department_id", "category_id", "project_id", "line_id", "line_number", "queue"}
    | {"call_type", "is_outside_hours"}
)
LINES = "account.analytic.line"


class CallCall(models.Model):
    """Calls without their remote party: statistics, timesheets and invoices remain."""

    _inherit = "call.call"

    def _anonymize(self):
        """Remove the remote party from the calls, and whatever was said and written about them.
        Later events change nothing about them. Private calls name nobody already."""
        for call in self.sudo().filtered(lambda call: not call.is_private):
            call.with_context(**NO_CHATTER, call_handling_erasing=True)._anonymize_one()

    def _anonymize_one(self):
        self.ensure_one()
        self._lock_out_events()
        words = self._get_revealing_words()
        for trace in self._plan_anonymization():
            if trace.record_sudo._name == LINES:
                text = self._get_neutral_line_text(trace.record_sudo.employee_id)
                trace.record_sudo.write({"name": text, "call_values": False})
            else:
                self._undo_trace(trace)
        self._erase_conversation()
        self._notify_lists()
        self._erase_from_bus(words)
        events = self.env["call.event"]
        events._delete_unreadable(self)
        ref = events._get_stored_name(self, self.pbx_ref) if self.pbx_id else self.pbx_ref
        events._forget(self, data={"deleted": True})
        self.reference_ids.unlink()
        self._reset_fields([f for f in self._get_fields_to_reset() if f.name not in STATISTICS])
        # not "none": it must not be found again
        masked = dict.fromkeys(self._get_fields_with("when_private", "mask"), False)
        self.write(masked | {"pbx_ref": ref, "match": "manual"})

    def _plan_anonymization(self):
        """Return what the call has led to, and what becomes of it: work goes on without what came
        from the call, and what is final remains as it is.

        :rtype: list[undo.Trace]
        """
        traces = []
        for trace in self._plan_undo():
            fate = trace.fate
            if trace.record_sudo._name == LINES:
                fate = fate if fate == UNLINKED else STRIPPED
            elif fate == DELETED and trace.created:
                fate = STRIPPED
            elif fate == DELETED and not getattr(trace.record_sudo, "_has_data_of_calls", False):
                fate = UNLINKED
            if trace.record_sudo._name != LINES or fate == STRIPPED:
                traces.append(trace._replace(fate=fate))
        return traces
