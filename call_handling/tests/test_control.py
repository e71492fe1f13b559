from unittest.mock import patch

from odoo.exceptions import AccessError
from odoo.tests import tagged
from odoo.tools import mute_logger

from ..adapters.api import ApiError, Problem
from ..adapters.demo import DemoAdapter
from .common_control import CALLER, ControlCommon


@tagged("post_install", "-at_install")
class TestControl(ControlCommon):
    """What a person does with the running call of their phone from the card."""

    # --- what is offered -------------------------------------------------------------

    def test_the_card_offers_what_the_state_of_the_call_allows(self):
        call = self._ring()
        self.assertEqual(
            self._get_control(call), {"actions": ["hang_up"], "is_held": False, "recording": ""}
        )
        call = self._talk()
        offered = ["hang_up", "hold", "transfer"]
        self.assertEqual(
            self._get_control(call), {"actions": offered, "is_held": False, "recording": ""}
        )
        self._control(call, "hold")
        offered = ["hang_up", "resume", "transfer"]
        self.assertEqual(
            self._get_control(call), {"actions": offered, "is_held": True, "recording": ""}
        )
        self._control(call, "resume")
        self.assertFalse(self._get_control(call)["is_held"])
        self._control(call, "hang_up")
        self.assertEqual(
            self._get_control(call), {"actions": [], "is_held": False, "recording": ""}
        )

    def test_the_card_is_informed_of_holding_and_resuming(self):
        call = self._talk()
        for action in ("hold", "resume"):
            self._pop_messages(self.alice)
            self._control(call, action)
            self.assertEqual(self._states(self.alice), ["ongoing"])

    def test_a_telephone_system_that_cannot_control_calls_offers_nothing(self):
        self._send_events(
            {"call": "c2", "event": "ringing", "direction": "incoming", "from": CALLER,
             "leg": "c2-101", "extension": "101"},
        )  # fmt: skip
        call = self._call("c2")
        self.assertEqual(self._get_control(call)["actions"], [])
        self.assertEqual(self._prepare(call, "hang_up")["state"], "failed")

    def test_who_has_no_phone_in_the_call_controls_nothing(self):
        call = self._talk()
        for user in (self.bob, self.admin):
            with self.subTest(user=user.login), self.assertRaises(AccessError):
                self._prepare(call, "hang_up", user=user)

    # --- what is done ----------------------------------------------------------------

    def test_hanging_up_ends_the_call(self):
        call = self._talk()
        self._control(call, "hang_up")
        self.assertEqual((call.state, call.outcome), ("ended", "answered"))

    def test_a_ringing_call_is_rejected(self):
        call = self._ring()
        self._control(call, "hang_up")
        self.assertEqual((call.state, call.outcome), ("ended", "rejected"))

    def test_the_phones_of_colleagues_ring_on(self):
        call = self._ring("201", "202")
        self._control(call, "hang_up")
        self.assertEqual(call.state, "ringing")
        self.assertEqual(call.leg_ids.filtered("date_end").extension, "201")

    def test_a_transferred_call_is_one_call_and_the_colleagues(self):
        call = self._talk()
        answer = self._control(call, "transfer", "202")
        self.assertEqual(answer["message"], "The call is transferred to 202.")
        self.assertEqual(self._call("c1", self.demo), call)
        first, second = call.leg_ids.sorted("id")
        self.assertEqual((first.outcome, second.user_id), ("transferred", self.bob))

    def test_a_call_is_transferred_to_a_number_as_it_is_written(self):
        call = self._talk()
        answer = self._prepare(call, "transfer", "030 23125-611")
        control = self.env["call.control"].browse(answer["id"])
        self.assertEqual(control.target, "+493023125611")

    def test_what_is_no_number_is_refused_with_a_reason(self):
        answer = self._prepare(self._talk(), "transfer", "Mr. Smith")
        self.assertEqual(
            answer["message"],
            "Mr. Smith is neither an extension nor a valid telephone number. Correct it.",
        )

    # --- asked once ------------------------------------------------------------------

    def test_the_telephone_system_is_asked_once(self):
        call = self._talk()
        control = self.env["call.control"].browse(self._prepare(call, "transfer", "202")["id"])
        control = control.with_user(self.alice)
        with patch.object(DemoAdapter, "control", side_effect=DemoAdapter.control) as asked:
            asked.side_effect = ApiError(Problem.UNREACHABLE, "Timeout")
            self.assertEqual(control.start()["state"], "failed")
            control.start()
        self.assertEqual(asked.call_count, 1)
        self.assertEqual(control.state, "failed")

    def test_what_the_telephone_system_refuses_has_a_reason(self):
        call = self._talk()
        control = self.env["call.control"].browse(self._prepare(call, "hold")["id"])
        refused = ApiError(Problem.REFUSED, "no such channel")
        with patch.object(DemoAdapter, "control", side_effect=refused):
            answer = control.with_user(self.alice).start()
        self.assertEqual(answer["message"], "The telephone system refused: no such channel")

    @mute_logger("odoo.addons.call_handling.models.control.call_control")
    def test_an_error_of_ours_is_no_reason_to_lose_the_call(self):
        call = self._talk()
        control = self.env["call.control"].browse(self._prepare(call, "hold")["id"])
        with patch.object(DemoAdapter, "control", side_effect=KeyError("x")):
            answer = control.with_user(self.alice).start()
        self.assertEqual(answer["state"], "failed")
        self.assertEqual(call.state, "ongoing")

    def test_others_cannot_start_what_somebody_wants(self):
        call = self._talk()
        control = self.env["call.control"].browse(self._prepare(call, "hang_up")["id"])
        with self.assertRaises(AccessError):
            control.with_user(self.bob).start()

    # --- colleagues ------------------------------------------------------------------

    def test_colleagues_are_found_with_what_their_phones_do(self):
        call = self._talk()
        targets = self.env["call.control"].with_user(self.alice).find_targets(call.id, "")
        self.assertEqual(
            [(target["name"], target["extension"], target["state"]) for target in targets],
            [(self.bob.name, "202", "")],
        )
        self._send_events(
            {"call": "c9", "event": "ringing", "direction": "incoming", "leg": "c9-202",
             "extension": "202"}, pbx=self.demo,
        )  # fmt: skip
        [target] = self.env["call.control"].with_user(self.alice).find_targets(call.id, "20")
        self.assertEqual(target["state"], "ringing")
        self.assertFalse(self.env["call.control"].with_user(self.alice).find_targets(call.id, "x9"))

    def test_nothing_is_left_of_it_when_the_call_becomes_private(self):
        call = self._talk()
        self._control(call, "transfer", "202")
        self._make_private(call.with_user(self.bob))
        self.assertFalse(self.env["call.control"].search([]))
