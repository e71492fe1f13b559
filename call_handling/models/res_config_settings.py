from odoo import fields, models


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
