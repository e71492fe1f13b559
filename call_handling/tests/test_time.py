from datetime import date

from odoo.tests import tagged

from .common_time import NUMBER, CallTimeCommon


@tagged("post_install", "-at_install")
class TestTime(CallTimeCommon):
    """The talk time of calls is logged automatically, for everybody who spoke."""

    # --- what is logged --------------------------------------------------------------

    def test_the_category_logs_a_call_on_the_timesheet_of_who_spoke(self):
        jane = self._create_contact("Jane Roe", NUMBER)
        call = self._answered_call(seconds=600)
        self.assertRecordValues(
            call.timesheet_ids,
            [
                {
                    "call_id": call.id,
                    "project_id": self.project.id,
                    "task_id": False,
                    "employee_id": self.employee_alice.id,
                    "user_id": self.alice.id,
                    "date": date(2026, 11, 23),
                    "name": "Call with Jane Roe",
                    "unit_amount": 1 / 6,
                    "company_id": self.company.id,
                }
            ],
        )
        self.assertEqual(call.partner_id, jane)

    def test_subcategories_use_the_setting_of_their_parent(self):
        below = self.env["call.category"].create({"name": "Tills", "parent_id": self.category.id})
        self.line.category_id = below
        self.assertEqual(self._minutes(self._answered_call()), {"alice": 1})
        self.category.make_timesheet = False
        self.assertFalse(self._answered_call("c2").timesheet_ids)

    def test_a_rule_logs_a_call_on_timesheets(self):
        self.line.category_id = False
        self.env["call.rule"].with_user(self.admin).create(
            {
                "name": "Bill Jane",
                "domain": f"[('remote_number', '=', '{NUMBER}')]",
                "make_timesheet": True,
            }
        )
        call = self._answered_call()
        self.assertEqual(self._minutes(call), {"alice": 1})
        self.assertEqual(call.rule_label, "Timesheet line (Bill Jane)")
        self.assertFalse(self._answered_call("c2", **{"from": "+12025550143"}).timesheet_ids)

    def test_a_rule_that_sets_no_values_lists_its_matching_calls(self):
        call = self._answered_call()
        rule = self.env["call.rule"].create({"name": "All", "make_timesheet": True})
        self.assertIn(call, rule.try_call_ids)

    def test_nothing_is_logged_without_category_project_talk_time_or_end(self):
        ringing = {"call": "c1", "event": "ringing", "direction": "incoming", "from": NUMBER,
                   "leg": "c1-101", "extension": "101", "to": "+493023125610"}  # fmt: skip
        self._send_events(ringing, {"call": "c1", "leg": "c1-101", "event": "answered"})
        self._log_call("c2", answered=False)
        self.other_project.allow_timesheets = False
        self.line.project_id = self.other_project
        self._log_call("c3")
        self.line.project_id = False
        self._log_call("c4")
        self.line.write({"project_id": self.project.id, "category_id": False})
        self._log_call("c5")
        self._run_pending_jobs()
        for number in range(1, 6):
            with self.subTest(number):
                self.assertFalse(self._call(f"c{number}").timesheet_ids)
                self.assertFalse(self._call(f"c{number}").job_error)

    def test_a_call_with_an_assumed_end_is_logged_when_its_talk_time_is_entered(self):
        self._send_events(
            {"call": "c1", "event": "ringing", "direction": "incoming", "from": NUMBER,
             "leg": "c1-101", "extension": "101", "to": "+493023125610",
             "at": "2026-11-23T10:00:00Z"},
            {"call": "c1", "leg": "c1-101", "event": "answered", "at": "2026-11-23T10:00:05Z"},
            {"call": "c1", "leg": "c1-101", "event": "held", "at": "2026-11-23T10:05:05Z"},
        )  # fmt: skip
        self._run_scheduled_action("ir_cron_close_silent_calls")
        self._run_pending_jobs()
        call = self._call("c1")
        self.assertTrue(call.is_end_assumed)
        self.assertFalse(call.timesheet_ids)
        call.with_user(self.alice).talk_seconds = 480
        self._run_pending_jobs()
        self.assertEqual(self._minutes(call), {"alice": 8})

    # --- who spoke -------------------------------------------------------------------

    def test_two_users_in_one_call_each_log_their_own_time(self):
        call = self._transferred_call(first=120, second=180)
        self.assertEqual(self._minutes(call), {"alice": 2, "bob": 3})

    def test_an_outgoing_call_is_logged_for_the_caller(self):
        phone = {"call": "out", "leg": "out", "extension": "101"}
        self._send_events(
            phone | {"event": "ringing", "direction": "outgoing", "from": "101", "to": NUMBER,
                     "line": "+493023125610", "at": "2026-11-23T10:00:00Z"},
            phone | {"event": "answered", "at": "2026-11-23T10:00:30Z"},
            {"call": "out", "event": "ended", "at": "2026-11-23T10:04:30Z"},
        )  # fmt: skip
        self._run_pending_jobs()
        self.assertEqual(self._minutes(self._call("out")), {"alice": 4})

    def test_users_who_speak_at_the_same_time_each_log_it(self):
        alice = {"call": "c1", "leg": "c1-101", "extension": "101"}
        bob = {"call": "c1", "leg": "c1-102", "extension": "102"}
        self._send_events(
            alice | {"event": "ringing", "direction": "incoming", "from": NUMBER,
                     "to": "+493023125610", "at": "2026-11-23T10:00:00Z"},
            alice | {"event": "answered", "at": "2026-11-23T10:00:00Z"},
            bob | {"event": "answered", "at": "2026-11-23T10:02:00Z"},
            {"call": "c1", "event": "ended", "at": "2026-11-23T10:05:00Z"},
        )  # fmt: skip
        self._run_pending_jobs()
        self.assertEqual(self._minutes(self._call("c1")), {"alice": 5, "bob": 3})

    def test_several_phones_of_one_user_count_once(self):
        self._give_extension(self.pbx, self.alice, "171")
        desk = {"call": "c1", "leg": "c1-101", "extension": "101"}
        mobile = {"call": "c1", "leg": "c1-171", "extension": "171"}
        self._send_events(
            desk | {"event": "ringing", "direction": "incoming", "from": NUMBER,
                    "to": "+493023125610", "at": "2026-11-23T10:00:00Z"},
            desk | {"event": "answered", "at": "2026-11-23T10:00:00Z"},
            mobile | {"event": "answered", "at": "2026-11-23T10:02:00Z"},
            desk | {"event": "ended", "at": "2026-11-23T10:03:00Z"},
            {"call": "c1", "event": "ended", "at": "2026-11-23T10:05:00Z"},
        )  # fmt: skip
        self._run_pending_jobs()
        self.assertEqual(self._minutes(self._call("c1")), {"alice": 5})

    def test_time_is_logged_until_the_transfer_to_an_external_number(self):
        phone = {"call": "c1", "leg": "c1-101", "extension": "101"}
        self._send_events(
            phone | {"event": "ringing", "direction": "incoming", "from": NUMBER,
                     "to": "+493023125610", "at": "2026-11-23T10:00:00Z"},
            phone | {"event": "answered", "at": "2026-11-23T10:00:00Z"},
            phone | {"event": "transferred", "at": "2026-11-23T10:02:00Z"},
            phone | {"event": "ended", "at": "2026-11-23T10:02:00Z"},
            {"call": "c1", "event": "ended", "at": "2026-11-23T10:30:00Z"},
        )  # fmt: skip
        self._run_pending_jobs()
        self.assertEqual(self._minutes(self._call("c1")), {"alice": 2})

    def test_an_internal_call_is_not_logged_automatically(self):
        call = self._answered_call(**{"from": "102"})
        self.assertEqual(call.direction, "internal")
        call.write({"project_id": self.project.id, "category_id": self.category.id})
        self._run_pending_jobs()
        self.assertFalse(call.timesheet_ids)

    # --- text, date and cost ---------------------------------------------------------

    def test_the_date_uses_the_time_zone_of_the_employee(self):
        self.assertEqual(
            self._answered_call(start="2026-11-23T23:30:00").timesheet_ids.date, date(2026, 11, 24)
        )
        self.employee_alice.tz = "America/New_York"
        self.assertEqual(
            self._answered_call("c2", start="2026-11-24T03:30:00").timesheet_ids.date,
            date(2026, 11, 23),
        )

    def test_the_description_has_contact_and_summary_but_no_number(self):
        call = self._answered_call()
        self.assertEqual(call.timesheet_ids.name, "Call")
        self._create_contact("Jane Roe", NUMBER)
        self._run_pending_jobs()
        self.assertEqual(call.timesheet_ids.name, "Call with Jane Roe")
        call.with_user(self.alice).summary = "Printer does not print.\nSent the driver."
        self.assertEqual(call.timesheet_ids.name, "Call with Jane Roe: Printer does not print.")

    def test_the_cost_uses_the_hourly_cost_of_the_employee(self):
        self.employee_alice.hourly_cost = 30
        self.employee_bob.hourly_cost = 40
        self.assertAlmostEqual(self._answered_call(seconds=900).timesheet_ids.amount, -7.5)
        call = self._transferred_call(first=600, second=1800)
        amounts = {line.employee_id: line.amount for line in call.timesheet_ids}
        self.assertEqual(amounts, {self.employee_alice: -5, self.employee_bob: -20})

    def test_time_is_the_same_where_timesheets_are_shown_in_days(self):
        self.company.timesheet_encode_uom_id = self.env.ref("uom.product_uom_day")
        self.assertEqual(self._answered_call(seconds=3600).timesheet_ids.unit_amount, 1)

    def test_time_is_stored_in_the_unit_of_the_company(self):
        self.company.project_time_mode_id = self.env.ref("uom.product_uom_day")
        line = self._answered_call(seconds=4 * 3600).timesheet_ids
        self.assertEqual((line.unit_amount, line.product_uom_id.name), (0.5, "Days"))
