from odoo import fields, models
from odoo.fields import Domain


class CallCall(models.Model):
    """Leads and opportunities that are created from calls."""

    _inherit = "call.call"

    lead_id = fields.Many2one(
        "crm.lead",
        copy=False,
        index="btree_not_null",
        follow_up="lead",
        follow_up_group="sales_team.group_sale_salesman",
    )

    # === ACTION METHODS === #

    def action_create_lead(self):
        """Create a lead or opportunity from the call, or open the existing one."""
        return self._open_follow_up("lead")

    # === BUSINESS METHODS === #

    def _prepare_lead_values(self):
        """Return the values of the lead that is created from the call: a lead if the company
        uses them, otherwise an opportunity.

        :rtype: dict
        """
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

    def _prepare_stripped_values(self, created, record_sudo):
        """Override to remove what a lead itself says about its contact."""
        values = super()._prepare_stripped_values(created, record_sudo)
        keeps_contact = record_sudo.partner_id and "partner_id" not in values
        if created["kind"] != "lead" or keeps_contact:
            return values
        names = ("contact_name", "partner_name", "phone", "email_from", "function", "website")
        return values | dict.fromkeys(names, False)

    def _get_card_links(self):
        """Override to show open leads and opportunities on the card."""
        domain = Domain("won_status", "=", "pending")
        links = self._get_card_link("crm.lead", self.env._("Opportunities"), "fa-star", domain)
        return super()._get_card_links() + links
