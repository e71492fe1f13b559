"""What a telephone system reports about a phone, whether there is a call or not."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from .text import Labelled, _lt


class PhoneState(Labelled):
    """What colleagues need to know before they transfer a call."""

    FREE = "free", _lt("Free")
    RINGING = "ringing", _lt("Ringing")
    TALKING = "talking", _lt("Talking")
    DND = "dnd", _lt("Do not disturb")
    OFFLINE = "offline", _lt("Not connected")


@dataclass(frozen=True)
class PhoneReport:
    """What the telephone system reports about one phone.

    Some systems report calls and "do not disturb" apart from each other: what is ``None`` is not
    reported.

    :param phone: name of the phone, as in the telephone system's events
    :param at: since when, aware, UTC
    :param state: free, ringing, talking or offline
    :param is_dnd: whether "do not disturb" is on
    """

    phone: str
    at: datetime
    state: PhoneState | None = None
    is_dnd: bool | None = None


def make_report(phone: str, at: datetime, state: PhoneState) -> PhoneReport:
    """Return the report of a system that reports only one of the states at a time."""
    is_dnd = state is PhoneState.DND
    return PhoneReport(phone, at, PhoneState.FREE if is_dnd else state, is_dnd)
