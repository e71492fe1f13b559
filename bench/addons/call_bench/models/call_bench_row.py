from odoo import fields, models


class CallBenchRow(models.Model):
    """One row per request: what was sent, and when."""

    _name = "call.bench.row"
    _description = "Bench Row"

    name = fields.Char(required=True)
    date = fields.Datetime(default=fields.Datetime.now)
    body = fields.Text()
