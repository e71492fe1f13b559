"""Computes what happened: a pure function from the set of a telephone system's events to its calls.

The order, repetition and grouping of the events do not matter: only their own times do.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import cached_property

from .connections import Connections, Span, merge
from .conversations import FOREVER, moment, split
from .event import ANONYMOUS, CallEvent, Direction, Kind, is_outside_number
from .numbers import read_dialled
from .outcome import CAUSES_BY_PRECEDENCE, Cause, Outcome
from .parties import Party, Role, find_parties, first
from .settings import Settings

# Some systems end the losing phones this long before they report who answered.
_ELSEWHERE_TOLERANCE = timedelta(seconds=2)

# Reported of one and the same leg, these say more than "no answer" or "cancelled".
_SPECIFIC = (Cause.ELSEWHERE, Cause.REJECTED, Cause.BUSY, Cause.FAILED)

# In a transfer the new party is connected this long before the old one leaves, at most.
_TAKEOVER = timedelta(seconds=0.5)

_SIGNIFICANT = 8  # digits at the end of a number that are the same in every way of writing it


@dataclass(frozen=True)
class LegState:
    """One party's part in a call. Times are aware, UTC.

    :param extension: of an own phone
    :param talk_seconds: how long it was connected with the remote party
    :param number: of an outside party other than the remote one, for example a mobile to which
        the call was forwarded
    """

    ref: str
    extension: str | None
    date_ring: datetime | None
    date_answer: datetime | None
    date_end: datetime | None
    outcome: str | None
    talk_seconds: int = 0
    hold_seconds: int = 0
    number: str | None = None


@dataclass(frozen=True)
class CallState:
    """A call as a person would describe it. Times are aware, UTC; lengths are seconds.

    :param refs: all references of the conversation, the oldest first
    :param talk_seconds: how long the remote party was connected with a person
    :param speaker: reference of the leg whose call it is
    :param unknown_peers: names of devices that the register does not know
    """

    ref: str
    direction: str
    state: str
    outcome: str | None
    remote_number: str | None
    remote_name: str | None
    is_anonymous: bool
    line_number: str | None
    queue: str | None
    date_start: datetime
    date_answer: datetime | None
    date_end: datetime | None
    wait_seconds: int
    talk_seconds: int
    is_end_assumed: bool
    speaker: str | None
    legs: tuple[LegState, ...]
    refs: tuple[str, ...] = ()
    unknown_peers: tuple[str, ...] = ()


def fold_calls(events: Iterable[CallEvent], settings: Settings | None = None) -> list[CallState]:
    """Compute calls from events.

    :param events: of one telephone system, in any order, repeats allowed. All known events of a
        conversation must be among them
    :param settings: of the telephone system: what its devices are, how outside numbers are dialled
    :return: the oldest call first. A conversation with a machine only, such as a feature code,
        is no call
    """
    settings = settings or Settings()
    conversations = (_Conversation(own, settings) for own in split(events))
    states = [conversation.state() for conversation in conversations if conversation.is_call()]
    return sorted(states, key=lambda state: (state.date_start, state.ref))


def _earliest(events: Iterable[CallEvent], *kinds: Kind) -> datetime | None:
    return min((event.at for event in events if event.kind in kinds), default=None)


def _is_same(number: str | None, dialled: str | None) -> bool:
    """Return whether somebody is who was called: a system may write the number in several ways."""
    ends = [re.sub(r"\D", "", text or "")[-_SIGNIFICANT:] for text in (number, dialled)]
    return not number or number == dialled or (ends[0] == ends[1] and len(ends[0]) == _SIGNIFICANT)


def _last_end(own: list[CallEvent]) -> datetime | None:
    """Return when a leg has ended; one that is rung again after an end goes on."""
    ends: list[datetime] = []
    for event in own:
        if event.kind is Kind.ENDED:
            ends.append(event.at)
        elif event.kind in (Kind.RINGING, Kind.ANSWERED) and ends and event.at > ends[-1]:
            ends.clear()
    return ends[0] if ends else None


def _answers_of_people_only(events: list[CallEvent]) -> list[CallEvent]:
    """Return the events, in which answers that were not a person's are no answers.

    A machine turned out to answer, or the telephone system answered the leg of who called, be it
    only to play music. An own phone that enters a room has answered, though it called.
    """
    machines = {event.leg for event in events if event.is_machine}
    callers = {event.leg for event in events if event.is_caller and not event.peer}
    phones = {event.leg for event in events if event.extension}

    def is_persons(event: CallEvent) -> bool:
        if event.kind is not Kind.ANSWERED or not event.leg:
            return True
        is_called = event.leg not in callers or (event.leg in phones and event.room)
        return bool(is_called) and event.leg not in machines

    return [e if is_persons(e) else replace(e, kind=Kind.RINGING) for e in events]


def _seconds(start: datetime, end: datetime) -> int:
    return max(0, round((end - start).total_seconds()))


class _Conversation:
    """The events of one conversation in order of time, and what follows from them together."""

    def __init__(self, events: list[CallEvent], settings: Settings):
        self.settings = settings
        self.assumed_ends = [event for event in events if event.assumed]
        self.events = _answers_of_people_only(events)
        self.events = [event for event in self.events if not event.assumed] or self.events
        self.refs = tuple(dict.fromkeys(event.call for event in events))
        self.by_leg = self._events_by_leg()
        self.parties = find_parties(self.events, self.by_leg, settings)
        self.people = [party for party in self.parties.values() if party.is_person]
        self.people.sort(key=lambda party: (party.start, party.ref))

    def _events_by_leg(self) -> dict[str, list[CallEvent]]:
        by_leg: dict[str, list[CallEvent]] = {}
        for event in self.events:
            if event.leg:
                by_leg.setdefault(event.leg, []).append(event)
        phones = [ref for ref, own in by_leg.items() if first(own, "extension")]
        if len(phones) == 1:
            # Who answered was not reported, but it cannot have been another phone.
            whole = (event for event in self.events if not event.leg)
            by_leg[phones[0]] += (event for event in whole if event.kind is Kind.ANSWERED)
        return {
            ref: sorted(own + self._from_part(sorted(own, key=moment), by_leg), key=moment)
            for ref, own in by_leg.items()
        }

    @staticmethod
    def _from_part(own: list[CallEvent], by_leg: dict[str, list[CallEvent]]) -> list[CallEvent]:
        """Return what happened to a phone because it happened to the part it belongs to.

        A phone that only rang has not transferred anything, and one that rang after the part was
        over is not concerned.
        """
        if _last_end(own):
            return []
        part = by_leg.get(first(own, "part") or "", [])
        start, has_spoken = own[0].at, _earliest(own, Kind.ANSWERED)
        ends = [event for event in part if event.kind is Kind.ENDED and event.at >= start]
        if has_spoken:
            ends += [e for e in part if e.kind is Kind.TRANSFERRED and e.at > start]
        return ends

    def state(self) -> CallState:
        outcome = self._outcome()
        legs = tuple(self._leg(party, outcome) for party in self._shown_parties())
        remote = self._remote_number()
        return CallState(
            ref=self.refs[0],
            refs=self.refs,
            direction=self.direction.value,
            state=self._state(),
            outcome=outcome,
            remote_number=None if remote == ANONYMOUS else remote,
            remote_name=self._remote_name(),
            is_anonymous=remote == ANONYMOUS,
            line_number=self._line_number(),
            queue=first(self.events, "queue"),
            date_start=self.date_start,
            date_answer=self.date_answer,
            date_end=self.date_end,
            wait_seconds=self._wait_seconds(),
            talk_seconds=self._covered_seconds(self.spans),
            is_end_assumed=self.is_end_assumed,
            speaker=self._speaker(legs),
            legs=legs,
            unknown_peers=self._unknown_peers(),
        )

    # --- what kind of call it is -----------------------------------------------------------

    @cached_property
    def names_devices(self) -> bool:
        """Whether the telephone system names devices, so that direction and number follow from
        what these are."""
        return any(party.peer for party in self.parties.values())

    @cached_property
    def direction(self) -> Direction:
        return first(self.events, "direction") or self._derived_direction()

    def _derived_direction(self) -> Direction:
        if self.names_devices:
            if not self.outside_lead:
                return Direction.OUTGOING if self._rings_outside() else Direction.INTERNAL
            if self.outside_lead.is_caller:
                return Direction.INCOMING
            # A colleague's phone may forward the call to the outside.
            return Direction.INTERNAL if self._calls_colleague() else Direction.OUTGOING
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
        """Reference of the leg that began the call, so that the call ends as this one does."""
        if not self.names_devices:
            return next((ref for ref in self.refs if ref in self.parties), None)
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
        """References of the legs of the remote party."""
        if self.direction is Direction.OUTGOING and not self.names_devices:
            dialled = self._dialled_number()
            return {p.ref for p in self.outside_called if _is_same(p.number, dialled)}
        if self.direction is Direction.OUTGOING:
            return {party.ref for party in self.people if party.role is Role.OUTSIDE} or (
                {self.outside_lead.ref} if self.outside_lead else set()
            )
        return {self.beginner} if self.beginner else set()

    def is_call(self) -> bool:
        """Return whether people have spoken with each other, or wanted to.

        A phone that is connected with the exchange only has dialled a feature code, a mailbox or
        a conference room.
        """
        if self._is_feature_code():
            return self.settings.logs_feature_codes
        if not self.names_devices or len(self.people) != 1 or first(self.events, "direction"):
            return True
        (party,) = self.people
        if not party.is_caller:
            return bool(party.number or self._dialled_number())
        if party.role is Role.OUTSIDE or self.outside_lead:
            return True
        dialled = first(party.events, "to_number")
        if not dialled or not dialled[:1].isalnum() or _earliest(party.events, Kind.PICKED_UP):
            return False  # a feature code, or the exchange itself has answered
        # It calls the outside, or has called a colleague who could not be reached.
        could_not = self._cause(party.events) in (Cause.BUSY, Cause.FAILED)
        return could_not or is_outside_number(dialled)

    def _is_feature_code(self) -> bool:
        """Return whether a phone has only asked the telephone system for something."""
        phones = {party.extension or party.peer for party in self.people}
        if self.direction is Direction.INCOMING or len(phones) > 1:
            return False
        typed = self._typed_number() if self.names_devices else first(self.events, "to_number")
        return bool(typed) and read_dialled(typed, self.settings).is_feature_code

    def _unknown_peers(self) -> tuple[str, ...]:
        names = {party.peer for party in self.people if party.role is Role.UNKNOWN and party.peer}
        return tuple(sorted(names))

    # --- connections -----------------------------------------------------------------------

    @cached_property
    def knows_connections(self) -> bool:
        """Whether the telephone system reports who is connected with whom. After a gap in its
        events this may be missing: then the answer counts that was reported before."""
        kinds = {event.kind for event in self.events}
        if not self.names_devices:
            return Kind.PICKED_UP in kinds  # others only know that calls met in a room
        return Kind.ENTERED in kinds or (Kind.PICKED_UP in kinds and not self.assumed_ends)

    @cached_property
    def connections(self) -> Connections:
        return Connections(self.events, {party.ref for party in self.people})

    @cached_property
    def spans(self) -> list[Span]:
        """When the remote party was connected with a person."""
        if self.knows_connections:
            return self.connections.find(self.remote_legs) or self._spans_of_program()
        answered = [
            party
            for party in self.people
            if party.role is Role.PHONE or party.ref not in self.remote_legs
        ]
        spans = merge(span for party in answered for span in self._answered_spans(party))
        if not spans and (start := _earliest(self.answers, Kind.ANSWERED)):
            return [Span(start, FOREVER)]
        return spans

    def _spans_of_program(self) -> list[Span]:
        """Return how long those spoke whom a program of the company has called: no phone of ours
        takes part. Known at the end: before, a phone may still be called and join."""
        remote = [party for party in self.people if party.ref in self.remote_legs]
        if self.direction is not Direction.OUTGOING or len(remote) < len(self.people):
            return []
        times = [
            (_earliest(p.events, Kind.PICKED_UP), _earliest(p.events, Kind.ENDED)) for p in remote
        ]
        return merge(Span(*each) for each in times if all(each))

    def _answered_spans(self, party: Party) -> list[Span]:
        """Return when a leg was connected, of a system that reports only answers: from each until
        it ended, or passed the call on."""
        start, found = self._leg_answer(party), []
        for event in party.events:
            if start and event.kind in (Kind.ENDED, Kind.TRANSFERRED) and event.at >= start:
                found.append(Span(start, event.at))
                start = None
            elif found and not start and event.kind is Kind.ANSWERED:
                start = event.at  # it got the call back, or was rung again
        return [*found, Span(start, FOREVER)] if start else found

    @cached_property
    def answers(self) -> list[CallEvent]:
        """The answers that connected the remote party with somebody, of a system that reports
        only those: when it was called before a phone, its own answer connected it with nobody."""
        machines = {party.ref for party in self.parties.values() if party.role is Role.MACHINE}
        answers = [event for event in self.events if event.kind is Kind.ANSWERED]
        answers = [event for event in answers if event.leg not in machines]
        phones = any(party.role is Role.PHONE for party in self.people)
        if self.direction is Direction.OUTGOING and phones and not self.caller:
            return [event for event in answers if event.leg not in self.remote_legs]
        return answers

    @cached_property
    def caller(self) -> Party | None:
        """The phone that called somebody: it was there before whom it called."""
        if self.direction is Direction.INCOMING or self.names_devices:
            return None
        phones = [party for party in self.people if party.role is Role.PHONE]
        called = [self.parties[ref] for ref in self.remote_legs if ref in self.parties]
        called = [party.start for party in called if party.role is Role.OUTSIDE]
        phones.sort(key=lambda party: (party.ref != self.beginner, party.start, party.ref))
        caller = next(iter(phones), None)
        return None if caller and called and min(called) < caller.start else caller

    @cached_property
    def date_answer(self) -> datetime | None:
        """When the remote party was first connected with a person."""
        if self.knows_connections:
            answer = self.spans[0].start if self.spans else None
        else:
            answer = _earliest(self.answers, Kind.ANSWERED)
        return self._not_after_end(answer)

    def _wait_seconds(self) -> int:
        until = self.date_answer or self._voicemail_start() or self.date_end
        return _seconds(self.date_start, until) if until else 0

    def _voicemail_start(self) -> datetime | None:
        """Return when a mailbox answered: a caller who leaves a message no longer waits."""
        return self._not_after_end(_earliest(self.events, Kind.VOICEMAIL))

    def _covered_seconds(self, spans: list[Span]) -> int:
        """Return how much of the time between answer and end is covered."""
        if not self.date_answer or not self.date_end:
            return 0
        clipped = ((max(s.start, self.date_answer), min(s.end, self.date_end)) for s in spans)
        total = sum(((end - start) for start, end in clipped if end > start), timedelta())
        return round(total.total_seconds())

    # --- beginning and end -----------------------------------------------------------------

    @cached_property
    def date_start(self) -> datetime:
        if self.names_devices and self.beginner:
            return self.parties[self.beginner].start
        return self.events[0].at

    @property
    def date_end(self) -> datetime | None:
        return self._end[0]

    @property
    def is_end_assumed(self) -> bool:
        return self._end[1]

    @cached_property
    def _end(self) -> tuple[datetime | None, bool]:
        if reported := self._reported_end():
            return max(reported, self.date_start), False
        silent_since = self.events[-1].at
        for event in self.assumed_ends:
            if event.at >= silent_since:
                return event.at, True
        return None, False

    def _reported_end(self) -> datetime | None:
        ends = [self._end_of_part(ref) for ref in self.refs]
        if all(ends):
            return max(ends)
        return self._end_by_parties() if self.names_devices else None

    def _end_of_part(self, ref: str) -> datetime | None:
        """Return when one of the joined calls ended as a whole, or its first leg and all others."""
        own = [event for event in self.events if event.call == ref]
        if end := _earliest((event for event in own if not event.leg), Kind.ENDED):
            return end
        if self.names_devices or ref not in self.by_leg:
            return None
        legs = {event.leg for event in own if event.leg}
        ends = [_earliest(self.by_leg[leg], Kind.ENDED) for leg in legs]
        return max(ends) if all(ends) else None

    def _end_by_parties(self) -> datetime | None:
        """Return when everybody, or the remote party, has left the call."""
        ends = {party.ref: _earliest(party.events, Kind.ENDED) for party in self.people}
        if not ends:
            return None
        if self.direction is not Direction.INTERNAL and self.remote_legs:
            leading = [ends.get(ref) for ref in {*self.remote_legs, self.beginner}]
            if all(leading):
                return max(leading)
        return max(ends.values()) if all(ends.values()) else None

    def _not_after_end(self, date: datetime | None) -> datetime | None:
        """Clocks and late messages may put a moment after the end: the end is the limit."""
        return min(date, self.date_end) if date and self.date_end else date

    def _state(self) -> str:
        if self.date_end:
            return "ended"
        return "ongoing" if self.date_answer else "ringing"

    # --- the outcome -----------------------------------------------------------------------

    def _outcome(self) -> str | None:
        if not self.date_end:
            return None
        if self.date_answer:
            return Outcome.ANSWERED.value
        if _earliest(self.events, Kind.VOICEMAIL):
            return Outcome.VOICEMAIL.value
        cause = self._cause_of_called() or self._reported_cause() or self._cause_of_legs()
        return (cause or Cause.NO_ANSWER).value

    def _cause_of_called(self) -> Cause | None:
        """Return why whom an own phone called did not answer, if that is known, whatever the
        caller did then."""
        if not self.names_devices or self.direction is Direction.INCOMING:
            return None
        called = [party for party in self.people if not party.is_caller]
        called = [party for party in called if party.ref != self.beginner]
        if not called:
            return None
        cause = self._cause(called[-1].events)
        return cause if cause in _SPECIFIC and cause is not Cause.ELSEWHERE else None

    def _reported_cause(self) -> Cause | None:
        """Return the cause that came with the end of the call or of the part that began it."""
        if self.names_devices:
            return self._cause_from_exchange()
        callers = {ref for ref, party in self.parties.items() if party.is_caller}
        for event in self.events:
            if event.kind is Kind.ENDED and event.leg in (None, self.beginner, *callers):
                if event.cause in CAUSES_BY_PRECEDENCE:
                    return event.cause
                if event.cause:
                    return None
        return None

    def _cause_from_exchange(self) -> Cause | None:
        """Return the cause that an exchange gives which reports each step of an end."""
        ends = [e for e in self.events if e.kind is Kind.ENDED and e.leg in (None, self.beginner)]
        causes = [end.cause for end in ends if end.cause in CAUSES_BY_PRECEDENCE]
        beginner = self.parties.get(self.beginner or "")
        is_caller = not beginner or beginner.is_caller
        if is_caller and ends and ends[0].cause in causes:
            return ends[0].cause
        # Either the exchange has ended the call, so that nobody gave up, or it has called the
        # phone that began it: why is reported last.
        given_up = None if is_caller else Cause.CANCELLED
        reasons = (cause for cause in causes if cause is not Cause.CANCELLED)
        return next(reasons, given_up if causes else None)

    def _cause_of_legs(self) -> Cause | None:
        causes = {self._cause(own) for ref, own in self.by_leg.items() if ref != self.beginner}
        return next((cause for cause in CAUSES_BY_PRECEDENCE if cause in causes), None)

    @staticmethod
    def _cause(own: list[CallEvent]) -> Cause | None:
        causes = [event.cause for event in own if event.cause not in (None, Cause.NORMAL)]
        for specific in _SPECIFIC:
            if specific in causes:
                return specific
        return causes[0] if causes else None

    # --- the legs --------------------------------------------------------------------------

    def _shown_parties(self) -> list[Party]:
        """Return the own phones, and the outside parties other than the remote one."""
        return [party for party in self.parties.values() if self._is_shown(party)]

    def _is_shown(self, party: Party) -> bool:
        if party.role is Role.OUTSIDE:
            is_remote = party.ref in self.remote_legs
            if is_remote and self.direction is Direction.OUTGOING:
                lead = self.outside_lead
                is_remote = _is_same(party.number, self._dialled_number()) or bool(
                    lead and party.number == lead.number and self.names_devices
                )
            return bool(party.number) and not is_remote
        if not (party.extension or party.peer) or party is self.outside_lead:
            return False
        return not self._is_second_channel(party)

    def _is_second_channel(self, party: Party) -> bool:
        """Return whether a phone was only used to ask somebody else during the call."""
        if not party.is_caller or party.ref == self.beginner:
            return False
        others = [p for p in self.people if p.extension == party.extension and p is not party]
        if not self.knows_connections:
            return bool(others) and not self._leg_answer(party)
        return bool(others) and not self._met_remote(party)

    def _met_remote(self, party: Party) -> bool:
        return bool(self.connections.find({party.ref}, self.remote_legs))

    def _leg(self, party: Party, call_outcome: str | None) -> LegState:
        own = party.events
        date_end = _last_end(own) or self.date_end
        if date_end and self.date_end:
            date_end = min(date_end, self.date_end)
        date_answer = self._leg_answer(party)
        if date_answer and date_end:
            date_answer = min(date_answer, date_end)
        return LegState(
            ref=party.ref,
            extension=None if party.role is Role.OUTSIDE else party.extension or party.peer,
            number=party.number,
            date_ring=_earliest(own, Kind.RINGING),
            date_answer=date_answer,
            date_end=date_end,
            outcome=self._leg_outcome(party, date_answer, date_end, call_outcome),
            talk_seconds=self._covered_seconds(self._leg_spans(party)),
            hold_seconds=self._hold_seconds(own, date_end),
        )

    def _leg_spans(self, party: Party) -> list[Span]:
        """Return when a party was connected with the remote party."""
        if not self.knows_connections:
            return self._answered_spans(party)
        if party.ref in self.remote_legs:
            return self.spans
        return self.connections.find({party.ref}, self.remote_legs)

    def _leg_answer(self, party: Party) -> datetime | None:
        if not self.knows_connections:
            # Who calls is connected when somebody answers.
            by_others = self.answers if party is self.caller else ()
            return _earliest((*party.events, *by_others), Kind.ANSWERED)
        spans = self.connections.find({party.ref})
        return spans[0].start if spans else None

    def _leg_outcome(self, party: Party, date_answer, date_end, call_outcome) -> str | None:
        own = party.events
        if self._was_transferred(own) or self._has_passed_on(party):
            return Outcome.TRANSFERRED.value
        if not date_end:
            return None
        if date_answer:
            return Outcome.ANSWERED.value
        if call_outcome != Outcome.ANSWERED.value and self._began_call(party.ref):
            return call_outcome
        cause = self._cause(own)
        is_silenced = cause in (None, Cause.CANCELLED) and self._lost_to_another(party, date_end)
        if cause is Cause.ELSEWHERE or is_silenced:
            return Outcome.ELSEWHERE.value
        return (cause or self._reported_cause() or Cause.NO_ANSWER).value

    @staticmethod
    def _was_transferred(own: list[CallEvent]) -> bool:
        """Return whether a phone has passed the call on, and not got it back."""
        kinds = [e.kind for e in own if e.kind in (Kind.ANSWERED, Kind.TRANSFERRED)]
        return kinds[-1:] == [Kind.TRANSFERRED]

    def _has_passed_on(self, party: Party) -> bool:
        """Return whether another person took over from a phone that spoke with the remote party.

        Who only leaves others who go on has not passed the call on.
        """
        end = _earliest(party.events, Kind.ENDED)
        if not end or party.ref in self.remote_legs:
            return False
        if not self.knows_connections:
            return not self.names_devices and self._goes_on_after(party, end)
        if not self._met_remote(party):
            return False
        since = end - _TAKEOVER
        others = [other.ref for other in self.people if other is not party]
        spans = (s for ref in others for s in self.connections.find({ref}, self.remote_legs))
        return any(span.start >= since for span in spans) or self._is_parked_by(party)

    def _goes_on_after(self, party: Party, end: datetime) -> bool:
        """Return whether another party that was called later was still there when a phone had
        left, of a system that reports only answers and ends."""
        answer = self._leg_answer(party)
        if not answer:
            return False
        others = [p for p in self.people if p not in (party, self.caller) and p.start > answer]
        ends = [
            _last_end(other.events) or self.date_end or FOREVER
            for other in others
            if other.ref not in self.remote_legs
        ]
        return any(other_end > end + _ELSEWHERE_TOLERANCE for other_end in ends)

    def _is_parked_by(self, party: Party) -> bool:
        """Return whether a phone has parked the call: who did is reported by name only."""
        end = _earliest(party.events, Kind.ENDED)
        return any(
            event.kind is Kind.TRANSFERRED
            and not event.leg
            and event.peer == party.peer
            and party.start <= event.at <= (end or FOREVER)
            for event in self.events
        )

    def _began_call(self, ref: str) -> bool:
        """Return whether the call began at this leg, so that it ended as the call did."""
        phones = [leg.ref for leg in self.parties.values() if leg.extension]
        is_only = self.direction is Direction.OUTGOING and phones == [ref]
        return is_only or ref in (self.beginner, self.caller.ref if self.caller else None)

    def _lost_to_another(self, party: Party, date_end: datetime) -> bool:
        """Return whether another party answered while this one rang."""
        rang, stopped = party.start, date_end + _ELSEWHERE_TOLERANCE
        if self.knows_connections:
            return any(rang <= span.start <= stopped for span in self.spans)
        return any(
            event.kind is Kind.ANSWERED and event.leg != party.ref and rang <= event.at <= stopped
            for event in self.events
        )

    @staticmethod
    def _hold_seconds(own: list[CallEvent], date_end: datetime | None) -> int:
        held_since, total = None, 0
        for event in own:
            if event.kind is Kind.HELD:
                held_since = held_since or event.at
            elif held_since and event.kind in (Kind.RESUMED, Kind.ENDED):
                total, held_since = total + _seconds(held_since, event.at), None
        if held_since and date_end:
            total += _seconds(held_since, date_end)
        return total

    def _speaker(self, legs: tuple[LegState, ...]) -> str | None:
        """Return the phone whose call it is: who spoke (last), else the only one that rang."""
        phones = [leg for leg in legs if leg.extension]
        phones.sort(key=lambda leg: (*self._place(leg), leg.date_ring or self.date_start, leg.ref))
        first_phone = phones[0] if phones else None
        transferred = Outcome.TRANSFERRED.value
        is_outgoing = self.direction is not Direction.INCOMING
        if first_phone and is_outgoing and first_phone.outcome != transferred:
            return first_phone.ref
        answered = [leg for leg in phones if leg.date_answer]
        answered.sort(key=lambda leg: (leg.date_answer, leg.ref))
        present = [leg for leg in answered if leg.outcome != transferred] or answered
        if present:
            return present[-1].ref
        if self.date_answer:
            return None  # an outside party answered, or nobody knows who
        return first_phone.ref if len({leg.extension for leg in phones}) == 1 else None

    def _place(self, leg: LegState):
        """Sort the phone that began a call first."""
        caller = first(self.events, "from_number")
        return (leg.ref != self.beginner if self.names_devices else leg.extension != caller,)

    # --- who with whom ---------------------------------------------------------------------

    def _remote_number(self) -> str | None:
        if self.direction is not Direction.INCOMING:
            return self._dialled_number()
        return ANONYMOUS if self._is_withheld() else first(self._remote_events(), "from_number")

    def _remote_events(self) -> list[CallEvent]:
        """Return the events that can report who calls, the most trustworthy first: not those of
        own phones that joined; what a phone shows may be an own number."""
        if self.names_devices and self.beginner:
            return [event for event in self.events if event.leg in (None, self.beginner)]
        joined = {p.ref for p in self.people if p.role is Role.PHONE and p.is_caller}
        if self.direction is not Direction.INCOMING:
            return self.events
        events = [event for event in self.events if event.leg not in joined]
        return sorted(events, key=lambda event: event.leg not in (None, self.beginner))

    def _dialled_number(self) -> str | None:
        if not self.names_devices:
            called = self.outside_called[0].number if self.outside_called else None
            return first(self.events, "to_number") or called
        typed = self._typed_number()
        if self.direction is not Direction.OUTGOING:
            return typed
        sent = next((p.number for p in self.people if p.role is Role.OUTSIDE and p.number), None)
        if not typed or not sent:
            return sent or (typed and read_dialled(typed, self.settings).number)
        # What the exchange has sent to the network has no prefix or code in front of it, but it
        # may be written in another way.
        is_complete = typed.startswith(("0", "+")) and typed[-7:] == sent[-7:]
        return typed if is_complete and not typed.endswith(sent) else sent

    def _typed_number(self) -> str | None:
        """Return the number that a phone has dialled, or else the phone that was called."""
        own = self.parties[self.beginner].events if self.beginner else self.events
        if typed := first(own, "to_number") or first(self.events, "to_number"):
            return typed
        called = [party for party in self.people if party.ref != self.beginner]
        return called[0].extension if called else None

    def _is_withheld(self) -> bool:
        """The caller's wish prevails, even if another event reports the number."""
        return any(event.from_number == ANONYMOUS for event in self._remote_events())

    def _remote_name(self) -> str | None:
        if self.direction is not Direction.INCOMING or self._is_withheld():
            return None
        return first(self._remote_events(), "from_name")

    def _line_number(self) -> str | None:
        if line := first(self.events, "line"):
            return line
        outgoing = self.direction is Direction.OUTGOING
        if self.direction is Direction.INTERNAL or (outgoing and self.names_devices):
            return None  # the caller's number is that of the phone
        own = first(self._remote_events(), "from_number" if outgoing else "to_number")
        extensions = {party.extension for party in self.parties.values()}
        return None if own in extensions or own == ANONYMOUS else own
