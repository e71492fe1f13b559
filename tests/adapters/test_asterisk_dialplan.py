"""Events sent by our lines in Asterisk's dial plan, recorded on Asterisk 22."""

import base64
import json
from pathlib import Path
from urllib.parse import parse_qsl

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from stories import NOW, Call, any_order, calls_of, describe, events_of, request

from adapters.asterisk import AsteriskAdapter
from adapters.base import Settings
from adapters.request import Refusal, Refused

ADAPTER = AsteriskAdapter(
    Settings(
        secret="s3cret",
        phones=frozenset({"101", "102", "103", "104"}),
        trunks=frozenset({"trunk"}),
    )
)
FOLDER = Path(__file__).parent / "payloads" / "asterisk_dialplan"
FORM = "application/x-www-form-urlencoded"
DAY = 86400  # seconds; the traces were recorded after NOW


def sent(name):
    """The requests of a recorded trace."""
    recorded = json.loads((FOLDER / f"{name}.json").read_text())
    return [message(entry["body"], entry["auth"]) for entry in recorded]


def test_the_events_of_a_dialled_call_have_its_id():
    for name in ("click_ari", "click_ami"):
        (state,) = calls_of(ADAPTER, sent(name))
        assert state.ref.startswith("odoo-")


def message(body, auth=None):
    form = parse_qsl(body, keep_blank_values=True)
    return request(body, 3 * DAY, FORM, form, headers={"authorization": auth or ""})


MOBILE, LINE = "12025550142", "49302312561"
CUSTOMER = "03023125111"
CALLS = {
    "incoming_answered": Call("incoming", "answered", MOBILE, "101", {"101": "answered"},
                              f"{LINE}1", 1, 2),
    "incoming_given_up": Call("incoming", "cancelled", MOBILE, "103", {"103": "cancelled"},
                              f"{LINE}7", 2),
    "incoming_not_answered": Call("incoming", "no_answer", MOBILE, "102", {"102": "no_answer"},
                                  f"{LINE}2", 3),
    "incoming_busy": Call("incoming", "busy", MOBILE, "103", {"103": "busy"}, f"{LINE}7", 1),
    "incoming_group": Call(
        "incoming", "answered", MOBILE, "101",
        {"101": "answered", "102": "elsewhere", "104": "elsewhere"}, f"{LINE}4", 2, 2,
    ),
    "incoming_queue": Call("incoming", "answered", MOBILE, "104",
                           {"102": "elsewhere", "104": "answered"}, f"{LINE}5", 2, 3),
    "incoming_withheld": Call("incoming", "answered", None, "101", {"101": "answered"},
                              f"{LINE}1", 1, 2, anonymous=True),
    "outgoing_answered": Call("outgoing", "answered", CUSTOMER, "101", {"101": "answered"},
                              None, 1, 2),
    "outgoing_busy": Call("outgoing", "busy", CUSTOMER, "101", {"101": "busy"}, None, 1),
    "internal_answered": Call("internal", "answered", "104", "101",
                              {"101": "answered", "104": "answered"}, None, 1, 2),
    "click_ari": Call("outgoing", "answered", CUSTOMER, "101", {"101": "answered"}, None, 1, 2),
    "click_ami": Call("outgoing", "answered", CUSTOMER, "101", {"101": "answered"}, None, 2, 2),
}  # fmt: skip


def test_every_recorded_trace_has_an_expectation():
    assert sorted(path.stem for path in FOLDER.glob("*.json")) == sorted(CALLS)


@pytest.mark.parametrize("name", CALLS)
def test_a_trace_gives_the_expected_call(name):
    (state,) = calls_of(ADAPTER, sent(name))
    assert describe(state) == CALLS[name]
    assert state.state == "ended"


@pytest.mark.parametrize("name", CALLS)
@settings(max_examples=25)
@given(data=st.data())
def test_order_and_repetition_do_not_matter(name, data):
    requests = sent(name)
    assert calls_of(ADAPTER, data.draw(any_order(requests))) == calls_of(ADAPTER, requests)


def test_the_recorded_password_is_accepted():
    for recorded in sent("incoming_answered"):
        ADAPTER.verify(recorded)


@pytest.mark.parametrize(
    ("auth", "refusal"),
    [
        ("Basic " + base64.b64encode(b"odoo:wrong").decode(), Refusal.WRONG_SIGNATURE),
        ("", Refusal.UNSIGNED),
    ],
)
def test_a_wrong_or_missing_password_is_refused(auth, refusal):
    with pytest.raises(Refused) as refused:
        ADAPTER.verify(message("event=newcall", auth))
    assert refused.value.refusal is refusal


def test_events_of_a_relay_are_read_too():
    hangup = {"Event": "Hangup", "Channel": "PJSIP/101-1", "Uniqueid": "1", "Linkedid": "1"}
    assert len(events_of(ADAPTER, [request(json.dumps([hangup]))])) == 1


def test_trunks_named_like_phones_are_not_phones():
    adapter = AsteriskAdapter(Settings(trunks=frozenset({"line01"})))
    body = f"event=newcall&linkedid=1.1&uniqueid=1.1&channel=PJSIP%2Fline01-0a&from={MOBILE}"
    (state,) = calls_of(adapter, [message(body)])
    assert (state.direction, state.remote_number, state.legs) == ("incoming", MOBILE, ())


@pytest.mark.parametrize(
    ("item", "reason"),
    [
        ({"linkedid": "1"}, "'event' is missing"),
        ({"linkedid": "1", "event": "dance"}, "'event' is 'dance'"),
        ({"linkedid": "1", "event": "answer"}, "'uniqueid' is missing"),
    ],
)
def test_invalid_values_are_reported(item, reason):
    assert reason in ADAPTER.understand(item, NOW).error


def test_the_dial_plan_file_contains_the_address_but_no_secret():
    address = "https://odoo.example.com/call_handling/pbx/t"
    file = AsteriskAdapter(Settings(secret="s3cret", webhook_url=address)).make_configuration()
    assert f"CURL({address}," in file.content
    assert "s3cret" not in file.content
