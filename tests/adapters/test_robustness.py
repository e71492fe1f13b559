"""Anything that a telephone system sends is read or refused with a reason, without a crash."""

import copy
import json
import sys

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from stories import NOW, STORIES, request
from story_player import find_player

from adapters import ADAPTERS
from adapters.base import Adapter, Message, Settings
from adapters.event import CallEvent, Direction
from adapters.fold import fold_calls
from adapters.outcome import Outcome
from adapters.request import Malformed, Refused
from traces import load, names

ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=12)
    | st.sampled_from(["0", "-1", "999999999999", "²", "2026-11-23T10:00:00Z", "a;b", "ARRAY::;"]),
    lambda inner: st.lists(inner, max_size=3)
    | st.dictionaries(st.sampled_from(["id", "uuid", "number", "digits", "x"]), inner, max_size=3),
    max_leaves=5,
)  # fmt: skip


def requests_of(code):
    """The requests of each story that a system reports."""
    player = find_player(code)
    impossible = ADAPTERS[code].guide.impossible
    return [player().play(STORIES[name]) for name in STORIES if player and name not in impossible]


def samples(code):
    """The messages of a system's stories, as its adapter extracts them from requests."""
    adapter = ADAPTERS[code](Settings())
    return [
        json.loads(message.raw)
        for story in requests_of(code)
        for webhook in story
        for message in adapter.messages(webhook)
    ]


# All headers that any adapter reads.
HEADERS = sorted(
    {"authorization"}
    | {
        value
        for name, module in sys.modules.items()
        if name.startswith("adapters.")
        for constant, value in vars(module).items()
        if constant.endswith("HEADER")
    }
)

SAMPLES = {code: found for code in ADAPTERS if (found := samples(code))}


def recordings():
    """Yield an adapter and all events of a story, or of a trace that was recorded.

    The adapter knows no phones; of Asterisk, also one that knows the trunks.
    """
    for code in SAMPLES:
        adapter = ADAPTERS[code](Settings())
        for story in requests_of(code):
            yield adapter, [e for sent in story for m in adapter.messages(sent) for e in m.events]
    for trunks in (frozenset(), frozenset({"trunk", "nowhere"})):
        adapter = ADAPTERS["asterisk"](Settings(trunks=trunks))
        for name in names("asterisk"):
            trace = load("asterisk", name)
            yield adapter, [e for item in trace for e in adapter.understand(item, NOW).events]


RECORDINGS = [(adapter, events) for adapter, events in recordings() if events]


def paths(value, path=()):
    """Yield the path of every value in a JSON value."""
    inner = value.items() if isinstance(value, dict) else enumerate(value)
    for key, part in inner:
        yield (*path, key)
        if isinstance(part, (dict, list)):
            yield from paths(part, (*path, key))


@st.composite
def corrupted(draw, code):
    """A message with one value replaced by anything."""
    item = copy.deepcopy(draw(st.sampled_from(SAMPLES[code])))
    *path, last = draw(st.sampled_from(list(paths(item))))
    target = item
    for key in path:
        target = target[key]
    target[last] = draw(ANYTHING)
    return item


def assert_no_unexpected_error(message):
    """Reasons are written for people; those of bugs start with the name of an exception."""
    assert message.error is None or message.error.strip()
    assert "Error: " not in (message.error or "")


def test_an_unexpected_error_is_reported_too():
    class Faulty(Adapter):
        def events(self, item, received_at):
            return item["nothing"]

    assert Faulty(Settings()).understand({}, NOW).error == "KeyError: 'nothing'"


@pytest.mark.parametrize("code", SAMPLES)
@settings(max_examples=150)
@given(data=st.data())
def test_a_corrupted_message_is_read_or_refused_with_a_reason(code, data):
    message = ADAPTERS[code](Settings()).understand(data.draw(corrupted(code)), NOW)
    assert isinstance(message, Message)
    assert_no_unexpected_error(message)
    for event in message.events:
        assert CallEvent.from_json(event.to_json()) == event
        fold_calls([event])


@st.composite
def part_of_a_recording(draw):
    """Events that have arrived so far, in any order, of a story or a recorded trace."""
    adapter, events = draw(st.sampled_from(RECORDINGS))
    return adapter, draw(st.lists(st.sampled_from(events), unique_by=lambda event: event.uid))


@settings(max_examples=600)
@given(part_of_a_recording())
def test_any_part_of_what_happened_folds_into_calls_that_can_be_stored(part):
    adapter, events = part
    for state in fold_calls(events, adapter.settings):
        assert state.direction in {direction.value for direction in Direction}
        assert state.state in {"ringing", "ongoing", "ended"}
        assert state.outcome in {None, *(outcome.value for outcome in Outcome.of_calls())}
        assert (state.outcome is None) == (state.state != "ended")
        assert min(state.wait_seconds, state.talk_seconds) >= 0
        for leg in state.legs:
            assert leg.outcome in {None, *(outcome.value for outcome in Outcome)}


@pytest.mark.parametrize("code", sorted(ADAPTERS))
@settings(max_examples=60)
@given(item=ANYTHING)
def test_anything_is_read_or_refused_with_a_reason(code, item):
    adapter = ADAPTERS[code](Settings())
    assert_no_unexpected_error(adapter.understand(item, NOW))
    for content_type in ("application/json", "application/x-www-form-urlencoded"):
        sent = request(json.dumps(item), content_type=content_type, form=[("event", str(item))])
        try:
            adapter.messages(sent)
            adapter.find_lookup(sent)
        except Malformed as error:
            assert str(error)


@pytest.mark.parametrize("code", sorted(ADAPTERS))
@settings(max_examples=60)
@given(
    body=st.binary(max_size=40),
    headers=st.dictionaries(
        st.sampled_from(HEADERS),
        st.text(st.characters(max_codepoint=255), max_size=20)
        | st.sampled_from(["Basic ", "Basic OnM=", "Bearer a.b.c", "Bearer ..", "1764000000"]),
    ),
)  # fmt: skip
def test_random_requests_are_refused(code, body, headers):
    with pytest.raises(Refused):
        ADAPTERS[code](Settings(secret="a secret")).verify(request(body, headers=headers))
