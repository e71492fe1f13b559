import logging
from dataclasses import replace
from datetime import timedelta, timezone

from odoo import api, fields, models
from odoo.exceptions import AccessError
from odoo.fields import Domain

from ...adapters.api import ApiError, Problem
from ...adapters.control import RECORDING_ACTIONS, Accepted, Action, Running
from ...adapters.event import CallEvent as Event
from ...adapters.fold import fold_calls
from ...adapters.reasons import Reason, Why
from ...adapters.settings import Target
from ...tools import log_failure, public_method, read_typed, readable

_logger = logging.getLogger(__name__)

FOUND = 8  # colleagues and numbers that are offered at once


class CallControl(models.Model):
    """What a person wants to be done with a running call of their phone: hang up, hold, transfer,
    record.

    It is stored before the telephone system is asked, and the telephone system is asked once: a
    transfer that is repeated would reach somebody else. What happened is what the events say.
    """

    _name = "call.control"
    _description = "Control of a Call"
    _inherit = ["call.name.mixin", "call.guard.mixin"]
    _order = "id desc"
    _rec_name = "action"

    user_id = fields.Many2one("res.users", required=True, ondelete="cascade", when_left="kept")
    call_id = fields.Many2one("call.call", required=True, index=True, ondelete="cascade")
    leg_id = fields.Many2one("call.leg", string="Phone", required=True, ondelete="cascade")
    action = fields.Selection(Action.choices(), required=True)
    target = fields.Char(help="The extension or number to which the call is transferred.")
    recording_ref = fields.Char(
        string="Recorded Phone",
        help="The reference of the phone whose recording is meant, if several go on.",
    )
    date = fields.Datetime(required=True, default=fields.Datetime.now)
    state = fields.Selection(
        [("new", "New"), ("asked", "Asked"), ("accepted", "Accepted"), ("failed", "Failed")],
        required=True,
        default="new",
        help="Accepted: the telephone system wants to do it. What it did is in its events.",
    )

    # === ACTION METHODS === #

    @public_method()
    @api.model
    def prepare(self, call_id: int, action: str, target: str | None = None):
        """Store what is wanted, if it is possible.

        :param int call_id: a running call with a phone of the user in it
        :param str action: a value of `adapters.control.Action`
        :param target: to whom to transfer: a number as it is written somewhere, or an extension
        :return: ``state`` is ``ready`` (with ``id``) or ``failed`` (with ``message``)
        :rtype: dict
        """
        call = self.env["call.call"].browse(call_id)
        call.check_access("read")
        leg = self._get_own_leg(call)
        running = self._get_running(call, leg)
        if not running or action not in self._get_actions(call, running):
            return self._fail(
                self.env._("This is not possible any more: the call has changed meanwhile.")
            )
        number = ""
        if action == Action.TRANSFER and not (number := self._get_target(call, target or "")):
            return self._fail(self._explain_target(call, target or ""))
        values = {"user_id": self.env.uid, "call_id": call.id, "leg_id": leg.id}
        # sudo: only the app itself writes what was wanted
        control_sudo = self.sudo().create(values | {"action": action, "target": number})
        return {"state": "ready", "id": control_sudo.id}

    @public_method(one=True)
    def start(self):
        """Have the telephone system do what is wanted.

        :return: ``state`` is ``accepted`` or ``failed``, with a ``message``; for a simulated
            telephone system with what will happen
        :rtype: dict
        """
        self.check_access("read")
        if not self._move("new", "asked"):
            return {"state": "accepted", "message": "", "script": ()}
        # sudo: the telephone system is asked with its own secrets
        control_sudo = self.sudo()
        try:
            controlled = control_sudo._ask()
        except ApiError as error:
            self._move("asked", "failed")
            return self._fail(control_sudo._explain(error))
        except Exception as error:
            log_failure(_logger, "A call was not controlled", error, logging.INFO)
            self._move("asked", "failed")
            return self._fail(self.env._("The telephone system did not do it. Use the phone."))
        self._move("asked", "accepted")
        self._notify_cards()
        return {
            "state": "accepted",
            "message": self._get_progress(),
            "pbx_id": control_sudo.call_id.pbx_id.id,
            "script": controlled.script,
        }

    @public_method()
    @api.model
    def find_targets(self, call_id: int, term: str = ""):
        """Find colleagues to whom a call can be transferred, the free ones first.

        :param int call_id: a running call with a phone of the user in it
        :param str term: a part of the name, or of the extension
        :return: name, extension and state of each; the state is empty if it is not known
        :rtype: list[dict]
        """
        call = self.env["call.call"].browse(call_id)
        call.check_access("read")
        leg = self._get_own_leg(call)
        if Target.EXTENSION not in self._get_kinds_of_targets(call):
            return []
        # sudo: which phones colleagues have is not confidential among them
        phones_sudo = self.env["call.extension"].sudo().search(self._get_phones_domain(call, term))
        phones_sudo = phones_sudo.filtered(lambda phone: phone.number != leg.extension)
        states = phones_sudo._get_states()
        found = [
            {
                "id": phone_sudo.id,
                "name": phone_sudo.user_id.name or phone_sudo.employee_id.name or "",
                "extension": phone_sudo.number,
                "state": states.get(phone_sudo.id, ""),
            }
            for phone_sudo in phones_sudo
        ]
        found.sort(key=lambda target: (target["state"] not in ("", "free"), target["name"]))
        return found[:FOUND]

    # === WHAT IS POSSIBLE === #

    @api.model
    def _get_own_leg(self, call):
        """Return the phone of the current user in a running call.

        :raise AccessError: none of them is in it
        :rtype: call.leg
        """
        if leg := self._find_own_leg(call):
            return leg
        raise AccessError(self.env._("Your phone is not in this call any more."))

    @api.model
    def _find_own_leg(self, call):
        """Return the phone of the current user in a running call, one that speaks before one that
        rings; empty if none of them is in it.

        :rtype: call.leg
        """
        # sudo: of a call that the user sees, only the own phones
        legs_sudo = call.sudo().leg_ids.filtered(
            lambda leg: leg.user_id == self.env.user and not leg.date_end
        )
        return legs_sudo.sorted(lambda leg: (not leg.date_answer, leg.id))[:1]

    @api.model
    def _get_running(self, call, leg):
        """Return a call as its adapter needs it.

        :param call.leg leg: of the phone of who acts
        :return: ``None`` if nothing can be done with it, whatever its state
        :rtype: adapters.control.Running | None
        """
        # sudo: the events and the settings of the telephone system, for the user's own phone
        call_sudo = call.sudo()
        if call_sudo.state == "ended" or call_sudo.is_private or not call_sudo.pbx_id.active:
            return None
        adapter = call_sudo.pbx_id._get_adapter()
        of_call = [("call_id", "=", call.id), ("kind", "!=", False)]
        rows = call_sudo.env["call.event"].search(of_call, order="date, id")
        events = tuple(Event.from_json(row.data) for row in rows)
        messages = tuple(dict.fromkeys(row.raw for row in rows if row.raw))
        for state in fold_calls(events, adapter.settings):
            for part in state.legs:
                if part.ref == leg.leg_ref:
                    running = Running(state, part, events, messages)
                    return self._add_accepted(call_sudo, adapter, running)
        return None

    @api.model
    def _add_accepted(self, call_sudo, adapter, running):
        """Return a call with what its telephone system has accepted about recording, unless its
        events say what becomes of recordings.

        :param adapters.base.Adapter adapter: of the telephone system
        :param adapters.control.Running running: what its events say
        :rtype: adapters.control.Running
        """
        if adapter.capabilities.reports_recording:
            return running
        actions = [action.value for action in RECORDING_ACTIONS]
        accepted = [("call_id", "=", call_sudo.id), ("state", "=", "accepted")]
        rows = call_sudo.env["call.control"].search(
            [*accepted, ("action", "in", actions)], order="id"
        )
        facts = [
            Accepted(
                row.date.replace(tzinfo=timezone.utc),
                Action(row.action),
                row.leg_id.leg_ref,
                row.recording_ref or None,
            )
            for row in rows
        ]
        return adapter.take_accepted(running, facts)

    @api.model
    def _get_actions(self, call, running):
        """Return what the current user can do with a call now.

        :param adapters.control.Running running: the call, seen from the user's phone
        :rtype: set[adapters.control.Action]
        """
        # sudo: as above
        return set(call.sudo().pbx_id._get_adapter().find_controls(running))

    @api.model
    def _get_target(self, call, written):
        """Return to whom a call is transferred: an extension of its telephone system, else a
        number in E.164; empty if it is neither, or if the system does not transfer to such.

        :rtype: str
        """
        pbx, targets = call.pbx_id, self._get_kinds_of_targets(call)
        extensions = self.env["call.extension"]._get_owners(pbx.id)
        short = "".join(written.split())
        if short.lower() in extensions:
            return short if Target.EXTENSION in targets else ""
        number = read_typed(written, pbx._get_numbering())
        if not number:
            return ""
        if Target.EXTENSION in targets:
            colleague = self.env["call.dial"]._get_colleagues_extension(number, pbx)
            if colleague:
                return colleague
        return number if Target.NUMBER in targets else ""

    @api.model
    def _get_kinds_of_targets(self, call):
        """Return to whom the telephone system of a call transfers.

        :rtype: frozenset[adapters.settings.Target]
        """
        # sudo: what the telephone system can do is not confidential
        return call.sudo().pbx_id._get_adapter().capabilities.targets

    @api.model
    def _explain_target(self, call, written):
        """Return why a call cannot be transferred to what somebody has written."""
        targets = self._get_kinds_of_targets(call)
        if Target.EXTENSION not in targets:
            return self.env._(
                "This telephone system transfers calls to telephone numbers. Enter a valid one "
                "instead of %s.",
                written,
            )
        if Target.NUMBER not in targets:
            return self.env._(
                "This telephone system transfers calls to colleagues. Choose one instead of %s.",
                written,
            )
        return self.env._(
            "%s is neither an extension nor a valid telephone number. Correct it.", written
        )

    # === DOING IT === #

    def _notify_cards(self):
        """Inform cards of what only the answer of the telephone system says."""
        # sudo: who has a card, and what the telephone system reports
        control_sudo = self.sudo()
        capabilities = control_sudo.call_id.pbx_id._get_adapter().capabilities
        if self.action in list(RECORDING_ACTIONS) and not capabilities.reports_recording:
            control_sudo.call_id._notify_owners()

    def _move(self, before, after):
        """Change the state in a transaction of its own, for everybody to see at once: when Odoo
        repeats a request, the telephone system must not be asked again. A change in the request's
        transaction would conflict with that, and lead to such a repetition.

        :return: whether it was in the state before
        :rtype: bool
        """
        self.flush_recordset()
        with self.env.registry.cursor() as cr:
            cr.execute(
                "UPDATE call_control SET state = %s WHERE id = %s AND state = %s RETURNING id",
                (after, self.id, before),
            )
            is_changed = bool(cr.fetchone())
        self.invalidate_recordset(["state"])
        return is_changed

    def _ask(self):
        """Ask the telephone system, or the relay beside it.

        :raise adapters.api.ApiError: it does not do it
        :rtype: adapters.control.Controlled
        """
        adapter = self.call_id.pbx_id._get_adapter()
        running = self._get_running(self.call_id, self.leg_id)
        if not running:
            raise ApiError(Problem.REFUSED, Reason(Why.CALL_ENDED))
        if self.recording_ref:
            running = replace(running, recording=self.recording_ref)
        controlled = adapter.control(Action(self.action), running, self.target or "")
        if controlled.command:
            # In a transaction of its own, as above: when Odoo repeats the request, it is not asked.
            with self.env.registry.cursor() as cr:
                commands = self.env(cr=cr)["call.command"]
                pbx = self.call_id.pbx_id.with_env(commands.env)
                commands._ask(pbx, controlled.command, control_id=self.id)
        return controlled

    def _explain(self, error):
        """Return why the telephone system did not do it, or that this is not known.

        :param adapters.api.ApiError error: what went wrong
        :rtype: str
        """
        if error.problem is Problem.UNREACHABLE:
            return self.env._(
                "The telephone system did not answer. It may have done it nevertheless: look at "
                "the call before you try again."
            )
        return self.call_id.pbx_id._explain_api_error(error)

    def _get_progress(self):
        if self.action != Action.TRANSFER:
            return ""
        return self.env._("The call is transferred to %s.", readable(self.target))

    @api.model
    def _fail(self, message):
        return {"state": "failed", "message": message}

    # === COLLEAGUES === #

    @api.model
    def _get_phones_domain(self, call, term):
        """Return which phones are offered: those of people, at the same telephone system."""
        domain = Domain("pbx_id", "=", call.pbx_id.id)
        domain &= Domain("user_id.active", "=", True) | Domain("employee_id.active", "=", True)
        if term := term.strip():
            named = Domain("user_id.name", "ilike", term) | Domain(
                "employee_id.name", "ilike", term
            )
            domain &= named | Domain("number", "=ilike", f"{term}%")
        return domain

    @api.autovacuum
    def _gc_controls(self):
        """Delete what was wanted long ago: the calls know what happened."""
        self.search([("date", "<", fields.Datetime.now() - timedelta(days=1))]).unlink()
