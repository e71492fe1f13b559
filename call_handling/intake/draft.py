"""A call on its way through the intake."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from ..adapters.fold import CallState, LegState


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
    :param before: what others are informed about, as it was; see :meth:`facts`
    """

    intake: Any
    state: CallState
    call: Any
    legs: dict
    values: dict = field(default_factory=dict)
    line: Any = None
    changed_legs: set = field(default_factory=set)
    is_joined: bool = False
    before: tuple = ()

    def __post_init__(self):
        self.before = self.facts()

    def facts(self) -> tuple:
        """Return what callbacks and lists are informed about when it changes."""
        call = self.call
        return call.state, call.outcome, call.remote_number, call.direction

    @property
    def is_changed(self) -> bool:
        """Whether something about the call or its phones was written."""
        return bool(self.values or self.changed_legs or self.is_joined)

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

    def get_owner(self, leg: LegState):
        """Return whose phone it was when the call started, as `call.peer` knows owners."""
        return self.intake.get_owner(leg.extension, self.state.date_start)

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
