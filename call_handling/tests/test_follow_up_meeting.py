from datetime import datetime

from freezegun import freeze_time

from odoo.tests import Form, tagged

from .common_follow_up import AT_WORK, FollowUpCommon


@tagged("post_install", "-at_install")
@freeze_time(AT_WORK)
class TestFollowUpMeeting(FollowUpCommon):
    """Meetings created from calls, in a form or by a rule in the next free half hour."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        hours = cls.env["resource.calendar"].create(
            {
                "name": "Mornings",
                "tz": "Europe/Berlin",
                "company_id": cls.company.id,
                "attendance_ids": [
                    (0, 0, {"name": str(day), "dayofweek": str(day), "hour_from": 8, "hour_to": 12})
                    for day in range(5)
                ],
            }
        )
        cls.alice.employee_ids.resource_calendar_id = hours

    def _save(self, action, **values):
        """Fill in and save the form that the button has opened."""
        # the web client adds these from a call's form
        active = {"active_model": "call.call", "active_id": self._call("c1").id}
        model = self.env["calendar.event"].with_user(self.alice)
        form = Form(model.with_context(**active, **action["context"]))
        for name, value in values.items():
            form[name] = value
        return form.save()

    def _create_meeting(self, start, stop, **values):
        return self.env["calendar.event"].create(
            {"name": "x", "start": start, "stop": stop, "partner_ids": self.alice.partner_id.ids}
            | values
        )

    def test_the_button_opens_a_meeting_that_is_ready_to_be_saved(self):
        call = self._jane_calls()
        self._fill_in(call)
        action = call.with_user(self.alice).action_create_meeting()
        self.assertFalse(call.meeting_id)
        meeting = self._save(action)
        self.assertEqual(call.meeting_id, meeting)
        self._assert_content_copied(call, meeting)
        self.assertEqual(meeting.partner_ids, self.alice.partner_id | self.jane)
        self.assertEqual(meeting.user_id, self.alice)
        self.assertEqual(meeting.name, "Meeting", "The invited contact reads it.")
        self.assertFalse(meeting.res_id or call.activity_ids)

    def test_invitations_do_not_contain_what_was_said(self):
        call = self._jane_calls()
        self._fill_in(call)
        meeting = self._save(call.with_user(self.alice).action_create_meeting())
        invited = self._get_messages(meeting).filtered("notification_ids")
        self.assertIn(self.jane, invited.notification_ids.res_partner_id)
        for word in ("smokes", "this morning", "plug", "2312"):
            self._assert_internal_only(word, meeting)

    def test_a_second_click_opens_the_first_meeting(self):
        call = self._jane_calls().with_user(self.alice)
        action = call.action_create_meeting()
        meeting = self._save(action, name="About the printer")
        again = call.action_create_meeting()
        self.assertEqual((again["res_model"], again["res_id"]), ("calendar.event", meeting.id))
        self.assertNotEqual(self._save(action), meeting)
        self.assertEqual(call.meeting_id, meeting)

    def test_the_meeting_shows_its_calls(self):
        call = self._jane_calls().with_user(self.alice)
        meeting = self._save(call.action_create_meeting())
        self.assertEqual(meeting.call_count, 1)
        found = self.env["call.call"].with_user(self.alice)
        self.assertEqual(found.search(meeting.action_view_calls()["domain"]), call)

    def test_a_rule_plans_the_meeting_in_the_next_free_half_hour(self):
        self._create_rule("meeting")
        self._create_meeting("2026-11-23 10:15:00", "2026-11-23 10:30:00")
        self._create_meeting("2026-11-23 10:40:00", "2026-11-23 10:45:00", show_as="free")
        call = self._jane_calls()
        self._fill_in(call)
        self._run_pending_jobs()
        self._assert_content_copied(call, call.meeting_id)
        self.assertEqual(call.meeting_id.start, datetime(2026, 11, 23, 10, 30))
        self.assertEqual(call.meeting_id.stop, datetime(2026, 11, 23, 11, 0))
        self.assertEqual(call.meeting_id.user_id, self.alice)

    def test_after_work_the_meeting_is_on_the_next_day(self):
        self._create_rule("meeting")
        self._create_meeting("2026-11-23 09:00:00", "2026-11-23 10:45:00")
        call = self._jane_calls()
        self._run_pending_jobs()
        self.assertEqual(call.meeting_id.start, datetime(2026, 11, 24, 7, 0))

    def test_a_rule_sends_no_messages(self):
        self._create_rule("meeting")
        before = self.env["mail.mail"].search([])
        call = self._jane_calls()
        self._run_pending_jobs()
        self.assertTrue(call.meeting_id)
        self.assertFalse(call.meeting_id.message_ids.notification_ids)
        self.assertEqual(self.env["mail.mail"].search([]), before)

    def test_a_call_without_a_person_reports_that_no_meeting_was_created(self):
        self._create_rule("meeting")
        call = self._jane_calls(extension="999", answered=False)
        self._run_pending_jobs()
        self.assertFalse(call.meeting_id)
        self.assertIn("A meeting needs a person", call.job_error)
        call.user_id = self.alice
        active = {"active_model": "call.call", "active_id": call.id, "default_name": "x"}
        call.with_user(self.alice).with_context(**active).action_retry_jobs()
        self.assertEqual(call.meeting_id.name, "Meeting")
        self.assertFalse(call.meeting_id.res_id or call.activity_ids)
