"""How much time of a call counts. Plain Python: nothing of Odoo is imported here."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime


def counted_seconds(
    seconds: int, *, free: int = 0, minimum: int = 0, step: int = 0, up: bool = True
) -> int:
    """How many seconds of a length count.

    :param seconds: the length
    :param free: seconds of every call that do not count
    :param minimum: seconds that count at least, if anything counts
    :param step: what counts is a multiple of so many seconds; 0 for exact seconds
    :param up: always up to the next multiple, else to the nearest one, the half up
    """
    rest = seconds - free
    if rest <= 0:
        return 0
    if step:
        rest = (rest + (step - 1 if up else step // 2)) // step * step
    return max(rest, minimum)


def covered_seconds(intervals: Iterable[tuple[datetime, datetime]]) -> int:
    """How many seconds lie in at least one of the intervals.

    :param intervals: start and end of each, in any order; they may overlap
    """
    total, until = 0.0, datetime.min
    for start, end in sorted(intervals):
        if end > until:
            total += (end - max(start, until)).total_seconds()
            until = end
    return round(total)
