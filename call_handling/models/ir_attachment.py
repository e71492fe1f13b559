from odoo import models


class IrAttachment(models.Model):
    _inherit = "ir.attachment"

    # what is old enough to be deleted is found by it
    _of_calls_idx = models.Index("(create_date, id) WHERE res_model = 'call.call'")

    def _check_access(self, operation):
        """Override: on calls, files belong to those who have put them there."""
        result = super()._check_access(operation)
        return self.env["call.call"]._forbid_changing_others(
            self, operation, result, lambda attachment: attachment.create_uid
        )
