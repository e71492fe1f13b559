from odoo import fields, models


class CallRule(models.Model):
    _inherit = "call.rule"

    follow_up = fields.Selection(
        selection_add=[("quotation", "Quotation")], ondelete={"quotation": "set null"}
    )
