"""Who was connected with whom, and when: a pure function from the events of a conversation.

Recorded situations of a real Asterisk 22 confirm the rule: somebody speaks while the own
connection is open and another party with an open connection is in the same room, directly or
through a wire between two rooms.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from datetime import datetime, timedelta
from typing import NamedTuple

from .conversations import FOREVER, Stay, stays
from .event import CallEvent, Kind

# While an exchange moves a party from one room to another, nobody notices.
_SHORTEST_PAUSE = timedelta(seconds=0.3)


class Span(NamedTuple):
    """A stretch of time. Aware, UTC; an open end is :data:`.conversations.FOREVER`."""

    start: datetime
    end: datetime


class Connections:
    """The connections of a conversation whose telephone system reports them.

    :param events: of one conversation, in order of time
    :param parties: references of the legs that are people, or what may be people
    """

    def __init__(self, events: list[CallEvent], parties: Collection[str]):
        self._stays = stays(events)
        self._wires = _wires(events)
        self._open = _open_connections(events, parties)
        self._meetings = self._find_meetings()

    def find(self, ones: Collection[str], others: Collection[str] | None = None) -> list[Span]:
        """Return when at least one of some legs was connected with another party.

        :param others: with one of these, by default with anybody
        """
        return merge(
            span
            for span, groups in self._meetings
            if any(_meet(group, ones, others) for group in groups)
        )

    def _find_meetings(self) -> list[tuple[Span, list[set[str]]]]:
        """Return for each stretch of time which parties were connected with each other."""
        edges = {moment for stay in self._stays for moment in (stay.start, stay.end)}
        edges |= {moment for span in self._open.values() for moment in span}
        ordered = sorted(edges)
        found = []
        for start, end in zip(ordered, ordered[1:], strict=False):
            if groups := self._connected_at(start):
                found.append((Span(start, end), groups))
        return found

    def _connected_at(self, moment: datetime) -> list[set[str]]:
        """Return the groups of parties that hear each other."""
        present = [stay for stay in self._stays if stay.start <= moment < stay.end]
        groups = (
            {leg for leg in legs if self._is_open(leg, moment)}
            for legs in _reachable(present, self._wires)
        )
        return [group for group in groups if len(group) > 1]

    def _is_open(self, leg: str, moment: datetime) -> bool:
        span = self._open.get(leg)
        return span is not None and span.start <= moment < span.end


def _meet(group: set[str], ones: Collection[str], others: Collection[str] | None) -> bool:
    """Return whether one of some legs is in a group with another leg."""
    present = group.intersection(ones)
    if others is None:
        return bool(present)
    return any(group.intersection(others) - {leg} for leg in present)


def merge(spans: Iterable[Span]) -> list[Span]:
    """Return stretches of time without overlaps, and without pauses that nobody notices."""
    merged: list[Span] = []
    for span in sorted(spans):
        if merged and span.start - merged[-1].end < _SHORTEST_PAUSE:
            merged[-1] = Span(merged[-1].start, max(merged[-1].end, span.end))
        elif span.end > span.start:
            merged.append(span)
    return merged


def _wires(events: list[CallEvent]) -> list[tuple[str, str]]:
    pairs = {(e.leg, e.other) for e in events if e.kind is Kind.PAIRED and e.leg and e.other}
    return sorted(pairs)


def _open_connections(events: list[CallEvent], parties: Collection[str]) -> dict[str, Span]:
    """Return from when to when each party could be heard."""
    found: dict[str, Span] = {}
    for event in events:
        leg = event.leg
        if event.kind is Kind.PICKED_UP and leg in parties:
            found.setdefault(leg, Span(event.at, FOREVER))
    for event in reversed(events):
        if event.kind is Kind.ENDED and event.leg in found:
            found[event.leg] = Span(found[event.leg].start, event.at)
    return {leg: span for leg, span in found.items() if span.start < span.end}


def _reachable(present: list[Stay], wires: list[tuple[str, str]]) -> list[set[str]]:
    """Return the legs that hear each other: those of a room, and of rooms that wires connect."""
    rooms: dict[str, set[str]] = {}
    room_of = {stay.leg: stay.room for stay in present}
    for leg, room in room_of.items():
        rooms.setdefault(room, set()).add(leg)
    for one, other in wires:
        first, second = room_of.get(one), room_of.get(other)
        if first and second and rooms[first] is not rooms[second]:
            together = rooms[first] | rooms[second]
            rooms |= {room: together for room, legs in rooms.items() if legs <= together}
    return list({id(legs): legs for legs in rooms.values()}.values())
