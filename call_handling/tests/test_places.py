from odoo.tests import Form, new_test_user, tagged

from .common import CallCommon


@tagged("post_install", "-at_install")
class TestPlaces(CallCommon):
    """Calls on contacts, employees and departments, and extensions on users."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.nordwind = cls._create_contact("Nordwind AG", is_company=True)
        cls.jane = cls._create_contact("Jane Roe", "+12025550142", parent_id=cls.nordwind.id)
        cls.john = cls._create_contact("John Doe", "+12025550143", parent_id=cls.nordwind.id)

    def test_a_contact_shows_the_last_calls_of_the_whole_company(self):
        first = self._log_call("c1")
        second = self._log_call("c2", "+12025550143", at="2026-11-23T11:00:00Z")
        for partner in (self.jane, self.john, self.nordwind):
            self.assertEqual(partner.with_user(self.alice).last_call_ids, second + first)
        action = self.jane.with_user(self.alice).action_view_company_calls()
        self.assertEqual(self.env["call.call"].search(action["domain"]), second + first)

    def test_five_calls_are_shown(self):
        for number in range(6):
            self._log_call(f"c{number}")
        self.assertEqual(len(self.jane.with_user(self.alice).last_call_ids), 5)

    def test_a_contact_shows_only_calls_that_the_user_may_see(self):
        self._log_call("c1")
        self.assertFalse(self.jane.with_user(self.dave).last_call_ids)

    def test_the_form_of_a_contact_opens_with_and_without_access_to_calls(self):
        nobody = new_test_user(self.env, login="nobody", company_id=self.company.id)
        for user in (self.alice, nobody):
            self.assertEqual(Form(self.jane.with_user(user)).name, "Jane Roe")

    def test_employees_and_departments_show_their_calls(self):
        call = self._log_call("c1")
        for record in (self.alice.employee_ids, self.support):
            record = record.with_user(self.boss).sudo()
            self.assertEqual((record.call_count, round(record.call_hours * 60)), (1, 1))
            self.assertEqual(
                self.env["call.call"].search(record.action_view_calls()["domain"]), call
            )
        self.assertFalse(self.sales.sudo().call_count)

    def test_users_see_their_extension_in_their_preferences(self):
        alice = self.alice.with_user(self.alice)
        self.assertEqual(alice.read(["call_extension_label"])[0]["call_extension_label"], "101")
        view = "base.view_users_form_simple_modif"
        with Form(alice, view=view) as form:
            self.assertEqual(form.call_extension_label, "101")
            form.call_sound = True
        self.assertTrue(self.alice.call_sound)

    def test_a_call_administrator_adds_extensions_on_the_user_form(self):
        self.admin.group_ids += self.env.ref("base.group_erp_manager")
        dave = self.dave.with_user(self.admin)
        with (
            Form(dave, view="base.view_users_form") as form,
            form.call_extension_ids.new() as line,
        ):
            line.pbx_id = self.pbx
            line.number = "119"
        self.assertEqual(self.dave.call_extension_label, "104, 119")
