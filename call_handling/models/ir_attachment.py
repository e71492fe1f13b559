from odoo import models


class IrAttachment(models.Model):
    _inherit = "ir.attachment"

    def _check_access(self, operation):
        """Override: on calls, files belong to those who have put them there."""
        result = super()._check_access(operation)
        return self.env["call.call"]._forbid_changing_others(
            self, operation, result, lambda attachment: attachment.create_uid
        )
