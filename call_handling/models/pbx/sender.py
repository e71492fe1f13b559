from datetime import timedelta

from odoo import fields, models
from odoo.tools import SQL

from ...adapters.sender import CLOCK_EVENTS, estimate_clock_difference
from ...tools import display_notification, public_method
from ..health.call_pbx_hour import REPORTED

CLOCK_VALID = timedelta(days=7)  # what was known about the clock before is not true any more


class CallPbx(models.Model):
    """What a telephone system, or the relay beside it, says about itself with its requests.

    It is written in plain SQL after the answer, at most once a minute: see
    :mod:`..health.deliveries`.
    """

    _inherit = "call.pbx"

    clock_difference = fields.Integer(
        readonly=True,
        copy=False,
        help="In seconds. Positive: the clock of the telephone system is ahead of Odoo's.",
    )
    is_clock_estimated = fields.Boolean(
        readonly=True,
        copy=False,
        help="Its requests do not say when they were sent: the difference is estimated from the "
        "times of the events in them.",
        export_string_translation=False,
    )
    clock_date = fields.Datetime(string="Clocks Compared On", readonly=True, copy=False)
    relay_version = fields.Char(string="Relay", readonly=True, copy=False)
    relay_waiting = fields.Integer(
        string="Waiting at the Relay",
        readonly=True,
        copy=False,
        help="About how many events the relay had not sent yet when it last sent some.",
    )
    relay_oldest = fields.Integer(
        string="Waiting Since",
        readonly=True,
        copy=False,
        help="In seconds. How long the first of them had been waiting.",
    )
    report_date = fields.Datetime(string="Reported On", readonly=True, copy=False)
    old_secret_date = fields.Datetime(string="Old Secret Last Used", readonly=True, copy=False)

    # === ACTION METHODS === #

    @public_method()
    def action_forget_relay(self):
        """Expect no relay any more: it was replaced, or events come in another way."""
        self.check_access("write")
        # sudo: only the app writes what the relay reports
        self.sudo().write(
            {
                "clock_difference": 0,
                "is_clock_estimated": False,
                "clock_date": False,
                "relay_version": False,
                "relay_waiting": 0,
                "relay_oldest": 0,
                "relay_commands": False,
                "relay_commands_date": False,
                "last_contact_date": False,
            }
        )
        message = self.env._("No relay is expected any more, until one reports again.")
        return display_notification(message)

    # === BUSINESS METHODS === #

    def _is_clock_said(self):
        """Return whether its last requests have said when they were sent."""
        return bool(
            self.clock_date
            and not self.is_clock_estimated
            and self.report_date
            and self.clock_date >= self.report_date
        )

    def _compare_clocks(self):
        """Estimate the difference of the clocks from the times of the last events, if requests do
        not say when they were sent."""
        self.ensure_one()
        if self._is_clock_said() or not self.is_live:
            return
        self.env.cr.execute(
            SQL(
                """
                SELECT EXTRACT(EPOCH FROM date - create_date), create_date
                  FROM call_event
                 WHERE pbx_id = %s AND create_date > %s AND date IS NOT NULL
                   AND %s
              ORDER BY create_date DESC
                 LIMIT %s
                """,
                self.id,
                fields.Datetime.now() - CLOCK_VALID,
                REPORTED,
                CLOCK_EVENTS,
            )
        )
        rows = self.env.cr.fetchall()
        difference = estimate_clock_difference([ahead for ahead, _date in rows])
        if difference is None:
            return
        # Not by the ORM: it is no change of settings, and no reason to clear caches.
        self.env.cr.execute(
            SQL(
                """
                UPDATE call_pbx
                   SET clock_difference = %s, is_clock_estimated = TRUE, clock_date = %s
                 WHERE id = %s
                """,
                round(difference),
                rows[0][1],
                self.id,
            )
        )
        names = ["clock_difference", "is_clock_estimated", "clock_date"]
        self.invalidate_recordset(names, flush=False)
