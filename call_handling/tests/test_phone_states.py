import json
from datetime import datetime, timedelta, timezone
from unittest.mock import patch

from freezegun import freeze_time
from hypothesis import given, settings
from hypothesis import strategies as st

from odoo import fields
from odoo.tests import new_test_user, tagged
from odoo.tools import mute_logger

from odoo.addons.http_routing.tests.common import MockRequest

from ..models.ir_websocket import PHONES
from ..models.pbx import phone_states
from ..models.pbx.phone_states import PAUSE, PHONES_MESSAGE
from .common import CallCommon, CallHttpCommon

CALLER = "+12025550142"
STATES = ("free", "ringing", "talking", "dnd", "offline")


class PhoneStatesCommon(CallCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.phone = cls.pbx.extension_ids.filtered(lambda phone: phone.number == "101")
        cls.colleague = cls.pbx.extension_ids.filtered(lambda phone: phone.number == "102")

    def setUp(self):
        super().setUp()
        phone_states._last_notified.clear()

    def _report(self, state, phone="102", at=None, pbx=None, **values):
        event = {"event": "state", "extension": phone, "state": state} | values
        receipt = self._send_events(event | ({"at": at.isoformat()} if at else {}), pbx=pbx)
        self.assertEqual(receipt.failed, 0, receipt.errors)

    def _get_state(self, phone=None):
        return (phone or self.colleague).sudo()._get_states().get((phone or self.colleague).id, "")

    def _ring(self, phone="102", call="c1"):
        self._send_events(
            {"call": call, "event": "ringing", "direction": "incoming", "from": CALLER,
             "leg": f"{call}-{phone}", "extension": phone},
        )  # fmt: skip

    def _answer(self, phone="102", call="c1"):
        self._send_events(
            {"call": call, "event": "answered", "leg": f"{call}-{phone}", "extension": phone}
        )


@tagged("post_install", "-at_install")
class TestPhoneStates(PhoneStatesCommon):
    """What colleagues see of each other's phones."""

    def test_nothing_is_shown_of_a_phone_that_nobody_has_reported(self):
        self.assertEqual(self._get_state(), "")
        self._ring()
        self._send_events({"call": "c1", "event": "ended"})
        self.assertEqual(self._get_state(), "", "that no call is open does not mean free")

    def test_what_is_reported_is_shown(self):
        for state in STATES:
            with self.subTest(state=state):
                self._report(state)
                self.assertEqual(self._get_state(), state)

    def test_a_call_says_more_than_the_phone(self):
        self._report("free")
        self._ring()
        self.assertEqual(self._get_state(), "ringing")
        self._answer()
        self._report("dnd")
        self.assertEqual(self._get_state(), "talking")
        self._send_events({"call": "c1", "event": "ended"})
        self.assertEqual(self._get_state(), "dnd")

    def test_who_speaks_and_is_called_speaks(self):
        self._ring()
        self._answer()
        self._ring(call="c2")
        self.assertEqual(self._get_state(), "talking")

    def test_phones_are_found_by_their_names_in_any_case(self):
        self.colleague.number = "Desk-102"
        self._report("free", "desk-102")
        self.assertEqual(self._get_state(), "free")

    def test_phones_that_were_not_entered_are_not_stored(self):
        before = self.env["call.phone.state"].search_count([])
        self._report("free", "999")
        self.assertEqual(self.env["call.phone.state"].search_count([]), before)

    def test_there_is_one_row_for_each_phone(self):
        for state in STATES * 3:
            self._report(state)
        rows = self.env["call.phone.state"].search([("extension_id", "=", self.colleague.id)])
        self.assertEqual(len(rows), 1)
        self.assertFalse(self.env["call.event"].search([("raw", "ilike", '"state"')]))

    def test_a_deleted_extension_leaves_nothing(self):
        self._report("free")
        self.colleague.unlink()
        self.assertFalse(self.env["call.phone.state"].search([]))

    def test_a_report_that_cannot_be_stored_affects_no_call(self):
        model = type(self.env["call.phone.state"])
        with (
            patch.object(model, "_store", side_effect=KeyError("x")),
            mute_logger("odoo.addons.call_handling.intake.intake"),
        ):
            self._send_events(
                {"event": "state", "extension": "102", "state": "free"},
                {"call": "c1", "event": "ringing", "direction": "incoming", "from": CALLER},
            )
        self.assertEqual(self._call("c1").state, "ringing")

    def test_calls_and_do_not_disturb_may_be_reported_apart(self):
        yeastar = self._create_pbx("yeastar", token="yeastar")
        phone = self._give_extension(yeastar, self.bob, "1001")

        def report(kind, status):
            message = json.dumps({"extension": "1001", "status": status})
            self._send_events({"type": kind, "sn": "1", "msg": message}, pbx=yeastar)

        report(30009, "do_not_disturb")
        self.assertEqual(self._get_state(phone), "dnd")
        report(30008, "Busy")
        self.assertEqual(self._get_state(phone), "talking")
        report(30008, "Idle")
        self.assertEqual(self._get_state(phone), "dnd")
        report(30009, "available")
        self.assertEqual(self._get_state(phone), "free")

    def test_a_device_with_another_name_is_the_phone_that_was_decided(self):
        asterisk = self._create_pbx("asterisk", token="asterisk")
        phone = self._give_extension(asterisk, self.bob, "199")
        peer = self.env["call.peer"]._ensure(asterisk, ["alice"])
        peer._decide(kind="phone", extension="199")
        event = {"Event": "DeviceStateChange", "Device": "PJSIP/alice", "State": "INUSE"}
        self._send_events(event, pbx=asterisk)
        self.assertEqual(self._get_state(phone), "talking")

    # --- what is not true any more -----------------------------------------------------

    def test_what_a_silent_system_has_reported_is_unknown(self):
        self._report("free")
        now = datetime.now()
        with freeze_time(now + timedelta(hours=23)):
            self.assertEqual(self._get_state(), "free")
        with freeze_time(now + timedelta(hours=25)):
            self.assertEqual(self._get_state(), "")
            self._report("free", "101")  # it is heard again
            self.assertEqual(self._get_state(), "free")

    def test_what_was_reported_through_a_relay_that_has_stopped_is_unknown(self):
        self.pbx.write({"relay_version": "1.0", "last_contact_date": fields.Datetime.now()})
        self._report("free")
        self.assertEqual(self._get_state(), "free")
        with freeze_time(datetime.now() + timedelta(minutes=16)):
            self.assertEqual(self._get_state(), "")
            self.pbx.last_contact_date = fields.Datetime.now()
            self.assertEqual(self._get_state(), "free")

    def test_what_a_system_with_an_alert_has_reported_is_unknown(self):
        self._report("free")
        alert = self.env["call.alert"].create({"pbx_id": self.pbx.id, "kind": "silent"})
        self.assertEqual(self._get_state(), "")
        alert.date_end = fields.Datetime.now()
        self.assertEqual(self._get_state(), "free")

    def test_nobody_speaks_for_ever_without_a_call(self):
        self._report("talking")
        with freeze_time(datetime.now() + timedelta(hours=5)):
            self._report("free", "101")
            self.assertEqual(self._get_state(), "")

    # --- people who must not be watched --------------------------------------------------

    def test_a_company_can_switch_it_off(self):
        self._report("free")
        self.company.call_phone_states = False
        self.assertFalse(self.env["call.phone.state"].search([]), "what was stored is deleted")
        self._report("free")
        self._ring()
        self.assertEqual(self._get_state(), "", "nor is a call shown")
        self.assertFalse(self.env["call.phone.state"].search([]))
        self.company.call_phone_states = True
        self.assertEqual(self._get_state(), "ringing")

    def test_who_transfers_a_call_sees_colleagues_that_are_free_first(self):
        demo = self._create_pbx("demo", token="simulated")
        for number, user in (("201", self.alice), ("202", self.bob), ("203", self.dave)):
            self._give_extension(demo, user, number)
        self._report("dnd", "202", pbx=demo)
        self._report("free", "203", pbx=demo)
        about = {"call": "t1", "leg": "t1-201", "extension": "201"}
        self._send_events(
            about | {"event": "ringing", "direction": "incoming", "from": CALLER},
            about | {"event": "answered"}, pbx=demo,
        )  # fmt: skip
        call = self._call("t1", demo)
        found = self.env["call.control"].with_user(self.alice).find_targets(call.id)
        self.assertEqual([t["state"] for t in found], ["free", "dnd"])

    # --- messages to screens -------------------------------------------------------------

    def _get_messages(self):
        self.env.cr.precommit.run()  # the bus writes its messages before the commit
        rows = self.env["bus.bus"].sudo().search([])
        messages = [(json.loads(row.channel), json.loads(row.message)) for row in rows]
        return [row for row in messages if row[1]["type"] == PHONES_MESSAGE]

    def test_screens_are_informed_on_the_channel_of_the_telephone_system(self):
        self._report("free")
        [(channel, message)] = self._get_messages()
        self.assertEqual(channel[1:], ["call.pbx", self.pbx.id, PHONES])
        self.assertEqual(message["payload"], {"pbx_id": self.pbx.id})

    def test_screens_are_informed_once_a_second_at_most(self):
        with patch.object(phone_states.time, "monotonic", return_value=1000.0) as clock:
            for state in ("free", "ringing", "talking"):
                self._report(state)
                self.env.cr.postcommit.run()
            self.assertEqual(len(self._get_messages()), 1)
            clock.return_value += PAUSE
            self._report("free")
        self.assertEqual(len(self._get_messages()), 2)

    def test_an_older_report_informs_nobody(self):
        now = datetime.now(timezone.utc)
        self._report("free", at=now)
        self.env.cr.postcommit.run()
        phone_states._last_notified.clear()
        self._report("talking", at=now - timedelta(minutes=1))
        self.assertEqual(len(self._get_messages()), 1)

    def test_only_who_may_see_calls_is_informed_of_the_own_company(self):
        sister = self.env["res.company"].create({"name": "Sister"})
        other = self._create_pbx("generic", token="other", company_id=sister.id)
        nobody = new_test_user(self.env, "without calls", "base.group_user")
        for user, expected in ((self.alice, True), (nobody, False)):
            with self.subTest(user=user.login):
                channels = self._subscribe(user)
                self.assertEqual((self.pbx, PHONES) in channels, expected)
                self.assertNotIn((other, PHONES), channels)
                self.assertNotIn(PHONES, channels, "a name that anybody can guess")
        self.company.call_phone_states = False
        self.assertNotIn((self.pbx, PHONES), self._subscribe(self.alice))

    def _subscribe(self, user):
        env = self.env(user=user.id)
        with MockRequest(env):
            channels = env["ir.websocket"]._build_bus_channel_list([PHONES])
        # other apps have records as channels, which cannot be compared with names
        return [channel for channel in channels if isinstance(channel, str | tuple)]


@tagged("post_install", "-at_install")
class TestOrderOfPhoneStates(PhoneStatesCommon):
    """The newest report counts, in whatever order and batches they arrive."""

    @settings(max_examples=25, deadline=None)
    @given(
        st.lists(st.tuples(st.integers(0, 3), st.sampled_from(STATES)), min_size=1, max_size=6),
        st.data(),
    )
    def test_the_order_does_not_matter(self, reports, data):
        start = datetime.now(timezone.utc) - timedelta(minutes=10)
        events = [
            {"event": "state", "extension": "102", "state": state,
             "at": (start + timedelta(seconds=second)).isoformat()}
            for second, state in reports
        ]  # fmt: skip
        shown = []
        for order in (events, data.draw(st.permutations(events))):
            self.env["call.phone.state"].search([]).unlink()
            middle = data.draw(st.integers(0, len(order)))
            self._send_events(*order[:middle])
            self._send_events(*order[middle:], *order[:middle])
            shown.append(self._get_state())
        self.assertEqual(*shown)
        last = {state for second, state in reports if second == max(reports)[0]}
        self.assertIn(shown[0], last | ({"dnd"} if "dnd" in last else set()))


@tagged("post_install", "-at_install")
class TestPhoneStatesByWebhook(CallHttpCommon):
    """The real route accepts what phones do."""

    def test_a_signed_report_is_accepted(self):
        response = self._post({"event": "state", "extension": "102", "state": "free"})
        self.assertEqual(response.json(), {"accepted": 1, "duplicates": 0, "failed": 0})
        row = self.env["call.phone.state"].search([])
        self.assertEqual((row.extension_id.number, row.state), ("102", "free"))

    def test_a_wrong_state_is_answered_with_the_reason(self):
        answer = self._post({"event": "state", "extension": "102", "state": "asleep"}).json()
        self.assertEqual((answer["accepted"], answer["failed"]), (0, 1))
        self.assertIn("'state' is 'asleep'", answer["errors"][0])
