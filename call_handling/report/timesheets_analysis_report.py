from odoo import api, models


class TimesheetsAnalysisReport(models.Model):
    _name = "timesheets.analysis.report"
    _inherit = ["timesheets.analysis.report", "call.time.line.mixin"]

    @api.model
    def _select(self):
        """Override of `hr_timesheet` to add the call."""
        return f"{super()._select()}, A.call_id AS call_id"
