from odoo.exceptions import AccessError, UserError
from odoo.tests import Form, TransactionCase, new_test_user, tagged

ADMIN = "base.group_user,call_handling.group_call_handling_admin"


@tagged("post_install", "-at_install")
class TestFirstSteps(TransactionCase):
    """A new administrator finds a way on from the first, empty screen."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.company = cls.env["res.company"].create({"name": "New company"})
        values = {"company_id": cls.company.id, "company_ids": cls.company.ids}
        cls.admin = new_test_user(cls.env, "new_admin", ADMIN, **values)
        own = "base.group_user,call_handling.group_call_handling_own"
        cls.user = new_test_user(cls.env, "new_user", own, **values)
        cls.pbx = cls.env["call.pbx"].with_user(cls.admin)

    def _get_help(self, user):
        calls = self.env["call.call"].with_user(user).with_company(self.company)
        return str(calls.get_empty_list_help("<p>Nothing here</p>"))

    def _start(self):
        action = self.pbx.action_start_trial()
        for _delay, event in action["params"]["steps"]:
            self.pbx.perform(action["params"]["pbx_id"], [event])
        return self.pbx.browse(action["params"]["pbx_id"])

    def _get_calls(self, pbx):
        return self.env["call.call"].search([("pbx_id", "=", pbx.id)])

    def test_an_empty_list_offers_administrators_to_connect_or_to_try(self):
        text = self._get_help(self.admin)
        self.assertIn("call_pbx_action_new", text)
        self.assertIn("action_start_trial", text)
        self.assertNotIn("action_start_trial", self._get_help(self.user))
        self.pbx.create({"name": "Ours", "adapter": "generic"})
        self.assertNotIn("action_start_trial", self._get_help(self.admin))

    def test_the_simulated_system_calls_the_administrator_at_once(self):
        pbx = self._start()
        call = self._get_calls(pbx)
        self.assertEqual((call.user_id, call.outcome), (self.admin, "answered"))
        self.assertEqual(self._start(), pbx)
        self.assertEqual(len(self._get_calls(pbx)), 2)
        self.assertEqual(len(pbx.extension_ids), 1)

    def test_it_is_removed_with_its_calls_in_one_click(self):
        pbx = self._start()
        calls, pbx_id = self._get_calls(pbx), pbx.id
        pbx.action_end_trial()
        self.assertFalse(calls.exists())
        self.assertFalse(self.env["call.pbx"].browse(pbx_id).exists())
        self.assertFalse(self.env["call.event"].search([("pbx_id", "=", pbx_id)]))
        self.assertIn("action_start_trial", self._get_help(self.admin))

    def test_a_real_system_is_not_removed_like_that(self):
        pbx = self.pbx.create({"name": "Ours", "adapter": "generic"})
        with self.assertRaisesRegex(UserError, "not a simulated"):
            pbx.action_end_trial()
        self.assertTrue(pbx.exists())

    def test_others_cannot_start_it(self):
        with self.assertRaises(AccessError):
            self.env["call.pbx"].with_user(self.user).action_start_trial()

    def test_a_new_telephone_system_is_chosen_and_not_guessed(self):
        with Form(self.pbx) as form:
            self.assertFalse(form.adapter)
            form.name = "Ours"
            form.adapter = "asterisk"
        codes = list(dict(self.pbx.fields_get(["adapter"])["adapter"]["selection"]))
        self.assertLess(codes.index("asterisk"), codes.index("generic"))
        self.assertEqual(codes[-1], "demo")
