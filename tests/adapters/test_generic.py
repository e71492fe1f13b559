"""The event API: accepted events, reported errors and signatures."""

import json
from datetime import datetime, timedelta, timezone
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st
from stories import STORIES, calls_of
from story_player import OUTSIDE, PHONES, LegPlayer, story_tests_of

from adapters.base import Receipt, Settings
from adapters.event import ANONYMOUS, CallEvent, Cause, Direction, Kind
from adapters.generic import GenericAdapter
from adapters.request import Malformed, Refusal, Refused, WebhookRequest
from adapters.signature import sign, verify_signature

NOW = datetime(2026, 11, 23, 22, 43, tzinfo=timezone.utc)
ADAPTER = GenericAdapter(Settings(tz=ZoneInfo("Europe/Berlin")))

FULL = {
    "call": "a1", "leg": "a1-101", "event": "ringing", "at": "2026-11-23T22:42:55.123Z", "id": "e1",
    "direction": "incoming", "from": "+12025550142", "from_name": "J. Roe", "to": "+493023125610",
    "line": "+493023125610", "extension": "101", "queue": "support", "cause": None,
}  # fmt: skip


def request(body, **values):
    body = body if isinstance(body, bytes) else json.dumps(body).encode()
    return WebhookRequest(body, NOW, "application/json", **values)


def read_event(item):
    message = ADAPTER.understand(item, NOW)
    assert message.error is None
    return message.events[0]


def error_of(item):
    message = ADAPTER.understand(item, NOW)
    assert message.events == ()
    return message.error


def test_what_joins_calls_is_read():
    joined = read_event({"call": "b", "event": "joined", "with": "a", "room": "r"})
    assert (joined.alias, joined.room) == ("a", None)
    for kind in ("entered", "left"):
        there = read_event({"call": "b", "leg": "l", "event": kind, "with": "a", "room": "r"})
        assert (there.alias, there.room) == (None, "r")


@pytest.mark.parametrize(
    ("kind", "missing"), [("joined", "with"), ("entered", "room"), ("left", "room")]
)
def test_what_joins_calls_must_be_named(kind, missing):
    assert error_of({"call": "b", "event": kind}) == f"'{missing}' is missing"


def test_all_values_of_an_event_are_read():
    assert read_event(FULL) == CallEvent(
        call="a1",
        kind=Kind.RINGING,
        at=datetime(2026, 11, 23, 22, 42, 55, 123000, tzinfo=timezone.utc),
        uid="a1:e1",
        leg="a1-101",
        direction=Direction.INCOMING,
        from_number="+12025550142",
        from_name="J. Roe",
        to_number="+493023125610",
        line="+493023125610",
        extension="101",
        queue="support",
    )


def test_an_outside_party_has_a_number_and_perhaps_a_mailbox():
    item = {"call": "a1", "leg": "l2", "number": "+493023125699"}
    assert read_event(item | {"event": "answered"}).number == "+493023125699"
    assert not read_event(item | {"event": "answered"}).is_machine
    assert read_event(item | {"event": "voicemail"}).is_machine


def test_call_and_event_are_enough():
    event = read_event({"call": "a1", "event": "ended"})
    assert (event.at, event.leg, event.cause) == (NOW, None, None)


def test_without_an_id_the_content_in_any_order_identifies_the_event():
    one = read_event({"call": "a1", "event": "ended", "cause": "busy"})
    same = read_event({"cause": "busy", "event": "ended", "call": "a1"})
    other = read_event({"call": "a1", "event": "ended", "cause": "normal"})
    assert one.uid == same.uid != other.uid


def test_the_same_id_in_two_calls_means_two_events():
    uids = {read_event({"call": call, "event": "ended", "id": "1"}).uid for call in ("a", "b")}
    assert len(uids) == 2


def test_numbers_may_be_sent_as_numbers():
    event = read_event({"call": 7, "event": "ringing", "extension": 101, "from": 493023125610})
    assert (event.call, event.extension, event.from_number) == ("7", "101", "493023125610")


def test_an_event_with_an_extension_needs_no_leg():
    rang = read_event({"call": "a1", "event": "ringing", "extension": "101"})
    answered = read_event({"call": "a1", "event": "answered", "extension": "101"})
    assert rang.leg == answered.leg == "a1/101"


def test_an_end_without_a_leg_ends_the_call():
    assert read_event({"call": "a1", "event": "ended", "extension": "101"}).leg is None


@pytest.mark.parametrize("withheld", ["anonymous", "Anonymous", "WITHHELD", "private"])
def test_withheld_numbers_are_recognised(withheld):
    event = read_event({"call": "a1", "event": "ringing", "from": withheld})
    assert event.from_number == ANONYMOUS


@pytest.mark.parametrize("cause", list(Cause))
def test_every_cause_is_accepted(cause):
    assert read_event({"call": "a", "event": "ended", "cause": cause.value}).cause is cause


@pytest.mark.parametrize(
    ("values", "reason"),
    [
        ({"call": None}, "'call' is missing"),
        ({"call": "  "}, "'call' is missing"),
        ({"event": None}, "'event' is missing"),
        ({"event": "exploded"}, "'event' is 'exploded'; known are: ringing, answered"),
        ({"event": 7}, "'event' is '7'"),
        ({"direction": "sideways"}, "'direction' is 'sideways'"),
        ({"cause": "tired"}, "'cause' is 'tired'"),
        ({"from": ["+12025550142"]}, "'from' must be a text, not list"),
        ({"from": {"number": "1"}}, "'from' must be a text, not dict"),
        ({"from": True}, "'from' must be a text, not bool"),
        ({"from": 1.5}, "'from' must be a text, not float"),
        ({"leg": "x" * 501}, "'leg' has more than 500 characters"),
        ({"from_name": "J\u0000Roe"}, "'from_name' has control characters"),
        ({"from_name": "\ud800"}, "'from_name' has control characters"),
        ({"at": "noon"}, "'noon' is not a time"),
        ({"at": "9999-99-99T00:00:00Z"}, "is not a time"),
        ({"at": "1970-01-01T00:00:00Z"}, "is before the year 2000"),
        ({"at": "2999-01-01T00:00:00Z"}, "is in the future"),
        ({"at": "9999-12-31T23:59:59-23:00"}, "outside of the calendar"),
        ({"at": 99999999999}, "outside of the calendar|is in the future"),
        ({"at": [2026]}, "a time must be a text or a number"),
        ({"at": True}, "a time must be a text or a number"),
    ],
)
def test_invalid_values_are_reported(values, reason):
    assert any(part in error_of(FULL | values) for part in reason.split("|"))


@pytest.mark.parametrize("item", [None, 7, "ended", [], [1]])
def test_an_event_must_be_an_object(item):
    assert "an event must be an object" in error_of(item)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda part: st.lists(part, max_size=3) | st.dictionaries(st.text(), part, max_size=3),
    max_leaves=5,
)


@given(st.dictionaries(st.sampled_from(list(FULL)), JSON))
def test_any_values_are_read_or_reported(item):
    message = ADAPTER.understand(item, NOW)
    assert bool(message.error) != bool(message.events)
    for event in message.events:
        stored = json.loads(json.dumps(event.to_json()))
        assert CallEvent.from_json(stored) == event
        json.dumps(stored).encode()
        event.call.encode()
    message.raw.encode()


@given(st.binary(max_size=60))
def test_any_body_is_read_or_reported(body):
    try:
        messages = ADAPTER.messages(request(body))
    except Malformed as error:
        assert str(error)
    else:
        assert all(message.error for message in messages)


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (b"", "the body is empty"),
        (b"  \n", "the body is empty"),
        (b'{"call": ', "the body is not JSON"),
        (b"\xff\xfe\x00", "the body is not JSON"),
        (b"event=ringing&call=a1", "the body is not JSON"),
        (b'{"events": {}}', "'events' must be a list"),
        (b"[" * 100_000, "the body is not JSON"),
    ],
)
def test_a_malformed_body_is_reported(body, reason):
    with pytest.raises(Malformed, match=reason):
        ADAPTER.messages(request(body))


@pytest.mark.parametrize("batch", [FULL, [FULL, FULL], {"events": [FULL, FULL]}])
def test_one_event_a_list_and_a_batch_are_accepted(batch):
    events = [message.events for message in ADAPTER.messages(request(batch))]
    assert set(events) == {(read_event(FULL),)}


def test_an_empty_batch_is_accepted():
    assert ADAPTER.messages(request({"events": []})) == []


def test_an_invalid_event_does_not_affect_the_others():
    messages = ADAPTER.messages(request([FULL, {"event": "ringing"}, FULL]))
    assert [bool(message.error) for message in messages] == [False, True, False]


def test_the_answer_counts_the_events_and_names_the_errors():
    body = json.loads(ADAPTER.reply(Receipt(2, 1, 1, ("'call' is missing",))).body)
    assert body == {
        "accepted": 2,
        "duplicates": 1,
        "failed": 1,
        "errors": ["'call' is missing"],
    }


# --- signature --------------------------------------------------------------------------

STAMP = str(int(NOW.timestamp()))


def signed(body=b"{}", secret="s", timestamp=STAMP, **headers):
    signature_headers = {
        "x-call-handling-timestamp": timestamp,
        "x-call-handling-signature": sign(secret, timestamp, body),
    }
    return WebhookRequest(body, NOW, headers=signature_headers | headers)


def refusal(signed_request, *secrets):
    with pytest.raises(Refused) as refused:
        verify_signature(signed_request, secrets)
    return refused.value.refusal


def test_the_signature_is_hmac_sha256_of_timestamp_dot_body():
    # printf '1795473780.{}' | openssl dgst -sha256 -hmac s
    digest = "591f00229ac53acbd33d4b1c90faa54fc3c26049568aed1376d266d21c153923"
    assert sign("s", "1795473780", b"{}") == f"v1={digest}"


def test_a_signature_with_any_valid_secret_is_accepted():
    verify_signature(signed(), ("s",))
    verify_signature(signed(), ("new", "s"))


def test_without_a_secret_every_request_is_refused():
    assert refusal(signed(secret="")) is Refusal.WRONG_SIGNATURE


@given(st.integers(0, 300), st.sampled_from([-1, 1]))
def test_five_minutes_either_way_are_tolerated(seconds, sign_of_time):
    stamp = str(int(NOW.timestamp()) + sign_of_time * seconds)
    verify_signature(signed(timestamp=stamp), ("s",))


@pytest.mark.parametrize("seconds", [-301, 301, 10**8])
def test_a_timestamp_more_than_five_minutes_off_is_refused(seconds):
    stamp = str(int(NOW.timestamp()) + seconds)
    assert refusal(signed(timestamp=stamp), "s") is Refusal.OLD


@pytest.mark.parametrize("stamp", ["now", "-5", "1e9", "٣", "9" * 40])
def test_an_invalid_timestamp_is_refused(stamp):
    assert refusal(signed(timestamp=stamp), "s") is Refusal.WRONG_SIGNATURE


@given(st.integers(0, 63), st.sampled_from("0123456789abcdef"))
def test_a_signature_with_one_wrong_digit_is_refused(place, digit):
    right = sign("s", STAMP, b"{}")
    wrong = right[: 3 + place] + digit + right[4 + place :]
    if wrong != right:
        tampered = signed(**{"x-call-handling-signature": wrong})
        assert refusal(tampered, "s") is Refusal.WRONG_SIGNATURE


@pytest.mark.parametrize("header", ["x-call-handling-signature", "x-call-handling-timestamp"])
def test_a_missing_header_is_refused(header):
    assert refusal(signed(**{header: ""}), "s") is Refusal.UNSIGNED


def test_the_old_secret_is_valid_until_it_expires():
    until = NOW + timedelta(seconds=1)
    settings = Settings(secret="new", old_secret="old", old_secret_until=until)
    assert settings.secrets(NOW) == ("new", "old")
    assert settings.secrets(until) == ("new",)


def test_settings_do_not_show_their_secrets():
    shown = repr(Settings(secret="very secret", old_secret="old secret"))
    assert "secret'" not in shown and "very" not in shown


# --- the shared stories --------------------------------------------------------------


class GenericPlayer(LegPlayer):
    """A script that reports all it knows."""

    names = {
        "own": "+493023125610", "customer": "+12025550142", "caller2": "+12025550143",
        "ann": "101", "bo": "102", "cy": "103", "mobile": "+493023125699",
        "service": "+493023125698", "stranger": "anonymous",
    }  # fmt: skip

    def event(self, second, event, who=None, **values):
        item = {"call": f"c{self.call}", "event": event, "id": str(len(self.sent))}
        item |= {"at": (NOW + timedelta(seconds=second)).isoformat()}
        if who:
            is_first = who in PHONES and who == self.caller
            item |= {"leg": item["call"] if is_first else f"{item['call']}-{who}"}
            item |= {"extension" if who in PHONES else "number": self.names[who]}
        self.add(request(item | values))

    def calls(self, second, who, whom="own"):
        self.caller = who if who in PHONES else None
        if whom.startswith("*"):
            return  # the script knows that it is a feature code
        if whom == "own":
            caller = {"from": self.names[who], "line": self.names[whom]}
            self.event(second, "ringing", direction="incoming", **caller)
        elif whom in PHONES:
            caller = {"from": self.names[who], "to": self.names[whom]}
            self.event(second, "ringing", who, direction="internal", **caller)
        else:
            self.calls_outside(second, who, whom)

    def calls_outside(self, second, who, whom):
        about = {"direction": "outgoing", "to": self.names[whom], "line": self.names["own"]}
        if who in PHONES:
            self.event(second, "ringing", who, **about)
        self.event(second, "ringing", whom, **about)

    def click_begins(self, second, who):
        about = {"direction": "outgoing", "to": self.names["customer"], "line": self.names["own"]}
        self.event(second, "ringing", who, **about)

    def leg_begins(self, second, who):
        self.event(second, "ringing", who)

    def answers(self, second, who):
        if who == "mailbox":
            self.event(second, "voicemail")
        elif who != self.caller:
            self.event(second, "answered", who)

    def is_machine(self, second, who):
        self.event(second, "voicemail", who)

    def leg_ends(self, second, who, cause):
        if who == self.caller and cause == "no_answer":
            cause = "cancelled"  # the own phone after a click
        self.event(second, "ended", who, cause=cause)

    def transfers(self, second, who, _whom="park"):
        self.event(second, "transferred", who)
        self.event(second, "ended", who, cause="normal")

    parks = connects = transfers

    def picks_up(self, second, who, whom):
        self.event(second, "answered", who)
        self.event(second, "ended", whom, cause="elsewhere")

    def retrieves(self, second, who):
        self.event(second, "answered", who)

    def enters_room(self, second, who):
        if who not in OUTSIDE:
            self.event(second, "answered", who)

    def holds(self, second, who):
        self.event(second, "held", who)

    def resumes(self, second, who):
        self.event(second, "resumed", who)

    def waits(self, second, _who, queue):
        self.event(second, "ringing", queue=queue)

    def ends(self, second, _who, cause):
        self._over(second, cause)

    def _over(self, second, cause):
        if not self.sent:
            return
        for name in {*self.ringing, *self.talking} - {"mailbox", *self.callers}:
            why = "cancelled" if name in self.ringing else "normal"
            self.event(second, "ended", name, cause=why)
        if cause == "no_answer" and "odoo" in self.callers:
            cause = "cancelled"  # nobody was called
        self.event(second, "ended", cause=cause)


(
    test_what_the_guide_says,
    test_every_shared_story,
    test_shared_stories_in_any_order,
    test_a_lost_message,
) = story_tests_of(ADAPTER, GenericPlayer)


def test_shared_stories_in_a_batch():
    for story in STORIES.values():
        sent = GenericPlayer().play(story)
        batch = request({"events": [item.json() for item in sent]})
        assert calls_of(ADAPTER, [batch]) == calls_of(ADAPTER, sent)
