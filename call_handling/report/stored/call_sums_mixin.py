from datetime import timedelta

from odoo import api, fields, models
from odoo.tools import SQL

from ..definitions import LOCAL_DATE


class CallSumsMixin(models.AbstractModel):
    """What a report counted on days that are over: one row per day and combination of dimensions.

    Nobody writes it but the scheduled action, and nobody reads it but the report, which knows the
    days that are right (see `call.report.live`). It has the dimensions that are fields of it, and
    all measures of the report, under the same names.
    """

    _name = "call.sums.mixin"
    _description = "Sums of Calls"
    _inherit = ["call.guard.mixin"]
    _rec_name = "date"
    _log_access = False
    _report = None  # whose facts are added up
    _keep_days = None  # for how many days there are sums; for ever without

    company_id = fields.Many2one("res.company", required=True, readonly=True, ondelete="cascade")
    date = fields.Date(string="Day", required=True, readonly=True)
    weekday = fields.Char(readonly=True)
    pbx_id = fields.Many2one("call.pbx", readonly=True, ondelete="set null")
    line_id = fields.Many2one("call.line", readonly=True, ondelete="set null")
    department_id = fields.Many2one("hr.department", readonly=True, ondelete="set null")
    person_department_id = fields.Many2one("hr.department", readonly=True, ondelete="set null")
    direction = fields.Char(readonly=True)
    call_type = fields.Char(readonly=True)
    fact_count = fields.Integer(readonly=True)
    conversations = fields.Integer(readonly=True)
    talk_seconds = fields.Integer(readonly=True)
    hold_seconds = fields.Integer(readonly=True)

    # === BUSINESS METHODS === #

    @api.model
    def _get_keys(self):
        """Return the names of the dimensions that the sums have.

        :rtype: list[str]
        """
        facts = self.env[self._report]._get_facts()
        return [name for name in facts["dimensions"] if name in self._fields]

    @api.model
    def _get_first_day(self):
        """Return the first day of which there may be sums, or ``None`` if there may be of all.

        :rtype: date
        """
        if self._keep_days is None:
            return None
        return fields.Date.today() - timedelta(days=self._keep_days)

    @api.model
    def _recompute(self, company, first, last):
        """Add up a day, and forget the days after it, on which there is nothing to be added up.

        :param res.company company: whose day it is
        :param date first: the day
        :param date last: of the days after it, or the day itself
        """
        table = SQL.identifier(self._table)
        self.env.cr.execute(
            SQL(
                "DELETE FROM %s WHERE company_id = %s AND date BETWEEN %s AND %s",
                table,
                company.id,
                first,
                last,
            )
        )
        beginning = self._get_first_day()
        if beginning is None or first > beginning:
            report = self.env[self._report]
            measures = report._get_facts()["measures"]
            sums = {name: self._add_up(report, name) for name in measures}
            sums["fact_count"] = SQL("COUNT(*)")
            keys = list(map(SQL.identifier, self._get_keys()))
            self.env.cr.execute(
                SQL(
                    "INSERT INTO %(table)s (%(names)s) SELECT %(values)s FROM (%(facts)s) facts"
                    " GROUP BY %(keys)s",
                    table=table,
                    names=SQL(", ").join([*keys, *map(SQL.identifier, sums)]),
                    values=SQL(", ").join([*keys, *sums.values()]),
                    facts=self._select_facts_of(report, company, first),
                    keys=SQL(", ").join(keys),
                )
            )
        self.invalidate_model(flush=False)

    @api.model
    def _add_up(self, report, name):
        column = SQL.identifier(name)
        is_highest = report._get_function(name) == "MAX"
        return SQL("MAX(%s)", column) if is_highest else SQL("SUM(%s)", column)

    @api.model
    def _select_facts_of(self, report, company, day):
        facts = report._get_facts()
        within = SQL(
            "call.company_id = %s AND %s AND %s = %s",
            company.id,
            report._get_around(day, day),
            SQL(LOCAL_DATE),
            day,
        )
        return report._select_facts(facts["dimensions"] | facts["measures"], within)

    # === CRON METHODS === #

    @api.autovacuum
    def _gc_old(self):
        """Delete the days that are not kept."""
        beginning = self._get_first_day()
        if beginning and not self._abstract:
            self.env.cr.execute(
                SQL("DELETE FROM %s WHERE date <= %s", SQL.identifier(self._table), beginning)
            )
