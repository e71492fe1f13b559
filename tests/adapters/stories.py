"""Reads a telephone system's messages in any order and describes the resulting calls."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta, timezone

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from adapters.fold import fold_calls
from adapters.request import WebhookRequest

NOW = datetime(2026, 11, 23, 10, 0, tzinfo=timezone.utc)


@dataclass(frozen=True)
class Call:
    """The call that a person would describe.

    :param remote: number of the other side; empty if it was withheld
    :param speaker: extension of the phone whose call it is: that which spoke, or else, if nobody
        answered, the only one that rang
    :param phones: outcome of each phone by extension
    :param line: own number that was dialled or shown
    :param wait: seconds until it was answered or ended
    :param talk: seconds
    :param name: of the other side, as sent
    """

    direction: str
    outcome: str
    remote: str | None
    speaker: str | None = None
    phones: dict = field(default_factory=dict)
    line: str | None = None
    wait: int = 0
    talk: int = 0
    anonymous: bool = False
    queue: str | None = None
    name: str | None = None


def request(body: str | bytes, second=0, content_type="application/json", form=(), **values):
    """Return a request that arrives some seconds after :data:`NOW`."""
    body = body if isinstance(body, bytes) else body.encode()
    return WebhookRequest(
        body, NOW + timedelta(seconds=second), content_type, form=tuple(form), **values
    )


def events_of(adapter, requests):
    """Return the events of requests and check that every message could be read."""
    messages = [message for sent in requests for message in adapter.messages(sent)]
    assert [message.error for message in messages if message.error] == []
    return [event for message in messages for event in message.events]


def calls_of(adapter, requests):
    """Return the folded calls, sorted by reference."""
    states = fold_calls(events_of(adapter, requests), adapter.settings)
    return sorted(states, key=lambda state: state.ref)


def describe(state) -> Call:
    speaker = [leg.extension for leg in state.legs if leg.ref == state.speaker]
    return Call(
        direction=state.direction,
        outcome=state.outcome,
        remote=state.remote_number,
        speaker=speaker[0] if speaker else None,
        phones={leg.extension: leg.outcome for leg in state.legs},
        line=state.line_number,
        wait=state.wait_seconds,
        talk=state.talk_seconds,
        anonymous=state.is_anonymous,
        queue=state.queue,
        name=state.remote_name,
    )


@st.composite
def any_order(draw, sent):
    """The requests in any order, each at least once."""
    repeated = draw(st.lists(st.sampled_from(sent), max_size=5))
    return draw(st.permutations([*sent, *repeated]))


def story_tests(adapter, stories):
    """Return the two tests that every adapter has to pass. The calling module names them.

    :param adapter: the configured adapter
    :param dict stories: by name, the requests that were sent and the expected :class:`Call`
    """

    @pytest.mark.parametrize("story", stories)
    def test_messages_give_the_expected_call(story):
        sent, call = stories[story]
        (folded,) = calls_of(adapter, sent)
        assert describe(folded) == call
        assert folded.state == "ended"

    @pytest.mark.parametrize("story", stories)
    @settings(max_examples=25)
    @given(data=st.data())
    def test_order_and_repetition_do_not_matter(story, data):
        sent, _call = stories[story]
        assert calls_of(adapter, data.draw(any_order(sent))) == calls_of(adapter, sent)

    return (
        test_messages_give_the_expected_call,
        test_order_and_repetition_do_not_matter,
    )
