from freezegun import freeze_time

from odoo.exceptions import AccessError, UserError
from odoo.tests import tagged

from .common import CallCommon

NUMBER = "+12025550142"
TRACKING = {"tracking_disable": False, "mail_notrack": False}


@tagged("post_install", "-at_install")
@freeze_time("2026-11-23 11:00:00")
class TestAudit(CallCommon):
    """The audit trail says who did what, when and to which record, and nothing else."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.call = cls._log_call(number=NUMBER)
        cls.entries = cls.env["call.audit"].search([])

    def _new(self):
        entries = self.env["call.audit"].search([]) - self.entries
        self.entries |= entries
        return entries

    def _assert_logged(self, act, record, user, **values):
        """Check that this, and nothing else, has been added to the trail."""
        self.assertRecordValues(
            self._new(),
            [
                {"act": act, "res_model": record._name, "res_id": record.id, "user_id": user.id}
                | values
            ],
        )

    # --- who reads it ----------------------------------------------------------------

    def test_only_administrators_read_it_and_nobody_changes_it(self):
        self._make_private(self.call.with_user(self.alice))
        entry = self._new()
        for user in (self.alice, self.lead, self.boss):
            self.assertFalse(entry.with_user(user).has_access("read"))
        self.assertEqual(entry.with_user(self.admin).model_label, "Call")
        with self.assertRaises(AccessError):
            entry.with_user(self.admin).act = "settings"
        with self.assertRaises(AccessError):
            entry.with_user(self.admin).unlink()
        with self.assertRaises(AccessError):
            self.env["call.audit"].with_user(self.admin).create({"act": "settings"})
        for user in (self.admin, self.env.ref("base.user_admin"), self.env.user):
            with self.subTest(user.login), self.assertRaises(UserError):
                entry.with_user(user).sudo().unlink()

    def test_administrators_of_another_company_do_not_read_it(self):
        other = self.env["res.company"].create({"name": "Other"})
        self._make_private(self.call.with_user(self.alice))
        admin = self._create_user("other_admin", "admin", self.env["hr.department"], False)
        admin.write({"company_ids": [(6, 0, other.ids)], "company_id": other.id})
        entry = self._new().with_user(admin).with_context(allowed_company_ids=other.ids)
        self.assertFalse(entry.has_access("read"))

    def test_it_has_nothing_of_the_content(self):
        fields = self.env["call.audit"]._fields.values()
        self.assertLessEqual(
            {field.name for field in fields if field.store},
            {"id", "create_uid", "create_date", "write_uid", "write_date"}
            | {"user_id", "act", "is_automatic", "private_mode"}
            | {"company_id", "res_model", "res_id", "res_ids", "record_count"},
        )

    # --- calls -----------------------------------------------------------------------

    def test_a_call_made_private_and_forgotten(self):
        self._make_private(self.call.with_user(self.alice))
        self._assert_logged(
            "private", self.call, self.alice, private_mode="keep", is_automatic=False
        )
        self._forget_private(self.call.with_user(self.alice))
        self._assert_logged("forget", self.call, self.alice)

    def test_a_call_that_becomes_private_by_itself(self):
        self.company.call_private_mode = "forget"
        self._create_contact("Mum", "+12025550150", calls_are_private=True)
        self._new()
        self._log_call("c2", number="+12025550150")
        entry = self._new()
        self.assertEqual(entry.mapped("act"), ["private"])
        self.assertTrue(entry.is_automatic)
        self.assertEqual(entry.private_mode, "forget")

    def test_a_call_deleted(self):
        self.call.with_user(self.admin).unlink()
        self._assert_logged("delete", self.call, self.admin)

    def test_a_call_cannot_be_deleted_without_a_trace_by_claiming_to_be_the_app(self):
        context = {"call_handling_automatic": True, "call_handling_erasing": True}
        self.call.with_user(self.admin).with_context(**context).unlink()
        self._assert_logged("delete", self.call, self.admin)

    def test_a_correction_and_its_undoing(self):
        own = self.call.with_user(self.alice)
        own.talk_seconds = 5
        self._assert_logged("correct", self.call, self.alice)
        own.write({"talk_seconds": 5, "summary": "Nothing is corrected now."})
        self.assertFalse(self._new())
        own.action_undo_correction()
        self._assert_logged("undo_correction", self.call, self.alice)

    # --- numbers and contacts --------------------------------------------------------

    def test_unwanted_numbers(self):
        block = self.env["call.block"].with_user(self.admin).create({"number": "+12025550188"})
        self._assert_logged("unwanted", block, self.admin)
        block.is_prefix = True
        self._assert_logged("unwanted", block, self.admin)
        block.unlink()
        self._assert_logged("not_unwanted", block, self.admin)

    def test_remembered_numbers(self):
        one = self._create_contact("One", NUMBER)
        self._create_contact("Two", NUMBER)
        self.env["call.number"].with_user(self.alice)._remember(NUMBER, one.id, self.call)
        number = one.call_number_ids
        self._assert_logged("remember", number, self.alice)
        number.unlink()
        self._assert_logged("forget_number", number, self.env.user)

    def test_private_contacts(self):
        contact = self._create_contact("Jane Roe", calls_are_private=True)
        self._assert_logged("contact_private", contact, self.env.user)
        contact.calls_are_private = False
        self._assert_logged("contact_private", contact, self.env.user)

    # --- settings --------------------------------------------------------------------

    def test_secrets_and_addresses(self):
        pbx = self.pbx.with_user(self.admin)
        pbx.action_new_secret()
        self._assert_logged("secret", self.pbx, self.admin)
        pbx.new_api_secret = "a secret of the API"  # noqa: S105
        self._assert_logged("secret", self.pbx, self.admin)
        pbx.action_end_old_secret()
        self._assert_logged("secret", self.pbx, self.admin)
        pbx.action_new_address()
        self._assert_logged("address", self.pbx, self.admin)

    def test_settings_of_calls(self):
        self.pbx.with_user(self.admin).private_prefix = "*7"
        self._assert_logged("settings", self.pbx, self.admin)
        records = {
            "call.rule": {"name": "R"},
            "call.line": {"name": "L", "number": "030 23125999"},
            "call.extension": {"pbx_id": self.pbx.id, "number": "999"},
        }
        for model, values in records.items():
            with self.subTest(model):
                record = self.env[model].with_user(self.admin).create(values)
                self._assert_logged("settings", record, self.admin)
                name = record._rec_name
                record.write({name: "998"})
                self._assert_logged("settings", record, self.admin)
                record.unlink()
                self._assert_logged("settings", record, self.admin)

    def test_settings_of_the_company_about_private_calls(self):
        self.company.call_private_hours = 48
        self._assert_logged("settings", self.company, self.env.user)
        self.company.call_callback_hours = 3
        self.assertFalse(self._new())

    # --- tracking --------------------------------------------------------------------

    def _tracked(self, record):
        self.env.cr.precommit.run()  # tracking is written at the end of the transaction
        return record.message_ids.tracking_value_ids.field_id.mapped("name")

    def test_changes_of_settings_are_shown_in_their_chatter(self):
        rule = self.env["call.rule"].create({"name": "R"})
        line = self.env["call.line"].create({"name": "L", "number": "030 23125999"})
        changes = {
            self.pbx: {"private_prefix": "*7", "stale_hours": 8},
            rule: {"domain": "[('direction', '=', 'incoming')]", "is_private": True},
            line: {"name": "Hotline", "department_id": self.sales.id},
        }
        for record, values in changes.items():
            with self.subTest(record._name):
                own = record.with_user(self.admin).with_context(**TRACKING)
                self.env.cr.precommit.run()
                own.write(values)
                self.assertEqual(set(self._tracked(record)), set(values))

    def test_no_secret_nor_address_is_ever_tracked(self):
        for name, field in self.pbx._fields.items():
            if getattr(field, "audit", None) or "secret" in name or "token" in name:
                self.assertFalse(getattr(field, "tracking", None), name)
        own = self.pbx.with_user(self.admin).with_context(**TRACKING)
        self.env.cr.precommit.run()
        own.action_new_secret()
        own.action_new_address()
        own.write({"new_secret": "another secret", "new_api_secret": "and another"})
        self.assertFalse(self._tracked(self.pbx))
