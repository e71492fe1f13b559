"""Marks texts of adapters for translation, and makes others fit to be stored.

Adapters are plain Python, so they cannot translate: they mark, and Odoo translates when it
shows a text (`call.pbx._translate`). Odoo's export of terms finds texts inside of ``_lt()``.
"""

from __future__ import annotations

from enum import Enum


def _lt(source: str) -> str:
    """Return the text unchanged; it is translated where it is shown."""
    return source


def storable(value: str) -> str:
    """Return a text without what the database cannot store: null characters, and halves of
    characters."""
    return value.encode("utf-8", "backslashreplace").decode().replace("\x00", "\\x00")


class Labelled(str, Enum):
    """An enumeration whose members have a label, marked for translation."""

    def __new__(cls, value: str, label: str, *_details):
        member = str.__new__(cls, value)
        member._value_ = value
        member.label = label
        return member

    @classmethod
    def choices(cls) -> list[tuple[str, str]]:
        """Values and labels, as a selection field of Odoo takes them."""
        return [(member.value, member.label) for member in cls]
