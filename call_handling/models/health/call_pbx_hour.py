from datetime import timedelta

from odoo import api, fields, models
from odoo.tools import SQL

from ...tools.usual import WEEKS, floor

KEEP_DAYS = 400
FIRST_WEEKS = WEEKS + 1  # that are counted when an hour is counted for the first time
DAY = timedelta(days=1)
HOUR = timedelta(hours=1)

# What is stored about an event, and not reported by the telephone system: that it was silent.
REPORTED = SQL("(data -> 'assumed') IS NULL")


class CallPbxHour(models.Model):
    """What came from a telephone system in an hour. It remains when events and deliveries are
    deleted: what is usual is known from it."""

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
    duplicate_count = fields.Integer(string="Duplicates", readonly=True)
    refused_count = fields.Integer(string="Refused Requests", readonly=True)

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
        deliveries = self.env["call.delivery"].search(
            [("pbx_id", "=", pbx.id), ("date", ">=", start)], order="date", limit=1
        )
        found = [date for date in (first.create_date, deliveries.date) if date]
        return floor(min(found)) if found else now + HOUR

    @api.model
    def _count_between(self, pbx, start, end):
        """Count the hours between two of them, in one statement."""
        self.env.cr.execute(
            SQL(
                """
                INSERT INTO call_pbx_hour (pbx_id, date, event_count, call_count,
                                           duplicate_count, refused_count)
                SELECT %(pbx)s, hour, sum(events), sum(calls), sum(duplicates), sum(refused)
                  FROM (
                        SELECT date_trunc('hour', create_date) AS hour, count(*) AS events,
                               count(DISTINCT call_ref) AS calls, 0 AS duplicates, 0 AS refused
                          FROM call_event
                         WHERE pbx_id = %(pbx)s AND create_date >= %(start)s
                           AND create_date < %(end)s AND %(reported)s
                      GROUP BY 1
                     UNION ALL
                        SELECT date_trunc('hour', date), 0, 0, sum(duplicates),
                               COALESCE(sum(request_count) FILTER (WHERE reason IS NOT NULL), 0)
                          FROM call_delivery
                         WHERE pbx_id = %(pbx)s AND date >= %(start)s AND date < %(end)s
                      GROUP BY 1
                       ) AS counted
              GROUP BY hour
                    ON CONFLICT (pbx_id, date) DO UPDATE
                   SET event_count = EXCLUDED.event_count,
                       call_count = EXCLUDED.call_count,
                       duplicate_count = EXCLUDED.duplicate_count,
                       refused_count = EXCLUDED.refused_count
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
        self.search([("date", "<", fields.Datetime.now() - timedelta(days=KEEP_DAYS))]).unlink()
