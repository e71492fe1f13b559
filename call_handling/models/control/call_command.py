import secrets
from datetime import timedelta, timezone

from odoo import api, fields, models
from odoo.tools import SQL

from ...adapters.commands import DIAL, LIFETIME, Reason, Result, seal
from ...adapters.control import Action
from ...tools import public_method

MESSAGE = "call_handling.command/changed"  # on the bus, for the screens of who wanted it
NEWS = "commands"  # on the bus, for the relay of a telephone system
KEPT = timedelta(hours=1)
GRACE = 4  # seconds after the end of a command until its result must have arrived


class CallCommand(models.Model):
    """What the relay beside a telephone system must do, until it fetches that.

    A command is given out once, within seconds, or never.
    """

    _name = "call.command"
    _description = "Command for a Relay"
    _inherit = ["call.name.mixin", "call.guard.mixin"]
    _order = "id desc"
    _rec_name = "action"

    uid = fields.Char(
        string="Id", required=True, default=lambda self: secrets.token_urlsafe(12), copy=False
    )
    pbx_id = fields.Many2one(
        "call.pbx", string="Telephone System", required=True, ondelete="cascade"
    )
    user_id = fields.Many2one("res.users", required=True, ondelete="cascade", when_left="kept")
    dial_id = fields.Many2one("call.dial", string="Dialled Number", index=True, ondelete="cascade")
    control_id = fields.Many2one("call.control", index=True, ondelete="cascade")
    action = fields.Selection([(DIAL, "Dial"), *Action.choices()], required=True)
    content = fields.Json(help="What the relay is asked to do. Deleted as soon as it is done.")
    date = fields.Datetime(required=True, default=fields.Datetime.now)
    state = fields.Selection(
        [("waiting", "Waiting"), ("sent", "Sent"), ("done", "Done"), ("failed", "Failed")],
        required=True,
        default="waiting",
        help="Done: Asterisk accepted it. What happened is in the events of the call.",
    )
    reason = fields.Char(help="Why it was not done.")
    detail = fields.Char(help="What Asterisk said.")

    _uid_uniq = models.UniqueIndex("(uid)", "Another command has this id.")
    _dial_uniq = models.UniqueIndex(
        "(dial_id) WHERE dial_id IS NOT NULL", "This number was dialled already."
    )
    _control_uniq = models.UniqueIndex(
        "(control_id) WHERE control_id IS NOT NULL", "This was asked for already."
    )
    _waiting_idx = models.Index("(pbx_id, id) WHERE state = 'waiting'")

    # === ACTION METHODS === #

    @public_method()
    @api.model
    def get_result(self, command_id: int):
        """Return what became of a command of the current user.

        :param int command_id: as the bus reported it
        :return: ``state``, and a ``message`` if it failed
        :rtype: dict
        """
        # sudo: of the user's own command, only this
        command_sudo = self.sudo().browse(command_id).exists()
        if command_sudo.user_id != self.env.user:
            return {"state": "done", "message": ""}
        return command_sudo._get_result()

    # === ASKING === #

    @api.model
    def _ask(self, pbx, command, **source):
        """Have a relay do something; it learns of it when the transaction is committed.

        :param call.pbx pbx: the telephone system of the relay
        :param command: what to do
        :param source: the click: ``dial_id`` or ``control_id``
        """
        values = {"pbx_id": pbx.id, "user_id": self.env.uid, **source}
        values |= {"action": command["action"], "content": dict(command)}
        # sudo: only the app itself writes what a relay must do
        command_sudo = self.sudo().create(values)
        command_sudo._inform_screens()
        command_sudo.env["bus.bus"]._sendone((command_sudo.pbx_id, NEWS), NEWS, {})

    def _inform_screens(self):
        """Inform who wanted it, on all screens: also that it began, so that they notice when no
        result arrives."""
        for command in self:
            values = {"id": command.id, "seconds": LIFETIME + GRACE}
            command.user_id._bus_send(MESSAGE, values | command._get_result())

    # === THE RELAY === #

    @api.model
    def _take(self, cr, pbx_id, poll, waited):
        """Give out the commands of a telephone system that are still to be done: each once.

        :param cr: a cursor of a transaction that is committed before they are sent
        :param int pbx_id: the telephone system
        :param adapters.commands.Poll poll: what the relay has asked
        :param float waited: seconds since it has asked
        :return: what is sent
        :rtype: list[dict[str, str]]
        """
        now = fields.Datetime.now()
        cr.execute(
            SQL(
                """
                UPDATE call_command c
                   SET state = 'sent'
                 WHERE id IN (SELECT id
                                FROM call_command
                               WHERE pbx_id = %s AND state = 'waiting' AND date > %s
                            ORDER BY id
                          FOR UPDATE SKIP LOCKED)
             RETURNING uid, content, date
                """,
                pbx_id,
                now - timedelta(seconds=LIFETIME),
            )
        )
        rows = sorted(cr.fetchall(), key=lambda row: row[2])
        return [
            seal({**content, "id": uid}, poll, _aware(date), _aware(now), waited)
            for uid, content, date in rows
        ]

    @api.model
    def _note_results(self, pbx, results):
        """Store what became of commands, and inform who wanted them.

        :param call.pbx pbx: whose relay reports it
        :param results: :class:`adapters.commands.Result` of each
        """
        if not results:
            return
        by_uid = {result.id: result for result in results}
        known = [("pbx_id", "=", pbx.id), ("uid", "in", list(by_uid)), ("state", "=", "sent")]
        for command in self.search(known):
            command._note_result(by_uid[command.uid])

    def _note_result(self, result: Result):
        state = "failed" if result.reason else "done"
        reason = result.reason.value if result.reason else False
        self.write(
            {"state": state, "reason": reason, "detail": result.detail or False, "content": False}
        )
        if self.control_id:
            self.control_id.state = "failed" if result.reason else "accepted"
        self._inform_screens()

    # === RESULTS === #

    def _get_result(self):
        """Return what became of it, for the screens of who wanted it.

        :rtype: dict
        """
        self.ensure_one()
        in_language = self.with_context(lang=self.user_id.lang)
        if self.state == "failed":
            return {"state": "failed", "message": in_language._explain()}
        ends = self.date + timedelta(seconds=LIFETIME + GRACE)
        if self.state == "done" or fields.Datetime.now() < ends:
            return {"state": self.state, "message": ""}
        message = in_language.env._(
            "The relay of %s has not answered. It may be away, or without a connection. Use the "
            "phone itself.",
            self.pbx_id.name,
        )
        return {"state": "failed", "message": message}

    def _explain(self):
        """Return why it was not done, and what to do."""
        name = self.pbx_id.name
        texts = {
            Reason.NOT_ALLOWED: self.env._(
                "The settings of the relay of %s do not allow this. Ask an administrator of calls.",
                name,
            ),
            Reason.EXPIRED: self.env._(
                "It took too long to reach %s, so nothing was done. Try again.", name
            ),
            Reason.INTERRUPTED: self.env._(
                "The relay of %s was interrupted. Check whether it was done before you try again.",
                name,
            ),
            Reason.UNREACHABLE: self.env._(
                "The relay cannot reach %s. Use the phone itself, and inform an administrator of "
                "calls.",
                name,
            ),
            Reason.UNAUTHORIZED: self.env._(
                "%s does not let the relay do this. Ask an administrator of calls to check its "
                "user's rights.",
                name,
            ),
            Reason.NO_TARGET: self.env._(
                "%(name)s does not know this extension or number (%(target)s): nothing was done. "
                "Correct it.",
                name=name,
                target=self.detail or "",
            ),
        }
        refused = self.env._("The telephone system refused: %s", self.detail or "")
        known = self.reason in list(Reason)
        return texts.get(Reason(self.reason), refused) if known else refused

    @api.autovacuum
    def _gc_commands(self):
        """Delete commands that nobody asks about any more."""
        self.search([("date", "<", fields.Datetime.now() - KEPT)]).unlink()


def _aware(date):
    return date.replace(tzinfo=timezone.utc)
