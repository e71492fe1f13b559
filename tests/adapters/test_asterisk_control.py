"""Controlling calls of Asterisk. The answers were recorded on Asterisk 22."""

import json
import re
from datetime import datetime, timezone
from urllib.parse import parse_qs, urlsplit

import pytest
from control_player import Control
from hypothesis import given
from hypothesis import strategies as st

from adapters.api import ApiError, Problem
from adapters.asterisk import AsteriskAdapter
from adapters.asterisk.control import find_channel, find_other_channel, find_recorded_channel
from adapters.base import Action, Dial, Running, Settings
from adapters.commands import DIAL
from adapters.fold import fold_calls
from adapters.request import WebhookRequest
from call_handling_relay.actions import FILE

NOW = datetime(2026, 11, 27, 9, tzinfo=timezone.utc)
CALLER, OWN, COLLEAGUE = "1795768363.4", "1795768363.5", "1795768363.6"
NAMES = {CALLER: "trunk-00000000", OWN: "101-00000001", COLLEAGUE: "104-00000002"}
REGISTER = {"phones": frozenset({"101", "104"}), "trunks": frozenset({"trunk"}), "country": "DE"}
ALL = frozenset({"dial", "hang_up", "transfer", "record"}) | {
    f"{verb}_recording" for verb in ("pause", "resume", "stop")
}


def header(channel, prefix=""):
    values = {
        "Channel": f"PJSIP/{NAMES[channel]}",
        "Uniqueid": channel,
        "Linkedid": CALLER,
        "ChannelState": "4" if channel == CALLER else "0",
    }
    return {prefix + name: value for name, value in values.items()}


def rings(caller, called, second):
    return [
        {"Event": "Newchannel", "Timestamp": f"{1795768363 + second}.1"} | header(called),
        {"Event": "DialBegin", "Timestamp": f"{1795768363 + second}.2", "DialString": "1"}
        | header(caller) | header(called, "Dest"),
    ]  # fmt: skip


def talks(first, second_channel, second):
    room = {"BridgeUniqueid": "b1", "BridgeTechnology": "simple_bridge"}
    stamp = {"Event": "BridgeEnter", "Timestamp": f"{1795768363 + second}.5"}
    return [stamp | header(c) | room | {"ChannelState": "6"} for c in (first, second_channel)]


def begins(channel):
    number = {"CallerIDNum": "12025550142", "Exten": "493023125611", "Context": "from-trunk"}
    return [
        {"Event": "Newchannel", "Timestamp": "1795768363.0"} | header(channel) | number
        | {"ChannelState": "4"}
    ]  # fmt: skip


def running(items, own=OWN, **settings):
    """Return a call as Odoo passes it to the adapter."""
    adapter = AsteriskAdapter(Settings(**(REGISTER | settings)))
    events = [event for item in items for event in adapter.events(item, NOW)]
    (state,) = fold_calls(events, adapter.settings)
    (leg,) = (leg for leg in state.legs if leg.ref == own)
    return Running(state, leg, tuple(events))


def recording(name, second, channel=OWN, **headers):
    return {"Event": f"MixMonitor{name}", "Timestamp": f"{1795768363 + second}.7"} | (
        header(channel) | {"ChannelState": "6"} | headers
    )


RINGING = [*begins(CALLER), *rings(CALLER, OWN, 1)]
TALKING = [*RINGING, *talks(CALLER, OWN, 2)]


RECORDED = [*TALKING, recording("Start", 3)]
PAUSED = [*RECORDED, recording("Mute", 4, Direction="both", State="1")]


def adapter(api=None, path="/arawman", **settings):
    access = {"api_url": api.url + path, "api_user": "odoo", "api_secret": "s3cret"} if api else {}
    return AsteriskAdapter(Settings(**(REGISTER | access | settings)))


def relayed(*commands, is_listening=True):
    offered = frozenset(commands) or ALL
    return adapter(relay_commands=offered, is_relay_listening=is_listening)


def say(api, **headers):
    """Prepare an answer of the manager interface."""
    lines = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
    api.will_answer(f"{lines}\r\n", Content_Type="text/plain")


def asked(request):
    query = parse_qs(urlsplit(request.path).query)
    return {name: value for name, (value,) in query.items()}


# --- what is documented ------------------------------------------------------------------

CONTROL_SETTINGS = REGISTER | {"transfer_context": "office-xfer"}


def command(action, items, query, **values):
    """Return something that is done by the manager interface, and its request."""
    sent = [WebhookRequest(json.dumps(items).encode(), NOW, "application/json")]
    answer = (200, "Response: Success\r\nMessage: Done\r\n\r\n")
    refused = (200, "Response: Error\r\nMessage: No such channel\r\n\r\n", "No such channel")
    known = {"query": query, "answer": answer, "refusals": (refused,)}
    return Control(action, sent, "101", "GET", "/", **(known | values))


def hangs_up(items, cause):
    return command(Action.HANG_UP, items, {"action": "Hangup", "Channel": OWN, "Cause": cause})


def transfers(target, extension):
    query = {
        "action": "Redirect",
        "Channel": CALLER,
        "Context": "office-xfer",
        "Exten": extension,
        "Priority": "1",
    }
    exists = "Response: Success\r\nVariable: x\r\nValue: 1\r\n\r\n"
    return command(Action.TRANSFER, TALKING, query, target=target, login=(exists,))


def records(action, items, name, **headers):
    return command(action, items, {"action": name, "Channel": OWN} | headers)


# https://docs.asterisk.org/Latest_API/API_Documentation/AMI_Actions/
CONTROLS = [
    records(Action.RECORD, TALKING, "MixMonitor", File=...),
    records(Action.PAUSE_RECORDING, RECORDED, "MixMonitorMute", Direction="both", State="1"),
    records(Action.RESUME_RECORDING, PAUSED, "MixMonitorMute", Direction="both", State="0"),
    records(Action.STOP_RECORDING, RECORDED, "StopMixMonitor"),
    records(Action.STOP_RECORDING, PAUSED, "StopMixMonitor"),
    hangs_up(RINGING, "21"),
    hangs_up(TALKING, "16"),
    transfers("104", "104"),
    transfers("+493023125142", "03023125142"),
]

# --- what is offered ---------------------------------------------------------------------


@pytest.mark.parametrize(
    ("items", "path", "offered"),
    [
        (RINGING, "/arawman", {Action.HANG_UP}),
        (TALKING, "/arawman", {Action.HANG_UP, Action.TRANSFER, Action.RECORD}),
        (TALKING, "/ari", {Action.HANG_UP}),
    ],
)
def test_what_can_be_done_depends_on_the_call_and_the_interface(api, items, path, offered):
    assert adapter(api, path).find_controls(running(items)) == offered


def test_nothing_is_offered_without_an_interface():
    assert adapter().find_controls(running(TALKING)) == frozenset()


def test_the_relay_offers_what_its_settings_allow_while_it_listens():
    call = running(TALKING)
    offered = {Action.HANG_UP, Action.TRANSFER, Action.RECORD}
    assert relayed().find_controls(call) == offered
    assert relayed("transfer").find_controls(call) == {Action.TRANSFER}
    assert relayed(is_listening=False).find_controls(call) == frozenset()


def test_who_opens_odoo_while_the_relay_is_away_can_dial_later():
    assert relayed("dial", is_listening=False).is_ready_to_dial()
    assert not relayed("transfer").is_ready_to_dial()
    with pytest.raises(ApiError) as error:
        relayed("dial", is_listening=False).originate(Dial("101", "+12025550142"))
    assert error.value.problem is Problem.NO_RELAY


# --- whom it is about --------------------------------------------------------------------


def test_the_own_phone_hangs_up_and_the_other_side_is_transferred():
    assert find_channel(running(TALKING)) == OWN
    assert find_other_channel(running(TALKING)) == CALLER


def test_after_a_transfer_the_colleague_speaks_with_the_same_customer():
    items = [*TALKING, *rings(CALLER, COLLEAGUE, 4), *talks(CALLER, COLLEAGUE, 5)]
    call = running(items, COLLEAGUE)
    assert (find_channel(call), find_other_channel(call)) == (COLLEAGUE, CALLER)


def test_in_a_conversation_of_colleagues_the_other_one_is_transferred():
    begin = {"CallerIDNum": "101", "Exten": "104", "ChannelState": "4", "Linkedid": OWN}
    start = {"Event": "Newchannel", "Timestamp": "1795768363.0"} | header(OWN) | begin
    items = [start, *rings(OWN, COLLEAGUE, 1), *talks(OWN, COLLEAGUE, 2)]
    items = [item | {"Linkedid": OWN, "DestLinkedid": OWN} for item in items]
    for own, other in ((OWN, COLLEAGUE), (COLLEAGUE, OWN)):
        assert find_other_channel(running(items, own)) == other


# --- recording ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("items", "is_recorded", "is_paused", "channel"),
    [
        (TALKING, False, False, None),
        (RECORDED, True, False, OWN),
        (PAUSED, False, True, OWN),
        ([*PAUSED, recording("Mute", 5, Direction="both", State="0")], True, False, OWN),
        ([*RECORDED, recording("Mute", 4, Direction="read", State="1")], True, False, OWN),
        ([*RECORDED, recording("Stop", 4)], False, False, None),
        # the dial plan records the caller, too, who is not paused
        ([*PAUSED, recording("Start", 2, CALLER)], True, False, CALLER),
    ],
)
def test_the_events_say_what_is_recorded(items, is_recorded, is_paused, channel):
    call = running(items)
    assert (call.is_recorded, call.is_recording_paused) == (is_recorded, is_paused)
    assert find_recorded_channel(call) == channel


def test_a_recording_ends_with_its_channel():
    begin = [*TALKING, recording("Start", 3, CALLER), *rings(CALLER, COLLEAGUE, 4)]
    begin += talks(CALLER, COLLEAGUE, 5)
    hangup = {"Event": "Hangup", "Timestamp": "1795768369.0", "Cause": "16"} | header(CALLER)
    assert running(begin, COLLEAGUE).is_recorded
    assert not running([*begin, hangup], COLLEAGUE).is_recorded


@given(st.permutations(PAUSED))
def test_the_order_of_arrival_makes_no_difference(items):
    call = running(sorted(items, key=lambda item: float(item["Timestamp"])))
    assert call.is_recording_paused


def test_recordings_do_not_change_what_happened():
    assert running(PAUSED).state == running(TALKING).state


def test_each_recording_has_a_file_of_its_own():
    names = {relayed().control(Action.RECORD, running(TALKING)).command["file"] for _ in range(9)}
    assert len(names) == 9
    assert all(FILE.fullmatch(name) for name in names)


def test_the_relay_records_the_own_phone_and_stops_what_is_recorded():
    command = relayed().control(Action.RECORD, running(TALKING)).command
    assert (command["action"], command["channel"]) == ("record", OWN)
    recorded = running([*TALKING, recording("Start", 3, CALLER)])
    for action in ("pause_recording", "stop_recording"):
        done = relayed().control(Action(action), recorded).command
        assert done == {"action": action, "channel": CALLER}


# --- directly ----------------------------------------------------------------------------


@pytest.mark.parametrize(("items", "cause"), [(RINGING, "21"), (TALKING, "16")])
def test_the_manager_interface_hangs_up(api, items, cause):
    say(api, Response="Success", Message="Channel Hungup")
    adapter(api).control(Action.HANG_UP, running(items))
    assert asked(api.requests[0]) == {"action": "Hangup", "Channel": OWN, "Cause": cause}


def test_the_rest_interface_hangs_up(api):
    api.will_answer("", 204)
    adapter(api, "/ari").control(Action.HANG_UP, running(TALKING))
    (sent,) = api.requests
    assert (sent.method, sent.path) == ("DELETE", f"/ari/channels/{OWN}?reason_code=16")


@pytest.mark.parametrize(
    ("path", "answer", "detail"),
    [
        ("/arawman", "Response: Error\r\nMessage: No such channel\r\n\r\n", "No such channel"),
        ("/ari", {"message": "Channel not found"}, "Channel not found (404)"),
    ],
)
def test_a_call_that_has_ended_meanwhile_is_refused_with_the_reason(api, path, answer, detail):
    api.will_answer(answer, 404 if path == "/ari" else 200, Content_Type="text/plain")
    with pytest.raises(ApiError) as error:
        adapter(api, path).control(Action.HANG_UP, running(TALKING))
    assert (error.value.problem, error.value.detail) == (Problem.REFUSED, detail)


def test_a_transfer_redirects_the_customer_once_the_target_is_known(api):
    say(api, Response="Success", Variable="DIALPLAN_EXISTS(office-xfer,104,1)", Value="1")
    say(api, Response="Success", Message="Redirect successful")
    adapter(api, transfer_context="office-xfer").control(Action.TRANSFER, running(TALKING), "104")
    question, redirect = map(asked, api.requests)
    assert question == {
        "action": "Getvar",
        "Channel": CALLER,
        "Variable": "DIALPLAN_EXISTS(office-xfer,104,1)",
    }
    assert redirect == {
        "action": "Redirect",
        "Channel": CALLER,
        "Context": "office-xfer",
        "Exten": "104",
        "Priority": "1",
    }


@pytest.mark.parametrize(("has_context", "context"), [("1", "from-internal-xfer"), ("0", "office")])
def test_the_context_for_transfers_is_that_of_freepbx_if_there_is_one(api, has_context, context):
    say(api, Response="Success", Value=has_context)
    say(api, Response="Success", Value="1")
    say(api, Response="Success", Message="Redirect successful")
    adapter(api, api_account="office").control(Action.TRANSFER, running(TALKING), "+493023125142")
    first, second, redirect = map(asked, api.requests)
    assert first["Variable"] == "DIALPLAN_EXISTS(from-internal-xfer)"
    assert second["Variable"] == f"DIALPLAN_EXISTS({context},03023125142,1)"
    assert (redirect["Context"], redirect["Exten"]) == (context, "03023125142")


@pytest.mark.parametrize("value", ["0", ""])
def test_a_customer_is_never_sent_to_an_unknown_extension(api, value):
    say(api, Response="Success", Value=value)
    with pytest.raises(ApiError) as error:
        adapter(api, transfer_context="x").control(Action.TRANSFER, running(TALKING), "777")
    assert (error.value.problem, error.value.detail) == (Problem.NO_TARGET, "777")
    assert len(api.requests) == 1


def test_a_transfer_is_not_repeated(api):
    say(api, Response="Success", Value="1")
    say(api, Response="Error", Message="Redirect failed")
    with pytest.raises(ApiError):
        adapter(api, transfer_context="x").control(Action.TRANSFER, running(TALKING), "104")
    assert [asked(request)["action"] for request in api.requests] == ["Getvar", "Redirect"]


@given(st.text(min_size=1))
def test_whatever_is_entered_only_numbers_and_names_are_passed_on(target):
    try:
        command = relayed().control(Action.TRANSFER, running(TALKING), target).command
    except ApiError:
        return
    assert re.fullmatch(r"[\w+*#.:@-]+", command["target"], re.ASCII)


# --- by the relay ------------------------------------------------------------------------


def test_the_relay_is_asked_instead():
    hang_up = relayed().control(Action.HANG_UP, running(TALKING)).command
    assert hang_up == {"action": "hang_up", "channel": OWN, "cause": "16"}
    transfer = relayed().control(Action.TRANSFER, running(TALKING), "+493023125142").command
    assert transfer == {"action": "transfer", "channel": CALLER, "target": "03023125142"}
    dialled = relayed().originate(Dial("101", "+493023125142"))
    assert dialled.command == {
        "action": DIAL,
        "call": dialled.call,
        "phone": "PJSIP/101",
        "number": "03023125142",
        "caller": "101",
    }


def test_an_address_has_priority_over_the_relay(api):
    say(api, Response="Success")
    both = adapter(api, relay_commands=ALL, is_relay_listening=True)
    assert both.control(Action.HANG_UP, running(TALKING)).command is None
    assert len(api.requests) == 1
