from odoo import api, fields, models

from .call_call import OUTCOMES

# What one phone can tell besides: the call went on without it.
LEG_OUTCOMES = [
    *OUTCOMES,
    ("elsewhere", "Answered elsewhere"),
    ("transferred", "Transferred"),
]


class CallLeg(models.Model):
    """One phone's part in a call. Written by the intake only."""

    _name = "call.leg"
    _description = "Phone in a Call"
    _order = "call_id, date_ring, id"
    _rec_name = "extension"

    call_id = fields.Many2one("call.call", required=True, index=True, ondelete="cascade")
    leg_ref = fields.Char(string="Reference", required=True)
    extension = fields.Char(readonly=True)
    user_id = fields.Many2one("res.users", string="Person", index="btree_not_null")
    date_ring = fields.Datetime(string="Rang")
    date_answer = fields.Datetime(string="Picked Up")
    date_end = fields.Datetime(string="Ended")
    talk_seconds = fields.Integer(string="Talking Time", compute="_compute_talk_seconds")
    hold_seconds = fields.Integer(string="On Hold")
    outcome = fields.Selection(LEG_OUTCOMES)
    card_closed = fields.Boolean(
        export_string_translation=False, help="The person wants to see no card of the call."
    )

    _user_card_idx = models.Index("(user_id, create_date)")
    _leg_ref_uniq = models.UniqueIndex("(call_id, leg_ref)", "A phone has one part only in a call.")

    @api.depends("date_answer", "date_end")
    def _compute_talk_seconds(self):
        for leg in self:
            talked = leg.date_answer and leg.date_end and leg.date_end - leg.date_answer
            # the screen knows no parts of seconds, and would be one off the call's own length
            leg.talk_seconds = round(talked.total_seconds()) if talked else 0
