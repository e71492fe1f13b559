from freezegun import freeze_time

from odoo.tests import tagged

from .common_follow_up import AT_WORK, FollowUpCommon

CALL_DETAILS = ("Jane", "2312", "smokes", "plug", "smoke.png")


@tagged("post_install", "-at_install")
@freeze_time(AT_WORK)
class TestFollowUpUndo(FollowUpCommon):
    """Undoing what was created from a call, before it becomes private or is deleted."""

    def _create_task_from_call(self):
        call = self._jane_calls()
        self._fill_in(call)
        call.with_user(self.alice).action_create_task()
        return call, call.task_id

    def _undo_call(self, call):
        call.with_user(self.alice)._check_undo()
        call.with_user(self.alice)._undo()
        self.env.invalidate_all()

    def test_a_task_created_by_a_user_is_deleted(self):
        call, task = self._create_task_from_call()
        self._undo_call(call)
        self.assertFalse(task.exists())
        self.assertFalse(call.task_id or call.created_records)
        self.assertFalse(self._get_files(task))
        self.assertFalse(
            self.env["mail.message"].search(
                [("model", "=", "project.task"), ("res_id", "=", task.id)]
            )
        )

    def test_records_created_by_a_rule_are_deleted(self):
        self._create_rule("task")
        self._create_rule("meeting", sequence=20)
        call = self._jane_calls()
        self._run_pending_jobs()
        created = (call.task_id, call.meeting_id)
        self.assertTrue(all(created))
        self._undo_call(call)
        self.assertFalse([record for record in created if record.exists()])

    def test_an_attached_task_is_not_changed(self):
        task = self._create_task()
        call = self._jane_calls()
        self._run_pending_jobs()
        self.assertEqual(call.task_id, task)
        self._undo_call(call)
        self.assertFalse(call.task_id)
        self.assertEqual((task.name, task.partner_id), ("Printer", self.jane))

    def test_tasks_are_not_offered_any_more(self):
        self._create_task()
        self._create_task("Scanner")
        call = self._jane_calls()
        self._run_pending_jobs()
        self._undo_call(call)
        self.assertFalse(call.task_candidate_ids)

    def test_a_created_task_is_deleted_even_if_unlinked(self):
        call, task = self._create_task_from_call()
        call.with_user(self.alice).task_id = self._create_task("Another")
        self._undo_call(call)
        self.assertFalse(task.exists())

    def _comment(self, task):
        task.with_user(self.bob).message_post(body="I have a spare one.", message_type="comment")

    def _rename(self, task):
        task.with_user(self.bob).name = "Replace the printer"

    def _describe(self, task):
        task.with_user(self.bob).description = "<p>A spare one is in the cellar.</p>"

    def _add_subtask(self, task):
        task.with_user(self.bob).child_ids = [(0, 0, {"name": "Fetch the spare one"})]

    def _spend_time(self, task):
        self.env["account.analytic.line"].create(
            {
                "name": "Carried it up",
                "task_id": task.id,
                "project_id": self.project.id,
                "employee_id": self.bob.employee_ids.id,
                "unit_amount": 1,
            }
        )

    def test_a_task_edited_by_others_is_kept_without_details_of_the_call(self):
        for add in (
            self._comment, self._rename, self._describe, self._add_subtask, self._spend_time,
        ):  # fmt: skip
            with self.subTest(add.__name__), self.cr.savepoint() as savepoint:
                call, task = self._create_task_from_call()
                add(task)
                self.env.cr.flush()
                self._undo_call(call)
                self.assertTrue(task.exists())
                self.assertFalse(call.task_id or task.partner_id)
                self._assert_not_revealed(CALL_DETAILS, task)
                if add == self._comment:
                    self.assertIn("spare one", str(task.message_ids.mapped("body")))
                if add == self._describe:
                    self.assertIn("in the cellar", task.description)
                savepoint.rollback()
                self.env.invalidate_all(flush=False)

    def test_a_task_with_other_calls_is_kept_with_its_contact(self):
        call, task = self._create_task_from_call()
        other = self._jane_calls("c2", extension="102")
        self._run_pending_jobs()
        self.assertEqual(other.task_id, task)
        self._undo_call(call)
        self.assertEqual((other.task_id, task.partner_id), (task, self.jane))
        self.assertFalse(call.task_id)
        self._assert_not_revealed(("smokes", "plug", "smoke.png"), task)

    def test_a_meeting_with_other_attendees_is_kept_without_details_of_the_call(self):
        self._create_rule("meeting")
        call = self._jane_calls()
        self._fill_in(call)
        self._run_pending_jobs()
        meeting = call.meeting_id
        meeting.with_user(self.alice).partner_ids += self.bob.partner_id
        self._undo_call(call)
        self.assertEqual(meeting.partner_ids, (self.alice | self.bob).partner_id)
        self._assert_not_revealed(CALL_DETAILS, meeting)
