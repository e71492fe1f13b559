from odoo import fields, models


class CallReportDay(models.Model):
    """The analysis of calls by day, for ever: 500 people with 137,000 calls a day are some 4,000
    rows (0.5 MB) a day. A row has no hour: there would be nearly one per call."""

    _name = "call.report.day"
    _description = "Calls of a Day"
    _inherit = ["call.figures.mixin"]
    _order = "date desc, id"

    user_id = fields.Many2one("res.users", readonly=True, ondelete="set null", when_left="kept")
    employee_id = fields.Many2one(
        "hr.employee", readonly=True, ondelete="set null", when_left="kept"
    )

    _date_idx = models.Index("(company_id, date)")
