"""What arrives from a telephone system, and the two reasons for not accepting it."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime

from .reasons import Reason, Why
from .text import Labelled, _lt

MAX_DEPTH = 20  # levels of lists and objects in a message
CUT_DEPTH = MAX_DEPTH + 3  # in a body, where messages are in a list in an object
MAX_DIGITS = 30  # of a whole number; Python refuses to read those of thousands of digits

_TOKEN = re.compile(r'"(?:[^"\\]|\\.)*"|[][{}]', re.DOTALL)


class Refusal(Labelled):
    """Why a request was refused. Shown to the administrator, never to the sender."""

    UNSIGNED = "unsigned", _lt("The signature was missing.")
    WRONG_SIGNATURE = (
        "wrong_signature",
        _lt("The signature was wrong. Does the telephone system have the current secret?"),
    )
    OLD = "old", _lt("The timestamp was too old or in the future. Check both clocks.")
    NOT_ALLOWED_UNSIGNED = (
        "not_allowed_unsigned",
        _lt("The telephone system does not sign. Accept unsigned events if it cannot."),
    )
    TOO_LARGE = (
        "too_large",
        _lt("A request was larger than 256 KiB. Configure the system to send smaller batches."),
    )
    TOO_MANY = (
        "too_many",
        _lt("A request had too many events. Configure the system to send smaller batches."),
    )
    NO_ADAPTER = (
        "no_adapter",
        _lt("The addon for this telephone system is not installed. Install it again."),
    )
    DATABASE_COPY = (
        "database_copy",
        _lt("This database is a copy of another one. Copies accept no events."),
    )


class Refused(Exception):
    """The sender did not prove that it is the telephone system, or nothing is accepted here."""

    def __init__(self, refusal: Refusal):
        super().__init__(refusal.value)
        self.refusal = refusal


class Malformed(Exception):
    """The body as a whole cannot be read. The text says why, to the sender."""


class TooMany(Exception):
    """A request has more messages than are accepted at once.

    :param limit: how many are accepted
    """

    def __init__(self, limit: int):
        super().__init__(f"there are more than {limit} events; send smaller batches")
        self.limit = limit


@dataclass(frozen=True)
class WebhookRequest:
    """A request as it arrived.

    :param body: the raw bytes, as they were signed
    :param received_at: aware, UTC
    :param content_type: media type without parameters, in lower case
    :param headers: names in lower case
    :param form: fields of a form body in order, repeated names kept
    :param query: what followed the question mark of the address, as it was sent
    """

    body: bytes
    received_at: datetime
    content_type: str = ""
    headers: Mapping[str, str] = field(default_factory=dict)
    form: tuple[tuple[str, str], ...] = ()
    query: str = ""

    def json(self):
        """Return the body's JSON value.

        A text, number or list in it that nobody can use does not make the others unreadable: the
        value is returned with something in its place that its own message is rejected for.

        :raise Malformed: there is none
        """
        if not self.body.strip():
            raise Malformed(Reason(Why.BODY_EMPTY))
        try:
            return _read_json(_decode(self.body))
        except (ValueError, RecursionError) as error:
            raise Malformed(Reason(Why.BODY_NO_JSON, error=error)) from error


def require_flat(item) -> None:
    """Check that a message is not nested too deep.

    :raise ValueError: it is
    """
    if _depth(item) > MAX_DEPTH:
        raise ValueError(Reason(Why.NESTED, levels=MAX_DEPTH))


def _decode(body: bytes) -> str:
    """Return the text of a body; bytes that are no text become characters that no text has."""
    encoding = json.detect_encoding(body)
    try:
        return body.decode(encoding, "surrogatepass")
    except UnicodeDecodeError:
        if not encoding.startswith("utf-8"):
            raise
        return body.decode(encoding, "surrogateescape")


def _read_json(text: str):
    with suppress(RecursionError):
        value = _load(text)
        if _depth(value) <= CUT_DEPTH:
            return value
    return _load(_cut(text))


def _read_whole_number(digits: str) -> int | str:
    return int(digits) if len(digits) <= MAX_DIGITS else digits


# Not strict: control characters are rejected with their own message.
_load = json.JSONDecoder(strict=False, parse_int=_read_whole_number).decode


def _cut(text: str) -> str:
    """Return JSON without what is nested deeper than :data:`CUT_DEPTH`."""
    kept, depth, start = [], 0, 0
    for token in _TOKEN.finditer(text):
        if token[0] in ("[", "{"):
            depth += 1
            if depth == CUT_DEPTH:
                kept.append(text[start : token.end()])
        elif token[0] in ("]", "}"):
            if depth == CUT_DEPTH:
                start = token.start()
            depth -= 1
    return "".join([*kept, text[start:]])


def _depth(value) -> int:
    """Return how many levels of lists and objects a JSON value has."""
    depth, level = 0, [value]
    while level := [part for part in level if isinstance(part, (list, dict))]:
        depth += 1
        level = [
            part
            for outer in level
            for part in (outer.values() if isinstance(outer, dict) else outer)
        ]
    return depth
