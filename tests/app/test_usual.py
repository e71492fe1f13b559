"""A silence is unusual only where calls are usual, in any time zone and across its changes."""

from collections import Counter
from datetime import datetime, timedelta, timezone
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from usual import HOUR, MIN_CALLS, MIN_WEEKS, WEEKS, History, floor

ZONES = ["Europe/Berlin", "America/New_York", "Asia/Kathmandu", "Australia/Adelaide", "UTC"]
OPENS, CLOSES = 8, 18  # on working days
# With both changes of the clock in Europe, America and Australia in it
FIRST_DAY, DAYS = datetime(2026, 1, 5), 365

zones = st.sampled_from(ZONES).map(ZoneInfo)
rates = st.integers(1, 8)  # calls per hour
days = st.integers(7 * WEEKS, DAYS - 10)


def never(_hour):
    return False


def to_utc(local, zone):
    return local.replace(tzinfo=zone).astimezone(timezone.utc).replace(tzinfo=None)


def get_calls(zone, rate, last_day, holidays=()):
    """Return the moments of all calls until a day, naive UTC: evenly spread over the working
    hours."""
    span = max(0, last_day - 7 * (WEEKS + 1)), last_day + 1
    for day in range(*span):
        date = FIRST_DAY + timedelta(days=day)
        if date.weekday() < 5 and day not in holidays:
            for number in range(rate * (CLOSES - OPENS)):
                yield to_utc(date + timedelta(hours=OPENS, minutes=60 * number / rate), zone)


def make_history(calls, zone):
    counts = Counter(map(floor, calls))
    return History(counts, min(counts), zone)


def get_last(calls, now):
    return max(call for call in calls if call <= now)


def at(day, hour, zone, minute=0):
    return to_utc(FIRST_DAY + timedelta(days=day, hours=hour, minutes=minute), zone)


def get_working_day(day):
    """Return the day, or the Monday after it."""
    weekday = (FIRST_DAY + timedelta(days=day)).weekday()
    return day + (7 - weekday if weekday > 4 else 0)


@settings(max_examples=40)
@given(zones, rates, days, st.integers(0, 24 * 60 - 1))
def test_nights_weekends_and_pauses_between_calls_are_no_silence(zone, rate, day, minute):
    calls = list(get_calls(zone, rate, day))
    now = at(day, 0, zone, minute)
    known = [call for call in calls if call <= now]
    assert not make_history(known, zone).is_silent(get_last(calls, now), now, never)


@settings(max_examples=40)
@given(zones, rates, days, st.sets(st.integers(0, DAYS), max_size=8))
def test_an_outage_is_noticed_once_enough_calls_are_missing(zone, rate, day, holidays):
    day = get_working_day(day)
    weekday = day % 7
    # public holidays in the weeks before, at most two of them on this weekday
    same = sorted(holiday for holiday in holidays if holiday % 7 == weekday)[:2]
    holidays = {holiday for holiday in holidays if holiday % 7 != weekday} | set(same)
    last = at(day, OPENS, zone)
    calls = [call for call in get_calls(zone, rate, day, holidays) if call < last] + [last]
    history = make_history(calls, zone)
    missing_hours = MIN_CALLS / rate + 2
    assert not history.is_silent(last, last + timedelta(minutes=10), never)
    if missing_hours <= CLOSES - OPENS:
        assert history.is_silent(last, last + timedelta(hours=missing_hours), never)


@settings(max_examples=25)
@given(zones, rates, days)
def test_a_public_holiday_that_is_entered_is_no_silence(zone, rate, day):
    day = get_working_day(day)
    begin, end = at(day, 0, zone), at(day, 24, zone)
    calls = [call for call in get_calls(zone, rate, day) if call < begin]

    def is_closed(hour):
        return hour < end and begin < hour + HOUR

    now = at(day, CLOSES, zone)
    assert not make_history(calls, zone).is_silent(get_last(calls, now), now, is_closed)


@settings(max_examples=25)
@given(zones, rates, days, st.integers(7, 60))
def test_an_outage_of_weeks_remains_one(zone, rate, day, length):
    day = get_working_day(day)
    last = at(day, OPENS, zone)
    calls = [call for call in get_calls(zone, rate, day) if call < last] + [last]
    assert make_history(calls, zone).is_silent(last, last + timedelta(days=length), never)


@settings(max_examples=25)
@given(zones, st.integers(0, 7 * MIN_WEEKS - 1), st.integers(0, 48))
def test_nothing_is_usual_in_the_first_weeks(zone, age, hours):
    calls = [call for call in get_calls(zone, 8, age) if call < at(age, 12, zone)]
    last = calls[-1] if calls else at(0, OPENS, zone)
    history = make_history(calls or [last], zone)
    assert not history.is_silent(last, last + timedelta(hours=hours), never)


def test_a_few_calls_now_and_then_cannot_be_expected():
    zone = ZoneInfo("Europe/Berlin")
    # about one a day, at another hour every day
    calls = [at(day, OPENS + day * 7 % 10, zone) for day in range(DAYS) if day % 7 < 5]
    history = make_history(calls, zone)
    assert not history.is_silent(calls[-1], calls[-1] + timedelta(days=1), never)


@pytest.mark.parametrize("zone", map(ZoneInfo, ZONES[:3]))
def test_usual_is_the_median_at_the_same_time_of_day(zone):
    # Mondays after each change of the clock
    for day in (91, 301, 308):
        history = make_history(get_calls(zone, 4, day, holidays={day - 7}), zone)
        assert history.get_usual(floor(at(day, 10, zone))) == 4
        assert history.get_usual(floor(at(day, 3, zone))) == 0
    assert History({}, None, zone).get_usual(FIRST_DAY) is None
