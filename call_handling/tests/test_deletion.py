from lxml import etree, html

from odoo.exceptions import AccessError
from odoo.tests import Form, tagged

from .common_time import CallTimeCommon

DIALOG = "call.delete.confirm"


@tagged("post_install", "-at_install")
class TestDeletion(CallTimeCommon):
    """*Delete* asks first, and lists what goes with the calls and what stays."""

    def setUp(self):
        super().setUp()
        self.alice.group_ids += self.env.ref("project.group_project_user")
        self.call = self._answered_call("d1")
        self.own = self.call.with_user(self.alice)
        self.own.summary = "Asked for an offer"
        self.env["call.note"].with_user(self.alice).create(
            {"call_id": self.call.id, "body": "<p>Blue</p>"}
        )
        self.own.message_post(body="Done.", message_type="comment")
        self.own.activity_schedule("mail.mail_activity_data_todo", user_id=self.alice.id)
        self.env["ir.attachment"].create(
            {"name": "offer", "raw": b"x", "res_model": "call.call", "res_id": self.call.id}
        )
        self.own.action_create_task()
        self.task_of_call = self.call.task_id
        self._run_pending_jobs()
        self.missed = self._log_call("d2", "+12025550143", answered=False)

    def _ask(self, calls, user=None):
        """Press *Delete* in the menu of actions, and return the dialog."""
        user = user or self.admin
        action = self.env.ref("call_handling.call_call_action_delete").with_user(user)
        context = {"active_model": "call.call", "active_ids": calls.ids, "active_id": calls[:1].id}
        answer = action.with_context(**context).run()
        self.assertEqual((answer["res_model"], answer["target"]), (DIALOG, "new"))
        return Form(self.env[DIALOG].with_user(user).browse(answer["res_id"]))

    def _list(self, form, name):
        return [item.text_content() for item in html.fromstring(form[name] or "<p/>").iter("li")]

    def _belonging(self, calls):
        """Return what goes with the calls, by model."""
        lines = calls.sudo().timesheet_ids
        about = [("res_model", "=", "call.call"), ("res_id", "in", calls.ids)]
        messages = [("model", "=", "call.call"), ("res_id", "in", calls.ids)]
        return [
            calls.note_ids, calls.leg_ids, calls.callback_id, lines, calls.event_ids,
            self.env["ir.attachment"].search(about), self.env["mail.activity"].search(about),
            self.env["mail.message"].search(messages),
        ]  # fmt: skip

    def test_it_lists_what_goes_and_what_stays_and_nothing_happens_before(self):
        form = self._ask(self.call | self.missed)
        deleted = self._list(form, "deleted")
        for call in self.call | self.missed:
            self.assertIn(call.with_user(self.admin).display_name, deleted)
        for text in (
            "Call Note: 1", "Attachment: 1", "Activity: 1", "Message: 1", "Timesheet: 1",
            "Callback: 1",
        ):  # fmt: skip
            self.assertIn(text, deleted)
        self.assertEqual(self._list(form, "remains"), [f"Task: {self.task_of_call.display_name}"])
        self.assertEqual((self.call | self.missed).exists(), self.call | self.missed)

    def test_what_it_lists_is_what_happens_whatever_the_way(self):
        ways = {
            "dialog": lambda calls: self._ask(calls).record.action_confirm(),
            "by a program": lambda calls: calls.with_user(self.admin).unlink(),
        }
        for name, delete in ways.items():
            with self.subTest(name), self.env.cr.savepoint() as savepoint:
                calls = self.call | self.missed
                belonging = self._belonging(calls)
                self.assertTrue(all(belonging), belonging)
                before = self.env["call.audit"].search([])
                delete(calls)
                self.assertFalse(calls.exists())
                for records in belonging:
                    self.assertFalse(records.exists(), records)
                self.assertTrue(self.task_of_call.exists())
                entries = self.env["call.audit"].search([]) - before
                self.assertEqual(set(entries.mapped("act")), {"delete"})
                self.assertEqual(set(entries.mapped("res_id")), set(calls.ids))
                self.assertEqual(entries.user_id, self.admin)
                self._send_events({"call": "d1", "event": "recording"})
                self.assertFalse(self._call("d1"))
                savepoint.rollback()
                self.env.invalidate_all()

    def test_time_that_people_have_entered_or_changed_stays(self):
        line = self.call.sudo().timesheet_ids
        own = line.create(
            {"name": "Advice", "project_id": self.project.id, "call_id": self.call.id,
             "employee_id": self.employee_bob.id, "unit_amount": 1}
        )  # fmt: skip
        line.with_user(self.alice).unit_amount = 2
        form = self._ask(self.call)
        remains = self._list(form, "remains")
        for kept in line | own:
            self.assertIn(f"Timesheet: {kept.display_name} (entered by hand)", remains)
        self.assertNotIn("Timesheet", " ".join(self._list(form, "deleted")))
        form.record.action_confirm()
        self.assertEqual((line | own).exists(), line | own)
        self.assertFalse((line | own).call_id)

    def test_a_callback_for_which_others_wait_stays(self):
        again = self._log_call("d3", "+12025550143", answered=False)
        callback = self.missed.callback_id
        self.assertEqual(again.callback_id, callback)
        form = self._ask(self.missed)
        self.assertNotIn("Callback", " ".join(self._list(form, "deleted")))
        form.record.action_confirm()
        self.assertEqual(callback.call_ids, again)

    def test_only_administrators_of_calls_delete(self):
        for user in (self.alice, self.lead, self.boss):
            with self.subTest(user.login):
                with self.assertRaises(AccessError):
                    self.call.with_user(user).action_delete()
                with self.assertRaises(AccessError):
                    self._ask(self.call, user)
                with self.assertRaises(AccessError):
                    self.call.with_user(user).unlink()
        self.assertTrue(self.call.timesheet_ids)

    def test_of_many_calls_it_names_the_first(self):
        calls = self.env["call.call"].browse(
            [self._log_call(f"m{i}", extension="102").id for i in range(12)]
        )
        deleted = self._list(self._ask(calls), "deleted")
        self.assertIn("2 more calls", deleted)

    def test_no_view_offers_to_delete_without_asking(self):
        views = self.env["ir.ui.view"].search(
            [("model", "=", "call.call"), ("mode", "=", "primary"),
             ("type", "in", ("list", "form", "calendar"))]
        )  # fmt: skip
        calls = self.env["call.call"].with_user(self.admin)
        for view in views.filtered(lambda view: (view.xml_id or "").startswith("call_handling")):
            with self.subTest(view.xml_id):
                arch = calls.get_views([(view.id, view.type)])["views"][view.type]["arch"]
                root = etree.fromstring(arch)
                self.assertEqual(root.get("delete"), "0")
        bindings = self.env["ir.actions.actions"].with_user(self.admin).get_bindings("call.call")
        self.assertIn("Delete", [action["name"] for action in bindings["action"]])
        bindings = self.env["ir.actions.actions"].with_user(self.boss).get_bindings("call.call")
        self.assertNotIn("Delete", [action["name"] for action in bindings["action"]])
