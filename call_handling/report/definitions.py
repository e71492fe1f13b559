"""What the figures of reports mean, each once, as SQL.

A report is a table of facts: dimensions, and counts and sums that can be added up, whatever rows
they come from. Shares and averages are computed from sums only (the attribute ``ratio`` of their
fields). So the same columns can be read from live tables, as here, or from stored sums.

An expression is text: it contains no value of a user, only names of columns, constants, and
``%(now)s`` for the present time in UTC.
"""

from odoo.tools import SQL

DEFAULT_ANSWER_SECONDS = 20  # of calls without an own number
DEFAULT_ANSWER_GOAL = 80  # percent
DEFAULT_SHORT_SECONDS = 5
SAME_MATTER = "INTERVAL '7 days'"  # a caller who calls again within them has not been helped

# The time of a company is that of its working hours.
START = "call.date_start"
LOCAL_START = f"{START} AT TIME ZONE 'UTC' AT TIME ZONE COALESCE(calendar.tz, 'UTC')"
LOCAL_DATE = f"({LOCAL_START})::date"

# Of calls that are over, of whatever type. Private and unwanted ones never enter.
CALL_CONDITION = (
    "call.state = 'ended' AND call.is_private IS NOT TRUE AND call.is_blocked IS NOT TRUE"
)
CALL_SOURCE = """
    call_call call
    JOIN res_company company ON company.id = call.company_id
    LEFT JOIN resource_calendar calendar ON calendar.id = company.resource_calendar_id
    LEFT JOIN call_line line ON line.id = call.line_id
    LEFT JOIN res_partner partner ON partner.id = call.partner_id
"""

# When, and of what kind, a call was; the same for the phones in it.
COMMON_DIMENSIONS = {
    "call_id": "call.id",
    "date_start": "call.date_start",
    "date": LOCAL_DATE,
    "hour": f"TO_CHAR({LOCAL_START}, 'HH24')",
    "weekday": f"TO_CHAR({LOCAL_START}, 'ID')",
    "company_id": "call.company_id",
    "pbx_id": "call.pbx_id",
    "line_id": "call.line_id",
    "department_id": "call.department_id",
    "person_department_id": "call.person_department_id",
    "project_id": "call.project_id",
    "category_id": "call.category_id",
    "direction": "call.direction",
    "call_type": "call.call_type",
}

# A phone of the company rang. Whether anybody could have answered depends on it.
PHONE_RANG = (
    "EXISTS (SELECT 1 FROM call_leg leg WHERE leg.call_id = call.id"
    " AND leg.extension IS NOT NULL AND leg.date_ring IS NOT NULL)"
)
SHORT_SECONDS = f"COALESCE(line.report_short_seconds, {DEFAULT_SHORT_SECONDS})"
ANSWER_SECONDS = f"COALESCE(line.report_answer_seconds, {DEFAULT_ANSWER_SECONDS})"
ANSWER_GOAL = f"COALESCE(line.report_answer_goal, {DEFAULT_ANSWER_GOAL})"

IS_OFFERED = "call.direction = 'incoming'"
IS_ANSWERED = "(call.direction = 'incoming' AND call.outcome = 'answered')"
IS_MISSED = "(call.direction = 'incoming' AND call.outcome IS DISTINCT FROM 'answered')"
IS_ABANDONED = "(call.direction = 'incoming' AND call.outcome = 'cancelled')"
# Of calls that were logged by hand, nobody knows how long the caller waited.
HAS_WAIT = "(call.direction = 'incoming' AND call.wait_seconds IS NOT NULL)"
IS_SHORT = (
    f"({IS_ABANDONED} AND {HAS_WAIT} AND {SHORT_SECONDS} > 0"
    f" AND call.wait_seconds <= {SHORT_SECONDS})"
)
IS_CLOSED = "(call.is_outside_hours IS TRUE)"
IN_SERVICE = f"({HAS_WAIT} AND NOT {IS_SHORT} AND NOT {IS_CLOSED})"
IS_CONVERSATION = "(call.outcome = 'answered' AND call.is_end_assumed IS NOT TRUE)"
IS_FINAL = (
    f"({IS_ANSWERED} AND call.is_anonymous IS NOT TRUE AND call.remote_number IS NOT NULL"
    f" AND call.date_start < %(now)s::timestamp - {SAME_MATTER})"
)
CALLED_AGAIN = f"""EXISTS (
    SELECT 1
      FROM call_call later
     WHERE later.remote_number = call.remote_number
       AND later.company_id = call.company_id
       AND later.direction = 'incoming'
       AND later.is_private IS NOT TRUE
       AND later.date_start > call.date_start
       AND later.date_start <= call.date_start + {SAME_MATTER}
)"""

# One reason per missed call: the first that holds.
MISSED_REASON = f"""CASE
    WHEN NOT {IS_MISSED} THEN NULL
    WHEN {IS_CLOSED} THEN 'closed'
    WHEN {IS_SHORT} THEN 'short'
    WHEN NOT {PHONE_RANG} AND call.outcome = 'cancelled' THEN 'left'
    WHEN NOT {PHONE_RANG} THEN 'nobody'
    WHEN call.outcome = 'cancelled' THEN 'gave_up'
    ELSE 'not_taken'
END"""


def _flag(condition):
    return f"({condition})::int"


def _amount(condition, seconds):
    return f"CASE WHEN {condition} THEN {seconds} ELSE 0 END"


CALL_DIMENSIONS = COMMON_DIMENSIONS | {
    "user_id": "CASE WHEN company.call_figures_per_person THEN call.user_id END",
    "employee_id": "CASE WHEN company.call_figures_per_person THEN call.employee_id END",
    "partner_id": "call.partner_id",
    "country_id": "partner.country_id",
    "outcome": "call.outcome",
    "missed_reason": MISSED_REASON,
}
CALL_MEASURES = {
    "offered": _flag(IS_OFFERED),
    "answered": _flag(IS_ANSWERED),
    "missed": _flag(IS_MISSED),
    "abandoned": _flag(IS_ABANDONED),
    "short_abandons": _flag(IS_SHORT),
    "lasting_abandons": _flag(f"{IS_ABANDONED} AND NOT {IS_SHORT}"),
    "lasting": _flag(f"{IS_OFFERED} AND NOT {IS_SHORT}"),
    "answered_in_time": _flag(
        f"{IS_ANSWERED} AND {HAS_WAIT} AND call.wait_seconds <= {ANSWER_SECONDS}"
    ),
    "service_base": _flag(IN_SERVICE),
    "strict_base": _flag(f"{HAS_WAIT} AND ({IS_ANSWERED} OR {IS_ABANDONED})"),
    "goal_points": _amount(IN_SERVICE, f"{ANSWER_GOAL} / 100.0"),
    "waits": _flag(HAS_WAIT),
    "wait_seconds": _amount(HAS_WAIT, "call.wait_seconds"),
    "answered_waits": _flag(f"{IS_ANSWERED} AND {HAS_WAIT}"),
    "answered_wait_seconds": _amount(f"{IS_ANSWERED} AND {HAS_WAIT}", "call.wait_seconds"),
    "longest_wait": f"CASE WHEN {HAS_WAIT} THEN call.wait_seconds END",
    "outgoing": _flag("call.direction = 'outgoing'"),
    "outgoing_answered": _flag("call.direction = 'outgoing' AND call.outcome = 'answered'"),
    "conversations": _flag(IS_CONVERSATION),
    "talk_seconds": _amount(IS_CONVERSATION, "call.talk_seconds"),
    "hold_seconds": (
        "(SELECT COALESCE(SUM(leg.hold_seconds), 0)::int FROM call_leg leg"
        " WHERE leg.call_id = call.id)"
    ),
    "first_contact_base": _flag(IS_FINAL),
    "first_contacts": _flag(f"{IS_FINAL} AND NOT {CALLED_AGAIN}"),
}

# What became of a call at one person's phone. Only calls from outside ring for somebody to take.
PART_SOURCE = """
    call_leg leg
    JOIN call_call call ON call.id = leg.call_id
    JOIN res_company company ON company.id = call.company_id
    LEFT JOIN resource_calendar calendar ON calendar.id = company.resource_calendar_id
"""
PART_CONDITION = (
    f"{CALL_CONDITION} AND company.call_figures_per_person IS TRUE"
    " AND (leg.user_id IS NOT NULL OR leg.employee_id IS NOT NULL)"
)
HAS_SPOKEN = "(leg.date_answer IS NOT NULL AND leg.outcome IN ('answered', 'transferred'))"
PART_RESULT = f"""CASE
    WHEN call.direction <> 'incoming' THEN NULL
    WHEN {HAS_SPOKEN} THEN 'taken'
    WHEN leg.outcome = 'elsewhere' THEN 'elsewhere'
    WHEN leg.outcome = 'rejected' THEN 'declined'
    WHEN leg.date_ring IS NULL OR leg.outcome = 'busy' THEN 'busy'
    ELSE 'missed'
END"""
PART_DIMENSIONS = COMMON_DIMENSIONS | {
    "user_id": "leg.user_id",
    "employee_id": "leg.employee_id",
    "result": PART_RESULT,
}


def _result(*results):
    found = ", ".join(f"'{result}'" for result in results)
    return _flag(f"COALESCE({PART_RESULT} IN ({found}), FALSE)")


PART_MEASURES = {
    "rang": _result("taken", "elsewhere", "declined", "missed"),
    "taken": _result("taken"),
    "elsewhere": _result("elsewhere"),
    "declined": _result("declined"),
    "missed": _result("missed"),
    "busy": _result("busy"),
    "made": _flag("call.direction = 'outgoing'"),
    "conversations": _flag(f"{HAS_SPOKEN} AND call.is_end_assumed IS NOT TRUE"),
    "talk_seconds": _amount("call.is_end_assumed IS NOT TRUE", "leg.talk_seconds"),
    "hold_seconds": _amount("call.is_end_assumed IS NOT TRUE", "leg.hold_seconds"),
}

# Callbacks belong to the day on which they fell due.
DUE = "callback.date_due"
LOCAL_DUE = f"{DUE} AT TIME ZONE 'UTC' AT TIME ZONE COALESCE(calendar.tz, 'UTC')"
CALLBACK_SOURCE = """
    call_callback callback
    JOIN res_company company ON company.id = callback.company_id
    LEFT JOIN resource_calendar calendar ON calendar.id = company.resource_calendar_id
"""
CALLBACK_CONDITION = "callback.date_due <= %(now)s::timestamp"
IS_ON_TIME = "(callback.state = 'done' AND callback.date_done <= callback.date_due)"
CALLBACK_DIMENSIONS = {
    "callback_id": "callback.id",
    "date_due": "callback.date_due",
    "date": f"({LOCAL_DUE})::date",
    "hour": f"TO_CHAR({LOCAL_DUE}, 'HH24')",
    "weekday": f"TO_CHAR({LOCAL_DUE}, 'ID')",
    "company_id": "callback.company_id",
    "line_id": "callback.line_id",
    "department_id": "callback.department_id",
    "state": "callback.state",
}
CALLBACK_MEASURES = {
    "due": "1",
    "on_time": _flag(IS_ON_TIME),
    "late": _flag(f"callback.state = 'done' AND NOT COALESCE({IS_ON_TIME}, FALSE)"),
    "dropped": _flag("callback.state = 'dropped'"),
    "overdue": _flag("callback.state = 'open'"),
}


# Dimensions that stored sums do not have: who asks for one of them is answered from calls.
LIVE_DIMENSIONS = {"category_id", "country_id", "partner_id", "project_id"}


def make_table(columns, source, condition, key, within, **values):
    """Return the table of facts of a report.

    :param dict columns: expressions by name
    :param str source: tables with their aliases
    :param str condition: which of their rows are facts
    :param str key: expression of the id
    :param SQL within: which of the facts are wanted
    :param values: parameters of the expressions
    :rtype: SQL
    """
    selected = ", ".join(f"{text} AS {name}" for name, text in columns.items())
    text = f"SELECT {key} AS id, {selected} FROM {source} WHERE {condition} AND %(within)s"
    # the text has names and constants of this file only
    return SQL(text, within=within, **values)  # pylint: disable=sql-injection
