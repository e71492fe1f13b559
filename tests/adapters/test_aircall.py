"""Aircall: events like its documented example, with our own test numbers, and its API."""

import json
from datetime import timedelta

import pytest
from control_player import Control, make_adapter, make_running
from stories import NOW, Call, calls_of, describe, events_of, request
from story_player import PHONES, NotReported, Player, story_tests, story_tests_of

from adapters.aircall import AircallAdapter
from adapters.api import ApiError, Problem
from adapters.base import Action, Dial, Dialled, Settings
from adapters.request import Malformed, Refusal, Refused

ADAPTER = AircallAdapter(Settings(secret="t0ken"))
CUSTOMER, OWN = "+1 202-555-0142", "+49 30 23125610"
ANN, BO = {"id": 501, "name": "Ann Lee"}, {"id": 502, "name": "Bo Berg"}


def unix(second):
    return None if second is None else int((NOW + timedelta(seconds=second)).timestamp())


def event(second, name, user=None, answered=None, ended=None, **data):
    """An event with the state of the call at that time."""
    call = {
        "id": 123, "direction": "inbound", "status": "initial", "missed_call_reason": None,
        "started_at": unix(0), "answered_at": unix(answered), "ended_at": unix(ended),
        "duration": 0, "voicemail": None, "recording": None, "raw_digits": CUSTOMER,
        "user": user or {}, "contact": {}, "number": {"id": 9, "digits": OWN},
    }  # fmt: skip
    body = {"resource": "call", "event": f"call.{name}", "timestamp": unix(second)}
    body |= {"token": "t0ken", "data": call | data}
    return request(json.dumps(body), second + 1)


OUTGOING = {"direction": "outbound"}
JANE = {"contact": {"id": 7, "first_name": "Jane", "last_name": "Roe"}}

STORIES = {
    "one of two phones answers": (
        [
            event(0, "created", **JANE),
            event(1, "ringing_on_agent", ANN),
            event(1, "ringing_on_agent", BO),
            event(8, "answered", BO, 8),
            event(68, "hungup", BO, 8, 68),
            event(98, "ended", BO, 8, 68, duration=60),
        ],
        Call("incoming", "answered", CUSTOMER, "502", {"501": "elsewhere", "502": "answered"},
             OWN, 8, 60, name="Jane Roe"),
    ),
    "one agent declines, and nobody answers": (
        [
            event(0, "created"),
            event(1, "ringing_on_agent", ANN),
            event(3, "agent_declined", ANN),
            event(3, "ringing_on_agent", BO),
            event(30, "ended", None, None, 30, missed_call_reason="agents_did_not_answer"),
        ],
        Call("incoming", "no_answer", CUSTOMER, None, {"501": "rejected", "502": "no_answer"},
             OWN, 30),
    ),
    "the caller hangs up in the menu": (
        [
            event(0, "created"),
            event(9, "ended", None, None, 9, missed_call_reason="abandoned_in_ivr"),
        ],
        Call("incoming", "cancelled", CUSTOMER, None, {}, OWN, 9),
    ),
    "the mailbox answers": (
        [
            event(0, "created", raw_digits="anonymous"),
            event(1, "ringing_on_agent", ANN, raw_digits="anonymous"),
            event(40, "voicemail_left", None, None, 40, raw_digits="anonymous",
                  voicemail="https://example.com/v", missed_call_reason="agents_did_not_answer"),
        ],
        Call("incoming", "voicemail", None, "501", {"501": "no_answer"}, OWN, 40, anonymous=True),
    ),
    "Ann transfers the call to Bo": (
        [
            event(0, "created"),
            event(1, "ringing_on_agent", ANN),
            event(5, "answered", ANN, 5),
            event(35, "transferred", ANN, 5, transferred_by=ANN, transferred_to=BO),
            event(40, "answered", BO, 5),
            event(70, "ended", BO, 5, 70),
        ],
        Call("incoming", "answered", CUSTOMER, "502", {"501": "transferred", "502": "answered"},
             OWN, 5, 60),
    ),
    "an outgoing call is answered": (
        [
            event(0, "created", ANN, **OUTGOING),
            event(6, "answered", ANN, 6, **OUTGOING),
            event(20, "hold", ANN, 6, **OUTGOING),
            event(30, "unhold", ANN, 6, **OUTGOING),
            event(66, "hungup", ANN, 6, 66, **OUTGOING),
        ],
        Call("outgoing", "answered", CUSTOMER, "501", {"501": "answered"}, OWN, 6, 60),
    ),
    "an outgoing call is not answered": (
        [
            event(0, "created", ANN, **OUTGOING),
            event(20, "ended", ANN, None, 20, **OUTGOING),
        ],
        Call("outgoing", "no_answer", CUSTOMER, "501", {"501": "no_answer"}, OWN, 20),
    ),
}  # fmt: skip


test_every_story, test_any_order = story_tests(ADAPTER, STORIES)


class AircallPlayer(Player):
    """Every event has the call as it is then."""

    names = {
        "own": OWN, "customer": CUSTOMER, "caller2": "+1 202-555-0143", "stranger": "anonymous",
        "ann": "501", "bo": "502", "cy": "503", "mobile": "+493023125699",
    }  # fmt: skip

    def send(self, second, name, who=None, **data):
        user = {"id": int(self.names[who]), "name": who} if who else None
        begin, answer, remote, direction = self.state[self.call]
        about = {"id": self.call, "started_at": unix(begin), "raw_digits": remote}
        self.add(event(second, name, user, answer, **about, **direction | data))

    def calls(self, second, who, whom="own"):
        if who == "program" or whom not in ("own", "customer"):
            raise NotReported("an internal call, or one of a program")
        self.state = getattr(self, "state", {})
        outgoing = OUTGOING if who in PHONES else {}
        remote = self.names[whom if outgoing else who]
        self.state[self.call] = [second, None, remote, outgoing]
        self.consulting, self.taken = False, None
        self.send(second, "created", who if outgoing else None)

    def rings(self, second, who, *whom):
        if who == "odoo":
            self.calls(second, whom[0], "customer")
        elif who in PHONES and not self.consulting:
            self.send(second, "ringing_on_agent", who)
        elif who == "mobile" and not self.taken or who == "service":
            raise NotReported("an outside number")

    def answers(self, second, who):
        if who == "mailbox":
            self.left = second
        elif who == "customer":
            self.state[self.call][1] = second
            self.send(second, "answered", "ann")
        elif who in PHONES and not self.consulting and not self.state[self.call][3]:
            self.state[self.call][1] = self.state[self.call][1] or second
            self.send(second, "answered", who)

    def stops(self, second, who, cause):
        if cause == "rejected" and not self.consulting:
            self.send(second, "agent_declined", who)
        if "odoo" in self.callers and who in PHONES:
            raise NotReported("the own phone after a click")

    def consults(self, *_line):
        self.consulting = True

    def transfers(self, second, who, whom):
        self.consulting, self.taken = False, None
        self.taken = whom
        by = {"transferred_by": {"id": int(self.names[who])}}
        if whom in PHONES:
            by["transferred_to"] = {"id": self.names[whom]}
            return self.send(second, "transferred", who, **by)
        number = self.names[whom]
        return self.send(second, "external_transferred", external_transferred_to=number)

    def connects(self, second, who, whom):
        self.transfers(second, who, whom)
        if whom in self.talking:
            self.answers(second, whom)

    def forwards(self, *_line):
        raise NotReported("an outside number")

    def over(self, second, **data):
        last = [name for name in self.talking if name in PHONES][-1:]
        if self.state[self.call][3]:
            last = ["ann"]
        if "mailbox" in self.talking:
            self.send(
                second, "voicemail_left", ended_at=unix(second), voicemail="https://x.example"
            )
        for name in ("hungup", "ended"):
            self.send(second, name, *last, ended_at=unix(second), **data)

    def hangs_up(self, second, _who):
        answered = self.state[self.call][1]
        self.over(second, missed_call_reason=None if answered else "out_of_opening_hours")

    def gives_up(self, second, _who):
        outgoing = self.state[self.call][3]
        reason = {"hangup_cause": "canceled"} if outgoing else {}
        answered = self.state[self.call][1] or outgoing
        self.over(second, missed_call_reason=None if answered else "short_abandoned", **reason)

    def ends(self, second, _who, cause):
        if self.state[self.call][3]:
            self.over(second, hangup_cause=cause.replace("_", "-"))
        else:
            self.over(second, missed_call_reason="agents_did_not_answer")

    def holds(self, second, who):
        self.send(second, "hold", who)

    def resumes(self, second, who):
        if self.consulting:
            self.consulting = False
        else:
            self.send(second, "unhold", who)

    def nothing(self, *_line):
        """It is not reported, but no reason not to report the call."""

    waits = announces = is_closed = nothing


DIFFERENT = {
    "mailbox after no answer": {"wait": 45},
    "mailbox after busy": {"wait": 25, "phones": {}, "speaker": None},
    "the phone is busy": {"outcome": "no_answer", "phones": {}, "speaker": None},
    "the phone rejects the call": {"outcome": "no_answer"},
    "a queue hunts": {"phones": {"501": "elsewhere", "502": "answered"}},
    "blind transfer, not answered": {"phones": {"501": "transferred", "502": "no_answer"}},
    "blind transfer to an outside number": {"talk": 65},
    "attended transfer, refused": {"phones": {"501": "answered"}},
}

(
    test_what_the_guide_says,
    test_every_shared_story,
    test_shared_stories_in_any_order,
    test_a_lost_message,
) = story_tests_of(ADAPTER, AircallPlayer, DIFFERENT)


def test_a_transfer_that_fails_returns_to_who_transferred():
    (folded,) = calls_of(
        ADAPTER,
        [
            event(0, "created"),
            event(5, "answered", ANN, 5),
            event(35, "transferred", ANN, 5, transferred_by=ANN, transferred_to=BO),
            event(50, "unsuccessful_transfer", ANN, 5, transferred_by=ANN, transferred_to=BO),
            event(70, "ended", ANN, 5, 70),
        ],
    )
    assert describe(folded).phones == {"501": "answered", "502": "elsewhere"}
    assert (describe(folded).speaker, folded.talk_seconds) == ("501", 50)


def test_who_took_a_transferred_call_may_be_named_only_at_its_end():
    (folded,) = calls_of(
        ADAPTER,
        [
            event(0, "created"),
            event(5, "answered", ANN, 5),
            event(35, "transferred", None, 5),
            event(70, "ended", BO, 5, 70),
        ],
    )
    assert describe(folded).phones == {"501": "transferred", "502": "answered"}
    assert describe(folded).speaker == "502"


@pytest.mark.parametrize("name", ["external_transferred_to", "transferred_to"])
@pytest.mark.parametrize("number", ["+493023125699", {"phone_number": "+493023125699"}])
def test_an_outside_number_takes_a_transferred_call(name, number):
    sent = [event(0, "created"), event(5, "answered", ANN, 5)]
    sent.append(event(35, "external_transferred", ANN, 5, **{name: number}))
    (folded,) = calls_of(ADAPTER, [*sent, event(70, "ended", None, 5, 70)])
    assert describe(folded).outside == {"+493023125699": "answered"}
    assert describe(folded).phones == {"501": "transferred"}


def test_the_last_event_is_enough():
    sent, call = STORIES["one of two phones answers"]
    (folded,) = calls_of(ADAPTER, sent[-1:])
    assert (folded.outcome, folded.wait_seconds, folded.talk_seconds) == ("answered", 8, 60)
    assert folded.remote_number == call.remote


def test_the_token_is_not_stored():
    (message,) = ADAPTER.messages(event(0, "created"))
    assert "t0ken" not in message.raw


def test_events_that_are_not_about_calls_are_ignored():
    other = request(json.dumps({"resource": "contact", "event": "contact.created", "data": {}}))
    assert events_of(ADAPTER, [other]) == []


@pytest.mark.parametrize(
    ("item", "reason"),
    [
        ({"resource": "call"}, "'data' is missing"),
        ({"resource": "call", "data": {}}, "'event' is missing"),
        ({"resource": "call", "data": {}, "event": "call.created"}, "'id' is missing"),
        (
            {"resource": "call", "data": {"id": 1, "direction": "up"}, "event": "call.created"},
            "'direction' is 'up'",
        ),
    ],
)
def test_invalid_values_are_reported(item, reason):
    assert reason in ADAPTER.understand(item, NOW).error


def test_only_json_objects_are_accepted():
    with pytest.raises(Malformed):
        ADAPTER.messages(request("[]"))
    assert "must be an object" in ADAPTER.understand([], NOW).error


def test_the_right_token_is_accepted():
    ADAPTER.verify(event(0, "created"))


@pytest.mark.parametrize(
    ("body", "refusal"),
    [
        ('{"token": "T0ken"}', Refusal.WRONG_SIGNATURE),
        ('{"token": 7}', Refusal.WRONG_SIGNATURE),
        ("{}", Refusal.UNSIGNED),
        ("[]", Refusal.UNSIGNED),
        ("broken", Refusal.UNSIGNED),
        ('{"token": []}', Refusal.UNSIGNED),
    ],
)
def test_a_wrong_or_missing_token_is_refused(body, refusal):
    with pytest.raises(Refused) as refused:
        ADAPTER.verify(request(body))
    assert refused.value.refusal is refusal


# --- dialling ------------------------------------------------------------------------


@pytest.fixture
def adapter(api):
    return AircallAdapter(
        Settings(api_url=api.url, api_account="9", api_user="id", api_secret="token")
    )


def test_the_number_is_dialled_on_the_users_phone(api, adapter):
    api.will_answer("", 204)
    assert adapter.originate(Dial("501", "+12025550142")) == Dialled(None)
    (sent,) = api.requests
    assert (sent.method, sent.path) == ("POST", "/users/501/calls")
    assert sent.headers["authorization"] == "Basic aWQ6dG9rZW4="
    assert sent.json == {"number_id": 9, "to": "+12025550142"}


@pytest.mark.parametrize(
    ("answer", "status", "problem"),
    [
        ({"error": "Bad Request", "troubleshoot": "User not available"}, 400, Problem.REFUSED),
        ({"error": "Unauthorized"}, 403, Problem.UNAUTHORIZED),
    ],
)
def test_api_errors_are_reported(api, adapter, answer, status, problem):
    api.will_answer(answer, status)
    with pytest.raises(ApiError) as error:
        adapter.originate(Dial("501", "+12025550142"))
    assert error.value.problem is problem


def test_the_connection_is_tested(api, adapter):
    api.will_answer({"ping": "pong"})
    adapter.test()
    assert api.requests[0].path == "/ping"
    api.will_answer({})
    with pytest.raises(ApiError, match="is missing"):
        adapter.test()


# --- controlling a call ---------------------------------------------------------------

TALKING = [event(0, "created"), event(1, "ringing_on_agent", ANN), event(8, "answered", ANN, 8)]
BUSY = (
    400,
    {"error": "Bad Request", "troubleshoot": "The user is not available"},
    "The user is not available (400)",
)
CONTROLS = [
    Control(Action.TRANSFER, TALKING, "501", "POST", "/calls/123/transfers", {"user_id": 502},
            target="502", refusals=(BUSY,)),
]  # fmt: skip


def test_only_users_who_are_named_by_their_ids_take_calls(api):
    adapter = make_adapter(AircallAdapter, api.url)
    running = make_running(adapter, TALKING, "501")
    with pytest.raises(ApiError, match="numbers"):
        adapter.control(Action.TRANSFER, running, "ann@example.com")
