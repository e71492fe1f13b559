import csv

from odoo.tests import TransactionCase, tagged
from odoo.tools import file_open

from ..adapters.demo import SCENARIOS
from ..adapters.outcome import Outcome
from ..tools import to_e164
from .common import load_demo


@tagged("post_install", "-at_install")
class TestDemo(TransactionCase):
    """The demo data. It is loaded here unless the database has it already."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        load_demo(cls.env, "call_handling", "call_pbx_demo")
        cls.pbx = cls.env.ref("call_handling.call_pbx_demo")
        # The references of private calls are replaced.
        of_history = ["|", ("pbx_ref", "like", "history-"), ("is_private", "=", True)]
        cls.calls = cls.env["call.call"].search([("pbx_id", "=", cls.pbx.id), *of_history])

    @classmethod
    def _get_rows(cls):
        with file_open("call_handling/demo/call_history.csv") as file:
            return list(csv.DictReader(file))

    def test_every_row_of_the_history_is_an_ended_call(self):
        self.assertEqual(len(self.calls), len(self._get_rows()))
        self.assertEqual(set(self.calls.mapped("state")), {"ended"})
        self.assertFalse(self.env["call.event"].search([("state", "=", "failed")]))

    def test_the_history_has_every_kind_of_call(self):
        self.assertEqual({row["scenario"] for row in self._get_rows()}, SCENARIOS.keys())
        self.assertEqual(
            set(self.calls.mapped("outcome")), {outcome.value for outcome in Outcome.of_calls()}
        )
        self.assertTrue(
            {"ambiguous", "none", "number", "extra_number", "company_block"}.issubset(
                self.calls.mapped("match")
            )
        )

    def test_every_number_is_valid(self):
        for row in self._get_rows():
            for number in filter(None, (row["remote"], row["line"])):
                self.assertEqual(to_e164(number, "US"), number)

    def test_every_phone_is_a_known_extension(self):
        known = set(self.pbx.extension_ids.mapped("number"))
        for row in self._get_rows():
            self.assertLessEqual(set(row["phones"].split()), known)

    def test_three_departments_have_calls(self):
        for name in ("service", "sales", "accounting"):
            department = self.env.ref(f"call_handling.hr_department_{name}")
            self.assertIn(department, self.calls.department_id)

    def test_the_calls_are_on_working_days(self):
        self.assertFalse([call for call in self.calls if call.date_start.weekday() > 4])
        self.assertEqual(len({call.date_start.date() for call in self.calls}), 11)

    def test_the_calls_are_in_chronological_order(self):
        in_order = self.calls.sorted("id")
        self.assertEqual(in_order, in_order.sorted("date_start"))

    def test_the_time_of_support_calls_is_on_timesheets_in_steps_of_five_minutes(self):
        hotline = self.env.ref("call_handling.project_project_hotline")
        lines = self.calls.timesheet_ids.filtered("call_values")
        of_hotline = lines.filtered(lambda line: line.project_id == hotline)
        self.assertGreater(len(of_hotline), 20)
        self.assertFalse([line for line in of_hotline if round(line.unit_amount * 60) % 5])
        self.assertEqual(
            (lines - of_hotline).call_id, self.env.ref("call_handling.call_call_booking_yes")
        )
        transferred = self.env.ref("call_handling.call_call_printer_network").timesheet_ids
        self.assertEqual(len(transferred.employee_id), 2)
        self.assertFalse(self.calls.filtered("job_error"))

    def test_the_demo_data_sends_no_messages(self):
        """No mails, and no messages in chatters but those about records created from a call."""
        messages = self.env["call.call"].search([]).message_ids
        self.assertFalse(messages.notification_ids)
        self.assertFalse([m for m in messages if "was created from this call" not in str(m.body)])

    def test_the_history_has_closed_unwanted_sorted_and_private_calls(self):
        self.assertTrue(self.calls.filtered("is_outside_hours"))
        self.assertTrue(self.calls.filtered("is_blocked"))
        self.assertTrue(self.calls.filtered("rule_label"))
        private = self.calls.filtered("is_private")
        self.assertEqual(private.user_id, self.env.ref("call_handling.res_users_tom"))
        self.assertFalse(private.partner_id)

    def test_the_history_has_callbacks_in_every_state(self):
        callbacks = self.env["call.callback"].search([("call_ids", "in", self.calls.ids)])
        self.assertEqual(set(callbacks.mapped("state")), {"open", "done", "dropped"})
        self.assertTrue([callback for callback in callbacks if callback.missed_count > 1])
        self.assertTrue(callbacks.user_ids)

    def test_the_history_has_every_kind_of_follow_up(self):
        task = self.env.ref("call_handling.call_call_booking_offer").task_id
        self.assertIn("Went through the offer", task.name)
        meeting = self.env.ref("call_handling.call_call_shop_offer").meeting_id
        self.assertIn(self.env.ref("call_handling.res_users_sam").partner_id, meeting.partner_ids)
        tills = self.env.ref("call_handling.call_call_tills")
        self.assertEqual(len(tills.task_candidate_ids), 2)
        self.assertFalse(tills.task_id)

    def test_the_rule_for_missed_calls_creates_tasks(self):
        rule = self.env.ref("call_handling.call_rule_missed_service")
        missed = self.calls.filtered_domain(rule._get_domain())
        self.assertTrue(missed)
        self.assertEqual(rule._get_jobs(), ["task"])
