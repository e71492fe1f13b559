from odoo import fields, models
from odoo.exceptions import AccessError
from odoo.fields import Domain

READER = "call_handling.group_call_handling_own"
DASHBOARD = "call_handling.call_dashboard_action"
TO_CALL_BACK = "call_handling.call_callback_action"


class DigestDigest(models.Model):
    """Figures of calls, as each recipient may see them."""

    _inherit = "digest.digest"

    kpi_call_offered = fields.Boolean("Calls")
    kpi_call_offered_value = fields.Integer(compute="_compute_kpi_call_offered_value")
    kpi_call_answer_rate = fields.Boolean("Calls Answered (%)")
    kpi_call_answer_rate_value = fields.Float(compute="_compute_kpi_call_answer_rate_value")
    kpi_call_missed = fields.Boolean("Calls Missed")
    kpi_call_missed_value = fields.Integer(compute="_compute_kpi_call_missed_value")
    kpi_call_on_time = fields.Boolean("Called Back on Time")
    kpi_call_on_time_value = fields.Integer(compute="_compute_kpi_call_on_time_value")

    # === COMPUTE METHODS === #

    def _compute_kpi_call_offered_value(self):
        self._compute_call_sum("kpi_call_offered_value", "offered")

    def _compute_kpi_call_answer_rate_value(self):
        self._check_reads_calls()
        start, end, companies = self._get_kpi_compute_parameters()
        period = Domain("date_start", ">=", start) & Domain("date_start", "<", end)
        rates = self.env["call.report"]._read_figures(
            period & Domain("company_id", "in", companies.ids), ["answer_rate"], ["company_id"]
        )
        by_company = {company: figures["answer_rate"] for (company,), figures in rates}
        for digest in self:
            rate = by_company.get(digest.company_id or self.env.company)
            digest.kpi_call_answer_rate_value = 100 * (rate or 0)

    def _compute_kpi_call_missed_value(self):
        self._compute_call_sum("kpi_call_missed_value", "missed")

    def _compute_kpi_call_on_time_value(self):
        self._check_reads_calls()
        self._calculate_company_based_kpi(
            "call.callback.report",
            "kpi_call_on_time_value",
            date_field="date_due",
            sum_field="on_time",
        )

    # === BUSINESS METHODS === #

    def _compute_call_sum(self, name, measure):
        self._check_reads_calls()
        self._calculate_company_based_kpi(
            "call.report", name, date_field="date_start", sum_field=measure
        )

    def _check_reads_calls(self):
        """Check that the recipient sees calls: the digest leaves out these figures otherwise.

        :raise AccessError: the recipient has no role for calls
        """
        if not self.env.user.has_group(READER):
            raise AccessError(self.env._("Only people with a role for calls get their figures."))

    def _compute_kpis_actions(self, company, user):
        """Override to open the dashboard, and what is to be called back."""
        menu = self.env.ref("call_handling.call_handling_menu").id
        names = ("kpi_call_offered", "kpi_call_answer_rate", "kpi_call_missed")
        actions = dict.fromkeys(names, f"{DASHBOARD}?menu_id={menu}")
        actions["kpi_call_on_time"] = f"{TO_CALL_BACK}?menu_id={menu}"
        return super()._compute_kpis_actions(company, user) | actions
