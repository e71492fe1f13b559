"""Telnyx: events of Call Control as documented, with our own test numbers, and its API."""

import base64
import json
from dataclasses import replace
from datetime import timedelta

import pytest
from control_player import Control, make_adapter, make_running, without_messages
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from stories import NOW, Call, events_of, request
from story_player import LegPlayer, story_tests, story_tests_of

from adapters.api import ApiError, Problem
from adapters.base import Action, Dial, Dialled, Settings
from adapters.request import Malformed, Refusal, Refused
from adapters.telnyx import TelnyxAdapter

ADAPTER = TelnyxAdapter(Settings())
CUSTOMER, OWN, ANN, BO = "+12025550142", "+493023125610", "sip:ann@sip.telnyx.com", "sip:bo@x"
SESSION, IN, ANNS, BOS, OUT = "session", "leg-in", "leg-ann", "leg-bo", "leg-out"


def state(**ours):
    return base64.b64encode(json.dumps({"call_handling": ours}).encode()).decode()


CLICK = {"from": OWN, "to": ANN, "client_state": state(dial=CUSTOMER, shown=OWN)}
CALLED = {"from": OWN, "to": CUSTOMER, "client_state": state(called=True)}


def event(second, kind, leg, **payload):
    moment = NOW + timedelta(seconds=second)
    defaults = {
        "call_control_id": f"v3:{leg}", "call_leg_id": leg, "call_session_id": SESSION,
        "connection_id": "1", "client_state": None, "from": CUSTOMER, "to": OWN,
    }  # fmt: skip
    data = {
        "record_type": "event",
        "event_type": f"call.{kind}",
        "id": f"{kind}-{leg}-{second}",
        "occurred_at": f"{moment:%Y-%m-%dT%H:%M:%S.%fZ}",
        "payload": defaults | payload,
    }
    return request(json.dumps({"data": data, "meta": {"attempt": 1}}), second + 1)


def hangup(second, leg, cause="normal_clearing", **payload):
    return event(second, "hangup", leg, hangup_cause=cause, **payload)


STORIES = {
    "the application answers, and then one of two phones": (
        [
            event(0, "initiated", IN, direction="incoming"),
            event(1, "answered", IN),
            event(2, "initiated", ANNS, direction="outgoing", to=ANN),
            event(2, "initiated", BOS, direction="outgoing", to=BO),
            event(8, "answered", BOS, to=BO),
            hangup(8, ANNS, "originator_cancel", to=ANN),
            event(8, "bridged", IN),
            event(8, "bridged", BOS, to=BO),
            hangup(68, BOS, to=BO),
            hangup(68, IN),
        ],
        Call("incoming", "answered", CUSTOMER, BO, {ANN: "elsewhere", BO: "answered"}, OWN, 8, 60),
    ),
    "the application answers, but nobody else": (
        [
            event(0, "initiated", IN, direction="incoming"),
            event(1, "answered", IN),
            event(2, "initiated", ANNS, direction="outgoing", to=ANN),
            hangup(22, ANNS, "timeout", to=ANN),
            hangup(30, IN),
        ],
        Call("incoming", "no_answer", CUSTOMER, ANN, {ANN: "no_answer"}, OWN, 30),
    ),
    "the caller hangs up": (
        [
            event(0, "initiated", IN, direction="incoming"),
            event(0, "initiated", ANNS, direction="outgoing", to=ANN),
            hangup(12, IN, "originator_cancel"),
            hangup(12, ANNS, "originator_cancel", to=ANN),
        ],
        Call("incoming", "cancelled", CUSTOMER, ANN, {ANN: "cancelled"}, OWN, 12),
    ),
    "an employee's mobile phone": (
        [
            event(0, "initiated", IN, direction="incoming"),
            event(1, "initiated", OUT, direction="outgoing", to="+493023125699"),
            event(9, "answered", OUT, to="+493023125699"),
            event(9, "bridged", IN),
            event(9, "bridged", OUT, to="+493023125699"),
            hangup(69, IN),
            hangup(69, OUT, to="+493023125699"),
        ],
        Call("incoming", "answered", CUSTOMER, None, {}, OWN, 9, 60,
             outside={"+493023125699": "answered"}),
    ),
    "an employee calls a customer from a SIP phone": (
        [
            event(0, "initiated", IN, direction="incoming", **{"from": ANN}, to=CUSTOMER),
            event(1, "initiated", OUT, direction="outgoing", **{"from": OWN}, to=CUSTOMER),
            event(7, "answered", OUT, **{"from": OWN}, to=CUSTOMER),
            event(7, "bridged", IN, **{"from": ANN}, to=CUSTOMER),
            event(7, "bridged", OUT, **{"from": OWN}, to=CUSTOMER),
            hangup(67, OUT, **{"from": OWN}, to=CUSTOMER),
            hangup(67, IN, **{"from": ANN}, to=CUSTOMER),
        ],
        Call("outgoing", "answered", CUSTOMER, ANN, {ANN: "answered"}, OWN, 7, 60),
    ),
    "click to dial: the own phone and then the customer answer": (
        [
            event(0, "initiated", ANNS, direction="outgoing", **CLICK),
            event(4, "answered", ANNS, **CLICK),
            event(4, "initiated", OUT, direction="outgoing", **CALLED),
            event(5, "bridged", OUT, **CALLED),
            event(5, "bridged", ANNS, **CLICK),
            event(10, "answered", OUT, **CALLED),
            hangup(70, OUT, **CALLED),
            hangup(70, ANNS, **CLICK),
        ],
        Call("outgoing", "answered", CUSTOMER, ANN, {ANN: "answered"}, OWN, 10, 60),
    ),
    "click to dial: the customer is busy": (
        [
            event(0, "initiated", ANNS, direction="outgoing", **CLICK),
            event(4, "answered", ANNS, **CLICK),
            event(4, "initiated", OUT, direction="outgoing", **CALLED),
            event(5, "bridged", OUT, **CALLED),
            hangup(6, OUT, "user_busy", **CALLED),
            hangup(7, ANNS, **CLICK),
        ],
        Call("outgoing", "busy", CUSTOMER, ANN, {ANN: "busy"}, OWN, 7),
    ),
    "click to dial: the own phone does not answer": (
        [
            event(0, "initiated", ANNS, direction="outgoing", **CLICK),
            hangup(45, ANNS, "timeout", **CLICK),
        ],
        Call("outgoing", "cancelled", CUSTOMER, ANN, {ANN: "cancelled"}, OWN, 45),
    ),
}  # fmt: skip


test_every_story, test_any_order = story_tests(ADAPTER, STORIES)


class TelnyxPlayer(LegPlayer):
    """A program that answers who calls, and calls phones and numbers one by one."""

    names = {
        "own": OWN, "customer": CUSTOMER, "caller2": "+12025550143", "ann": ANN, "bo": BO,
        "cy": "sip:cy@x", "mobile": "+493023125699", "service": "+493023125698",
        "stranger": "anonymous",
    }  # fmt: skip
    causes = {
        "busy": "user_busy", "no_answer": "timeout", "rejected": "call_rejected",
        "elsewhere": "originator_cancel", "cancelled": "originator_cancel", "failed": "not_found",
        "normal": "normal_clearing",
    }  # fmt: skip
    is_click = False

    def leg(self, second, kind, who, **payload):
        session = {"call_session_id": f"session-{self.call}"}
        marks = {"ann": CLICK, "customer": CALLED}.get(who, {}) if self.is_click else {}
        self.add(event(second, kind, f"leg-{self.call}-{who}", **session | marks | payload))

    def caller_begins(self, second, who, whom):
        numbers = {"from": self.names[who], "to": self.names[whom]}
        self.leg(second, "initiated", who, direction="incoming", **numbers)
        self.leg(second, "answered", who, **numbers)

    def leg_begins(self, second, who):
        shown = OWN if self.caller in (None, "ann") and who != "bo" else self.names[self.caller]
        numbers = {"from": shown, "to": self.names[who]}
        self.leg(second, "initiated", who, direction="outgoing", **numbers)

    def click_begins(self, second, who):
        self.is_click = True
        self.leg(second, "initiated", who, direction="outgoing")

    def leg_answers(self, second, who):
        self.leg(second, "answered", who, to=self.names[who])

    def leg_ends(self, second, who, cause):
        self.leg(second, "hangup", who, to=self.names[who], hangup_cause=self.causes[cause])

    def is_machine(self, second, who):
        self.leg(second, "machine.detection.ended", who, result="machine")

    def waits(self, second, who, queue):
        self.leg(second, "enqueued", who, queue=queue)

    def leg_enters(self, second, who):
        joined = {"call_session_id": f"session-{self.call}", "conference_id": "room-1"}
        sent = event(second, "", f"leg-{self.call}-{who}", **joined)
        body = sent.json()
        body["data"]["event_type"] = "conference.participant.joined"
        self.add(request(json.dumps(body), second + 1))


(
    test_what_the_guide_says,
    test_every_shared_story,
    test_shared_stories_in_any_order,
    test_a_lost_message,
) = story_tests_of(ADAPTER, TelnyxPlayer)


def test_other_events_are_ignored():
    assert events_of(ADAPTER, [event(0, "dtmf.received", IN)]) == []


def test_the_client_state_of_another_application_is_ignored():
    for foreign in ("aGF2ZSBhIG5pY2UgZGF5ID1d", state()[:-2], 7, base64.b64encode(b"[]").decode()):
        (first, _second) = events_of(ADAPTER, [event(0, "initiated", IN, client_state=foreign)])
        assert first.direction is None


@pytest.mark.parametrize(
    ("item", "reason"),
    [
        ({}, "'payload' is missing"),
        ({"payload": {}}, "'event_type' is missing"),
        ({"payload": {}, "event_type": "call.hangup"}, "'id' is missing"),
    ],
)
def test_invalid_values_are_reported(item, reason):
    assert reason in ADAPTER.understand(item, NOW).error


def test_only_version_2_is_accepted():
    for body in ("[]", '{"event_type": "call_answered"}'):
        with pytest.raises(Malformed):
            ADAPTER.messages(request(body))


# --- signature -----------------------------------------------------------------------

# computed: the private key is 00..1f, and ed25519 is deterministic
PUBLIC_KEY = "A6EHv/POEL4dcN0Y50vAmWfk1jCbpQ1fHdyGZBJVMbg="
BODY = '{"data":{"event_type":"call.hangup","id":"0ccc7b54-4df3-4bca-a65a-3da1ecc777f0"}}'
SIGNATURE = (
    "a6EGNUxitHXoQgfvYOODEl3f0od2t8+PSH37gN+58gX8kjX4Wyqa54ehVw2IuuaBaxtmE5k1QAUTzII6Jni8AA=="
)
KEY = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
FRESH = str(int(NOW.timestamp()))


def signed(body=BODY, timestamp=FRESH, signature=None):
    computed = base64.b64encode(KEY.sign(f"{timestamp}|{body}".encode())).decode()
    headers = {"telnyx-timestamp": timestamp}
    headers["telnyx-signature-ed25519"] = computed if signature is None else signature
    return request(body, headers=headers)


def verify(signed_request, key=PUBLIC_KEY):
    TelnyxAdapter(Settings(secret=key)).verify(signed_request)


def test_a_signed_request_is_accepted():
    verify(signed())


def test_a_signature_matches_the_library_and_expires():
    assert base64.b64encode(KEY.sign(f"1764000000|{BODY}".encode())).decode() == SIGNATURE
    with pytest.raises(Refused) as refused:
        verify(signed(timestamp="1764000000", signature=SIGNATURE))
    assert refused.value.refusal is Refusal.OLD


@pytest.mark.parametrize(
    ("signed_request", "key", "refusal"),
    [
        (signed(signature=signed(BODY + " ").headers["telnyx-signature-ed25519"]), PUBLIC_KEY,
         Refusal.WRONG_SIGNATURE),
        (signed(signature="AAAA"), PUBLIC_KEY, Refusal.WRONG_SIGNATURE),
        (signed(timestamp="now"), PUBLIC_KEY, Refusal.WRONG_SIGNATURE),
        (signed(), "no key", Refusal.WRONG_SIGNATURE),
        (signed(), None, Refusal.WRONG_SIGNATURE),
        (signed(signature=""), PUBLIC_KEY, Refusal.UNSIGNED),
    ],
)  # fmt: skip
def test_a_wrong_or_missing_signature_is_refused(signed_request, key, refusal):
    with pytest.raises(Refused) as refused:
        verify(signed_request, key)
    assert refused.value.refusal is refusal


# --- dialling ------------------------------------------------------------------------


@pytest.fixture
def adapter(api):
    return TelnyxAdapter(
        Settings(
            api_url=api.url, api_account="17", api_secret="KEY", caller_number=OWN,
            webhook_url="https://odoo.example.com/call_handling/pbx/t",
        )
    )  # fmt: skip


def test_dialling_rings_the_own_phone_first(api, adapter):
    api.will_answer({"data": {"call_control_id": "v3:x", "call_session_id": SESSION}})
    assert adapter.originate(Dial(ANN, CUSTOMER)) == Dialled(SESSION)
    body = api.requests[0].json
    assert api.requests[0].path == "/calls"
    assert api.requests[0].headers["authorization"] == "Bearer KEY"
    assert (body["to"], body["from"], body["connection_id"]) == (ANN, OWN, "17")
    api.will_answer({"data": {"result": "ok"}})
    answered = event(4, "answered", "leg/1", **CLICK | {"client_state": body["client_state"]})
    adapter.react(answered)
    assert api.requests[1].path == "/calls/v3%3Aleg%2F1/actions/transfer"
    command = api.requests[1].json
    assert (command["to"], command["from"]) == (CUSTOMER, OWN)
    assert command["command_id"] == "call-handling-leg/1"
    assert command["target_leg_client_state"] == CALLED["client_state"]


@pytest.mark.parametrize(
    "other",
    [
        event(4, "answered", IN),
        event(4, "answered", OUT, **CALLED),
        event(0, "initiated", ANNS, **CLICK),
    ],
)
def test_it_reacts_to_no_other_event(api, adapter, other):
    adapter.react(other)
    assert api.requests == []


@pytest.mark.parametrize(
    ("answer", "status", "problem"),
    [
        ({"errors": [{"code": "10015", "title": "Bad", "detail": "No such number"}]}, 422,
         Problem.REFUSED),
        ({"errors": [{"title": "Authentication failed"}]}, 401, Problem.UNAUTHORIZED),
        ({"data": {}}, 200, Problem.NOT_UNDERSTOOD),
    ],
)  # fmt: skip
def test_api_errors_are_reported(api, adapter, answer, status, problem):
    api.will_answer(answer, status)
    with pytest.raises(ApiError) as error:
        adapter.originate(Dial(ANN, CUSTOMER))
    assert error.value.problem is problem


def test_without_an_own_number_nothing_is_dialled(api):
    bare = TelnyxAdapter(Settings(api_url=api.url, api_account="17", api_secret="KEY"))
    with pytest.raises(ApiError, match="caller_number"):
        bare.originate(Dial(ANN, CUSTOMER))


def test_the_connection_is_tested(api, adapter):
    api.will_answer({"data": {"id": "17"}})
    adapter.test()
    assert api.requests[0].path == "/call_control_applications/17"


# --- controlling a call ---------------------------------------------------------------

TALKING = [
    event(0, "initiated", IN, direction="incoming"),
    event(1, "answered", IN),
    event(2, "initiated", ANNS, direction="outgoing", to=ANN),
    event(8, "answered", ANNS, to=ANN),
]
CLICKED = [
    event(0, "initiated", ANNS, direction="outgoing", **CLICK),
    event(3, "answered", ANNS, **CLICK),
    event(4, "initiated", OUT, direction="outgoing", **CALLED),
    event(9, "answered", OUT, **CALLED),
]
OK = (200, {"data": {"result": "ok"}})
GONE = (422, {"errors": [{"code": "90018", "title": "Call has already ended"}]}, "already ended")
UNKNOWN = (
    422,
    {"errors": [{"code": "90015", "title": "Invalid Call Control ID", "detail": "Not valid."}]},
    "Not valid.",
)


def command(action, leg, name, sent=TALKING, target="", accepted=(), **content):
    path = f"/calls/v3%3A{leg}/actions/{name}"
    content |= {"command_id": ...}
    return Control(
        action, sent, ANN, "POST", path, content, target, answer=OK, refusals=(GONE, UNKNOWN),
        accepted=accepted,
    )  # fmt: skip


# What Telnyx has accepted about a recording, at a second
STARTED = ((5, Action.RECORD),)
PAUSED = (*STARTED, (6, Action.PAUSE_RECORDING))

CONTROLS = [
    command(Action.RECORD, ANNS, "record_start", format="wav", channels="dual"),
    command(Action.PAUSE_RECORDING, ANNS, "record_pause", accepted=STARTED),
    command(Action.RESUME_RECORDING, ANNS, "record_resume", accepted=PAUSED),
    command(Action.STOP_RECORDING, ANNS, "record_stop", accepted=PAUSED),
    command(Action.HANG_UP, ANNS, "hangup"),
    command(Action.HANG_UP, ANNS, "hangup", TALKING[:3]),
    command(Action.TRANSFER, IN, "transfer", target=BO, to=BO, **{"from": OWN}),
    command(Action.TRANSFER, IN, "transfer", target="+493023125699", to="+493023125699",
            **{"from": OWN}),
    command(Action.TRANSFER, OUT, "transfer", CLICKED, BO, to=BO, **{"from": OWN}),
]  # fmt: skip
CONTROL_SETTINGS = {"caller_number": OWN}


def test_nobody_is_transferred_out_of_a_conference():
    joined = [event(9, "x", leg, conference_id="room-1") for leg in (IN, ANNS)]
    joined = [
        replace(one, body=one.body.replace(b"call.x", b"conference.participant.joined"))
        for one in joined
    ]
    adapter = make_adapter(TelnyxAdapter, "http://192.0.2.1")
    found = adapter.find_controls(make_running(adapter, [*TALKING, *joined], ANN))
    assert found == {Action.HANG_UP, Action.RECORD}


def test_a_call_whose_messages_were_deleted_is_not_controlled():
    adapter = make_adapter(TelnyxAdapter, "http://192.0.2.1")
    running = make_running(adapter, TALKING, ANN)
    assert not adapter.find_controls(without_messages(running))
