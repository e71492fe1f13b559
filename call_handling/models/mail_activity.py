from odoo import models


class MailActivity(models.Model):
    _inherit = "mail.activity"

    def _compute_res_name(self):
        """Override: the name is stored, so it cannot depend on who reads it."""
        Call = self.env["call.call"]
        of_calls = self.filtered(lambda activity: activity.res_model == Call._name)
        of_calls.res_name = Call._get_neutral_name()
        return super(MailActivity, self - of_calls)._compute_res_name()
