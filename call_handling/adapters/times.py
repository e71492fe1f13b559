"""Reads the times that telephone systems send."""

from __future__ import annotations

import re
from datetime import datetime, timedelta, timezone, tzinfo

from .reasons import Reason, Why

UTC = timezone.utc
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)

# Events outside these bounds come from a wrong clock, not from a call.
OLDEST = datetime(2000, 1, 1, tzinfo=UTC)
AHEAD = timedelta(days=1)

_EXAMPLE = "2026-11-23T22:42:55.123Z"
_ISO = re.compile(
    r"(\d{4}-\d{2}-\d{2})[T ](\d{2}:\d{2}(?::\d{2})?)(?:[.,](\d{1,9}))?"
    r"\s?(Z|[+-]\d{2}(?::?\d{2})?)?",
    re.IGNORECASE,
)
_UNIX = re.compile(r"(\d{1,12})(?:\.(\d{1,9}))?")


def read_time(value, tz: tzinfo, received_at: datetime) -> datetime:
    """Read a moment.

    :param value: ISO 8601 text (without offset: local time of ``tz``), or Unix seconds as
        number or text
    :param tz: time zone of the telephone system
    :param received_at: when the message arrived, aware
    :return: aware, UTC
    :raise ValueError: not a time, or one that cannot be true, with a reason for people
    """
    if isinstance(value, bool) or not isinstance(value, (str, int, float)):
        raise ValueError(Reason(Why.TIME_NO_TEXT, kind=type(value).__name__))
    moment = _read(str(value).strip(), tz)
    if moment < OLDEST:
        raise ValueError(Reason(Why.TIME_TOO_OLD, time=value, year=OLDEST.year))
    if moment > received_at + AHEAD:
        raise ValueError(Reason(Why.TIME_AHEAD, time=value))
    return moment


def _read(text: str, tz: tzinfo) -> datetime:
    if match := _UNIX.fullmatch(text):
        seconds, fraction = int(match[1]), _microseconds(match[2])
        return _within_calendar(lambda: EPOCH + timedelta(seconds=seconds, microseconds=fraction))
    match = _ISO.fullmatch(text)
    if not match:
        raise ValueError(Reason(Why.TIME_UNLIKE, value=repr(text[:40]), example=_EXAMPLE))
    day, clock, fraction, offset = match.groups()
    try:
        moment = datetime.fromisoformat(f"{day}T{clock}{_offset(offset)}")
    except ValueError as error:
        raise ValueError(Reason(Why.TIME_IMPOSSIBLE, value=repr(text[:40]), error=error)) from error
    moment += timedelta(microseconds=_microseconds(fraction))
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=tz)
    return _within_calendar(lambda: moment.astimezone(UTC))


def _within_calendar(compute) -> datetime:
    try:
        return compute()
    except OverflowError as error:
        raise ValueError(Reason(Why.TIME_OUTSIDE)) from error


def _microseconds(fraction: str | None) -> int:
    return int((fraction or "0")[:6].ljust(6, "0"))


def _offset(text: str | None) -> str:
    """Return the offset as Python 3.10 reads it: ``+hh:mm``."""
    if not text:
        return ""
    if text in "Zz":
        return "+00:00"
    digits = text[1:].replace(":", "").ljust(4, "0")
    return f"{text[0]}{digits[:2]}:{digits[2:]}"
