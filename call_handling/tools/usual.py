"""What is usual at a weekday and hour, and whether a silence is longer than that.

Plain Python. Hours are the beginnings of hours in UTC, naive, as the database stores them; weeks
are counted on the wall clock of a time zone, so that a change to daylight saving time does not
move what is usual.
"""

from __future__ import annotations

import statistics
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from zoneinfo import ZoneInfo

WEEKS = 8  # that are compared
MIN_WEEKS = 3  # before that, nothing is usual yet
MIN_CALLS = 5  # that would usually have come: less is no unusual silence
LONGEST = timedelta(days=7)  # part of a silence that is compared: its beginning
HOUR = timedelta(hours=1)


@dataclass(frozen=True)
class History:
    """The hours of the past in which something happened.

    :param counts: by hour; hours that are missing had nothing
    :param since: the first hour of which anything is known
    :param zone: of the people at the telephone system
    """

    counts: Mapping[datetime, int]
    since: datetime | None
    zone: ZoneInfo

    def get_weeks(self, hour: datetime) -> list[datetime]:
        """Return the same hours of the weeks before that are known, the latest first."""
        if not self.since:
            return []
        weeks = (self.move(hour, week) for week in range(1, WEEKS + 1))
        return [moved for moved in weeks if moved >= self.since]

    def move(self, hour: datetime, weeks: int) -> datetime:
        """Return the hour at the same time of day, some weeks before."""
        local = hour.replace(tzinfo=timezone.utc).astimezone(self.zone)
        before = local.replace(tzinfo=None) - timedelta(weeks=weeks)
        moved = before.replace(tzinfo=self.zone, fold=local.fold).astimezone(timezone.utc)
        return floor(moved.replace(tzinfo=None))

    def get_usual(self, hour: datetime) -> float | None:
        """Return what is usual at this weekday and hour: the median of the last weeks.

        :return: ``None`` if too little is known
        """
        weeks = self.get_weeks(hour)
        if len(weeks) < MIN_WEEKS:
            return None
        return statistics.median(self.counts.get(week, 0) for week in weeks)

    def get_expected(
        self, start: datetime, end: datetime, is_closed: Callable[[datetime], bool]
    ) -> float:
        """Return how much would at least have come between two moments, if this week were like
        three quarters of the weeks before. So a public holiday, or a quiet week, among them does
        not matter, and a few calls now and then are nothing that can be expected.

        :param start: naive UTC, when something came last
        :param end: naive UTC
        :param is_closed: returns whether nobody is expected to call in an hour
        :return: 0 if too little is known
        """
        parts = [
            (self.get_weeks(hour), share)
            for hour, share in _split(start, min(end, start + LONGEST))
            if not is_closed(hour)
        ]
        known = min((len(weeks) for weeks, _share in parts), default=0)
        if known < MIN_WEEKS:
            return 0
        sums = sorted(
            sum(self.counts.get(weeks[week], 0) * share for weeks, share in parts)
            for week in range(known)
        )
        return sums[known // 4]

    def is_silent(
        self, start: datetime, end: datetime, is_closed: Callable[[datetime], bool]
    ) -> bool:
        """Return whether it is unusual that nothing has come between two moments."""
        return self.get_expected(start, end, is_closed) >= MIN_CALLS


def floor(moment: datetime) -> datetime:
    """Return the beginning of the hour."""
    return moment.replace(minute=0, second=0, microsecond=0)


def _split(start: datetime, end: datetime) -> Iterator[tuple[datetime, float]]:
    """Return the hours between two moments, and which share of each is between them."""
    hour = floor(start)
    while hour < end:
        inside = min(end, hour + HOUR) - max(start, hour)
        yield hour, inside / HOUR
        hour += HOUR
