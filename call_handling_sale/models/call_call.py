from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Domain

from odoo.addons.call_handling.tools import public_method


class CallCall(models.Model):
    """Quotations that are created from calls."""

    _inherit = "call.call"

    order_id = fields.Many2one(
        "sale.order",
        string="Quotation",
        copy=False,
        index="btree_not_null",
        follow_up="quotation",
        follow_up_group="sales_team.group_sale_salesman",
        writable="create",
    )

    # === ACTION METHODS === #

    @public_method(one=True)
    def action_create_quotation(self):
        """Create a quotation for the contact, or open the existing one."""
        return self._open_follow_up("quotation")

    # === BUSINESS METHODS === #

    @api.model
    def _get_strict_addons(self):
        return super()._get_strict_addons() | {"call_handling_sale"}

    def _prepare_quotation_values(self):
        """Return the values of the quotation that is created from the call.

        :raise UserError: the call has no contact
        :rtype: dict
        """
        if not self.partner_id:
            raise UserError(self.env._("A quotation needs a contact. Set the contact of the call."))
        values = {"partner_id": self.partner_id.id, "company_id": self.company_id.id}
        user = self._get_responsible("quotation")
        return values | ({"user_id": user.id} if user else {})

    def _get_reason_to_keep(self, kind, record_sudo):
        """Override: a quotation cannot lose its contact. So what is more than an empty draft
        remains as it is."""
        if kind != "quotation":
            return super()._get_reason_to_keep(kind, record_sudo)
        if record_sudo.state == "sale":
            return self.env._("confirmed")
        if record_sudo.state not in ("draft", "cancel"):
            states = dict(record_sudo._fields["state"]._description_selection(self.env))
            return states[record_sudo.state]
        return self._is_worked_on(kind, record_sudo) and self.env._("in use")

    def _has_more(self, kind, record_sudo):
        """Override: a quotation with lines contains more than what the call gave it."""
        if kind == "quotation":
            return bool(record_sudo.order_line)
        return super()._has_more(kind, record_sudo)

    def _get_card_links(self):
        """Override to show open quotations on the card."""
        domain = Domain("state", "in", ("draft", "sent"))
        links = self._get_card_link("sale.order", self.env._("Quotations"), "fa-usd", domain)
        return super()._get_card_links() + links
