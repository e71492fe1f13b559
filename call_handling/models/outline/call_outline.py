from odoo import fields, models

from ...tools import ReasonField

STATES = [
    ("waiting", "Waiting"),
    ("here", "Here"),
    ("failed", "Failed"),
]


class CallOutline(models.Model):
    """What a language model proposes about a call, from what was said on it.

    Nothing follows from it until a person takes a point over. Whoever may listen to the recordings
    of the call may read it, and nobody else. Only the app writes it.
    """

    _name = "call.outline"
    _description = "Outline of a Call"
    _inherit = ["call.name.mixin", "call.guard.mixin"]
    _order = "id desc"
    _rec_name = "date"

    call_id = fields.Many2one("call.call", required=True, index=True, ondelete="cascade")
    state = fields.Selection(STATES, required=True, default="waiting")
    reason = ReasonField(help="Why nothing is proposed yet.")
    date = fields.Datetime(string="Proposed At")
    is_from_notes = fields.Boolean(
        string="From Notes", help="There was no transcript: the notes of the call were sent."
    )
    point_ids = fields.One2many("call.outline.point", "outline_id", string="Proposals")

    _call_uniq = models.UniqueIndex("(call_id)", "This call has an outline already.")
