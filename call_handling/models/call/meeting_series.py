from odoo import models


class CallCall(models.Model):
    """A series of meetings that is created from a call: the call leads to one of them."""

    _inherit = "call.call"

    def _undo_trace(self, trace):
        """Override: the other meetings of a series that was created at once have the same title."""
        record_sudo = trace.record_sudo
        if trace.created and trace.created["kind"] == "meeting":
            title = trace.created["title"]
            series_sudo = record_sudo.recurrence_id.calendar_event_ids - record_sudo
            of_call = series_sudo.filtered(lambda meeting: meeting.name == title)
            for other in [self._plan_record(trace.created, other) for other in of_call]:
                super()._undo_trace(other)
        return super()._undo_trace(trace)
