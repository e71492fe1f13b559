"""When the remote party was connected with a person, and with whom.

Some telephone systems report who is connected with whom (:class:`ConnectedTalk`), others only who
answered and when each leg ended (:class:`AnsweredTalk`).
"""

from __future__ import annotations

from datetime import datetime, timedelta
from functools import cached_property

from .connections import Connections, Span, merge
from .conversations import FOREVER
from .event import CallEvent, Direction, Kind
from .parties import Party, Role, earliest, last_end
from .route import Route

# Some systems end the losing phones this long before they report who answered.
ELSEWHERE_TOLERANCE = timedelta(seconds=2)

# In a transfer the new party is connected this long before the old one leaves, at most.
_TAKEOVER = timedelta(seconds=0.5)


class Talk:
    """Who spoke with the remote party, and when.

    :param route: who called whom
    """

    def __init__(self, route: Route):
        self.route = route
        self.events = route.events
        self.people = route.people
        self.remote_legs = route.remote_legs

    @cached_property
    def spans(self) -> list[Span]:
        """When the remote party was connected with a person."""
        raise NotImplementedError

    @property
    def answer(self) -> datetime | None:
        """When the remote party was first connected with a person."""
        raise NotImplementedError

    def spans_of(self, party: Party) -> list[Span]:
        """Return when a party was connected with the remote party."""
        raise NotImplementedError

    def answer_of(self, party: Party) -> datetime | None:
        """Return when a party was first connected with anybody."""
        raise NotImplementedError

    def was_answered_between(self, start: datetime, end: datetime, party: Party) -> bool:
        """Return whether another party answered in this time."""
        raise NotImplementedError

    def was_taken_over(self, party: Party, end: datetime, call_end: datetime | None) -> bool:
        """Return whether another person took over from a phone that spoke with the remote party.

        Who only leaves others who go on has not passed the call on.

        :param end: when the phone left
        :param call_end: when the call ended, if it has
        """
        raise NotImplementedError

    def has_met_remote(self, party: Party) -> bool:
        """Return whether a phone that came to the call later has spoken with the remote party."""
        raise NotImplementedError


class ConnectedTalk(Talk):
    """The talk of a call whose telephone system reports who is connected with whom."""

    @cached_property
    def connections(self) -> Connections:
        return Connections(self.events, {party.ref for party in self.people})

    @cached_property
    def spans(self) -> list[Span]:
        return self.connections.find(self.remote_legs) or self._spans_of_program()

    def _spans_of_program(self) -> list[Span]:
        """Return how long those spoke whom a program of the company has called: no phone of ours
        takes part. Known at the end: before, a phone may still be called and join."""
        remote = [party for party in self.people if party.ref in self.remote_legs]
        if self.route.direction is not Direction.OUTGOING or len(remote) < len(self.people):
            return []
        kinds = (Kind.PICKED_UP, Kind.ENDED)
        times = [[earliest(party.events, kind) for kind in kinds] for party in remote]
        return merge(Span(*each) for each in times if all(each))

    @property
    def answer(self) -> datetime | None:
        return self.spans[0].start if self.spans else None

    def spans_of(self, party: Party) -> list[Span]:
        if party.ref in self.remote_legs:
            return self.spans
        return self.connections.find({party.ref}, self.remote_legs)

    def answer_of(self, party: Party) -> datetime | None:
        spans = self.connections.find({party.ref})
        return spans[0].start if spans else None

    def was_answered_between(self, start: datetime, end: datetime, party: Party) -> bool:
        return any(start <= span.start <= end for span in self.spans)

    def was_taken_over(self, party: Party, end: datetime, call_end: datetime | None) -> bool:
        if not self.has_met_remote(party):
            return False
        others = [other.ref for other in self.people if other is not party]
        spans = (s for ref in others for s in self.connections.find({ref}, self.remote_legs))
        return any(span.start >= end - _TAKEOVER for span in spans) or self._is_parked(party, end)

    def _is_parked(self, party: Party, end: datetime) -> bool:
        """Return whether a phone has parked the call: who did is reported by name only."""
        return any(
            event.kind is Kind.TRANSFERRED
            and not event.leg
            and event.peer == party.peer
            and party.start <= event.at <= end
            for event in self.events
        )

    def has_met_remote(self, party: Party) -> bool:
        return bool(self.connections.find({party.ref}, self.remote_legs))


class AnsweredTalk(Talk):
    """The talk of a call whose telephone system reports only answers and ends."""

    @cached_property
    def answers(self) -> list[CallEvent]:
        """The answers that connected the remote party with somebody: when it was called before a
        phone, its own answer connected it with nobody."""
        parties = self.route.parties.values()
        machines = {party.ref for party in parties if party.role is Role.MACHINE}
        answers = [event for event in self.events if event.kind is Kind.ANSWERED]
        answers = [event for event in answers if event.leg not in machines]
        phones = any(party.role is Role.PHONE for party in self.people)
        is_outgoing = self.route.direction is Direction.OUTGOING
        if is_outgoing and phones and not self.route.caller and not self.route.names_devices:
            return [event for event in answers if event.leg not in self.remote_legs]
        return answers

    @cached_property
    def spans(self) -> list[Span]:
        answered = [
            party
            for party in self.people
            if party.role is Role.PHONE or party.ref not in self.remote_legs
        ]
        spans = merge(span for party in answered for span in self.spans_of(party))
        return spans or ([Span(self.answer, FOREVER)] if self.answer else [])

    @property
    def answer(self) -> datetime | None:
        return earliest(self.answers, Kind.ANSWERED)

    def spans_of(self, party: Party) -> list[Span]:
        """Override: from each answer until the leg ended, or passed the call on."""
        start, found = self.answer_of(party), []
        for event in party.events:
            if start and event.kind in (Kind.ENDED, Kind.TRANSFERRED) and event.at >= start:
                found.append(Span(start, event.at))
                start = None
            elif found and not start and event.kind is Kind.ANSWERED:
                start = event.at  # it got the call back, or was rung again
        return [*found, Span(start, FOREVER)] if start else found

    def answer_of(self, party: Party) -> datetime | None:
        # Who calls is connected when somebody answers.
        by_others = self.answers if party is self.route.caller else ()
        return earliest((*party.events, *by_others), Kind.ANSWERED)

    def was_answered_between(self, start: datetime, end: datetime, party: Party) -> bool:
        answers = (event for event in self.events if event.kind is Kind.ANSWERED)
        return any(event.leg != party.ref and start <= event.at <= end for event in answers)

    def was_taken_over(self, party: Party, end: datetime, call_end: datetime | None) -> bool:
        """Override: another party that was called later was still there."""
        answer = self.answer_of(party)
        if not answer or self.route.names_devices:
            return False
        others = [p for p in self.people if p not in (party, self.route.caller)]
        ends = [
            last_end(other.events) or call_end or FOREVER
            for other in others
            if other.start > answer and other.ref not in self.remote_legs
        ]
        return any(other_end > end + ELSEWHERE_TOLERANCE for other_end in ends)

    def has_met_remote(self, party: Party) -> bool:
        return self.answer_of(party) is not None


def make_talk(route: Route, is_gap: bool) -> Talk:
    """Return who spoke, and when.

    :param route: who called whom
    :param is_gap: some events were not received. Connections may be missing then, so that the
        answer counts that was reported before
    """
    kinds = {event.kind for event in route.events}
    if route.names_devices:
        is_connected = Kind.ENTERED in kinds or (Kind.PICKED_UP in kinds and not is_gap)
    else:
        is_connected = Kind.PICKED_UP in kinds  # others only know that calls met in a room
    return (ConnectedTalk if is_connected else AnsweredTalk)(route)
