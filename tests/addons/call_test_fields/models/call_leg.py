from odoo import fields, models


class CallLeg(models.Model):
    _inherit = "call.leg"

    test_heard = fields.Char()
