from freezegun import freeze_time
from psycopg2.errors import SerializationFailure

from odoo.exceptions import AccessError, UserError
from odoo.tests import Form, new_test_user, tagged

from .common_follow_up import AT_WORK, NUMBER, FollowUpCommon


@tagged("post_install", "-at_install")
@freeze_time(AT_WORK)
class TestFollowUp(FollowUpCommon):
    """Tasks created from calls, by a button or by a rule."""

    # --- by button -------------------------------------------------------------------

    def test_the_button_creates_a_task_and_opens_it(self):
        call = self._jane_calls()
        self._fill_in(call)
        action = call.with_user(self.alice).action_create_task()
        self.assertEqual((action["res_model"], action["res_id"]), ("project.task", call.task_id.id))
        self.assertEqual(call.task_id.name, "The printer smokes")
        self._assert_content_copied(call, call.task_id)
        self.assertEqual(call.task_id.project_id, self.project)
        self.assertEqual(call.task_id.user_ids, self.alice)
        self.assertEqual(call.task_id.company_id, self.company)

    def test_without_a_summary_the_task_is_named_after_the_contact(self):
        call = self._jane_calls()
        call.with_user(self.alice).action_create_task()
        self.assertEqual(call.task_id.name, "Call with Acme, Jane Roe")

    def test_a_second_click_opens_the_first_task(self):
        call = self._jane_calls()
        first = call.with_user(self.alice).action_create_task()
        self.assertEqual(call.with_user(self.bob).sudo().action_create_task(), first)
        self.assertEqual(self.project.task_ids, call.task_id)

    def test_the_button_asks_for_a_missing_project(self):
        call = self._log_call(number=NUMBER).with_user(self.alice)
        action = call.action_create_task()
        self.assertFalse(call.task_id)
        self.assertEqual((action["target"], action["res_id"]), ("new", call.id))
        with Form(call, action["views"][0][0]) as form:
            form.project_id = self.project
        call.action_create_task()
        self.assertEqual(call.task_id.project_id, self.project)

    def test_only_project_users_have_the_button(self):
        call = self._log_call(extension="104", line="+493023125777").with_user(self.dave)
        self.assertIn("action_create_task", self._header_buttons(self.alice))
        self.assertNotIn("action_create_task", self._header_buttons(self.dave))
        with self.assertRaises(AccessError):
            call.action_create_task()

    def test_users_cannot_create_tasks_from_calls_that_they_do_not_see(self):
        call = self._jane_calls()
        with self.assertRaises(AccessError):
            call.with_user(self.bob).action_create_task()

    def test_nothing_is_created_from_a_private_call(self):
        call = self._jane_calls().with_user(self.alice)
        call.sudo().is_private = True
        for method in ("action_create_task", "action_create_meeting"):
            with self.subTest(method), self.assertRaisesRegex(UserError, "private"):
                getattr(call, method)()

    def test_nobody_can_edit_the_list_of_created_records(self):
        call = self._jane_calls()
        for user in (self.alice, self.admin, self.env.ref("base.user_admin")):
            with self.subTest(user.login), self.assertRaises(AccessError):
                call.with_user(user).created_records = [{"model": "project.task", "id": 1}]

    # --- by rule ---------------------------------------------------------------------

    def test_a_rule_creates_a_task_when_the_call_has_ended(self):
        self._create_rule("task")
        ring = {"call": "c1", "leg": "c1", "extension": "101", "direction": "incoming"}
        ring |= {"event": "ringing", "from": NUMBER, "line": "+493023125777"}
        self._send_events(ring, ring | {"event": "answered"})
        self._run_pending_jobs()
        call = self._call("c1")
        self.assertFalse(call.task_id)
        self._fill_in(call)
        self._send_events({"call": "c1", "event": "ended"})
        self._run_pending_jobs()
        self._assert_content_copied(call, call.task_id)
        self.assertEqual(call.task_id.user_ids, self.alice)
        self.assertEqual(call.rule_label, "Task (Follow)")

    def test_a_rule_creates_one_task_despite_repeated_events(self):
        self._create_rule("task")
        call = self._jane_calls()
        self._run_pending_jobs()
        first = call.task_id
        self._send_events({"call": "c1", "event": "ended", "id": "again", "cause": "busy"})
        self._run_pending_jobs()
        self.assertEqual(call.task_id, first)
        first.unlink()
        self._send_events({"call": "c1", "event": "ended", "id": "once more", "cause": "normal"})
        self._run_pending_jobs()
        self.assertFalse(call.task_id, "A deleted task must not be created again.")

    def test_a_call_that_is_edited_at_the_same_time_does_not_stop_other_jobs(self):
        self._create_rule("task")
        edited, other = self._jane_calls("c1"), self._jane_calls("c2")
        run_jobs = type(edited)._run_jobs
        attempts = []

        def fail_once(call):
            attempts.append(call.pbx_ref)
            if attempts == ["c1"]:
                raise SerializationFailure("could not serialize access")
            return run_jobs(call)

        self.patch(type(edited), "_run_jobs", fail_once)
        triggers = self.env["ir.cron.trigger"].search([])
        self._run_pending_jobs()
        self.assertTrue(other.task_id)
        self.assertTrue(edited.has_pending_jobs)
        self.assertTrue(self.env["ir.cron.trigger"].search([]) - triggers)
        self._run_pending_jobs()
        self.assertTrue(edited.task_id)
        self.assertEqual(attempts, ["c1", "c2", "c1"])

    def test_the_rule_sets_project_and_user_if_the_call_has_none(self):
        project = self.env["project.project"].create(
            {"name": "Other", "company_id": self.company.id}
        )
        self._create_rule("task", project_id=project.id, user_id=self.bob.id)
        call = self._log_call(number=NUMBER, extension="999", answered=False)
        self._run_pending_jobs()
        self.assertEqual((call.task_id.project_id, call.task_id.user_ids), (project, self.bob))

    def test_a_rule_assigns_no_user_without_project_access(self):
        self._create_rule("task")
        call = self._jane_calls(extension="104")
        self._run_pending_jobs()
        self.assertEqual(call.user_id, self.dave)
        self.assertTrue(call.task_id)
        self.assertFalse(call.task_id.user_ids)

    def test_a_rule_sends_no_messages(self):
        self._create_rule("task")
        before = self.env["mail.mail"].search([])
        call = self._jane_calls()
        self._run_pending_jobs()
        self.assertTrue(call.task_id)
        self.assertFalse(call.task_id.message_ids.notification_ids)
        self.assertEqual(self.env["mail.mail"].search([]), before)
        self.assertNotIn(self.jane, call.task_id.message_partner_ids)

    def test_a_call_without_a_project_reports_that_no_task_was_created(self):
        self._create_rule("task")
        call = self._log_call(number=NUMBER)
        self._run_pending_jobs()
        self.assertFalse(call.task_id)
        self.assertIn("A task needs a project", call.job_error)
        call.with_user(self.alice).project_id = self.project
        call.with_user(self.alice).action_retry_jobs()
        self.assertEqual(call.task_id.project_id, self.project)
        self.assertFalse(call.job_error)

    def test_a_rule_creates_no_task_if_a_user_removed_it(self):
        self._create_rule("task")
        call = self._jane_calls()
        call.with_user(self.alice).task_id = self._create_task(partner_id=False)
        call.with_user(self.alice).task_id = False
        self._run_pending_jobs()
        self.assertFalse(call.task_id)

    def test_old_and_private_calls_create_no_task(self):
        self._create_rule("task")
        self.company.call_history_days = 7
        with freeze_time("2026-11-30 10:05:00"):
            old = self._jane_calls("old")
            self._run_pending_jobs()
        private = self._jane_calls("private")
        private.is_private = True
        self._run_pending_jobs()
        self.assertFalse((old | private).task_id)

    def test_a_rule_with_a_follow_up_lists_all_matching_calls(self):
        call = self._jane_calls()
        call.user_id = self.bob
        form = Form(self.env["call.rule"].with_user(self.admin))
        form.domain = "[('partner_id.name', '=', 'Jane Roe')]"
        form.user_id = self.alice
        self.assertFalse(form.try_call_ids)
        form.follow_up = "task"
        self.assertEqual(form.try_call_ids.ids, call.ids)

    def test_users_without_call_access_do_not_see_the_calls_of_a_task(self):
        stranger = new_test_user(
            self.env, "stranger", "base.group_user,project.group_project_user",
            company_id=self.company.id, company_ids=[(6, 0, self.company.ids)],
        )  # fmt: skip
        call = self._jane_calls()
        call.with_user(self.alice).action_create_task()
        self.assertTrue(call.task_id.with_user(stranger).has_access("read"))
        with self.assertRaises(AccessError):
            call.with_user(stranger).read(["summary"])
