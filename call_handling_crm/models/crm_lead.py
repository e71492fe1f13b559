from odoo import models

from odoo.addons.call_handling.tools import to_e164


class CrmLead(models.Model):
    _name = "crm.lead"
    _inherit = ["crm.lead", "call.count.mixin"]
    _call_link = "lead_id"

    def _compute_phone_sanitized(self):
        """Override to read what Odoo's own reader refuses, as for contacts."""
        result = super()._compute_phone_sanitized()
        for lead in self:
            country = lead._phone_get_country().get(lead.id) or self.env.company.country_id
            if number := to_e164(lead.phone or "", country.code):
                lead.phone_sanitized = number
        return result

    def _merge_dependences(self, opportunities):
        """Override: calls of the leads that are merged into this one lead to it."""
        self.env["call.call"]._move_follow_ups("lead", opportunities, self)
        return super()._merge_dependences(opportunities)

    def copy_data(self, default=None):
        """Override: copies have no texts of calls."""
        return self.env["call.call"]._remove_from_copies(self, super().copy_data(default))
