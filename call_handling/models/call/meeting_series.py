from odoo import models


class CallCall(models.Model):
    """A series of meetings that is created from a call: the call leads to one of them."""

    _inherit = "call.call"

    def _undo_trace(self, trace):
        """Override: the other meetings of the series go in the same way."""
        for other in self._plan_others_of_series(trace):
            super()._undo_trace(other)
        return super()._undo_trace(trace)

    def _anonymize_trace(self, trace):
        """Override: the other meetings of the series lose the same."""
        for other in self._plan_others_of_series(trace):
            super()._anonymize_trace(other)
        return super()._anonymize_trace(trace)

    def _plan_others_of_series(self, trace):
        """Return what becomes of the other meetings of a series that was created at once: they
        have the same title.

        :param undo.Trace trace: what the call leads to
        :rtype: list[undo.Trace]
        """
        if not trace.created or trace.created["kind"] != "meeting":
            return []
        series_sudo = trace.record_sudo.recurrence_id.calendar_event_ids - trace.record_sudo
        of_call = series_sudo.filtered(lambda meeting: meeting.name == trace.created["title"])
        return [self._plan_record(trace.created, other) for other in of_call]
