"""The stream of the manager interface is parsed correctly, wherever it is split."""

from datetime import datetime, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.asterisk import AsteriskAdapter, ami
from adapters.base import Settings
from call_handling_relay import events
from call_handling_relay.ami import MAX_LINE, AmiError, Parser
from traces import load, names
from traces.asterisk_situations import SITUATIONS

from .asterisk import encode

GREETING = b"Asterisk Call Manager/10.0.0\r\n"

header_names = st.text("ABCDefgh-()", min_size=1, max_size=12)
# Values as Asterisk sends them: without line breaks, and not always UTF-8.
values = st.binary(max_size=40).map(lambda raw: raw.replace(b"\r", b"").replace(b"\n", b""))
headers = st.lists(st.tuples(header_names, values), min_size=1, max_size=8)


def to_bytes(message):
    return b"".join(b"%s: %s\r\n" % (name.encode(), value) for name, value in message) + b"\r\n"


@st.composite
def split_streams(draw):
    """A stream, and the same stream in chunks."""
    stream = GREETING + b"".join(to_bytes(m) for m in draw(st.lists(headers, max_size=6)))
    cuts = sorted(draw(st.sets(st.integers(0, len(stream)), max_size=12)))
    edges = [0, *cuts, len(stream)]
    return stream, [stream[a:b] for a, b in zip(edges, edges[1:], strict=False)]


@given(split_streams())
def test_messages_are_the_same_wherever_the_stream_is_split(streams):
    stream, chunks = streams
    parser = Parser()
    from_chunks = [message for chunk in chunks for message in parser.feed(chunk)]
    assert from_chunks == Parser().feed(stream)


@given(st.lists(headers, max_size=6))
def test_no_header_is_lost_or_added(messages):
    read = Parser().feed(GREETING + b"".join(to_bytes(message) for message in messages))
    assert len(read) == len(messages)
    for message, got in zip(messages, read, strict=True):
        count = sum(len(v) if isinstance(v, list) else 1 for v in got.values())
        assert count == len(message)
        assert set(got) == {name.strip() for name, _value in message}


@given(st.binary(max_size=400))
def test_invalid_bytes_do_not_stop_the_parser(garbage):
    parser = Parser()
    parser.feed(garbage + b"\r\n\r\n")
    assert parser.feed(b"Event: Hangup\r\nUniqueid: 1\r\n\r\n")[-1]["Uniqueid"] == "1"


@pytest.mark.parametrize("name", names("asterisk"))
def test_a_recorded_trace_is_not_changed(name):
    trace = load("asterisk", name)
    read = Parser().feed(GREETING + b"".join(encode(message) for message in trace))
    assert read == trace


def test_headers_with_the_same_name_are_kept_in_order():
    (message,) = Parser().feed(
        b"Event: Newchannel\r\nChanVariable: a=1\r\nChanVariable: b=x: y\r\n\r\n"
    )
    assert message["ChanVariable"] == ["a=1", "b=x: y"]


def test_names_are_decoded_as_utf_8_or_latin_1():
    (message,) = Parser().feed(b"CallerIDName: M\xfcller\r\n\r\n")
    assert message["CallerIDName"] == "Müller"
    (message,) = Parser().feed("CallerIDName: Müller\r\n\r\n".encode())
    assert message["CallerIDName"] == "Müller"


def test_the_second_line_of_a_value_is_ignored():
    (message,) = Parser().feed(b"Event: Newexten\r\nAppData: one\r\ntwo\r\nExten: 5\r\n\r\n")
    assert (message["AppData"], message["Exten"]) == ("one", "5")


def test_an_endless_line_is_refused():
    with pytest.raises(AmiError, match="does not speak AMI"):
        Parser().feed(b"x" * (MAX_LINE + 1))


def test_the_relay_sends_the_events_that_call_handling_reads():
    assert ami.EVENTS == events.KEPT
    assert ami.MAILBOX_APPLICATIONS == events.MAILBOX_APPLICATIONS


@pytest.mark.parametrize("name", names("asterisk"))
def test_events_that_the_relay_drops_do_not_matter_for_calls(name):
    adapter = AsteriskAdapter(Settings())
    dropped = [message for message in load("asterisk", name) if not events.is_kept(message)]
    # of these, only what the relay sends was stored
    assert dropped or name in SITUATIONS
    for message in dropped:
        assert adapter.understand(message, datetime.now(timezone.utc)).events == ()
