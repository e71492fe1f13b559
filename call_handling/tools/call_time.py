"""Computes billable call time. Plain Python: nothing of Odoo is imported here."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime


def counted_seconds(
    seconds: int, *, free: int = 0, minimum: int = 0, step: int = 0, up: bool = True
) -> int:
    """Return how many seconds of a duration count.

    :param seconds: the duration
    :param free: seconds at the beginning that do not count
    :param minimum: the least that is returned, if anything counts
    :param step: rounds to a multiple of this many seconds; 0 for exact seconds
    :param up: rounds up to the next multiple, else to the nearest one, halves up
    """
    rest = seconds - free
    if rest <= 0:
        return 0
    if step:
        rest = (rest + (step - 1 if up else step // 2)) // step * step
    return max(rest, minimum)


def covered_seconds(intervals: Iterable[tuple[datetime, datetime]]) -> int:
    """Return how many seconds lie in at least one of the intervals.

    :param intervals: start and end of each, in any order; they may overlap
    """
    total, until = 0.0, datetime.min
    for start, end in sorted(intervals):
        if end > until:
            total += (end - max(start, until)).total_seconds()
            until = end
    return round(total)
