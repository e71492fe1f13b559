"""The one vocabulary into which every telephone system's messages are translated."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Callable, Container
from dataclasses import dataclass, fields, replace
from datetime import datetime
from enum import Enum

from .outcome import Cause
from .reasons import Reason, Why


class Kind(str, Enum):
    """What happened."""

    RINGING = "ringing"
    ANSWERED = "answered"  # by a person: never a queue, an announcement or a mailbox
    VOICEMAIL = "voicemail"
    HELD = "held"
    RESUMED = "resumed"
    TRANSFERRED = "transferred"
    RECORDING = "recording"
    # Reported by systems that know who is connected with whom. Then these count, not ANSWERED.
    DIALLED = "dialled"  # a leg calls another one
    PAIRED = "paired"  # two legs are the ends of one wire: who is with one is with the other
    PICKED_UP = "picked_up"  # it can be heard, but perhaps by nobody
    ENTERED = "entered"  # a room: it is connected with all who are in it
    LEFT = "left"
    JOINED = "joined"  # the call and its alias are the same conversation
    ENDED = "ended"


class RecordingState(str, Enum):
    """What happens to a recording while the call goes on."""

    STARTED = "started"
    PAUSED = "paused"
    RESUMED = "resumed"
    STOPPED = "stopped"


class Direction(str, Enum):
    """Seen from the company."""

    INCOMING = "incoming"
    OUTGOING = "outgoing"
    INTERNAL = "internal"


MAX_ID = 250  # bytes of UTF-8; telephone systems use up to a hundred

# What adapters write as the number of a caller who withheld it.
ANONYMOUS = "anonymous"

LONGEST_EXTENSION = 6  # digits; shorter numbers are left as they are

# What replaces the name of a colleague's phone in a private call: it remains somebody's.
HIDDEN = "•••"


@dataclass(frozen=True)
class CallEvent:
    """One thing that happened to one call.

    :param call: the telephone system's id of the conversation
    :param kind: what happened
    :param at: when, aware, UTC
    :param uid: id of the event, unique in its telephone system; repeats are ignored by it
    :param leg: id of one phone's part in the call; equal to ``call`` for the part that
        began it; empty if the event is about the call as a whole
    :param part: id of another leg with which this one ends unless its own end is reported, for
        systems that report the end of a ring group, or of a call before a transfer, as a whole
    :param alias: another name of the conversation: the id of a call that is the same one, or
        any id that no other conversation has
    :param direction: if this event reports it
    :param from_number: who calls, as sent, or :data:`ANONYMOUS`
    :param from_name: name of the caller, as sent
    :param to_number: number dialled, as sent
    :param line: own number that was dialled or shown
    :param extension: the employee's phone; empty for a leg of the outside party
    :param number: of the leg's party, if that is an outside party
    :param peer: name under which the telephone system knows the leg's device or trunk, if only
        the register can say which of the two it is; see :meth:`.settings.Settings.find_peer`
    :param is_caller: the leg's party called the telephone system, and was not called by it
    :param is_machine: the leg's party is a mailbox, an announcement or a program
    :param other: with kind ``dialled`` or ``paired``, the other leg
    :param room: where the leg's party is connected with all others, with ``entered``, ``left``
    :param queue: name of the queue or group
    :param cause: why it ended, with kind ``ended``
    :param recording: what becomes of the recording of the leg, with kind ``recording``
    :param assumed: not reported by the telephone system but concluded from its silence
    :param record: which kind of record of past calls it was read from, a value of
        :class:`.records.Record`; empty if the telephone system has reported it itself
    """

    call: str
    kind: Kind
    at: datetime
    uid: str
    leg: str | None = None
    part: str | None = None
    alias: str | None = None
    direction: Direction | None = None
    from_number: str | None = None
    from_name: str | None = None
    to_number: str | None = None
    line: str | None = None
    extension: str | None = None
    number: str | None = None
    peer: str | None = None
    is_caller: bool = False
    is_machine: bool = False
    other: str | None = None
    room: str | None = None
    queue: str | None = None
    cause: Cause | None = None
    recording: RecordingState | None = None
    assumed: bool = False
    record: str | None = None

    def with_bounded_ids(self) -> CallEvent:
        """Return the event with ids that the indexes of the database can hold.

        :raise ValueError: the id of a call, leg or room is too long, or no text
        """
        if not self.call or not self.uid:
            raise ValueError(Reason(Why.ID_MISSING))
        for name in (*_REFERENCES, "uid"):
            if not isinstance(getattr(self, name) or "", str):
                raise ValueError(Reason(Why.ID_NO_TEXT, name=name))
        for name in _REFERENCES:
            if _is_too_long(getattr(self, name)):
                raise ValueError(Reason(Why.ID_TOO_LONG, name=name, most=MAX_ID))
        # The id of the event is only compared, and often put together from others.
        return replace(self, uid=digest(self.uid)) if _is_too_long(self.uid) else self

    def to_json(self) -> dict:
        """Return the event as JSON values, without those that are empty."""
        values = {field.name: getattr(self, field.name) for field in fields(self)}
        values = {name: value for name, value in values.items() if value}
        return values | {"at": self.at.isoformat()}

    def without_people(
        self, uid: str, direction: Direction, phones: Container[str] | None
    ) -> CallEvent:
        """Return the event of a private call, reduced to what happened when at which own phone.

        :param uid: id that replaces the event's own
        :param direction: of the call; it cannot be derived without the numbers
        :param phones: extensions and names of devices in lower case that may be kept; ``None``
            for all
        """
        names = ((name or "").lower() for name in (self.extension, self.peer))
        is_kept = phones is None or any(name in phones for name in names)
        is_outside = self.kind is Kind.DIALLED and is_outside_number(self.to_number or "")
        return replace(
            self,
            uid=uid,
            direction=direction,
            from_number=None,
            from_name=None,
            # that somebody outside was called says who was connected with whom
            to_number=ANONYMOUS if is_outside else None,
            line=None,
            number=ANONYMOUS if self.number else None,
            queue=None,
            recording=None,
            extension=self.extension if is_kept else None,
            peer=self.peer if is_kept or not self.peer else HIDDEN,
        )

    def with_references(self, rename: Callable[[str], str]) -> CallEvent:
        """Return the event with other references: of the call, its legs, and what joins them.

        :param rename: returns what replaces a reference
        """
        values = {name: getattr(self, name) for name in _REFERENCES}
        return replace(self, **{name: rename(ref) for name, ref in values.items() if ref})

    @classmethod
    def from_json(cls, values: dict) -> CallEvent:
        """Return the event that :meth:`to_json` wrote."""
        typed = {name: _TYPES[name](value) for name, value in values.items() if name in _TYPES}
        return cls(**(values | typed))


_REFERENCES = ("call", "leg", "part", "alias", "other", "room")

_TYPES = {
    "at": datetime.fromisoformat,
    "kind": Kind,
    "direction": Direction,
    "cause": Cause,
    "recording": RecordingState,
}


def _is_too_long(name: str | None) -> bool:
    return bool(name) and len(name) > MAX_ID // 4 and len(name.encode()) > MAX_ID


def is_outside_number(number: str) -> bool:
    """Return whether a dialled number is certainly not that of a phone in the house, nor a code."""
    is_long = number[:1] in "+0123456789" and len(number) > LONGEST_EXTENSION
    return is_long or number == ANONYMOUS


def masked_number(number: str | None) -> str | None:
    """Return what is kept of the number of a private call: its end, ``•••42``.

    :return: only dots for numbers so short that their end would reveal them
    """
    if not number:
        return None
    digits = re.sub(r"\D", "", number)
    return "•••" + (digits[-2:] if len(digits) > 6 else "")


def digest(content) -> str:
    """Return an id for a message that has none, equal for equal contents in any order.

    :param content: JSON values
    """
    canonical = json.dumps(content, sort_keys=True, separators=(",", ":"), ensure_ascii=True)
    return hashlib.sha256(canonical.encode()).hexdigest()[:40]
