"""Computes what happened: a pure function from the set of a telephone system's events to its calls.

The order, repetition and grouping of the events do not matter: only their own times do.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import cached_property

from .connections import Span
from .conversations import moment, split
from .event import ANONYMOUS, CallEvent, Direction, Kind
from .outcome import CAUSES_BY_PRECEDENCE, Cause, Outcome
from .parties import SPECIFIC, Party, Role, cause_of, earliest, find_parties, first, last_end
from .records import get_accounts
from .route import make_route
from .settings import Settings
from .talk import ELSEWHERE_TOLERANCE, make_talk


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
    :param remote_legs: references of the legs by which the remote party is in the call now
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
    remote_legs: tuple[str, ...] = ()


def fold_calls(events: Iterable[CallEvent], settings: Settings | None = None) -> list[CallState]:
    """Compute calls from events.

    :param events: of one telephone system, in any order, repeats allowed. All known events of a
        conversation must be among them
    :param settings: of the telephone system: what its devices are, how outside numbers are dialled
    :return: the oldest call first. A conversation with a machine only, such as a feature code,
        is no call
    """
    settings = settings or Settings()
    states = [state for own in split(events) if (state := _fold_conversation(own, settings))]
    return sorted(states, key=lambda state: (state.date_start, state.ref))


def _fold_conversation(events: list[CallEvent], settings: Settings) -> CallState | None:
    """Return the call of a conversation; ``None`` if it is none.

    What was reported counts or, if its end was not, the best record of it that was imported.
    """
    accounts = [_Conversation(own, settings) for own in get_accounts(events)]
    whole = (each for each in accounts if each.date_end and not each.is_end_assumed)
    conversation = next(whole, accounts[0])
    if not conversation.route.is_call():
        return None
    state = conversation.state()
    refs = tuple(dict.fromkeys(event.call for event in events))
    return replace(state, ref=refs[0], refs=refs)


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
        self.assumed_ends = [event for event in events if event.assumed]
        self.events = _answers_of_people_only(events)
        self.events = [event for event in self.events if not event.assumed] or self.events
        self.refs = tuple(dict.fromkeys(event.call for event in events))
        self.by_leg = self._events_by_leg()
        self.parties = find_parties(self.events, self.by_leg, settings)
        self.route = make_route(self.events, self.parties, self.refs, settings)
        self.people = self.route.people
        self.direction = self.route.direction
        self.beginner = self.route.beginner
        self.talk = make_talk(self.route, is_gap=bool(self.assumed_ends))

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
        if last_end(own):
            return []
        part = by_leg.get(first(own, "part") or "", [])
        start, has_spoken = own[0].at, earliest(own, Kind.ANSWERED)
        ends = [event for event in part if event.kind is Kind.ENDED and event.at >= start]
        if has_spoken:
            ends += [e for e in part if e.kind is Kind.TRANSFERRED and e.at > start]
        return ends

    def state(self) -> CallState:
        outcome = self._outcome()
        legs = tuple(self._leg(party, outcome) for party in self._shown_parties())
        remote = self.route.remote_number()
        return CallState(
            ref=self.refs[0],
            refs=self.refs,
            direction=self.direction.value,
            state=self._state(),
            outcome=outcome,
            remote_number=None if remote == ANONYMOUS else remote,
            remote_name=self.route.remote_name(),
            is_anonymous=remote == ANONYMOUS,
            line_number=self.route.line_number(),
            queue=first(self.events, "queue"),
            date_start=self.date_start,
            date_answer=self.date_answer,
            date_end=self.date_end,
            wait_seconds=self._wait_seconds(),
            talk_seconds=self._covered_seconds(self.talk.spans),
            is_end_assumed=self.is_end_assumed,
            speaker=self._speaker(legs),
            legs=legs,
            unknown_peers=self._unknown_peers(),
            remote_legs=self._present_remote_legs(),
        )

    def _present_remote_legs(self) -> tuple[str, ...]:
        if self.date_end:
            return ()
        present = (ref for ref in self.route.remote_legs if not last_end(self.by_leg.get(ref, [])))
        return tuple(sorted(present))

    def _unknown_peers(self) -> tuple[str, ...]:
        names = {party.peer for party in self.people if party.role is Role.UNKNOWN and party.peer}
        return tuple(sorted(names))

    # --- beginning, answer and end ---------------------------------------------------------

    @cached_property
    def date_start(self) -> datetime:
        return self.route.start

    @cached_property
    def date_answer(self) -> datetime | None:
        return self._not_after_end(self.talk.answer)

    def _wait_seconds(self) -> int:
        until = self.date_answer or self._voicemail_start() or self.date_end
        return _seconds(self.date_start, until) if until else 0

    def _voicemail_start(self) -> datetime | None:
        """Return when a mailbox answered: a caller who leaves a message no longer waits."""
        return self._not_after_end(earliest(self.events, Kind.VOICEMAIL))

    def _covered_seconds(self, spans: list[Span]) -> int:
        """Return how much of the time between answer and end is covered."""
        if not self.date_answer or not self.date_end:
            return 0
        clipped = ((max(s.start, self.date_answer), min(s.end, self.date_end)) for s in spans)
        total = sum(((end - start) for start, end in clipped if end > start), timedelta())
        return round(total.total_seconds())

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
        return self._end_by_parties() if self.route.names_devices else None

    def _end_of_part(self, ref: str) -> datetime | None:
        """Return when one of the joined calls ended as a whole, or its first leg and all others."""
        own = [event for event in self.events if event.call == ref]
        if end := earliest((event for event in own if not event.leg), Kind.ENDED):
            return end
        if self.route.names_devices or ref not in self.by_leg:
            return None
        legs = {event.leg for event in own if event.leg}
        ends = [earliest(self.by_leg[leg], Kind.ENDED) for leg in legs]
        return max(ends) if ends and all(ends) else None

    def _end_by_parties(self) -> datetime | None:
        """Return when everybody, or the remote party, has left the call."""
        ends = {party.ref: earliest(party.events, Kind.ENDED) for party in self.people}
        if not ends:
            return None
        if self.direction is not Direction.INTERNAL and self.route.remote_legs:
            leading = [ends.get(ref) for ref in {*self.route.remote_legs, self.beginner}]
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
        if earliest(self.events, Kind.VOICEMAIL):
            return Outcome.VOICEMAIL.value
        reasons = (self._cause_of_called(), self._reported_cause(), self._cause_of_legs())
        # Of a call with a part of its events, a leg can have ended as no call does: elsewhere.
        causes = (cause for cause in reasons if cause in CAUSES_BY_PRECEDENCE)
        return next(causes, Cause.NO_ANSWER).value

    def _cause_of_called(self) -> Cause | None:
        """Return why whom an own phone called did not answer, if that is known, whatever the
        caller did then."""
        if not self.route.names_devices or self.direction is Direction.INCOMING:
            return None
        called = [party for party in self.people if not party.is_caller]
        called = [party for party in called if party.ref != self.beginner]
        if not called:
            return None
        cause = cause_of(called[-1].events)
        return cause if cause in SPECIFIC and cause is not Cause.ELSEWHERE else None

    def _reported_cause(self) -> Cause | None:
        """Return the cause that came with the end of the call or of the part that began it."""
        if self.route.names_devices:
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
        others = [end for end in ends if end.cause is not Cause.CANCELLED]
        beginner = self.parties.get(self.beginner or "")
        if beginner and not beginner.is_caller:
            # The exchange has called the phone that began it: its own end says why.
            return cause_of(others) or (Cause.CANCELLED if causes else None)
        if ends and ends[0].cause in causes:
            return ends[0].cause
        # The exchange has ended the call, so that nobody gave up; why may be reported later.
        return next((end.cause for end in others if end.cause in causes), None)

    def _cause_of_legs(self) -> Cause | None:
        causes = {cause_of(own) for ref, own in self.by_leg.items() if ref != self.beginner}
        return next((cause for cause in CAUSES_BY_PRECEDENCE if cause in causes), None)

    # --- the legs --------------------------------------------------------------------------

    def _shown_parties(self) -> list[Party]:
        """Return the own phones, and the outside parties other than the remote one."""
        return [party for party in self.parties.values() if self._is_shown(party)]

    def _is_shown(self, party: Party) -> bool:
        if party.role is Role.OUTSIDE:
            return bool(party.number) and not self.route.is_remote(party)
        is_remote = self.direction is not Direction.INTERNAL and party.ref in self.route.remote_legs
        if not (party.extension or party.peer) or (is_remote and party.role is Role.UNKNOWN):
            return False
        return not self._is_second_channel(party)

    def _is_second_channel(self, party: Party) -> bool:
        """Return whether a phone was only used to ask somebody else during the call."""
        if not party.is_caller or party.ref == self.beginner:
            return False
        others = [p for p in self.people if p.extension == party.extension and p is not party]
        return bool(others) and not self.talk.has_met_remote(party)

    def _leg(self, party: Party, call_outcome: str | None) -> LegState:
        own = party.events
        date_end = last_end(own) or self.date_end
        if date_end and self.date_end:
            date_end = min(date_end, self.date_end)
        date_answer = self.talk.answer_of(party)
        if date_answer and date_end:
            date_answer = min(date_answer, date_end)
        return LegState(
            ref=party.ref,
            extension=None if party.role is Role.OUTSIDE else party.extension or party.peer,
            number=party.number,
            date_ring=earliest(own, Kind.RINGING),
            date_answer=date_answer,
            date_end=date_end,
            outcome=self._leg_outcome(party, date_answer, date_end, call_outcome),
            talk_seconds=self._covered_seconds(self.talk.spans_of(party)),
            hold_seconds=self._hold_seconds(own, date_end),
        )

    def _leg_outcome(self, party: Party, date_answer, date_end, call_outcome) -> str | None:
        own = party.events
        if self._was_transferred(own) or self._was_taken_over(party):
            return Outcome.TRANSFERRED.value
        if not date_end:
            return None
        if date_answer:
            return Outcome.ANSWERED.value
        if call_outcome != Outcome.ANSWERED.value and self._began_call(party.ref):
            return call_outcome
        cause = cause_of(own)
        is_silenced = cause in (None, Cause.CANCELLED) and self._lost_to_another(party, date_end)
        if cause is Cause.ELSEWHERE or is_silenced:
            return Outcome.ELSEWHERE.value
        return (cause or self._reported_cause() or Cause.NO_ANSWER).value

    @staticmethod
    def _was_transferred(own: list[CallEvent]) -> bool:
        """Return whether a phone has passed the call on, and not got it back."""
        kinds = [e.kind for e in own if e.kind in (Kind.ANSWERED, Kind.TRANSFERRED)]
        return kinds[-1:] == [Kind.TRANSFERRED]

    def _was_taken_over(self, party: Party) -> bool:
        end = earliest(party.events, Kind.ENDED)
        if not end or party.ref in self.route.remote_legs:
            return False
        return self.talk.was_taken_over(party, end, self.date_end)

    def _began_call(self, ref: str) -> bool:
        """Return whether the call began at this leg, so that it ended as the call did."""
        phones = [leg.ref for leg in self.parties.values() if leg.extension]
        is_only = self.direction is Direction.OUTGOING and phones == [ref]
        caller = self.route.caller
        return is_only or ref in (self.beginner, caller.ref if caller else None)

    def _lost_to_another(self, party: Party, date_end: datetime) -> bool:
        """Return whether another party answered while this one rang."""
        stopped = date_end + ELSEWHERE_TOLERANCE
        return self.talk.was_answered_between(party.start, stopped, party)

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
        phones.sort(
            key=lambda leg: (
                not self.route.is_beginner(leg.extension, leg.ref),
                leg.date_ring or self.date_start,
                leg.ref,
            )
        )
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
