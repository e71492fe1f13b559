"""The difference of two clocks is estimated from events that may be late, and are never early."""

from hypothesis import given
from hypothesis import strategies as st

from adapters.sender import CLOCK_EVENTS, MIN_CLOCK_EVENTS, estimate_clock_difference

delays = st.lists(st.floats(0, 3600), min_size=MIN_CLOCK_EVENTS, max_size=CLOCK_EVENTS)
offsets = st.floats(-7200, 7200)


def report(offset, delays):
    """Return by how much the events of a clock with this offset are ahead."""
    return [offset - delay for delay in delays]


@given(delays)
def test_a_right_clock_is_never_ahead_however_late_its_events_are(delays):
    assert estimate_clock_difference(report(0, delays)) <= 0


@given(delays, st.integers(0, CLOCK_EVENTS - 1))
def test_one_event_in_time_is_enough_to_show_that_a_clock_is_not_behind(delays, at):
    delays[at % len(delays)] = 0
    assert estimate_clock_difference(report(0, delays)) == 0


@given(offsets, delays)
def test_an_estimate_is_never_more_than_the_difference_ahead(offset, delays):
    assert estimate_clock_difference(report(offset, delays)) <= max(0, offset)


@given(offsets)
def test_the_difference_of_prompt_events_is_the_estimate(offset):
    assert estimate_clock_difference([offset] * MIN_CLOCK_EVENTS) == offset


@given(offsets, delays)
def test_a_difference_is_over_when_later_events_are_right(offset, delays):
    later = [0.0] * MIN_CLOCK_EVENTS
    events = [*later, *report(offset, delays)][:CLOCK_EVENTS]
    assert estimate_clock_difference(events) == 0


@given(st.lists(st.floats(-7200, 7200), max_size=MIN_CLOCK_EVENTS - 1))
def test_too_few_events_say_nothing(ahead):
    assert estimate_clock_difference(ahead) is None
