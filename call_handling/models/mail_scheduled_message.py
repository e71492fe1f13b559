from odoo import models
from odoo.exceptions import UserError


class MailScheduledMessage(models.Model):
    _inherit = "mail.scheduled.message"

    def _check(self, values=None):
        """Override: who may read a call may schedule a message about it, but not about a private
        one."""
        result = super()._check(values)
        Call = self.env["call.call"]
        is_about_call = values and values["model"] == Call._name
        # sudo: that the user may read it is checked already
        if is_about_call and Call.browse(values["res_id"]).sudo().is_private:
            raise UserError(
                self.env._("Nothing can be written about a private call. Write it elsewhere.")
            )
        return result
