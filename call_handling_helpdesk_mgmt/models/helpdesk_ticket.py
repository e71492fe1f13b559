from odoo import models


class HelpdeskTicket(models.Model):
    _name = "helpdesk.ticket"
    _inherit = ["helpdesk.ticket", "call.count.mixin"]
    _call_link = "ticket_id"

    def copy_data(self, default=None):
        """Override: copies have no texts of calls."""
        return self.env["call.call"]._remove_from_copies(self, super().copy_data(default))
