"""Notices that this machine's clock differs from Odoo's: the times of calls would be wrong."""

from __future__ import annotations

import email.utils
import logging
import time

DIFFERS = 30  # seconds; less is usual between machines that are not synchronised
SAY_EVERY = 3600  # seconds between two log messages about a difference

_logger = logging.getLogger(__name__)


def read_date(text: str | None) -> float | None:
    """Return the moment in a header, such as ``Date``.

    :param text: as HTTP writes dates
    :return: Unix seconds; ``None`` if it is no date
    """
    try:
        return email.utils.parsedate_to_datetime(text or "").timestamp()
    except (TypeError, ValueError, OverflowError):
        return None


def read_offset(headers) -> float | None:
    """Return how far our clock is ahead of a server's.

    :param headers: of an answer that has just arrived
    :return: seconds, negative if it is behind; ``None`` if the answer has no date
    """
    date = read_date(headers.get("Date"))
    return None if date is None else time.time() - date


def describe(offset: float, where: str) -> str:
    """Return a difference for people, with what to do.

    :param offset: seconds by which our clock is ahead
    :param where: address of the server
    """
    seconds = round(abs(offset))
    minutes, rest = divmod(seconds, 60)
    hours, minutes = divmod(minutes, 60)
    parts = ((hours, "h"), (minutes, "min"), (rest, "s"))
    length = " ".join(f"{number} {unit}" for number, unit in parts if number)
    direction = "ahead of" if offset > 0 else "behind"
    return (
        f"the clock of this machine is {length} {direction} that of {where}. The times of calls "
        "are wrong by as much, and if it is more than 5 min, Odoo refuses all events. Correct the "
        "clock that is wrong, for example with timedatectl set-ntp true."
    )


class Clock:
    """Logs that the clocks differ: when it begins, every hour, and when it is over."""

    def __init__(self):
        self._said_at: float | None = None

    def check(self, offset: float | None, where: str) -> None:
        """Compare the clocks after an answer of the server.

        :param offset: seconds by which our clock is ahead; ``None`` if it is not known
        :param where: address of the server
        """
        if offset is None:
            return
        if abs(offset) <= DIFFERS:
            if self._said_at is not None:
                _logger.info("The clocks of this machine and of %s agree again.", where)
            self._said_at = None
        elif self._said_at is None or time.monotonic() - self._said_at >= SAY_EVERY:
            self._said_at = time.monotonic()
            text = describe(offset, where)
            _logger.warning("%s", text[0].upper() + text[1:])
