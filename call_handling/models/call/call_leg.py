from odoo import api, fields, models

from ...adapters.outcome import Outcome
from ...tools import readable


class CallLeg(models.Model):
    """One party's part in a call: a phone of ours, or somebody outside other than the remote
    party, such as a mobile to which the call was forwarded. Only the intake writes it."""

    _name = "call.leg"
    _description = "Phone in a Call"
    _inherit = ["call.name.mixin", "call.guard.mixin"]
    _order = "call_id, date_ring, id"
    _rec_names_search = ["extension", "number"]

    call_id = fields.Many2one("call.call", required=True, index=True, ondelete="cascade")
    leg_ref = fields.Char(string="Reference", required=True)
    extension = fields.Char(readonly=True, reported=True)
    number = fields.Char(
        readonly=True, reported=True, help="Of a party outside, which has no extension."
    )
    user_id = fields.Many2one(
        "res.users",
        string="Person",
        ondelete="restrict",
        when_left="kept",
    )
    employee_id = fields.Many2one(
        "hr.employee",
        index="btree_not_null",
        help="Who the person was as an employee, or the owner of a phone without a user. It "
        "remains when the employee gets another user, and timesheets depend on it.",
        ondelete="restrict",
        when_left="kept",
    )
    date_ring = fields.Datetime(string="Rang", reported=True)
    date_answer = fields.Datetime(string="Answered", reported=True)
    date_end = fields.Datetime(string="Ended", reported=True)
    talk_seconds = fields.Integer(
        string="Talk Time",
        unit="seconds",
        reported=True,
        help="How long it was connected with the remote party.",
    )
    hold_seconds = fields.Integer(string="On Hold", reported=True, unit="seconds")
    outcome = fields.Selection(Outcome.choices(), reported=True)
    card_closed = fields.Boolean(
        export_string_translation=False, help="The person has closed the card of the call."
    )

    _without_owner_idx = models.Index(
        "(lower(extension)) WHERE user_id IS NULL AND employee_id IS NULL"
    )
    _user_ring_idx = models.Index("(user_id, date_ring) WHERE date_ring IS NOT NULL")
    # it also finds the phones of a user
    _user_card_idx = models.Index("(user_id, create_date)")
    _leg_ref_uniq = models.UniqueIndex(
        "(call_id, leg_ref)", "This phone is already part of the call."
    )

    # === COMPUTE METHODS === #

    @api.depends("extension", "number")
    def _compute_display_name(self):
        for leg in self._hide_names():
            leg.display_name = leg.extension or readable(leg.number or "")

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
