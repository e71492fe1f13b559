from odoo import api, fields, models

from ..tools import display_notification, public_method
from .call_private_confirm import to_list


class CallContactErase(models.TransientModel):
    """Asks whether a contact shall be erased from calls, and lists what that means. It stores
    nothing but the id of the contact."""

    _name = "call.contact.erase"
    _description = "Erase a Contact from Calls"

    partner_id = fields.Many2one(
        "res.partner", string="Contact", required=True, readonly=True, ondelete="cascade"
    )
    erased = fields.Html(compute="_compute_preview", sanitize=False)
    remains = fields.Html(compute="_compute_preview", sanitize=False)

    # === COMPUTE METHODS === #

    @api.depends("partner_id")
    @api.depends_context("uid", "lang")
    def _compute_preview(self):
        for wizard in self:
            lists = wizard.partner_id._get_erasure_preview()
            wizard.erased = to_list(lists["erased"])
            wizard.remains = to_list(lists["remains"])

    # === ACTION METHODS === #

    @api.model
    def _open(self, partner):
        """Return the action that asks about a contact.

        :param res.partner partner: the contact
        :rtype: dict
        """
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Erase %s from Calls", partner.display_name),
            "res_model": self._name,
            "res_id": self.create({"partner_id": partner.id}).id,
            "views": [(False, "form")],
            "target": "new",
            "context": {"dialog_size": "medium"},
        }

    @public_method(one=True)
    def action_erase(self):
        """Erase the contact from calls; of many, from the last ones in the background.

        :raise AccessError: the user may not
        """
        close = {"type": "ir.actions.act_window_close"}
        if not (remaining := self.partner_id._erase_call_data()):
            return close
        message = self.env._(
            "The contact is erased from %s more calls in the background, within the next minutes.",
            remaining,
        )
        return display_notification(message, "info", then=close)
