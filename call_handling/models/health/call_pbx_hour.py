from datetime import timedelta

from odoo import api, fields, models
from odoo.tools import SQL
from odoo.tools.constants import GC_UNLINK_LIMIT

from ...tools.usual import HOUR, WEEKS, floor

KEEP_DAYS = 400
FIRST_WEEKS = WEEKS + 1  # that are counted when an hour is counted for the first time
DAY = timedelta(days=1)

# What is stored about an event, and not reported by the telephone system: that it was silent.
REPORTED = SQL("(data -> 'assumed') IS NULL AND (data -> 'record') IS NULL")


class CallPbxHour(models.Model):
    """What came from a telephone system in an hour. It remains when events are deleted: what is
    usual is known from it."""

    _name = "call.pbx.hour"
    _description = "Hour of a Telephone System"
    _inherit = ["call.guard.mixin"]
    _order = "date desc"
    _rec_name = "date"
    _log_access = False

    pbx_id = fields.Many2one(
        "call.pbx", string="Telephone System", required=True, readonly=True, ondelete="cascade"
    )
    company_id = fields.Many2one(related="pbx_id.company_id")
    date = fields.Datetime(string="Hour", required=True, readonly=True)
    event_count = fields.Integer(string="Events", readonly=True)
    call_count = fields.Integer(
        string="Calls", readonly=True, help="About how many calls there were events."
    )

    _hour_uniq = models.UniqueIndex("(pbx_id, date)")

    # === BUSINESS METHODS === #

    @api.model
    def _count(self, pbx, now):
        """Count what has come since it was counted last. Hours are counted again until nothing
        can be added to them.

        :param call.pbx pbx: the telephone system
        :param datetime now: naive UTC
        """
        start = self._get_start(pbx, now)
        while start <= now:
            self._count_between(pbx, start, start + DAY)
            self.env["ir.cron"]._commit_progress(0)
            start += DAY

    @api.model
    def _get_start(self, pbx, now):
        """Return the first hour to count: the one before the last that was counted, in which
        transactions may have ended since, or that of the first event."""
        last = self.search([("pbx_id", "=", pbx.id)], limit=1).date
        start = last - HOUR if last else floor(now) - timedelta(weeks=FIRST_WEEKS)
        first = self.env["call.event"].search(
            [("pbx_id", "=", pbx.id), ("create_date", ">=", start)],
            order="create_date",
            limit=1,
        )
        return floor(first.create_date) if first else now + HOUR

    @api.model
    def _count_between(self, pbx, start, end):
        """Count the hours between two of them, in one statement."""
        self.env.cr.execute(
            SQL(
                """
                INSERT INTO call_pbx_hour (pbx_id, date, event_count, call_count)
                SELECT %(pbx)s, date_trunc('hour', create_date) AS hour, count(*),
                       count(DISTINCT call_ref)
                  FROM call_event
                 WHERE pbx_id = %(pbx)s AND create_date >= %(start)s
                   AND create_date < %(end)s AND %(reported)s
              GROUP BY hour
                    ON CONFLICT (pbx_id, date) DO UPDATE
                   SET event_count = EXCLUDED.event_count,
                       call_count = EXCLUDED.call_count
                """,
                pbx=pbx.id,
                start=start,
                end=end,
                reported=REPORTED,
            )
        )
        self.invalidate_model(flush=False)

    # === CRON METHODS === #

    @api.autovacuum
    def _gc_old(self):
        """Delete the hours of more than a year ago."""
        before = fields.Datetime.now() - timedelta(days=KEEP_DAYS)
        old = self.search([("date", "<", before)], order="id", limit=GC_UNLINK_LIMIT)
        old.unlink()
        return len(old), len(old) == GC_UNLINK_LIMIT
