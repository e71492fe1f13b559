"""The relay reports what Asterisk knows about its phones and trunks, and asks for no secret."""

import re
import time
from datetime import datetime, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.asterisk import AsteriskAdapter
from adapters.base import Settings
from call_handling_relay import peers
from call_handling_relay.peers import Peers

from .asterisk import event
from .process import wait_until

PASSWORD = "a password of a trunk"
ALICE = {
    "Channel": "PJSIP/alice",
    "Context": "from-internal",
    "CallerID": '"Alice" <199>',
    "Auth": True,
    "MaxContacts": "2",
    "Hints": [{"Exten": "201", "Hint": "PJSIP/alice&Custom:DND201,CustomPresence:201"}],
}
PROVIDER = {
    "Channel": "PJSIP/provider",
    "Context": "from-trunk",
    "OutboundAuth": True,
    "Registers": True,
}
DESK = {
    "Channel": "IAX2/9001",
    "Device": {"User": "301", "Type": "adhoc"},
}


@pytest.fixture
def exchange(asterisk, relay):
    """An Asterisk with a phone, a trunk and a shared desk as FreePBX has them."""
    relay.settings["ASTERISK_STATES"] = "false"  # in other answers to the same questions
    asterisk.lists["ExtensionStateList"][1].append(
        {"Exten": "201", "Context": "from-internal", "Hint": ALICE["Hints"][0]["Hint"]}
    )
    asterisk.lists["DeviceStateList"][1].extend(
        {"Device": device, "State": "NOT_INUSE"}
        for device in ("PJSIP/alice", "Queue:support", "PJSIP/provider", "MWI:103@default")
    )
    asterisk.lists["PJSIPShowRegistrationsOutbound"][1].append(
        {"Endpoint": "provider", "ServerUri": "sip:provider.example", "Password": PASSWORD}
    )
    asterisk.lists["DBGetTree"][1].extend(
        {"Key": f"/DEVICE/9001/{name}", "Val": value}
        for name, value in (("dial", "IAX2/9001"), ("user", "301"), ("type", "adhoc"))
    )
    asterisk.variables |= {
        "PJSIP_ENDPOINT(alice,context)": "from-internal",
        "PJSIP_ENDPOINT(alice,callerid)": '"Alice" <199>',
        "PJSIP_ENDPOINT(alice,auth)": "alice-auth",
        "PJSIP_ENDPOINT(alice,aors)": "alice,alice-mobile",
        "PJSIP_AOR(alice,max_contacts)": "2",
        "PJSIP_ENDPOINT(provider,context)": "from-trunk",
        "PJSIP_ENDPOINT(provider,outbound_auth)": "provider-auth",
    }
    return asterisk


def reported(odoo):
    """Return the facts that Odoo was sent, by name of the device; later ones replace earlier."""
    messages = [each for each in odoo.events if each["Event"] == "PeerFacts"]
    return {peer["Channel"]: peer for message in messages for peer in message["Peers"]}


def test_what_is_known_about_phones_and_trunks_is_reported(relay, exchange, odoo):
    relay.start()
    wait_until(lambda: odoo.events, "the facts")
    assert reported(odoo) == {peer["Channel"]: peer for peer in (ALICE, PROVIDER, DESK)}
    item = odoo.events[0]
    message = AsteriskAdapter(Settings()).understand(item, datetime.now(timezone.utc))
    assert {peer.name for peer in message.peers} == {"alice", "provider", "9001"}


def test_no_secret_is_asked_for_stored_or_sent(relay, exchange, odoo):
    odoo.respond = lambda events: 503
    relay.start()
    wait_until(lambda: relay.count("event"), "the facts on disk")
    assert not [asked for asked in exchange.asked if "SORCERY" in asked or "password" in asked]
    assert PASSWORD not in str(relay.waiting())
    assert "alice-auth" not in str(relay.waiting())
    assert PASSWORD not in relay.log


def test_a_device_is_asked_about_when_it_is_first_seen(relay, exchange, odoo):
    relay.start()
    wait_until(lambda: odoo.events, "the facts")
    exchange.variables["PJSIP_ENDPOINT(bob,context)"] = "from-internal"
    exchange.send(event(1, Channel="PJSIP/bob-00000001"))
    wait_until(lambda: "PJSIP/bob" in reported(odoo), "the facts about the new device")
    assert reported(odoo)["PJSIP/bob"] == {"Channel": "PJSIP/bob", "Context": "from-internal"}
    assert odoo.events[-1]["Timestamp"] == event(1)["Timestamp"], "They hold for its first call."
    asked = len(exchange.asked)
    exchange.send(event(2, Channel="PJSIP/bob-00000002"))
    wait_until(lambda: odoo.events[-1]["Event"] == "Newchannel", "the second call")
    time.sleep(1.2)
    assert len(exchange.asked) == asked


def test_a_shared_desk_is_asked_about_at_each_call(relay, exchange, odoo):
    relay.start()
    wait_until(lambda: odoo.events, "the facts")
    exchange.lists["DBGetTree"][1][1]["Val"] = "302"
    exchange.send(event(1, Channel="IAX2/9001-314"))
    wait_until(
        lambda: reported(odoo)["IAX2/9001"]["Device"]["User"] == "302", "who is logged on now"
    )


@pytest.mark.parametrize("name", ["alice,auth", "al)ice", "${X}", "a b", "ä", "x" * 81])
def test_only_safe_names_get_into_questions(relay, exchange, odoo, name):
    exchange.lists["DeviceStateList"][1].append({"Device": f"PJSIP/{name}"})
    relay.start()
    wait_until(lambda: odoo.events, "the facts")
    safe = re.compile(r"PJSIP_\w+\(\w{1,80},\w+\)", re.ASCII)
    assert exchange.asked
    assert all(safe.fullmatch(asked) for asked in exchange.asked)


def test_without_the_right_to_ask_events_are_sent_nevertheless(relay, exchange, odoo):
    exchange.may_list = False
    relay.start()
    exchange.send(event(1))
    wait_until(lambda: odoo.events, "the event")
    assert [each["Event"] for each in odoo.events] == ["Newchannel"]
    warning = "Asterisk does not say which devices are phones"
    wait_until(lambda: warning in relay.log, "the warning")
    assert relay.log.count(warning) == 1


def test_after_a_gap_the_kind_of_each_bridge_is_reported(relay, asterisk, odoo):
    asterisk.channels = [
        {"Channel": f"PJSIP/{bridge}-1", "Uniqueid": bridge, "Linkedid": "1", "BridgeId": bridge}
        for bridge in ("talk", "parked", "")
    ]
    asterisk.bridges = [
        {"BridgeUniqueid": "talk", "BridgeTechnology": "simple_bridge"},
        {"BridgeUniqueid": "parked", "BridgeTechnology": "holding_bridge"},
    ]
    relay.start()
    wait_until(lambda: len(odoo.events) == 3, "the channels")
    kinds = {each["BridgeId"]: each.get("BridgeTechnology") for each in odoo.events}
    assert kinds == {"talk": "simple_bridge", "parked": "holding_bridge", "": None}


# --- rounds of questions ---------------------------------------------------------------


class Exchange:
    """Answers questions at once, in the order in which they were asked."""

    def __init__(self):
        self.asked = 0
        self.questions = []
        self.devices = ["PJSIP/alice"]
        self.variables = {"PJSIP_ENDPOINT(alice,context)": "from-internal"}
        self.is_silent = False
        self.messages = []
        self.peers = Peers(lambda message, moment: self.messages.append((message, moment)))
        self.peers.start(self)

    def send(self, action, **headers):
        self.asked += 1
        self.questions.append((action, headers))

    def step(self):
        self.peers.step()
        while self.questions and not self.is_silent:
            action, headers = self.questions.pop(0)
            for answer in self.answers(action, headers):
                assert self.peers.handle({"ActionID": headers["ActionID"]} | answer)

    def answers(self, action, headers):
        if action == "Getvar":
            value = self.variables.get(headers["Variable"], "")
            return [{"Response": "Success", "Value": value}]
        begin, end = {"Response": "Success", "EventList": "start"}, {"EventList": "Complete"}
        is_listed = action == "DeviceStateList"
        devices = self.devices if is_listed else []
        listed = [{"Event": "DeviceStateChange", "Device": device} for device in devices]
        return [begin, *listed, end]


@pytest.fixture
def clock(monkeypatch):
    """The monotonic clock, as a list with one element."""
    now = [1000.0]
    monkeypatch.setattr(peers.time, "monotonic", lambda: now[0])
    return now


def test_all_is_asked_again_every_hour_but_only_news_are_reported(clock):
    exchange = Exchange()
    moments = []
    for _second in range(3 * 3600):
        clock[0] += 1
        asked = exchange.asked
        exchange.step()
        if exchange.asked > asked:
            moments.append(clock[0] - 1001)
    assert moments == [0, 30, 150, 750, 4350, 7950]
    assert len(exchange.messages) == 1, "Nothing is new."
    exchange.variables["PJSIP_ENDPOINT(alice,context)"] = "elsewhere"
    clock[0] += 3600
    exchange.step()
    assert exchange.messages[1][0]["Peers"] == [{"Channel": "PJSIP/alice", "Context": "elsewhere"}]


def test_after_a_new_connection_everything_is_reported_again(clock):
    exchange = Exchange()
    exchange.step()
    exchange.peers.start(exchange)
    exchange.step()
    assert len(exchange.messages) == 2


def test_an_asterisk_that_does_not_answer_is_asked_again_later(clock):
    exchange = Exchange()
    exchange.is_silent = True
    exchange.step()
    unanswered = exchange.questions[:]
    clock[0] += peers.PATIENCE + 1
    exchange.step()  # gives up
    exchange.step()  # asks again
    exchange.questions = exchange.questions[len(unanswered) :]
    exchange.is_silent = False
    exchange.step()
    assert len(exchange.messages) == 1
    exchange.questions = unanswered
    exchange.step()
    assert len(exchange.messages) == 1, "Late answers change nothing."


def test_many_devices_are_reported_in_small_messages(clock):
    exchange = Exchange()
    exchange.devices = [f"PJSIP/{number}" for number in range(peers.DEVICES_PER_MESSAGE * 2 + 1)]
    exchange.variables = {f"PJSIP_ENDPOINT({n},context)": "x" for n in range(1000)}
    exchange.step()
    assert [len(message["Peers"]) for message, _moment in exchange.messages] == [50, 50, 1]


def test_devices_about_which_nothing_is_known_are_not_reported(clock):
    exchange = Exchange()
    exchange.devices.append("PJSIP/unknown")
    exchange.step()
    assert [peer["Channel"] for peer in exchange.messages[0][0]["Peers"]] == ["PJSIP/alice"]


@given(st.text(max_size=30))
def test_no_name_of_a_channel_breaks_anything(name):
    exchange = Exchange()
    exchange.devices = []
    exchange.step()
    exchange.peers.see({"Channel": f"PJSIP/{name}-0000001a"}, 1.0)
    exchange.step()
    assert not exchange.peers._is_asking
