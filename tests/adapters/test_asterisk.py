"""Recorded traces of a real Asterisk give the calls that a person would tell of."""

import json
from collections import defaultdict
from dataclasses import replace
from datetime import datetime, timezone

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from adapters.asterisk import AsteriskAdapter
from adapters.asterisk.ami import EVENTS
from adapters.base import Settings
from adapters.fold import fold
from adapters.request import WebhookRequest
from traces import load, names
from traces.asterisk_calls import CALLS
from traces.expected import ExpectedCall, Phone

ADAPTER = AsteriskAdapter(Settings())
RECEIVED = datetime(2026, 11, 24, tzinfo=timezone.utc)


def events_of(batch):
    """Events that the adapter tells of a batch of AMI events, as the webhook reads them."""
    request = WebhookRequest(json.dumps(batch).encode(), RECEIVED, "application/json")
    messages = ADAPTER.messages(request)
    assert [message.error for message in messages if message.error] == []
    return [event for message in messages for event in message.events]


def calls_of(events):
    by_call = defaultdict(list)
    for event in events:
        by_call[event.call].append(event)
    states = [fold(own) for own in by_call.values()]
    return sorted(states, key=lambda state: state.date_start)


def tenths(moment):
    return moment and f"{moment:%H:%M:%S}.{moment.microsecond // 100_000}"


def tell(state, story):
    """A folded call in the form of the expectation."""
    speaker = [leg.extension for leg in state.legs if leg.ref == state.speaker]
    return ExpectedCall(
        story,
        direction=state.direction,
        outcome=state.outcome,
        remote=state.remote_number,
        name=state.remote_name,
        anonymous=state.is_anonymous,
        line=state.line_number,
        queue=state.queue,
        start=tenths(state.date_start),
        answer=tenths(state.date_answer),
        end=tenths(state.date_end),
        wait=state.wait_seconds,
        talk=state.talk_seconds,
        speaker=speaker[0] if speaker else None,
        phones=tuple(
            Phone(
                leg.extension,
                leg.outcome,
                tenths(leg.date_ring),
                tenths(leg.date_answer),
                tenths(leg.date_end),
            )
            for leg in state.legs
        ),
    )


def test_every_recorded_trace_has_its_story():
    assert names("asterisk") == sorted(CALLS)


@pytest.mark.parametrize("name", sorted(CALLS))
def test_a_trace_gives_just_the_calls_that_a_person_would_tell_of(name):
    states = calls_of(events_of(load("asterisk", name)))
    for state, told in zip(states, CALLS[name].calls, strict=True):
        assert tell(state, told.story) == replace(told, also=())


@st.composite
def disorder(draw, name):
    """The trace in any order, with any repetitions, in batches of any size."""
    trace = load("asterisk", name)
    repeated = draw(st.lists(st.sampled_from(trace), max_size=10))
    shuffled = draw(st.permutations(trace + repeated))
    cuts = sorted(draw(st.sets(st.integers(0, len(shuffled)), max_size=6)))
    edges = [0, *cuts, len(shuffled)]
    return [shuffled[start:end] for start, end in zip(edges, edges[1:], strict=False)]


@pytest.mark.parametrize("name", sorted(CALLS))
@settings(max_examples=25)
@given(data=st.data())
def test_order_repetition_and_batches_do_not_matter(name, data):
    in_order = calls_of(events_of(load("asterisk", name)))
    batches = data.draw(disorder(name))
    events = [event for batch in batches for event in events_of(batch)]
    assert calls_of(events) == in_order


def test_channels_that_the_administrator_named_as_trunks_are_not_phones():
    line = {
        "Event": "Newchannel", "Timestamp": "1795475114.8", "Channel": "PJSIP/line01-0000000a",
        "Context": "from-trunk", "Exten": "493023125611", "CallerIDNum": "12025550142",
        "CallerIDName": "", "Uniqueid": "1.1", "Linkedid": "1.1",
    }  # fmt: skip
    adapter = AsteriskAdapter(Settings(trunks=frozenset({"line01"})))
    state = fold(adapter.understand(line, RECEIVED).events)
    assert (state.direction, state.remote_number) == ("incoming", "12025550142")


def test_a_mailbox_that_picks_up_is_not_a_person():
    trace = load("asterisk", "incoming_no_answer_timeout")
    mailbox = {**trace[0], "Event": "Newexten", "Application": "VoiceMail"}
    (state,) = calls_of(events_of([*trace, mailbox]))
    assert (state.outcome, state.talk_seconds) == ("voicemail", 0)


def test_a_number_is_withheld_by_whichever_event_tells_the_wish():
    trace = load("asterisk", "incoming_withheld_by_presentation")
    wishes = [message for message in trace if "prohib" in str(message.get("ChanVariable"))]
    assert "prohib" not in trace[0]["ChanVariable"]
    assert wishes
    for message in wishes:
        (state,) = calls_of(events_of([trace[0], message])) or [None]
        if message["Event"] in EVENTS:
            assert (state.remote_number, state.remote_name) == (None, None), message["Event"]
            assert state.is_anonymous


def test_a_wish_among_several_variables_is_found():
    trace = load("asterisk", "incoming_answered_caller_hangs_up")
    variables = ["OTHER=1", "CALLERID(pres)=prohib_passed_screen"]
    (state,) = calls_of(events_of([trace[0] | {"ChanVariable": variables}]))
    assert (state.remote_number, state.remote_name, state.is_anonymous) == (None, None, True)


def test_employees_may_withhold_their_number_from_customers():
    trace = load("asterisk", "outgoing_answered")
    variables = {"ChanVariable": "CALLERID(pres)=prohib"}
    (state,) = calls_of(events_of([message | variables for message in trace]))
    assert tell(state, CALLS["outgoing_answered"].story) == CALLS["outgoing_answered"]


# --- after a gap -------------------------------------------------------------------------


def found(message, **headers):
    """What the relay finds after a gap, of a channel that began before it."""
    return {**message, "Event": "CoreShowChannel", "Timestamp": "1795475118.0", **headers}


def test_a_call_that_ended_in_a_gap_is_closed_and_says_so():
    trace = load("asterisk", "incoming_answered_caller_hangs_up")
    heard = trace[: 1 + [message.get("Event") for message in trace].index("DialEnd")]
    gone = [
        {**channel, "Event": "ChannelGone", "Timestamp": "1795475118.0"}
        for channel in heard
        if channel.get("Event") == "Newchannel"
    ]
    (state,) = calls_of(events_of([*heard, *gone]))
    assert (state.state, state.outcome, state.is_end_assumed) == ("ended", "answered", True)
    (state,) = calls_of(events_of([*trace, *gone]))
    assert not state.is_end_assumed, "it was heard of after all"


def test_a_call_that_began_in_a_gap_is_found():
    trunk, phone = (
        message
        for message in load("asterisk", "incoming_answered_caller_hangs_up")
        if message.get("Event") == "Newchannel"
    )
    up = {"ChannelState": "6", "BridgeId": "b1"}
    (ringing,) = calls_of(events_of([found(trunk), found(phone, ChannelState="5")]))
    assert (ringing.state, ringing.remote_number) == ("ringing", trunk["CallerIDNum"])
    assert [leg.extension for leg in ringing.legs] == ["101"]
    (ongoing,) = calls_of(events_of([found(trunk, **up), found(phone, **up)]))
    assert (ongoing.state, ongoing.direction) == ("ongoing", "incoming")


def test_who_waits_in_a_queue_is_not_taken_for_answered_after_a_gap():
    trunk = load("asterisk", "incoming_queue_abandoned")[0]
    (state,) = calls_of(events_of([found(trunk, ChannelState="6")]))
    assert state.state == "ringing"


# --- other things ------------------------------------------------------------------------


@pytest.mark.parametrize("changed", ["Transferee", "TransferTarget"])
def test_when_two_calls_are_put_together_the_older_one_goes_on(changed):
    """Whichever of the two it was in which the phone asked for it."""
    trace = load("asterisk", "attended_transfer")
    together = next(m for m in trace if m["Event"] == "AttendedTransfer")
    if changed == "Transferee":
        pairs = {"Orig": "Second", "Second": "Orig"}
        swapped = {
            name: together.get(f"{pairs[end]}Transferer{rest}")
            for name in together
            for end, _, rest in [name.partition("Transferer")]
            if end in pairs and rest
        }
        together = {k: v for k, v in (together | swapped).items() if v is not None}
    calls = {event.call for event in events_of([together]) if event.kind.value == "transferred"}
    assert calls == {"1795485662.9"}


def test_answers_to_actions_and_events_of_other_things_tell_nothing():
    others = [
        {"Response": "Success", "Message": "Authentication accepted"},
        {"Event": "PeerStatus", "Peer": "PJSIP/101"},
        {"Event": "Hangup", "Channel": "Local/101@from-queue-00000001;2", "Uniqueid": "1",
         "Linkedid": "1", "Cause": "16"},
    ]  # fmt: skip
    assert events_of(others) == []


@pytest.mark.parametrize(
    ("headers", "reason"),
    [
        ({"Channel": "PJSIP/101-1"}, "'Event' is missing"),
        ({"Event": "Hangup", "Channel": "PJSIP/101-1", "Linkedid": "1"}, "'Uniqueid' is missing"),
        ({"Event": "Hangup", "Channel": [], "Uniqueid": "1", "Linkedid": "1"}, "must be a text"),
        ({"Event": "Hangup", "Timestamp": "noon", "Uniqueid": "1"}, "is not a time"),
        ("Event: Hangup", "must be an object"),
    ],
)
def test_an_event_that_cannot_be_read_says_why(headers, reason):
    assert reason in ADAPTER.understand(headers, RECEIVED).error
