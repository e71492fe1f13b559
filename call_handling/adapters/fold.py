"""Computes what happened: a pure function from the set of a call's events to the call.

The order, repetition and grouping of the events do not matter: only their own times do.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from .event import ANONYMOUS, CallEvent, Direction, Kind
from .outcome import CAUSES_BY_PRECEDENCE, Cause, Outcome

# Events of one moment are put in the order in which they make sense.
_RANK = {kind: rank for rank, kind in enumerate(Kind)}

# Some systems end the losing phones this long before they report who answered.
_ELSEWHERE_TOLERANCE = timedelta(seconds=2)


@dataclass(frozen=True)
class LegState:
    """One phone's part in a call. Times are aware, UTC."""

    ref: str
    extension: str | None
    date_ring: datetime | None
    date_answer: datetime | None
    date_end: datetime | None
    outcome: str | None
    hold_seconds: int = 0


@dataclass(frozen=True)
class CallState:
    """A call as a person would describe it. Times are aware, UTC; lengths are seconds."""

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


def fold(events: Iterable[CallEvent]) -> CallState:
    """Compute a call from its events.

    :param events: all known events of one call, at least one, in any order, repeats allowed
    :raise ValueError: there are no events, or they belong to several calls
    """
    unique = {event.uid: event for event in sorted(events, key=_content)}
    ordered = sorted(unique.values(), key=_moment)
    if len({event.call for event in ordered}) != 1:
        raise ValueError("The events must be those of one call.")
    return _History(ordered).state()


def _moment(event: CallEvent):
    return (event.at, _RANK[event.kind], event.uid)


def _content(event: CallEvent):
    return repr(event)


def _first(events: Iterable[CallEvent], attribute: str):
    """Return the attribute's value in the earliest event that has one."""
    return next((value for event in events if (value := getattr(event, attribute))), None)


def _earliest(events: Iterable[CallEvent], *kinds: Kind) -> datetime | None:
    return min((event.at for event in events if event.kind in kinds), default=None)


def _seconds(start: datetime, end: datetime) -> int:
    return max(0, round((end - start).total_seconds()))


class _History:
    """The events of one call in order of time, and what follows from them together."""

    def __init__(self, events: list[CallEvent]):
        self.assumed_ends = [event for event in events if event.assumed]
        self.events = [event for event in events if not event.assumed] or events
        self.ref = self.events[0].call
        self.by_leg = self._events_by_leg()
        self.extensions = {ref: _first(own, "extension") for ref, own in self.by_leg.items()}
        self.date_start = self.events[0].at
        self.date_end, self.is_end_assumed = self._end()
        self.date_answer = self._not_after_end(_earliest(self.events, Kind.ANSWERED))
        self.direction = self._direction()

    def _events_by_leg(self) -> dict[str, list[CallEvent]]:
        by_leg: dict[str, list[CallEvent]] = {}
        for event in self.events:
            if event.leg:
                by_leg.setdefault(event.leg, []).append(event)
        phones = [ref for ref, own in by_leg.items() if _first(own, "extension")]
        if len(phones) == 1:
            # Who answered was not reported, but it cannot have been another phone.
            whole = (event for event in self.events if not event.leg)
            by_leg[phones[0]] += (event for event in whole if event.kind is Kind.ANSWERED)
        return {
            ref: sorted(own + self._from_part(own, by_leg), key=_moment)
            for ref, own in by_leg.items()
        }

    @staticmethod
    def _from_part(own: list[CallEvent], by_leg: dict[str, list[CallEvent]]) -> list[CallEvent]:
        """Return what happened to a phone because it happened to the part it belongs to."""
        if _earliest(own, Kind.ENDED):
            return []
        part = by_leg.get(_first(own, "part") or "", [])
        return [event for event in part if event.kind in (Kind.ENDED, Kind.TRANSFERRED)]

    def state(self) -> CallState:
        outcome = self._outcome()
        legs = tuple(self._leg(ref, own, outcome) for ref, own in self.by_leg.items())
        remote = self._remote_number()
        return CallState(
            ref=self.ref,
            direction=self.direction.value,
            state=self._state(),
            outcome=outcome,
            remote_number=None if remote == ANONYMOUS else remote,
            remote_name=self._remote_name(),
            is_anonymous=remote == ANONYMOUS,
            line_number=self._line_number(),
            queue=_first(self.events, "queue"),
            date_start=self.date_start,
            date_answer=self.date_answer,
            date_end=self.date_end,
            wait_seconds=self._wait_seconds(),
            talk_seconds=self._talk_seconds(),
            is_end_assumed=self.is_end_assumed,
            speaker=self._speaker(legs),
            legs=tuple(leg for leg in legs if leg.extension),
        )

    # --- the end ---------------------------------------------------------------------

    def _end(self) -> tuple[datetime | None, bool]:
        if reported := self._reported_end():
            return reported, False
        silent_since = self.events[-1].at
        for event in self.assumed_ends:
            if event.at >= silent_since:
                return event.at, True
        return None, False

    def _reported_end(self) -> datetime | None:
        """Return when the call ended as a whole, or its first part and all others."""
        whole = [event for event in self.events if not event.leg]
        if end := _earliest(whole, Kind.ENDED):
            return end
        if self.ref not in self.by_leg:
            return None
        ends = [_earliest(own, Kind.ENDED) for own in self.by_leg.values()]
        return max(ends) if all(ends) else None

    def _not_after_end(self, moment: datetime | None) -> datetime | None:
        """Clocks and late messages may put a moment after the end: the end is the limit."""
        return min(moment, self.date_end) if moment and self.date_end else moment

    def _state(self) -> str:
        if self.date_end:
            return "ended"
        return "ongoing" if self.date_answer else "ringing"

    def _wait_seconds(self) -> int:
        until = self.date_answer or self._voicemail_start() or self.date_end
        return _seconds(self.date_start, until) if until else 0

    def _voicemail_start(self) -> datetime | None:
        """Return when a mailbox answered: a caller who leaves a message no longer waits."""
        return self._not_after_end(_earliest(self.events, Kind.VOICEMAIL))

    def _talk_seconds(self) -> int:
        if self.date_answer and self.date_end:
            return _seconds(self.date_answer, self.date_end)
        return 0

    # --- the outcome -----------------------------------------------------------------

    def _outcome(self) -> str | None:
        if not self.date_end:
            return None
        if self.date_answer:
            return Outcome.ANSWERED.value
        if _earliest(self.events, Kind.VOICEMAIL):
            return Outcome.VOICEMAIL.value
        return (self._reported_cause() or self._cause_of_legs() or Cause.NO_ANSWER).value

    def _reported_cause(self) -> Cause | None:
        """Return the cause that came with the end of the call or of the part that began it."""
        for event in self.events:
            if event.kind is Kind.ENDED and event.leg in (None, self.ref):
                return event.cause if event.cause in CAUSES_BY_PRECEDENCE else None
        return None

    def _cause_of_legs(self) -> Cause | None:
        causes = {self._cause(own) for ref, own in self.by_leg.items() if ref != self.ref}
        return next((cause for cause in CAUSES_BY_PRECEDENCE if cause in causes), None)

    @staticmethod
    def _cause(own: list[CallEvent]) -> Cause | None:
        causes = [event.cause for event in own if event.cause not in (None, Cause.NORMAL)]
        # Reported of one and the same phone, these are more specific than "no answer".
        for specific in (Cause.ELSEWHERE, Cause.REJECTED):
            if specific in causes:
                return specific
        return causes[0] if causes else None

    # --- the phones ------------------------------------------------------------------

    def _leg(self, ref: str, own: list[CallEvent], call_outcome: str | None) -> LegState:
        date_end = _earliest(own, Kind.ENDED) or self.date_end
        if date_end and self.date_end:
            date_end = min(date_end, self.date_end)
        date_answer = _earliest(own, Kind.ANSWERED)
        if date_answer and date_end:
            date_answer = min(date_answer, date_end)
        return LegState(
            ref=ref,
            extension=self.extensions[ref],
            date_ring=_earliest(own, Kind.RINGING),
            date_answer=date_answer,
            date_end=date_end,
            outcome=self._leg_outcome(ref, own, date_answer, date_end, call_outcome),
            hold_seconds=self._hold_seconds(own, date_end),
        )

    def _leg_outcome(self, ref, own, date_answer, date_end, call_outcome) -> str | None:
        if any(event.kind is Kind.TRANSFERRED for event in own):
            return Outcome.TRANSFERRED.value
        if not date_end:
            return None
        if date_answer:
            return Outcome.ANSWERED.value
        if call_outcome != Outcome.ANSWERED.value and self._began_call(ref):
            return call_outcome
        cause = self._cause(own)
        is_silenced = cause in (None, Cause.CANCELLED) and self._lost_to_another(ref, own, date_end)
        if cause is Cause.ELSEWHERE or is_silenced:
            return Outcome.ELSEWHERE.value
        return (cause or self._reported_cause() or Cause.NO_ANSWER).value

    def _began_call(self, ref: str) -> bool:
        """Return whether the call began at this leg, so that it ended as the call did."""
        phones = [leg for leg, extension in self.extensions.items() if extension]
        return ref == self.ref or (self.direction is Direction.OUTGOING and phones == [ref])

    def _lost_to_another(self, ref, own, date_end) -> bool:
        """Return whether another phone answered while this one rang."""
        rang = own[0].at
        stopped = date_end + _ELSEWHERE_TOLERANCE
        return any(
            event.kind is Kind.ANSWERED and event.leg != ref and rang <= event.at <= stopped
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
        caller = _first(self.events, "from_number")
        phones.sort(
            key=lambda leg: (leg.extension != caller, leg.date_ring or self.date_start, leg.ref)
        )
        first = phones[0] if phones else None
        transferred = Outcome.TRANSFERRED.value
        is_outgoing = self.direction is not Direction.INCOMING
        if first and is_outgoing and first.outcome != transferred:
            return first.ref
        answered = [leg for leg in phones if leg.date_answer]
        answered.sort(key=lambda leg: (leg.date_answer, leg.ref))
        present = [leg for leg in answered if leg.outcome != transferred] or answered
        if present:
            return present[-1].ref
        return first.ref if len({leg.extension for leg in phones}) == 1 else None

    # --- who with whom ---------------------------------------------------------------

    def _direction(self) -> Direction:
        """Return it as reported; else a call that an own phone began is outgoing, any other
        incoming."""
        if reported := _first(self.events, "direction"):
            return reported
        caller = _first(self.events, "from_number")
        own_phone = self.extensions.get(self.ref) or caller in self.extensions.values()
        return Direction.OUTGOING if own_phone else Direction.INCOMING

    def _remote_number(self) -> str | None:
        if self.direction is not Direction.INCOMING:
            return _first(self.events, "to_number")
        return ANONYMOUS if self._is_withheld() else _first(self.events, "from_number")

    def _is_withheld(self) -> bool:
        """The caller's wish prevails, even if another event reports the number."""
        return any(event.from_number == ANONYMOUS for event in self.events)

    def _remote_name(self) -> str | None:
        if self.direction is not Direction.INCOMING or self._is_withheld():
            return None
        return _first(self.events, "from_name")

    def _line_number(self) -> str | None:
        if line := _first(self.events, "line"):
            return line
        if self.direction is Direction.INTERNAL:
            return None
        outgoing = self.direction is Direction.OUTGOING
        own = _first(self.events, "from_number" if outgoing else "to_number")
        return None if own in self.extensions.values() or own == ANONYMOUS else own
