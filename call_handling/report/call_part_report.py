from odoo import api, fields, models

from .definitions import PART_CONDITION, PART_DIMENSIONS, PART_MEASURES, PART_SOURCE, START

DEPENDS = {
    "call.call": [
        "call_type", "category_id", "company_id", "date_start", "department_id", "direction",
        "is_blocked", "is_end_assumed", "is_private", "line_id", "pbx_id", "person_department_id",
        "project_id", "state",
    ],
    "call.leg": [
        "call_id", "date_answer", "date_ring", "employee_id", "hold_seconds", "outcome",
        "talk_seconds", "user_id",
    ],
    "res.company": ["call_figures_per_person", "resource_calendar_id"],
    "resource.calendar": ["tz"],
}  # fmt: skip


class CallPartReport(models.Model):
    """People's parts in calls, one fact per phone of a person. A call that rang at five phones is
    one missed call of the company, and five that were not taken: never add up both."""

    _name = "call.part.report"
    _description = "People in Calls"
    _inherit = ["call.fact.mixin"]
    _auto = False
    _depends = DEPENDS
    _stored_in = ("call.part.report.day",)

    result = fields.Selection(
        [
            ("taken", "Taken"),
            ("elsewhere", "Taken by a colleague"),
            ("declined", "Declined"),
            ("missed", "Not taken"),
            ("busy", "Did not ring"),
        ],
        readonly=True,
        help="What became of an incoming call at this phone.",
    )

    # Counts
    rang = fields.Integer(
        readonly=True,
        help="How often a phone of the person rang for a call from outside: taken + taken by a "
        "colleague + declined + not taken.",
    )
    taken = fields.Integer(readonly=True, help="The person answered, also if it was passed on.")
    elsewhere = fields.Integer(
        string="Taken by a Colleague", readonly=True, help="Another phone took the call."
    )
    declined = fields.Integer(readonly=True, help="The person pressed it away.")
    missed = fields.Integer(
        string="Not Taken",
        readonly=True,
        help="It rang, and neither the person nor a colleague took it meanwhile. A call that rings "
        "at several phones counts at each of them.",
    )
    busy = fields.Integer(string="Did Not Ring", readonly=True, help="Busy, or not reachable.")
    made = fields.Integer(readonly=True, help="Outgoing calls of the person.")
    conversations = fields.Integer(
        help="Parts in which the person spoke and whose end was reported."
    )
    talk_seconds = fields.Integer(
        help="Of the person. If several people speak in a call, their sum exceeds that of the call."
    )
    average_talk = fields.Float(help="Talk time ÷ parts in which the person spoke.")
    taken_rate = fields.Float(
        string="Share Taken",
        unit="share",
        ratio=("taken", "rang"),
        aggregator="avg",
        readonly=True,
        help="Taken ÷ rang.",
    )

    # === BUSINESS METHODS === #

    @api.model
    def _get_facts(self):
        return {
            "dimensions": PART_DIMENSIONS,
            "measures": PART_MEASURES,
            "source": PART_SOURCE,
            "condition": PART_CONDITION,
            "key": "leg.id",
            "moment": START,
        }
