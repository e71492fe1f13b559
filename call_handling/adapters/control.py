"""Controls a running call: hangs it up, holds it, transfers it, records it.

What a telephone system can do is declared in its :class:`.settings.Capabilities`; whether it can
do it with the call at hand follows from what its messages have named (:class:`Running`). What has
happened is what its events say afterwards, not its answer. Only of recordings some systems send no
events: then what they have accepted counts (``reports_recording`` of the capabilities).
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import cached_property
from typing import NamedTuple

from .event import CallEvent, Kind, RecordingState
from .fold import CallState, LegState
from .text import Labelled, _lt


class Action(Labelled):
    """What a person can do with a call of their own phone."""

    HANG_UP = "hang_up", _lt("Hang Up")
    HOLD = "hold", _lt("Hold")
    RESUME = "resume", _lt("Resume")
    TRANSFER = "transfer", _lt("Transfer")
    RECORD = "record", _lt("Record")
    PAUSE_RECORDING = "pause_recording", _lt("Pause Recording")
    RESUME_RECORDING = "resume_recording", _lt("Resume Recording")
    STOP_RECORDING = "stop_recording", _lt("Stop Recording")


# What becomes of a recording by what a person can do
RECORDING_ACTIONS = {
    Action.RECORD: RecordingState.STARTED,
    Action.PAUSE_RECORDING: RecordingState.PAUSED,
    Action.RESUME_RECORDING: RecordingState.RESUMED,
    Action.STOP_RECORDING: RecordingState.STOPPED,
}


class Accepted(NamedTuple):
    """What a telephone system has accepted about recording.

    :param at: when, aware
    :param action: one of :data:`RECORDING_ACTIONS`
    :param leg: the reference of the leg of who wanted it
    :param recording: the reference of the leg whose recording is meant; ``None``: the newest
    """

    at: datetime
    action: Action
    leg: str
    recording: str | None = None


@dataclass(frozen=True)
class Running:
    """A running call, seen from the phone of who acts.

    :param state: the call as it is now
    :param leg: of the phone of who acts
    :param events: all that is known about the call, the oldest first
    :param messages: what reported it, as the telephone system sent it, the oldest first
    :param recording: the reference of the leg whose recording is meant, if several go on; ``None``:
        the newest
    """

    state: CallState
    leg: LegState
    events: tuple[CallEvent, ...] = ()
    messages: tuple[str, ...] = field(default=(), repr=False)
    recording: str | None = None

    @property
    def is_over(self) -> bool:
        """Whether the phone has left the call."""
        return bool(self.state.date_end or self.leg.date_end)

    @property
    def is_connected(self) -> bool:
        """Whether the phone speaks, or has the other side on hold."""
        return bool(self.leg.date_answer) and not self.is_over

    @cached_property
    def is_held(self) -> bool:
        """Whether the phone has put the other side on hold."""
        kinds = [
            event.kind
            for event in self.events
            if event.leg == self.leg.ref and event.kind in (Kind.HELD, Kind.RESUMED)
        ]
        return self.is_connected and kinds[-1:] == [Kind.HELD]

    @cached_property
    def _recorded(self) -> dict[str, RecordingState]:
        """What is recorded or paused, by the reference of the leg; the newest last."""
        found: dict[str, RecordingState] = {}
        for event in self.events:
            leg = event.leg or self.state.ref
            if event.recording:
                found.pop(leg, None)
                found |= {leg: event.recording}
            elif event.kind is Kind.ENDED:
                found.pop(leg, None)
        if self.state.date_end:
            return {}
        return {
            leg: state
            for leg, state in found.items()
            if state is not RecordingState.STOPPED and self.recording in (None, leg)
        }

    @property
    def is_recorded(self) -> bool:
        """Whether anybody in the call is being recorded at this moment."""
        return any(state is not RecordingState.PAUSED for state in self._recorded.values())

    @property
    def is_recording_paused(self) -> bool:
        """Whether there is a recording that goes on later."""
        return bool(self._recorded) and not self.is_recorded

    @property
    def recorded_legs(self) -> tuple[str, ...]:
        """The references of all legs at which recordings go on or are paused."""
        return tuple(self._recorded)

    @property
    def recorded_leg(self) -> str | None:
        """The reference of the leg at which the newest recording goes on or is paused."""
        paused = RecordingState.PAUSED
        legs = sorted(self._recorded, key=lambda leg: self._recorded[leg] is not paused)
        return legs[-1] if legs else None

    @cached_property
    def other_leg(self) -> str | None:
        """The reference of the only other leg that is in the call, of who called or answered;
        ``None`` if there are several, or if it is not known."""
        present = {e.leg for e in self.events if e.is_caller or e.kind is Kind.ANSWERED}
        ended = {e.leg for e in self.events if e.kind is Kind.ENDED}
        others = present - ended - {self.leg.ref, None}
        return others.pop() if len(others) == 1 else None

    @cached_property
    def own_event(self) -> CallEvent | None:
        """The last event about the phone: it has the references that the system uses for it."""
        return next((e for e in reversed(self.events) if e.leg == self.leg.ref), None)

    @cached_property
    def items(self) -> tuple[Mapping, ...]:
        """The messages that are JSON objects, the oldest first."""
        return tuple(_read_items(self.messages))

    def allows(self, action: Action) -> bool:
        """Return whether an action makes sense in the state of the call."""
        if action is Action.HANG_UP:
            return not self.is_over
        if action is Action.RESUME:
            return self.is_held
        if action in RECORDING_ACTIONS:
            return self._allows_recording(action)
        return self.is_connected and not (action is Action.HOLD and self.is_held)

    def _allows_recording(self, action: Action) -> bool:
        if action is Action.RECORD:
            return self.is_connected and not self.is_recorded and not self.is_recording_paused
        if action is Action.PAUSE_RECORDING:
            return self.is_recorded
        if action is Action.RESUME_RECORDING:
            return self.is_recording_paused
        return self.is_recorded or self.is_recording_paused

    def with_accepted(self, accepted: Iterable[Accepted]) -> Running:
        """Return the call with what its telephone system has accepted about recording, for systems
        that send no events about it.

        :param accepted: each an :class:`Accepted`, the oldest first
        """
        happened, newest = [], self.leg.ref
        for one in accepted:
            if one.action is Action.RECORD:
                newest = one.leg
            recorded = one.recording or newest
            uid = f"accepted:{one.at.isoformat()}:{one.action.value}:{recorded}"
            state = RECORDING_ACTIONS[one.action]
            about = {"at": one.at, "uid": uid, "leg": recorded, "recording": state}
            happened.append(CallEvent(call=self.state.ref, kind=Kind.RECORDING, **about))
        events = sorted((*self.events, *happened), key=lambda event: event.at)
        return replace(self, events=tuple(events))


def _read_items(messages: Iterable[str]) -> Iterable[Mapping]:
    for message in messages:
        try:
            item = json.loads(message)
        except ValueError:
            continue  # it was not sent as JSON, or is deleted
        if isinstance(item, Mapping):
            yield item


@dataclass(frozen=True)
class Controlled:
    """The telephone system, or the relay beside it, accepted a request to control a call.

    :param script: for a simulated system, what will happen: (seconds from now, event)
    :param command: what the relay must do, instead of a request to the system; see
        :mod:`.commands`
    """

    script: tuple[tuple[float, dict], ...] = ()
    command: Mapping[str, str] | None = None
