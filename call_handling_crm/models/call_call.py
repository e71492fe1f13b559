from odoo import fields, models
from odoo.fields import Domain

from odoo.addons.call_handling.models.call_follow_up_mixin import FollowUp


class CallCall(models.Model):
    _inherit = "call.call"

    lead_id = fields.Many2one("crm.lead", copy=False, index="btree_not_null")

    def action_make_lead(self):
        """Make a lead or opportunity of the call, or open the one that is there."""
        return self._open_follow_up("lead")

    def _get_follow_ups(self):
        follow_up = FollowUp("lead_id", "sales_team.group_sale_salesman")
        return super()._get_follow_ups() | {"lead": follow_up}

    def _work_lead(self):
        self._work_follow_up("lead")

    def _prepare_lead_values(self):
        """Values of the lead that is made of the call: a lead where the company uses them,
        else an opportunity."""
        values = {
            "name": self._get_follow_up_title(),
            "user_id": self._get_responsible("lead").id,
            "company_id": self.company_id.id,
            "medium_id": self.env["ir.model.data"]._xmlid_to_res_id("utm.utm_medium_phone"),
            "description": self._get_follow_up_text(),
        }
        if self.partner_id:
            return values | {"partner_id": self.partner_id.id}
        return values | {"contact_name": self.remote_name, "phone": self.remote_number}

    def _prepare_stripped_values(self, made, record_sudo):
        values = super()._prepare_stripped_values(made, record_sudo)
        if made["kind"] != "lead" or record_sudo.partner_id and "partner_id" not in values:
            return values
        names = ("contact_name", "partner_name", "phone", "email_from", "function", "website")
        return values | dict.fromkeys(names, False)

    def _get_card_links(self):
        """Override to show open leads and opportunities on the card."""
        domain = Domain("won_status", "=", "pending")
        links = self._get_card_link("crm.lead", self.env._("Opportunities"), "fa-star", domain)
        return super()._get_card_links() + links

    def _prepare_dialled_values(self, record):
        """Override to know the lead from which a number was dialled."""
        values = super()._prepare_dialled_values(record)
        own = record and record._name == "crm.lead"
        return values | ({"lead_id": record.id} if own else {})
