import csv
from datetime import datetime, time, timedelta, timezone
from zoneinfo import ZoneInfo

from odoo import api, models
from odoo.exceptions import UserError
from odoo.tools import file_open

from ...adapters.demo import Scene, play
from ...intake import Intake
from ...tools import public_method

FRIDAY = 4  # as weekday() counts
LATEST = timedelta(hours=1)  # before now: the calls of the past have ended


class CallPbx(models.Model):
    """The simulated telephone system: plays calls, now or in the past."""

    _inherit = "call.pbx"

    @public_method()
    @api.model
    def perform(self, pbx_id: int, events: list[dict]):
        """Let events happen at the simulated telephone system. The browser that plays a call
        calls it at the moment of each event.

        :param int pbx_id: a simulated telephone system
        :param events: events of the event API
        :raise UserError: the telephone system is a real one
        """
        pbx = self.browse(pbx_id)
        pbx.check_access("read")
        self.env["call.call"].check_access("create")
        # sudo: the simulated system acts on itself only, for everybody who tries it
        pbx_sudo = pbx.sudo()
        if not pbx_sudo.can_simulate:
            raise UserError(self.env._("%s is not a simulated telephone system.", pbx.name))
        pbx_sudo._perform(events, datetime.now(timezone.utc))

    def _perform(self, events, at, is_history=None):
        """Let events happen.

        :param list events: events of the event API
        :param datetime at: when, for events without a time
        :param bool is_history: see :class:`intake.Intake`
        """
        self.ensure_one()
        adapter = self._get_adapter()
        messages = [adapter.understand(event, at) for event in events]
        return Intake(self, adapter, is_history).process(messages)

    def _play_history(self, path):
        """Play calls of past days from a file.

        Its columns: external id of the call (may be empty), working days ago, time of day,
        scenario, remote number, own number, phones separated by spaces, seconds of talk time,
        and the summary.

        :param str path: of a CSV file in an addon
        """
        self.ensure_one()
        addon = path.split("/", 1)[0]
        with file_open(path) as file:
            rows = list(csv.DictReader(file))
        today = [_clock(row["time"]) for row in rows if row["days_ago"] == "0"]
        last_day = self._get_last_working_day(max(today, default=time.min))
        for place, row in enumerate(rows, 1):
            call = self._play_past_call(f"history-{self.id}-{place}", row, last_day)
            call.summary = row["summary"] or False
            if row["id"]:
                self.env["ir.model.data"]._update_xmlids(
                    [{"xml_id": f"{addon}.{row['id']}", "record": call, "noupdate": True}]
                )

    def _play_past_call(self, ref, row, last_day):
        scene = Scene(
            remote=row["remote"],
            line=row["line"],
            phones=row["phones"].split(),
            talk=float(row["talk"] or 0),
        )
        day = _working_days_before(last_day, int(row["days_ago"]))
        start = datetime.combine(day, _clock(row["time"]), ZoneInfo(self.tz))
        start = start.astimezone(timezone.utc)
        events = [
            event | {"at": (start + timedelta(seconds=delay)).isoformat()}
            for delay, event in play(row["scenario"], scene, ref)
        ]
        # They look as if they had been processed at that time.
        self._perform(events, datetime.now(timezone.utc), is_history=False)
        refs = [ref, self.env["call.event"]._get_hidden_name(ref)]  # if it is private
        return self.env["call.call"].search([("pbx_id", "=", self.id), ("pbx_ref", "in", refs)])

    def _get_last_working_day(self, clock):
        """Return the last working day on which a time of day has passed, where the system is.

        :param datetime.time clock: of the last call that must have ended
        :rtype: datetime.date
        """
        zone = ZoneInfo(self.tz)
        latest = datetime.now(zone) - LATEST
        day = latest.date()
        while day.weekday() > FRIDAY or datetime.combine(day, clock, zone) > latest:
            day -= timedelta(days=1)
        return day


def _clock(text):
    hour, minute = map(int, text.split(":"))
    return time(hour, minute)


def _working_days_before(day, count):
    while count:
        day -= timedelta(days=1)
        count -= day.weekday() <= FRIDAY
    return day
