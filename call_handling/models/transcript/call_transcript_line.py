from odoo import api, fields, models

from ...adapters.recording import Side
from ...tools import trigram_index


class CallTranscriptLine(models.Model):
    """What one side has said without a break, and when.

    What was heard remains as it was; a word that somebody corrects stands beside it.
    """

    _name = "call.transcript.line"
    _description = "Line of a Transcript"
    _inherit = ["call.name.mixin", "call.guard.mixin"]
    _order = "transcript_id, start, id"
    _rec_name = "text"

    transcript_id = fields.Many2one(
        "call.transcript", required=True, index=True, ondelete="cascade"
    )
    call_id = fields.Many2one("call.call", index="btree_not_null", ondelete="cascade")
    start = fields.Integer(
        aggregator=None, help="In milliseconds from the beginning of the recording."
    )
    end = fields.Integer(
        aggregator=None, help="In milliseconds from the beginning of the recording."
    )
    side = fields.Selection(
        [
            (Side.OUTSIDE.value, "The other side"),
            (Side.INSIDE.value, "Our side"),
            ("unknown", "Not known"),
        ],
        string="Who",
        required=True,
        default="unknown",
    )
    text = fields.Text(required=True, help="As it was heard.")
    corrected_text = fields.Text(string="Corrected", help="As somebody has corrected it.")
    corrected_user_id = fields.Many2one(
        "res.users", string="Corrected by", ondelete="set null", when_left="kept"
    )

    _text_idx = models.Index(trigram_index("text"))
    _corrected_text_idx = models.Index(trigram_index("corrected_text"))

    # === CRUD METHODS === #

    @api.model_create_multi
    def create(self, vals_list):
        """Override: a line is about the call of its transcript."""
        lines = super().create(vals_list)
        for line in lines.filtered("transcript_id.call_id"):
            line.call_id = line.transcript_id.call_id
        return lines

    # === BUSINESS METHODS === #

    def _get_text(self):
        """Return what was said, as far as is known.

        :rtype: str
        """
        return self.corrected_text or self.text
