"""Who takes part in a conversation: own phones, outside numbers, machines, and wires between them.

A telephone system that names devices does not say whether one is a phone or a connection to the
outside. The register knows (:meth:`.settings.Settings.find_peer`). What the register does not
know remains unknown; only what follows from the events themselves is concluded about it.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from enum import Enum

from .event import CallEvent, Kind, is_outside_number
from .outcome import Cause
from .settings import Settings

# Reported of one and the same leg, these say more than "no answer" or "cancelled".
SPECIFIC = (Cause.ELSEWHERE, Cause.REJECTED, Cause.BUSY, Cause.FAILED)


class Role(Enum):
    PHONE = "phone"  # of the company
    OUTSIDE = "outside"
    MACHINE = "machine"
    UNKNOWN = "unknown"  # a device that the register does not know
    UNNAMED = "unnamed"  # the system says nothing about it


@dataclass
class Party:
    """One leg, and what its events say together.

    :param ref: its reference
    :param events: about it, in order of time
    :param role: what it is
    :param extension: of an own phone
    :param number: of an outside party
    :param peer: name of the device or connection
    :param is_caller: it called the telephone system, and was not called
    """

    ref: str
    events: list[CallEvent]
    role: Role = Role.UNNAMED
    extension: str | None = None
    number: str | None = None
    peer: str | None = None
    is_caller: bool = False

    @property
    def start(self) -> datetime:
        return self.events[0].at

    @property
    def is_person(self) -> bool:
        """Whether it may be somebody who speaks."""
        return self.role in (Role.PHONE, Role.OUTSIDE, Role.UNKNOWN)


def find_parties(
    events: list[CallEvent], by_leg: dict[str, list[CallEvent]], settings: Settings
) -> dict[str, Party]:
    """Return the parties of a conversation by the references of their legs.

    :param events: of the conversation, in order of time
    :param by_leg: the events about each leg, in order of time
    """
    dialled = _dialled_numbers(events)
    parties = {}
    # The numbers of queues and menus look like those of phones, but nobody answers there.
    queues = {event.queue.split()[-1] for event in events if event.queue}
    outside = [ref for ref, number in dialled.items() if is_outside_number(number)]
    gateways = {first(by_leg[ref], "peer") for ref in outside if ref in by_leg}
    for ref, own in by_leg.items():
        peer = first(own, "peer")
        party = Party(
            ref,
            own,
            extension=first(own, "extension"),
            number=first(own, "number") or (dialled.get(ref) if peer else None),
            peer=peer,
            is_caller=any(event.is_caller for event in own) or _has_dialled(ref, own, events),
        )
        if party.extension in queues and all(event.kind is not Kind.ANSWERED for event in own):
            party.role, party.extension = Role.MACHINE, None  # the queue itself, not a phone
        else:
            _decide(party, settings, gateways)
        parties[ref] = party
    return parties


def _has_dialled(ref: str, own: list[CallEvent], events: list[CallEvent]) -> bool:
    """Return whether a device whose beginning is not known has called somebody."""
    if not first(own, "peer") or any(event.kind is Kind.RINGING for event in own):
        return False
    dialled = [event for event in events if event.kind is Kind.DIALLED]
    is_called = any(event.other == ref for event in dialled)
    return not is_called and any(event.leg == ref for event in dialled)


def first(events: list[CallEvent], attribute: str):
    """Return the attribute's value in the earliest event that has one."""
    return next((value for event in events if (value := getattr(event, attribute))), None)


def earliest(events: Iterable[CallEvent], *kinds: Kind) -> datetime | None:
    """Return when the first event of some kinds happened."""
    return min((event.at for event in events if event.kind in kinds), default=None)


def last_end(own: list[CallEvent]) -> datetime | None:
    """Return when a leg has ended; one that is rung again after an end goes on."""
    ends: list[datetime] = []
    for event in own:
        if event.kind is Kind.ENDED:
            ends.append(event.at)
        elif event.kind in (Kind.RINGING, Kind.ANSWERED) and ends and event.at > ends[-1]:
            ends.clear()
    return ends[0] if ends else None


def cause_of(own: list[CallEvent]) -> Cause | None:
    """Return why a leg ended, as far as its events say."""
    causes = [event.cause for event in own if event.cause not in (None, Cause.NORMAL)]
    for specific in SPECIFIC:
        if specific in causes:
            return specific
    return causes[0] if causes else None


def _dialled_numbers(events: list[CallEvent]) -> dict[str, str]:
    """Return the outside numbers that were dialled to reach legs."""
    calls = [event for event in events if event.kind is Kind.DIALLED and event.other]
    return {event.other: event.to_number for event in reversed(calls) if event.to_number}


def _decide(party: Party, settings: Settings, gateways: set[str | None]) -> None:
    """Determine the role of a party, and what belongs to it.

    :param gateways: devices through which numbers were dialled: they connect with the outside
    """
    # A phone, or somebody outside, that its own mailbox answers remains what it is.
    is_somebody = party.extension or first(party.events, "number")
    if any(event.is_machine for event in party.events) and not is_somebody:
        party.role = Role.MACHINE
    elif party.extension:
        party.role = Role.PHONE
    elif not party.peer:
        party.role = Role.OUTSIDE if party.number else Role.UNNAMED
    elif known := settings.find_peer(party.peer, party.start):
        party.role = Role.OUTSIDE if known.is_trunk else Role.PHONE
        party.extension = known.extension or None
    elif party.peer in gateways:
        party.role = Role.OUTSIDE
    else:
        party.role = Role.UNKNOWN
    if party.role is not Role.OUTSIDE:
        party.number = None
    elif party.is_caller and not party.number:
        party.number = first(party.events, "from_number")
