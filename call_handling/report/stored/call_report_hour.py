from odoo import fields, models


class CallReportHour(models.Model):
    """The analysis of calls by hour, of the last 400 days: this year and the same month of the one
    before. It has no people, or it would have nearly as many rows as there are calls: 20 own
    numbers with 10 hours and 8 kinds of calls are 1,600 rows (0.2 MB) a day, however many calls and
    people there are. Hours of people, and those of older days, are read live."""

    _name = "call.report.hour"
    _description = "Calls of an Hour"
    _inherit = ["call.figures.mixin"]
    _order = "date desc, hour desc, id"
    _keep_days = 400

    hour = fields.Char(readonly=True)

    _date_idx = models.Index("(company_id, date)")
