from odoo import api, fields, models

from ..adapters.outcome import Outcome
from .definitions import CALL_CONDITION, CALL_DIMENSIONS, CALL_MEASURES, CALL_SOURCE, START

DEPENDS = {
    "call.call": [
        "call_type", "category_id", "company_id", "date_start", "department_id", "direction",
        "employee_id", "is_anonymous", "is_blocked", "is_end_assumed", "is_outside_hours",
        "is_private", "line_id", "outcome", "partner_id", "pbx_id", "person_department_id",
        "project_id", "remote_number", "state", "talk_seconds", "user_id", "wait_seconds",
    ],
    "call.leg": ["call_id", "date_ring", "extension", "hold_seconds"],
    "call.line": ["report_answer_goal", "report_answer_seconds", "report_short_seconds"],
    "res.company": ["call_figures_per_person", "resource_calendar_id"],
    "res.partner": ["country_id"],
    "resource.calendar": ["tz"],
}  # fmt: skip


class CallReport(models.Model):
    """Calls that are over, one fact each, however many phones rang. What people did with them at
    their phones is another report, and is never added up with this one."""

    _name = "call.report"
    _description = "Calls Analysis"
    _inherit = ["call.fact.mixin"]
    _auto = False
    _depends = DEPENDS
    _stored_in = ("call.report.day", "call.report.hour")

    # Dimensions
    user_id = fields.Many2one(help="Who spoke last, or whose call it was.")
    partner_id = fields.Many2one("res.partner", string="Contact", readonly=True)
    country_id = fields.Many2one("res.country", string="Country of the Contact", readonly=True)
    outcome = fields.Selection(
        [(outcome.value, outcome.label) for outcome in Outcome.of_calls()], readonly=True
    )
    missed_reason = fields.Selection(
        [
            ("closed", "Outside working hours"),
            ("short", "Gave up at once"),
            ("left", "Gave up before a phone rang"),
            ("nobody", "No phone rang"),
            ("gave_up", "Gave up while it rang"),
            ("not_taken", "It rang, nobody answered"),
        ],
        string="Why Missed",
        readonly=True,
        help="One reason per missed call: the first one in this order that holds.",
    )

    # Counts
    offered = fields.Integer(
        readonly=True,
        help="Incoming calls from outside that are over. Internal, unwanted and private calls are "
        "not counted.",
    )
    answered = fields.Integer(
        readonly=True, help="Offered calls in which a person spoke. A mailbox is no answer."
    )
    missed = fields.Integer(readonly=True, help="Offered − answered.")
    abandoned = fields.Integer(
        readonly=True, help="Offered calls whose caller hung up before a person answered."
    )
    short_abandons = fields.Integer(
        readonly=True,
        help="Abandoned within some seconds, before anybody had a chance to answer. The own number "
        "says within how many (5).",
    )
    outgoing = fields.Integer(readonly=True, help="Calls to somebody outside.")
    outgoing_answered = fields.Integer(
        string="Outgoing, Answered", readonly=True, help="Outgoing calls in which somebody spoke."
    )

    # Shares
    answer_rate = fields.Float(
        unit="share",
        ratio=("answered", "offered"),
        aggregator="avg",
        readonly=True,
        help="Answered ÷ offered.",
    )
    abandonment_rate = fields.Float(
        unit="share",
        ratio=("lasting_abandons", "lasting"),
        aggregator="avg",
        readonly=True,
        help="(Abandoned − short abandons) ÷ (offered − short abandons).",
    )
    service_level = fields.Float(
        unit="share",
        ratio=("answered_in_time", "service_base"),
        aggregator="avg",
        readonly=True,
        help="Answered within the time of the own number (20 seconds) ÷ (offered − short abandons "
        "− missed outside working hours).",
    )
    strict_service_level = fields.Float(
        unit="share",
        ratio=("answered_in_time", "strict_base"),
        aggregator="avg",
        readonly=True,
        help="Answered within the time of the own number ÷ (answered + abandoned), at any hour.",
    )
    service_goal = fields.Float(
        unit="share",
        ratio=("goal_points", "service_base"),
        aggregator="avg",
        readonly=True,
        help="The service level that is wanted: the goals of the own numbers, weighted by their "
        "calls.",
    )
    first_contact_rate = fields.Float(
        string="Settled at Once",
        unit="share",
        ratio=("first_contacts", "first_contact_base"),
        aggregator="avg",
        readonly=True,
        help="Answered calls after which the same number did not call again within 7 days ÷ "
        "answered calls. An approximation: without withheld numbers, and without the last 7 days, "
        "which are not decided yet.",
    )

    # Times
    speed_of_answer = fields.Float(
        string="Speed of Answer",
        unit="seconds",
        ratio=("answered_wait_seconds", "answered_waits"),
        aggregator="avg",
        readonly=True,
        help="Waiting time of answered calls ÷ answered. Calls that were logged by hand have none.",
    )
    average_wait = fields.Float(
        unit="seconds",
        ratio=("wait_seconds", "waits"),
        aggregator="avg",
        readonly=True,
        help="Waiting time of all offered calls ÷ offered.",
    )
    longest_wait = fields.Integer(
        unit="seconds",
        aggregator="max",
        readonly=True,
        help="The longest waiting time of an offered call.",
    )
    wait_seconds = fields.Integer(
        string="Waiting Time",
        unit="seconds",
        readonly=True,
        help="Of offered calls, until a person or mailbox answered or the caller hung up.",
    )
    average_talk = fields.Float(
        help="Talk time ÷ conversations whose end was reported. It contains the time on hold."
    )
    talk_seconds = fields.Integer(
        help="How long the other side was connected with a person, in any direction. It contains "
        "the time on hold."
    )

    # What shares and averages are computed from
    lasting_abandons = fields.Integer(readonly=True, aggregator=None)
    lasting = fields.Integer(string="Offered, Not Short", readonly=True, aggregator=None)
    answered_in_time = fields.Integer(
        readonly=True, help="Within the time of the own number (20 seconds)."
    )
    service_base = fields.Integer(string="Offered in Working Hours", readonly=True, aggregator=None)
    strict_base = fields.Integer(string="Answered or Abandoned", readonly=True, aggregator=None)
    goal_points = fields.Float(readonly=True, aggregator=None)
    waits = fields.Integer(string="Offered, Wait Known", readonly=True, aggregator=None)
    answered_waits = fields.Integer(string="Answered, Wait Known", readonly=True, aggregator=None)
    answered_wait_seconds = fields.Integer(
        string="Waiting Time of Answered Calls", unit="seconds", readonly=True, aggregator=None
    )
    conversations = fields.Integer(help="Calls in which somebody spoke and whose end was reported.")
    first_contact_base = fields.Integer(string="Answered, Decided", readonly=True, aggregator=None)
    first_contacts = fields.Integer(readonly=True, aggregator=None)

    # === BUSINESS METHODS === #

    @api.model
    def _get_facts(self):
        return {
            "dimensions": CALL_DIMENSIONS,
            "measures": CALL_MEASURES,
            "source": CALL_SOURCE,
            "condition": CALL_CONDITION,
            "key": "call.id",
            "moment": START,
        }
