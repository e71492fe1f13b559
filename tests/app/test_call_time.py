"""How much of a call's time counts, for calls of any length and any rules."""

from datetime import datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from call_time import counted_seconds, covered_seconds

MINUTE = 60
lengths = st.integers(0, 4 * 3600)
rules = st.fixed_dictionaries(
    {
        "free": st.integers(0, 600),
        "minimum": st.integers(0, 60).map(lambda minutes: minutes * MINUTE),
        "step": st.integers(0, 60).map(lambda minutes: minutes * MINUTE),
        "up": st.booleans(),
    }
)
NOON = datetime(2026, 11, 23, 12)
moments = st.integers(0, 3600).map(lambda seconds: NOON + timedelta(seconds=seconds))
intervals = st.tuples(moments, moments).map(sorted).map(tuple)


@pytest.mark.parametrize(
    ("seconds", "rules", "minutes"),
    [
        (0, {"minimum": 300, "step": 300}, 0),
        (1, {}, 1 / 60),
        (1, {"step": 300}, 5),
        (299, {"step": 300}, 5),
        (300, {"step": 300}, 5),
        (301, {"step": 300}, 10),
        (149, {"step": 300, "up": False}, 0),
        (150, {"step": 300, "up": False}, 5),
        (449, {"step": 300, "up": False}, 5),
        (450, {"step": 300, "up": False}, 10),
        (30, {"free": 30, "minimum": 300}, 0),
        (31, {"free": 30, "minimum": 300}, 5),
        (330, {"free": 30, "step": 300}, 5),
        (331, {"free": 30, "step": 300}, 10),
        (20, {"minimum": 420, "step": 300}, 7),
        (421, {"minimum": 420, "step": 300}, 10),
        (20, {"step": 300, "up": False, "minimum": 60}, 1),
    ],
)
def test_examples(seconds, rules, minutes):
    assert counted_seconds(seconds, **rules) == minutes * MINUTE


@given(lengths, lengths, rules)
def test_a_longer_call_never_counts_less(one, other, rules):
    short, long = sorted((one, other))
    assert counted_seconds(short, **rules) <= counted_seconds(long, **rules)


@given(lengths, rules)
def test_the_counted_time_is_never_below_the_minimum(seconds, rules):
    counted = counted_seconds(seconds, **rules)
    assert counted == 0 or counted >= rules["minimum"]


@given(rules)
def test_a_call_without_talk_time_counts_nothing(rules):
    assert counted_seconds(0, **rules) == 0


@given(lengths, rules)
def test_free_seconds_are_subtracted_first(seconds, rules):
    counted = counted_seconds(seconds, **rules | {"free": 0})
    assert counted_seconds(seconds + rules["free"], **rules) == counted
    assert counted_seconds(min(seconds, rules["free"]), **rules) == 0


@given(st.integers(1, 100), st.integers(1, 60), st.booleans())
def test_exact_multiples_are_not_rounded_further(times, step_minutes, up):
    step = step_minutes * MINUTE
    assert counted_seconds(times * step, step=step, up=up) == times * step
    assert counted_seconds(times * step + 1, step=step, up=True) == (times + 1) * step


@given(lengths, st.integers(1, 60), st.booleans())
def test_rounding_gives_multiples_and_moves_less_than_a_step(seconds, step_minutes, up):
    step = step_minutes * MINUTE
    counted = counted_seconds(seconds, step=step, up=up)
    assert counted % step == 0
    assert (0 if up else -step / 2) <= counted - seconds < step


@given(st.lists(intervals, max_size=8))
def test_overlapping_seconds_count_once(parts):
    seconds = {
        NOON + timedelta(seconds=second)
        for start, end in parts
        for second in range(int((start - NOON).total_seconds()), int((end - NOON).total_seconds()))
    }
    assert covered_seconds(parts) == len(seconds)
