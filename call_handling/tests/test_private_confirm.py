from contextlib import suppress

from freezegun import freeze_time
from lxml import html

from odoo import fields
from odoo.exceptions import UserError
from odoo.tests import Form, tagged

from ..models.call.undo import DELETED
from .common_follow_up import AT_WORK, FollowUpCommon


@tagged("post_install", "-at_install")
@freeze_time(AT_WORK)
class TestPrivateConfirm(FollowUpCommon):
    """*Private* asks first, and lists what is deleted and what remains."""

    def setUp(self):
        super().setUp()
        self.call = self._jane_calls()
        self._fill_in(self.call)
        self.own = self.call.with_user(self.alice)

    def _ask(self, action):
        self.assertEqual((action["type"], action["target"]), ("ir.actions.act_window", "new"))
        wizard = self.env[action["res_model"]].with_user(self.alice).browse(action["res_id"])
        return Form(wizard)

    def _list(self, form, name):
        return [item.text_content() for item in html.fromstring(form[name] or "<p/>").iter("li")]

    def test_nothing_happens_before_it_is_confirmed(self):
        form = self._ask(self.own.action_make_private())
        self.assertFalse(self.call.is_private)
        self.assertEqual(self.call.partner_id, self.jane)
        form.record.action_confirm()
        self.assertTrue(self.call.is_private)
        self.assertFalse(self.call.partner_id)

    def test_it_lists_what_is_deleted_and_what_remains(self):
        self.own.action_create_task()
        self.own.activity_schedule("mail.mail_activity_data_todo", user_id=self.alice.id)
        self.own.action_create_meeting()
        self.own._create_follow_up("meeting")
        meeting = self.call.meeting_id
        meeting.with_user(self.alice).partner_ids += self.bob.partner_id
        form = self._ask(self.own.action_make_private())
        deleted, remains = self._list(form, "deleted"), self._list(form, "remains")
        self.assertIn(f"Task: {self.call.task_id.display_name}", deleted)
        self.assertEqual(remains, [f"Calendar Event: {meeting.display_name} (edited by others)"])
        for text in ("Call Note: 1", "Attachment: 1", "Activity: 1"):
            self.assertIn(text, deleted)
        self.assertFalse(self._list(form, "prevents"))

    def test_what_it_lists_is_what_happens(self):
        self.own.action_create_task()
        self.own._create_follow_up("meeting")
        self.call.meeting_id.with_user(self.bob).sudo().name = "Show the printer"
        self.env["account.analytic.line"].with_user(self.alice).sudo().create(
            {"name": "Advice", "project_id": self.project.id, "call_id": self.call.id,
             "employee_id": self.alice.employee_ids.id, "unit_amount": 1}
        )  # fmt: skip
        self._mark_unwanted(self.call, self.boss)
        plan = self.call.sudo()._plan_undo()
        fates = {trace.record_sudo: trace.fate for trace in plan}
        self.assertEqual(
            {record._name for record in fates},
            {"project.task", "calendar.event", "account.analytic.line", "call.block"},
        )
        lists = self.own._get_private_preview()
        listed = {name: list(texts) for name, texts in lists.items()}
        for trace in plan:
            text = self.call.sudo()._format_trace(trace)
            self.assertIn(text, listed["deleted" if trace.fate == DELETED else "remains"])
        self._ask(self.own.action_make_private()).record.action_confirm()
        for record, fate in fates.items():
            self.assertEqual(bool(record.exists()), fate != DELETED, record)

    def test_the_right_is_checked_again(self):
        form = self._ask(self.own.action_make_private())
        self.call.date_end = fields.Datetime.subtract(fields.Datetime.now(), hours=25)
        with self.assertRaisesRegex(UserError, "24 hours"):
            form.record.action_confirm()
        self.assertFalse(self.call.is_private)

    def test_nobody_else_can_use_it(self):
        action = self.own.action_make_private()
        dialogs = self.env[action["res_model"]]
        for user in (self.bob, self.boss, self.admin):
            self.env.flush_all()
            self.env.invalidate_all()
            with self.subTest(user.login):
                # Whoever does not see the call has an empty dialog.
                with suppress(UserError):
                    dialogs.with_user(user).browse(action["res_id"]).action_confirm()
                for use in ("action_confirm", "read"):
                    with self.assertRaises(UserError):
                        getattr(dialogs.with_user(user).create({"call_ids": self.call.ids}), use)()
                self.assertFalse(self.call.is_private)
        self.assertFalse(self.call.is_private)

    def test_what_is_left_is_deleted_after_a_question_too(self):
        self._make_private(self.own)
        form = self._ask(self.own.action_forget_private())
        self.assertTrue(form.is_forgetting)
        self.assertTrue(self.call.exists())
        form.record.action_confirm()
        self.assertFalse(self.call.exists())

    def test_whoever_confirms_stays_on_the_card_or_leaves_the_form_of_a_deleted_call(self):
        for mode, is_deleted in (("keep", False), ("count", True), ("forget", True)):
            self.call.company_id.call_private_mode = mode
            for is_card in (True, False):
                with self.subTest(mode, is_card=is_card):
                    call = self._jane_calls(f"{mode}-{is_card}")
                    asked = call.with_user(self.alice).action_make_private()
                    wizard = self._ask(asked).record
                    done = wizard.with_context(call_handling_stay=is_card).action_confirm()
                    self.assertEqual(not call.exists(), is_deleted)
                    leaves = is_deleted and not is_card
                    self.assertEqual(done.get("res_model"), "call.call" if leaves else None)
                    self.assertEqual(done.get("target"), "main" if leaves else None)

    def test_the_form_of_a_private_call_offers_no_changes(self):
        form = Form(self.own)
        form.summary = "Dinner at eight"
        form.save()
        self._make_private(self.own)
        self.own.invalidate_recordset()
        for name in ("partner_id", "user_id", "department_id", "line_id", "category_id",
                     "project_id", "summary"):  # fmt: skip
            with self.subTest(name), self.assertRaisesRegex(AssertionError, "readonly"):
                setattr(Form(self.own), name, self.own[name])

    def test_it_stores_nothing_about_the_call(self):
        wizard = self._ask(self.own.action_make_private()).record
        stored = [n for n, f in wizard._fields.items() if f.store and f.type in ("char", "html")]
        self.assertEqual(stored, [])

    # --- what was decided on several calls ----------------------------------------------

    def _number_of(self, call):
        return [("number", "=", call.remote_number)]

    def _second_call(self):
        number = self.call.remote_number
        start = fields.Datetime.now().isoformat() + "Z"
        return self._log_call("second", number, at=start, extension="101")

    def test_a_number_that_was_marked_again_on_another_call_stays_unwanted(self):
        other = self._second_call()
        domain = self._number_of(self.call)
        self._mark_unwanted(self.call, self.lead)
        self._mark_unwanted(other, self.boss)
        self._ask(self.own.action_make_private()).record.action_confirm()
        self.assertEqual(self.env["call.block"].search(domain).source_call_id, other)
        self.company.call_private_hours = 10**6
        self._make_private(other.with_user(self.alice))
        self.assertFalse(self.env["call.block"].search(domain))

    def test_a_number_that_was_remembered_again_on_another_call_stays_remembered(self):
        other = self._second_call()
        domain = self._number_of(self.call)
        for user in (self.lead, self.boss):
            user.group_ids += self.env.ref("base.group_partner_manager")
        chosen = self._create_contact("Joan Roe", self.call.remote_number)
        chosen.phone = False
        for call, user in ((self.call, self.lead), (other, self.boss)):
            call.with_user(user).action_choose_partner(chosen.id, remember=True)
        self._ask(self.own.action_make_private()).record.action_confirm()
        self.assertTrue(self.env["call.number"].search(domain).is_learned)
        self.company.call_private_hours = 10**6
        self._make_private(other.with_user(self.alice))
        self.assertFalse(self.env["call.number"].search(domain))
