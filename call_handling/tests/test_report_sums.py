import re
from datetime import date
from itertools import pairwise
from unittest.mock import patch

from hypothesis import given, settings
from hypothesis import strategies as st

from odoo import fields
from odoo.exceptions import AccessError
from odoo.tests import BaseCase, freeze_time, new_test_user, tagged
from odoo.tools import SQL

from ..report import definitions
from ..report.periods import ALWAYS, DAY, cut, join, overlap
from . import test_dashboard, test_reports
from .common_report_sums import ReportSumsMixin
from .common_reports import LINE, ReportsCommon

PAST = "2025-03-31"  # a Monday, the day after clocks were changed in Berlin
NOW = "2025-05-12 12:00:00"


@tagged("post_install", "-at_install")
class TestReportsFromSums(ReportSumsMixin, test_reports.TestReports):
    """The same small days, once they are over and have been added up."""

    allow_inherited_tests_method = True

    def _read(self, *args, **kwargs):
        self._mark_all()
        self._add_up()
        return super()._read(*args, **kwargs)

    @freeze_time("2026-11-30 12:00:00")
    def test_who_calls_again_within_a_week_was_not_helped_at_once(self):
        self.stored_at = "2026-11-30 12:00:00"
        return super().test_who_calls_again_within_a_week_was_not_helped_at_once()


@tagged("post_install", "-at_install")
class TestDashboardFromSums(ReportSumsMixin, test_dashboard.TestDashboard):
    """Each figure of days that have been added up opens as many calls as it says."""

    allow_inherited_tests_method = True

    def _get(self, *args, **kwargs):
        self._mark_all()
        self._add_up()
        return super()._get(*args, **kwargs)


@tagged("post_install", "-at_install")
@freeze_time(NOW)
class TestDaysOfReports(ReportSumsMixin, ReportsCommon):
    """Which days are read from sums, and that a change is in the figures at once."""

    stored_at = NOW

    def _answer(self, day=PAST, **values):
        return self._incoming(day=day, talk=60, **values)

    # --- what is read from where -----------------------------------------------------

    def test_days_that_are_over_are_read_from_sums_and_the_last_ones_live(self):
        self._answer()
        self._answer(day="2025-05-11")
        self.assertEqual(self._get_live(), [ALWAYS])
        self._add_up()
        self.assertEqual(self._get_live(), [(date(2025, 5, 4), date.max)])
        self.assertEqual(self._read("answered"), {"answered": 2})
        # what is read: the sums are wrong here
        self.env.cr.execute("UPDATE call_report_day SET answered = 5")
        self.assertEqual(self._read("answered"), {"answered": 6})
        self.assertEqual(self._read("answered", domain=[("date", "=", PAST)]), {"answered": 5})
        self.assertEqual(
            self._read("answered", domain=[("date", ">=", "2025-05-04")]), {"answered": 1}
        )

    def test_calls_before_the_first_run_of_the_scheduled_action_are_counted(self):
        """Whatever is marked before days are added up for the first time, none have sums."""
        self.env["call.report.live"].search([("company_id", "=", self.company.id)]).unlink()
        self._answer()
        self._answer(day="2025-05-11")
        self.assertEqual(self._get_live(), [ALWAYS])
        self.assertEqual(self._read("answered"), {"answered": 2})
        self._add_up()
        self.assertEqual(self._get_live(), [(date(2025, 5, 4), date.max)])
        self.assertEqual(self._read("answered"), {"answered": 2})

    def test_sums_answer_what_they_know_and_calls_the_rest(self):
        self._answer()
        self._add_up()
        calls = self.env["call.report"].with_user(self.boss)
        parts = self.env["call.part.report"].with_user(self.boss)
        since = [("date", ">=", "2025-01-01")]
        for report, sums, *asked in (
            [calls, "call.report.day", since, ["date:month", "call_type"], ["answer_rate:avg"]],
            [calls, "call.report.day", [("line_id.number", "=", LINE)], [], ["talk_seconds:sum"]],
            [calls, "call.report.day", [], ["weekday"], ["longest_wait:max"]],
            [calls, "call.report.day", [("employee_id", "ilike", "ali")], ["user_id"]],
            [calls, "call.report.day", [("date_start", "<=", "2025-04-02 10:00:00")], []],
            [calls, "call.report.hour", since, ["weekday", "hour"], ["missed:sum"]],
            [calls, "call.report.hour", [*since, ("hour", "=", "12")], []],
            [calls, None, since, ["hour", "user_id"]],
            [calls, None, since, ["category_id"]],
            [calls, None, [("project_id", "!=", False)], []],
            [calls, None, [("partner_id.name", "=", "x")], []],
            [calls, None, [("missed", "=", 1)], []],
            [calls, None, [], [], ["wait_seconds:avg"]],
            [calls, None, [], [], ["longest_wait:sum"]],
            [calls, None, [], [], ["call_id:count_distinct"]],
            [calls, None, [("date", ">", "2025-05-04")], []],
            [parts, "call.part.report.day", since, ["employee_id", "result"], ["taken_rate:avg"]],
            [parts, None, since, ["hour"]],
        ):  # fmt: skip
            with self.subTest(asked):
                self.assertEqual(self._get_sums_for(report, *asked), sums)
                domain, groupby, *aggregates = asked
                asked = (domain, groupby, *(aggregates or [["__count"]]))
                with self._without_sums():
                    expected = report._read_group(*asked)
                self.assertEqual(report._read_group(*asked), expected)

    def test_roles_read_sums_as_far_as_their_rights_depend_on_departments(self):
        self._answer()
        self._add_up()
        for user, sums in (
            [self.boss, "call.report.day"], [self.admin, "call.report.day"],
            [self.lead, "call.report.day"], [self.alice, None],
        ):  # fmt: skip
            with self.subTest(user.login):
                self.assertEqual(self._get_sums_for(self.env["call.report"].with_user(user)), sums)

    def test_a_lead_sees_the_department_and_the_own_calls_and_each_only_once(self):
        self._answer(phones=("101",))  # of the department
        self._answer(phones=("104", "103"))  # of another one, rang at the lead
        self._answer(phones=("103",))  # both
        self._answer(phones=("104",))  # neither
        self._add_up()
        report = self.env["call.report"].with_user(self.lead)
        self.assertEqual(self._get_sums_for(report), "call.report.day")
        self.assertEqual(self._read("answered", user=self.lead), {"answered": 3})
        self.assertEqual(report.search_count([]), 3)

    def test_own_calls_elsewhere_are_counted_on_both_sides_of_the_first_day_that_is_read_live(self):
        values = {"name": "P", "user_id": self.lead.id, "company_id": self.company.id}
        project = self.env["project.project"].create(values)
        self.lead.group_ids += self.env.ref("project.group_project_manager")
        days = (PAST, "2025-05-03", "2025-05-04", "2025-05-11")
        for day in days:
            self._answer(day=day, phones=("101",))  # of the department
            self._answer(day=day, phones=("103",))  # of the department, and an own one
            self._answer(day=day, phones=("104", "103"))  # of another one, rang at the lead
            self._answer(day=day, phones=("104",)).project_id = project
            self._answer(day=day, phones=("104", "103")).project_id = project  # for two reasons
            self._answer(day=day, phones=("104",))  # neither
        self._add_up()
        self.assertEqual(self._get_live(), [(date(2025, 5, 4), date.max)])
        self.assertEqual(
            self._get_sums_for(self.env["call.report"].with_user(self.lead)), "call.report.day"
        )
        found = {
            day: self._read("answered", domain=[("date", "=", day)], user=self.lead)["answered"]
            for day in days
        }
        self.assertEqual(found, dict.fromkeys(days, 5))
        self.assertEqual(self._read("answered", user=self.lead), {"answered": 20})
        rang = {"rang": 4 * 7}  # two phones in each of the calls that also rang at the lead
        self.assertEqual(self._read("rang", "call.part.report", user=self.lead), rang)

    def test_managers_of_projects_see_their_calls_only(self):
        manager = new_test_user(
            self.env, "manager", "base.group_user,project.group_project_manager",
            company_id=self.company.id, company_ids=[(6, 0, self.company.ids)],
        )  # fmt: skip
        values = {"name": "P", "user_id": manager.id, "company_id": self.company.id}
        self._answer().project_id = self.env["project.project"].create(values)
        self._answer()
        self._add_up()
        self.assertEqual(self._read("answered", user=manager), {"answered": 1})
        self.assertIsNone(self._get_sums_for(self.env["call.report"].with_user(manager)))

    def test_nobody_reads_sums_themselves(self):
        for model in ("call.report.day", "call.report.hour", "call.part.report.day",
                      "call.report.live"):  # fmt: skip
            for user in (self.boss, self.admin):
                with self.subTest(model=model, user=user.login), self.assertRaises(AccessError):
                    self.env[model].with_user(user).search([])

    def test_each_dimension_and_measure_has_its_place(self):
        """A new one must be in the sums, or among those that are answered live."""
        for report in self.env["call.report.live"]._get_reports():
            facts = report._get_facts()
            stored = set()
            for name in report._stored_in:
                sums = self.env[name]
                stored.update(sums._get_keys())
                self.assertEqual(set(facts["measures"]) - sums._fields.keys(), set())
            missing = facts["dimensions"].keys() - stored - definitions.LIVE_DIMENSIONS
            # of people in calls, hours are answered live
            self.assertEqual(missing - {"hour"}, {"call_id", "date_start"})
        self.assertIn("hour", self.env["call.report.hour"]._get_keys())

    # --- changes ---------------------------------------------------------------------

    def test_every_field_on_which_a_figure_depends_marks_the_day(self):
        self._answer(phones=("101", "102"))
        self.env["call.call"].create({"date_start": "2020-01-01 10:00:00"})
        self._add_up()
        self.assertFalse(self._is_live(PAST))
        depends = {}
        for report in self.env["call.report.live"]._get_reports():
            for model, names in report._depends.items():
                depends.setdefault(self.env[model]._table, set()).update(names)
        depends.pop("res_partner")  # has nothing but the country, which is answered live
        for table, names in depends.items():
            for name in sorted(names - definitions.LIVE_DIMENSIONS):
                with self.subTest(table=table, field=name):
                    self._check_mark(table, name)

    def _check_mark(self, table, column):
        [[kind]] = self.env.execute_query(
            SQL(
                "SELECT data_type FROM information_schema.columns"
                " WHERE table_name = %s AND column_name = %s",
                table,
                column,
            )
        )
        other = {
            "boolean": "NOT COALESCE({0}, FALSE)",
            "integer": self._get_other_integer(table, column),
            "character varying": "CASE WHEN {0} = 'UTC' THEN 'Asia/Tokyo' ELSE 'UTC' END",
            "timestamp without time zone": "COALESCE({0}, NOW()) - INTERVAL '1 second'",
        }[kind].format(column)
        of_company = {
            "call_leg": "call_id IN (SELECT id FROM call_call WHERE company_id = %s)",
            "res_company": "id = %s",
        }.get(table, "company_id = %s")
        with self.env.cr.savepoint() as savepoint:
            statement = f"UPDATE {table} SET {column} = {other} WHERE {of_company}"
            self.env.cr.execute(statement, [self.company.id])
            self.assertTrue(self.env.cr.rowcount)
            self.assertTrue(self._is_live(PAST))
            savepoint.rollback()

    def _get_other_integer(self, table, column):
        model = next(m for m in self.env.registry if self.env[m]._table == table)
        field = self.env[model]._fields[column]
        if field.type != "many2one":
            return "COALESCE({0}, 0) + 1"
        comodel = self.env[field.comodel_name]._table
        return f"(SELECT id FROM {comodel} o WHERE o.id IS DISTINCT FROM {table}.{{0}} LIMIT 1)"

    def test_what_figures_are_computed_from_is_what_the_reports_depend_on(self):
        aliases = {"call": "call_call", "later": "call_call", "leg": "call_leg",
                   "line": "call_line", "company": "res_company", "partner": "res_partner",
                   "calendar": "resource_calendar"}  # fmt: skip
        for report in self.env["call.report.live"]._get_reports():
            facts = report._get_facts()
            columns = facts["dimensions"] | facts["measures"]
            text = " ".join([*columns.values(), facts["source"], facts["condition"]])
            used = {
                (aliases[alias], name)
                for alias, name in re.findall(r"\b([a-z]+)\.([a-z_]+)", text)
                if name != "id"
            }
            depends = {
                (self.env[model]._table, name)
                for model, names in report._depends.items()
                for name in names
            }
            self.assertEqual(used - depends, set())

    def test_a_call_that_is_made_private_is_in_no_sum_from_that_moment_on(self):
        call = self._answer()
        self._answer(day="2025-04-01")
        self._add_up()
        call.sudo().date_end = fields.Datetime.now()
        self._add_up()
        self.assertEqual(self._count_sums(PAST), 3)
        self._make_private(call.with_user(self.alice))
        self.assertEqual(self._count_sums(PAST), 0)
        self.assertEqual(self._count_sums("2025-04-01"), 3)
        self.assertEqual(self._read("answered"), {"answered": 1})
        self._add_up()
        self.assertEqual(self._count_sums(PAST), 0)
        self.assertEqual(self._read("answered"), {"answered": 1})

    def _count_sums(self, day):
        """Return how many rows of sums a day has, in all models together."""
        self.env.flush_all()
        return sum(
            self.env[name].search_count([("company_id", "=", self.company.id), ("date", "=", day)])
            for report in self.env["call.report.live"]._get_reports()
            for name in report._stored_in
        )

    def test_without_figures_per_person_none_are_stored(self):
        self._answer()
        self._add_up()
        company = [("company_id", "=", self.company.id)]
        days = self.env["call.report.day"]
        self.assertTrue(days.search([*company, ("user_id", "!=", False)]))
        self.company.call_figures_per_person = False
        for state in ("at once", "added up again"):
            with self.subTest(state):
                self.assertFalse(days.search([*company, ("user_id", "!=", False)]))
                self.assertFalse(self.env["call.part.report.day"].search(company))
                self.assertEqual(
                    self._read("answered", groupby=["user_id"]), {False: {"answered": 1}}
                )
            self._add_up()

    def test_who_calls_again_changes_the_day_of_the_call_before(self):
        number = "+12025550142"
        self._answer(day="2025-05-01", number=number)
        self._add_up()
        rate = "first_contact_rate"
        self.assertEqual(self._read(rate), {rate: 1})
        again = self._answer(day="2025-05-08", at="09:00:00", number=number)
        self.assertEqual(self._read(rate, domain=[("date", "=", "2025-05-01")]), {rate: 0})
        self._add_up()
        again.sudo().unlink()
        self.assertEqual(self._read(rate), {rate: 1})

    def test_another_time_zone_moves_calls_to_other_days(self):
        for at in ("21:30:00", "22:30:00", "23:30:00"):  # 23:30, 0:30 and 1:30 in Berlin
            self._answer(at=at)
        self._answer(at="22:59:59", day="2025-03-29")  # the last second of winter time's Saturday
        self._answer(at="00:59:59", day="2025-03-30")  # 1:59:59, followed by 3:00:00
        self._answer(at="01:00:00", day="2025-03-30")
        self._answer(at="21:59:59", day="2025-03-30")
        for zone, days in (
            ("Europe/Berlin", {"2025-03-29": 1, "2025-03-30": 3, PAST: 1, "2025-04-01": 2}),
            ("Asia/Tokyo", {"2025-03-30": 3, PAST: 1, "2025-04-01": 3}),
        ):
            self.company.resource_calendar_id.tz = zone
            for state in ("changed", "added up"):
                with self.subTest(zone=zone, state=state):
                    groups = self.env["call.report"]._read_group(
                        [("company_id", "=", self.company.id)], ["date:day"], ["__count"]
                    )
                    self.assertEqual({str(day): n for day, n in groups}, days)
                self._add_up()
            hours = self._read("answered", domain=[("date", "=", PAST)], groupby=["hour"])
            self.assertEqual(sum(each["answered"] for each in hours.values()), days[PAST])

    # --- the scheduled action --------------------------------------------------------

    def test_the_newest_days_are_added_up_first_and_the_rest_goes_on(self):
        for day in ("2025-03-01", "2025-03-03", "2025-04-30"):
            self._answer(day=day)
        self.env.flush_all()
        live = self.env["call.report.live"]
        found = []
        with freeze_time(NOW):
            while live._recompute_next(self.company):
                found.append(self._get_live()[0])
                self.assertEqual(self._read("answered"), {"answered": 3})
        before = [(date.min, date(2025, month, day)) for month, day in ((4, 29), (3, 2), (2, 28))]
        self.assertEqual(found, [*before, (date(2025, 5, 4), date.max)])

    def test_the_scheduled_action_adds_up_what_has_changed(self):
        call = self._answer()
        for outcome, answered in ((None, 1), ("no_answer", 0)):
            if outcome:
                call.sudo().outcome = outcome
            self.assertTrue(self._is_live(PAST))
            self._run_scheduled_action("ir_cron_recompute_reports")
            self.assertFalse(self._is_live(PAST))
            self.assertEqual(self._read("answered"), {"answered": answered})

    def test_a_change_while_a_day_is_added_up_is_not_lost(self):
        """What the scheduled action does not see, it does not take for done."""
        call = self._answer()
        self._add_up()
        recompute = type(self.env["call.report.day"])._recompute

        def change_meanwhile(sums, *args):
            recompute(sums, *args)
            if call.outcome == "answered":
                call.sudo().outcome = "no_answer"
                self.env.flush_all()

        self._mark_all()
        with patch.object(type(self.env["call.report.day"]), "_recompute", change_meanwhile):
            self.env["call.report.live"]._recompute_next(self.company)
        self.assertEqual(self._read("answered"), {"answered": 0})


@tagged("post_install", "-at_install")
class TestDaysOfToday(ReportSumsMixin, ReportsCommon):
    """Events of today, by the clock of the database."""

    def test_todays_calls_mark_nothing_and_need_no_query(self):
        self._add_up()
        rows = self.env["call.report.live"].search([])
        today = fields.Datetime.now().date().isoformat()
        self._incoming(day=today, talk=60).user_id = self.dave
        self.env.flush_all()
        self.assertEqual(self.env["call.report.live"].search([]), rows)


@tagged("post_install", "-at_install")
class TestFiguresAfterChanges(ReportSumsMixin, ReportsCommon):
    """Whatever is changed, and whenever days are added up, figures are those of the calls."""

    stored_at = NOW
    DATES = ("2025-03-29", "2025-03-30", PAST, "2025-04-30", "2025-05-03", "2025-05-11")
    NUMBERS = ("+12025550142", "+12025550143", "anonymous")

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.company.call_history_days = 7
        cls.project = cls.env["project.project"].create({"name": "P"})

    def _create(self, calls, chance):
        calls |= self._incoming(
            chance.choice(("00:59:59", "10:00:00", "22:30:00")),
            day=chance.choice(self.DATES), number=chance.choice(self.NUMBERS),
            wait=chance.choice((3, 20, 40)), talk=chance.choice((0, 90)),
            cause=chance.choice(("cancelled", "no_answer")),
            phones=chance.choice((("101",), ("102", "104"), ("199",))),
        )  # fmt: skip
        return calls

    def _change(self, calls, chance):
        call = chance.choice(calls.exists() or self._create(calls, chance))
        chance.choice(
            [
                lambda: call.with_user(self.admin).unlink(),
                lambda: call.sudo().write({"is_private": True}),
                lambda: call.sudo().write({"is_blocked": True}),
                lambda: call.sudo().write({"outcome": "answered", "talk_seconds": 30}),
                lambda: call.sudo().write({"user_id": self.dave.id}),
                lambda: call.sudo().write({"department_id": self.sales.id}),
                lambda: call.sudo().write({"remote_number": self.NUMBERS[0]}),
                lambda: call.sudo().write({"date_start": "2025-04-01 21:59:00"}),
                lambda: call.sudo().write({"line_id": False}),
                lambda: call.sudo().write({"project_id": self.project.id}),
                lambda: call.leg_ids.sudo().write({"outcome": "rejected"}),
                lambda: call.leg_ids.sudo().unlink(),
                lambda: self._join(calls.exists()),
                lambda: self.line.write({"report_answer_seconds": 10}),
                lambda: self.company.write({"call_figures_per_person": False}),
                lambda: self.company.resource_calendar_id.write({"tz": "Asia/Tokyo"}),
            ]
        )()
        return calls

    def _join(self, calls):
        """Let two calls turn out to be one."""
        if len(calls) > 1:
            one, other = calls[:2].mapped("pbx_ref")
            self._send_events({"call": one, "event": "joined", "with": other, "id": f"j-{one}"})

    def _store(self, calls, _chance):
        self._add_up()
        return calls

    def _get_all(self):
        self.env.flush_all()
        figures = {}
        with freeze_time(NOW):
            for user in (self.boss, self.lead, self.alice):
                report = self.env["call.report"].with_user(user)
                figures[user.login] = report.get_dashboard("quarter", "all")
                parts = report.env["call.part.report"]
                domain = [("company_id", "=", self.company.id)]
                figures[user.login, "parts"] = parts._read_group(
                    domain, ["date:day", "result"], ["__count", "talk_seconds:sum"]
                )
                figures[user.login, "calls"] = report.formatted_read_grouping_sets(
                    domain, [[], ["date:month"], ["date:month", "user_id"]],
                    ["__count", "service_goal:avg", "longest_wait:max", "first_contact_rate:avg"],
                )  # fmt: skip
        return figures

    def test_after_random_changes_figures_are_those_of_the_calls(self):
        steps = st.lists(
            st.sampled_from([self._create, self._change, self._change, self._store]),
            min_size=3,
            max_size=10,
        )

        @settings(max_examples=10, deadline=None, database=None)
        @given(steps, st.randoms(use_true_random=False))
        def any_changes(steps, chance):
            with self.env.cr.savepoint() as savepoint:
                calls = self.env["call.call"]
                for step in (self._create, self._create, self._store, *steps):
                    calls = step(calls, chance)
                figures = self._get_all()
                with self._without_sums():
                    self.assertEqual(figures, self._get_all())
                savepoint.rollback()
                self.env.invalidate_all(flush=False)

        any_changes()


@tagged("post_install", "-at_install")
class TestPeriods(BaseCase):
    """Sets of days."""

    def test_joined_and_cut_periods_have_the_same_days(self):
        start = date(2025, 1, 1)
        pair = st.tuples(st.integers(0, 20), st.integers(0, 5))

        def expand(periods):
            return {
                first + DAY * n for first, last in periods for n in range((last - first).days + 1)
            }

        @settings(max_examples=100, deadline=None, database=None)
        @given(st.lists(pair, max_size=6), pair, st.integers(1, 4))
        def any_periods(pairs, hole, most):
            periods = [(start + DAY * a, start + DAY * (a + n)) for a, n in pairs]
            first, last = start + DAY * hole[0], start + DAY * sum(hole)
            days, joined = expand(periods), join(periods)
            self.assertEqual(expand(joined), days)
            self.assertTrue(all(b[0] > a[1] + DAY for a, b in pairwise(joined)))
            self.assertEqual(expand(cut(joined, first, last)), days - expand([(first, last)]))
            self.assertEqual(expand(overlap(joined, first, last)), days & expand([(first, last)]))
            self.assertLessEqual(days, expand(join(periods, most)))
            self.assertLessEqual(len(join(periods, most)), most)

        any_periods()
