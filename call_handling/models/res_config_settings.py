from odoo import api, fields, models
from odoo.exceptions import AccessError

from ..tools import ADMIN, public_method
from .health.monitoring import has_token, new_token


class ResConfigSettings(models.TransientModel):
    _inherit = "res.config.settings"

    call_private_mode = fields.Selection(
        related="company_id.call_private_mode", readonly=False, required=True
    )
    call_private_hours = fields.Float(related="company_id.call_private_hours", readonly=False)
    call_hand_over = fields.Selection(
        related="company_id.call_hand_over", readonly=False, required=True
    )
    call_texts_for_customers = fields.Boolean(
        related="company_id.call_texts_for_customers", readonly=False
    )
    call_callback_hours = fields.Float(related="company_id.call_callback_hours", readonly=False)
    call_callback_same_number = fields.Boolean(
        related="company_id.call_callback_same_number", readonly=False
    )
    call_users_remember = fields.Boolean(related="company_id.call_users_remember", readonly=False)
    call_phone_states = fields.Boolean(related="company_id.call_phone_states", readonly=False)
    call_figures_per_person = fields.Boolean(
        related="company_id.call_figures_per_person", readonly=False
    )
    call_history_days = fields.Integer(related="company_id.call_history_days", readonly=False)
    call_keep_raw_days = fields.Integer(related="company_id.call_keep_raw_days", readonly=False)
    call_keep_event_days = fields.Integer(related="company_id.call_keep_event_days", readonly=False)
    call_keep_recording_days = fields.Integer(
        related="company_id.call_keep_recording_days", readonly=False
    )
    call_keep_note_days = fields.Integer(related="company_id.call_keep_note_days", readonly=False)
    call_keep_people_days = fields.Integer(
        related="company_id.call_keep_people_days", readonly=False
    )
    call_keep_private_days = fields.Integer(
        related="company_id.call_keep_private_days", readonly=False
    )
    call_forget_employees = fields.Boolean(
        related="company_id.call_forget_employees", readonly=False
    )
    call_time_minimum = fields.Integer(related="company_id.call_time_minimum", readonly=False)
    call_time_free_seconds = fields.Integer(
        related="company_id.call_time_free_seconds", readonly=False
    )
    call_time_step_minutes = fields.Integer(
        related="company_id.call_time_step_minutes", readonly=False
    )
    call_time_rounding = fields.Selection(
        related="company_id.call_time_rounding", readonly=False, required=True
    )
    call_time_count_unanswered = fields.Boolean(
        related="company_id.call_time_count_unanswered", readonly=False
    )
    has_call_health_token = fields.Boolean(compute="_compute_has_call_health_token")

    # === COMPUTE METHODS === #

    def _compute_has_call_health_token(self):
        self.has_call_health_token = has_token(self.env)

    # === ACTION METHODS === #

    @public_method()
    @api.model
    def action_new_call_health_token(self):
        """Create a token for monitoring, and show it once. The one before ends at once."""
        if not self.env.user.has_group(ADMIN):
            raise AccessError(
                self.env._("Only administrators of calls can create a token for monitoring.")
            )
        self.env["call.audit"]._log("secret", self.env.company)
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Token for Monitoring"),
            "res_model": "call.pbx.secret.show",
            "view_mode": "form",
            "target": "new",
            "context": {"default_secret": new_token(self.env)},
        }
