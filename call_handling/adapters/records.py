"""Records of past calls, as telephone systems keep and export them.

A row of a record is read into the same events that a system reports live, marked with the kind of
the record. A call that was reported and is in a record, or in several, is one call: the fold takes
what knows most about it, and nothing is counted twice, in whatever order it arrives.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, tzinfo
from enum import Enum

from .conversations import moment
from .event import CallEvent, Kind
from .reasons import Reason, Why


class Record(str, Enum):
    """What a row of a record describes. The first one knows most."""

    STEP = "step"  # one thing that happened, such as an answer
    PART = "part"  # who was connected with whom, from when to when
    CALL = "call"  # a whole call, or one phone's part in it


@dataclass(frozen=True)
class Table:
    """The columns of a file, and how its rows are read.

    :param columns: their names, in the order of the file
    :param has_header: the first row has the names, and is not a call
    :param read: returns the events of a row; see :meth:`.base.Adapter.find_table`
    """

    columns: Sequence[str]
    has_header: bool
    read: Callable[[Mapping[str, str], tzinfo, datetime], list[CallEvent]] = field(repr=False)

    def read_row(self, cells: Sequence[str], tz: tzinfo, received_at: datetime) -> list[CallEvent]:
        """Return what a row reports; nothing if it describes no part of a call.

        :param cells: of the row
        :param tz: of times without an offset
        :raise ValueError: it cannot be read, with a reason for people
        """
        if len(cells) > len(self.columns):
            raise ValueError(Reason(Why.ROW_TOO_LONG, values=len(cells), columns=len(self.columns)))
        values = {name: _clean(cell) for name, cell in zip(self.columns, cells, strict=False)}
        events = self.read(values, tz, received_at)
        return [event.with_bounded_ids() for event in events]


def _clean(cell: str) -> str:
    """Return a value; an empty one for what databases export instead of none."""
    return "" if cell in ("NULL", "\\N") else cell.strip()


def get_accounts(events: list[CallEvent]) -> list[list[CallEvent]]:
    """Return the events of a conversation by where they come from: first what was reported live,
    then each kind of record, the best one first.

    :param events: of one conversation, in order of time
    """
    accounts = [[event for event in events if event.record == kind] for kind in (None, *Record)]
    reported, *recorded = accounts
    found = [reported, *(_with_queue_answers(_with_last_ends(own)) for own in recorded)]
    return [own for own in found if own]


def _with_last_ends(events: list[CallEvent]) -> list[CallEvent]:
    """Leave out the ends of rows after which the same party, or the call, went on in another row
    of the record."""
    last: dict[str | None, datetime] = {}
    for event in events:
        if event.kind is Kind.ENDED:
            last[event.leg] = event.at
    return [e for e in events if e.kind is not Kind.ENDED or last[e.leg] == e.at]


def _with_queue_answers(events: list[CallEvent]) -> list[CallEvent]:
    """Correct answers of phones of a queue that a record dates from when the queue itself has
    answered: nobody answers before the other phones have stopped ringing."""
    waits = [event for event in events if event.kind is Kind.ANSWERED and event.queue]
    if not waits:
        return events
    spoke = {event.leg for event in events if event.kind is Kind.ANSWERED}
    ends = {event.leg: event.at for event in events if event.kind is Kind.ENDED}
    stopped = [end for leg, end in ends.items() if leg not in spoke]
    limit = max((ends[event.leg] for event in waits if event.leg in ends), default=None)
    known = [end for end in stopped if limit is None or end < limit]
    answered = max(known, default=None)
    return sorted(
        (
            replace(event, at=answered)
            if event in waits and answered and answered > event.at
            else event
            for event in events
        ),
        key=moment,
    )


def get_names(columns: Iterable[str]) -> list[str]:
    """Return names of columns to compare: in lower case, without quotes and spaces."""
    return [name.strip().strip('"`').lower() for name in columns]
