from datetime import datetime

from odoo import api, models
from odoo.fields import Domain
from odoo.models import parse_read_group_spec
from odoo.tools import SQL

from ...tools.contexts import PERIOD, SUMS
from ..periods import ALWAYS, DAY, join, overlap

COMPARISONS = {"<", "<=", ">", ">="}
# All parts of the table have columns of the same types: otherwise PostgreSQL computes every column
# of every call, also of those that nobody asks for.
TYPES = {"date": "date", "datetime": "timestamp", "float": "numeric", "selection": "varchar"}


class CallFactMixin(models.AbstractModel):
    """Answers questions about groups from stored sums, where they have what is asked for.

    The table of the report then has three parts, whose rows are added up:

    * sums of the days that are right, as far as the rights of the reader depend on dimensions that
      the sums have, such as the department;
    * the calls of all other days, such as today;
    * the calls of the first days that the reader may see for another reason, such as the own ones.

    Rows are always calls: lists, and what a figure opens.
    """

    _inherit = "call.fact.mixin"
    _stored_in = ()  # models with sums, those with fewer rows first

    # === CHOICE OF THE SOURCE === #

    @api.model
    def _read_group(
        self, domain, groupby=(), aggregates=(), having=(), offset=0, limit=None, order=None
    ):
        domain = Domain(domain).optimize_full(self)
        asked = [*aggregates, *(condition[0] for condition in having if len(condition) == 3)]
        reader = self._with_sums(domain, groupby, asked, order)
        return super(CallFactMixin, reader)._read_group(
            domain, groupby, aggregates, having, offset, limit, order
        )

    @api.model
    def _read_grouping_sets(self, domain, grouping_sets, aggregates=(), order=None):
        domain = Domain(domain).optimize_full(self)
        groupby = [spec for specs in grouping_sets for spec in specs]
        reader = self._with_sums(domain, groupby, aggregates, order)
        return super(CallFactMixin, reader)._read_grouping_sets(
            domain, grouping_sets, aggregates, order
        )

    @api.model
    def _with_sums(self, domain, groupby, aggregates, order):
        """Return the report that reads the first sums that have what is asked for; itself if none
        have."""
        ordered = [term.split()[0] for term in (order or "").split(",") if term.strip()]
        asked = [*aggregates, *(spec for spec in ordered if spec not in groupby)]
        for name in self._stored_in:
            keys = frozenset(self.env[name]._get_keys())
            if (
                all(parse_read_group_spec(spec)[0] in keys for spec in groupby)
                and all(map(self._is_sum, asked))
                and self._is_asked_by(domain, keys)
            ):
                return self.with_context(**SUMS.set((name, self._get_days_of_moments(domain))))
        return self

    @api.model
    def _get_function(self, name):
        """Return how a measure of several facts is computed, in SQL."""
        return "MAX" if self._fields[name].aggregator == "max" else "SUM"

    @api.model
    def _is_sum(self, spec):
        """Say whether an aggregate is the same from sums as from facts."""
        if spec == "__count":
            return True
        name, _path, function = parse_read_group_spec(spec)
        if getattr(self._fields.get(name), "ratio", None):
            return function == "avg"
        is_measure = name in self._get_facts()["measures"]
        return is_measure and function == self._get_function(name).lower()

    @api.model
    def _is_asked_by(self, domain, keys):
        return all(self._is_of_sums(condition, keys) for condition in domain.iter_conditions())

    @api.model
    def _is_of_sums(self, condition, keys):
        """Say whether all facts of a row of sums fulfil a condition, or none do."""
        if condition.field_expr == "date_start":
            return condition.operator in COMPARISONS and isinstance(condition.value, datetime)
        return condition.field_expr.split(".")[0] in keys

    @api.model
    def _get_days_of_moments(self, domain):
        """Return the days that a comparison with a moment divides: they are read live. The others
        are before or after it, wherever the company is."""
        days = {
            condition.value.date()
            for condition in domain.iter_conditions()
            if condition.field_expr == "date_start"
        }
        return tuple(sorted((day - DAY, day + DAY) for day in days))

    @api.model
    def _read_group_select(self, aggregate_spec, query):
        """Override: a row of sums counts as many as it has added up."""
        if aggregate_spec == "__count" and SUMS.get(self.env):
            return SQL("COALESCE(SUM(%s), 0)::bigint", SQL.identifier(self._table, "fact_count"))
        return super()._read_group_select(aggregate_spec, query)

    # === THE TABLE === #

    @property
    def _table_query(self):
        if not SUMS.get(self.env):
            return super()._table_query
        name, divided = SUMS.get(self.env)
        return self._select_with_sums(self.env[name].sudo(), divided)

    @api.model
    def _select_with_sums(self, sums, divided):
        """Return the query of sums and of the calls that they do not have.

        :param sums: empty records of a model with sums
        :param divided: periods that are read live nevertheless
        :rtype: SQL
        """
        period = PERIOD.get(self.env) or ALWAYS
        days = self._get_live_days(sums, divided)
        visible = self._get_visible()
        keys = frozenset(sums._get_keys())
        by_keys = visible.map_conditions(
            lambda condition: condition if self._is_of_sums(condition, keys) else Domain.FALSE
        )
        if by_keys.is_false() or all(d == [period] for d in self._cut_all(days, period).values()):
            return self._select_calls(self._get_around(*period))
        parts = [
            self._select_calls(self._get_within_days(self._cut_all(days, period))),
            self._select_sums(sums, by_keys, days),
        ]
        counted = by_keys
        for reason in self._get_other_reasons(visible, keys):
            parts.append(self._select_rest(reason & ~counted, days))
            counted |= reason
        return SQL(" UNION ALL ").join(parts)

    @api.model
    def _get_live_days(self, sums, divided):
        """Return the days of which there are no sums, by company."""
        to_flush = [
            self.env[model]._fields[name]
            for model, names in self._depends.items()
            for name in names
        ]
        days = self.env["call.report.live"]._get_days(to_flush)
        beginning = sums._get_first_day()
        older = [(ALWAYS[0], beginning + DAY)] if beginning else []
        return {company: join([*of, *divided, *older]) for company, of in days.items()}

    @api.model
    def _cut_all(self, days, period):
        return {company: overlap(of, *period) for company, of in days.items()}

    @api.model
    def _get_visible(self):
        """Return the domain of the facts that the current user may see."""
        if self.env.su:
            return Domain.TRUE
        rules = self.env["ir.rule"]._compute_domain(self._name, "read")
        # sudo: as rules are applied
        return rules.optimize_full(self.sudo().with_context(active_test=False))

    @api.model
    def _get_other_reasons(self, domain, keys):
        """Return for which other reasons than the dimensions of sums a domain finds facts, such as
        that a call is an own one. Each is a domain for whose calls the database has an index; of
        all reasons together, it could only try each on every call.

        :param Domain domain: optimized
        :param frozenset keys: names of the dimensions
        :return: domains that find nothing that the domain does not find, and together all of it
            that is not found by the dimensions alone
        :rtype: list[Domain]
        """
        if all(self._is_of_sums(condition, keys) for condition in domain.iter_conditions()):
            return []
        children = getattr(domain, "children", None)
        if children is None:
            return [domain]
        reasons = [self._get_other_reasons(child, keys) for child in children]
        if domain.OPERATOR == "|":
            return [reason for of_child in reasons for reason in of_child]
        return [
            Domain.AND([*children[:place], reason, *children[place + 1 :]])
            for place, of_child in enumerate(reasons)
            for reason in of_child
        ]

    @api.model
    def _get_columns(self):
        facts = self._get_facts()
        columns = facts["dimensions"] | facts["measures"] | {"fact_count": "1"}
        return {name: f"({text})::{self._get_type(name)}" for name, text in columns.items()}

    @api.model
    def _get_type(self, name):
        return TYPES.get(self._fields[name].type, "int4") if name in self._fields else "int4"

    @api.model
    def _cast(self, name, value):
        return SQL("(%s)::%s", value, SQL(self._get_type(name)))

    @api.model
    def _select_calls(self, within):
        return self._select_facts(self._get_columns(), within)

    @api.model
    def _select_sums(self, sums, visible, days):
        """Return the query of the sums of all other days."""
        query = sums.with_context(active_test=False)._search(visible)
        alias = sums._table
        query.add_where(SQL("NOT %s", self._get_on_days(alias, days)))
        stored = {
            name: SQL.identifier(alias, name)
            for name in self._get_columns()
            if name in sums._fields
        }
        # compared with moments that are not on this day
        stored["date_start"] = SQL("%s + TIME '12:00'", SQL.identifier(alias, "date"))
        names = ("id", *self._get_columns())
        return query.select(*(self._cast(name, stored.get(name, SQL("NULL"))) for name in names))

    @api.model
    def _select_rest(self, visible, days):
        """Return the query of calls on days of which there are sums, but not for this user."""
        live = self.sudo().with_context(active_test=False, **SUMS.set(None))
        query = live._search(visible)
        query.add_where(SQL("NOT %s", self._get_on_days(self._table, days)))
        names = ("id", *self._get_columns())
        columns = {name: SQL.identifier(self._table, name) for name in names}
        columns["fact_count"] = SQL("1")
        return query.select(*(self._cast(name, column) for name, column in columns.items()))

    @api.model
    def _get_on_days(self, alias, days):
        """Return the condition that rows are of one of these days."""
        company, day = (SQL.identifier(alias, name) for name in ("company_id", "date"))
        return self._get_any(
            SQL("(%s = %s AND %s BETWEEN %s AND %s)", company, of, day, first, last)
            for of, periods in days.items()
            for first, last in periods
        )

    @api.model
    def _get_within_days(self, days):
        """Return the condition that calls began on one of these days, for which indexes can be
        used: also that of all days together, since those of each company are alternatives."""
        all_days = [period for periods in days.values() for period in periods]
        if not all_days:
            return SQL("FALSE")
        around = self._get_around(min(first for first, _ in all_days), max(d for _, d in all_days))
        day = SQL(self._get_facts()["dimensions"]["date"])  # pylint: disable=sql-injection
        on_days = self._get_any(
            SQL(
                "(call.company_id = %s AND %s AND %s BETWEEN %s AND %s)",
                of,
                self._get_around(first, last),
                day,
                first,
                last,
            )
            for of, periods in days.items()
            for first, last in periods
        )
        return SQL("(%s AND %s)", around, on_days)

    @api.model
    def _get_any(self, terms):
        return SQL("(%s)", SQL(" OR ").join([SQL("FALSE"), *terms]))
