from odoo import models


class MailMessage(models.Model):
    _inherit = "mail.message"

    # what is old enough to be deleted is found by it
    _of_calls_idx = models.Index("(date, id) WHERE model = 'call.call'")

    def _check_access(self, operation):
        """Override: on calls, messages belong to their authors."""
        result = super()._check_access(operation)
        return self.env["call.call"]._forbid_changing_others(
            self, operation, result, lambda message: message.author_id.user_ids
        )
