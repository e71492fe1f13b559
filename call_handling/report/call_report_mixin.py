from datetime import date

from odoo import api, fields, models
from odoo.fields import Domain
from odoo.models import parse_read_group_spec
from odoo.tools import SQL

from ..tools.contexts import PERIOD
from .definitions import make_table
from .periods import ALWAYS, DAY, find_period

COMPILES_NOT = "call_handling_compiles_not"  # in the cache of a cursor
HOURS = [(f"{hour:02}", f"{hour:02}:00") for hour in range(24)]


class CallReportMixin(models.AbstractModel):
    """A report about calls: facts with sums, and shares and averages of these sums.

    Days and hours are those of the company, in the time zone of its working hours, whoever reads
    the report.
    """

    _name = "call.report.mixin"
    _description = "Report About Calls"
    _inherit = ["call.name.mixin", "call.field.mixin"]
    _auto = False
    _rec_name = "date"
    _order = "date desc, id desc"

    company_id = fields.Many2one("res.company", readonly=True)
    date = fields.Date(string="Day", readonly=True)
    hour = fields.Selection(HOURS, readonly=True, export_string_translation=False)
    weekday = fields.Selection(
        [
            ("1", "Monday"),
            ("2", "Tuesday"),
            ("3", "Wednesday"),
            ("4", "Thursday"),
            ("5", "Friday"),
            ("6", "Saturday"),
            ("7", "Sunday"),
        ],
        readonly=True,
    )
    line_id = fields.Many2one("call.line", string="Own Number", readonly=True)
    department_id = fields.Many2one("hr.department", readonly=True)

    @api.model
    def _get_facts(self):
        """Return what the report counts: expressions of its ``dimensions`` and ``measures`` by
        name, the ``moment`` that decides about the day, and the ``source``, ``condition`` and
        ``key`` of :func:`definitions.make_table`. Override to add some of them.

        :rtype: dict
        """
        raise NotImplementedError

    @property
    def _table_query(self):
        facts = self._get_facts()
        columns = facts["dimensions"] | facts["measures"]
        ratios = {
            name: self._get_ratio_of_fact(field.ratio, columns)
            for name, field in self._fields.items()
            if getattr(field, "ratio", None)
        }
        first, last = PERIOD.get(self.env) or ALWAYS
        return self._select_facts(columns | ratios, self._get_around(first, last))

    @api.model
    def _select_facts(self, columns, within):
        """Return the query of the facts, read from live tables.

        :param dict columns: expressions by name
        :param SQL within: which of the facts are wanted
        :rtype: SQL
        """
        facts = self._get_facts()
        return make_table(
            columns,
            facts["source"],
            facts["condition"],
            facts["key"],
            within,
            now=fields.Datetime.now(),
        )

    @api.model
    def _get_around(self, first, last):
        """Return a condition that holds for all facts of a period of days, wherever the company
        is, and for few others. Indexes can be used for it, as not for the day of a company.

        :rtype: SQL
        """
        moment = SQL(self._get_facts()["moment"])  # pylint: disable=sql-injection
        terms = [SQL("TRUE")]
        if first > date.min:
            terms.append(SQL("%s >= %s", moment, first - DAY))
        if last < date.max:
            terms.append(SQL("%s < %s", moment, last + 2 * DAY))
        return SQL(" AND ").join(terms)

    @api.model
    def _search(self, domain, *args, **kwargs):
        """Override: facts of days that the domain excludes are not looked at."""
        self._do_not_compile()
        domain = Domain(domain).optimize_full(self)
        first, last = PERIOD.get(self.env) or ALWAYS
        begin, end = find_period(domain)
        period = (max(first, begin), min(last, end))
        within = self.with_context(**PERIOD.set(period))
        return super(CallReportMixin, within)._search(domain, *args, **kwargs)

    @api.model
    def _do_not_compile(self):
        """Let PostgreSQL interpret the queries of this transaction. Those of reports have hundreds
        of expressions, and compiling them takes longer than computing them."""
        if not self.env.cr.cache.get(COMPILES_NOT):
            self.env.cr.execute("SET LOCAL jit = off")
            self.env.cr.cache[COMPILES_NOT] = True

    @api.model
    def _get_ratio_of_fact(self, ratio, columns):
        """Return the share or average of a single fact: of groups, it is computed from sums."""
        part, whole = (columns[name] for name in ratio)
        return f"({part})::float / NULLIF({whole}, 0)"

    @api.model
    def _read_group_select(self, aggregate_spec, query):
        """Override: the average of shares is that of all facts, not of groups of them. There is
        none if nothing was counted."""
        name, _path, function = parse_read_group_spec(aggregate_spec)
        ratio = function == "avg" and getattr(self._fields[name], "ratio", None)
        if not ratio:
            return super()._read_group_select(aggregate_spec, query)
        # checks that the user may read the field
        self._field_to_sql(self._table, name, query)
        part, whole = (self._field_to_sql(self._table, n, query) for n in ratio)
        return SQL("SUM(%s)::float / NULLIF(SUM(%s), 0)", part, whole)
