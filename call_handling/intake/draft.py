"""A call on its way through the intake."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, NamedTuple

from ..adapters.event import Kind, RecordingState
from ..adapters.fold import CallState, LegState


class Owner(NamedTuple):
    """Whose phone it is: ids, or ``False``. An employee need not be a user."""

    user_id: int | bool = False
    employee_id: int | bool = False


@dataclass
class Draft:
    """A call with what happened to it. The steps of the intake fill in the values to write.

    :param intake: the :class:`intake.Intake` that it belongs to
    :param state: what happened, from all events of the call
    :param call: `call.call`; empty until a new call is saved, or after it was deleted
    :param legs: rows of its phones by reference, as they were
    :param values: what is written on the call
    :param line: `call.line` that was dialled, if that is new
    :param changed_legs: references of the phones about which something is new
    :param is_joined: the call was several ones so far
    :param history: the stored events, as `call.event._load` returns them
    :param before: what others are informed about, as it was; see :meth:`facts`
    :param changes: names of the fields whose values are new, once a call is saved that had ended
        before; ``None``: everything counts as new
    """

    intake: Any
    state: CallState
    call: Any
    legs: dict
    values: dict = field(default_factory=dict)
    line: Any = None
    changed_legs: set = field(default_factory=set)
    is_joined: bool = False
    history: Any = None
    before: tuple = ()
    changes: set | None = None

    def __post_init__(self):
        self.before = self.facts()
        self.known_start = self.call and self.call._get_reported_date("date_start")
        self.was_ended = bool(self.call) and self.call.state == "ended"

    def facts(self) -> tuple:
        """Return what callbacks and lists are informed about when it changes."""
        call = self.call
        return call.state, call.outcome, call.remote_number, call.direction

    @property
    def is_changed(self) -> bool:
        """Whether something about the call or its phones was written."""
        return bool(self.values or self.changed_legs or self.is_joined)

    @property
    def is_moment_new(self) -> bool:
        """Whether a phone has put somebody on hold, or taken them back, or a recording has begun,
        paused or ended: no row has that, but cards show it."""
        own = (event for ref in self.state.refs for event in self.history.events.get(ref, ()))
        return any(
            (event.kind in (Kind.HELD, Kind.RESUMED) or event.recording)
            and event.uid not in self.history.known
            for event in own
        )

    @property
    def is_recording_new(self) -> bool:
        """Whether a recording has begun, or goes on."""
        begun = (RecordingState.STARTED, RecordingState.RESUMED)
        return any(
            event.recording in begun and event.uid not in self.history.known
            for ref in self.state.refs
            for event in self.history.events.get(ref, ())
        )

    @property
    def is_news(self) -> bool:
        """Whether callbacks and lists must be informed."""
        return self.is_joined or self.facts() != self.before

    def get(self, name: str):
        """Return a value of the call as it will be: an id for a link."""
        value = self.values.get(name)
        if name in self.values:
            return value
        return self.call._fields[name].convert_to_write(self.call[name], self.call)

    def set_unless_manual(self, name: str, value) -> None:
        """Set a value, unless a person has set the field."""
        if name not in (self.call.manual_fields or ()):
            self.values[name] = value

    @cached_property
    def state_before(self) -> CallState | None:
        """What had happened by the events from which the call was computed so far: what differs
        now is new, and does not come from a change of master data. ``None`` for a new call.

        Computed only if it is needed.
        """
        if not self.call:
            return None
        states = self.call._intake_fold(self.intake, self.history.get_known())
        own = (state for state in states if self.call.pbx_ref in state.refs)
        return next(own, None)

    def has_changed(self, *names: str) -> bool:
        """Return whether one of these fields is new, so that what is decided by them has to be
        decided. Of a call that had ended, everything else has been: whatever was changed in rules,
        contacts and settings since then, concerns later calls."""
        return self.changes is None or not self.changes.isdisjoint(names)

    @property
    def is_peer_decided(self) -> bool:
        """Whether it has become known what a device is."""
        return ", ".join(self.state.unknown_peers) != (self.call.unknown_peers or "")

    @property
    def is_start_new(self) -> bool:
        """Whether the call began at another time than was known so far."""
        return self.known_start != self.state.date_start.replace(tzinfo=None)

    def get_owner(self, leg: LegState):
        """Return whose phone it was: as it is recorded or, if that is new, when the call started.
        Later changes of owners change nothing."""
        row = self.legs.get(leg.ref)
        is_known = row and row.extension == leg.extension and (row.user_id or row.employee_id)
        if is_known and not self.is_start_new:
            return Owner(row.user_id.id, row.employee_id.id)
        return self.intake.get_owner(leg.extension, self.state.date_start)

    def get_places(self, user_ids: set) -> dict[int, tuple]:
        """Return the employee and the department of each user who is an employee: of phones, the
        employee that is recorded. In one query, and only for users not asked about before."""
        owners, company_id = self.get_owners().values(), self.get("company_id")
        known = {o.user_id: o.employee_id for o in owners if o.user_id and o.employee_id}
        asked = {user_id: (user_id, known.get(user_id), company_id) for user_id in user_ids}
        places = self.intake.recall("places", dict)
        if missing := {user_id for user_id, key in asked.items() if key not in places}:
            found = self.call._get_places(missing, company_id, known)
            places |= {asked[user_id]: found.get(user_id) for user_id in missing}
        return {user_id: place for user_id, key in asked.items() if (place := places[key])}

    @property
    def has_new_owners(self) -> bool:
        """Whether it has become known whose phones some are that rang before."""
        rows = ((self.legs.get(leg.ref), leg) for leg in self.state.legs)
        return any(
            row and not (row.user_id or row.employee_id) and any(self.get_owner(leg))
            for row, leg in rows
        )

    def get_owners(self) -> dict:
        """Return the owners by reference of their phones."""
        return {leg.ref: self.get_owner(leg) for leg in self.state.legs}

    def get_users(self) -> dict[str, int | bool]:
        """Return the ids of the users by reference of their phones."""
        return {ref: owner.user_id for ref, owner in self.get_owners().items()}

    def get_speaker(self):
        """Return the owner of the phone that speaks, or else was the only one that rang; ``None``
        if there is none."""
        return self.get_owners().get(self.state.speaker)

    def get_speaker_id(self) -> int | bool:
        """Return the id of the user whose phone speaks, or else was the only one that rang."""
        speaker = self.get_speaker()
        return speaker.user_id if speaker else False
