from odoo import api, fields, models


class CallLine(models.Model):
    _inherit = "call.line"

    speech_lang = fields.Selection(
        lambda self: self.env["res.lang"].get_installed(),
        string="Spoken Language",
        help="In which language people speak at this number, for transcripts. Empty: that of the "
        "contact, or whatever is heard.",
        writable="admin",
        tracking=True,
    )
    has_transcripts = fields.Boolean(compute="_compute_has_transcripts")

    @api.depends("company_id")
    def _compute_has_transcripts(self):
        for line in self:
            line.has_transcripts = line.company_id._has_transcripts()
