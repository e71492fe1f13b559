"""What of a telephone system's messages names nobody, so that it may stand in a bug report."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta, timezone
from email.utils import parsedate_to_datetime

from .times import read_time

AROUND = timedelta(days=400)  # between a time and the arrival of the message that names it
NEVER = "0001-01-01"  # a moment that did not happen begins like this
DAY = 86400  # seconds

_LENGTH = re.compile(r"\d{1,5}(?:\.\d{1,3})?")
_CLOCK = re.compile(r"\d{1,2}:\d{2}(?::\d{2})?")
_RFC_2822 = re.compile(r"[A-Z][a-z]{2}, \d{1,2} [A-Z][a-z]{2} \d{4} \d{2}:\d{2}:\d{2} [+-]\d{4}")
_SCALES = {10: 1, 13: 1_000, 16: 1_000_000}  # of Unix time, by its digits


@dataclass(frozen=True)
class Vocabulary:
    """What a telephone system's own words are. Everything else is somebody's.

    :param words: values that may stay, by the name of their field
    :param times: fields with moments
    :param lengths: fields with lengths of time
    :param names: names of further fields
    :param ids: those of them that are never numbers of telephones
    :param marks: words that may stay inside of any text, such as ``sip``
    :param tail: what the names of channels end with: it is replaced apart from what it follows
    :param encoded: fields with JSON in Base64
    """

    words: Mapping[str, Collection[str]] = field(default_factory=dict)
    times: frozenset[str] = frozenset()
    lengths: frozenset[str] = frozenset()
    names: frozenset[str] = frozenset()
    ids: frozenset[str] = frozenset()
    marks: frozenset[str] = frozenset()
    tail: re.Pattern | None = None
    encoded: frozenset[str] = frozenset()

    def knows_field(self, name: str) -> bool:
        """Return whether a field's name is the telephone system's, and nobody else's."""
        kinds = (self.words, self.times, self.lengths, self.names, self.ids, self.encoded)
        return any(name in kind for kind in kinds)

    def may_stay(self, name: str, value, moment: datetime) -> bool:
        """Return whether a value names nobody.

        :param name: of its field
        :param value: a text or a number
        :param moment: when the message arrived, aware
        """
        written = str(value)
        if written in self.words.get(name, ()):
            return True
        if name in self.times:
            return is_time(written, moment)
        return name in self.lengths and is_length(written)


def is_length(written: str) -> bool:
    """Return whether a text is a length of time of at most a day."""
    is_seconds = _LENGTH.fullmatch(written) and float(written) <= DAY
    return bool(is_seconds or _CLOCK.fullmatch(written))


def is_time(written: str, moment: datetime) -> bool:
    """Return whether a text is a moment, and not a number that looks like one: it must be near
    another moment.

    :param moment: aware
    """
    if written == "0" or re.fullmatch(rf"{NEVER}T00:00:00(?:\.0+)?Z?", written):
        return True
    try:
        return abs(_read(written) - moment) < AROUND
    except (ValueError, OverflowError):
        return False


def _read(written: str) -> datetime:
    if _RFC_2822.fullmatch(written):
        return parsedate_to_datetime(written)
    if written.isdecimal():
        if not (scale := _SCALES.get(len(written))):
            raise ValueError(written)  # no Unix time of today
        return datetime.fromtimestamp(int(written) / scale, timezone.utc)
    latest = datetime.max.replace(tzinfo=timezone.utc) - timedelta(days=2)
    return read_time(written, timezone.utc, latest)
