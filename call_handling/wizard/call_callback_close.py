from odoo import fields, models

from ..tools import public_method


class CallCallbackClose(models.TransientModel):
    """Asks why nobody needs to call back."""

    _name = "call.callback.close"
    _description = "Close Without Calling Back"

    callback_ids = fields.Many2many("call.callback", string="Numbers", required=True)
    reason = fields.Char(required=True)

    @public_method()
    def action_close(self):
        """Close the chosen callbacks."""
        self.callback_ids._drop(self.reason)
