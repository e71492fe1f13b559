import time
from datetime import timedelta

from odoo import api, fields, models

from ...adapters.states import PhoneState
from ..ir_websocket import PHONES
from .health import NO_CONTACT

PHONES_MESSAGE = "call_handling.phone/changed"
SILENCE = timedelta(hours=24)  # of a system that shows no other sign of life
BUSY = timedelta(hours=4)  # how long somebody speaks without a call that is known
SILENT_ALERTS = ("silent", "relay_stopped")
TALKING, DND = PhoneState.TALKING.value, PhoneState.DND.value
FREE = {PhoneState.FREE.value, PhoneState.RINGING.value}

# Seconds between two messages to screens. Screens wait longer before they read.
PAUSE = 1
_last_notified = {}  # by database and telephone system, of this process


class CallExtension(models.Model):
    """Whether a phone is free, rings or is in use, as colleagues see it."""

    _inherit = "call.extension"

    def _get_states(self):
        """Return the states of phones, as values of `adapters.states.PhoneState`. Phones of which
        nothing is known are left out: that no call is open does not mean that somebody is free.

        What calls say takes precedence over what the telephone system reports about the phone.

        :return: by id of the extension
        :rtype: dict[int, str]
        """
        shown = self._filter_shown()
        return shown._get_reported_states() | shown._get_states_by_calls()

    def _get_availability(self):
        """Return which phones are free, and on which nobody wants to be disturbed, as far as the
        telephone system reports it. A phone that only rings is still free.

        Of several phones of a person, one that speaks counts before one that is not to be
        disturbed, and that before a free one.

        :return: ``free`` or ``dnd`` by owner: a user, or an employee without one
        :rtype: dict[odoo.models.BaseModel, str]
        """
        shown = self._filter_shown()
        speaking = {
            phone_id for phone_id, state in shown._get_states_by_calls().items() if state == TALKING
        }
        reported = shown._get_reported_states()
        states = {}
        for phone in shown:
            state = TALKING if phone.id in speaking else reported.get(phone.id)
            user, employee = phone._get_owner()
            states.setdefault(user or employee, set()).add(state)
        combined = {owner: _combine(of_owner) for owner, of_owner in states.items() if owner}
        return {owner: state for owner, state in combined.items() if state}

    def _filter_shown(self):
        """Return the phones whose company lets colleagues see what they do.

        :rtype: call.extension
        """
        return self.filtered(
            lambda phone: self.env["res.company"]._shows_phone_states(phone.pbx_id.company_id.id)
        )

    def _get_states_by_calls(self):
        """Return which phones ring or speak in calls that are open."""
        legs = self.env["call.leg"].search(
            [
                ("call_id.state", "!=", "ended"),
                ("call_id.pbx_id", "in", self.pbx_id.ids),
                ("date_end", "=", False),
                ("extension", "in", self.mapped("number")),
            ]
        )
        phones = {(phone.pbx_id, phone.number.lower()): phone.id for phone in self}
        states = {}
        for leg in legs.sorted(lambda leg: bool(leg.date_answer)):
            if phone_id := phones.get((leg.call_id.pbx_id, leg.extension.lower())):
                states[phone_id] = "talking" if leg.date_answer else "ringing"
        return states

    def _get_reported_states(self):
        """Return what telephone systems have reported about these phones, if it is still true."""
        # sudo: who may see phones may see this, unless the company does not want it
        self_sudo = self.sudo()
        heard_sudo = self_sudo.pbx_id._filter_heard()
        rows_sudo = self_sudo.env["call.phone.state"].search(
            [("extension_id", "in", self.ids), ("extension_id.pbx_id", "in", heard_sudo.ids)]
        )
        since = fields.Datetime.now() - BUSY
        states = {}
        for row_sudo in rows_sudo:
            state = row_sudo.state
            if state in (PhoneState.RINGING, PhoneState.TALKING) and row_sudo.date < since:
                state = False
            if row_sudo.is_dnd and state not in (PhoneState.RINGING, PhoneState.TALKING):
                state = PhoneState.DND.value
            if state:
                states[row_sudo.extension_id.id] = state
        return states


def _combine(states):
    """Return what the states of all phones of a person mean for somebody who looks for help."""
    if TALKING in states:
        return None
    if DND in states:
        return DND
    return PhoneState.FREE.value if FREE & states else None


class CallPbx(models.Model):
    """Informs screens that show what phones do."""

    _name = "call.pbx"
    _inherit = ["call.pbx", "bus.listener.mixin"]

    @api.model
    def _get_phone_channels(self):
        """Return the channels on which the current user is informed about the states of phones.

        :rtype: list[tuple]
        """
        # sudo: only addresses of messages
        systems_sudo = self.sudo().search([("company_id", "in", self.env.user.company_ids.ids)])
        return [
            (pbx, PHONES)
            for pbx in systems_sudo.sudo(False)
            if self.env["res.company"]._shows_phone_states(pbx.sudo().company_id.id)
        ]

    def _notify_phones(self):
        """Inform open screens that phones do something else now; each reads what its user may see.

        Not more often than they read: a screen waits a while before it does, and then sees this
        change together with the one that was announced last.
        """
        self.ensure_one()
        key, now = (self.env.cr.dbname, self.id), time.monotonic()
        if now - _last_notified.get(key, -PAUSE) < PAUSE:
            return
        self.env.cr.postcommit.add(lambda: _last_notified.update({key: now}))
        self._bus_send(PHONES_MESSAGE, {"pbx_id": self.id}, subchannel=PHONES)

    def _filter_heard(self):
        """Return the telephone systems whose reports are still true: of one that is silent,
        changes may have been lost.

        :rtype: call.pbx
        """
        silent = self.env["call.alert"].search(
            [("pbx_id", "in", self.ids), ("date_end", "=", False), ("kind", "in", SILENT_ALERTS)]
        )
        return (self - silent.pbx_id).filtered(lambda pbx: pbx._is_heard())

    def _is_heard(self):
        if self.can_simulate:
            return True
        dates = [self.last_contact_date, self._get_last_event_date(), self._get_last_state_date()]
        last = max(filter(None, dates), default=None)
        patience = NO_CONTACT if self.relay_version else SILENCE
        return bool(last) and fields.Datetime.now() - last < patience

    def _get_last_state_date(self):
        """Return when the telephone system last reported the state of a phone.

        :return: naive UTC; ``None`` if it never has
        """
        of_pbx = [("extension_id.pbx_id", "=", self.id)]
        [(date, date_dnd)] = self.env["call.phone.state"]._read_group(
            of_pbx, [], ["date:max", "date_dnd:max"]
        )
        return max(filter(None, (date, date_dnd)), default=None)
