"""The messages of a telephone system as they stand in a bug report: nobody is named in them."""

from __future__ import annotations

import base64
import binascii
import builtins
import json
import re
from collections.abc import Mapping
from dataclasses import fields
from datetime import datetime

from .event import CallEvent, Direction, Kind, RecordingState
from .outcome import Cause
from .pseudonyms import Pseudonyms
from .records import Record
from .request import MAX_DEPTH
from .vocabulary import Vocabulary

# What reasons of failed messages say, which quote values.
REASONS = {
    "missing": r"(?P<field>'\w+')? ?is missing",
    "unknown_word": r"(?P<field>'\w+') is .*; known are:",
    "wrong_type": r"(?P<field>'\w+')?.* must be ",
    "too_long": r"(?P<field>'\w+')?.* has more than \d+ (?:characters|bytes)",
    "control_characters": r"(?P<field>'\w+') has control characters",
    "no_length": r"(?P<field>'\w+') is .* not a length in seconds",
    "no_time": r".*is not a time",
    "future": r"the time .* is in the future",
    "past": r"the time .* is before the year",
    "nested": r"it is nested more than",
    "no_json": r"(?P<field>'\w+')?.*\bJSON\b",
    "private": r"It is about a private call",
}
OTHER = "other"

# Events as they were understood, in the words of event.py
EVENT = Vocabulary(
    words={
        "kind": {kind.value for kind in Kind},
        "direction": {direction.value for direction in Direction},
        "cause": {cause.value for cause in Cause},
        "recording": {state.value for state in RecordingState},
        "record": {record.value for record in Record},
    },
    times=frozenset({"at"}),
    names=frozenset(field.name for field in fields(CallEvent)),
)


class Anonymizer:
    """Replaces everything in messages that is not one of the telephone system's own words.

    :param vocabulary: of the telephone system
    :param pseudonyms: what replaces what
    """

    def __init__(self, vocabulary: Vocabulary, pseudonyms: Pseudonyms):
        self.vocabulary = vocabulary
        self.pseudonyms = pseudonyms

    def replace_message(self, item, moment: datetime):
        """Return a message without anybody in it.

        :param item: JSON value
        :param moment: when it arrived, aware
        """
        return self._replace(item, "", moment, MAX_DEPTH)

    def _replace(self, value, name: str, moment: datetime, depth: int):
        if depth < 0:
            return None
        if isinstance(value, Mapping):
            return {
                self._replace_name(key): self._replace(inner, key, moment, depth - 1)
                for key, inner in value.items()
            }
        if isinstance(value, list):
            return [self._replace(inner, name, moment, depth - 1) for inner in value]
        is_plain = value is None or isinstance(value, bool)
        if is_plain or self.vocabulary.may_stay(name, value, moment):
            return value
        if isinstance(value, str):
            return self._replace_text(value, name, moment, depth)
        return self._replace_figure(value)

    def _replace_name(self, name: str) -> str:
        return name if self.vocabulary.knows_field(name) else self.pseudonyms.replace(name)

    def _replace_figure(self, value: int | float) -> int:
        """Return what replaces a number of JSON, such as an id."""
        digits = re.sub(r"\D", "", str(int(value)) if abs(value) < 1e30 else "0")
        return int(self.pseudonyms.replace(digits, is_id=True))

    def _replace_text(self, value: str, name: str, moment: datetime, depth: int) -> str:
        if name in self.vocabulary.encoded:
            return self._replace_encoded(value, name, moment, depth)
        if (inner := _read_json(value)) is not None:
            return json.dumps(self._replace(inner, name, moment, depth - 1))
        is_id = name in self.vocabulary.ids
        tail = self.vocabulary.tail and self.vocabulary.tail.search(value)
        if not tail:
            return self.pseudonyms.replace(value, is_id=is_id)
        head, end = value[: tail.start()], value[tail.start() :]
        return self.pseudonyms.replace(head, is_id=is_id) + self._replace_tail(end)

    def _replace_tail(self, tail: str) -> str:
        """Return other digits, as many: also hexadecimal ones are read as digits then."""
        return re.sub(r"[\da-f]{3,}", lambda m: self.pseudonyms.replace_tail(m[0]), tail)

    def _replace_encoded(self, value: str, name: str, moment: datetime, depth: int) -> str:
        try:
            inner = json.loads(base64.b64decode(value, validate=True))
        except (ValueError, RecursionError, binascii.Error):
            return self.pseudonyms.replace(value)
        written = json.dumps(self._replace(inner, name, moment, depth - 1))
        return base64.b64encode(written.encode()).decode()

    def replace_event(self, values: Mapping, moment: datetime) -> dict:
        """Return what was understood of a message, as :meth:`.event.CallEvent.to_json` wrote it,
        without anybody in it."""
        own = Anonymizer(EVENT, self.pseudonyms)
        return own.replace_message(values, moment)

    def read_reason(self, reason: str) -> dict:
        """Return what the reason of a failed message says, without the values that it quotes.

        :return: ``code``, and ``field`` if it is one of the telephone system
        """
        kind = reason.partition(":")[0]
        if isinstance(getattr(builtins, kind, None), type):
            return {"code": kind}  # our own mistake
        for code, pattern in REASONS.items():
            if match := re.match(pattern, reason, re.DOTALL):
                field = (match.groupdict().get("field") or "").strip("'")
                is_known = field and self.vocabulary.knows_field(field)
                return {"code": code} | ({"field": field} if is_known else {})
        return {"code": OTHER}


def _read_json(value: str) -> dict | list | None:
    """Return the object or list that a text is, as JSON; ``None`` if it is none."""
    if value.lstrip()[:1] not in ("{", "["):
        return None
    try:
        return json.loads(value)
    except (ValueError, RecursionError):
        return None
