from odoo.tests import HttpCase, tagged

from .common import CallCommon

STEPS = ("system", "phones", "lines", "first", "roles")


@tagged("post_install", "-at_install")
class TestOnboarding(CallCommon, HttpCase):
    """What an administrator has to do until calls are logged, above the list of calls."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.new_company = cls.env["res.company"].create({"name": "Fresh Inc."})
        cls.admin.company_ids += cls.new_company
        cls.admin.company_id = cls.new_company

    def _get_env(self, user=None):
        companies = self.new_company.ids
        return self.env(user=user or self.admin, context={"allowed_company_ids": companies})

    def _get_done(self, user=None):
        """Return which steps the panel shows as done."""
        steps = self._get_env(user)["onboarding.onboarding"].get_call_steps()
        names = [step["method"].removeprefix("action_open_call_") for step in steps]
        self.assertIn(tuple(names), (STEPS, ()))
        return {name for name, step in zip(names, steps, strict=True) if step["is_done"]}

    def _open(self, name):
        """Click on the button of a step."""
        steps = self._get_env()["onboarding.onboarding.step"]
        return getattr(steps, f"action_open_call_{name}")()

    def _create_system(self, adapter="generic"):
        values = {"name": "Office", "adapter": adapter, "company_id": self.new_company.id}
        return self._get_env()["call.pbx"].create(
            values | {"country_id": self.env.ref("base.de").id}
        )

    def test_each_step_is_done_as_soon_as_the_data_says_so(self):
        self.assertEqual(self._get_done(), set())
        self._create_system("demo")
        self.assertEqual(self._get_done(), set(), "It is only for trying.")
        pbx = self._create_system()
        self.assertEqual(self._get_done(), {"system"})
        self.assertEqual(self._open("system")["res_id"], pbx.id)
        event = {"call": "c1", "leg": "1", "extension": "101", "event": "ringing"}
        self._send_events(event, pbx=pbx.sudo())
        self.assertEqual(self._get_done(), {"system", "first"})
        self.assertEqual(self._open("phones")["res_model"], "call.peer.phone")
        pbx.extension_ids = [(0, 0, {"number": "101", "user_id": self.alice.id})]
        self.assertEqual(self._open("phones")["res_model"], "call.extension")
        self.assertEqual(self._get_done(), {"system", "first", "phones"})
        lines = self._get_env()["call.line"]
        lines.create({"name": "Office", "number": "+493023125610"})
        self.assertEqual(self._get_done(), {"system", "first", "phones", "lines"})
        self.alice.company_ids += self.new_company
        self.assertEqual(self._get_env()["onboarding.onboarding"].get_call_steps(), [])

    def test_only_administrators_of_calls_see_it(self):
        self.alice.company_ids += self.new_company
        self.assertEqual(self._get_env(self.alice)["onboarding.onboarding"].get_call_steps(), [])

    def test_hidden_it_stays_hidden_in_this_company(self):
        self.assertEqual(self._get_done(), set())
        onboardings = self._get_env()["onboarding.onboarding"]
        onboardings.action_close_call_steps()
        self.assertEqual(onboardings.get_call_steps(), [])
        other = self.env["res.company"].create({"name": "Another"})
        self.admin.company_ids += other
        self.assertTrue(onboardings.with_company(other).get_call_steps())

    def test_the_panel_above_the_list_leads_to_the_next_step(self):
        self.start_tour("/odoo/calls", "call_handling_onboarding", login=self.admin.login)
