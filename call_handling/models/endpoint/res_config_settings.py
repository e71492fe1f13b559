from odoo import api, fields, models
from odoo.exceptions import AccessError

from ...tools import ADMIN, public_method
from .res_company import KINDS, OUTLINE, TRANSCRIPT


class ResConfigSettings(models.TransientModel):
    _inherit = "res.config.settings"

    new_call_transcript_key = fields.Char(
        related="company_id.new_call_transcript_key", readonly=False
    )
    has_call_transcript_key = fields.Boolean(related="company_id.has_call_transcript_key")
    new_call_outline_key = fields.Char(related="company_id.new_call_outline_key", readonly=False)
    has_call_outline_key = fields.Boolean(related="company_id.has_call_outline_key")

    # === CRUD METHODS === #

    @api.model_create_multi
    def create(self, vals_list):
        """Override: a new address forgets the key of the one before, so a key that is entered
        together with it is stored after it."""
        keys = {f"new_{kind}_key" for kind in KINDS}
        return super().create(
            [dict(sorted(vals.items(), key=lambda item: item[0] in keys)) for vals in vals_list]
        )

    # === ACTION METHODS === #

    @public_method(one=True)
    def action_forget_call_transcript_key(self):
        """Forget the key of the server that writes transcripts."""
        self._check_call_admin()
        self.company_id._forget_call_key(TRANSCRIPT)

    @public_method(one=True)
    def action_forget_call_outline_key(self):
        """Forget the key of the language model."""
        self._check_call_admin()
        self.company_id._forget_call_key(OUTLINE)

    # === BUSINESS METHODS === #

    def _check_call_admin(self):
        """:raise AccessError: the user does not administer calls"""
        if not self.env.user.has_group(ADMIN):
            raise AccessError(self.env._("Only administrators of calls can do this."))
