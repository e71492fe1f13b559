from odoo import models


class MailMessage(models.Model):
    _inherit = "mail.message"

    # what is old enough to be deleted is found by it
    _of_calls_idx = models.Index("(date, id) WHERE model = 'call.call'")
