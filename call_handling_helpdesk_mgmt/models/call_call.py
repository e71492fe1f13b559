from odoo import api, fields, models
from odoo.fields import Domain

from odoo.addons.call_handling.tools import public_method


class CallCall(models.Model):
    """Tickets that are created from calls, or that calls are about."""

    _inherit = "call.call"

    ticket_id = fields.Many2one(
        "helpdesk.ticket",
        copy=False,
        index="btree_not_null",
        follow_up="ticket",
        follow_up_group="helpdesk_mgmt.group_helpdesk_user_own",
        writable="create",
    )
    ticket_candidate_ids = fields.Many2many(
        "helpdesk.ticket",
        "call_call_ticket_candidate_rel",
        "call_id",
        "ticket_id",
        string="Possible Tickets",
        copy=False,
        candidates_for="ticket_id",
    )

    # === ACTION METHODS === #

    @public_method(one=True)
    def action_create_ticket(self):
        """Create a ticket from the call, or open the existing one."""
        return self._open_follow_up("ticket")

    @public_method(one=True)
    def action_choose_ticket(self, ticket_id: int):
        """Set which of the offered tickets the call is about.

        :param int ticket_id: the ticket
        """
        self._choose("ticket", ticket_id)

    # === BUSINESS METHODS === #

    @api.model
    def _get_strict_addons(self):
        return super()._get_strict_addons() | {"call_handling_helpdesk_mgmt"}

    def _get_ticket_search_key(self):
        """Return what determines the ticket: the contact. Tickets have no project."""
        return [self.partner_id.id] if self.partner_id else []

    def _search_open_ticket(self):
        """Return the open tickets of the contact.

        :rtype: helpdesk.ticket
        """
        in_company = Domain("company_id", "=", self.company_id.id)
        return self._search_of_contact(
            "helpdesk.ticket", in_company & Domain("stage_id.closed", "=", False)
        )

    def _prepare_ticket_values(self):
        """Return the values of the ticket that is created from the call.

        :rtype: dict
        """
        phone = self.env.ref(
            "helpdesk_mgmt.helpdesk_ticket_channel_phone", raise_if_not_found=False
        )
        return {
            "name": self._get_follow_up_title(),
            # the contact, now or later, reads both in the portal
            "description": self._get_follow_up_text() or self.env._("Created from a call."),
            "partner_id": self.partner_id.id,
            "partner_name": self.partner_id.name or self.remote_name,
            "partner_email": self.partner_id.email,
            "user_id": self._get_responsible("ticket").id,
            "company_id": self.company_id.id,
            "channel_id": phone.id if phone else False,
        }

    @api.model
    def _get_caller_fields(self, kind):
        """Override for what a ticket itself says about its contact."""
        if kind != "ticket":
            return super()._get_caller_fields(kind)
        return ("partner_name", "partner_email")

    def _get_card_links(self):
        """Override to show open tickets on the card."""
        domain = Domain("stage_id.closed", "=", False)
        links = self._get_card_link(
            "helpdesk.ticket", self.env._("Tickets"), "fa-life-ring", domain
        )
        return super()._get_card_links() + links
