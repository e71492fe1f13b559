from lxml import etree

from odoo.tests import Form, new_test_user, tagged
from odoo.tools.safe_eval import safe_eval

from .common_time import CallTimeCommon


@tagged("post_install", "-at_install")
class TestEmployeePhone(CallTimeCommon):
    """A phone belongs to an employee without a user, or to a user without an employee."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.driver = cls.env["hr.employee"].create(
            {"name": "Dora Driver", "company_id": cls.company.id, "department_id": cls.support.id}
        )
        with Form(cls.pbx.with_user(cls.admin)) as form, form.extension_ids.new() as extension:
            extension.number = "160"
            extension.employee_id = cls.driver
        cls.guest = new_test_user(
            cls.env,
            login="guest",
            groups="call_handling.group_call_handling_own",
            company_id=cls.company.id,
            company_ids=[(6, 0, cls.company.ids)],
        )
        cls._give_extension(cls.pbx, cls.guest, "161")

    def _answered_by(self, extension, ref="e1", **values):
        call = self._log_call(ref, extension=extension, **values)
        self._run_pending_jobs()
        return call

    def test_an_answered_call_is_the_employees_everywhere(self):
        call = self._answered_by("160")
        self.assertRecordValues(
            call,
            [
                {
                    "user_id": False,
                    "employee_id": self.driver.id,
                    "department_id": self.support.id,
                }
            ],
        )
        self.assertEqual(call.leg_ids.employee_id, self.driver)
        self.assertRecordValues(
            call.timesheet_ids,
            [{"employee_id": self.driver.id, "user_id": False, "project_id": self.project.id}],
        )

    def test_a_missed_call_waits_for_the_lead_of_the_employees_department(self):
        call = self._answered_by("160", answered=False)
        self.assertEqual((call.employee_id, call.department_id), (self.driver, self.support))
        self.assertIn(call.callback_id, self.env["call.callback"].with_user(self.lead).search([]))

    def test_the_lead_finds_and_counts_the_employees_calls(self):
        call = self._answered_by("160")
        calls = self.env["call.call"].with_user(self.lead)
        arch = etree.fromstring(calls.get_view(view_type="search")["arch"])
        domain = arch.find(".//field[@name='user_id']").get("filter_domain")
        self.assertEqual(calls.search(safe_eval(domain, {"self": "dora"})), call)
        groups = calls.formatted_read_group(
            [("employee_id", "!=", False)], ["employee_id"], ["talk_seconds:sum"]
        )
        self.assertEqual(
            [(group["employee_id"][1], group["talk_seconds:sum"]) for group in groups],
            [("Dora Driver", 60)],
        )

    def test_the_forms_of_call_and_employee_show_whose_phone_it_is(self):
        call = self._answered_by("160")
        form = Form(call.with_user(self.lead))
        self.assertEqual(form.employee_id.id, self.driver.id)
        officer = new_test_user(
            self.env,
            login="officer",
            groups="hr.group_hr_user",
            company_id=self.company.id,
            company_ids=[(6, 0, self.company.ids)],
        )
        self.assertEqual(Form(self.driver.with_user(officer)).call_extension_label, "160")
        of_alice = Form(self.employee_alice.sudo(False).with_user(officer))
        self.assertEqual(of_alice.call_extension_label, "101", "That of her user.")

    def test_the_employees_calls_are_counted_on_the_employee(self):
        call = self._answered_by("160")
        self.assertEqual(self.driver.call_count, 1)
        self.assertEqual(
            self.env["call.call"].search(self.driver.action_view_calls()["domain"]), call
        )

    def test_the_phone_follows_the_employee_who_gets_or_changes_a_user(self):
        extension = self.pbx.extension_ids.filtered(lambda phone: phone.number == "160")
        self.driver.user_id = self.guest
        self.assertEqual(extension.user_id, self.guest)
        other = new_test_user(self.env, login="other", company_id=self.company.id)
        self.driver.user_id = other
        self.assertEqual(extension.user_id, other)
        self.driver.user_id = False
        self.assertEqual((extension.user_id.id, extension.employee_id), (False, self.driver))

    def test_the_calls_of_a_user_without_an_employee_are_the_users(self):
        call = self._answered_by("161")
        self.assertEqual((call.user_id, call.leg_ids.user_id), (self.guest, self.guest))
        self.assertEqual(self.env["call.call"].with_user(self.guest).search([]), call)
        self.assertFalse(call.employee_id or call.department_id)
        missed = self._answered_by("161", "e2", answered=False, number="+12025550143")
        self.assertEqual(missed.callback_id.user_ids, self.guest)
