"""Placetel: notifications as documented, with our own test numbers, and dialling."""

from itertools import permutations
from urllib.parse import urlencode

import pytest
from stories import Call, calls_of, describe, request
from story_player import PHONES, NotReported, Player, story_tests, story_tests_of

from adapters.api import ApiError, Problem
from adapters.base import Dial, Dialled, Settings
from adapters.placetel import PlacetelAdapter
from adapters.request import Malformed, Refusal, Refused

ADAPTER = PlacetelAdapter(Settings(secret="12345"))
CUSTOMER, OWN, ANN = "03023125642", "03023125610", "7777abcdefg@fpbx.de"

IN = {"from": CUSTOMER, "to": OWN, "call_id": "c1", "direction": "in"}
OUT = {"from": OWN, "to": CUSTOMER, "call_id": "c2", "direction": "out"}


def notify(second, event, call, **values):
    fields = tuple({"event": event, **call, **values}.items())
    return request(urlencode(fields), second, "application/x-www-form-urlencoded", fields)


STORIES = {
    "a call is answered": (
        [
            notify(0, "IncomingCall", IN),
            notify(7, "CallAccepted", IN, peer=ANN),
            notify(67, "HungUp", IN, type="accepted", duration="60"),
        ],
        Call("incoming", "answered", CUSTOMER, ANN, {ANN: "answered"}, OWN, 7, 60),
    ),
    "nobody answers": (
        [
            notify(0, "IncomingCall", IN),
            notify(20, "HungUp", IN, type="missed", duration="0"),
        ],
        Call("incoming", "no_answer", CUSTOMER, None, {}, OWN, 20),
    ),
    "the mailbox answers": (
        [
            notify(0, "IncomingCall", IN),
            notify(45, "HungUp", IN, type="voicemail", duration="0"),
        ],
        Call("incoming", "voicemail", CUSTOMER, None, {}, OWN, 45),
    ),
    "the mailbox answers, as reported by the first version of Notify": (
        [
            notify(0, "IncomingCall", IN),
            notify(15, "CallAccepted", IN, user="voicemail"),
            notify(45, "HungUp", IN, type="accepted"),
        ],
        Call("incoming", "voicemail", CUSTOMER, None, {}, OWN, 15),
    ),
    "a caller on the block list": (
        [
            notify(0, "IncomingCall", IN | {"from": "anonymous"}),
            notify(1, "HungUp", IN | {"from": "anonymous"}, type="blocked", duration="0"),
        ],
        Call("incoming", "rejected", None, None, {}, OWN, 1, anonymous=True),
    ),
    "an outgoing call is answered": (
        [
            notify(0, "OutgoingCall", OUT, peer=ANN),
            notify(66, "HungUp", OUT, type="accepted", duration="60"),
        ],
        Call("outgoing", "answered", CUSTOMER, ANN, {ANN: "answered"}, OWN, 6, 60),
    ),
    "an outgoing call is busy": (
        [
            notify(0, "OutgoingCall", OUT, peer=ANN),
            notify(4, "HungUp", OUT, type="busy", duration="0"),
        ],
        Call("outgoing", "busy", CUSTOMER, ANN, {ANN: "busy"}, OWN, 4),
    ),
    "the caller hangs up before the customer answers": (
        [
            notify(0, "OutgoingCall", OUT, peer=ANN),
            notify(9, "HungUp", OUT, type="canceled", duration="0"),
        ],
        Call("outgoing", "cancelled", CUSTOMER, ANN, {ANN: "cancelled"}, OWN, 9),
    ),
    "the number is unavailable": (
        [
            notify(0, "OutgoingCall", OUT, peer=ANN),
            notify(2, "HungUp", OUT, type="unavailable", duration="0"),
        ],
        Call("outgoing", "failed", CUSTOMER, ANN, {ANN: "failed"}, OWN, 2),
    ),
}


test_every_story, test_any_order = story_tests(ADAPTER, STORIES)


class PlacetelPlayer(Player):
    """Who answered is reported for incoming calls, the result with the end."""

    names = {
        "own": OWN, "customer": CUSTOMER, "caller2": "03023125643", "stranger": "anonymous",
        "ann": ANN, "bo": "7777bo@fpbx.de", "cy": "7777cy@fpbx.de",
    }  # fmt: skip

    def notify(self, second, event, **values):
        who = next(name for name, number in self.callers.items() if number == self.call)
        numbers = {"from": self.names[who], "to": OWN, "direction": "in"}
        if who in PHONES:
            numbers = {"from": OWN, "to": CUSTOMER, "direction": "out"}
        self.add(notify(second, event, numbers | {"call_id": f"c{self.call}"}, **values))

    def calls(self, second, who, whom="own"):
        if whom not in ("own", "customer") or who == "program":
            raise NotReported("an internal call, or one of a program")
        self.answer = {**getattr(self, "answer", {}), self.call: None}
        self.is_in_mailbox, self.is_outgoing = False, who in PHONES
        if who in PHONES:
            self.notify(second, "OutgoingCall", peer=self.names[who])
        else:
            self.notify(second, "IncomingCall")

    def rings(self, _second, who, *_whom):
        if who not in PHONES:
            raise NotReported("a click, or an outside number")

    def answers(self, second, who):
        self.is_in_mailbox = who == "mailbox"
        if not self.is_in_mailbox:
            self.answer[self.call] = second
        if who in PHONES:
            self.notify(second, "CallAccepted", peer=self.names[who])

    def over(self, second, kind):
        answer = self.answer[self.call]
        kind = "voicemail" if self.is_in_mailbox else kind
        kind = "accepted" if answer else kind
        self.notify(second, "HungUp", type=kind, duration=str(second - answer if answer else 0))

    def hangs_up(self, second, _who):
        self.over(second, "missed")

    def gives_up(self, second, _who):
        self.over(second, "canceled" if self.is_outgoing else "missed")

    def ends(self, second, _who, cause):
        kinds = {"busy": "busy", "failed": "unavailable"} if self.is_outgoing else {}
        self.over(second, kinds.get(cause, "missed"))

    def nothing(self, *_line):
        """It is not reported, but no reason not to report the call."""

    stops = holds = resumes = waits = announces = is_closed = nothing


NO_ANSWER = {"outcome": "no_answer"}
DIFFERENT = {
    "the caller gives up": NO_ANSWER,
    "the phone is busy": NO_ANSWER,
    "the phone rejects the call": NO_ANSWER,
    "a queue is abandoned": NO_ANSWER,
    "mailbox after no answer": {"wait": 45},
    "mailbox after busy": {"wait": 25},
}

(
    test_what_the_guide_says,
    test_every_shared_story,
    test_shared_stories_in_any_order,
    test_a_lost_message,
) = story_tests_of(ADAPTER, PlacetelPlayer, DIFFERENT)


@pytest.mark.parametrize("order", permutations(range(3)))
def test_the_order_of_arrival_does_not_change_the_outcome(order):
    names = [("IncomingCall", {}), ("CallAccepted", {"peer": ANN}), ("HungUp", {"type": "missed"})]
    sent = [notify(second, names[place][0], IN, **names[place][1]) for second, place in
            enumerate(order)]  # fmt: skip
    (state,) = calls_of(ADAPTER, sent)
    assert (state.outcome, describe(state).speaker) == ("answered", ANN)


def test_if_a_message_is_lost_the_duration_shows_that_the_call_was_answered():
    (state,) = calls_of(ADAPTER, [notify(60, "HungUp", IN, type="accepted", duration="55")])
    assert (state.outcome, state.talk_seconds) == ("answered", 55)


@pytest.mark.parametrize(
    ("values", "reason"),
    [
        ({"call_id": ""}, "'call_id' is missing"),
        ({"event": "Dance"}, "'event' is 'Dance'"),
        ({"direction": "up"}, "'direction' is 'up'"),
    ],
)
def test_invalid_values_are_reported(values, reason):
    item = {"event": "HungUp", "call_id": "c1"} | values
    assert reason in ADAPTER.understand(item, request("").received_at).error


def test_only_forms_are_accepted():
    with pytest.raises(Malformed):
        ADAPTER.messages(request("{}"))
    assert "must be an object" in ADAPTER.understand([], request("").received_at).error


# https://github.com/Placetel/call-control-notify-api
PUBLISHED_BODY = (
    "call_id=4a4cbb39578170aed9a2761a7bec8c7e704a541f52291ef603d6f5f152980c3c"
    "&event=CallAccepted&from=0123456789&to=0987654321"
)
PUBLISHED_SIGNATURE = "c4f823c5b8806432fe2b83b1fc2ee714422e0cdfb4b5129152a7d0bbcd7792d0"


def test_the_published_example_is_accepted():
    ADAPTER.verify(request(PUBLISHED_BODY, headers={"x-placetel-signature": PUBLISHED_SIGNATURE}))


@pytest.mark.parametrize(
    ("body", "signature", "refusal"),
    [
        (PUBLISHED_BODY + "1", PUBLISHED_SIGNATURE, Refusal.WRONG_SIGNATURE),
        (PUBLISHED_BODY, PUBLISHED_SIGNATURE[:-1] + "1", Refusal.WRONG_SIGNATURE),
        (PUBLISHED_BODY, "ü", Refusal.WRONG_SIGNATURE),
        (PUBLISHED_BODY, "", Refusal.UNSIGNED),
    ],
)
def test_a_wrong_or_missing_signature_is_refused(body, signature, refusal):
    with pytest.raises(Refused) as refused:
        ADAPTER.verify(request(body, headers={"x-placetel-signature": signature}))
    assert refused.value.refusal is refusal


def test_without_a_secret_every_request_is_refused():
    with pytest.raises(Refused):
        PlacetelAdapter(Settings()).verify(
            request(PUBLISHED_BODY, headers={"x-placetel-signature": PUBLISHED_SIGNATURE})
        )


# --- dialling ------------------------------------------------------------------------


@pytest.fixture
def adapter(api):
    return PlacetelAdapter(Settings(api_url=api.url, api_secret="token", country="DE"))


def test_dialling_rings_the_own_phone_first(api, adapter):
    api.will_answer("", 201)
    assert adapter.originate(Dial(ANN, "+493023125642")) == Dialled(None)
    (sent,) = api.requests
    assert (sent.method, sent.path) == ("POST", "/calls")
    assert sent.headers["authorization"] == "Bearer token"
    assert sent.json == {"sipuid": ANN, "target": "03023125642"}


def test_foreign_numbers_are_dialled_as_from_germany(api, adapter):
    api.will_answer("", 201)
    adapter.originate(Dial(ANN, "+12025550142"))
    assert api.requests[0].json["target"] == "0012025550142"


@pytest.mark.parametrize(
    ("answer", "status", "problem"),
    [("", 401, Problem.UNAUTHORIZED), ({"error": "no such SIP user"}, 404, Problem.REFUSED)],
)
def test_api_errors_are_reported(api, adapter, answer, status, problem):
    api.will_answer(answer, status)
    with pytest.raises(ApiError) as error:
        adapter.originate(Dial(ANN, "+12025550142"))
    assert error.value.problem is problem


def test_the_connection_is_tested(api, adapter):
    api.will_answer([{"sipuid": ANN}])
    adapter.test()
    assert api.requests[0].path == "/sip_users"
