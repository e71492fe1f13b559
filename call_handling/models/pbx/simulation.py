import csv
from datetime import datetime, time, timedelta, timezone
from itertools import count
from zoneinfo import ZoneInfo

from odoo import api, models
from odoo.exceptions import UserError
from odoo.tools import file_open

from ...adapters.demo import DemoAdapter, Scene, new_reference, play
from ...intake import Intake
from ...tools import public_method

TRIAL_NUMBER = "+12025550142"  # reserved for fiction
TRIAL_TALK = 20  # seconds
FRIDAY = 4  # as weekday() counts
LATEST = timedelta(hours=1)  # before now: the calls of the past have ended


class CallPbx(models.Model):
    """The simulated telephone system: plays calls, now or in the past."""

    _inherit = "call.pbx"

    @public_method()
    @api.model
    def action_start_trial(self):
        """Let a simulated telephone system call the current user, to see what happens then. It is
        created at the first time, with a phone of the user.

        :raise AccessError: the user may not create telephone systems
        :return: the action that plays the call
        """
        self.check_access("create")
        domain = [("adapter", "=", DemoAdapter.code), ("company_id", "=", self.env.company.id)]
        pbx = self.search(domain, limit=1) or self.create(self._prepare_trial_values())
        phones = pbx.extension_ids
        phone = phones.filtered(lambda extension: extension.user_id == self.env.user)[:1]
        if not phone:
            taken = {extension.number for extension in phones}
            number = next(str(n) for n in count(101) if str(n) not in taken)
            values = {"pbx_id": pbx.id, "number": number, "user_id": self.env.uid}
            phone = self.env["call.extension"].create(values)
        scene = Scene(remote=TRIAL_NUMBER, line="", phones=[phone.number], talk=TRIAL_TALK)
        steps = play("answered", scene, new_reference())
        params = {"pbx_id": pbx.id, "steps": steps}
        return {"type": "ir.actions.client", "tag": "call_handling.play", "params": params}

    @api.model
    def _prepare_trial_values(self):
        return {
            "name": self._translate(DemoAdapter, DemoAdapter.name),
            "adapter": DemoAdapter.code,
            "country_id": (self.env.company.country_id or self.env.ref("base.us")).id,
        }

    @public_method(one=True)
    def action_end_trial(self):
        """Delete a simulated telephone system with its calls.

        :raise UserError: the telephone system is a real one
        """
        self.check_access("unlink")
        if not self.can_simulate:
            raise UserError(self.env._("%s is not a simulated telephone system.", self.name))
        # sudo: also the private calls, which only their persons see; nobody really made them
        calls_sudo = self.env["call.call"].sudo().with_context(active_test=False)
        calls_sudo.search([("pbx_id", "=", self.id)]).unlink()
        self.unlink()
        return self.env["ir.actions.act_window"]._for_xml_id("call_handling.call_pbx_action")

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


def _working_days_before(day, number):
    while number:
        day -= timedelta(days=1)
        number -= day.weekday() <= FRIDAY
    return day
