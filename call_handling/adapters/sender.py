"""What a request says about the program that sends it, beside the events in it."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from .request import WebhookRequest

RELAY_HEADER = "x-call-handling-relay"  # of our relay: "waiting=12; oldest=34"
MAX_NUMBER = 2**31 - 1
CLOCK_EVENTS = 20  # from whose times the difference of the clocks is estimated
MIN_CLOCK_EVENTS = 5  # fewer say nothing

_RELAY = re.compile(r"call-handling-relay/(?P<version>[\w.+-]{1,20})", re.ASCII)
_NUMBER = re.compile(r"\d{1,10}", re.ASCII)


@dataclass(frozen=True)
class SenderReport:
    """What is known about the sender of a request.

    :param clock_difference: seconds by which its clock is ahead of ours; ``None``: not known
    :param relay_version: empty if it is not our relay
    :param waiting: how many events wait there to be sent; ``None``: not reported
    :param oldest: since how many seconds the first of them has been waiting
    """

    clock_difference: int | None = None
    relay_version: str = ""
    waiting: int | None = None
    oldest: int = 0


def read_report(request: WebhookRequest, sent_at: datetime | None) -> SenderReport:
    """Return what a request says about its sender.

    :param request: its sender has proved who it is
    :param sent_at: when it was sent, as :meth:`.base.Adapter.read_clock` returns it
    """
    ahead = sent_at - request.received_at if sent_at else None
    relay = _RELAY.match(request.headers.get("user-agent", ""))
    queue = dict(
        part.strip().partition("=")[::2]
        for part in request.headers.get(RELAY_HEADER, "").split(";")
    )
    return SenderReport(
        clock_difference=round(ahead.total_seconds()) if ahead is not None else None,
        relay_version=relay["version"] if relay else "",
        waiting=_read_number(queue.get("waiting")),
        oldest=_read_number(queue.get("oldest")) or 0,
    )


def estimate_clock_difference(ahead: Sequence[float]) -> float | None:
    """Estimate how far the clock of a system is ahead that does not say when it sends.

    Events may be late for other reasons, but are never early. So a clock is behind if not even the
    fastest of the last events was on time, and ahead as long as one of the very last ones is early.

    :param ahead: by how many seconds the time of each of the last events is after its arrival,
        that of the newest first; at most :data:`CLOCK_EVENTS`
    :return: negative if it is behind; ``None`` if there are too few
    """
    if len(ahead) < MIN_CLOCK_EVENTS:
        return None
    behind = min(0, max(ahead))
    return max(behind, *ahead[:MIN_CLOCK_EVENTS])


def _read_number(value: str | None) -> int | None:
    """Return a number that the database can store, if it is one."""
    if not value or not _NUMBER.fullmatch(value):
        return None
    return min(int(value), MAX_NUMBER)
