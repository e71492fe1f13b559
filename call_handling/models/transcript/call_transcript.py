from odoo import api, fields, models

from ...tools import ReasonField

STATES = [
    ("waiting", "Waiting"),
    ("working", "Being Written"),
    ("here", "Here"),
    ("failed", "Failed"),
]
PENDING = ("waiting", "working")


class CallTranscript(models.Model):
    """What is said in a recording, in writing.

    Whoever may listen to the recording may read it, and nobody else: it has the same record rules.
    It goes with the recording whenever that must not be kept, but has its own time if both are
    only old.
    """

    _name = "call.transcript"
    _description = "Transcript of a Recording"
    _inherit = ["call.name.mixin", "call.guard.mixin"]
    _order = "date_start, id"
    _rec_name = "date_start"

    recording_id = fields.Many2one("call.recording", required=True, index=True, ondelete="cascade")
    # that of the recording: rights are decided by it
    call_id = fields.Many2one("call.call", index="btree_not_null", ondelete="cascade")
    date_start = fields.Datetime(
        related="recording_id.date_start", string="Recorded At", store=True
    )
    state = fields.Selection(STATES, required=True, default="waiting")
    reason = ReasonField(help="Why there is no transcript to read.")
    language = fields.Char(help="ISO 639-1 code of the language that is expected, if it is known.")
    line_ids = fields.One2many("call.transcript.line", "transcript_id", string="Lines")

    _date_idx = models.Index("(date_start)")
    _recording_uniq = models.UniqueIndex("(recording_id)", "It already has a transcript.")

    # === CRUD METHODS === #

    @api.model_create_multi
    def create(self, vals_list):
        """Override: a transcript is about the call of its recording."""
        transcripts = super().create(vals_list)
        for transcript in transcripts.filtered("recording_id.call_id"):
            transcript._follow_call(transcript.recording_id.call_id)
        return transcripts

    # === BUSINESS METHODS === #

    def _follow_call(self, call):
        """Note about which call it is now. All of it moves: rights and searches look at each line.

        :param call.call call: the call, if any
        """
        self.call_id = call
        self.line_ids.call_id = call


class CallRecording(models.Model):
    _inherit = "call.recording"

    transcript_ids = fields.One2many("call.transcript", "recording_id")

    def write(self, vals):
        """Override: a transcript is about the call of its recording."""
        result = super().write(vals)
        if "call_id" in vals and self.transcript_ids:
            self.transcript_ids._follow_call(self.env["call.call"].browse(vals["call_id"] or ()))
        return result
