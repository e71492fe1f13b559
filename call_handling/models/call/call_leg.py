from odoo import api, fields, models

from ...adapters.outcome import Outcome


class CallLeg(models.Model):
    """One phone's part in a call. Only the intake writes it."""

    _name = "call.leg"
    _description = "Phone in a Call"
    _inherit = ["call.field.mixin"]
    _order = "call_id, date_ring, id"
    _rec_name = "extension"

    call_id = fields.Many2one("call.call", required=True, index=True, ondelete="cascade")
    leg_ref = fields.Char(string="Reference", required=True)
    extension = fields.Char(readonly=True, reported=True)
    user_id = fields.Many2one("res.users", string="Person", index="btree_not_null")
    employee_id = fields.Many2one(
        "hr.employee", index="btree_not_null", help="Of a phone whose owner has no user."
    )
    date_ring = fields.Datetime(string="Rang", reported=True)
    date_answer = fields.Datetime(string="Answered", reported=True)
    date_end = fields.Datetime(string="Ended", reported=True)
    talk_seconds = fields.Integer(string="Talk Time", compute="_compute_talk_seconds")
    hold_seconds = fields.Integer(string="On Hold", reported=True)
    outcome = fields.Selection(Outcome.choices(), reported=True)
    card_closed = fields.Boolean(
        export_string_translation=False, help="The person has closed the card of the call."
    )

    _without_owner_idx = models.Index(
        "(lower(extension)) WHERE user_id IS NULL AND employee_id IS NULL"
    )
    _user_card_idx = models.Index("(user_id, create_date)")
    _leg_ref_uniq = models.UniqueIndex(
        "(call_id, leg_ref)", "This phone is already part of the call."
    )

    @api.depends("date_answer", "date_end")
    def _compute_talk_seconds(self):
        for leg in self:
            talked = leg.date_answer and leg.date_end and leg.date_end - leg.date_answer
            # Screens show no fractions of seconds: without rounding, the talk time could be one
            # second less than that of the call.
            leg.talk_seconds = round(talked.total_seconds()) if talked else 0

    # === BUSINESS METHODS === #

    @api.model
    def _fetch_for_intake(self, calls):
        """Return the phones of calls with their values, in one query.

        :param calls: each a `call.call`
        :return: the phones by id of the call and reference
        :rtype: dict[int, dict[str, call.leg]]
        """
        by_call = {}
        if ids := [call.id for call in calls]:
            of_calls = [("call_id", "in", ids)]
            for leg in self.search_fetch(of_calls, order="id"):
                by_call.setdefault(leg.call_id.id, {})[leg.leg_ref] = leg
        return by_call
