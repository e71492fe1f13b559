from odoo import fields, models
from odoo.fields import Domain

from odoo.addons.call_handling.adapters.numbering import same_numbers
from odoo.addons.call_handling.models.call.attach import OFFERED


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
    lead_candidate_ids = fields.Many2many(
        "crm.lead",
        "call_call_lead_candidate_rel",
        "call_id",
        "lead_id",
        string="Possible Leads",
        copy=False,
        candidates_for="lead_id",
    )

    # === ACTION METHODS === #

    def action_choose_lead(self, lead_id):
        """Set which of the offered leads the call is about.

        :param int lead_id: the lead
        """
        self._choose("lead", lead_id)

    def action_create_lead(self):
        """Create a lead or opportunity from the call, or open the existing one."""
        return self._open_follow_up("lead")

    # === BUSINESS METHODS === #

    def _get_lead_search_key(self):
        """Return what determines the lead of a caller who is no contact yet: the number. A
        contact that is created later does not detach it."""
        number = self.remote_number or ""
        if self.match != "none" or self.partner_id or not number.startswith("+"):
            return (self.found_records or {}).get("lead", [[]])[0]
        return [number]

    def _search_open_lead(self):
        """Return the open leads and opportunities without a contact that have the number.

        :rtype: crm.lead
        """
        leads = self.env["crm.lead"]
        return leads if self.partner_id else leads.search(self._get_lead_domain(), limit=OFFERED)

    def _get_lead_domain(self):
        """Return the open leads and opportunities that have the call's number or, if it is not
        certain, a number that it can be."""
        numbers = {one for n in self._get_possible_numbers() if n for one in same_numbers(n)}
        domain = Domain("phone_sanitized", "in", sorted(numbers))
        domain &= Domain("company_id", "in", [False, self.company_id.id])
        return domain & Domain("won_status", "=", "pending")

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
        kind = ("crm.lead", self.env._("Opportunities"), "fa-star")
        if self.partner_id or not self.remote_number:
            links = self._get_card_link(*kind, domain)
        else:
            links = self._list_card_link(*kind, self._get_lead_domain())
        return super()._get_card_links() + links
