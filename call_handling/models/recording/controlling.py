import logging
from dataclasses import replace
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
        """Have the telephone systems stop all that is recorded of calls, or pause it if they can
        do no more, once this transaction is committed. Whoever wants it need not be in the
        call."""
        for call in calls:
            leg_sudo = self._find_any_leg_sudo(call)
            running = self._get_running(call, leg_sudo) if leg_sudo else None
            if not running:
                continue
            controls = self.browse()
            goes_on = False
            for ref in running.recorded_legs:
                one = replace(running, recording=ref)
                if action := self._choose_stopping(call, one):
                    controls |= self._create_stopping(call, leg_sudo, action, ref)
                else:
                    goes_on |= one.is_recorded
            controls._start_later()
            if goes_on:
                # sudo: what the telephone system is called
                self._warn_about_recording(call.sudo())

    @api.model
    def _find_any_leg_sudo(self, call):
        """Return a phone in a running call: the user's own, else one that speaks, if any.

        :rtype: call.leg
        """
        # sudo: any phone in the call
        open_legs_sudo = call.sudo().leg_ids.filtered(lambda leg: not leg.date_end)
        return (
            self._find_own_leg(call).sudo()
            or open_legs_sudo.sorted(lambda leg: (not leg.date_answer, leg.id))[:1]
        )

    @api.model
    def _choose_stopping(self, call, running):
        """Return how a recording is ended: it is stopped or, if the telephone system cannot do
        that, paused.

        :rtype: adapters.control.Action | None
        """
        possible = self._get_actions(call, running)
        wanted = (Action.STOP_RECORDING, Action.PAUSE_RECORDING)
        return next((action for action in wanted if action in possible), None)

    @api.model
    def _create_stopping(self, call, leg_sudo, action, ref):
        values = {"user_id": self.env.uid, "call_id": call.id, "leg_id": leg_sudo.id}
        # sudo: only the app itself writes what was wanted
        control_sudo = self.sudo().create(values | {"action": action.value, "recording_ref": ref})
        return control_sudo.sudo(False)

    def _start_later(self):
        """Have the telephone system asked after the current transaction: until then, nobody knows
        whether the caller has refused. That one recording is not stopped leaves the others."""
        ids, user_id, context = self.ids, self.env.uid, dict(self.env.context)
        registry = self.env.registry

        @self.env.cr.postcommit.add
        def start():
            warned = set()
            for control_id in ids:
                try:
                    with registry.cursor() as cr:
                        env = api.Environment(cr, user_id, context)
                        env["call.control"].browse(control_id)._start_or_warn(warned)
                except Exception as error:
                    log_failure(_logger, "A recording was not stopped", error)

    def _start_or_warn(self, warned):
        """Have the telephone system asked, and inform who wanted it if it does not do it.

        :param set warned: ids of the calls of which somebody was informed; it is added to
        """
        # sudo: what the telephone system is called, and what a simulated one does
        call_sudo = self.sudo().call_id
        answer = self.start()
        if answer["state"] == "failed" and call_sudo.id not in warned:
            warned.add(call_sudo.id)
            self._warn_about_recording(call_sudo)
        elif answer.get("script"):
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
