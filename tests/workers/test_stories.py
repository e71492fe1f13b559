"""The shared stories, through the real route, in order and in any other."""

import random

import pytest
from stories import STORIES, calls_of
from story_player import find_player
from test_asterisk import ADAPTER as ASTERISK
from test_generic import ADAPTER as GENERIC

FACTS = ("direction", "state", "outcome", "wait_seconds", "talk_seconds", "is_anonymous")
REPORTED = [
    (adapter, name)
    for adapter in (GENERIC, ASTERISK)
    for name in STORIES
    if name not in adapter.guide.impossible
]


def expected(states):
    """Return what the fold says, in the form of what is logged."""
    return sorted(
        (
            [getattr(state, fact) for fact in FACTS],
            state.queue,
            sorted((leg.extension or "", leg.outcome) for leg in state.legs),
        )
        for state in states
    )


def logged(pbx):
    """Return what is logged of a telephone system."""
    rows = pbx.get_logged()
    legs = {}
    for leg in rows.rows("phone"):
        legs.setdefault(leg["of_call"], []).append((leg["extension"] or "", leg["outcome"]))
    return sorted(
        ([call[fact] for fact in FACTS], call["queue"], sorted(legs.get(call["pbx_ref"], [])))
        for call in rows.rows("call")
    )


@pytest.mark.parametrize(
    ("adapter", "name"), REPORTED, ids=[f"{adapter.code}: {name}" for adapter, name in REPORTED]
)
def test_a_story_is_logged_as_a_person_would_describe_it(adapter, name, new_pbx):
    sent = find_player(adapter.code)().play(STORIES[name])
    states = calls_of(adapter, sent)
    messages = [message for request in sent for message in adapter.split(request)]
    shuffled = random.Random(name).sample(messages, len(messages))
    half = len(shuffled) // 2
    for batches in ([messages], [[message] for message in messages], [shuffled[half:], shuffled]):
        pbx = new_pbx(adapter.code)
        for batch in batches:
            if batch:
                pbx.send(batch)
        assert logged(pbx) == expected(states)
