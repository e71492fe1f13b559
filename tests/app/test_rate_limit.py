"""Refused requests: how often one source may be refused, and how the refusals are counted."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rate_limit import RateLimit, read_source

BURST, PER_MINUTE = 5, 60
gaps = st.lists(st.floats(0, 10), max_size=60)


def attempt(gaps, burst=BURST):
    """Return the times of attempts with these gaps, and what each is answered."""
    now = 0.0
    limit = RateLimit(burst, PER_MINUTE, clock=lambda: now)
    answers = []
    for gap in gaps:
        now += gap
        answers.append((now, limit.take("sender")))
    return answers


@given(gaps)
def test_in_any_time_not_more_is_allowed_than_the_burst_and_the_rate(gaps):
    allowed = [moment for moment, wait in attempt(gaps) if not wait]
    for first, start in enumerate(allowed):
        for last in range(first, len(allowed)):
            most = BURST + (allowed[last] - start) * PER_MINUTE / 60
            assert last - first + 1 <= most + 1e-6


@given(gaps)
def test_who_waits_as_long_as_asked_is_allowed(gaps):
    now = 0.0
    limit = RateLimit(BURST, PER_MINUTE, clock=lambda: now)
    for gap in gaps:
        now += gap
        if wait := limit.take("sender"):
            now += wait
            assert not limit.take("sender")


def test_a_sender_does_not_use_up_the_limit_of_another_one():
    limit = RateLimit(1, 1)
    assert not limit.take("one")
    assert limit.take("one")
    assert not limit.take("another")


@given(st.lists(st.integers(0, 1000), max_size=200))
def test_the_memory_is_bounded_and_who_comes_often_is_remembered(others):
    now = 0.0
    limit = RateLimit(2, 1, max_keys=10, clock=lambda: now)
    limit.take("often")
    limit.take("often")
    for other in others:
        limit.take(other)
        assert limit.take("often")
        assert len(limit) <= 10


@pytest.mark.parametrize(
    ("address", "source"),
    [
        ("192.0.2.7", "192.0.2.7"),
        ("::ffff:192.0.2.7", "192.0.2.7"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("2001:db8:1:2::1", "2001:db8:1:2::/64"),
        ("fe80::1%eth0", "fe80::/64"),
        ("unix", "unix"),
        (None, ""),
    ],
)
def test_one_source_is_one_ipv4_address_or_one_ipv6_network(address, source):
    assert read_source(address) == source
