"""One bad item in a request never takes a good one with it."""

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from stories import NOW, request

from adapters import ADAPTERS
from adapters.base import Adapter, Settings
from adapters.generic import MAX_EVENTS, GenericAdapter
from adapters.request import Malformed, TooMany

ADAPTER = GenericAdapter(Settings())
GOOD = {"call": "good", "event": "ringing", "from": "+12025550142", "extension": "101"}

# Values that JSON can write, or that senders write although JSON cannot, as raw bytes.
BAD_VALUES = {
    "bytes of another encoding": b'"M\xfcller"',
    "half a character": b'"\\ud800"',
    "null character": b'"\\u0000"',
    "line break": b'"a\nb"',
    "number of thousands of digits": b"9" * 5000,
    "number beyond any": b"1e999",
    "not a number": b"NaN",
    "infinity": b"-Infinity",
    "deep list": b"[" * 30 + b"]" * 30,
    "list deeper than Python reads": b"[" * 20_000 + b"]" * 20_000,
    "objects deeper than Python reads": b'{"[{": ' * 20_000 + b"1" + b"}" * 20_000,
    "huge text": b'"' + b"x" * 100_000 + b'"',
    "list": b"[1]",
    "object": b"{}",
}
KEYS = ("call", "event", "id", "leg", "from", "from_name", "at", "unknown to us")
IGNORED = {"from_name", "unknown to us"}  # what is in them may not matter


def make_bad_item(key, value):
    item = json.dumps(GOOD | {"call": "bad", key: "HERE"}).encode()
    return item.replace(b'"HERE"', value)


@st.composite
def batches(draw):
    """Items of a batch, and whether each is good."""
    items = []
    for number in range(draw(st.integers(1, 6))):
        if draw(st.booleans()):
            items.append((json.dumps(GOOD | {"call": f"good{number}"}).encode(), True))
        else:
            key = draw(st.sampled_from(KEYS))
            items.append((make_bad_item(key, draw(st.sampled_from([*BAD_VALUES.values()]))), False))
    return items


@pytest.mark.parametrize("wrap", [b"[%s]", b'{"events": [%s]}'])
@settings(max_examples=100)
@given(items=batches())
def test_every_good_event_of_a_batch_is_read(wrap, items):
    body = wrap % b", ".join(item for item, _is_good in items)
    messages = ADAPTER.messages(request(body))
    assert len(messages) == len(items)
    for message, (_item, is_good) in zip(messages, items, strict=True):
        message.raw.encode("ascii")
        json.loads(message.raw)
        if is_good:
            assert message.events and not message.error
        else:
            assert message.events or message.error


@pytest.mark.parametrize("name", BAD_VALUES)
@pytest.mark.parametrize("key", ["call", "leg", "from"])
def test_a_value_that_nobody_can_use_is_a_reason(name, key):
    good, bad = ADAPTER.messages(
        request(b"[%s, %s]" % (json.dumps(GOOD).encode(), make_bad_item(key, BAD_VALUES[name])))
    )
    assert [event.call for event in good.events] == ["good"]
    assert not bad.events and bad.error


def test_a_message_may_be_nested_twenty_levels_deep():
    for levels, is_read in ((18, True), (19, True), (20, False), (21, False), (22, False)):
        deep = json.loads("[" * levels + "]" * levels)
        for body in ([GOOD | {"x": deep}], {"events": [GOOD | {"x": deep}]}):
            (message,) = ADAPTER.messages(request(json.dumps(body)))
            assert bool(message.events) == is_read
            assert is_read or "nested more than 20 levels deep" in message.error


@pytest.mark.parametrize("code", ["generic", "asterisk"])
def test_a_request_has_a_bounded_number_of_events(code):
    adapter = ADAPTERS[code](Settings())
    assert len(adapter.messages(request(json.dumps([GOOD] * MAX_EVENTS)))) == MAX_EVENTS
    with pytest.raises(TooMany) as raised:
        adapter.messages(request(json.dumps([GOOD] * (MAX_EVENTS + 1))))
    assert raised.value.limit == MAX_EVENTS


def test_a_body_that_we_fail_to_split_is_kept():
    class Faulty(Adapter):
        def split(self, request):
            return request.json()["+12025550142"]

    with pytest.raises(Malformed, match=r"^the body cannot be read \(KeyError\)$"):
        Faulty(Settings()).messages(request("{}"))


def test_a_text_of_thousands_of_digits_is_read_again_as_it_was():
    (message,) = ADAPTER.messages(request(b'{"call": %s, "event": "ended"}' % (b"9" * 5000)))
    again = ADAPTER.understand(json.loads(message.raw), NOW)
    assert again.error == message.error == "'call' has more than 500 characters"
