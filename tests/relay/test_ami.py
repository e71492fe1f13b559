"""The manager interface's stream of bytes is read as it is meant, wherever it is cut."""

from datetime import datetime, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.asterisk import AsteriskAdapter, ami
from adapters.base import Settings
from call_handling_relay import events
from call_handling_relay.ami import MAX_LINE, AmiError, Parser
from traces import load, names

from .asterisk import encode

GREETING = b"Asterisk Call Manager/10.0.0\r\n"

header_names = st.text("ABCDefgh-()", min_size=1, max_size=12)
# What Asterisk puts into a value: no end of a line, and not always UTF-8.
values = st.binary(max_size=40).map(lambda raw: raw.replace(b"\r", b"").replace(b"\n", b""))
headers = st.lists(st.tuples(header_names, values), min_size=1, max_size=8)


def to_bytes(message):
    return b"".join(b"%s: %s\r\n" % (name.encode(), value) for name, value in message) + b"\r\n"


@st.composite
def cut_streams(draw):
    """A stream, and the same in pieces."""
    stream = GREETING + b"".join(to_bytes(m) for m in draw(st.lists(headers, max_size=6)))
    cuts = sorted(draw(st.sets(st.integers(0, len(stream)), max_size=12)))
    edges = [0, *cuts, len(stream)]
    return stream, [stream[a:b] for a, b in zip(edges, edges[1:], strict=False)]


@given(cut_streams())
def test_wherever_the_stream_is_cut_the_messages_are_the_same(streams):
    stream, pieces = streams
    parser = Parser()
    in_pieces = [message for piece in pieces for message in parser.feed(piece)]
    assert in_pieces == Parser().feed(stream)


@given(st.lists(headers, max_size=6))
def test_no_header_is_lost_and_none_is_made_up(messages):
    read = Parser().feed(GREETING + b"".join(to_bytes(message) for message in messages))
    assert len(read) == len(messages)
    for message, got in zip(messages, read, strict=True):
        count = sum(len(v) if isinstance(v, list) else 1 for v in got.values())
        assert count == len(message)
        assert set(got) == {name.strip() for name, _value in message}


@given(st.binary(max_size=400))
def test_no_bytes_stop_it(noise):
    parser = Parser()
    parser.feed(noise + b"\r\n\r\n")
    assert parser.feed(b"Event: Hangup\r\nUniqueid: 1\r\n\r\n")[-1]["Uniqueid"] == "1"


@pytest.mark.parametrize("name", names("asterisk"))
def test_a_recorded_trace_comes_through_as_it_was(name):
    trace = load("asterisk", name)
    read = Parser().feed(GREETING + b"".join(encode(message) for message in trace))
    assert read == trace


def test_headers_of_the_same_name_are_all_kept_in_order():
    (message,) = Parser().feed(
        b"Event: Newchannel\r\nChanVariable: a=1\r\nChanVariable: b=x: y\r\n\r\n"
    )
    assert message["ChanVariable"] == ["a=1", "b=x: y"]


def test_a_name_in_latin_1_is_read_as_such():
    (message,) = Parser().feed(b"CallerIDName: M\xfcller\r\n\r\n")
    assert message["CallerIDName"] == "Müller"
    (message,) = Parser().feed("CallerIDName: Müller\r\n\r\n".encode())
    assert message["CallerIDName"] == "Müller"


def test_the_second_line_of_a_value_does_no_harm():
    (message,) = Parser().feed(b"Event: Newexten\r\nAppData: one\r\ntwo\r\nExten: 5\r\n\r\n")
    assert (message["AppData"], message["Exten"]) == ("one", "5")


def test_a_line_without_end_is_not_collected_for_ever():
    with pytest.raises(AmiError, match="does not speak AMI"):
        Parser().feed(b"x" * (MAX_LINE + 1))


def test_the_relay_keeps_exactly_what_call_handling_reads():
    assert ami.EVENTS == events.KEPT
    assert ami.MAILBOX_APPLICATIONS == events.MAILBOX_APPLICATIONS


@pytest.mark.parametrize("name", names("asterisk"))
def test_what_the_relay_lets_go_tells_nothing_of_a_call(name):
    adapter = AsteriskAdapter(Settings())
    let_go = [message for message in load("asterisk", name) if not events.is_kept(message)]
    assert let_go
    for message in let_go:
        assert adapter.understand(message, datetime.now(timezone.utc)).events == ()
