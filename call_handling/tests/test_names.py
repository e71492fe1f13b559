import json

from odoo.tests import new_test_user, tagged

from .common_portal import PortalCommon
from .common_time import NUMBER, CallTimeCommon

CONTENT = ("2025550142", "202-555-0142", "Smith", "Asked")


@tagged("post_install", "-at_install")
class TestNames(PortalCommon, CallTimeCommon):
    """Fields that lead to calls name them only for those who may see them."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.manager = new_test_user(
            cls.env, "manager", "base.group_user,hr_timesheet.group_timesheet_manager",
            company_id=cls.company.id, company_ids=[(6, 0, cls.company.ids)],
        )  # fmt: skip
        cls.call = cls._log_call(number=NUMBER, from_name="J. Smith")
        cls.call.with_user(cls.alice).summary = "Asked for an offer"

    def _add_line(self):
        return self.env["account.analytic.line"].create(
            {"call_id": self.call.id, "project_id": self.project.id, "name": "Time",
             "employee_id": self.employee_alice.id, "unit_amount": 1}
        )  # fmt: skip

    def _assert_hidden(self, found):
        for word in CONTENT:
            self.assertNotIn(word, json.dumps(found, default=str))

    def test_a_timesheet_line_names_its_call_only_for_those_who_may_see_it(self):
        line = self._add_line()
        [values] = self._rpc(self.alice, line._name, "read", line.ids, ["call_id"])
        self.assertEqual(values["call_id"][1], "J. Smith, 2026-11-23 11:00")
        for user in (self.manager, self.dave):
            self._give_timesheets(user)
            with self.subTest(user.login):
                [values] = self._rpc(user, line._name, "read", line.ids, ["call_id", "call_label"])
                self.assertEqual(values["call_id"], [self.call.id, "Call"])
                self.assertFalse(values["call_label"])

    def _give_timesheets(self, user):
        user.group_ids += self.env.ref("hr_timesheet.group_hr_timesheet_approver")

    def test_the_name_is_translated(self):
        self.env["res.lang"]._activate_lang("de_DE")
        self.env.ref("call_handling.model_call_call").with_context(lang="de_DE").name = "Anruf"
        call = self.call.with_user(self.manager).sudo().with_context(lang="de_DE")
        self.assertEqual(call.display_name, "Anruf")

    def test_groups_and_exports_do_not_name_hidden_calls(self):
        line = self._add_line()
        domain = [["id", "=", line.id]]
        for user in (self.alice, self.manager):
            user.group_ids += self.env.ref("base.group_allow_export")
        for user, is_hidden in ((self.alice, False), (self.manager, True)):
            group = (domain, ["call_id"], ["__count"])
            found = [
                self._rpc(user, line._name, "formatted_read_group", *group),
                self._rpc(user, line._name, "web_read_group", *group),
                self._rpc(user, line._name, "export_data", line.ids, ["call_id", "call_id/.id"]),
                self._rpc(user, line._name, "web_search_read", domain,
                          {"call_id": {"fields": {"display_name": {}}}}),
            ]  # fmt: skip
            with self.subTest(user.login):
                if is_hidden:
                    self._assert_hidden(found)
                else:
                    for answer in found:
                        self.assertIn("Smith", json.dumps(answer))

    def test_hidden_calls_cannot_be_found_by_their_name(self):
        line = self._add_line()
        for typed in ("202", "0142", "Smith"):
            found = self._rpc(self.alice, line._name, "search", [["call_id", "ilike", typed]])
            self.assertEqual(found, line.ids)
            for user in (self.manager, self.dave):
                self._give_timesheets(user)
                found = self._rpc(user, line._name, "search", [["call_id", "ilike", typed]])
                self.assertIn(found, ([], "AccessError"))
                found = self._rpc(user, "call.call", "name_search", typed)
                self.assertIn(found, ([], "AccessError"))

    def test_no_record_of_ours_is_named_for_those_who_may_not_read_it(self):
        missed = self._log_call("missed", number="+12025550143", answered=False)
        records = [
            self.call, self.call.leg_ids, self.call.event_ids, self.call.reference_ids,
            missed.callback_id,
            self.env["call.block"].create({"number": NUMBER, "company_id": self.company.id}),
            self.env["call.note"].create({"call_id": self.call.id, "body": "<p>Asked</p>"}),
            self.env["call.dial"].create(
                {"user_id": self.alice.id, "pbx_id": self.pbx.id, "extension": "101",
                 "number": NUMBER}
            ),
            self.env["call.private.number"].with_user(self.alice).create({"number": NUMBER}),
        ]  # fmt: skip
        for record in records:
            with self.subTest(record._name):
                self.assertTrue(record)
                # as many2one fields read names
                names = record.with_user(self.manager).sudo().mapped("display_name")
                description = self.env["ir.model"]._get(record._name).name
                self.assertEqual(set(names), {description})

    def test_names_of_many_calls_need_one_check(self):
        calls = self.env["call.call"].browse([self._log_call(f"n{i}").id for i in range(5)])
        self.env.flush_all()

        def count_queries(records):
            self.env.invalidate_all()
            records = records.with_user(self.alice).sudo()
            records.mapped("remote_label")  # what names are made of
            start = self.cr.sql_log_count
            records.mapped("display_name")
            return self.cr.sql_log_count - start

        count_queries(calls)  # fills caches
        self.assertEqual(count_queries(calls), count_queries(calls[:2]))

    def test_reminders_and_mails_about_a_call_do_not_name_it(self):
        activity = self.call.activity_schedule(
            "mail.mail_activity_data_todo", user_id=self.alice.id, summary="Send the offer"
        )
        self.assertEqual(activity.res_name, "Call")
        follower = self.env["res.partner"].create({"name": "F", "email": "f@example.com"})
        self.call.with_user(self.alice).message_post(
            body="Done.", partner_ids=follower.ids, subtype_xmlid="mail.mt_comment"
        )
        mail = self.env["mail.mail"].search([("recipient_ids", "in", follower.ids)])
        self.assertTrue(mail)
        self._assert_hidden([mail.subject, mail.body_html])
        self.assertIn("Call", mail.subject)
