"""Sorts events into conversations: which of a telephone system's calls are one and the same."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timezone
from typing import NamedTuple

from .event import CallEvent, Kind

FOREVER = datetime.max.replace(tzinfo=timezone.utc)

# Events of one moment are put in the order in which they make sense.
_RANK = {kind: rank for rank, kind in enumerate(Kind)}


class Stay(NamedTuple):
    """How long a leg was in a room. Times are aware, UTC; the end is open: :data:`FOREVER`."""

    room: str
    leg: str
    start: datetime
    end: datetime


def in_order(events: Iterable[CallEvent]) -> list[CallEvent]:
    """Return each event once, by its time."""
    unique = {event.uid: event for event in sorted(events, key=repr)}
    return sorted(unique.values(), key=moment)


def moment(event: CallEvent):
    """Return what events are sorted by."""
    return (event.at, _RANK[event.kind], event.uid)


def split(events: Iterable[CallEvent]) -> list[list[CallEvent]]:
    """Return the events of each conversation, in order of time; the oldest conversation first.

    Two calls are one conversation if an event names both, or if legs of both were in a room at
    the same time.

    :param events: of one telephone system, in any order, repeats allowed
    """
    ordered = in_order(events)
    groups = _Groups()
    for event in ordered:
        groups.join(event.call, event.alias or event.call)
    for stays in _by_room(groups.sort(ordered)).values():
        _join_who_met(groups, stays)
    return groups.sort(ordered)


def stays(events: list[CallEvent]) -> list[Stay]:
    """Return who was in which room, and for how long: a leg is in one room at a time.

    :param events: of one conversation, in order of time
    """
    found, present = [], {}
    for event in events:
        leg = event.leg or ""
        if event.kind is Kind.ENTERED and event.room:
            if leg in present and present[leg][0] != event.room:
                found.append(Stay(present[leg][0], leg, present[leg][1], event.at))
                del present[leg]
            present.setdefault(leg, (event.room, event.at))
        elif event.kind in (Kind.LEFT, Kind.ENDED) and leg in present:
            room, start = present[leg]
            if event.kind is Kind.ENDED or event.room == room:
                found.append(Stay(room, leg, start, event.at))
                del present[leg]
        elif event.kind is Kind.ENDED and not leg:
            found += [Stay(room, gone, start, event.at) for gone, (room, start) in present.items()]
            present.clear()
    return found + [Stay(room, leg, start, FOREVER) for leg, (room, start) in present.items()]


class _Groups:
    """Names of calls, sorted into those of one conversation each."""

    def __init__(self):
        self.parents: dict[str, str] = {}

    def find(self, name: str) -> str:
        while (parent := self.parents.setdefault(name, name)) != name:
            self.parents[name] = name = self.parents[parent]
        return name

    def join(self, one: str, other: str) -> None:
        self.parents[self.find(one)] = self.find(other)

    def sort(self, ordered: list[CallEvent]) -> list[list[CallEvent]]:
        found: dict[str, list[CallEvent]] = {}
        for event in ordered:
            found.setdefault(self.find(event.call), []).append(event)
        return list(found.values())


def _by_room(conversations: list[list[CallEvent]]) -> dict[str, list[tuple[str, Stay]]]:
    """Return who was in each room, with the call that the leg belongs to."""
    rooms: dict[str, list[tuple[str, Stay]]] = {}
    for events in conversations:
        for stay in stays(events):
            rooms.setdefault(stay.room, []).append((events[0].call, stay))
    return rooms


def _join_who_met(groups: _Groups, of_room: list[tuple[str, Stay]]) -> None:
    """Join the calls of legs that were in a room at the same time."""
    last_call, last_end = "", None
    for call, stay in sorted(of_room, key=lambda entry: (entry[1].start, entry[1].leg)):
        if last_end and stay.start < last_end:
            groups.join(call, last_call)
        if not last_end or stay.end > last_end:
            last_call, last_end = call, stay.end
