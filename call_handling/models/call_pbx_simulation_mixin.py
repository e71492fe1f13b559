import csv
from datetime import datetime, timedelta, timezone
from zoneinfo import ZoneInfo

from odoo import api, models
from odoo.exceptions import UserError
from odoo.tools import file_open

from ..adapters.demo import Scene, play


class CallPbxSimulationMixin(models.AbstractModel):
    """The simulated telephone system: plays calls, now or in the past."""

    _name = "call.pbx.simulation.mixin"
    _description = "Simulation of Telephone Systems"

    @api.model
    def perform(self, pbx_id, events):
        """Let events happen at the simulated telephone system. Called by the browser that
        plays a call, at the moment of each event.

        :param int pbx_id: a simulated telephone system
        :param list events: events of the event API
        :raise UserError: the telephone system is a real one
        """
        pbx = self.browse(pbx_id)
        self.env["call.call"].check_access("create")
        # sudo: the simulated system acts for whoever plays with it, on itself only
        pbx_sudo = pbx.sudo()
        if not pbx_sudo.can_simulate:
            raise UserError(self.env._("%s is not a simulated telephone system.", pbx.name))
        pbx_sudo._perform(events, datetime.now(timezone.utc))

    def _perform(self, events, at):
        """Let events happen.

        :param list events: events of the event API
        :param datetime at: when, for events that do not tell it themselves
        """
        self.ensure_one()
        adapter = self._get_adapter()
        messages = [adapter.understand(event, at) for event in events]
        return self.env["call.intake"]._take(self, messages)

    def _play_history(self, path):
        """Play calls of past days, as a file tells them.

        Its columns: working days ago, time of day, scenario, other side, own number, phones
        separated by blanks, seconds of conversation, and the summary that was written.

        :param str path: of a CSV file in an addon
        """
        self.ensure_one()
        with file_open(path) as file:
            for place, row in enumerate(csv.DictReader(file)):
                self._play_past_call(f"history-{self.id}-{place}", row)

    def _play_past_call(self, ref, row):
        scene = Scene(
            remote=row["remote"],
            line=row["line"],
            phones=row["phones"].split(),
            talk=float(row["talk"] or 0),
        )
        start = self._get_working_moment(int(row["days_ago"]), row["time"])
        events = [
            event | {"at": (start + timedelta(seconds=delay)).isoformat()}
            for delay, event in play(row["scenario"], scene, ref)
        ]
        self._perform(events, datetime.now(timezone.utc))
        if row["summary"]:
            call = self.env["call.call"].search([("pbx_id", "=", self.id), ("pbx_ref", "=", ref)])
            call.summary = row["summary"]

    def _get_working_moment(self, days_ago, clock):
        """A time of day some working days ago, in the zone of the telephone system.

        :rtype: datetime
        """
        day = datetime.now(ZoneInfo(self.tz)).date()
        while days_ago or day.weekday() > 4:
            day -= timedelta(days=1)
            if day.weekday() <= 4:
                days_ago -= 1 if days_ago else 0
        hour, minute = map(int, clock.split(":"))
        local = datetime(day.year, day.month, day.day, hour, minute, tzinfo=ZoneInfo(self.tz))
        return min(local.astimezone(timezone.utc), datetime.now(timezone.utc) - timedelta(hours=1))
