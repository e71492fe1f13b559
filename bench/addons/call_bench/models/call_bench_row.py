from odoo import fields, models


class CallBenchRow(models.Model):
    """The content and the time of a request."""

    _name = "call.bench.row"
    _description = "Bench Row"

    name = fields.Char(required=True)
    date = fields.Datetime(default=fields.Datetime.now)
    body = fields.Text()
