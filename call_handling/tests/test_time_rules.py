from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.tests import Form, tagged

from ..tools import AUTOMATIC
from .common_time import NUMBER, CallTimeCommon


@tagged("post_install", "-at_install")
class TestTimeRules(CallTimeCommon):
    """How much of a call is logged, by the rules of the company or the project."""

    def _set_company(self, **values):
        """Change the company's rules in the settings, as an administrator does."""
        settings = self.env["res.config.settings"].create({})
        with Form(settings) as form:
            for name, value in values.items():
                form[name] = value
        settings.execute()

    def _set_project(self, **values):
        with Form(self.project) as form:
            form.call_time_own_rules = True
            for name, value in values.items():
                form[name] = value

    def _attempt(self, ref="out", seconds=40, **values):
        """Log an outgoing call of Alice's that is not answered."""
        phone = {"call": ref, "leg": ref, "extension": "101"}
        start = "2026-11-23T10:00:00"
        self._send_events(
            phone | {"event": "ringing", "direction": "outgoing", "from": "101", "to": NUMBER,
                     "line": "+493023125610", "at": f"{start}Z"} | values,
            {"call": ref, "event": "ended", "cause": "no_answer",
             "at": self._later(start, seconds)},
        )  # fmt: skip
        self._run_pending_jobs()
        return self._call(ref)

    def test_time_is_rounded_up_to_minutes_by_default(self):
        self.assertEqual(self._minutes(self._answered_call("c1", seconds=61)), {"alice": 2})
        self.assertEqual(self._minutes(self._answered_call("c2", seconds=120)), {"alice": 2})

    def test_the_company_can_round_up_to_larger_steps(self):
        self._set_company(call_time_step_minutes=15)
        self.assertEqual(self._minutes(self._answered_call("c1", seconds=900)), {"alice": 15})
        self.assertEqual(self._minutes(self._answered_call("c2", seconds=901)), {"alice": 30})

    def test_the_company_can_round_to_the_nearest_step(self):
        self._set_company(call_time_step_minutes=15, call_time_rounding="nearest")
        self.assertEqual(self._minutes(self._answered_call("c1", seconds=1349)), {"alice": 15})
        self.assertEqual(self._minutes(self._answered_call("c2", seconds=1350)), {"alice": 30})
        self.assertFalse(self._answered_call("c3", seconds=449).timesheet_ids)

    def test_the_company_can_count_exact_seconds(self):
        self._set_company(call_time_step_minutes=0)
        self.assertEqual(self._minutes(self._answered_call(seconds=90)), {"alice": 1.5})

    def test_the_minimum_applies_to_everybody_who_spoke(self):
        self._set_company(call_time_minimum=5)
        self.assertEqual(
            self._minutes(self._transferred_call(first=20, second=420)), {"alice": 5, "bob": 7}
        )

    def test_free_seconds_do_not_count(self):
        self._set_company(call_time_free_seconds=30)
        self.assertFalse(self._answered_call("c1", seconds=30).timesheet_ids)
        self.assertEqual(self._minutes(self._answered_call("c2", seconds=150)), {"alice": 2})

    def test_outgoing_calls_that_were_not_answered_can_be_counted(self):
        self.assertFalse(self._attempt("out1").timesheet_ids)
        self._set_company(call_time_count_unanswered=True, call_time_minimum=3)
        self.assertEqual(self._minutes(self._attempt("out2")), {"alice": 3})
        self.assertFalse(self._log_call("in", answered=False).timesheet_ids)
        self._run_pending_jobs()
        self.assertFalse(self._call("in").timesheet_ids)

    def test_own_rules_of_a_project_default_to_those_of_the_company(self):
        self._set_company(call_time_step_minutes=15, call_time_minimum=30)
        self._set_project(call_time_step_minutes=10)
        self.assertEqual(self.project.call_time_minimum, 30)
        self.assertEqual(self._minutes(self._answered_call(seconds=1900)), {"alice": 40})

    def test_a_project_without_own_rules_uses_those_of_the_company(self):
        self._set_project(call_time_step_minutes=10)
        self._set_company(call_time_step_minutes=15)
        self.assertEqual(self._minutes(self._answered_call("c1")), {"alice": 10})
        self.project.call_time_own_rules = False
        self.assertEqual(self._minutes(self._answered_call("c2")), {"alice": 15})

    def test_changed_rules_do_not_affect_logged_calls(self):
        """Logged time is kept, even if the call is edited later."""
        call = self._answered_call(seconds=90)
        self.category.make_timesheet = False
        self._set_company(call_time_step_minutes=15)
        call.with_user(self.alice).write({"summary": "Printer", "task_id": self.task.id})
        call.action_retry_jobs()
        self.assertRecordValues(
            call.timesheet_ids,
            [{"unit_amount": 2 / 60, "task_id": self.task.id, "name": "Call: Printer"}],
        )

    def test_a_corrected_call_uses_the_current_rules(self):
        call = self._answered_call(seconds=90)
        self._set_company(call_time_step_minutes=15)
        call.with_user(self.alice).talk_seconds = 100
        self.assertEqual(self._minutes(call), {"alice": 15})

    def test_rules_with_negative_numbers_are_refused(self):
        for name in ("call_time_minimum", "call_time_free_seconds", "call_time_step_minutes"):
            with self.subTest(name), self.assertRaises(ValidationError):
                self.project[name] = -1

    def test_a_project_of_all_companies_uses_the_rules_of_the_calls_company(self):
        self.project.company_id = False
        self._set_company(call_time_step_minutes=15)
        self.assertEqual(self._minutes(self._answered_call()), {"alice": 15})


@tagged("post_install", "-at_install")
class TestTimeButton(CallTimeCommon):
    """Time is logged with a button if it is not logged automatically."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.category.make_timesheet = False

    def test_the_button_logs_the_time_of_everybody_who_spoke_and_disappears(self):
        call = self._transferred_call()
        self.assertFalse(call.timesheet_ids)
        self.assertTrue(call.with_user(self.alice).can_log_time)
        call.with_user(self.alice).action_log_time()
        self.assertEqual(self._minutes(call), {"alice": 2, "bob": 3})
        self.assertFalse(call.with_user(self.alice).can_log_time)
        with self.assertRaisesRegex(UserError, "already logged"):
            call.with_user(self.alice).action_log_time()

    def test_lines_logged_with_the_button_are_updated_with_their_call(self):
        call = self._answered_call()
        call.with_user(self.alice).action_log_time()
        call.with_user(self.alice).talk_seconds = 300
        self.assertEqual(self._minutes(call), {"alice": 5})

    def test_the_button_creates_a_deleted_line_again(self):
        call = self._answered_call()
        call.with_user(self.alice).action_log_time()
        call.timesheet_ids.with_user(self.alice).unlink()
        call.with_user(self.alice).action_log_time()
        self.assertEqual(self._minutes(call), {"alice": 1})

    def test_internal_calls_are_logged_with_the_button(self):
        call = self._answered_call(**{"from": "102"})
        call.project_id = self.project
        call.with_user(self.alice).action_log_time()
        self.assertEqual(self._minutes(call), {"alice": 1})

    def test_the_time_of_a_call_logged_by_hand_belongs_to_its_person(self):
        calls = self.env["call.call"].with_user(self.alice)
        call = calls.create({"talk_seconds": 240, "project_id": self.project.id})
        call.action_log_time()
        self.assertEqual(self._minutes(call), {"alice": 4})
        call.talk_seconds = 360
        self.assertEqual(self._minutes(call), {"alice": 6})

    def test_the_button_reports_what_is_missing(self):
        calls = self.env["call.call"].with_user(self.alice)
        project = self.project.id
        self._send_events({"call": "ringing", "leg": "ringing-101", "extension": "101",
                    "event": "ringing", "from": NUMBER, "to": "+493023125610"})  # fmt: skip
        stranger = self._log_call("stranger", extension="999")
        self.other_project.allow_timesheets = False
        private = calls.create({"talk_seconds": 60, "project_id": project})
        private.sudo().with_context(**AUTOMATIC.set()).is_private = True
        for call, message in (
            (calls.create({"talk_seconds": 60}), "Choose the project"),
            (
                calls.create({"talk_seconds": 60, "project_id": self.other_project.id}),
                "Enable them in its settings",
            ),
            (calls.create({"talk_seconds": 0, "project_id": project}), "too short"),
            (calls.create({"outcome": "no_answer", "project_id": project}), "such calls are not"),
            (stranger.with_user(self.boss), "No employee has spoken"),
            (self._call("ringing").with_user(self.alice), "when it has ended"),
            (private, "about a private call"),
        ):
            with self.subTest(message), self.assertRaisesRegex(UserError, message):
                call.action_log_time()

    def test_the_button_asks_for_the_duration_of_a_call_with_an_assumed_end(self):
        call = self._answered_call()
        call.is_end_assumed = True
        with self.assertRaisesRegex(UserError, "Correct its duration"):
            call.with_user(self.alice).action_log_time()

    def test_several_calls_are_logged_at_once_and_skipped_ones_reported(self):
        calls = self._answered_call("c1") | self._answered_call("c2")
        action = self.env.ref("call_handling.call_call_action_log_time").with_user(self.alice)
        context = {"active_model": "call.call", "active_ids": calls.ids}
        self.assertFalse(action.with_context(**context).run())
        self.assertEqual(len(calls.timesheet_ids), 2)
        third = self._answered_call("c3")
        context["active_ids"] = (calls | third).ids
        message = action.with_context(**context).run()["params"]["message"]
        self.assertIn(
            "Calls logged: 1, not logged: 2. The time of the call is already logged", message
        )
        self.assertEqual(self._minutes(third), {"alice": 1})

    def test_users_cannot_log_the_time_of_calls_that_they_cannot_change(self):
        call = self._answered_call()
        with self.assertRaises(AccessError):
            call.with_user(self.dave).action_log_time()
