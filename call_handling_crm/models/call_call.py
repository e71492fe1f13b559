from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Domain

from odoo.addons.call_handling.adapters.numbering import same_numbers
from odoo.addons.call_handling.tools import public_method

OFFERED = 10  # leads


class CallCall(models.Model):
    """Leads and opportunities that are created from calls."""

    _inherit = "call.call"

    lead_id = fields.Many2one(
        "crm.lead",
        copy=False,
        index="btree_not_null",
        follow_up="lead",
        follow_up_group="sales_team.group_sale_salesman",
        writable="create",
    )
    possible_lead_ids = fields.Many2many(
        "crm.lead",
        string="Possible Leads",
        compute="_compute_possible_lead_ids",
        groups="sales_team.group_sale_salesman",
        help="Open leads and opportunities with the number of a caller who is no contact.",
    )

    # === COMPUTE METHODS === #

    @api.depends("partner_id", "remote_number", "lead_id")
    @api.depends_context("uid")
    def _compute_possible_lead_ids(self):
        for call in self:
            call.possible_lead_ids = not call.lead_id and call._get_possible_leads()

    # === ACTION METHODS === #

    @public_method(one=True)
    def action_create_lead(self):
        """Create a lead or opportunity from the call, or open the existing one."""
        return self._open_follow_up("lead")

    @public_method(one=True)
    def action_choose_lead(self, lead_id: int):
        """Set which of the possible leads the call is about.

        :param int lead_id: the lead
        :raise UserError: it is not one of them
        """
        self.check_access("write")
        if lead_id not in self._get_possible_leads().ids:
            raise UserError(self.env._("This choice is no longer offered. Reload the call."))
        # sudo: the user may choose what is offered, and nothing else
        self.sudo().lead_id = lead_id

    # === BUSINESS METHODS === #

    @api.model
    def _get_strict_addons(self):
        return super()._get_strict_addons() | {"call_handling_crm"}

    def _get_possible_leads(self):
        """Return the open leads and opportunities with the number of a caller who is no contact,
        as far as the user may see them.

        :rtype: crm.lead
        """
        self.ensure_one()
        leads = self.env["crm.lead"]
        if self.partner_id or not self.remote_number or not leads.has_access("read"):
            return leads
        return leads.search(self._get_lead_domain(), limit=OFFERED)

    def _get_lead_domain(self):
        """Return the open leads and opportunities that have the call's number or, if it is not
        certain, a number that it can be."""
        possible = self._get_possible_numbers()
        numbers = {same for number in possible for same in same_numbers(number)}
        domain = Domain("phone_sanitized", "in", sorted(numbers))
        domain &= Domain("company_id", "in", [False, self.company_id.id])
        return domain & Domain("won_status", "=", "pending")

    def _get_card_contact(self):
        """Override to name a caller who is only known from a lead."""
        contact = super()._get_card_contact()
        leads = self._get_possible_leads()
        if len(leads) == 1 and not contact["partner_id"]:
            contact["name"] = leads.contact_name or leads.partner_name or contact["name"]
        return contact

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

    @api.model
    def _get_caller_fields(self, kind):
        """Override for what a lead itself says about its contact."""
        if kind != "lead":
            return super()._get_caller_fields(kind)
        return ("contact_name", "partner_name", "phone", "email_from", "function", "website")

    def _get_card_links(self):
        """Override to show open leads and opportunities on the card."""
        domain = Domain("won_status", "=", "pending")
        kind = ("crm.lead", self.env._("Opportunities"), "fa-star")
        if self.partner_id or not self.remote_number:
            links = self._get_card_link(*kind, domain)
        else:
            links = self._list_card_link(*kind, self._get_lead_domain())
        return super()._get_card_links() + links
