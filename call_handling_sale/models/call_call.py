from odoo import fields, models
from odoo.exceptions import UserError
from odoo.fields import Domain

from odoo.addons.call_handling.models.call_follow_up_mixin import FollowUp


class CallCall(models.Model):
    _inherit = "call.call"

    order_id = fields.Many2one("sale.order", string="Quotation", copy=False, index="btree_not_null")

    def action_make_quotation(self):
        """Make a quotation for the contact, or open the one that is there."""
        return self._open_follow_up("quotation")

    def _get_follow_ups(self):
        follow_up = FollowUp("order_id", "sales_team.group_sale_salesman")
        return super()._get_follow_ups() | {"quotation": follow_up}

    def _work_quotation(self):
        self._work_follow_up("quotation")

    def _prepare_quotation_values(self):
        """Values of the quotation that is made of the call.

        :raise UserError: nobody knows yet who called
        """
        if not self.partner_id:
            raise UserError(self.env._("A quotation needs a contact. Say on the call who it was."))
        values = {"partner_id": self.partner_id.id, "company_id": self.company_id.id}
        user = self._get_responsible("quotation")
        return values | ({"user_id": user.id} if user else {})

    def _check_take_back(self, kind, record_sudo):
        super()._check_take_back(kind, record_sudo)
        if kind != "quotation":
            return
        # It cannot lose its contact, so it can only go as a whole.
        if record_sudo.state not in ("draft", "cancel") or self._is_worked_on(kind, record_sudo):
            raise UserError(
                self.env._(
                    "Quotation %s was made from this call, and somebody works with it already. "
                    "Delete the quotation first.",
                    record_sudo.name,
                )
            )

    def _has_more(self, kind, record_sudo):
        if kind == "quotation":
            return bool(record_sudo.order_line)
        return super()._has_more(kind, record_sudo)

    def _get_card_links(self):
        """Override to show open quotations on the card."""
        domain = Domain("state", "in", ("draft", "sent"))
        links = self._get_card_link("sale.order", self.env._("Quotations"), "fa-usd", domain)
        return super()._get_card_links() + links

    def _prepare_dialled_values(self, record):
        """Override to know the quotation from which a number was dialled."""
        values = super()._prepare_dialled_values(record)
        own = record and record._name == "sale.order"
        return values | ({"order_id": record.id} if own else {})
