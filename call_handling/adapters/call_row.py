"""A past call as a row of a table that people prepare: of any telephone system, in their words.

Each row is a whole call, or one phone's part in it: rows with the same reference are one call.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta, tzinfo

from .event import ANONYMOUS, CallEvent, Cause, Direction, Kind, digest
from .outcome import Outcome
from .reading import number, seconds, text
from .reasons import Reason, Why
from .records import Record
from .times import read_time

# What exports of telephone systems say, besides our own words; in lower case.
_DIRECTIONS = {
    Direction.INCOMING: "incoming in inbound received i eingehend entrant",
    Direction.OUTGOING: "outgoing out outbound dialed dialled placed o ausgehend sortant",
    Direction.INTERNAL: "internal int local intern interne",
}
_OUTCOMES = {
    Outcome.ANSWERED: "answered|answer|completed|connected|success|successful|accepted|normal",
    Outcome.NO_ANSWER: "no_answer|no answer|noanswer|no-answer|missed|unanswered|not answered"
    "|timeout",
    Outcome.REJECTED: "rejected|declined|refused",
    Outcome.BUSY: "busy",
    Outcome.FAILED: "failed|congestion|error|chanunavail",
    Outcome.CANCELLED: "cancelled|canceled|cancel|abandoned|abandon|caller gave up|gave up",
    Outcome.VOICEMAIL: "voicemail|voice mail|mailbox",
}
_DAYS = (
    (re.compile(r"(\d{4})[-/.](\d{1,2})[-/.](\d{1,2})(?!\d)"), "ymd"),
    (re.compile(r"(\d{1,2})\.(\d{1,2})\.(\d{4})(?!\d)"), "dmy"),
    (re.compile(r"(\d{1,2})[/-](\d{1,2})[/-](\d{4})(?!\d)"), None),
)
_CLOCK = re.compile(r"(\d{1,2}):(\d{2})(?::(\d{2}))?(\.\d+)?\s*([ap])\.?m\.?", re.IGNORECASE)


@dataclass(frozen=True)
class Reader:
    """How the rows of somebody's table are read.

    :param tz: of times without an offset
    :param now: aware, UTC: no call is later
    :param is_phone: returns whether a number is that of a phone of the house, at a moment
    :param is_line: returns whether a number is one of the company's own
    :param day_first: ``03/04/2026`` is the third of April
    """

    tz: tzinfo
    now: datetime
    is_phone: Callable[[str, datetime], bool]
    is_line: Callable[[str], bool]
    day_first: bool = False

    def read_row(self, row: Mapping[str, str], tz: tzinfo | None = None) -> list[CallEvent]:
        """Return what a row reports.

        :param row: texts by the names of the fields of `call.import.row`
        :param tz: of this row, if it says so itself
        :raise ValueError: it cannot be read, with a reason for people
        """
        return _Row(row, self, tz or self.tz).events()

    def read_moment(self, value: str, clock: str | None, tz: tzinfo) -> datetime:
        """Return a moment, written as people and spreadsheets write it.

        :param value: day and time; or only the day, if ``clock`` has the time
        :raise ValueError: it is none
        """
        whole = f"{value} {clock}" if clock else value
        moment = read_time(self._write_iso(whole.strip()), tz, self.now)
        if moment > self.now:
            raise ValueError(Reason(Why.ROW_AHEAD, time=whole))
        return moment

    def _write_iso(self, value: str) -> str:
        for pattern, order in _DAYS:
            if match := pattern.match(value):
                order = order or ("dmy" if self.day_first else "mdy")
                parts = dict(zip(order, match.groups(), strict=True))
                day = f"{parts['y']}-{int(parts['m']):02}-{int(parts['d']):02}"
                rest = value[match.end() :].lstrip(" T,")
                return f"{day}T{_write_clock(rest)}"
        return value


def _write_clock(value: str) -> str:
    """Return a time of day with 24 hours and two digits each."""
    if match := _CLOCK.fullmatch(value):
        hour = int(match[1]) % 12 + (12 if match[5] in "pP" else 0)
        return f"{hour:02}:{match[2]}:{match[3] or '00'}{match[4] or ''}"
    return f"0{value}" if re.match(r"\d:", value) else value


def _find_word(value: str | None, unknown: Why, words: Mapping, separator: str | None):
    """Return what a word means; ``None`` for none.

    :param unknown: the reason if it means none of these
    :raise ValueError: it means none of these
    """
    if value is None:
        return None
    for meaning, known in words.items():
        if value.lower() in known.split(separator):
            return meaning
    allowed = ", ".join(meaning.value for meaning in words)
    raise ValueError(Reason(unknown, value=repr(value[:40]), known=allowed))


class _Row:
    """One row, and what follows from its values together."""

    def __init__(self, row: Mapping[str, str], reader: Reader, tz: tzinfo):
        self.row = row
        self.reader = reader
        start = text(row, "start")
        if not start:
            raise ValueError(Reason(Why.NO_START))
        self.start = reader.read_moment(start, text(row, "start_time"), tz)
        self.caller, self.called = number(row, "from_number"), number(row, "to_number")
        self.line = number(row, "line_number")
        self.extension = text(row, "extension")
        self.direction = self._read_direction()
        self.outcome, self.wait, self.talk = self._read_course()
        # Without a reference, what the row says is its reference: it is not imported twice.
        self.call = text(row, "pbx_ref") or f"row-{self._digest()}"

    def _digest(self) -> str:
        return digest([sorted(self.row.items()), self.start.isoformat()])

    def _read_direction(self) -> Direction:
        told = text(self.row, "direction")
        if direction := _find_word(told, Why.UNKNOWN_DIRECTION, _DIRECTIONS, None):
            return direction
        from_phone, to_phone = self._is_phone(self.caller), self._is_phone(self.called)
        if from_phone and to_phone:
            return Direction.INTERNAL
        if from_phone or self._is_line(self.caller):
            return Direction.OUTGOING
        if to_phone or self._is_line(self.called):
            return Direction.INCOMING
        raise ValueError(Reason(Why.NO_DIRECTION))

    def _is_phone(self, value: str | None) -> bool:
        return bool(value) and self.reader.is_phone(value, self.start)

    def _is_line(self, value: str | None) -> bool:
        return bool(value) and self.reader.is_line(value)

    def _read_course(self) -> tuple[Outcome, timedelta, timedelta]:
        """Return how the call ended, and how long people waited and talked."""
        told = text(self.row, "outcome")
        outcome = _find_word(told, Why.UNKNOWN_OUTCOME, _OUTCOMES, "|")
        total, wait = self._length("duration"), self._length("wait")
        talk = self._length("talk")
        if outcome is None:
            if talk is None:
                raise ValueError(Reason(Why.NO_OUTCOME))
            outcome = Outcome.ANSWERED if talk else Outcome.NO_ANSWER
        if outcome is not Outcome.ANSWERED:
            known = (length for length in (wait, total) if length is not None)
            return outcome, next(known, timedelta()), timedelta()
        if talk is None:
            talk = (total or timedelta()) - (wait or timedelta())
        if wait is None:
            wait = max(timedelta(), total - talk) if total is not None else timedelta()
        if talk < timedelta():
            raise ValueError(Reason(Why.WAIT_TOO_LONG))
        return outcome, wait, talk

    def _length(self, name: str) -> timedelta | None:
        if text(self.row, name) is None:
            return None
        return timedelta(seconds=seconds(self.row, name))

    # --- events

    def events(self) -> list[CallEvent]:
        found = [self._begin(), self._event(Kind.ENDED, None, self._end, cause=self._cause)]
        for phone, is_caller in self._phones():
            leg = f"{self.call}/{phone}"
            found.append(self._event(Kind.RINGING, leg, self.start, extension=phone))
            if is_caller:
                found.append(self._event(Kind.ENDED, leg, self._end))
                continue
            if self.outcome is Outcome.ANSWERED:
                found.append(self._event(Kind.ANSWERED, leg, self._answer, extension=phone))
            found.append(self._event(Kind.ENDED, leg, self._end, cause=self._cause))
        if self.outcome is Outcome.ANSWERED and self._is_answered_by_remote():
            found.append(self._event(Kind.ANSWERED, None, self._answer))
        if self.outcome is Outcome.VOICEMAIL:
            found.append(self._event(Kind.VOICEMAIL, None, self._answer))
        return found

    @property
    def _answer(self) -> datetime:
        return self.start + self.wait

    @property
    def _end(self) -> datetime:
        return self._answer + self.talk

    @property
    def _cause(self) -> Cause:
        causes = {cause.value for cause in Cause}
        return Cause(self.outcome.value) if self.outcome.value in causes else Cause.NORMAL

    def _phones(self) -> list[tuple[str, bool]]:
        """Return the phones that took part, and whether each one called."""
        called = self.called if self._is_phone(self.called) else None
        caller = self.caller if self._is_phone(self.caller) else None
        if self.direction is Direction.INCOMING:
            phones = [(self.extension or called, False)]
        elif self.direction is Direction.OUTGOING:
            phones = [(self.extension or caller, True)]
        else:
            phones = [(self.caller or self.extension, True), (self.called, False)]
        return [(phone, is_caller) for phone, is_caller in phones if phone]

    def _is_answered_by_remote(self) -> bool:
        return all(is_caller for _phone, is_caller in self._phones())

    def _begin(self) -> CallEvent:
        is_outgoing = self.direction is Direction.OUTGOING
        own = self.caller if is_outgoing else self.called
        is_internal = self.direction is Direction.INTERNAL
        is_own_line = (
            own not in (None, ANONYMOUS)
            and not is_internal
            and not self._is_phone(own)
            and own != self.extension
        )
        return self._event(
            Kind.RINGING,
            None,
            self.start,
            direction=self.direction,
            from_number=self.caller,
            from_name=None if is_outgoing else text(self.row, "remote_name"),
            to_number=self.called,
            line=self.line or (own if is_own_line else None),
            queue=text(self.row, "queue"),
        )

    def _event(self, kind: Kind, leg: str | None, at: datetime, **about) -> CallEvent:
        # without texts of people, so that a correction of them is no further row
        facts = [self.call, self.extension, self.caller, self.called, self.outcome.value]
        times = [each.isoformat() for each in (self.start, self._answer, self._end)]
        return CallEvent(
            call=self.call,
            kind=kind,
            at=at,
            uid=f"row:{digest([*facts, *times])}:{kind.value}:{leg or ''}",
            leg=leg,
            record=Record.CALL.value,
            **about,
        )
