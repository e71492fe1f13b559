"""How much of a worker's time each telephone system takes."""

from __future__ import annotations

import time
from collections.abc import Callable, Hashable, Iterator
from contextlib import contextmanager

SHARE = 0.5  # of the worker's time, in the long run
BURST = 10.0  # seconds; what a telephone system may take at once


class Pace:
    """Notes how long calls are processed for each telephone system, in this worker.

    A telephone system is ahead of the worker as soon as it takes more than :data:`BURST` seconds
    beyond its :data:`SHARE`. In memory: it must not cost a query.

    :param clock: returns seconds
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic):
        self._clock = clock
        self._taken: dict[
            Hashable, tuple[float, float]
        ] = {}  # seconds beyond the share, until when

    def is_ahead(self, system: Hashable) -> bool:
        """Return whether a telephone system sends more than is processed in time.

        :param system: what identifies it in this process
        """
        return self._get_taken(system) > BURST

    @contextmanager
    def measured(self, system: Hashable) -> Iterator[None]:
        """Note how long the ``with`` block takes."""
        started = self._clock()
        try:
            yield
        finally:
            now = self._clock()
            self._taken[system] = (self._get_taken(system) + now - started, now)

    def _get_taken(self, system: Hashable) -> float:
        taken, until = self._taken.get(system, (0.0, 0.0))
        return max(0.0, taken - SHARE * (self._clock() - until))
