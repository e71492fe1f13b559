from unittest.mock import patch

from odoo.tests import tagged

from ..adapters.api import ApiError, Problem
from ..adapters.base import Adapter
from .common import CallCommon

CALLER, OWN = "+12025550142", "+493023125610"


@tagged("post_install", "-at_install")
class TestControlOfSystems(CallCommon):
    """Running calls of telephone systems are controlled by what their messages have named."""

    def setUp(self):
        super().setUp()
        self.registry_enter_test_mode()  # the request is claimed in a transaction of its own

    def _connect(self, adapter, phones, **values):
        api = {"api_url": "https://192.0.2.1", "api_account": "1", "api_user": "u"}
        pbx = self._create_pbx(adapter, token=f"of-{adapter}", **(api | values))
        pbx.api_secret = "s"
        for user, phone in zip((self.alice, self.bob), phones, strict=False):
            self._give_extension(pbx, user, phone)
        return pbx

    def _control(self, pbx, action, target=None, answer=None):
        """Do something with the only call as alice does it, and return what was asked and said."""
        call = self.env["call.call"].search([("pbx_id", "=", pbx.id)])
        [card] = call.with_user(self.alice).get_cards(call.ids)
        self.assertIn(action, card["control"]["actions"])
        controls = self.env["call.control"].with_user(self.alice)
        prepared = controls.prepare(call.id, action, target)
        if prepared["state"] == "failed":
            return [], prepared["message"]
        with patch.object(Adapter, "ask", autospec=True, side_effect=answer) as ask:
            ask.return_value = {"errcode": 0, "access_token": "t"}
            started = controls.browse(prepared["id"]).start()
        asked = [(*args[1:], kwargs.get("json")) for args, kwargs in ask.call_args_list]
        return asked, started["message"]

    def _find_targets(self, pbx):
        call = self.env["call.call"].search([("pbx_id", "=", pbx.id)])
        controls = self.env["call.control"].with_user(self.alice)
        return [target["extension"] for target in controls.find_targets(call.id)]

    def _talk_at_telnyx(self):
        ann, bo = "sip:ann@sip.telnyx.com", "sip:bo@sip.telnyx.com"
        pbx = self._connect("telnyx", (ann, bo))
        for event, leg, values in (
            ("initiated", "in", {"direction": "incoming"}),
            ("answered", "in", {}),
            ("initiated", "ann", {"direction": "outgoing", "to": ann}),
            ("answered", "ann", {"to": ann}),
        ):
            payload = {"call_control_id": f"v3:{leg}", "call_leg_id": leg, "from": CALLER}
            payload |= {"call_session_id": "s1", "to": OWN} | values
            item = {"event_type": f"call.{event}", "id": f"{event}-{leg}", "payload": payload}
            self._send_events(item, pbx=pbx)
        return pbx

    def _talk_at_aircall(self):
        pbx = self._connect("aircall", ("501", "502"))
        data = {"id": 123, "direction": "inbound", "started_at": 1795600000, "raw_digits": CALLER}
        user = {"id": 501, "name": "Ann"}
        for event, values in (
            ("created", {}),
            ("ringing_on_agent", {"user": user}),
            ("answered", {"user": user, "answered_at": 1795600005}),
        ):
            item = {"resource": "call", "event": f"call.{event}", "data": data | values}
            self._send_events(item, pbx=pbx)
        return pbx

    def _talk_at_sipgate(self):
        pbx = self._connect("sipgate", ("w0", "w1"))
        about = {"callId": "1001", "direction": "in", "from": CALLER[1:], "to": OWN[1:]}
        self._send_events(about | {"event": "newCall", "userId": ["w0"]}, pbx=pbx)
        self._send_events(about | {"event": "answer", "userId": "w0"}, pbx=pbx)
        return pbx

    def _show_recording(self, pbx):
        call = self.env["call.call"].search([("pbx_id", "=", pbx.id)])
        [card] = call.with_user(self.alice).get_cards(call.ids)
        return card["control"]["recording"]

    def test_what_a_system_has_accepted_about_recording_is_shown(self):
        self.env["call.recording.rule"].create({"mode": "request", "company_id": self.company.id})
        pbx = self._talk_at_telnyx()
        for action, shown in (
            ("record", "running"),
            ("pause_recording", "paused"),
            ("resume_recording", "running"),
            ("stop_recording", ""),
        ):
            [(_method, path, _body)], _said = self._control(pbx, action)
            name = action.removesuffix("_recording")
            name = "start" if name == "record" else name
            self.assertEqual(path, f"calls/v3%3Aann/actions/record_{name}")
            self.assertEqual(self._show_recording(pbx), shown)

    def test_without_a_rule_no_system_is_asked_to_record(self):
        pbx = self._talk_at_telnyx()
        call = self.env["call.call"].search([("pbx_id", "=", pbx.id)])
        [card] = call.with_user(self.alice).get_cards(call.ids)
        self.assertNotIn("record", card["control"]["actions"])

    def test_the_leg_is_hung_up_that_the_messages_have_named(self):
        [(method, path, body)], _said = self._control(self._talk_at_telnyx(), "hang_up")
        self.assertEqual((method, path), ("POST", "calls/v3%3Aann/actions/hangup"))
        self.assertIn("command_id", body)

    def test_a_caller_is_transferred_to_a_colleague_by_the_colleagues_number(self):
        self.bob.partner_id.phone = "+49 30 23125-699"
        asked, said = self._control(self._talk_at_telnyx(), "transfer", "030 23125699")
        [(_method, path, body)] = asked
        self.assertEqual(path, "calls/v3%3Ain/actions/transfer")
        self.assertEqual(body["to"], "sip:bo@sip.telnyx.com")
        self.assertIn("sip:bo@sip.telnyx.com", said)

    def test_what_was_not_answered_may_have_happened(self):
        lost = ApiError(Problem.UNREACHABLE, "ReadTimeout")
        asked, said = self._control(self._talk_at_telnyx(), "hang_up", answer=lost)
        self.assertEqual(len(asked), 1)
        self.assertIn("It may have done it nevertheless", said)

    def test_a_system_that_transfers_to_colleagues_only_says_so(self):
        pbx = self._talk_at_aircall()
        self.assertEqual(self._find_targets(pbx), ["502"])
        asked, said = self._control(pbx, "transfer", "+442079460123")
        self.assertFalse(asked)
        self.assertIn("transfers calls to colleagues", said)
        [(_method, path, body)], _said = self._control(pbx, "transfer", "502")
        self.assertEqual((path, body), ("calls/123/transfers", {"user_id": 502}))

    def test_a_system_that_transfers_to_numbers_only_offers_no_colleagues(self):
        pbx = self._talk_at_sipgate()
        self.assertEqual(self._find_targets(pbx), [])
        asked, said = self._control(pbx, "transfer", "w1")
        self.assertFalse(asked)
        self.assertIn("transfers calls to telephone numbers", said)
        self.bob.partner_id.phone = "+49 30 23125-699"
        [(_method, path, body)], _said = self._control(pbx, "transfer", "030 23125699")
        self.assertEqual(path, "calls/1001/transfer")
        self.assertEqual(body["phoneNumber"], "+493023125699")
