from odoo import fields, models


class CallRule(models.Model):
    _inherit = "call.rule"

    follow_up = fields.Selection(selection_add=[("memo", "Memo")], ondelete={"memo": "set null"})
