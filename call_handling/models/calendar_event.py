from odoo import api, models


class CalendarEvent(models.Model):
    _name = "calendar.event"
    _inherit = ["calendar.event", "call.count.mixin"]
    _call_link = "meeting_id"

    @api.model_create_multi
    def create(self, vals_list):
        events = super().create(vals_list)
        call = self.env["call.call"].browse(self.env.context.get("call_handling_call_id")).exists()
        if call and not call.meeting_id:
            call._check_create_follow_up()
            call.with_context(call_handling_call_id=False)._link_follow_up("meeting", events[:1])
        return events

    def copy_data(self, default=None):
        """Override: copies, also the other meetings of a series, have no texts of calls."""
        return self.env["call.call"]._remove_from_copies(self, super().copy_data(default))
