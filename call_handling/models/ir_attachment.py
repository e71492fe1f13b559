from odoo import models


class IrAttachment(models.Model):
    _inherit = "ir.attachment"

    # what is old enough to be deleted is found by it
    _of_calls_idx = models.Index("(create_date, id) WHERE res_model = 'call.call'")
