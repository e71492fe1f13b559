from odoo import fields, models


class ResConfigSettings(models.TransientModel):
    _inherit = "res.config.settings"

    call_private_mode = fields.Selection(
        related="company_id.call_private_mode", readonly=False, required=True
    )
    call_private_hours = fields.Float(related="company_id.call_private_hours", readonly=False)
    call_callback_hours = fields.Float(related="company_id.call_callback_hours", readonly=False)
