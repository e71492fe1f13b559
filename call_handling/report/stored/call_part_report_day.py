from odoo import fields, models


class CallPartReportDay(models.Model):
    """What people did with calls at their phones, by day. A company that wants no figures per
    person has no rows."""

    _name = "call.part.report.day"
    _description = "People in Calls of a Day"
    _inherit = ["call.sums.mixin"]
    _order = "date desc, id"
    _report = "call.part.report"

    user_id = fields.Many2one("res.users", readonly=True, ondelete="set null", when_left="kept")
    employee_id = fields.Many2one(
        "hr.employee", readonly=True, ondelete="set null", when_left="kept"
    )
    result = fields.Char(readonly=True)
    rang = fields.Integer(readonly=True)
    taken = fields.Integer(readonly=True)
    elsewhere = fields.Integer(readonly=True)
    declined = fields.Integer(readonly=True)
    missed = fields.Integer(readonly=True)
    busy = fields.Integer(readonly=True)
    made = fields.Integer(readonly=True)

    _date_idx = models.Index("(company_id, date)")
