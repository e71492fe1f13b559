from datetime import timedelta

from odoo import fields, models
from odoo.tools import SQL

from ...tools import display_notification, public_method

CLOCK_EVENTS = 20  # from whose times the difference of the clocks is estimated
MIN_CLOCK_EVENTS = 5


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
                "relay_version": False,
                "relay_waiting": 0,
                "relay_oldest": 0,
                "last_contact_date": False,
            }
        )
        message = self.env._("No relay is expected any more, until one reports again.")
        return display_notification(message)

    # === BUSINESS METHODS === #

    def _compare_clocks(self):
        """Estimate the difference of the clocks from the times of the last events, if requests do
        not say when they were sent. The event that has arrived fastest counts."""
        self.ensure_one()
        now = fields.Datetime.now()
        is_said = self.clock_date and self.report_date and self.clock_date >= self.report_date
        if is_said or not self.is_live:
            return
        self.env.cr.execute(
            SQL(
                """
                SELECT count(*), max(EXTRACT(EPOCH FROM date - create_date))
                  FROM (
                        SELECT date, create_date
                          FROM call_event
                         WHERE pbx_id = %s AND create_date > %s AND date IS NOT NULL
                           AND (data -> 'assumed') IS NULL
                      ORDER BY create_date DESC
                         LIMIT %s
                       ) AS latest
                """,
                self.id,
                now - timedelta(days=1),
                CLOCK_EVENTS,
            )
        )
        count, difference = self.env.cr.fetchone()
        if count < MIN_CLOCK_EVENTS:
            return
        # Not by the ORM: it is no change of settings, and no reason to clear caches.
        self.env.cr.execute(
            SQL(
                "UPDATE call_pbx SET clock_difference = %s, clock_date = %s WHERE id = %s",
                round(difference),
                now,
                self.id,
            )
        )
        self.invalidate_recordset(["clock_difference", "clock_date"], flush=False)
