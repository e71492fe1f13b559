import logging
from datetime import datetime, timedelta, timezone

from odoo import api, models
from odoo.fields import Domain

from ...adapters.control import Action
from ...tools import log_failure
from .call_recording_rule import NEVER

CLOCKS_DIFFER = timedelta(seconds=30)  # between Odoo and the telephone system

_logger = logging.getLogger(__name__)


class CallControl(models.Model):
    """Recordings that are started, paused and stopped from a card: what the rules allow, and what
    follows when the caller refuses."""

    _inherit = "call.control"

    @api.model
    def _get_actions(self, call, running):
        """Override: what must not be recorded is not recorded from a card, either."""
        return super()._get_actions(call, running) - self._get_forbidden(call)

    @api.model
    def _get_forbidden(self, call):
        """Return what nobody may do with a call, because it must not be recorded.

        :rtype: set[adapters.control.Action]
        """
        if call.is_recording_refused:
            return {Action.RECORD, Action.RESUME_RECORDING}
        # sudo: which rules there are is for administrators
        call_sudo = call.sudo()
        mode = call_sudo.env["call.recording.rule"]._get_mode_for(call_sudo)
        return {Action.RECORD} if mode == NEVER else set()

    @api.model
    def _has_recorded(self, recording):
        """Return whether somebody has started a recording from a card.

        :param call.recording recording: of a known call, in the environment of the app
        :rtype: bool
        """
        started = Domain("call_id", "=", recording.call_id.id) & Domain("state", "=", "accepted")
        started &= Domain("action", "=", Action.RECORD.value)
        if start := recording.reported_start:
            # What the telephone system has recorded before by itself, nobody has asked for.
            started &= Domain("date", "<", start + CLOCKS_DIFFER)
            started &= Domain("date", ">", start - CLOCKS_DIFFER)
        return bool(self.search_count(started, limit=1))

    # === THE CALLER REFUSES === #

    @api.model
    def _stop_recording(self, calls):
        """Have the telephone systems stop what is recorded of calls, or pause it if they can do
        no more, once this transaction is committed. Whoever wants it need not be in the call."""
        for call in calls:
            # sudo: any phone in the call, and what its events say
            call_sudo = call.sudo()
            open_legs_sudo = call_sudo.leg_ids.filtered(lambda leg: not leg.date_end)
            leg_sudo = (
                self._find_own_leg(call).sudo()
                or open_legs_sudo.sorted(lambda leg: (not leg.date_answer, leg.id))[:1]
            )
            running = self._get_running(call, leg_sudo) if leg_sudo else None
            if not running or not (running.is_recorded or running.is_recording_paused):
                continue
            possible = self._get_actions(call, running)
            wanted = [a for a in (Action.STOP_RECORDING, Action.PAUSE_RECORDING) if a in possible]
            if wanted:
                values = {"user_id": self.env.uid, "call_id": call.id, "leg_id": leg_sudo.id}
                # sudo: only the app itself writes what was wanted
                self.sudo().create(values | {"action": wanted[0].value})._start_later()
            elif running.is_recorded:
                self._warn_about_recording(call_sudo)

    def _start_later(self):
        """Have the telephone system asked after the current transaction: until then, nobody knows
        whether the caller has refused."""
        control_id, user_id, context = self.id, self.env.uid, dict(self.env.context)
        registry = self.env.registry

        @self.env.cr.postcommit.add
        def start():
            try:
                with registry.cursor() as cr:
                    env = api.Environment(cr, user_id, context)
                    env["call.control"].browse(control_id)._start_or_warn()
            except Exception as error:
                log_failure(_logger, "A recording was not stopped", error)

    def _start_or_warn(self):
        """Have the telephone system asked, and inform who wanted it if it does not do it."""
        # sudo: what the telephone system is called, and what a simulated one does
        call_sudo = self.sudo().call_id
        answer = self.start()
        if answer["state"] == "failed":
            self._warn_about_recording(call_sudo)
        elif answer["script"]:
            events = [event for _seconds, event in answer["script"]]
            call_sudo.pbx_id._perform(events, datetime.now(timezone.utc))

    @api.model
    def _warn_about_recording(self, call_sudo):
        """Inform the current user that a recording goes on."""
        message = self.env._(
            "%s goes on recording: stop it at the telephone. What is recorded is not stored here.",
            call_sudo.pbx_id.name,
        )
        self.env.user._bus_send(
            "simple_notification", {"type": "danger", "sticky": True, "message": message}
        )
