from freezegun import freeze_time
from markupsafe import Markup

from odoo import Command
from odoo.tests import new_test_user, tagged

from .common_follow_up import AT_WORK, FollowUpCommon
from .common_portal import PortalCommon

CONTENT = ("30 23125610", "smokes", "this morning", "pull the plug", "smoke.png")
NEUTRAL = "Call of 11/23/26, 11:00\N{NARROW NO-BREAK SPACE}AM"


@tagged("post_install", "-at_install")
@freeze_time(AT_WORK)
class TestAudience(PortalCommon, FollowUpCommon):
    """What customers and colleagues without rights on calls read on tasks created from calls."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.customer = cls._create_portal_user(cls.jane)
        cls.shared = cls.env["project.project"].create(
            {"name": "Shared", "company_id": cls.company.id, "privacy_visibility": "portal"}
        )
        cls._share(cls.shared)
        cls.colleague = new_test_user(
            cls.env, "colleague", "base.group_user,project.group_project_user",
            company_id=cls.company.id, company_ids=[(6, 0, cls.company.ids)],
        )  # fmt: skip

    @classmethod
    def _share(cls, project):
        """Invite the customer to edit all tasks of a project."""
        project.message_subscribe(partner_ids=cls.jane.ids)
        project.collaborator_ids = [Command.create({"partner_id": cls.jane.id})]

    def _create_task_from_call(self, project):
        call = self._jane_calls()
        self._fill_in(call)
        call.with_user(self.alice).project_id = project
        call.with_user(self.alice).action_create_task()
        return call.task_id

    def _assert_without(self, words, text):
        for word in words:
            self.assertNotIn(word, str(text))

    def _read_as_customer(self, task):
        """Return everything that the customer can find out about a task."""
        fields = ["name", "description", "display_name", "partner_id"]
        of_task = [["model", "=", "project.task"], ["res_id", "=", task.id]]
        thread = {"thread_model": "project.task", "thread_id": task.id}
        found = [
            self._rpc(self.customer, "project.task", "read", task.ids, fields),
            self._rpc(self.customer, "project.task", "search_read", [["id", "=", task.id]]),
            self._rpc(self.customer, "mail.message", "search_read", of_task, ["body", "subject"]),
            self._rpc(self.customer, "mail.message", "search_read", [], ["body", "subject"]),
            self._rpc(self.customer, "ir.attachment", "search_read", [], ["name", "datas"]),
            self._rpc(
                self.customer, "ir.attachment", "search_read",
                [["res_model", "in", ["project.task", "mail.message", "call.call"]]], ["name"],
            ),
            self._page(self.customer, f"/my/tasks/{task.id}"),
            self._page(self.customer, "/my/tasks"),
            self._request("/mail/thread/messages", thread),
            self._request("/mail/thread/data", thread | {"request_list": ["attachments"]}),
            self._request("/mail/chatter_fetch", thread),
        ]  # fmt: skip
        self.assertTrue(found[1], "The customer must be able to read the task.")
        return found

    # --- customers -------------------------------------------------------------------

    def test_a_customer_reads_no_number_name_or_content_of_the_call(self):
        task = self._create_task_from_call(self.shared)
        self.assertEqual(task.name, NEUTRAL)
        self._assert_without(CONTENT, self._read_as_customer(task))

    def test_a_customer_reads_nothing_about_an_unknown_caller(self):
        call = self._log_call("c2", "+12025550142", from_name="J. Smith")
        call.with_user(self.alice).project_id = self.shared
        call.with_user(self.alice).action_create_task()
        self._assert_without(
            ("2025550142", "555-0142", "Smith"), self._read_as_customer(call.task_id)
        )

    def test_a_customer_cannot_download_the_files_of_the_call(self):
        task = self._create_task_from_call(self.shared)
        files = task.message_ids.attachment_ids
        self.assertEqual(files.mapped("raw"), [b"smoke"])
        for user in (self.customer, None):
            self.authenticate(*(user and (user.login, user.login) or (None, None)))
            for token in ("", "?access_token=x", f"?access_token={task.access_token}"):
                for url in (f"/web/content/{files.id}", f"/web/image/{files.id}"):
                    answer = self.url_open(url + token)
                    self.assertNotIn(b"smoke", answer.content)
        self.assertEqual(
            self._rpc(self.customer, "ir.attachment", "read", files.ids, ["datas"]), "AccessError"
        )
        notes = task.message_ids.filtered("attachment_ids")
        self.assertEqual(
            self._rpc(self.customer, "mail.message", "read", notes.ids, ["body"]), "AccessError"
        )

    def test_customers_read_the_summary_if_the_company_shows_it_but_never_notes_and_files(self):
        self.company.call_texts_for_customers = True
        task = self._create_task_from_call(self.shared)
        self.assertEqual(task.name, "The printer smokes")
        self.assertIn("Since this morning", task.description)
        self._assert_without(("pull the plug", "smoke.png"), self._read_as_customer(task))

    def test_a_project_that_is_shared_later_shows_nothing_of_earlier_calls(self):
        task = self._create_task_from_call(self.project)
        self.assertEqual(task.name, "The printer smokes")
        self.project.privacy_visibility = "portal"
        self._share(self.project)
        self.assertEqual(task.name, NEUTRAL)
        self._assert_without(CONTENT, self._read_as_customer(task))

    def test_a_task_that_is_moved_to_a_shared_project_shows_nothing_of_its_call(self):
        task = self._create_task_from_call(self.project)
        call = self._call("c1")
        call.with_user(self.alice).task_id = False  # it remains the call's
        task.with_user(self.alice).project_id = self.shared
        self.assertEqual(task.name, NEUTRAL)
        self._assert_without(CONTENT, self._read_as_customer(task))

    def test_a_subtask_that_follows_its_parent_to_a_shared_project_shows_nothing(self):
        task = self._create_task_from_call(self.project)
        top, middle = self.env["project.task"].create(
            [{"name": name, "project_id": self.project.id} for name in ("Top", "Middle")]
        )
        task.with_user(self.alice).parent_id = middle
        middle.with_user(self.alice).parent_id = top
        self.assertEqual(task.name, "The printer smokes")
        top.with_user(self.alice).project_id = self.shared
        self._assert_without(CONTENT, self._read_as_customer(task))
        self.assertEqual((task.project_id, task.name), (self.shared, NEUTRAL))

    def test_a_task_that_becomes_a_subtask_in_a_shared_project_shows_nothing(self):
        self.company.call_texts_for_customers = True
        task = self._create_task_from_call(self.project)
        self.company.call_texts_for_customers = False
        parents = self.env["project.task"].create(
            [{"name": "Parent", "project_id": project.id} for project in self.project | self.shared]
        )
        task.with_user(self.alice).parent_id = parents[0]
        task.with_user(self.alice).parent_id = parents[1]
        self._assert_without(CONTENT, self._read_as_customer(task))
        self.assertEqual(task.project_id, self.shared)
        self.assertIn("this morning", str(task.message_ids.mapped("body")))

    def test_a_copied_project_that_is_shared_shows_nothing_of_calls(self):
        task = self._create_task_from_call(self.project)
        child = self.env["project.task"].create({"name": "Order ink", "parent_id": task.id})
        copied = self.project.copy()
        copied.privacy_visibility = "portal"
        self._share(copied)
        tasks = self.env["project.task"].search([("project_id", "=", copied.id)])
        self.assertEqual(set(tasks.mapped("name")), {NEUTRAL, child.name})
        for copied_task in tasks:
            self._assert_without(CONTENT, self._read_as_customer(copied_task))
        self.assertEqual(task.name, "The printer smokes", "The call's own task is as before.")

    def test_a_copy_has_what_people_have_written_but_no_text_of_the_call(self):
        self.company.call_texts_for_customers = True
        task = self._create_task_from_call(self.project)
        task.with_user(self.bob).description += Markup("<p>A spare one is in the cellar.</p>")
        copied = task.with_user(self.bob).copy()
        self.assertEqual(copied.name, f"{NEUTRAL} (copy)")
        self.assertIn("in the cellar", copied.description)
        versions = copied.sudo().html_field_history
        self._assert_without(("Jane", *CONTENT), (copied.description, versions))
        task.with_user(self.bob).name = "Replace the printer"
        self.assertEqual(task.with_user(self.bob).copy().name, "Replace the printer (copy)")

    def test_a_copied_subtask_has_no_text_of_the_call(self):
        task = self._create_task_from_call(self.project)
        parent = self.env["project.task"].create(
            {"name": "Parent", "project_id": self.project.id, "child_ids": task.ids}
        )
        self.assertEqual(parent.copy().child_ids.name, f"{NEUTRAL} (copy)")

    def test_the_next_task_of_a_recurrence_has_no_text_of_the_call(self):
        task = self._create_task_from_call(self.project)
        self.env.user.group_ids += self.env.ref("project.group_project_recurring_tasks")
        task.write(
            {
                "recurring_task": True,
                "repeat_interval": 1,
                "repeat_unit": "week",
                "repeat_type": "forever",
            }
        )
        task.state = "1_done"
        following = task.recurrence_id.task_ids - task
        self.assertEqual(following.mapped("name"), [NEUTRAL])

    def test_a_customer_who_follows_a_task_gets_no_mails_with_the_summary(self):
        task = self._create_task_from_call(self.project)
        task.message_subscribe(partner_ids=self.jane.ids)
        task.with_user(self.alice).message_post(body="Done.", subtype_xmlid="mail.mt_comment")
        mails = self.env["mail.mail"].search([("recipient_ids", "in", self.jane.ids)])
        self.assertTrue(mails)
        self._assert_without(CONTENT, [(mail.subject, mail.body_html) for mail in mails])

    def test_titles_of_people_remain_when_a_project_is_shared(self):
        task = self._create_task_from_call(self.project)
        task.with_user(self.bob).name = "Replace the printer"
        self.project.privacy_visibility = "portal"
        self.assertEqual(task.name, "Replace the printer")

    def test_a_text_shown_to_customers_is_withdrawn_to_the_chatter_once_they_may_not(self):
        self.company.call_texts_for_customers = True
        task = self._create_task_from_call(self.project)
        self.assertIn("this morning", task.description)
        task.description += Markup("<p>A spare one is in the cellar.</p>")
        self.company.call_texts_for_customers = False
        self.project.privacy_visibility = "portal"
        self._share(self.project)
        self._assert_without(CONTENT, self._read_as_customer(task))
        self.assertIn("in the cellar", task.description)
        self.assertIn("this morning", str(task.message_ids.mapped("body")))

    def test_what_was_withdrawn_is_undone_with_the_call(self):
        self.company.call_texts_for_customers = True
        task = self._create_task_from_call(self.project)
        self.company.call_texts_for_customers = False
        self.project.privacy_visibility = "portal"
        task.with_user(self.bob).message_post(body="I have a spare one.")
        call = self._call("c1").with_user(self.alice)
        call._check_undo()
        call._undo()
        self.env.invalidate_all()
        self.assertEqual(task.name, "From a call")
        self._assert_not_revealed(("Jane", "2312", "smokes", "plug", "smoke.png"), task)

    # --- colleagues ------------------------------------------------------------------

    def _read_as_colleague(self, task):
        of_task = [["model", "=", "project.task"], ["res_id", "=", task.id]]
        return [
            self._rpc(self.colleague, "project.task", "read", task.ids, ["name", "description"]),
            self._rpc(self.colleague, "mail.message", "search_read", of_task, ["body"]),
            self._rpc(self.colleague, "ir.attachment", "search_read", [["name", "=", "smoke.png"]]),
            self._request(
                "/mail/thread/messages",
                {"thread_model": "project.task", "thread_id": task.id},
            ),
        ]

    def _assert_handed_over(self, words, hidden):
        task = self._create_task_from_call(self.project)
        found = str(self._read_as_colleague(task))
        for word in words:
            self.assertIn(word, found)
        self._assert_without(hidden, found)
        self.assertIn("Call of 11/23/26", found, "The link to the call names nobody.")

    def test_by_default_colleagues_read_who_called_and_the_summary(self):
        self.company.call_hand_over = self.env["res.company"].default_get(["call_hand_over"])[
            "call_hand_over"
        ]
        self._assert_handed_over(
            ("+49 30 23125610", "Acme, Jane Roe", "smokes", "this morning"),
            ("pull the plug", "smoke.png"),
        )

    def test_a_company_can_hand_over_notes_and_files_too(self):
        self._assert_handed_over(("this morning", "pull the plug", "smoke.png"), ())

    def test_a_company_can_hand_over_only_a_link(self):
        self.company.call_hand_over = "link"
        self.company.call_texts_for_customers = True  # customers never read more than colleagues
        self._assert_handed_over(("Call of 11/23/26",), CONTENT)

    def test_an_unshared_project_has_titles_that_colleagues_understand(self):
        self.company.call_hand_over = "summary"
        self.assertEqual(self._create_task_from_call(self.project).name, "The printer smokes")
