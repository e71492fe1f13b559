from odoo import fields, models


class AccountAnalyticLine(models.Model):
    _inherit = "account.analytic.line"

    call_id = fields.Many2one("call.call", index="btree_not_null", copy=False)
