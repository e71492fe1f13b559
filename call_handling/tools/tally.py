"""Counts what may happen very often, and has the counts written at most once in a while."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Hashable
from dataclasses import dataclass


@dataclass
class _Count:
    pending: int = 0
    last: object = None
    written_at: float = float("-inf")
    timer: threading.Timer | None = None


class Tally:
    """Counts in the memory of one process, by key.

    The first occurrence is written at once. Those that follow within the interval are written
    together at its end, by a thread of their own, also if none comes after them.

    :param interval: shortest time between two times of writing, in seconds
    """

    def __init__(self, interval: float):
        self.interval = interval
        self._lock = threading.Lock()
        self._counts: dict[Hashable, _Count] = {}

    def add(self, key: Hashable, last, write_later: Callable[[int, object], None]) -> int:
        """Count one occurrence.

        :param key: what is counted; there must not be many
        :param last: what is known about this occurrence
        :param write_later: writes what is counted until the end of the interval: how many, and
            what is known about the last one
        :return: how many to write now; 0: none, they are written later
        """
        now = time.monotonic()
        with self._lock:
            count = self._counts.setdefault(key, _Count())
            count.pending += 1
            count.last = last
            if count.timer:
                return 0
            if now - count.written_at >= self.interval:
                return self._take(count, now)
            wait = count.written_at + self.interval - now
            # Not a daemon: when a worker stops, it waits for this.
            count.timer = threading.Timer(wait, self._write, (count, write_later))
            count.timer.start()
        return 0

    def clear(self) -> None:
        """Forget everything, also what was not written."""
        with self._lock:
            for count in self._counts.values():
                if count.timer:
                    count.timer.cancel()
            self._counts.clear()

    def _write(self, count: _Count, write_later: Callable[[int, object], None]) -> None:
        with self._lock:
            count.timer = None
            last = count.last
            number = self._take(count, time.monotonic())
        if number:
            write_later(number, last)

    @staticmethod
    def _take(count: _Count, now: float) -> int:
        number, count.pending, count.written_at = count.pending, 0, now
        return number
