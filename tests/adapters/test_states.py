"""What telephone systems report about their phones, whether there is a call or not."""

import json
from datetime import timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st
from stories import NOW, request

from adapters import ADAPTERS
from adapters.base import Settings
from adapters.settings import Peer
from adapters.states import PhoneReport, PhoneState

FREE, RINGING, TALKING, DND, OFFLINE = PhoneState
SINCE = NOW - timedelta(seconds=5)
STAMP = f"{SINCE.timestamp():.6f}"
HINT = "PJSIP/101&Custom:DND101,CustomPresence:101"


def adapter_of(code):
    peers = (Peer("alice", "199"),)
    return ADAPTERS[code](
        Settings(phones=frozenset({"101"}), trunks=frozenset({"provider"}), peers=peers)
    )


def device(name, state):
    return {"Event": "DeviceStateChange", "Device": name, "State": state, "Timestamp": STAMP}


def extension(status, hint=HINT):
    about = {"Event": "ExtensionStatus", "Exten": "101", "Context": "ext-local", "Hint": hint}
    return about | {"Status": "1", "StatusText": status, "Timestamp": STAMP}


def presence(status):
    about = {"Event": "PresenceStatus", "Exten": "101", "Context": "ext-local", "Hint": HINT}
    return about | {"Status": status, "Subtype": "", "Message": "", "Timestamp": STAMP}


def custom_presence(presentity, status):
    about = {"Event": "PresenceStateChange", "Presentity": presentity, "Status": status}
    return about | {"Timestamp": STAMP}


def yeastar(kind, status, as_text=True):
    message = {"extension": "1001", "status": status}
    return {"type": kind, "sn": "1", "msg": json.dumps(message) if as_text else message}


def aircall(name):
    user = {"id": 501, "name": "Ann Lee", "available": True}
    about = {"resource": "user", "event": f"user.{name}", "data": user}
    return about | {"timestamp": int(SINCE.timestamp())}


def own(state, **values):
    return {"event": "state", "extension": "101", "state": state, "at": STAMP} | values


REPORTS = [
    ("asterisk", device("PJSIP/101", "NOT_INUSE"), PhoneReport("101", SINCE, FREE)),
    ("asterisk", device("PJSIP/101", "RINGING"), PhoneReport("101", SINCE, RINGING)),
    ("asterisk", device("PJSIP/101", "INUSE"), PhoneReport("101", SINCE, TALKING)),
    ("asterisk", device("SIP/101", "RINGINUSE"), PhoneReport("101", SINCE, TALKING)),
    ("asterisk", device("PJSIP/101", "ONHOLD"), PhoneReport("101", SINCE, TALKING)),
    ("asterisk", device("PJSIP/101", "UNAVAILABLE"), PhoneReport("101", SINCE, OFFLINE)),
    ("asterisk", device("PJSIP/alice", "INUSE"), PhoneReport("199", SINCE, TALKING)),
    ("asterisk", device("PJSIP/101", "INVALID"), None),
    ("asterisk", device("PJSIP/provider", "INUSE"), None),
    ("asterisk", device("Queue:support_avail", "INUSE"), None),
    ("asterisk", device("Local/101@from-queue", "INUSE"), None),
    ("asterisk", device("Custom:DND101", "BUSY"), PhoneReport("101", SINCE, is_dnd=True)),
    ("asterisk", device("Custom:DND101", "NOT_INUSE"), PhoneReport("101", SINCE, is_dnd=False)),
    ("asterisk", device("Custom:night", "INUSE"), None),
    ("asterisk", extension("Idle"), PhoneReport("101", SINCE, FREE)),
    ("asterisk", extension("InUse&Ringing"), PhoneReport("101", SINCE, TALKING)),
    ("asterisk", extension("Unavailable"), PhoneReport("101", SINCE, OFFLINE)),
    # do not disturb, or a call: the hint does not say which of them
    ("asterisk", extension("Busy"), None),
    ("asterisk", extension("Busy", "PJSIP/101"), PhoneReport("101", SINCE, TALKING)),
    ("asterisk", presence("dnd"), PhoneReport("101", SINCE, is_dnd=True)),
    ("asterisk", presence("available"), PhoneReport("101", SINCE, is_dnd=False)),
    ("asterisk", custom_presence("CustomPresence:101", "dnd"),
     PhoneReport("101", SINCE, is_dnd=True)),
    ("asterisk", custom_presence("Other:101", "dnd"), None),
    ("yeastar", yeastar(30008, "Idle"), PhoneReport("1001", NOW, FREE)),
    ("yeastar", yeastar(30008, "Ringing", as_text=False), PhoneReport("1001", NOW, RINGING)),
    ("yeastar", yeastar("30008", "busy"), PhoneReport("1001", NOW, TALKING)),
    ("yeastar", yeastar(30009, "do_not_disturb"), PhoneReport("1001", NOW, is_dnd=True)),
    ("yeastar", yeastar(30009, "lunch"), PhoneReport("1001", NOW, is_dnd=False)),
    ("aircall", aircall("opened"), PhoneReport("501", SINCE.replace(microsecond=0), FREE, False)),
    ("aircall", aircall("closed.v2"),
     PhoneReport("501", SINCE.replace(microsecond=0), is_dnd=True)),
    ("aircall", aircall("disconnected"),
     PhoneReport("501", SINCE.replace(microsecond=0), OFFLINE)),
    ("aircall", aircall("wut_start"), PhoneReport("501", SINCE.replace(microsecond=0),
                                                  is_dnd=True)),
    ("aircall", aircall("created"), None),
    ("generic", own("free"), PhoneReport("101", SINCE, FREE, False)),
    ("generic", own("ringing"), PhoneReport("101", SINCE, RINGING, False)),
    ("generic", own("dnd"), PhoneReport("101", SINCE, FREE, True)),
    ("generic", own("offline", at=None), PhoneReport("101", NOW, OFFLINE, False)),
    ("demo", own("talking"), PhoneReport("101", SINCE, TALKING, False)),
    ("demo", {"call": "c", "event": "ended", "extension": "101", "leg": "l", "at": STAMP},
     PhoneReport("101", SINCE, FREE, False)),
    ("demo", {"call": "c", "event": "ended", "at": STAMP}, None),
]  # fmt: skip


@pytest.mark.parametrize(("code", "item", "report"), REPORTS)
def test_what_is_reported_about_a_phone_is_understood(code, item, report):
    message = adapter_of(code).understand(item, NOW)
    assert message.error is None
    assert message.states == ((report,) if report else ())


@pytest.mark.parametrize(("code", "item"), [row[:2] for row in REPORTS if "call" not in row[1]])
def test_a_report_about_a_phone_is_no_event_of_a_call(code, item):
    assert adapter_of(code).understand(item, NOW).events == ()


def test_every_system_that_reports_states_has_examples():
    declared = {code for code, a in ADAPTERS.items() if a.capabilities.states}
    assert declared == {code for code, _item, report in REPORTS if report}
    described = {code for code, adapter in ADAPTERS.items() if adapter.guide.states}
    assert described == declared


@pytest.mark.parametrize(
    ("item", "reason"),
    [
        ({"event": "state", "state": "free"}, "'extension' is missing"),
        ({"event": "state", "extension": "101"}, "'state' is missing"),
        (own("asleep"), "'state' is 'asleep'; known are: free, ringing, talking, dnd, offline"),
        (own("free", at="yesterday"), "is not a time"),
    ],
)
def test_what_is_wrong_with_a_report_is_said(item, reason):
    assert reason in adapter_of("generic").understand(item, NOW).error


def test_a_batch_may_have_events_of_calls_and_of_phones():
    body = json.dumps([own("free"), {"call": "a1", "event": "ringing"}])
    messages = adapter_of("generic").messages(request(body))
    assert [(len(m.states), len(m.events)) for m in messages] == [(1, 0), (0, 1)]


@given(st.integers(-86_400, 86_400))
def test_nothing_is_reported_to_be_so_from_a_later_moment_on(seconds):
    at = NOW + timedelta(seconds=seconds)
    (report,) = adapter_of("generic").understand(own("free", at=at.isoformat()), NOW).states
    assert report.at == min(at, NOW)


def test_times_without_a_zone_are_those_of_the_telephone_system():
    adapter = ADAPTERS["generic"](Settings(tz=ZoneInfo("Europe/Berlin")))
    (report,) = adapter.understand(own("free", at="2026-11-23T10:59:00"), NOW).states
    assert report.at == NOW - timedelta(minutes=1)
