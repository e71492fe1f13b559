from odoo import fields, models


class CallTestMemo(models.Model):
    """The least that a follow-up needs: a name and a chatter."""

    _name = "call.test.memo"
    _description = "Memo"
    _inherit = ["mail.thread"]

    name = fields.Char(required=True)
    partner_id = fields.Many2one("res.partner")
    user_id = fields.Many2one("res.users")
