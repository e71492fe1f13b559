from datetime import timedelta
from zoneinfo import ZoneInfo

from odoo import api, fields, models
from odoo.fields import Domain
from odoo.tools import SQL, format_datetime

from ...adapters.signature import SIGNATURE_TOLERANCE
from ...tools.usual import HOUR, LONGEST, WEEKS, History, floor
from ..health.call_pbx_hour import REPORTED
from ..health.deliveries import ARCHIVED, FAILED, MALFORMED
from .findings import Finding
from .sender import CLOCK_VALID
from .severity import DANGER, WARNING

REPEATED = 5  # requests within an hour that are refused or fail
FAILED_AGAIN = 2  # attempts, with a quarter of an hour in between
CLOCKS_DIFFER = 60  # seconds; signatures that are off by 300 are refused
CLOCKS_AGREE = 30  # seconds
NO_CONTACT = timedelta(minutes=15)  # the relay reports every minute
QUEUE_SECONDS = 600
OLD_SECRET_ENDS = timedelta(hours=12)


class CallPbx(models.Model):
    """Checks whether a telephone system works: whether its events arrive, and are processed.

    An addon adds a check by overriding :meth:`_get_health_names`, with a method ``_find_<name>``,
    and by adding the name to the kinds of `call.alert`.
    """

    _inherit = "call.pbx"

    health_date = fields.Datetime(
        readonly=True, copy=False, export_string_translation=False, help="When it was last checked."
    )

    # === BUSINESS METHODS === #

    @api.model
    def _get_health_names(self):
        """Return the names of all checks, in their order.

        :rtype: list[str]
        """
        return [
            "silent",
            "refused",
            "failing",
            "failed_events",
            "old_secret",
            "clock",
            "relay_stopped",
            "relay_queue",
        ]

    def _find_health(self, name):
        """Return what one of the checks finds; ``None`` if everything is as it should be.

        :rtype: Finding | None
        """
        return getattr(self, f"_find_{name}")()

    def _get_health_findings(self):
        """Return what is wrong now, the worst first. Nothing is expected of a simulated system.

        :rtype: list[Finding]
        """
        if not self.id or self.can_simulate:
            return []
        return self._sort_findings(filter(None, map(self._find_health, self._get_health_names())))

    def _is_alerted(self, kind):
        """Return whether an alert is open: then its reason must be over completely, or it would
        come and go."""
        is_open = [("pbx_id", "=", self.id), ("kind", "=", kind), ("date_end", "=", False)]
        return bool(self.env["call.alert"].search_count(is_open, limit=1))

    # === EVENTS === #

    def _find_silent(self):
        now, last = fields.Datetime.now(), self._get_last_event_date()
        if not last or now - last < HOUR / 6:
            return None
        history = self._get_history("call_count", last)
        if not history.is_silent(last, now, self._get_closing(last, now)):
            return None
        text = self.env._(
            "No event has arrived since %s, although calls are usual at this time. Make a call: if "
            "it does not appear, check that the telephone system and its network are running, and "
            "test the connection. On a day off, enter it under Public Holidays, so that it is "
            "known the next time.",
            self._format_date(last),
        )
        button = self.env._("Test Connection")
        return Finding("silent", DANGER, text, button, "action_test")

    def _get_last_event_date(self):
        """Return when the telephone system last reported something. That a silent call was closed
        is stored as an event, too, but not reported.

        :return: naive UTC; ``None`` if it never has
        """
        self.env["call.event"].flush_model()
        self.env.cr.execute(
            SQL(
                """
                SELECT create_date
                  FROM call_event
                 WHERE pbx_id = %s AND %s
              ORDER BY create_date DESC
                 LIMIT 1
                """,
                self._origin.id or None,
                REPORTED,
            )
        )
        row = self.env.cr.fetchone()
        return row and row[0]

    def _get_history(self, field_name, moment):
        """Return what came in the hours of the weeks before.

        :param str field_name: of `call.pbx.hour`
        :param datetime moment: naive UTC, until when it is needed
        :rtype: History
        """
        hours = self.env["call.pbx.hour"].sudo()
        first = hours.search([("pbx_id", "=", self.id)], order="date", limit=1).date
        start = floor(moment) - timedelta(weeks=WEEKS) - HOUR
        known = hours.search_fetch(
            [("pbx_id", "=", self.id), ("date", ">=", start)], ["date", field_name]
        )
        counts = {hour.date: hour[field_name] for hour in known}
        return History(counts, first or None, ZoneInfo(self.tz))

    def _get_closing(self, start, end):
        """Return a function that returns whether an hour is on a public holiday of the company.

        :param datetime start: naive UTC, from when it is asked
        :param datetime end: naive UTC
        """
        calendar = self.company_id.resource_calendar_id
        domain = [
            ("resource_id", "=", False),
            ("time_type", "=", "leave"),
            ("company_id", "in", [False, self.company_id.id]),
            ("calendar_id", "in", [False, calendar.id]),
            ("date_to", ">", start - HOUR),
            ("date_from", "<", min(end, start + LONGEST)),
        ]
        # sudo: public holidays are not confidential
        days = self.env["resource.calendar.leaves"].sudo().search(domain)
        spans = [(day.date_from, day.date_to) for day in days]
        return lambda hour: any(begin < hour + HOUR and hour < end for begin, end in spans)

    def _find_failed_events(self):
        domain = [("pbx_id", "=", self.id), ("state", "=", "failed")]
        domain += [("attempts", ">=", FAILED_AGAIN)]
        if not (count := self.env["call.event"].search_count(domain)):
            return None
        text = self.env._(
            "Events that could not be processed, and failed again when they were retried: %s. Open "
            "them: each shows the reason. Correct it, then replay them; delete those that are "
            "useless.",
            count,
        )
        button = self.env._("Failed Events")
        return Finding("failed_events", WARNING, text, button, "action_view_events")

    # === REQUESTS === #

    def _find_refused(self):
        domain = Domain("reason", "not in", (False, MALFORMED, FAILED, ARCHIVED))
        if not (latest := self._get_repeated("refused", domain)):
            return None
        text = self.env._(
            "Requests that were refused within the last hour: %(count)s. Nothing of them is "
            "stored. Why the last one was refused: %(reason)s",
            count=latest["count"],
            reason=latest["reason"],
        )
        severity = WARNING if self._was_accepted_lately() else DANGER
        button = self.env._("Requests")
        return Finding("refused", severity, text, button, "action_view_deliveries")

    def _find_failing(self):
        if not (latest := self._get_repeated("failing", Domain("reason", "=", FAILED))):
            return None
        text = self.env._(
            "Requests that failed in Odoo within the last hour: %s. Most telephone systems send "
            "them again, but not for ever: look at the log of the Odoo server.",
            latest["count"],
        )
        return Finding("failing", DANGER, text, self.env._("Requests"), "action_view_deliveries")

    def _get_repeated(self, kind, domain):
        """Return how many requests of a kind there were lately, and the reason of the last one;
        nothing if they do not repeat."""
        found = self.env["call.delivery"].search(domain & self._get_lately())
        count = sum(found.mapped("request_count"))
        if count < (1 if self._is_alerted(kind) else REPEATED):
            return None
        reasons = dict(found._fields["reason"]._description_selection(self.env))
        return {"count": count, "reason": reasons.get(found[:1].reason, "")}

    def _was_accepted_lately(self):
        accepted = self._get_lately() & Domain("reason", "=", False)
        return bool(self.env["call.delivery"].search_count(accepted, limit=1))

    def _get_lately(self):
        """Return the domain of the requests within the last hour."""
        since = fields.Datetime.now() - HOUR
        return Domain("pbx_id", "=", self.id) & Domain("date", ">", since)

    def _find_old_secret(self):
        now, until = fields.Datetime.now(), self.previous_secret_until
        if not until or not now < until < now + OLD_SECRET_ENDS:
            return None
        if not self.old_secret_date or self.old_secret_date < now - HOUR:
            return None
        text = self.env._(
            "The telephone system still uses the old secret, which is valid until %s. Enter the "
            "new one in the telephone system; after that time, its events are refused.",
            self._format_date(until),
        )
        return Finding("old_secret", WARNING, text)

    # === SENDER === #

    def _find_clock(self):
        difference = abs(self.clock_difference)
        if difference < (CLOCKS_AGREE if self._is_alerted("clock") else CLOCKS_DIFFER):
            return None
        if self.clock_date and self.clock_date < fields.Datetime.now() - CLOCK_VALID:
            return None
        explain = self._explain_estimated if self.is_clock_estimated else self._explain_clock
        is_refused = difference > SIGNATURE_TOLERANCE.total_seconds()
        severity = DANGER if is_refused and not self.is_clock_estimated else WARNING
        return Finding("clock", severity, explain(self._write_length(difference), severity))

    def _explain_clock(self, length, severity):
        """Return what follows from a difference that its requests have said."""
        values = {"name": self.name, "length": length}
        if self.clock_difference > 0:
            text = self.env._(
                "The clock of %(name)s, or of its relay, is %(length)s ahead of this server's. The "
                "times of calls are wrong by as much.",
                **values,
            )
        else:
            text = self.env._(
                "The clock of %(name)s, or of its relay, is %(length)s behind this server's. The "
                "times of calls are wrong by as much.",
                **values,
            )
        if severity == DANGER:
            advice = self.env._("Its events are refused until the clock that is wrong is set.")
        else:
            advice = self.env._("Have both set by the network (NTP).")
        return f"{text} {advice}"

    def _explain_estimated(self, length, _severity):
        """Return what follows from the times of events, which are accepted at any time."""
        values = {"name": self.name, "length": length}
        if self.clock_difference > 0:
            return self.env._(
                "%(name)s reports events about %(length)s before they happen: its clock is ahead "
                "of this server's, or its time zone is wrong. The times of calls are wrong by as "
                "much. Have both clocks set by the network (NTP), and compare the time zones.",
                **values,
            )
        return self.env._(
            "Events of %(name)s arrive at least %(length)s after they happened: they are held up "
            "on the way, or its clock is behind this server's, or its time zone is wrong. Make a "
            "call, and look whether it appears at once and with the right time.",
            **values,
        )

    def _write_length(self, seconds):
        """Return a length of time for people, by its two largest units."""
        minutes, rest = divmod(seconds, 60)
        hours, minutes = divmod(minutes, 60)
        if hours:
            parts = [self.env._("%s h", hours), minutes and self.env._("%s min", minutes)]
        else:
            parts = [minutes and self.env._("%s min", minutes), rest and self.env._("%s s", rest)]
        return " ".join(filter(None, parts)) or self.env._("%s s", 0)

    def _find_relay_stopped(self):
        now, contact = fields.Datetime.now(), self.last_contact_date
        if not self.relay_version or not contact or now - contact < NO_CONTACT:
            return None
        last = self._get_last_event_date()
        if last and now - last < NO_CONTACT:
            return None
        text = self.env._(
            "The relay, the program that sends the events of the telephone system to Odoo, has not "
            "reported since %s: it is not running, or has lost the connection to one of them. On "
            "its machine, look at its log with journalctl -u call-handling-relay. If it was "
            "replaced, press “No Longer Used”.",
            self._format_date(contact),
        )
        button = self.env._("No Longer Used")
        return Finding("relay_stopped", DANGER, text, button, "action_forget_relay")

    def _find_relay_queue(self):
        is_recent = self.report_date and fields.Datetime.now() - self.report_date < NO_CONTACT
        if not is_recent or not self.relay_waiting or self.relay_oldest < QUEUE_SECONDS:
            return None
        text = self.env._(
            "About %(count)s events are waiting at the relay, the program that sends the events of "
            "the telephone system to Odoo, the first for %(length)s: they come faster than they "
            "can be sent. Check whether the Odoo server is overloaded; on the relay's machine, "
            "look at its log with journalctl -u call-handling-relay.",
            count=self.relay_waiting,
            length=self._write_length(self.relay_oldest),
        )
        return Finding("relay_queue", WARNING, text)

    def _format_date(self, date):
        zone = self.env.context.get("tz") or self.tz
        return format_datetime(self.env, date, tz=zone, dt_format="short")

    # === CRON METHODS === #

    @api.model
    def _cron_check_health(self):
        """Count what has come, and alert the administrators to what is wrong. Nobody is alerted by
        a copy of the database, to which no events come."""
        if self._is_database_copy():
            left = self.env["call.alert"].search([("date_end", "=", False)])
            left._close(self._explain_database_copy())
            return
        archived = [("date_end", "=", False), ("pbx_id.active", "=", False)]
        self.env["call.alert"].search(archived)._close()
        systems = self.search([("active", "=", True)])
        self._run_for_each(systems, "health_date", "_count_events", "_check_health")

    def _count_events(self):
        self.env["call.pbx.hour"]._count(self, fields.Datetime.now())

    def _check_health(self):
        """Alert to what is wrong."""
        self._compare_clocks()
        self.env["call.alert"]._update(self, self._get_health_findings())
