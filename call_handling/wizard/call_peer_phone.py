from odoo import api, fields, models

from ..tools import public_method


class CallPeerPhone(models.TransientModel):
    """Asks whose phone a device is."""

    _name = "call.peer.phone"
    _description = "Whose Phone It Is"

    peer_id = fields.Many2one("call.peer", required=True, ondelete="cascade")
    facts_label = fields.Text(related="peer_id.facts_label")
    employee_id = fields.Many2one("hr.employee", help="Also one without a user.")
    user_id = fields.Many2one(
        "res.users",
        string="Person",
        compute="_compute_user_id",
        store=True,
        readonly=False,
        domain="[('share', '=', False)]",
    )

    asks_on = fields.Boolean(
        export_string_translation=False,
        help="Afterwards, the dialog asks for the next phone of nobody.",
    )

    @api.depends("employee_id")
    def _compute_user_id(self):
        for phone in self.filtered("employee_id"):
            phone.user_id = phone.employee_id.user_id

    @public_method(one=True)
    def action_set(self):
        """Decide whose phone it is."""
        self.peer_id.check_access("write")
        self.peer_id._set_phone_of(self.user_id, self.employee_id)
        then = {"type": "ir.actions.act_window_close"}
        if self.asks_on:
            then = self.peer_id.pbx_id.action_choose_phone_owner() or then
        return self.peer_id._notify_completion(then)
