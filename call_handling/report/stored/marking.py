"""Marks days whenever something changes that a figure of them depends on.

Triggers of the database do it: so a change is noted however it is written (by the ORM, by a
statement, or by a foreign key), in the same transaction, and an event needs no query for it. What
is watched is what the reports say in ``_depends``; a new field there is watched after the next
update.
"""

import re
from collections import defaultdict

from odoo import models
from odoo.tools import SQL

from ..definitions import CALLED_AGAIN, LIVE_DIMENSIONS, LOCAL_DATE, SAME_MATTER, START

FUNCTION = "call_report_mark"

# A change of these fields of a call also changes what is counted about earlier ones.
OF_LATER_CALLS = set(re.findall(r"\blater\.(\w+)", CALLED_AGAIN))

# Of an update, the rows before and after it; `reaches`: it also changes earlier days.
CHANGED = {
    "INSERT": "SELECT r.*, TRUE AS reaches FROM new_rows r",
    "DELETE": "SELECT r.*, TRUE AS reaches FROM old_rows r",
    "UPDATE": """
        SELECT r.*, changed.reaches
          FROM (
                SELECT o.id, {reaches} AS reaches
                  FROM old_rows o
                  JOIN new_rows n ON n.id = o.id
                 WHERE {differs}
               ) changed
          JOIN (SELECT * FROM old_rows UNION ALL SELECT * FROM new_rows) r ON r.id = changed.id
    """,
}
ROWS = {
    "INSERT": "NEW TABLE AS new_rows",
    "DELETE": "OLD TABLE AS old_rows",
    "UPDATE": "OLD TABLE AS old_rows NEW TABLE AS new_rows",
}

OF_COMPANY = """
    JOIN res_company company ON company.id = call.company_id
    LEFT JOIN resource_calendar calendar ON calendar.id = company.resource_calendar_id
"""
DATE_BEFORE = LOCAL_DATE.replace(START, f"({START} - {SAME_MATTER})")
# Calls of the last days are read live anyway (`call_report_live.LIVE_DAYS`): theirs is not noted.
# The day of a call a week before is one more day before where clocks are changed.
OF_CALLS = f"""
    SELECT DISTINCT call.company_id,
           CASE WHEN call.reaches
                THEN {DATE_BEFORE} - 1
                ELSE {LOCAL_DATE}
           END,
           {LOCAL_DATE}
      FROM (%s) call
      {OF_COMPANY}
     WHERE call.date_start < now() AT TIME ZONE 'UTC'
           - CASE WHEN call.reaches THEN INTERVAL '1 day' ELSE INTERVAL '8 days' END
"""
OF_LEGS = f"""
    SELECT DISTINCT call.company_id, {LOCAL_DATE}, {LOCAL_DATE}
      FROM (%s) leg
      JOIN call_call call ON call.id = leg.call_id
      {OF_COMPANY}
     WHERE call.date_start < now() AT TIME ZONE 'UTC' - INTERVAL '8 days'
"""
ALL_DAYS = "SELECT company.id, DATE '0001-01-01', DATE '9999-12-31' FROM res_company company"
OF_LINES = f"""{ALL_DAYS}
     WHERE EXISTS (
           SELECT 1
             FROM call_call call
            WHERE call.company_id = company.id AND call.line_id IN (SELECT id FROM (%s) line)
           )
"""
OF_COMPANIES = f"{ALL_DAYS} WHERE company.id IN (SELECT id FROM (%s) changed)"
OF_CALENDARS = f"""{ALL_DAYS}
     WHERE company.resource_calendar_id IN (SELECT id FROM (%s) calendar)
"""
OF_OTHERS = f"{ALL_DAYS} WHERE EXISTS (SELECT 1 FROM (%s) changed)"
# Which days a changed row belongs to, and what can happen to one that matters. A field of another
# model that an addon makes figures depend on marks all days.
DAYS = {
    "call_call": (OF_CALLS, ("INSERT", "UPDATE", "DELETE")),
    "call_leg": (OF_LEGS, ("INSERT", "UPDATE", "DELETE")),
    "call_line": (OF_LINES, ("UPDATE",)),
    "res_company": (OF_COMPANIES, ("UPDATE",)),
    "resource_calendar": (OF_CALENDARS, ("UPDATE",)),
}
DAYS_OF_OTHERS = (OF_OTHERS, ("INSERT", "UPDATE", "DELETE"))

MARK = "INSERT INTO call_report_live (company_id, date_from, date_to) {days};"
# A call that becomes private is in no sum from this moment on, not even in one that nobody reads.
FORGET = """
    IF EXISTS (SELECT 1 FROM new_rows WHERE is_private) THEN
        {deletions}
    END IF;
"""
FORGET_IN = f"""
        DELETE FROM {{table}} sums
         USING (
               SELECT DISTINCT call.company_id, {LOCAL_DATE} AS date
                 FROM new_rows call
                 JOIN old_rows o ON o.id = call.id
                 {OF_COMPANY}
                WHERE call.is_private AND o.is_private IS NOT TRUE
               ) days
         WHERE sums.company_id = days.company_id AND sums.date = days.date;
"""


class CallFactMixin(models.AbstractModel):
    _inherit = "call.fact.mixin"

    def init(self):
        result = super().init()
        if self._stored_in:
            self.pool.post_init(watch, self.env)
        return result


def get_watched(env):
    """Return the columns whose changes mark days, by table: what the reports depend on, without
    the dimensions that sums do not have.

    :rtype: dict[str, list[str]]
    """
    watched = defaultdict(set)
    for report in env["call.report.live"]._get_reports():
        for model, names in report._depends.items():
            stored = [name for name in names if env[model]._fields[name].column_type]
            watched[env[model]._table].update(set(stored) - LIVE_DIMENSIONS)
    return {table: sorted(columns) for table, columns in watched.items() if columns}


def watch(env):
    """Create the triggers, or those of fields that have changed."""
    for table, columns in get_watched(env).items():
        days, operations = DAYS.get(table, DAYS_OF_OTHERS)
        for operation in operations:
            name = f"{FUNCTION}_{operation.lower()}"
            changed = CHANGED[operation].format(
                differs=_differ(columns),
                reaches=_differ(sorted(OF_LATER_CALLS)) if table == "call_call" else "FALSE",
            )
            body = MARK.format(days=days % changed)
            if table == "call_call" and operation == "UPDATE":
                body += _forget(env)
            env.cr.execute(_create(table, operation, name, body))


def unwatch(cr):
    """Remove the triggers, also from tables of other apps."""
    cr.execute(
        "SELECT proname FROM pg_proc"
        " WHERE proname LIKE %s AND pronamespace = current_schema::regnamespace",
        [f"{FUNCTION}%"],
    )
    for (name,) in cr.fetchall():
        cr.execute(SQL("DROP FUNCTION IF EXISTS %s() CASCADE", SQL.identifier(name)))


def _differ(columns):
    old, new = (", ".join(f"{row}.{column}" for column in columns) for row in "on")
    return f"({old}) IS DISTINCT FROM ({new})"


def _forget(env):
    names = {
        name for report in env["call.report.live"]._get_reports() for name in report._stored_in
    }
    tables = sorted(env[name]._table for name in names)
    deletions = "".join(FORGET_IN.format(table=table) for table in tables)
    return FORGET.format(deletions=deletions)


def _create(table, operation, name, body):
    # the text has names and constants of this file only
    return SQL(  # pylint: disable=sql-injection
        f"""
        CREATE OR REPLACE FUNCTION {name}_{table}() RETURNS trigger LANGUAGE plpgsql AS $mark$
        BEGIN
            {body}
            RETURN NULL;
        END
        $mark$;
        DROP TRIGGER IF EXISTS {name} ON {table};
        CREATE TRIGGER {name} AFTER {operation} ON {table} REFERENCING {ROWS[operation]}
            FOR EACH STATEMENT EXECUTE FUNCTION {name}_{table}();
        """
    )
