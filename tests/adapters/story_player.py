"""Plays the stories of ``stories.py`` as one telephone system reports them, and checks the calls.

A :class:`Player` has a method for everything that can happen, named as in the scripts, which adds
what the system sends then. What it has no method for, the system does not report; then its guide
must say why.
"""

from __future__ import annotations

import importlib
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from stories import STORIES, Call, Story, any_order, calls_of, describe, events_of

from adapters.fold import fold_calls

OUTSIDE = ("customer", "stranger", "caller2", "mobile", "service")
PHONES = ("ann", "bo", "cy")
SPOKE = ("answered", "transferred")


class NotReported(Exception):
    """The system does not send anything from which this could be seen."""


class Player:
    """What one telephone system sends while a story happens.

    :cvar names: numbers and phones by those whom the scripts name, as the call has them
    :cvar is_known_from_last: the last message, not the first, says what kind of call it is
    """

    names: dict[str, str] = {}
    is_known_from_last = False

    def __init__(self):
        self.sent: list = []
        self.call = 0  # number of the call that the line is about
        self.callers: dict[str, int] = {}
        self.people: dict[int, dict[str, str]] = {}

    def play(self, story: Story) -> list:
        """Return the requests that the system sends.

        :raise NotReported: it does not report something of this kind
        """
        for place, (second, who, what, rest) in enumerate(story.script):
            self.rest = story.script[place + 1 :]
            method = getattr(self, what, None)
            if method is None:
                raise NotReported(what)
            if what == "calls" or who == "odoo":
                self.callers[who] = len(self.callers) + 1
            self.call = self.callers.get(who, self.call)
            method(second, who, *rest)
            self._remember(who, what, *rest)
        return self.sent

    def rung_at_once(self, second: int) -> list[str]:
        """Return the own phones that ring at the beginning of a call."""
        found: list[str] = []
        for at, who, what, _rest in self.rest:
            if what == "calls" or at > second + 1:
                break
            if who in PHONES and what in ("rings", "stops"):
                found.append(who)
        return list(dict.fromkeys(found))

    def add(self, *requests) -> None:
        self.sent += requests

    @property
    def ringing(self) -> list[str]:
        return [name for name, state in self._here.items() if state == "ringing"]

    @property
    def talking(self) -> list[str]:
        return [name for name, state in self._here.items() if state == "talking"]

    @property
    def _here(self) -> dict[str, str]:
        return self.people.setdefault(self.call, {})

    def _remember(self, who: str, what: str, whom: str = "", *_rest: str) -> None:
        if what == "rings":
            self._here[whom if who == "odoo" else who] = "ringing"
        elif what == "calls" and whom in OUTSIDE:
            self._here[whom] = "ringing"
        elif what in ("answers", "picks_up", "retrieves", "enters_room"):
            self._here[who] = "talking"
            self._here.pop(whom, None)
        elif what in ("stops", "forwards", "transfers", "parks", "connects"):
            self._here.pop(who, None)


class LegPlayer(Player):
    """A system that reports the single legs of a call, each with its beginning, answer and end.

    Holding, announcements and queues are matters of the customer's own program.
    """

    def caller_begins(self, second: int, who: str, whom: str) -> None:
        """The leg of who calls begins."""
        raise NotImplementedError

    def leg_begins(self, second: int, who: str) -> None:
        raise NotImplementedError

    def click_begins(self, second: int, who: str) -> None:
        raise NotImplementedError

    def leg_answers(self, second: int, who: str) -> None:
        raise NotImplementedError

    def leg_ends(self, second: int, who: str, cause: str) -> None:
        """A leg ends; also that of who calls, with the cause ``normal`` or ``cancelled``."""
        raise NotImplementedError

    def calls(self, second, who, whom="own"):
        self.caller = who if who != "program" else None
        if whom.startswith("*"):
            raise NotReported("a feature code")
        if self.caller:
            self.caller_begins(second, who, whom)
        if whom in OUTSIDE:
            self.leg_begins(second, whom)

    def rings(self, second, who, *whom):
        if who == "odoo":
            self.caller = whom[0]
            self.click_begins(second, whom[0])
        elif who not in self._here:
            self.leg_begins(second, who)

    def answers(self, second, who):
        if who == "mailbox":
            raise NotReported("a mailbox")
        self.leg_answers(second, who)

    def stops(self, second, who, cause):
        if who not in self.ringing:
            self.leg_begins(second, who)
        self.leg_ends(second, who, cause)
        if who == self.caller:  # the own phone after a click: there is no other leg
            self.caller = None

    def forwards(self, second, who, _whom):
        self.leg_ends(second, who, "no_answer")

    def transfers(self, second, who, _whom):
        self.leg_ends(second, who, "normal")

    connects = transfers

    def hangs_up(self, second, _who):
        self._over(second, "normal")

    def gives_up(self, second, _who):
        self._over(second, "cancelled")

    def ends(self, second, _who, _cause):
        self._over(second, "normal")

    def _over(self, second, cause):
        for name in self.ringing:
            self.leg_ends(second, name, "cancelled")
        for name in self.talking:
            if name != self._caller_of_call():
                self.leg_ends(second, name, "normal")
        if caller := self._caller_of_call():
            self.leg_ends(second, caller, cause)
        for name, call in self.callers.items():
            if call != self.call and self.people.get(call, {}).get(name) == "talking":
                self.call = call  # in the same room
                self.leg_ends(second, name, "normal")

    def _caller_of_call(self):
        name = next((name for name, call in self.callers.items() if call == self.call), None)
        return self.caller if name in (None, "program", "odoo") else name

    def leg_enters(self, second: int, who: str) -> None:
        """A leg enters the room of a conference."""
        raise NotReported("a conference")

    def enters_room(self, second, who):
        if who not in self.callers:
            # Employees call in: that is a call of their own, until it is known to be the same.
            self.callers[who] = self.call = len(self.callers) + 1
            self.caller_begins(second - 1, who, "own")
        self.leg_enters(second, who)

    def nothing(self, *_line):
        """It is not reported, but no reason not to report the call."""

    holds = resumes = consults = is_closed = announces = waits = nothing


class PushPlayer(Player):
    """A system that reports a new call, its answer and its end, and names the phones."""

    def push(self, second: int, event: str, people=(), **fields) -> None:
        raise NotImplementedError

    def diverted(self, second: int, who: str) -> None:
        """The call goes on at another phone or outside number, which rings."""
        raise NotReported("a transfer")

    def left(self, second: int, who: str) -> None:
        """A phone transfers the call."""
        raise NotReported("a transfer")

    def rings_later(self, second: int, who: str) -> None:
        raise NotReported("a phone that rings later")

    def calls(self, second, who, whom="own"):
        if who == "program" or whom not in ("own", "customer"):
            raise NotReported("an internal call, or one of a program")
        self.who, self.is_diverted = who, False
        self.people_rung = [who] if who in PHONES else self.rung_at_once(second)
        self.push(second, "newCall", self.people_rung)

    def rings(self, second, who, *_whom):
        if who == "odoo":
            raise NotReported("a click")
        if self.is_diverted:
            self.diverted(second, who)
        elif who not in self.people_rung:
            self.rings_later(second, who)

    def answers(self, second, who):
        if who == "mailbox":
            return self.to_mailbox(second)
        return self.push(second, "answer", [who] if who in PHONES else [])

    def to_mailbox(self, second):
        raise NotReported("a mailbox")

    def transfers(self, second, who, _whom):
        self.is_diverted = True
        self.left(second, who)

    def hangs_up(self, second, _who):
        self.push(second, "hangup", cause="normalClearing")

    def gives_up(self, second, _who):
        self.push(second, "hangup", cause="cancel")

    def ends(self, second, _who, cause):
        causes = {"busy": "busy", "failed": "notFound"}
        self.push(second, "hangup", cause=causes.get(cause, "noAnswer"))

    def stops(self, second, who, cause):
        """That a single phone stops is not reported."""

    def nothing(self, *_line):
        """It is not reported, but no reason not to report the call."""

    holds = resumes = is_closed = announces = nothing


def find_player(code: str) -> type[Player] | None:
    """Return what one telephone system's tests say it sends."""
    try:
        module = importlib.import_module(f"test_{code}")
    except ModuleNotFoundError:
        return None
    own = [found for found in vars(module).values() if isinstance(found, type)]
    return next((c for c in own if issubclass(c, Player) and c.__module__ == module.__name__), None)


def story_tests_of(adapter, player: type[Player], different: dict[str, dict] | None = None):
    """Return the tests that every adapter has to pass. The calling module names them.

    :param adapter: the configured adapter
    :param player: what it sends
    :param different: by the name of a story that the system reports only in part (its guide says
        so): the facts of the call that are not those of the story
    """
    different = different or {}
    guide = adapter.guide
    reported = [name for name in STORIES if name not in guide.impossible]

    def play(name):
        return player().play(STORIES[name])

    def test_what_the_guide_says_about_the_stories_is_true():
        assert set(guide.impossible) | set(guide.partly) <= set(STORIES)
        assert set(guide.partly) == set(different)
        for name in guide.impossible:
            with pytest.raises(NotReported):
                play(name)

    @pytest.mark.parametrize("name", reported)
    def test_a_story_gives_the_expected_calls(name):
        states = fold_calls(events_of(adapter, play(name)), adapter.settings)
        assert [state.state for state in states] == ["ended"] * len(states)
        expected = [_as_reported(call, adapter, player) for call in STORIES[name].calls]
        expected = [replace(call, **different.get(name, {})) for call in expected]
        assert [_without_name(describe(state)) for state in states] == expected

    @pytest.mark.parametrize("name", reported)
    @settings(max_examples=10)
    @given(data=st.data())
    def test_order_and_repetition_do_not_matter(name, data):
        sent = play(name)
        reordered = data.draw(any_order(sent)) if sent else []
        assert calls_of(adapter, reordered) == calls_of(adapter, sent)

    @pytest.mark.parametrize("name", [name for name in reported if name not in _OTHERWISE_ONE])
    @settings(max_examples=10)
    @given(data=st.data())
    def test_a_lost_message_leaves_a_call_of_the_same_direction(name, data):
        sent = play(name)
        if len(sent) < 2:
            return
        lost = data.draw(st.integers(0, len(sent) - 2))
        lost += 0 if player.is_known_from_last else 1
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
    if "rang" in missing and call.direction == "incoming":
        phones = {name: outcome for name, outcome in phones.items() if outcome in SPOKE}
    line = f"line_{call.direction}" not in missing and call.line
    return replace(
        call,
        remote=names[call.remote] if call.remote else None,
        speaker=names[call.speaker] if call.speaker in phones else None,
        phones={names[name]: outcome for name, outcome in phones.items()},
        line=names[line] if line else None,
        queue=None if "queue" in missing else names.get(call.queue, call.queue),
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
