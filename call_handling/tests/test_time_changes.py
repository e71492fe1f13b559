from unittest.mock import patch

from odoo.exceptions import UserError
from odoo.tests import Form, tagged

from ..tools import AUTOMATIC
from .common_time import NUMBER, CallTimeCommon

LINE = "odoo.addons.call_handling.models.account_analytic_line.AccountAnalyticLine"


@tagged("post_install", "-at_install")
class TestTimeChanges(CallTimeCommon):
    """Timesheet lines are updated with their call, but do not overwrite changes by users."""

    def _validate(self, line):
        """Validate a line as Odoo's timesheet_grid does, which is not installed."""
        self.startPatcher(
            patch(f"{LINE}.validated", property(lambda each: each == line), create=True)
        )

    # --- changed by hand -------------------------------------------------------------

    def test_project_and_task_chosen_by_hand_move_the_line_immediately(self):
        call = self._answered_call()
        line = call.timesheet_ids
        with Form(call.with_user(self.alice)) as form:
            form.task_id = self.task
        self.assertEqual((line.project_id, line.task_id), (self.project, self.task))
        with Form(call.with_user(self.alice)) as form:
            form.project_id = self.other_project
        self.assertEqual((line.project_id, line.task_id), (self.other_project, self.task.browse()))
        self.assertEqual(line.account_id, self.other_project.account_id)
        self.assertEqual(call.timesheet_ids, line)

    def test_removing_the_project_deletes_the_lines_immediately(self):
        call = self._transferred_call()
        call.with_user(self.alice).project_id = False
        self.assertFalse(call.timesheet_ids)
        call.with_user(self.alice).project_id = self.other_project
        self._run_pending_jobs()
        self.assertEqual(call.timesheet_ids.project_id, self.other_project)
        self.assertEqual(self._minutes(call), {"alice": 2, "bob": 3})

    def test_a_category_that_does_not_log_time_deletes_the_line(self):
        call = self._answered_call()
        accounting = self.env.ref("call_handling.call_category_accounting")
        call.with_user(self.alice).category_id = accounting
        self.assertFalse(call.timesheet_ids)

    def test_a_project_chosen_later_creates_the_line(self):
        self.line.project_id = False
        call = self._answered_call()
        self.assertFalse(call.timesheet_ids)
        call.with_user(self.alice).project_id = self.project
        self._run_pending_jobs()
        self.assertEqual(self._minutes(call), {"alice": 1})

    def test_a_corrected_talk_time_is_logged_immediately(self):
        call = self._answered_call(seconds=60)
        with Form(
            call.with_user(self.alice), view="call_handling.call_call_view_form_correct"
        ) as form:
            form.talk_seconds = 420
        self.assertEqual(self._minutes(call), {"alice": 7})
        call.with_user(self.alice).action_undo_correction()
        self.assertEqual(self._minutes(call), {"alice": 1})

    def test_a_corrected_talk_time_is_divided_like_the_reported_one(self):
        call = self._transferred_call(first=120, second=180)
        call.with_user(self.bob).talk_seconds = 600
        self.assertEqual(self._minutes(call), {"alice": 4, "bob": 6})

    def test_a_user_who_spoke_alone_gets_all_of_a_corrected_talk_time(self):
        phone = {"call": "c1", "leg": "c1-101", "extension": "101"}
        self._send_events(
            phone | {"event": "ringing", "direction": "incoming", "from": NUMBER,
                     "to": "+493023125610", "at": "2026-11-23T10:00:00Z"},
            phone | {"event": "answered", "at": "2026-11-23T10:00:00Z"},
            phone | {"event": "ended", "at": "2026-11-23T10:02:00Z"},
            {"call": "c1", "event": "ended", "at": "2026-11-23T10:30:00Z"},
        )  # fmt: skip
        self._run_pending_jobs()
        self._call("c1").with_user(self.alice).talk_seconds = 300
        self.assertEqual(self._minutes(self._call("c1")), {"alice": 5})

    def test_an_outcome_corrected_to_missed_deletes_the_line(self):
        call = self._answered_call()
        call.with_user(self.alice).outcome = "voicemail"
        self.assertFalse(call.timesheet_ids)

    def test_a_person_chosen_by_hand_gets_the_whole_time(self):
        call = self._answered_call()
        call.with_user(self.boss).user_id = self.dave
        self.assertEqual(self._minutes(call), {"dave": 1})

    def test_a_corrected_start_changes_the_date_of_the_line(self):
        call = self._answered_call()
        call.with_user(self.alice).date_start = "2026-11-20 10:00:00"
        self.assertEqual(str(call.timesheet_ids.date), "2026-11-20")
        self.assertEqual(self._minutes(call), {"alice": 1})

    # --- changed by events -----------------------------------------------------------

    def test_late_events_change_the_lines(self):
        call = self._answered_call(seconds=60)
        line = call.timesheet_ids
        self._send_events(
            {"call": "c1", "leg": "c1-101", "event": "ended", "at": "2026-11-23T10:00:50Z"}
        )
        self._send_events({"call": "c1", "event": "ended", "at": "2026-11-23T09:59:00Z"})
        self._run_pending_jobs()
        self.assertFalse(line.exists())

    def test_an_event_of_one_leg_changes_the_time_of_its_user(self):
        call = self._transferred_call(first=120, second=180)
        self._send_events(
            {"call": "t1", "leg": "t1-101", "event": "ended", "at": "2026-11-23T10:01:00Z"}
        )
        self._run_pending_jobs()
        self.assertEqual(self._minutes(call), {"alice": 1, "bob": 3})

    def test_replayed_events_create_no_second_line(self):
        call = self._answered_call()
        line = call.timesheet_ids
        self.env["call.event"].search([("call_ref", "=", "c1")]).action_replay()
        call.action_retry_jobs()
        self.assertEqual(call.timesheet_ids, line)

    # --- changed by users ------------------------------------------------------------

    def test_hours_changed_by_a_user_are_kept(self):
        call = self._answered_call()
        line = call.timesheet_ids
        line.with_user(self.alice).unit_amount = 2
        self._send_events({"call": "c1", "event": "ended", "at": "2026-11-23T10:00:20Z"})
        call.with_user(self.alice).talk_seconds = 900
        call.with_user(self.alice).task_id = self.task
        self._run_pending_jobs()
        self.assertEqual((line.unit_amount, line.task_id), (2, self.task))
        call.with_user(self.alice).outcome = "failed"
        self.assertEqual(call.timesheet_ids, line)

    def test_a_description_or_task_changed_by_a_user_is_kept_and_the_rest_updated(self):
        call = self._answered_call()
        line = call.timesheet_ids
        line.with_user(self.alice).write({"name": "Advice", "task_id": self.task.id})
        call.with_user(self.alice).write({"summary": "Printer", "talk_seconds": 300})
        call.with_user(self.alice).task_id = self.other_task
        self.assertEqual((line.name, line.task_id), ("Advice", self.task))
        self.assertAlmostEqual(line.unit_amount, 5 / 60)

    def test_a_line_deleted_by_a_user_is_not_created_again(self):
        call = self._transferred_call()
        call.timesheet_ids.filtered(lambda line: line.user_id == self.alice).with_user(
            self.alice
        ).unlink()
        self._send_events({"call": "t1", "event": "ended", "at": "2026-11-23T10:04:00Z"})
        self._run_pending_jobs()
        self.assertEqual(self._minutes(call), {"bob": 2})

    def test_a_line_created_by_hand_is_kept_and_not_duplicated(self):
        self.category.make_timesheet = False
        call = self._transferred_call()
        with Form(call.with_user(self.alice)) as form, form.timesheet_ids.new() as line:
            line.name = "Advice"
            line.employee_id = self.employee_alice.with_user(self.alice)
            line.unit_amount = 1.5
        logging = self.env["call.category"].create({"name": "Logged", "make_timesheet": True})
        call.with_user(self.bob).category_id = logging
        self._run_pending_jobs()
        self.assertEqual(self._minutes(call), {"alice": 90, "bob": 3})
        call.with_user(self.bob).project_id = False
        self.assertEqual(self._minutes(call), {"alice": 90})

    # --- validated -------------------------------------------------------------------

    def test_a_validated_line_prevents_changes_of_its_call(self):
        call = self._answered_call()
        line = call.timesheet_ids
        self._validate(line)
        for values in (
            {"project_id": self.other_project.id},
            {"project_id": False},
            {"task_id": self.task.id},
            {"talk_seconds": 900},
            {"outcome": "failed"},
            {"user_id": self.bob.id},
        ):
            with self.subTest(values):
                with self.assertRaises(UserError) as refusal:
                    call.with_user(self.alice).write(values)
                self.assertIn("alice for this call is validated", str(refusal.exception))
        call.with_user(self.alice).summary = "Printer"
        self.assertEqual((line.name, line.unit_amount), ("Call", 1 / 60))

    def test_events_that_cannot_change_a_validated_line_are_reported_on_the_call(self):
        call = self._answered_call()
        self._validate(call.timesheet_ids)
        self._send_events({"call": "c1", "event": "ended", "at": "2026-11-23T09:59:00Z"})
        self._run_pending_jobs()
        self.assertEqual(call.outcome, "answered")
        self.assertIn("validated", call.job_error)
        self.assertEqual(self._minutes(call), {"alice": 1})

    # --- undone ----------------------------------------------------------------------

    def test_a_call_that_becomes_private_loses_all_lines_even_manual_ones(self):
        call = self._transferred_call()
        self.env["account.analytic.line"].with_user(self.alice).create(
            {"name": "Advice", "project_id": self.project.id, "call_id": call.id,
             "employee_id": self.employee_alice.id, "unit_amount": 1}
        )  # fmt: skip
        call._check_undo()
        call._undo()
        self.assertFalse(call.timesheet_ids)
        call.with_context(**AUTOMATIC.set()).is_private = True
        self._send_events({"call": "t1", "event": "ended", "at": "2026-11-23T10:04:00Z"})
        self._run_pending_jobs()
        self.assertFalse(call.timesheet_ids)

    def test_a_validated_line_of_a_call_that_becomes_private_is_only_unlinked(self):
        call = self._answered_call()
        line = call.timesheet_ids
        self._validate(line)
        [remaining] = call.with_user(self.alice)._get_private_preview()["remains"]
        self.assertIn("(validated)", remaining)
        call.with_user(self.alice)._undo()
        self.assertTrue(line.exists())
        self.assertFalse(line.call_id or line.call_values or call.timesheet_ids)
