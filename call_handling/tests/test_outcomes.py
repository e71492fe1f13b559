from odoo.tests import tagged

from ..adapters.demo import SCENARIOS
from ..adapters.event import Cause
from ..adapters.outcome import Outcome
from .common import CallCommon


@tagged("post_install", "-at_install")
class TestOutcomes(CallCommon):
    """Every outcome is simulated, computed, stored, shown and counted. Its description in the
    docs is checked by `tests/adapters/test_docs.py`."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.demo = cls._create_pbx("demo", token="demo address")
        for user, extension in ((cls.alice, "101"), (cls.bob, "102"), (cls.dave, "104")):
            cls._give_extension(cls.demo, user, extension)

    def _simulate(self, scenario):
        simulation = (
            self.env["call.pbx.simulate"]
            .with_user(self.admin)
            .create({"pbx_id": self.demo.id, "scenario": scenario})
        )
        steps = simulation.action_play()["params"]["steps"]
        self._send_events(*(event for _seconds, event in steps), pbx=self.demo)
        return self._call(steps[0][1]["call"], pbx=self.demo)

    def test_a_call_can_be_simulated_for_every_outcome(self):
        simulated = {scenario.outcome for scenario in SCENARIOS.values()}
        self.assertEqual(simulated, set(Outcome.of_calls()))

    def test_every_scenario_can_be_chosen_and_has_its_outcome(self):
        field = self.env["call.pbx.simulate"].fields_get(["scenario"])["scenario"]
        self.assertEqual([name for name, _label in field["selection"]], list(SCENARIOS))
        for name, scenario in SCENARIOS.items():
            with self.subTest(name):
                call = self._simulate(name)
                self.assertEqual((call.state, call.outcome), ("ended", scenario.outcome.value))

    def test_every_outcome_is_shown_in_lists_and_can_be_searched(self):
        for name, scenario in SCENARIOS.items():
            with self.subTest(name):
                call = self._simulate(name)
                self.assertEqual(call.progress, scenario.outcome.label)
                found = call.search([("outcome", "=", scenario.outcome.value)])
                self.assertIn(call, found)

    def test_an_incoming_call_that_was_not_answered_is_missed(self):
        for name, scenario in SCENARIOS.items():
            with self.subTest(name):
                call = self._simulate(name)
                is_missed = (
                    call.direction == "incoming" and scenario.outcome is not Outcome.ANSWERED
                )
                self.assertEqual(call.call_type == "unanswered", is_missed)
                self.assertEqual(bool(call.callback_id), is_missed)

    def test_every_cause_of_an_end_becomes_the_outcome_of_a_leg(self):
        for cause in Cause:
            with self.subTest(cause):
                ref = f"c-{cause.value}"
                leg = {"call": ref, "leg": f"{ref}-101", "extension": "101"}
                self._send_events(
                    leg | {"event": "ringing", "direction": "incoming", "from": "+12025550142"},
                    leg | {"event": "ended", "cause": cause.value},
                )
                [outcome] = self._call(ref).leg_ids.mapped("outcome")
                expected = "no_answer" if cause is Cause.NORMAL else cause.value
                self.assertEqual(outcome, expected)

    def test_calls_and_legs_have_every_possible_outcome(self):
        of_calls = self.env["call.call"]._fields["outcome"].get_values(self.env)
        of_legs = self.env["call.leg"]._fields["outcome"].get_values(self.env)
        self.assertEqual(of_calls, [outcome.value for outcome in Outcome.of_calls()])
        self.assertEqual(of_legs, [outcome.value for outcome in Outcome])
