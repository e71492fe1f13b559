from odoo import api, fields, models


class CallCall(models.Model):
    """Fields of another addon. Without ``when_private`` they are reset on private calls."""

    _inherit = "call.call"

    test_note = fields.Char()
    test_urgency = fields.Selection(
        [("low", "Low"), ("normal", "Normal"), ("high", "High")], required=True, default="normal"
    )
    test_caller = fields.Char(compute="_compute_test_caller", store=True)
    test_guess = fields.Char(compute="_compute_test_guess", store=True, readonly=False)
    test_contact_name = fields.Char(related="partner_id.name", store=True)
    test_topic_ids = fields.Many2many("call.category")
    test_visit_ids = fields.One2many("call.test.visit", "call_id")
    test_price = fields.Float(company_dependent=True)
    test_recording = fields.Binary()
    test_weather = fields.Char(
        string="Weather", default="unknown", when_private="keep", card="line"
    )
    test_visit_count = fields.Integer(
        string="Visits", compute="_compute_test_visit_count", card="line"
    )
    test_margin = fields.Float(
        string="Margin", groups="call_handling.group_call_handling_admin", card="line"
    )
    test_steps = fields.Char()
    test_approval = fields.Char(writable="admin")

    # fields of ours that another addon changes
    is_blocked = fields.Boolean(help="Changed by another addon.")
    job_error = fields.Char(writable="user")

    @api.depends("test_visit_ids")
    def _compute_test_visit_count(self):
        for call in self:
            call.test_visit_count = len(call.test_visit_ids)

    @api.depends("remote_number", "summary")
    def _compute_test_caller(self):
        for call in self:
            call.test_caller = f"{call.remote_number}: {call.summary}"

    @api.depends("remote_name")
    def _compute_test_guess(self):
        for call in self:
            call.test_guess = f"Perhaps {call.remote_name}"

    @api.model
    def _intake_assign(self, draft):
        """Override to append a mark, as another addon does in the same step."""
        super()._intake_assign(draft)
        draft.values["test_steps"] = (draft.get("test_steps") or "") + "fields "
