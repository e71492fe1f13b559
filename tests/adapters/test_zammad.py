"""The push format of Zammad's generic CTI, as documented and as bridges send it."""

import json
from datetime import datetime, timedelta, timezone
from itertools import permutations

import pytest

from adapters.base import Receipt, Settings
from adapters.fold import fold_calls
from adapters.request import Malformed, Refusal, Refused, WebhookRequest
from adapters.zammad import ZammadAdapter

NOW = datetime(2026, 11, 23, 10, 0, tzinfo=timezone.utc)
ADAPTER = ZammadAdapter(Settings(unsigned_allowed=True))

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
    assert [event.extension for event in message.events] == ["Ann Lee", "Bo Berg"]
    assert fold(message.events).is_anonymous


def test_a_form_and_its_json_are_the_same_message():
    fields = (("event", "hangup"), ("callId", "c1"), ("cause", "busy"))
    (by_form,) = ADAPTER.messages(form(*fields))
    body = json.dumps(dict(fields)).encode()
    (by_json,) = ADAPTER.messages(WebhookRequest(body, NOW, "application/json"))
    assert by_form.events == by_json.events


def test_names_may_be_separated_by_commas():
    ringing = ADAPTER.understand(RING | {"user": "user 1,user 2"}, NOW).events
    assert [event.extension for event in ringing] == ["user 1", "user 2"]


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


def test_the_answer_is_an_empty_object():
    assert ADAPTER.reply(Receipt(accepted=1)).body == "{}"
