import re
from datetime import timedelta
from zoneinfo import ZoneInfo

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Domain
from odoo.tools import format_date, format_datetime
from odoo.tools.safe_eval import safe_eval

from ..tools import public_method

DAYS = {"today": 1, "week": 7, "month": 30, "quarter": 90}
DEPARTMENT = re.compile(r"department:(\d{1,9})")
TILES = (
    "offered", "answered", "answer_rate", "answered_in_time", "service_base", "service_level",
    "service_goal", "speed_of_answer",
)  # fmt: skip
OF_LINES = (
    "offered", "answered", "missed", "answer_rate", "service_level", "service_goal",
    "speed_of_answer",
)  # fmt: skip
OF_PEOPLE = ("rang", "taken", "elsewhere", "declined", "missed", "made", "talk_seconds",
             "average_talk")  # fmt: skip
OF_CALLBACKS = ("due", "on_time", "late", "overdue", "dropped", "on_time_rate")
MOST_PEOPLE = 50


class CallReportMixin(models.AbstractModel):
    _inherit = "call.report.mixin"

    @api.model
    def _read_figures(self, domain, names, groupby=()):
        """Return figures as the current user may see them.

        :param Domain domain: of facts
        :param names: of measures
        :param groupby: as of `_read_group`
        :return: pairs of the values of a group, and a dict of its figures
        """
        specs = [f"{name}:{self._fields[name].aggregator or 'sum'}" for name in names]
        rows = self._read_group(domain, groupby, specs)
        size = len(groupby)
        return [(row[:size], dict(zip(names, row[size:], strict=True))) for row in rows]

    @api.model
    def _get_local_now(self):
        """Return the present time where the current company is, in whose days reports count.

        :rtype: datetime
        """
        # sudo: which time it is, is not confidential
        zone = ZoneInfo(self.env.company.sudo().resource_calendar_id.tz or "UTC")
        return fields.Datetime.now().replace(tzinfo=ZoneInfo("UTC")).astimezone(zone)


class CallReport(models.Model):
    """The figures of the dashboard. Each has a domain of facts, by which the dashboard opens the
    calls that it counts."""

    _inherit = "call.report"

    @public_method()
    @api.model
    def get_dashboard(self, period: str, scope: str):
        """Return the figures of a period, as the current user may see them.

        :param str period: one of :data:`DAYS`
        :param str scope: ``own`` calls, ``all`` that the user sees, or ``department:`` with its id
        :raise UserError: there is no such period or scope
        :rtype: dict
        """
        if period not in DAYS:
            raise UserError(self.env._("Choose one of the periods that are offered."))
        days = DAYS[period]
        now = self._get_local_now()
        of_scope = self._get_scope_domain(scope)
        current = of_scope & self._get_period_domain(now, days)
        # By dimensions, not by counts: stored sums have these.
        incoming = Domain("direction", "=", "incoming") & current
        return {
            "as_of": format_datetime(
                self.env, fields.Datetime.now(), tz=now.tzinfo.key, dt_format="short"
            ),
            "domain": list(current),
            "scopes": self._get_scopes(),
            "tiles": self._get_tiles(of_scope, now, days),
            "callbacks": self._get_callbacks(scope),
            "due": self._get_due(scope, self._get_period_domain(now, days)),
            "bars": self._get_bars(incoming, now, days),
            "heat": self._get_heat(incoming),
            "reasons": self._get_reasons(incoming),
            "lines": self._get_lines(incoming),
            "people": self._get_people(scope, self._get_period_domain(now, days)),
        }

    # === PERIOD AND SCOPE === #

    @api.model
    def _get_period_domain(self, now, days, ago=0):
        """Return the domain of so many days until now, or until the same time some days ago."""
        last = now.date() - timedelta(days=ago)
        before = last - timedelta(days=days)
        domain = Domain("date", ">", fields.Date.to_string(before))
        domain &= Domain("date", "<=", fields.Date.to_string(last))
        if ago:
            until = fields.Datetime.now() - timedelta(days=ago)
            domain &= Domain("date_start", "<=", fields.Datetime.to_string(until))
        return domain

    @api.model
    def _get_scopes(self):
        """Return what the current user can choose between, the default first: value and label."""
        user = self.env.user
        scopes = [("own", self.env._("My calls"))]
        if user.has_group("call_handling.group_call_handling_all"):
            departments = self.env["hr.department"].search(
                [("company_id", "in", [False, *self.env.companies.ids])]
            )
            of_departments = [(f"department:{d.id}", d.display_name) for d in departments]
            scopes = [("all", self.env._("All calls")), *scopes, *of_departments]
        elif user.has_group("call_handling.group_call_handling_department"):
            scopes.insert(0, ("all", self.env._("My department")))
        return scopes

    @api.model
    def _get_scope_domain(self, scope, rule="call_report_rule_own"):
        if scope == "all":
            return Domain.TRUE
        if scope == "own":
            # The same domain as that of the role: own means the same everywhere.
            # sudo: a rule that holds for the user anyway
            rule_sudo = self.env.ref(f"call_handling.{rule}").sudo()
            return Domain(safe_eval(rule_sudo.domain_force, rule_sudo._eval_context()))
        if found := DEPARTMENT.fullmatch(scope):
            return Domain("department_id", "child_of", int(found[1]))
        raise UserError(self.env._("Choose one of the departments that are offered."))

    # === PARTS OF THE DASHBOARD === #

    @api.model
    def _get_tiles(self, of_scope, now, days):
        """Return the figures of the period and of the one before, and the longest wait today."""
        [(_all, figures)] = self._read_figures(of_scope & self._get_period_domain(now, days), TILES)
        [(_all, before)] = self._read_figures(
            of_scope & self._get_period_domain(now, days, ago=days), TILES
        )
        today = of_scope & self._get_period_domain(now, 1)
        [(_all, of_today)] = self._read_figures(today, ("longest_wait",))
        return {
            "now": figures,
            "before": before,
            "longest_wait": of_today["longest_wait"],
            "today": list(today),
            "help": {
                name: self._fields[name]._description_help(self.env)
                for name in (*TILES, "longest_wait")
            },
        }

    @api.model
    def _get_callbacks(self, scope):
        """Return how many callbacks are open and late, with the domains of both."""
        is_open = Domain("state", "=", "open")
        if scope == "own":
            is_open &= Domain("user_ids", "=", self.env.uid)
        else:
            is_open &= self._get_scope_domain(scope)
        now = fields.Datetime.to_string(fields.Datetime.now())
        is_late = is_open & Domain("date_due", "<", now)
        is_late &= Domain("date_next", "=", False) | Domain("date_next", "<", now)
        callbacks = self.env["call.callback"]
        return {
            "open": callbacks.search_count(is_open),
            "late": callbacks.search_count(is_late),
            "open_domain": list(is_open),
            "late_domain": list(is_late),
        }

    @api.model
    def _get_due(self, scope, period):
        """Return what became of the callbacks that fell due in the period."""
        if scope == "own":
            scope_domain = Domain("callback_id.user_ids", "=", self.env.uid)
        else:
            scope_domain = self._get_scope_domain(scope)
        callbacks = self.env["call.callback.report"]
        [(_all, figures)] = callbacks._read_figures(scope_domain & period, OF_CALLBACKS)
        labels = [
            (name, callbacks._fields[name]._description_string(self.env))
            for name in ("on_time", "late", "overdue", "dropped")
        ]
        return {"figures": figures, "labels": labels, "domain": list(scope_domain & period)}

    @api.model
    def _get_bars(self, domain, now, days):
        """Return what was answered and missed on each day, or in each hour of a single day."""
        names = ("answered", "missed")
        if days == 1:
            found = dict(self._read_figures(domain, names, ["hour"]))
            hours = [int(hour) for (hour,) in found] + [now.hour]
            keys = [f"{hour:02}" for hour in range(min(8, *hours), max(hours) + 1)]
            return [
                self._get_bar(found.get((key,)), f"{key}:00", [("hour", "=", key)]) for key in keys
            ]
        found = dict(self._read_figures(domain, names, ["date:day"]))
        dates = [now.date() - timedelta(days=ago) for ago in reversed(range(days))]
        return [
            self._get_bar(
                found.get((date,)),
                format_date(self.env, date, date_format="EEE d MMM"),
                [("date", "=", fields.Date.to_string(date))],
            )
            for date in dates
        ]

    @api.model
    def _get_bar(self, figures, label, domain):
        figures = figures or {"answered": 0, "missed": 0}
        return figures | {"label": label, "domain": domain}

    @api.model
    def _get_heat(self, domain):
        """Return how many calls came and were missed, by weekday and hour of the day."""
        found = self._read_figures(domain, ("offered", "missed"), ["weekday", "hour"])
        return {
            "days": self._get_choices("weekday"),
            "cells": [
                {"weekday": weekday, "hour": hour} | figures for (weekday, hour), figures in found
            ],
        }

    @api.model
    def _get_reasons(self, domain):
        found = self._read_figures(
            domain & Domain("missed_reason", "!=", False), ["missed"], ["missed_reason"]
        )
        counts = {reason: figures["missed"] for (reason,), figures in found}
        return [
            {"reason": reason, "label": label, "count": counts[reason]}
            for reason, label in self._get_choices("missed_reason")
            if counts.get(reason)
        ]

    @api.model
    def _get_choices(self, name):
        return self._fields[name]._description_selection(self.env)

    @api.model
    def _get_lines(self, domain):
        found = self._read_figures(domain, OF_LINES, ["line_id"])
        rows = [
            {
                "name": line.display_name or self.env._("No own number"),
                "domain": [("line_id", "=", line.id)],
            }
            | figures
            for (line,), figures in found
        ]
        return sorted(rows, key=lambda row: -row["offered"])

    @api.model
    def _get_people(self, scope, period):
        """Return what people did with calls at their phones; nothing where the company wants no
        figures per person. Of the own calls: only what the user did."""
        is_own = scope == "own"
        domain = Domain("user_id", "=", self.env.uid) if is_own else self._get_scope_domain(scope)
        domain &= period
        parts = self.env["call.part.report"]
        found = parts._read_figures(domain, OF_PEOPLE, ["employee_id", "user_id"])
        rows = [
            {
                "name": (employee or user).display_name,
                "domain": [("employee_id", "=", employee.id), ("user_id", "=", user.id)],
            }
            | figures
            for (employee, user), figures in found
        ]
        rows.sort(key=lambda row: (-row["taken"], -row["rang"], row["name"]))
        return {"rows": rows[:MOST_PEOPLE], "domain": list(domain)}
