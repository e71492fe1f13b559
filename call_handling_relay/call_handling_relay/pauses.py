"""Increasing pauses between attempts."""

from __future__ import annotations

import random


class Pauses:
    """Pauses of which each is about twice as long as the one before, up to a limit.

    Half of each pause is random, so that many relays that lost the same server do not all
    connect again at the same moment.

    :param first: maximum length of the first pause, in seconds
    :param limit: maximum length of any pause, in seconds
    :param rng: source of random numbers; by default a new one
    """

    def __init__(self, first: float, limit: float, rng: random.Random | None = None):
        self.first = first
        self.limit = limit
        self.rng = rng or random.Random()
        self.reset()

    def reset(self) -> None:
        """Start again with a short pause, after a successful attempt."""
        self._maximum = self.first

    def next(self) -> float:
        """Return the length of the next pause.

        :return: seconds
        """
        maximum = self._maximum
        self._maximum = min(self.limit, maximum * 2)
        return maximum * self.rng.uniform(0.5, 1)
