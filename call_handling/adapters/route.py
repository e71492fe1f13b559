"""Who called whom: the direction, the numbers, and which legs are the remote party's.

Most telephone systems report it (:class:`ReportedRoute`). Others only name devices; then it
follows from what these are (:class:`DeviceRoute`).
"""

from __future__ import annotations

import re
from functools import cached_property

from .event import ANONYMOUS, CallEvent, Direction, Kind, is_outside_number
from .numbers import read_dialled
from .outcome import Cause
from .parties import Party, Role, cause_of, earliest, first
from .settings import Settings

_SIGNIFICANT = 8  # digits at the end of a number that are the same in every way of writing it


class Route:
    """Who called whom in a conversation.

    :param events: of the conversation, in order of time
    :param parties: by the references of their legs
    :param refs: references of the calls that it consists of, the oldest first
    :param settings: of the telephone system
    """

    names_devices = False

    def __init__(
        self,
        events: list[CallEvent],
        parties: dict[str, Party],
        refs: tuple[str, ...],
        settings: Settings,
    ):
        self.events = events
        self.parties = parties
        self.refs = refs
        self.settings = settings
        self.people = [party for party in parties.values() if party.is_person]
        self.people.sort(key=lambda party: (party.start, party.ref))

    @cached_property
    def direction(self) -> Direction:
        return first(self.events, "direction") or self.derive_direction()

    def derive_direction(self) -> Direction:
        """Return the direction of a call of which no event reports it."""
        raise NotImplementedError

    @cached_property
    def beginner(self) -> str | None:
        """Reference of the leg that began the call, so that the call ends as this one does."""
        raise NotImplementedError

    @cached_property
    def remote_legs(self) -> set[str]:
        """References of the legs of the remote party."""
        raise NotImplementedError

    @cached_property
    def caller(self) -> Party | None:
        """The own phone that called somebody: it was there before whom it called."""
        return None

    @property
    def start(self):
        """When the call began, aware, UTC."""
        return self.events[0].at

    def is_remote(self, party: Party) -> bool:
        """Return whether an outside party is the remote one, by whatever leg it was reached."""
        raise NotImplementedError

    def is_beginner(self, extension: str | None, ref: str) -> bool:
        """Return whether the call began at a phone.

        :param ref: reference of its leg
        """
        raise NotImplementedError

    def is_call(self) -> bool:
        """Return whether people have spoken with each other, or wanted to.

        A phone that is connected with the exchange only has dialled a feature code, a mailbox or
        a conference room.
        """
        return self.settings.logs_feature_codes if self._is_feature_code() else self._has_others()

    def _has_others(self) -> bool:
        return True

    def _is_feature_code(self) -> bool:
        """Return whether a phone has only asked the telephone system for something."""
        phones = {party.extension or party.peer for party in self.people}
        if self.direction is Direction.INCOMING or len(phones) > 1:
            return False
        typed = self.typed_number()
        return bool(typed) and read_dialled(typed, self.settings).is_feature_code

    # --- numbers ---------------------------------------------------------------------------

    def typed_number(self) -> str | None:
        """Return the number that a phone has dialled."""
        return first(self.events, "to_number")

    def dialled_number(self) -> str | None:
        """Return the number of whom a phone has called."""
        raise NotImplementedError

    @cached_property
    def remote_events(self) -> list[CallEvent]:
        """The events that can report who calls, the most trustworthy first."""
        return self.events

    def remote_number(self) -> str | None:
        if self.direction is not Direction.INCOMING:
            return self.dialled_number()
        return ANONYMOUS if self._is_withheld() else first(self.remote_events, "from_number")

    def _is_withheld(self) -> bool:
        """The caller's wish prevails, even if another event reports the number."""
        return any(event.from_number == ANONYMOUS for event in self.remote_events)

    def remote_name(self) -> str | None:
        if self.direction is not Direction.INCOMING or self._is_withheld():
            return None
        return first(self.remote_events, "from_name")

    def line_number(self) -> str | None:
        return first(self.events, "line") or self.derive_line()

    def derive_line(self) -> str | None:
        """Return the own number of a call of which no event reports it."""
        if self.direction is Direction.INTERNAL:
            return None
        outgoing = self.direction is Direction.OUTGOING
        own = first(self.remote_events, "from_number" if outgoing else "to_number")
        extensions = {party.extension for party in self.parties.values()}
        return None if own in extensions or own == ANONYMOUS else own


class ReportedRoute(Route):
    """The route of a call whose telephone system reports who calls whom."""

    def derive_direction(self) -> Direction:
        """A call that an own phone began is outgoing, any other incoming."""
        caller = first(self.events, "from_number")
        extensions = {party.extension for party in self.parties.values()}
        begun_here = any(ref in self.parties and self.parties[ref].extension for ref in self.refs)
        # Somebody outside was called, and nobody is known to have called in.
        begun_here = begun_here or (not caller and bool(self.outside_called))
        is_own = caller and caller in extensions
        return Direction.OUTGOING if begun_here or is_own else Direction.INCOMING

    @cached_property
    def outside_called(self) -> list[Party]:
        """The outside parties that were called."""
        return [p for p in self.people if p.role is Role.OUTSIDE and not p.is_caller]

    @cached_property
    def beginner(self) -> str | None:
        return next((ref for ref in self.refs if ref in self.parties), None)

    @cached_property
    def remote_legs(self) -> set[str]:
        if self.direction is Direction.OUTGOING:
            dialled = self.dialled_number()
            return {p.ref for p in self.outside_called if _is_same(p.number, dialled)}
        return {self.beginner} if self.beginner else set()

    @cached_property
    def caller(self) -> Party | None:
        if self.direction is Direction.INCOMING:
            return None
        phones = [party for party in self.people if party.role is Role.PHONE]
        called = [self.parties[ref] for ref in self.remote_legs if ref in self.parties]
        called = [party.start for party in called if party.role is Role.OUTSIDE]
        phones.sort(key=lambda party: (party.ref != self.beginner, party.start, party.ref))
        caller = next(iter(phones), None)
        return None if caller and called and min(called) < caller.start else caller

    def is_remote(self, party: Party) -> bool:
        return party.ref in self.remote_legs

    def is_beginner(self, extension: str | None, ref: str) -> bool:
        return extension == first(self.events, "from_number")

    def dialled_number(self) -> str | None:
        called = self.outside_called[0].number if self.outside_called else None
        return self.typed_number() or called

    @cached_property
    def remote_events(self) -> list[CallEvent]:
        """Override: not those of own phones that joined; what a phone shows may be an own
        number."""
        if self.direction is not Direction.INCOMING:
            return self.events
        joined = {p.ref for p in self.people if p.role is Role.PHONE and p.is_caller}
        events = [event for event in self.events if event.leg not in joined]
        return sorted(events, key=lambda event: event.leg not in (None, self.beginner))


class DeviceRoute(Route):
    """The route of a call whose telephone system names devices."""

    names_devices = True

    def derive_direction(self) -> Direction:
        if not self.outside_lead:
            return Direction.OUTGOING if self._rings_outside() else Direction.INTERNAL
        if self.outside_lead.is_caller:
            return Direction.INCOMING
        # A colleague's phone may forward the call to the outside.
        return Direction.INTERNAL if self._calls_colleague() else Direction.OUTGOING

    def _rings_outside(self) -> bool:
        """Return whether a phone has dialled an outside number, which is not yet reached."""
        dialled = first(self.people[0].events, "to_number") if self.people else None
        return len(self.people) == 1 and bool(dialled) and is_outside_number(dialled)

    def _calls_colleague(self) -> bool:
        """Return whether the phone that began the call has dialled a phone in the house."""
        caller = next((party for party in self.people if party.is_caller), None)
        dialled = caller and first(caller.events, "to_number")
        known = self.settings.find_peer(dialled, caller.start) if dialled else None
        return known is not None and not known.is_trunk

    @cached_property
    def outside_lead(self) -> Party | None:
        """The outside party that the call is about: the first one."""
        outside = [party for party in self.people if party.role is Role.OUTSIDE]
        unknown = [party for party in self.people if party.role is Role.UNKNOWN]
        if first(self.events, "direction") is Direction.INCOMING:
            outside += [party for party in unknown if party.is_caller]
        outside += [party for party in unknown if not outside and self._must_be_outside(party)]
        return outside[0] if outside else None

    def _must_be_outside(self, party: Party) -> bool:
        """Return whether an unknown device connects with the outside, if no known one does: what
        was dialled is not a number of the house."""
        others = [other for other in self.people if other is not party]
        callers = [party] if party.is_caller else [other for other in others if other.is_caller]
        dialled = next((first(caller.events, "to_number") for caller in callers), None)
        if not dialled or self._is_in_house(dialled):
            return False
        return party.is_caller or any(other.role is Role.PHONE for other in others)

    def _is_in_house(self, dialled: str) -> bool:
        """Return whether a dialled number is a feature code or that of a phone."""
        names = {name for party in self.people for name in (party.extension, party.peer)}
        known = self.settings.find_peer(dialled, self.events[0].at)
        return dialled in names or bool(known) or not is_outside_number(dialled)

    @cached_property
    def beginner(self) -> str | None:
        lead = self.outside_lead
        if self.direction is Direction.INCOMING and lead:
            return lead.ref
        people = self.people
        if lead:
            people = [party for party in people if party.events[0].call == lead.events[0].call]
        callers = [p for p in people if p.is_caller and p.role is not Role.OUTSIDE]
        return next((party.ref for party in [*callers, *people]), None)

    @cached_property
    def remote_legs(self) -> set[str]:
        if self.direction is not Direction.OUTGOING:
            return {self.beginner} if self.beginner else set()
        lead = {self.outside_lead.ref} if self.outside_lead else set()
        return {party.ref for party in self.people if party.role is Role.OUTSIDE} or lead

    @property
    def start(self):
        return self.parties[self.beginner].start if self.beginner else super().start

    def is_remote(self, party: Party) -> bool:
        """Override: several trunks may have been tried."""
        if self.direction is not Direction.OUTGOING:
            return party.ref in self.remote_legs
        lead = self.outside_lead
        is_lead = lead is not None and party.number == lead.number
        return is_lead or _is_same(party.number, self.dialled_number())

    def is_beginner(self, extension: str | None, ref: str) -> bool:
        return ref == self.beginner

    def _has_others(self) -> bool:
        if len(self.people) != 1 or first(self.events, "direction"):
            return True
        (party,) = self.people
        if not party.is_caller:
            return bool(party.number or self.dialled_number())
        if party.role is Role.OUTSIDE or self.outside_lead:
            return True
        dialled = first(party.events, "to_number")
        if not dialled or not dialled[:1].isalnum() or earliest(party.events, Kind.PICKED_UP):
            return False  # a feature code, or the exchange itself has answered
        # It calls the outside, or has called a colleague who could not be reached.
        could_not = cause_of(party.events) in (Cause.BUSY, Cause.FAILED)
        return could_not or is_outside_number(dialled)

    def typed_number(self) -> str | None:
        """Override: by the phone that began the call; else the phone that was called."""
        own = self.parties[self.beginner].events if self.beginner else self.events
        if typed := first(own, "to_number") or super().typed_number():
            return typed
        called = [party for party in self.people if party.ref != self.beginner]
        return called[0].extension if called else None

    def dialled_number(self) -> str | None:
        typed = self.typed_number()
        if self.direction is not Direction.OUTGOING:
            return typed
        sent = next((p.number for p in self.people if p.role is Role.OUTSIDE and p.number), None)
        if not typed or not sent:
            return sent or (typed and read_dialled(typed, self.settings).number)
        # What the exchange has sent to the network has no prefix or code in front of it, but it
        # may be written in another way.
        is_complete = typed.startswith(("0", "+")) and typed[-7:] == sent[-7:]
        return typed if is_complete and not typed.endswith(sent) else sent

    @cached_property
    def remote_events(self) -> list[CallEvent]:
        if not self.beginner:
            return self.events
        return [event for event in self.events if event.leg in (None, self.beginner)]

    def derive_line(self) -> str | None:
        """Override: what a phone shows as its number is its own."""
        return None if self.direction is Direction.OUTGOING else super().derive_line()


def make_route(
    events: list[CallEvent],
    parties: dict[str, Party],
    refs: tuple[str, ...],
    settings: Settings,
) -> Route:
    """Return the route of a conversation; see :class:`Route`."""
    names_devices = any(party.peer for party in parties.values())
    return (DeviceRoute if names_devices else ReportedRoute)(events, parties, refs, settings)


def _is_same(number: str | None, dialled: str | None) -> bool:
    """Return whether somebody is who was called: a system may write the number in several ways."""
    ends = [re.sub(r"\D", "", text or "")[-_SIGNIFICANT:] for text in (number, dialled)]
    return not number or number == dialled or (ends[0] == ends[1] and len(ends[0]) == _SIGNIFICANT)
