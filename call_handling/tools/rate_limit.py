"""Limits how often something may happen, in the memory of one process."""

from __future__ import annotations

import ipaddress
import math
import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Hashable

MAX_KEYS = 10_000
IPV6_NETWORK = 64  # bits: whoever has one address of such a network has all of them


class RateLimit:
    """Lets something happen a number of times at once, and then at a steady rate, for each key.

    The memory is bounded: if there are too many keys, those that were not used for the longest
    time are forgotten. Several processes have separate limits.

    :param burst: how often it may happen at once
    :param per_minute: how often it may happen in the long run
    :param max_keys: number of keys that are remembered
    :param clock: returns the time in seconds; only differences matter
    """

    def __init__(
        self,
        burst: int,
        per_minute: float,
        max_keys: int = MAX_KEYS,
        clock: Callable[[], float] = time.monotonic,
    ):
        self.burst = burst
        self.per_second = per_minute / 60
        self.max_keys = max_keys
        self.clock = clock
        self._lock = threading.Lock()
        # What is left of each key's burst, and when that was computed; last used last
        self._left: OrderedDict[Hashable, tuple[float, float]] = OrderedDict()

    def __len__(self) -> int:
        return len(self._left)

    def take(self, key: Hashable) -> int:
        """Count one occurrence.

        :param key: whose limit it is
        :return: 0 if it is within the limit, otherwise the whole seconds until the next one is
        """
        now = self.clock()
        with self._lock:
            left, since = self._left.pop(key, (self.burst, now))
            left = min(self.burst, left + (now - since) * self.per_second)
            is_within = left >= 1
            self._left[key] = (left - 1 if is_within else left, now)
            if len(self._left) > self.max_keys:
                self._left.popitem(last=False)
        return 0 if is_within else math.ceil((1 - left) / self.per_second)

    def clear(self) -> None:
        """Forget all keys."""
        with self._lock:
            self._left.clear()


def read_source(address: str | None) -> str:
    """Return what counts as one sender.

    :param address: IP address as the server sees it
    :return: the IPv4 address, or the network of the IPv6 address; the text itself if it is neither
    """
    try:
        ip = ipaddress.ip_address((address or "").partition("%")[0])
    except ValueError:
        return address or ""
    if ip.version == 6 and not ip.ipv4_mapped:
        return str(ipaddress.ip_network((ip, IPV6_NETWORK), strict=False))
    return str(getattr(ip, "ipv4_mapped", None) or ip)
