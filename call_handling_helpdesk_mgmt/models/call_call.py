from odoo import fields, models
from odoo.fields import Domain

from odoo.addons.call_handling.models.call_follow_up_mixin import FollowUp


class CallCall(models.Model):
    _inherit = "call.call"

    ticket_id = fields.Many2one("helpdesk.ticket", copy=False, index="btree_not_null")
    ticket_candidate_ids = fields.Many2many(
        "helpdesk.ticket",
        "call_call_ticket_candidate_rel",
        "call_id",
        "ticket_id",
        string="Tickets It Could Be About",
        copy=False,
    )

    def action_make_ticket(self):
        """Make a ticket of the call, or open the one that is there."""
        return self._open_follow_up("ticket")

    def action_choose_ticket(self, ticket_id):
        """Say which of the tickets on offer the call is about.

        :param int ticket_id: the ticket
        """
        self._choose("ticket", ticket_id)

    def _get_follow_ups(self):
        follow_up = FollowUp("ticket_id", "helpdesk_mgmt.group_helpdesk_user_own")
        return super()._get_follow_ups() | {"ticket": follow_up}

    def _get_attachable(self):
        return super()._get_attachable() | {"ticket": "ticket_candidate_ids"}

    def _get_ticket_key(self):
        """What decides about the ticket: the contact. Tickets know of no project."""
        return [self.partner_id.id] if self.partner_id else []

    def _search_open_ticket(self):
        """Open tickets of the contact.

        :rtype: helpdesk.ticket
        """
        in_company = Domain("company_id", "=", self.company_id.id)
        return self._search_of_contact(
            "helpdesk.ticket", in_company & Domain("stage_id.closed", "=", False)
        )

    def _work_ticket(self):
        self._work_follow_up("ticket")

    def _prepare_ticket_values(self):
        """Values of the ticket that is made of the call."""
        phone = self.env.ref(
            "helpdesk_mgmt.helpdesk_ticket_channel_phone", raise_if_not_found=False
        )
        return {
            "name": self._get_follow_up_title(),
            "description": self._get_follow_up_text(),
            "partner_id": self.partner_id.id,
            "partner_name": self.partner_id.name or self.remote_name,
            "partner_email": self.partner_id.email,
            "user_id": self._get_responsible("ticket").id,
            "company_id": self.company_id.id,
            "channel_id": phone.id if phone else False,
        }

    def _prepare_stripped_values(self, made, record_sudo):
        values = super()._prepare_stripped_values(made, record_sudo)
        if made["kind"] != "ticket" or record_sudo.partner_id and "partner_id" not in values:
            return values
        return values | {"partner_name": False, "partner_email": False}

    def _get_card_links(self):
        """Override to show open tickets on the card."""
        domain = Domain("stage_id.closed", "=", False)
        links = self._get_card_link(
            "helpdesk.ticket", self.env._("Tickets"), "fa-life-ring", domain
        )
        return super()._get_card_links() + links

    def _prepare_dialled_values(self, record):
        """Override to know the ticket from which a number was dialled."""
        values = super()._prepare_dialled_values(record)
        own = record and record._name == "helpdesk.ticket"
        return values | ({"ticket_id": record.id} if own else {})
