"""Recorded traces of a real Asterisk give the expected calls."""

import json
import re
from dataclasses import replace
from datetime import datetime, timezone

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from stories import request
from story_player import OUTSIDE, PHONES, Player, story_tests_of

from adapters.asterisk import AsteriskAdapter
from adapters.asterisk.ami import EVENTS
from adapters.base import Settings
from adapters.event import Direction
from adapters.fold import fold_calls
from adapters.request import WebhookRequest
from adapters.settings import Peer
from traces import load, names
from traces.asterisk_calls import CALLS
from traces.expected import ExpectedCall, Phone

SETTINGS = Settings(
    phones=frozenset({"101", "102", "103", "104", "alice", "tenant1_101"}),
    trunks=frozenset({"trunk", "nowhere"}),
    peers=tuple(Peer(f"ext{phone}", phone) for phone in ("101", "102", "104")),
)
ADAPTER = AsteriskAdapter(SETTINGS)
CUSTOMER = "03023125111"
RECEIVED = datetime(2026, 11, 24, tzinfo=timezone.utc)


def events_of(batch):
    """Return the events of a batch of AMI events that the webhook receives."""
    request = WebhookRequest(json.dumps(batch).encode(), RECEIVED, "application/json")
    messages = ADAPTER.messages(request)
    assert [message.error for message in messages if message.error] == []
    return [event for message in messages for event in message.events]


def calls_of(events):
    return fold_calls(events, SETTINGS)


def tenths(moment):
    return moment and f"{moment:%H:%M:%S}.{moment.microsecond // 100_000}"


def describe(state, story):
    """Return a folded call in the form of the expectation."""
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
                leg.number,
            )
            for leg in state.legs
        ),
    )


def test_every_recorded_trace_has_an_expectation():
    assert names("asterisk") == sorted(CALLS)


@pytest.mark.parametrize("name", sorted(CALLS))
def test_a_trace_gives_exactly_the_expected_calls(name):
    states = calls_of(events_of(load("asterisk", name)))
    for state, expected in zip(states, CALLS[name].calls, strict=True):
        assert describe(state, expected.story) == replace(expected, also=())


@st.composite
def any_batches(draw, name):
    """The trace in any order, with repetitions, in batches of any size."""
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
    batches = data.draw(any_batches(name))
    events = [event for batch in batches for event in events_of(batch)]
    assert calls_of(events) == in_order


# --- what phones and trunks are called ---------------------------------------------------


@pytest.mark.parametrize("name", sorted(CALLS))
def test_nothing_wrong_is_concluded_about_unknown_phones_and_trunks(name):
    """They are reported, and what the events themselves show is right."""
    received = events_of(load("asterisk", name))
    for state, expected in zip(fold_calls(received), CALLS[name].calls, strict=True):
        assert (state.direction, state.outcome) == (expected.direction, expected.outcome)
        assert state.remote_number == expected.remote
        assert state.unknown_peers or not expected.phones


@pytest.mark.parametrize("known", [SETTINGS, Settings()], ids=["known", "unknown"])
@pytest.mark.parametrize("name", sorted(CALLS))
def test_a_private_call_keeps_its_progress_and_nothing_about_the_other_side(name, known):
    received = events_of(load("asterisk", name))
    for state in fold_calls(received, known):
        own = [leg.extension for leg in state.legs if leg.ref == state.speaker]
        phones = known_names(own) if state.direction == "internal" else None
        masked = [
            event.without_people(f"x{number}", Direction(state.direction), phones)
            for number, event in enumerate(received)
            if event.call in state.refs
        ]
        (private,) = fold_calls(masked, known)
        assert progress(private, own) == progress(state, own)
        assert (private.remote_number, private.remote_name) == (None, None)
        numbers = {leg.number for leg in private.legs} | {private.line_number}
        assert not any(re.search(r"\d", number or "") for number in numbers)


def known_names(extensions):
    """Return what the phones with these extensions are called."""
    named = {peer.name for peer in SETTINGS.peers if peer.extension in extensions}
    return {*extensions, *named}


def progress(state, own):
    """Return what is still known about a private call: of the own phone, if it is internal."""
    is_internal = state.direction == "internal"
    phones = [
        replace(leg, number=None)
        for leg in state.legs
        if leg.extension and (leg.extension in own or not is_internal)
    ]
    times = state.date_start, state.date_answer, state.date_end
    return state.direction, state.outcome, state.talk_seconds, times, state.speaker, phones


def test_channels_configured_as_trunks_are_not_phones():
    line = {
        "Event": "Newchannel", "Timestamp": "1795475114.8", "Channel": "PJSIP/line01-0000000a",
        "ChannelStateDesc": "Ring", "Exten": "493023125611", "CallerIDNum": "12025550142",
        "CallerIDName": "", "Uniqueid": "1.1", "Linkedid": "1.1",
    }  # fmt: skip
    settings = Settings(trunks=frozenset({"line01"}))
    (state,) = fold_calls(AsteriskAdapter(settings).understand(line, RECEIVED).events, settings)
    assert (state.direction, state.remote_number) == ("incoming", "12025550142")


def test_a_call_that_a_mailbox_answers_is_a_voicemail():
    trace = load("asterisk", "incoming_no_answer_timeout")
    mailbox = {**trace[0], "Event": "Newexten", "Application": "VoiceMail"}
    (state,) = calls_of(events_of([*trace, mailbox]))
    assert (state.outcome, state.talk_seconds) == ("voicemail", 0)


def test_any_event_can_withhold_the_number():
    trace = load("asterisk", "incoming_withheld_by_presentation")
    withholding = [message for message in trace if "prohib" in str(message.get("ChanVariable"))]
    assert "prohib" not in trace[0]["ChanVariable"]
    assert withholding
    for message in withholding:
        (state,) = calls_of(events_of([trace[0], message])) or [None]
        if message["Event"] in EVENTS:
            assert (state.remote_number, state.remote_name) == (None, None), message["Event"]
            assert state.is_anonymous


def test_one_of_several_variables_can_withhold_the_number():
    trace = load("asterisk", "incoming_answered_caller_hangs_up")
    variables = ["OTHER=1", "CALLERID(pres)=prohib_passed_screen"]
    (state,) = calls_of(events_of([trace[0] | {"ChanVariable": variables}]))
    assert (state.remote_number, state.remote_name, state.is_anonymous) == (None, None, True)


def test_an_employee_who_withholds_the_number_does_not_hide_the_customers():
    trace = load("asterisk", "outgoing_answered")
    variables = {"ChanVariable": "CALLERID(pres)=prohib"}
    (state,) = calls_of(events_of([message | variables for message in trace]))
    assert describe(state, CALLS["outgoing_answered"].story) == CALLS["outgoing_answered"]


# --- who calls whom ----------------------------------------------------------------------


def channel(name, number, state="Down", second=0, **headers):
    """The Newchannel of a call that channel 1.1 began."""
    return {
        "Event": "Newchannel", "Timestamp": f"{1795475114 + second}.0", "ChannelStateDesc": state,
        "Channel": f"PJSIP/{name}-0000000{number}", "ChannelState": "4" if state == "Ring" else "0",
        "Uniqueid": f"1.{number}", "Linkedid": "1.1", **headers,
    }  # fmt: skip


def up(message, second):
    return (
        message | {"Event": "Newstate", "ChannelState": "6", "ChannelStateDesc": "Up"} | at(second)
    )


def at(second):
    return {"Timestamp": f"{1795475114 + second}.0"}


def enters(message, second, room="b1"):
    return up(message, second) | {"Event": "BridgeEnter", "BridgeUniqueid": room}


def hangs_up(message, second, cause="16"):
    return message | {"Event": "Hangup", "Cause": cause} | at(second)


def dials(caller, called, dialled, second):
    called = {f"Dest{header}": value for header, value in called.items()}
    return caller | called | {"Event": "DialBegin", "DialString": dialled} | at(second)


def test_a_program_of_the_company_calls_a_customer():
    customer = channel("trunk", 1)
    trace = [
        customer,
        dials({}, customer, f"{CUSTOMER}@trunk", 0),
        up(customer, 7),
        hangs_up(customer, 27),
    ]
    (state,) = calls_of(events_of(trace))
    assert (state.direction, state.outcome, state.remote_number) == (
        "outgoing",
        "answered",
        CUSTOMER,
    )
    assert (state.wait_seconds, state.talk_seconds, state.speaker) == (7, 20, None)


def test_a_callback_rings_the_customer_first():
    customer, phone = channel("trunk", 1), channel("101", 2, second=5)
    trace = [
        customer,
        dials({}, customer, f"{CUSTOMER}@trunk", 0),
        up(customer, 5),
        phone,
        dials(customer, phone, "101", 5),
        up(phone, 8),
        enters(customer, 8),
        enters(phone, 8),
        hangs_up(phone, 18),
        hangs_up(customer, 18),
    ]
    (state,) = calls_of(events_of(trace))
    assert (state.direction, state.outcome, state.remote_number) == (
        "outgoing",
        "answered",
        CUSTOMER,
    )
    assert (state.wait_seconds, state.talk_seconds) == (8, 10)
    assert [(leg.extension, leg.outcome) for leg in state.legs] == [("101", "answered")]
    (waiting,) = calls_of(events_of(trace[:-5]))
    assert waiting.state == "ringing", "the customer waits for somebody of the company"


@pytest.mark.parametrize("order", [1, -1])
def test_a_click_whose_own_phone_is_busy_is_busy_whatever_asterisk_reports_first(order):
    phone = channel("101", 1)
    failed = {"Event": "OriginateResponse", "Response": "Failure", "Channel": "PJSIP/101"}
    failed |= {"Uniqueid": "1.1", "Exten": CUSTOMER, "Reason": "0"}
    last = [hangs_up(phone, 1, "17"), failed | at(1)][::order]
    last = [message | at(1 + place) for place, message in enumerate(last)]
    (state,) = calls_of(events_of([phone, dials({}, phone, "101", 0), *last]))
    assert (state.direction, state.outcome, state.remote_number) == ("outgoing", "busy", CUSTOMER)


def test_a_colleague_forwards_an_internal_call_to_a_mobile():
    caller = channel("101", 1, "Ring", CallerIDNum="101", Exten="104")
    mobile = channel("trunk", 2, second=1)
    trace = [
        caller,
        dials(caller, mobile, f"{CUSTOMER}@trunk", 1),
        up(mobile, 4),
        enters(caller, 4),
        enters(mobile, 4),
        hangs_up(mobile, 9),
        hangs_up(caller, 9),
    ]
    (state,) = calls_of(events_of(trace))
    assert (state.direction, state.outcome, state.remote_number) == ("internal", "answered", "104")
    legs = [(leg.extension, leg.number, leg.outcome) for leg in state.legs]
    assert legs == [("101", None, "answered"), (None, CUSTOMER, "answered")]
    assert (state.talk_seconds, state.speaker) == (5, "1.1")


@pytest.mark.parametrize("dialled", ["*97", "*8101", "701", "18", "#1"])
def test_a_phone_that_only_speaks_with_the_exchange_makes_no_call(dialled):
    phone = channel("101", 1, "Ring", CallerIDNum="101", Exten=dialled)
    trace = [phone, up(phone, 0), enters(phone, 1), hangs_up(phone, 9)]
    for length in range(1, 5):
        assert calls_of(events_of(trace[:length])) == []


def test_a_colleague_whose_phone_is_not_registered_was_called_in_vain():
    phone = channel("101", 1, "Ring", CallerIDNum="101", Exten="104")
    (state,) = calls_of(events_of([phone, hangs_up(phone, 0, "3")]))
    assert (state.direction, state.outcome, state.remote_number) == ("internal", "failed", "104")
    assert state.speaker == "1.1"


def test_somebody_who_enters_a_room_later_did_not_speak_with_who_left_before():
    """Rooms of a program can exist for long."""
    first = channel("trunk", 1, "Ring", CallerIDNum="12025550142", Exten="493023125611")
    agent = channel("101", 2, second=1)
    later = channel("trunk", 3, "Ring", 60, CallerIDNum="12025550143", Linkedid="1.3")
    other = channel("104", 4, second=61, Linkedid="1.3")
    trace = [
        first, agent, enters(first, 2), enters(agent, 2), hangs_up(agent, 9), hangs_up(first, 9),
        later, other, enters(later, 62), enters(other, 62), hangs_up(other, 69), hangs_up(later, 69)
    ]  # fmt: skip
    states = calls_of(events_of(trace))
    assert [(state.refs, state.talk_seconds) for state in states] == [(("1.1",), 7), (("1.3",), 7)]


# --- after a gap -------------------------------------------------------------------------


def found(message, **headers):
    """The event about a channel that the relay finds after a gap."""
    return {**message, "Event": "CoreShowChannel", "Timestamp": "1795475118.0", **headers}


def test_a_call_that_ended_during_a_gap_gets_an_assumed_end():
    trace = load("asterisk", "incoming_answered_caller_hangs_up")
    received = trace[: 1 + [message.get("Event") for message in trace].index("DialEnd")]
    gone = [
        {**channel, "Event": "ChannelGone", "Timestamp": "1795475118.0"}
        for channel in received
        if channel.get("Event") == "Newchannel"
    ]
    (state,) = calls_of(events_of([*received, *gone]))
    assert (state.state, state.outcome, state.is_end_assumed) == ("ended", "answered", True)
    (state,) = calls_of(events_of([*trace, *gone]))
    assert not state.is_end_assumed, "the real end was received"


def test_a_call_that_began_during_a_gap_is_found():
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


def test_a_call_waiting_in_a_queue_is_not_answered_after_a_gap():
    trunk = load("asterisk", "incoming_queue_abandoned")[0]
    (state,) = calls_of(events_of([found(trunk, ChannelState="6")]))
    assert state.state == "ringing"


# --- other things ------------------------------------------------------------------------


def test_an_attended_transfer_can_be_requested_in_either_call():
    trace = load("asterisk", "attended_transfer")
    transfer = next(m for m in trace if m["Event"] == "AttendedTransfer")
    pairs = {"Orig": "Second", "Second": "Orig"}
    swapped = {}
    for name, value in transfer.items():
        end, transferer, rest = name.partition("Transferer")
        swapped[f"{pairs[end]}{transferer}{rest}" if end in pairs else name] = value
    assert swapped != transfer
    changed = [swapped if message is transfer else message for message in trace]
    assert calls_of(events_of(changed)) == calls_of(events_of(trace))


def test_answers_to_actions_and_unrelated_events_are_ignored():
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
def test_invalid_events_are_reported(headers, reason):
    assert reason in ADAPTER.understand(headers, RECEIVED).error


# --- the shared stories ------------------------------------------------------------------


class AsteriskPlayer(Player):
    """What the relay sends, as Asterisk 22 reported the same in recorded situations."""

    names = {
        "own": "493023125611", "customer": CUSTOMER, "caller2": "03023125112",
        "stranger": "anonymous", "mobile": "03023125142", "service": "03023125143",
        "ann": "101", "bo": "102", "cy": "103",
    }  # fmt: skip
    causes = {"busy": "17", "rejected": "21", "failed": "1", "elsewhere": "26", "no_answer": "0"}

    def __init__(self):
        super().__init__()
        self.channels = {}  # by call and name
        self.rooms = {}  # by channel
        self.waiting = {}  # the channel that has dialled another one
        self.asked = None
        self.dialled = None  # by a click

    # --- what Asterisk sends ---

    def event(self, second, name, *channels, **headers):
        """Send an event about channels, each with the prefix of its headers."""
        item = {"Event": name, "Timestamp": f"{1795475114 + second + len(self.sent) / 1e4:.4f}"}
        for prefix, about in channels:
            item |= {f"{prefix}{header}": value for header, value in about.items()}
        self.add(request(json.dumps([item | headers])))

    def begins(self, second, who, state, exten="s", call=None):
        """A channel begins, by default in the call that the line is about."""
        number = len(self.sent)
        call = call or self.call
        about = {
            "Channel": f"PJSIP/{self.names[who] if who in PHONES else 'trunk'}-{number:08x}",
            "ChannelState": {"Ring": "4", "Down": "0"}[state],
            "ChannelStateDesc": state,
            "CallerIDNum": self.names[who],
            "Exten": exten,
            "Uniqueid": f"{call}.{number}",
        }
        first = next((c for (of, _who), c in self.channels.items() if of == call), about)
        about["Linkedid"] = first["Uniqueid"]
        self.channels[call, who] = about
        self.event(second, "Newchannel", ("", about))
        return about

    def of(self, who, call=None):
        return self.channels[call or self.call, who]

    @property
    def caller(self):
        """The channel that began the call."""
        return next(c for (call, _who), c in self.channels.items() if call == self.call)

    def is_up(self, second, channel):
        if channel["ChannelState"] != "6":
            channel |= {"ChannelState": "6", "ChannelStateDesc": "Up"}
            self.event(second, "Newstate", ("", channel))

    def enters(self, second, channel, room, technology="simple_bridge"):
        self.leaves(second, channel)
        self.rooms[channel["Uniqueid"]] = room, technology
        about = {"BridgeUniqueid": room, "BridgeTechnology": technology}
        self.event(second, "BridgeEnter", ("", channel), **about)

    def leaves(self, second, channel):
        if channel["Uniqueid"] in self.rooms:
            room, technology = self.rooms.pop(channel["Uniqueid"])
            about = {"BridgeUniqueid": room, "BridgeTechnology": technology}
            self.event(second, "BridgeLeave", ("", channel), **about)

    def is_over(self, second, who, cause="16", call=None):
        channel = self.channels.pop((call or self.call, who))
        self.leaves(second, channel)
        self.event(second, "Hangup", ("", channel), Cause=cause)

    def dials(self, second, caller, who):
        """A channel dials; without one, a program does."""
        called = self.begins(second, who, "Down")
        target = self.names[who] if who in PHONES else f"{self.names[who]}@trunk"
        channels = [("", caller)] if caller else []
        self.event(second, "DialBegin", *channels, ("Dest", called), DialString=target)
        self.waiting[called["Uniqueid"]] = caller

    def dial_ends(self, second, who, status):
        called = self.of(who)
        caller = self.waiting.pop(called["Uniqueid"])
        channels = [("", caller)] if caller else []
        self.event(second, "DialEnd", *channels, ("Dest", called), DialStatus=status)
        return caller, called

    # --- what happens ---

    def calls(self, second, who, whom="own"):
        if who == "program":
            return self.dials(second, None, whom)
        caller = self.begins(second, who, "Ring", self.names.get(whom, whom))
        if whom.startswith("*"):
            self.is_up(second, caller)
        elif whom in OUTSIDE:
            self.dials(second, caller, whom)
        return None

    def rings(self, second, who, *whom):
        if who == "odoo":
            self.dialled = self.names[whom[1]]
            return self.dials(second, None, whom[0])
        caller = self.asked if self.asked else self.caller
        if who in OUTSIDE and caller["Exten"] == "s":
            caller["Exten"] = self.dialled
        return self.dials(second, caller, who)

    def answers(self, second, who):
        if who == "mailbox":
            self.is_up(second, self.caller)
            return self.event(second, "Newexten", ("", self.caller), Application="VoiceMail")
        self.is_up(second, self.of(who))
        caller, called = self.dial_ends(second, who, "ANSWER")
        if caller:
            self.is_up(second, caller)
            room = f"room-{called['Uniqueid']}"
            for channel in (called, caller):
                self.enters(second, channel, room)
        return None

    def stops(self, second, who, cause):
        if (self.call, who) not in self.channels:
            self.dials(second, self.caller, who)
        status = {"busy": "BUSY", "elsewhere": "CANCEL"}.get(cause, "NOANSWER")
        caller, channel = self.dial_ends(second, who, status)
        if not caller and self.dialled:
            about = {"Channel": "PJSIP/" + self.names[who], "Exten": self.dialled}
            about |= {
                "Uniqueid": channel["Uniqueid"],
                "Reason": "3" if cause == "no_answer" else "0",
            }
            self.event(second, "OriginateResponse", Response="Failure", **about)
        self.is_over(second, who, self.causes[cause])

    def forwards(self, second, who, _whom):
        self.stops(second, who, "no_answer")

    def holds(self, second, who):
        self.event(second, "Hold", ("", self.of(who)))

    def resumes(self, second, who):
        if self.asked:
            self.asked = None
            self.enters(second, self.of(who), self.rooms[self.caller["Uniqueid"]][0])
        self.event(second, "Unhold", ("", self.of(who)))

    def waits(self, second, _who, queue):
        self.is_up(second, self.caller)
        self.event(second, "QueueCallerJoin", ("", self.caller), Queue=queue)

    def announces(self, second, _who):
        self.is_up(second, self.caller)

    is_closed = announces

    def transfers(self, second, who, _whom):
        self.event(second, "BlindTransfer", ("Transferer", self.of(who)), Result="Success")
        self.leaves(second, self.caller)
        self.is_over(second, who)

    def parks(self, second, who):
        phone = self.of(who)["Channel"].rpartition("-")[0]
        self.transfers(second, who, "park")
        self.event(second, "ParkedCall", ("Parkee", self.caller), ParkerDialString=phone)
        self.enters(second, self.caller, "parked", "holding_bridge")

    def retrieves(self, second, who):
        call = self.comes(second - 1, who, "701")
        about = [("Parkee", self.caller), ("Retriever", self.of(who, call))]
        self.event(second, "UnParkedCall", *about)
        self.meets(second, who, call)

    def picks_up(self, second, who, whom):
        call = self.comes(second - 1, who, f"*8{self.names[whom]}")
        about = [("", self.of(who, call)), ("Target", self.of(whom))]
        self.event(second, "Pickup", *about)
        self.is_up(second, self.caller)
        self.is_over(second, whom, "26")
        self.meets(second, who, call)

    def comes(self, second, who, dialled):
        """A phone calls the exchange, which answers: a call of its own."""
        call = f"{self.call}{who}"
        self.is_up(second, self.begins(second, who, "Ring", dialled, call))
        return call

    def meets(self, second, who, call):
        """The channel of another call is connected with the caller of this one."""
        channel = self.channels.pop((call, who)) | {"Linkedid": self.caller["Linkedid"]}
        self.channels[self.call, who] = channel
        for each in (self.caller, channel):
            self.enters(second, each, f"room-{channel['Uniqueid']}")

    def consults(self, second, who, whom):
        """With a second call of the phone; if that leads nowhere, with a code of the exchange."""
        if any(what == "connects" for _at, _who, what, _rest in self.rest):
            self.asked = self.begins(second, who, "Ring", self.names[whom], f"{self.call}{who}")
            self.asking = who
        else:
            self.asked = self.of(who)
            self.leaves(second, self.asked)

    def connects(self, second, who, whom):
        own, other = self.of(who), self.asked
        about = [("OrigTransferer", own), ("SecondTransferer", other)]
        self.event(second, "AttendedTransfer", *about, Result="Success")
        room = self.rooms[self.caller["Uniqueid"]][0]
        called = self.of(whom)
        called["Linkedid"] = self.caller["Linkedid"]
        if called["Uniqueid"] in self.waiting:
            self.waiting[called["Uniqueid"]] = self.caller
        else:
            self.enters(second, called, room)
        self.asked = None
        self.is_over(second, who)
        self.is_over(second, who, call=f"{self.call}{who}")

    def enters_room(self, second, who):
        if who in PHONES:
            self.callers[who] = self.call = len(self.callers) + 1
            self.begins(second - 1, who, "Ring", "1000")
        self.is_up(second, self.of(who))
        self.enters(second, self.of(who), "conference", "softmix")

    def hangs_up(self, second, who):
        if who != "program":
            call = self.callers.get(who, self.call)
            self.event(second, "HangupRequest", ("", self.of(who, call)))
        in_rooms = len(set(self.rooms.values())) < len(self.rooms) and len(self.callers) > 1
        met = in_rooms and "conference" in {room for room, _technology in self.rooms.values()}
        for call, name in list(self.channels):
            if call == self.call or met:
                self.is_over(second, name, call=call)

    def gives_up(self, second, who):
        self.event(second, "HangupRequest", ("", self.of(who)))
        for name in [name for call, name in self.channels if call == self.call]:
            if self.of(name)["Uniqueid"] in self.waiting:
                self.dial_ends(second, name, "CANCEL")
            self.is_over(second, name, "127")

    def ends(self, second, _who, cause):
        for name in [name for call, name in self.channels if call == self.call]:
            self.event(second, "SoftHangupRequest", ("", self.of(name)))
            self.is_over(second, name, self.causes[cause])


(
    test_what_the_guide_says,
    test_every_shared_story,
    test_shared_stories_in_any_order,
    test_a_lost_message,
) = story_tests_of(
    ADAPTER,
    AsteriskPlayer,
    {
        "outside hours": {"outcome": "cancelled"},
        "only an announcement": {"outcome": "cancelled"},
        "attended transfer, refused": {"talk": 55},
        "click to dial, the own phone is not picked up": {
            "outcome": "no_answer",
            "phones": {"101": "no_answer"},
        },
    },
)
