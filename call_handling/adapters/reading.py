"""Reads single values of messages, and explains what is wrong with them."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from enum import Enum

from .event import ANONYMOUS, LONGEST_EXTENSION

DAY = 86400  # seconds; no call is longer
MAX_TEXT = 500  # characters in one value; numbers and names are far shorter


_LENGTH = re.compile(r"(\d{1,3}:)?(\d{1,2}:)?\d{1,9}(\.\d*)?")


def dump(item) -> str:
    """Return a message as text that the database can store: pure ASCII JSON."""
    return json.dumps(item, ensure_ascii=True)


def text(values: Mapping, name: str) -> str | None:
    """Return a value that should be a text; a whole number is converted.

    :return: stripped; ``None`` if it is missing or empty
    :raise ValueError: it is of another type, too long, or has control characters
    """
    value = values.get(name)
    if value is None:
        return None
    if isinstance(value, int) and not isinstance(value, bool):
        value = str(value)
    if not isinstance(value, str):
        raise ValueError(f"{name!r} must be a text, not {type(value).__name__}")
    if len(value) > MAX_TEXT:
        raise ValueError(f"{name!r} has more than {MAX_TEXT} characters")
    if not value.isprintable() and any(ord(c) < 32 or 0xD800 <= ord(c) < 0xE000 for c in value):
        raise ValueError(f"{name!r} has control characters")
    return value.strip() or None


def required_text(values: Mapping, name: str) -> str:
    """Return a text that must be present; see :func:`text`.

    :raise ValueError: it is missing
    """
    if (value := text(values, name)) is None:
        raise ValueError(f"{name!r} is missing")
    return value


def choice(values: Mapping, name: str, choices: type[Enum]):
    """Return a value that must be one of an enumeration's, or ``None``.

    :raise ValueError: it is none of them
    """
    value = text(values, name)
    if value is None:
        return None
    try:
        return choices(value)
    except ValueError as error:
        known = ", ".join(member.value for member in choices)
        raise ValueError(f"{name!r} is {value[:40]!r}; known are: {known}") from error


# What systems send instead of a number that was withheld.
_WITHHELD = {"anonymous", "withheld", "private", "restricted", "unavailable", "blocked"}
_NOTHING = {"", "unknown", "<unknown>", "none", "null", "-"}


def number(values: Mapping, name: str) -> str | None:
    """Return a telephone number as sent; :data:`ANONYMOUS` if it was withheld.

    :return: ``None`` if there is none
    :raise ValueError: it is not a text
    """
    value = text(values, name)
    if value is None or value.lower() in _NOTHING:
        return None
    return ANONYMOUS if value.lower() in _WITHHELD else value


def international(values: Mapping, name: str) -> str | None:
    """Return a number of a system that sends international numbers without the plus sign; see
    :func:`number`."""
    value = number(values, name)
    if value and value.isdigit() and len(value) > LONGEST_EXTENSION and not value.startswith("0"):
        return f"+{value}"
    return value


def seconds(values: Mapping, name: str) -> int:
    """Return a duration in seconds, sent as a number or as ``hh:mm:ss``; 0 for none, at most a
    day.

    :raise ValueError: it is something else
    """
    value = text(values, name) or "0"
    if not _LENGTH.fullmatch(value):
        raise ValueError(f"{name!r} is {value[:40]!r}, not a length in seconds")
    total = 0
    for part in value.split(".")[0].split(":"):
        total = 60 * total + int(part)
    return min(total, DAY)


def gather(form: tuple[tuple[str, str], ...]) -> dict:
    """Return the fields of a form as one object; ``user``, ``user[]``, ``user[0]`` are one list."""
    gathered: dict = {}
    for name, value in form:
        base, bracket, _rest = name.partition("[")
        if bracket or base in gathered:
            earlier = gathered.get(base, [])
            gathered[base] = [*(earlier if isinstance(earlier, list) else [earlier]), value]
        else:
            gathered[base] = value
    return gathered


def translate(value: str | None, name: str, table: Mapping):
    """Return what a word of the system means; ``None`` for none.

    :raise ValueError: the word is not in the table
    """
    if value is None:
        return None
    if value not in table:
        raise ValueError(f"{name!r} is {value[:40]!r}; known are: {', '.join(table)}")
    return table[value]
