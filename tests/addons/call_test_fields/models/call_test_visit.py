from odoo import fields, models


class CallTestVisit(models.Model):
    _name = "call.test.visit"
    _description = "Visit After a Call"

    name = fields.Char(required=True)
    call_id = fields.Many2one("call.call", required=True, index=True, ondelete="cascade")
    call_summary = fields.Text(related="call_id.summary", readonly=False)
    call_end = fields.Datetime(related="call_id.date_end", readonly=False)
