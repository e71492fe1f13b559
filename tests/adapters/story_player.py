"""Plays the stories of ``stories.py`` as one telephone system reports them, and checks the calls.

A :class:`Player` has a method for everything that can happen, named as in the scripts, which adds
what the system sends then. What it has no method for, the system does not report; then its guide
must say why.
"""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from stories import STORIES, Call, Story, any_order, calls_of, describe, events_of

from adapters.fold import fold_calls

OUTSIDE = ("customer", "stranger", "caller2", "mobile", "service")
SPOKE = ("answered", "transferred")


class NotReported(Exception):
    """The system does not send anything from which this could be seen."""


class Player:
    """What one telephone system sends while a story happens.

    :cvar names: numbers and phones by those whom the scripts name, as the call has them
    """

    names: dict[str, str] = {}

    def __init__(self):
        self.sent: list = []
        self.ringing: list[str] = []
        self.talking: list[str] = []

    def play(self, story: Story) -> list:
        """Return the requests that the system sends.

        :raise NotReported: it does not report something of this kind
        """
        for second, who, what, rest in story.script:
            method = getattr(self, what, None)
            if method is None:
                raise NotReported(what)
            method(second, who, *rest)
            self._remember(who, what, *rest)
        return self.sent

    def _remember(self, who: str, what: str, whom: str = "", *_rest: str) -> None:
        if what == "rings":
            self.ringing.append(whom if who == "odoo" else who)
        if what in ("answers", "picks_up", "retrieves", "enters_room", "stops", "forwards"):
            self.ringing = [name for name in self.ringing if name not in (who, whom)]
        if what in ("answers", "picks_up", "retrieves", "enters_room"):
            self.talking.append(who)
        if what in ("transfers", "parks", "connects") and who in self.talking:
            self.talking.remove(who)

    def add(self, *requests) -> None:
        self.sent += requests


def story_tests_of(adapter, player: type[Player], different: dict[str, dict] | None = None):
    """Return the tests that every adapter has to pass. The calling module names them.

    :param adapter: the configured adapter
    :param player: what it sends
    :param different: by the name of a story that the system reports only in part (its guide says
        so): the facts of the call that are not those of the story
    """
    different = different or {}
    guide = adapter.guide
    told = [name for name in STORIES if name not in guide.impossible]

    def play(name):
        return player().play(STORIES[name])

    def test_what_the_guide_says_about_the_stories_is_true():
        assert set(guide.impossible) | set(guide.partly) <= set(STORIES)
        assert set(guide.partly) == set(different)
        for name in guide.impossible:
            with pytest.raises(NotReported):
                play(name)

    @pytest.mark.parametrize("name", told)
    def test_a_story_gives_the_expected_calls(name):
        states = fold_calls(events_of(adapter, play(name)), adapter.settings)
        assert [state.state for state in states] == ["ended"] * len(states)
        expected = [_as_reported(call, adapter, player) for call in STORIES[name].calls]
        expected = [replace(call, **different.get(name, {})) for call in expected]
        assert [_without_name(describe(state)) for state in states] == expected

    @pytest.mark.parametrize("name", told)
    @settings(max_examples=10)
    @given(data=st.data())
    def test_order_and_repetition_do_not_matter(name, data):
        sent = play(name)
        assert calls_of(adapter, data.draw(any_order(sent))) == calls_of(adapter, sent)

    @pytest.mark.parametrize("name", [name for name in told if name not in _OTHERWISE_ONE])
    @settings(max_examples=10)
    @given(data=st.data())
    def test_a_lost_message_leaves_a_call_of_the_same_direction(name, data):
        sent = play(name)
        lost = data.draw(st.integers(0, len(sent) - 1))
        directions = {call.direction for call in calls_of(adapter, sent)}
        rest = calls_of(adapter, [*sent[:lost], *sent[lost + 1 :]])
        assert {call.direction for call in rest} <= directions

    return (
        test_what_the_guide_says_about_the_stories_is_true,
        test_a_story_gives_the_expected_calls,
        test_order_and_repetition_do_not_matter,
        test_a_lost_message_leaves_a_call_of_the_same_direction,
    )


# What joins two calls into one may be the message that is lost.
_OTHERWISE_ONE = ("pickup", "parking", "conference")


def _as_reported(call: Call, adapter, player: type[Player]) -> Call:
    """Return a call of a story with the names, and without the facts that are never reported."""
    missing, names = adapter.guide.missing, player.names
    phones = call.phones
    if "rang" in missing:
        phones = {name: outcome for name, outcome in phones.items() if outcome in SPOKE}
    line = f"line_{call.direction}" not in missing and call.line
    return replace(
        call,
        remote=names[call.remote] if call.remote else None,
        speaker=names[call.speaker] if call.speaker in phones else None,
        phones={names[name]: outcome for name, outcome in phones.items()},
        line=names[line] if line else None,
        queue=None if "queue" in missing else call.queue,
        outside={names[name]: outcome for name, outcome in call.outside.items()},
    )


def _without_name(call: Call) -> Call:
    return replace(call, name=None)


# --- stories of one system only ----------------------------------------------------------


def story_tests(adapter, stories):
    """Return two tests of further stories of one system. The calling module names them.

    :param adapter: the configured adapter
    :param stories: by name, the requests that were sent and the expected :class:`Call`
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
