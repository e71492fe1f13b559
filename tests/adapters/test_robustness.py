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
from adapters.event import CallEvent
from adapters.fold import fold_calls
from adapters.request import Malformed, Refused

ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=12)
    | st.sampled_from(["0", "-1", "999999999999", "²", "2026-11-23T10:00:00Z", "a;b", "ARRAY::;"]),
    lambda inner: st.lists(inner, max_size=3)
    | st.dictionaries(st.sampled_from(["id", "uuid", "number", "digits", "x"]), inner, max_size=3),
    max_leaves=5,
)  # fmt: skip


def samples(code):
    """The messages of a system's stories, as its adapter extracts them from requests."""
    player = find_player(code)
    if not player:
        return []
    reported = [
        story for name, story in STORIES.items() if name not in ADAPTERS[code].guide.impossible
    ]
    adapter = ADAPTERS[code](Settings())
    return [
        json.loads(message.raw)
        for story in reported
        for webhook in player().play(story)
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
