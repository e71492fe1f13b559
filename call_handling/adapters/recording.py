"""What telephone systems report about recordings."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import Enum

from .event import MAX_ID, RecordingState
from .reading import DAY, choice, required_text, text
from .reasons import Reason, Why
from .text import Labelled, _lt
from .times import read_time


class Format(str, Enum):
    """What kind of file a recording is."""

    WAV = "wav"
    MP3 = "mp3"
    OGG = "ogg"
    GSM = "gsm"
    FLAC = "flac"


class Side(str, Enum):
    """Who is heard on a channel."""

    OUTSIDE = "outside"
    INSIDE = "inside"


class RecordingAbility(Labelled):
    """What can be done about the recordings of a telephone system."""

    FETCH = "fetch", _lt("Fetched by Odoo")
    DELETE = "delete", _lt("Deleted There by Odoo")
    START = "start", _lt("Start During a Call")
    PAUSE = "pause", _lt("Pause")
    STOP = "stop", _lt("Stop")
    STEREO = "stereo", _lt("Each Side on Its Own Channel")


# What a telephone system can do by itself, without that Odoo has a part in it.
SYSTEM_RECORDS = frozenset(RecordingAbility) - {RecordingAbility.FETCH, RecordingAbility.DELETE}


@dataclass(frozen=True)
class RecordingFacts:
    """What one message reports about a recording. The file itself comes later, or has come.

    :param call: the telephone system's id of the call
    :param ref: its id of the recording
    :param leg: id of the phone's part that was recorded
    :param start: when the recording began, aware, UTC
    :param seconds: how long it is
    :param format: of the file
    :param channels: 1, or 2 if each side has one
    :param first_side: who is heard on the first of two channels
    :param is_requested: somebody asked for it during the call
    :param is_offered: the file is ready to be fetched from the telephone system
    :param place: what is needed to fetch it, beside its id. Never an address that is enough to
        get the file: what is stored must not open anything
    """

    call: str
    ref: str
    leg: str | None = None
    start: datetime | None = None
    seconds: int | None = None
    format: Format | None = None
    channels: int | None = None
    first_side: Side | None = None
    is_requested: bool = False
    is_offered: bool = False
    place: str | None = None


LEFT_OUT = "(left out)"


def without_links(values: Mapping, *names: str) -> dict:
    """Return a message without links to files, which open them for everybody who has them.

    :param names: of the values that are links, or hold some
    """
    return {name: LEFT_OUT if name in names and value else value for name, value in values.items()}


def count_seconds(start: datetime | None, end: datetime | None) -> int | None:
    """Return how long a recording is, if it is known and possible."""
    if not start or not end:
        return None
    return round(min(max((end - start).total_seconds(), 0), DAY))


def read_recording(item: Mapping, tz, received_at: datetime) -> RecordingFacts | None:
    """Return what an event of the event API reports about a recording, if it names one.

    :param item: the event
    :param tz: time zone of times without one
    :param received_at: when it arrived, aware, UTC
    :raise ValueError: it cannot be understood, with a reason for people
    """
    values = item.get("recording")
    if values is None:
        return None
    if not isinstance(values, Mapping):
        raise ValueError(Reason(Why.NO_OBJECT, name="recording"))
    if values.get("state") is not None and values.get("id") is None:
        return None  # only what becomes of it
    ref = required_text(values, "id")
    if len(ref.encode()) > MAX_ID:
        raise ValueError(Reason(Why.ID_TOO_LONG, name="recording", most=MAX_ID))
    start = values.get("start")
    return RecordingFacts(
        call=required_text(item, "call"),
        ref=ref,
        leg=text(item, "leg"),
        start=None if start is None else read_time(start, tz, received_at),
        seconds=_whole_number(values, "seconds", DAY),
        format=choice(values, "format", Format),
        channels=_whole_number(values, "channels", 2) or None,
        first_side=_read_first_side(values),
        is_requested=_flag(values, "requested"),
    )


def read_recording_state(item: Mapping) -> RecordingState | None:
    """Return what an event of the event API reports about a recording that goes on.

    :param item: the event
    :raise ValueError: it is none of the known states
    """
    values = item.get("recording")
    return choice(values, "state", RecordingState) if isinstance(values, Mapping) else None


def _whole_number(values: Mapping, name: str, most: int) -> int | None:
    value = values.get(name)
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not 0 <= value <= most:
        raise ValueError(Reason(Why.NO_NUMBER, name=name, most=most))
    return round(value)


def _flag(values: Mapping, name: str) -> bool:
    value = values.get(name)
    if value is not None and not isinstance(value, bool):
        raise ValueError(Reason(Why.NO_FLAG, name=name))
    return bool(value)


def _read_first_side(values: Mapping) -> Side | None:
    sides = values.get("sides")
    if sides is None:
        return None
    known = [side.value for side in Side]
    if not isinstance(sides, list) or sorted(map(str, sides)) != sorted(known):
        raise ValueError(Reason(Why.NO_SIDES))
    return Side(sides[0])
