from freezegun import freeze_time
from markupsafe import Markup

from odoo.tests import tagged

from .common_follow_up import AT_WORK, FollowUpCommon

STRANGER = "+12025550142"
SAID = ("smokes", "morning", "2025550142", "202 555", "202-555", "Mr. Smith")


@tagged("post_install", "-at_install")
@freeze_time(AT_WORK)
class TestCopies(FollowUpCommon):
    """Copies of what was created from a call keep the contact, who stood there before, and what
    people have written. Nothing else comes from the call, so nothing remains when it becomes
    private."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.company.call_texts_for_customers = True  # otherwise titles say nothing anyway

    def _stranger_calls(self):
        call = self._log_call("c1", STRANGER, line="+493023125777", from_name="Mr. Smith")
        self._fill_in(call)
        return call

    def _make_stranger_private(self, call):
        self._make_private(call.with_user(self.alice))
        self.env.invalidate_all()
        self.assertTrue(call.is_private)

    def _assert_nothing_said(self, records):
        """Check that what came from the call is neither in the records, nor in their chatters, nor
        in their files."""
        self.assertTrue(records)
        for record in records.sudo():
            fields = [n for n, f in record._fields.items() if f.type in ("char", "text", "html")]
            texts = [str(record[name]) for name in fields if not record._fields[name].groups]
            texts += [f"{m.subject} {m.body}" for m in self._get_messages(record)]
            texts += [f"{f.name} {f.raw.decode(errors='replace')}" for f in self._get_files(record)]
            for word in SAID:
                self.assertFalse([text for text in texts if word in text], word)

    def _work_on(self, record):
        """Let somebody else work on what was created: then it is not deleted."""
        record.with_user(self.bob).sudo().message_post(
            body="I care for it.", author_id=self.bob.partner_id.id
        )

    # --- the contact -----------------------------------------------------------------

    def test_a_copied_task_keeps_its_customer(self):
        call = self._jane_calls()
        call.with_user(self.alice).action_create_task()
        copied = call.task_id.with_user(self.bob).copy()
        self._make_stranger_private(call)
        self.assertEqual(copied.partner_id, self.jane)

    # --- copies ----------------------------------------------------------------------

    def test_a_copied_task(self):
        call = self._stranger_calls()
        call.with_user(self.alice).action_create_task()
        copied = call.task_id.with_user(self.bob).copy()
        self._assert_nothing_said(copied)
        self._make_stranger_private(call)
        self._assert_nothing_said(copied)

    def test_a_copied_meeting(self):
        self._create_rule("meeting", domain="[]")
        call = self._stranger_calls()
        self._run_pending_jobs()
        self.assertIn("Mr. Smith", call.meeting_id.name)
        copied = call.meeting_id.copy()
        self.assertEqual(copied.name, "Meeting")
        self._make_stranger_private(call)
        self._assert_nothing_said(copied)

    def test_the_meetings_of_a_series(self):
        self._create_rule("meeting", domain="[]")
        call = self._stranger_calls()
        self._run_pending_jobs()
        meeting = call.meeting_id
        self._work_on(meeting)
        meeting.write(
            {"recurrency": True, "rrule_type": "daily", "interval": 1, "count": 4}
            | {"end_type": "count", "event_tz": "UTC"}
        )
        series = meeting.recurrence_id.calendar_event_ids
        self.assertEqual(len(series), 4)
        self._assert_nothing_said(series - meeting)
        self._make_stranger_private(call)
        self._assert_nothing_said(series.exists())

    def test_a_description_that_was_pasted_into_another_task(self):
        call = self._stranger_calls()
        call.with_user(self.alice).action_create_task()
        other = self._create_task().with_user(self.bob)
        other.description = Markup("<p>My own words</p>%s") % call.task_id.description
        self.assertIn("morning", other.description)
        self._make_stranger_private(call)
        self._assert_nothing_said(other)
        self.assertIn("My own words", other.description)
        self.assertNotIn("morning", str(other.sudo().html_field_history))

    def test_the_text_of_another_call_remains(self):
        first, second = self._stranger_calls(), self._jane_calls("c2")
        self._fill_in(second, "The scanner hums\nSince yesterday.")
        for call in (first, second):
            call.with_user(self.alice).action_create_task()
        self._make_stranger_private(first)
        self.assertIn("Since yesterday", second.task_id.description)

    # --- time that people log themselves ------------------------------------------------

    def test_lines_that_people_add_to_the_call_go_with_it(self):
        self._give_group(self.alice, "hr_timesheet.group_hr_timesheet_user")
        call = self._stranger_calls()
        place = {"project_id": self.project.id, "unit_amount": 1}
        Line = self.env["account.analytic.line"].with_user(self.alice)
        lines = Line.create(
            [
                place | {"name": "/", "call_id": call.id},
                place | {"name": "Advised Mr. Smith", "call_id": call.id},
            ]
        )
        self.assertIn("smokes", lines[0].name)
        copied = lines[0].copy()
        self.assertEqual(copied.name, "Call")
        self._make_stranger_private(call)
        self.assertFalse(lines.exists())
        self._assert_nothing_said(copied)

    def test_lines_that_people_add_to_the_task_have_nothing_of_the_call(self):
        self._give_group(self.alice, "hr_timesheet.group_hr_timesheet_user")
        call = self._stranger_calls()
        call.with_user(self.alice).action_create_task()
        task = call.task_id
        line = (
            self.env["account.analytic.line"]
            .with_user(self.alice)
            .create({"project_id": self.project.id, "task_id": task.id, "unit_amount": 1})
        )
        self.assertEqual(line.name, "/")
        self._make_stranger_private(call)
        self.assertTrue(task.exists(), "It has time that is not the call's.")
        self._assert_nothing_said(line)
        self._assert_nothing_said(task)
