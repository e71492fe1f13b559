"""The push format of Zammad's generic CTI, as documented and as bridges send it."""

import json
from datetime import datetime, timedelta, timezone
from itertools import permutations

import pytest
from story_player import PHONES, NotReported, PushPlayer, story_tests_of

from adapters.base import Receipt, Settings
from adapters.fold import fold_calls
from adapters.request import Malformed, Refusal, Refused, WebhookRequest
from adapters.zammad import ZammadAdapter

NOW = datetime(2026, 11, 23, 10, 0, tzinfo=timezone.utc)
ADAPTER = ZammadAdapter(Settings(unsigned_allowed=True))

CUSTOMER, OWN = "12025550142", "493023125610"
IN = {"direction": "in", "from": "12025550142", "to": "493023125610", "callId": "c1"}
OUT = {"direction": "out", "from": "493023125610", "to": "12025550142", "callId": "c1"}
RING = IN | {"event": "newCall", "user": ["Ann Lee", "Bo Berg"]}
ANSWER = IN | {"event": "answer", "user": "Bo Berg", "answeringNumber": "12"}
HANGUP = IN | {"event": "hangup", "cause": "normalClearing"}


def fold_items(*items):
    events = []
    for second, item in enumerate(items):
        message = ADAPTER.understand(item, NOW + timedelta(seconds=second))
        assert message.error is None
        events += message.events
    (state,) = fold_calls(events)
    return state


def form(*fields):
    return WebhookRequest(b"x", NOW, "application/x-www-form-urlencoded", form=fields)


def test_a_call_that_one_of_two_phones_answers():
    state = fold_items(RING, ANSWER, HANGUP)
    assert (state.direction, state.outcome) == ("incoming", "answered")
    assert (state.remote_number, state.line_number) == ("12025550142", "493023125610")
    assert {leg.extension: leg.outcome for leg in state.legs} == {
        "Ann Lee": "elsewhere",
        "Bo Berg": "answered",
    }


def test_a_normal_end_without_an_answer_is_missed():
    assert fold_items(RING, HANGUP).outcome == "no_answer"


@pytest.mark.parametrize(
    ("cause", "outcome"),
    [("cancel", "cancelled"), ("busy", "busy"), ("noAnswer", "no_answer"), ("notFound", "failed")],
)
def test_causes_give_outcomes(cause, outcome):
    assert fold_items(RING, HANGUP | {"cause": cause}).outcome == outcome


def test_a_call_that_a_mailbox_answers_is_a_voicemail():
    assert (
        fold_items(RING, IN | {"event": "answer", "user": "voicemail"}, HANGUP).outcome
        == "voicemail"
    )


def test_an_outgoing_call_belongs_to_the_caller():
    start = OUT | {"event": "newCall", "user": "Ann Lee"}
    state = fold_items(start, OUT | {"event": "answer"}, OUT | {"event": "hangup"})
    assert (state.direction, state.outcome, state.remote_number) == (
        "outgoing",
        "answered",
        "12025550142",
    )
    assert state.speaker == "c1/Ann Lee"


def test_the_answering_phone_is_read_from_other_fields_too():
    several = IN | {"event": "answer", "caller": ["Ann Lee", "Bo Berg"], "answeringNumber": "12"}
    assert [leg.extension for leg in fold_items(several).legs] == ["12"]
    single = IN | {"event": "answer", "caller": "Bo Berg"}
    assert [leg.extension for leg in fold_items(single).legs] == ["Bo Berg"]


@pytest.mark.parametrize("name", ["callId", "call_id", "callid"])
def test_the_id_may_be_spelled_in_three_ways(name):
    item = {"event": "newCall", "direction": "in", name: "c9"}
    assert ADAPTER.understand(item, NOW).events[0].call == "c9"


@pytest.mark.parametrize("order", list(permutations(range(3))))
def test_the_outcome_does_not_depend_on_the_order(order):
    items = (RING, ANSWER, HANGUP)
    state = fold_items(*(items[place] for place in order))
    assert (state.state, state.outcome) == ("ended", "answered")


def test_repeated_form_fields_are_read_as_a_list():
    request = form(
        ("event", "newCall"), ("direction", "in"), ("from", "anonymous"), ("callId", "c1"),
        ("user[]", "Ann Lee"), ("user[]", "Bo Berg"),
    )  # fmt: skip
    (message,) = ADAPTER.messages(request)
    assert [event.extension for event in message.events] == [None, "Ann Lee", "Bo Berg"]
    (folded,) = fold_calls(message.events)
    assert folded.is_anonymous


def test_a_form_and_its_json_are_the_same_message():
    fields = (("event", "hangup"), ("callId", "c1"), ("cause", "busy"))
    (by_form,) = ADAPTER.messages(form(*fields))
    body = json.dumps(dict(fields)).encode()
    (by_json,) = ADAPTER.messages(WebhookRequest(body, NOW, "application/json"))
    assert by_form.events == by_json.events


def test_names_may_be_separated_by_commas():
    ringing = ADAPTER.understand(RING | {"user": "user 1,user 2"}, NOW).events
    assert [event.extension for event in ringing] == [None, "user 1", "user 2"]


@pytest.mark.parametrize(
    ("item", "reason"),
    [
        ({"event": "newCall"}, "'callId' is missing"),
        ({"callId": "c1"}, "'event' is missing"),
        ({"callId": "c1", "event": "dance"}, "'event' is 'dance'"),
        ({"callId": "c1", "event": "answer", "direction": "up"}, "'direction' is 'up'"),
        ({"callId": "c1", "event": "answer", "user": [{"a": 1}]}, "'user' must be a text"),
    ],
)
def test_invalid_values_are_reported(item, reason):
    assert reason in ADAPTER.understand(item, NOW).error


def test_a_list_is_refused():
    with pytest.raises(Malformed):
        ADAPTER.messages(WebhookRequest(b"[]", NOW, "application/json"))


def test_requests_are_refused_until_the_administrator_allows_unsigned_ones():
    strict = ZammadAdapter(Settings(secret="s"))
    with pytest.raises(Refused) as refused:
        strict.verify(WebhookRequest(b"{}", NOW))
    assert refused.value.refusal is Refusal.NOT_ALLOWED_UNSIGNED
    ADAPTER.verify(WebhookRequest(b"{}", NOW))


class ZammadPlayer(PushPlayer):
    """Another phone is a new call under the same id; the part before ends as forwarded."""

    names = {
        "own": OWN, "customer": CUSTOMER, "caller2": "12025550143", "ann": "Ann Lee",
        "bo": "Berg, Bo", "cy": "Cy Fox", "mobile": "493023125699", "service": "493023125698",
        "stranger": "anonymous",
    }  # fmt: skip

    def push(self, second, event, people=(), **fields):
        who = next(name for name, number in self.callers.items() if number == self.call)
        about = {"direction": "in", "from": self.names[who], "to": OWN}
        if who in PHONES:
            about = {"direction": "out", "from": OWN, "to": CUSTOMER}
        if queue := next((rest[0] for _at, _who, what, rest in self.rest if what == "waits"), None):
            about["queue"] = queue
        users = {"user": [self.names[name] for name in people]} if people else {}
        item = {"event": event, "callId": f"c{self.call}"} | about | users | fields
        moment = NOW + timedelta(seconds=second)
        self.add(WebhookRequest(json.dumps(item).encode(), moment, "application/json"))

    def diverted(self, second, who):
        if who not in PHONES:
            raise NotReported("an outside number")
        self.is_diverted = False
        self.push(second + 0.1, "newCall", [who])

    def rings_later(self, second, who):
        if who not in PHONES:
            raise NotReported("an outside number")
        self.push(second, "newCall", [who])

    def left(self, second, who):
        self.push(second, "hangup", cause="forwarded")

    def forwards(self, second, who, _whom):
        self.is_diverted = True
        self.left(second, who)

    def to_mailbox(self, second):
        self.push(second, "answer", user="voicemail")

    def waits(self, *_line):
        """The queue is named by the messages before."""


DIFFERENT = {
    "the phone rejects the call": {"outcome": "no_answer", "phones": {"Ann Lee": "no_answer"}},
    "mailbox after busy": {"phones": {"Ann Lee": "no_answer"}},
    "a queue hunts": {"phones": {"Ann Lee": "elsewhere", "Berg, Bo": "answered"}},
    "one agent of a queue declines": {"phones": {"Ann Lee": "elsewhere", "Berg, Bo": "answered"}},
}

(
    test_what_the_guide_says,
    test_every_shared_story,
    test_shared_stories_in_any_order,
    test_a_lost_message,
) = story_tests_of(ADAPTER, ZammadPlayer, DIFFERENT)


def test_what_comes_after_a_forwarded_part_is_the_same_call():
    answer = IN | {"event": "answer", "user": "Ann Lee"}
    forwarded = HANGUP | {"cause": "forwarded"}
    state = fold_items(RING | {"user": "Ann Lee"}, answer, forwarded)
    assert (state.state, state.talk_seconds) == ("ended", 1)
    state = fold_items(RING | {"user": "Ann Lee"}, answer, forwarded, ANSWER, HANGUP)
    assert {leg.extension: leg.outcome for leg in state.legs} == {
        "Ann Lee": "transferred",
        "Bo Berg": "answered",
    }


@pytest.mark.parametrize(
    ("user", "people"),
    [
        ("Doe, Jane", ["Doe, Jane"]),
        ("Doe, Jane,Roe, Rick", ["Doe, Jane", "Roe, Rick"]),
        (["Doe, Jane", "Roe,Rick"], ["Doe, Jane", "Roe,Rick"]),
    ],
)
def test_a_name_with_a_comma_is_one_person(user, people):
    events = ADAPTER.understand(RING | {"user": user}, NOW).events
    assert [event.extension for event in events if event.extension] == people


def test_the_answer_is_an_empty_object():
    assert ADAPTER.reply(Receipt(accepted=1)).body == "{}"
