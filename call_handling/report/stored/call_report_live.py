from datetime import timedelta

from odoo import api, fields, models
from odoo.tools import SQL

from ..definitions import LOCAL_DATE
from ..periods import ALWAYS, DAY, cut, join

# What is counted about a day can change without any change of its calls for 7 days, as callers call
# again (`definitions.SAME_MATTER`), and until then changes of its calls are not noted.
LIVE_DAYS = 9
MOST_PERIODS = 30  # of a company, for a query that is still planned quickly


class CallReportLive(models.Model):
    """Days that reports read from calls, because stored sums do not have them, or no more.

    Whatever changes a figure of a past day adds a row in the same transaction (see `marking.py`).
    It is never changed, and nothing is looked up before: so nobody waits for anybody else, and
    transactions do not conflict. The scheduled action replaces the rows that it sees by those of
    the days that remain. A row that it does not see, as its transaction has not ended, remains.

    The last days are always among them: one row of each company has no end. A company without such
    a row has no sums yet, whatever else is marked.
    """

    _name = "call.report.live"
    _description = "Days That Reports Read Live"
    _inherit = ["call.guard.mixin"]
    _order = "company_id, date_from, id"
    _rec_name = "date_from"
    _log_access = False

    company_id = fields.Many2one(
        "res.company", required=True, index=True, readonly=True, ondelete="cascade"
    )
    date_from = fields.Date(required=True, readonly=True)
    date_to = fields.Date(required=True, readonly=True)

    # === BUSINESS METHODS === #

    @api.model
    def _get_days(self, to_flush=()):
        """Return the days that are read live, by company.

        :param to_flush: fields whose changes may add some
        :return: sets of days, see `periods.py`
        :rtype: dict[int, list[tuple[date, date]]]
        """
        query = SQL(
            """
            SELECT DISTINCT company.id, live.date_from, live.date_to
              FROM res_company company
         LEFT JOIN call_report_live live ON live.company_id = company.id
            """
        )
        found = {}
        query = SQL().join([query, *(SQL(to_flush=field) for field in to_flush)])
        for company_id, date_from, date_to in self.env.execute_query(query):
            period = (date_from, date_to) if date_from else ALWAYS
            found.setdefault(company_id, []).append(period)
        return {
            company_id: self._complete(join(periods, MOST_PERIODS))
            for company_id, periods in found.items()
        }

    @api.model
    def _complete(self, days):
        """Return a set of marked days as what it means: all days if the last ones are missing."""
        return days if days and days[-1][1] == ALWAYS[1] else [ALWAYS]

    @api.model
    def _recompute_next(self, company):
        """Add up the newest day that is read live and is old enough.

        :param res.company company: whose days they are
        :return: whether there was one
        :rtype: bool
        """
        # sudo: nobody may write what is written here
        company_sudo = company.sudo()
        rows = self.env.execute_query(
            SQL(
                "SELECT id, date_from, date_to FROM call_report_live WHERE company_id = %s",
                company_sudo.id,
            )
        )
        days = self._complete(join(row[1:] for row in rows))
        newest = self._get_today(company_sudo) - timedelta(days=LIVE_DAYS)
        old = [(first, min(last, newest)) for first, last in days if first <= newest]
        if not old:
            return False
        first, last = old[-1]
        day = max(first, self._get_last_day_with_calls(company_sudo, last) or first)
        for report in self._get_reports():
            for name in report._stored_in:
                self.env[name]._recompute(company_sudo, day, last)
        self._replace(company_sudo, [row[0] for row in rows], cut(days, day, last))
        return True

    @api.model
    def _get_reports(self):
        """Return the reports that have stored sums.

        :return: empty records
        """
        return [self.env["call.report"], self.env["call.part.report"]]

    @api.model
    def _get_today(self, company):
        reports = self.env["call.report"].with_company(company)
        return reports._get_local_now().date()

    @api.model
    def _get_last_day_with_calls(self, company, last):
        """Return the last day, at most a given one, on which calls began."""
        query = SQL(
            """
            SELECT %(day)s
              FROM call_call call
              JOIN res_company company ON company.id = call.company_id
         LEFT JOIN resource_calendar calendar ON calendar.id = company.resource_calendar_id
             WHERE call.company_id = %(company)s AND %(around)s AND %(day)s <= %(last)s
          ORDER BY call.date_start DESC
             LIMIT 1
            """,
            day=SQL(LOCAL_DATE),
            company=company.id,
            around=self.env["call.report"]._get_around(ALWAYS[0], last),
            last=last,
        )
        found = self.env.execute_query(query)
        return found[0][0] if found else None

    @api.model
    def _replace(self, company, row_ids, days):
        """Replace rows by those of a set of days."""
        self.env.cr.execute(SQL("DELETE FROM call_report_live WHERE id = ANY(%s)", row_ids))
        self._add(company, days)

    @api.model
    def _add(self, company, days):
        rows = [SQL("(%s, %s, %s)", company.id, first, last) for first, last in days]
        self.env.cr.execute(
            SQL(
                "INSERT INTO call_report_live (company_id, date_from, date_to) VALUES %s",
                SQL(", ").join(rows),
            )
        )
        self.invalidate_model(flush=False)

    @api.model
    def _count_waiting(self, company):
        """Return how many days wait for being added up, counted from the first call."""
        newest = self._get_today(company) - timedelta(days=LIVE_DAYS)
        [[start]] = self.env.execute_query(
            SQL("SELECT MIN(date_start) FROM call_call WHERE company_id = %s", company.id)
        )
        first = start.date() - DAY if start else newest
        days = self._get_days()[company.id]
        return sum(max(0, (min(last, newest) - max(begin, first)).days + 1) for begin, last in days)

    # === CRON METHODS === #

    @api.model
    def _cron_recompute(self):
        """Add up days that are over, the newest first, each in a transaction of its own."""
        crons = self.env["ir.cron"]
        # the companies of all, not those of whoever runs it
        companies = self.env["res.company"].search([("id", "!=", False)])
        crons._commit_progress(remaining=sum(map(self._count_waiting, companies)))
        for company in companies:
            while self._recompute_next(company):
                if not crons._commit_progress(1):
                    return
