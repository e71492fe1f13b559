from odoo import api, fields, models
from odoo.fields import Domain


class CallCall(models.Model):
    """Leads from a figure of a report to its calls."""

    _inherit = "call.call"

    report_ids = fields.One2many(
        "call.report",
        "call_id",
        compute="_compute_report_ids",
        search="_search_report_ids",
        export_string_translation=False,
        help="What the analysis counts about the call: nothing if it is private or unwanted, or "
        "has not ended.",
    )

    # === COMPUTE METHODS === #

    @api.depends("state", "is_private", "is_blocked")
    def _compute_report_ids(self):
        facts = self.env["call.report"].search([("call_id", "in", self.ids)])
        by_call = facts.grouped("call_id")
        for call in self:
            call.report_ids = by_call.get(call, facts.browse())

    @api.model
    def _search_report_ids(self, operator, value):
        """Search calls by what a report counts about them: a list of calls has as many as the
        figure says."""
        if operator not in ("any", "in"):
            return NotImplemented
        facts = Domain("id", "in", value) if operator == "in" else Domain(value)
        query = self.env["call.report"]._search(facts)
        return Domain("id", "in", query.subselect("call_id"))
