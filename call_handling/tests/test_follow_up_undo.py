from freezegun import freeze_time

from odoo.tests import tagged

from .common_follow_up import AT_WORK, FollowUpCommon

TELLING = ("Jane", "2312", "smokes", "plug", "smoke.png")


@tagged("post_install", "-at_install")
@freeze_time(AT_WORK)
class TestFollowUpTakeBack(FollowUpCommon):
    """A call that is nobody's business any more takes along what was made from it."""

    def _become_task(self):
        call = self._jane_calls()
        self._write_down(call)
        call.with_user(self.alice).action_create_task()
        return call, call.task_id

    def _take_back(self, call):
        call.with_user(self.alice)._check_undo()
        call.with_user(self.alice)._undo()
        self.env.invalidate_all()

    def test_what_was_made_by_a_person_is_gone(self):
        call, task = self._become_task()
        self._take_back(call)
        self.assertFalse(task.exists())
        self.assertFalse(call.task_id or call.created_records)
        self.assertFalse(self._get_files(task))
        self.assertFalse(
            self.env["mail.message"].search(
                [("model", "=", "project.task"), ("res_id", "=", task.id)]
            )
        )

    def test_what_was_made_by_a_rule_is_gone(self):
        self._make_rule("task")
        self._make_rule("meeting", sequence=20)
        call = self._jane_calls()
        self._run_pending_jobs()
        made = (call.task_id, call.meeting_id)
        self.assertTrue(all(made))
        self._take_back(call)
        self.assertFalse([record for record in made if record.exists()])

    def test_a_task_that_it_was_attached_to_stays_as_it_is(self):
        task = self._make_task()
        call = self._jane_calls()
        self._run_pending_jobs()
        self.assertEqual(call.task_id, task)
        self._take_back(call)
        self.assertFalse(call.task_id)
        self.assertEqual((task.name, task.partner_id), ("Printer", self.jane))

    def test_several_on_offer_are_offered_no_more(self):
        self._make_task()
        self._make_task("Scanner")
        call = self._jane_calls()
        self._run_pending_jobs()
        self._take_back(call)
        self.assertFalse(call.task_candidate_ids)

    def test_a_task_of_which_the_link_was_taken_away_goes_too(self):
        call, task = self._become_task()
        call.with_user(self.alice).task_id = self._make_task("Another")
        self._take_back(call)
        self.assertFalse(task.exists())

    def _comment(self, task):
        task.with_user(self.bob).message_post(body="I have a spare one.", message_type="comment")

    def _rename(self, task):
        task.with_user(self.bob).name = "Replace the printer"

    def _describe(self, task):
        task.with_user(self.bob).description += "<p>A spare one is in the cellar.</p>"

    def _divide(self, task):
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

    def test_what_others_have_added_to_stays_without_a_word_of_the_call(self):
        for add in (
            self._comment, self._rename, self._describe, self._divide, self._spend_time,
        ):  # fmt: skip
            with self.subTest(add.__name__), self.cr.savepoint() as savepoint:
                call, task = self._become_task()
                add(task)
                self.env.cr.flush()
                self._take_back(call)
                self.assertTrue(task.exists())
                self.assertFalse(call.task_id or task.partner_id)
                self._assert_not_revealed(TELLING, task)
                if add == self._comment:
                    self.assertIn("spare one", str(task.message_ids.mapped("body")))
                if add == self._describe:
                    self.assertIn("in the cellar", task.description)
                savepoint.rollback()
                self.env.invalidate_all(flush=False)

    def test_a_task_with_other_calls_stays_and_keeps_their_contact(self):
        call, task = self._become_task()
        other = self._jane_calls("c2", extension="102")
        self._run_pending_jobs()
        self.assertEqual(other.task_id, task)
        self._take_back(call)
        self.assertEqual((other.task_id, task.partner_id), (task, self.jane))
        self.assertFalse(call.task_id)
        self._assert_not_revealed(("smokes", "plug", "smoke.png"), task)

    def test_a_meeting_to_which_others_are_invited_stays_without_a_word_of_the_call(self):
        self._make_rule("meeting")
        call = self._jane_calls()
        self._write_down(call)
        self._run_pending_jobs()
        meeting = call.meeting_id
        meeting.with_user(self.alice).partner_ids += self.bob.partner_id
        self._take_back(call)
        self.assertEqual(meeting.partner_ids, (self.alice | self.bob).partner_id)
        self._assert_not_revealed(TELLING, meeting)
