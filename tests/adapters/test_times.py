"""Times in the formats that telephone systems send."""

from datetime import datetime, timedelta, timezone
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.times import read_time

BERLIN = ZoneInfo("Europe/Berlin")
NOW = datetime(2026, 11, 24, tzinfo=timezone.utc)


@pytest.mark.parametrize(
    ("sent", "read"),
    [
        ("2026-11-23T22:42:55.123Z", "2026-11-23T22:42:55.123000+00:00"),
        ("2026-11-23T22:42:55z", "2026-11-23T22:42:55+00:00"),
        ("2026-11-23 22:42:55.1234567", "2026-11-23T21:42:55.123456+00:00"),
        ("2026-07-01T12:00:00", "2026-07-01T10:00:00+00:00"),
        ("2026-11-23T22:42:55+0530", "2026-11-23T17:12:55+00:00"),
        ("2026-11-23T22:42:55-05:00", "2026-11-24T03:42:55+00:00"),
        ("2026-11-23T22:42+01", "2026-11-23T21:42:00+00:00"),
        ("1795475114.895779", "2026-11-23T23:05:14.895779+00:00"),
        (1795475114, "2026-11-23T23:05:14+00:00"),
        (1795475114.5, "2026-11-23T23:05:14.500000+00:00"),
    ],
)
def test_common_formats_are_read(sent, read):
    assert read_time(sent, BERLIN, NOW).isoformat() == read


@given(
    st.datetimes(datetime(2000, 1, 2), datetime(2026, 11, 23)),
    st.sampled_from([timezone.utc, BERLIN, ZoneInfo("America/New_York")]),
)
def test_times_in_the_format_of_python_are_read(moment, zone):
    # compared in UTC: in an hour that clocks repeat, times of two zones are never equal in Python
    expected = moment.replace(tzinfo=timezone.utc)
    assert read_time(expected.astimezone(zone).isoformat(), BERLIN, NOW) == expected


@given(st.integers(0, 10**6))
def test_times_more_than_a_day_ahead_are_refused(seconds):
    moment = NOW + timedelta(seconds=seconds)
    if seconds <= 86400:
        assert read_time(moment.isoformat(), BERLIN, NOW) == moment
    else:
        with pytest.raises(ValueError, match="in the future"):
            read_time(moment.isoformat(), BERLIN, NOW)


@given(st.text() | st.floats() | st.integers())
def test_any_value_is_read_or_refused_with_a_reason(value):
    try:
        assert read_time(value, BERLIN, NOW).tzinfo is timezone.utc
    except ValueError as error:
        assert str(error)
