from odoo import api, fields, models


class TimesheetsAnalysisReport(models.Model):
    _inherit = "timesheets.analysis.report"

    call_id = fields.Many2one("call.call", readonly=True)
    call_category_id = fields.Many2one(related="call_id.category_id", string="Call Category")
    call_partner_id = fields.Many2one(related="call_id.partner_id", string="Contact of the Call")

    @api.model
    def _select(self):
        """Override of `hr_timesheet` to add the call."""
        return f"{super()._select()}, A.call_id AS call_id"
