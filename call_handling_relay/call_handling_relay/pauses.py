"""Growing pauses between attempts."""

from __future__ import annotations

import random


class Pauses:
    """Each pause is about twice as long as the one before, up to a limit.

    Half of each is left to chance: many relays that lost the same server must not all come
    back at the same moment.

    :param first: seconds, the longest that the first pause may be
    :param limit: seconds, the longest that any pause may be
    """

    def __init__(self, first: float, limit: float, chance: random.Random | None = None):
        self.first = first
        self.limit = limit
        self.chance = chance or random.Random()
        self.reset()

    def reset(self) -> None:
        """It works again: the next pause is a short one."""
        self._longest = self.first

    def next(self) -> float:
        """Seconds to wait now."""
        longest = self._longest
        self._longest = min(self.limit, longest * 2)
        return longest * self.chance.uniform(0.5, 1)
