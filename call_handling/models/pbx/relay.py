from datetime import timedelta

from odoo import api, fields, models
from odoo.tools import SQL

from ...tools import ADMIN

LISTENING = timedelta(seconds=60)  # since the relay has last asked; it asks every 25 seconds
OFFERED = timedelta(days=1)  # as long as it is away, and expected back
NOTED_EVERY = timedelta(seconds=20)


class CallPbx(models.Model):
    """What the relay beside a telephone system does for Odoo, which cannot reach it."""

    _inherit = "call.pbx"

    relay_commands = fields.Char(
        string="Done by the Relay",
        readonly=True,
        copy=False,
        groups=ADMIN,
        help="What the settings of the relay allow it to do for Odoo.",
    )
    relay_commands_date = fields.Datetime(
        string="Relay Last Asked", readonly=True, copy=False, groups=ADMIN
    )
    relay_commands_label = fields.Char(
        string="Does for Odoo",
        compute="_compute_relay_commands_label",
        groups=ADMIN,
        help="What the settings of the relay allow it to do when people dial or control calls.",
    )
    transfer_context = fields.Char(
        string="Context of Transfers",
        help="Where the dial plan looks up to whom a call is transferred. Empty: "
        "from-internal-xfer if there is one, else where phones dial.",
        groups=ADMIN,
        writable="admin",
        tracking=True,
    )

    # === COMPUTE METHODS === #

    @api.depends("relay_commands")
    @api.depends_context("lang")
    def _compute_relay_commands_label(self):
        selection = self.env["call.command"]._fields["action"]._description_selection(self.env)
        for pbx in self:
            allowed = (pbx.relay_commands or "").split()
            names = [label for value, label in selection if value in allowed]
            pbx.relay_commands_label = ", ".join(names)

    # === BUSINESS METHODS === #

    def _note_poll(self, allowed):
        """Store that the relay asks for commands, unless that is known: not by the ORM, since it is
        no change of settings.

        :param allowed: what it does
        """
        self.ensure_one()
        text = " ".join(sorted(allowed))
        now = fields.Datetime.now()
        self.env.cr.execute(
            SQL(
                """
                UPDATE call_pbx
                   SET relay_commands = %s, relay_commands_date = %s
                 WHERE id = %s
                   AND (relay_commands IS DISTINCT FROM %s OR relay_commands_date IS NULL
                        OR relay_commands_date < %s)
                """,
                text,
                now,
                self.id,
                text,
                now - NOTED_EVERY,
            )
        )
        self.invalidate_recordset(["relay_commands", "relay_commands_date"], flush=False)

    def _prepare_api_settings(self):
        """Override to add what the relay does."""
        pbx_sudo = self.sudo()
        asked, now = pbx_sudo.relay_commands_date, fields.Datetime.now()
        is_offered = bool(asked) and now - asked < OFFERED and not self._is_database_copy()
        offered = (pbx_sudo.relay_commands or "").split() if is_offered else ()
        return super()._prepare_api_settings() | {
            "transfer_context": (pbx_sudo.transfer_context or "").strip(),
            "relay_commands": frozenset(offered),
            "is_relay_listening": is_offered and now - asked < LISTENING,
        }
