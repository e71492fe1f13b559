"""Telephone systems with a past: what came from them in the weeks before."""

import uuid
from datetime import datetime, timedelta, timezone
from zoneinfo import ZoneInfo

from odoo.tools import SQL

from .common import CallCommon

ZONE = ZoneInfo("Europe/Berlin")
MONDAY = datetime(2026, 11, 23)  # local
OPENS, CLOSES = 8, 18
WEEKS = 8


def at(hour, minute=0, day=0):
    """Return a moment of the week of the tests.

    :param int hour: on the wall clock
    :param int day: 0: Monday
    :return: naive UTC
    """
    local = MONDAY + timedelta(days=day, hours=hour, minutes=minute)
    return local.replace(tzinfo=ZONE).astimezone(timezone.utc).replace(tzinfo=None)


class HealthCommon(CallCommon):
    """The telephone system gets calls on working days from 8 to 18 o'clock."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.env["call.pbx"].search([("id", "!=", cls.pbx.id)]).active = False
        cls.admin.email = "admin@example.com"

    @classmethod
    def _get_usual_calls(cls, until, weeks=WEEKS, per_hour=6):
        """Return the moments of the calls of the weeks before and of this one."""
        step = timedelta(minutes=60 / per_hour)
        moments = []
        for day in range(-7 * weeks, 7):
            moment, end = at(OPENS, day=day), at(CLOSES, day=day)
            while day % 7 < 5 and moment < min(end, until):
                moments.append(moment)
                moment += step
        return moments

    @classmethod
    def _let_call(cls, *moments, pbx=None):
        """Store that calls were reported at these moments, naive UTC."""
        pbx = pbx or cls.pbx
        rows = [
            SQL("%s", (pbx.id, uuid.uuid4().hex, f"{moment}", "ringing", moment, moment, "done", 0))
            for moment in moments
        ]
        cls.env.cr.execute(
            SQL(
                """
                INSERT INTO call_event
                       (pbx_id, uid, call_ref, kind, date, create_date, state, attempts)
                VALUES %s
                """,
                SQL(", ").join(rows),
            )
        )

    def _check_health(self):
        """Run the scheduled action."""
        self.env.flush_all()
        self._run_scheduled_action("ir_cron_check_health")

    def _get_alerts(self, pbx=None):
        """Return the kinds of the alerts that are open."""
        domain = [("pbx_id", "=", (pbx or self.pbx).id), ("date_end", "=", False)]
        return set(self.env["call.alert"].search(domain).mapped("kind"))

    def _get_activities(self, user=None):
        of_pbx = [("res_model", "=", "call.pbx"), ("res_id", "=", self.pbx.id)]
        of_user = [("user_id", "=", user.id)] if user else []
        return self.env["mail.activity"].search(of_pbx + of_user)

    def _get_mails(self):
        return self.env["mail.mail"].search([("email_to", "like", "admin@example.com")])
