"""Notes how requests of telephone systems were answered, without slowing them down.

A request only appends to a list in the memory of its process. A thread of the process writes the
list at most once a second, in a transaction of its own. What is not written yet is lost when the
process is killed.
"""

from __future__ import annotations

import atexit
import logging
import threading
import time
from dataclasses import dataclass, field
from datetime import datetime, timezone

from odoo import sql_db
from odoo.modules import module
from odoo.tools import SQL

from ...adapters.base import Receipt
from ...adapters.request import Refusal
from ...adapters.sender import SenderReport
from ...tools import log_failure, see_concurrent_commits

WRITE_EVERY = 1  # seconds
MAX_WAITING = 10_000  # rows in the memory of a process: more are dropped
MAX_STRANGERS = 100  # the same, of requests to addresses that are not in use

MALFORMED = "malformed"
FAILED = "failed"
ARCHIVED = "archived"
OTHER = "other"
REASON_OF_STATUS = {400: MALFORMED, 413: Refusal.TOO_LARGE.value}

_logger = logging.getLogger(__name__)


@dataclass
class Delivery:
    """One request and its answer. Nothing of its content, not even which call it is about.

    :param token: last part of the address; the telephone system is looked up when it is written
    :param size: of the body, in bytes
    :param is_known: the address is that of a telephone system in use
    :param reason: why it was not accepted; by default, what its status says
    :param report: what the telephone system says about itself, once it has proved who it is
    :param needs_old_secret: it does not have the new secret yet
    """

    token: str
    size: int
    is_known: bool = False
    reason: str = ""
    accepted: int = 0
    duplicates: int = 0
    failed: int = 0
    report: SenderReport | None = None
    needs_old_secret: bool = False
    started: float = 0

    def __post_init__(self):
        self.started = time.perf_counter()

    def count(self, receipt: Receipt) -> None:
        """Note what was in the request."""
        self.accepted, self.duplicates = receipt.accepted, receipt.duplicates
        self.failed = receipt.failed

    def make_row(self, status: int, now: datetime) -> Row:
        """Return the row that is written. Requests that were not accepted share one per minute,
        status and reason, so that a flood of them does not fill the table.

        :param status: of the answer
        :param now: naive UTC
        """
        duration = round((time.perf_counter() - self.started) * 1000)
        counts = (self.accepted, self.duplicates, self.failed)
        if status < 400:
            return Row(self.token, now, status, None, [1, duration, self.size, *counts])
        reason = self.reason or REASON_OF_STATUS.get(status, FAILED if status >= 500 else OTHER)
        if not self.is_known and reason == OTHER:
            reason = ARCHIVED  # or it is nobody's, and not written
        minute = now.replace(second=0, microsecond=0)
        return Row(self.token, minute, status, reason, [1, duration, self.size, *counts])


@dataclass
class Row:
    """What is written.

    :param numbers: how many requests, the longest duration in milliseconds, the largest size in
        bytes, and the messages accepted, known already, and failed
    """

    token: str
    date: datetime
    status: int
    reason: str | None
    numbers: list[int]

    @property
    def key(self) -> tuple:
        return self.token, self.date, self.status, self.reason

    def add(self, other: Row) -> None:
        """Add another one with the same key."""
        count, duration, size, *counts = self.numbers
        more, longest, largest, *others = other.numbers
        sums = [a + b for a, b in zip(counts, others, strict=True)]
        self.numbers = [count + more, max(duration, longest), max(size, largest), *sums]


@dataclass
class Waiting:
    """What is not written yet, of one database."""

    accepted: list[Row] = field(default_factory=list)
    others: dict[tuple, Row] = field(default_factory=dict)
    strangers: dict[tuple, Row] = field(default_factory=dict)
    reports: dict[str, SenderReport] = field(default_factory=dict)
    old_secrets: set[str] = field(default_factory=set)

    def add(self, delivery: Delivery, row: Row) -> None:
        if row.reason:
            self._add_refused(delivery, row)
        elif len(self.accepted) < MAX_WAITING:
            self.accepted.append(row)
        if delivery.report:
            self.reports[row.token] = delivery.report
        if delivery.needs_old_secret:
            self.old_secrets.add(row.token)

    def _add_refused(self, delivery: Delivery, row: Row) -> None:
        limit = MAX_WAITING if delivery.is_known else MAX_STRANGERS
        rows = self.others if delivery.is_known else self.strangers
        if row.key in rows:
            rows[row.key].add(row)
        elif len(rows) < limit:
            rows[row.key] = row

    def get_rows(self) -> list[Row]:
        """Return everything that is written."""
        return [*self.accepted, *self.others.values(), *self.strangers.values()]


class Deliveries:
    """Everything that this process has answered and not written yet."""

    def __init__(self):
        self._lock = threading.Lock()
        self._waiting: dict[str, Waiting] = {}
        self._news = threading.Event()
        self._writer: threading.Thread | None = None

    def add(self, database: str, delivery: Delivery, status: int) -> None:
        """Note how a request was answered, unless its address cannot be that of any system.

        :param status: of the answer
        """
        if not delivery.token.isascii() or not delivery.token.isprintable():
            return
        row = delivery.make_row(status, datetime.now(timezone.utc).replace(tzinfo=None))
        with self._lock:
            self._waiting.setdefault(database, Waiting()).add(delivery, row)
            if not self._writer and not module.current_test:
                # Not before a request: the processes of the server are forked before.
                self._writer = threading.Thread(target=self._write_always, daemon=True)
                self._writer.start()
                atexit.register(self.write_all)
        self._news.set()

    def _write_always(self) -> None:
        while True:
            self._news.wait()
            time.sleep(WRITE_EVERY)
            self._news.clear()
            self.write_all()

    def write_all(self) -> None:
        """Write what is waiting, each database in a transaction of its own. It is taken out of the
        memory before: of a database that is gone, nothing remains."""
        for database in list(self._waiting):
            waiting = self._take(database)
            try:
                with sql_db.db_connect(database).cursor() as cr:
                    # several processes write the same records
                    see_concurrent_commits(cr)
                    _write(cr, waiting)
            except Exception as error:
                # It is a log: it must not disturb anything, nor be tried for ever.
                log_failure(_logger, "Requests cannot be logged", error, logging.WARNING)

    def write_waiting(self, cr) -> None:
        """Write what is waiting of the database of a cursor."""
        _write(cr, self._take(cr.dbname))

    def _take(self, database: str) -> Waiting:
        with self._lock:
            return self._waiting.pop(database, None) or Waiting()


deliveries = Deliveries()


def _write(cr, waiting: Waiting) -> None:
    if rows := waiting.get_rows():
        cr.execute(_insert_rows(rows))
    for token, report in sorted(waiting.reports.items()):
        cr.execute(_update_report(token, report))
    for token in sorted(waiting.old_secrets):
        cr.execute(SQL("UPDATE call_pbx SET old_secret_date = %s WHERE token = %s", _now(), token))


def _now() -> SQL:
    return SQL("now() AT TIME ZONE 'UTC'")


def _insert_rows(rows: list[Row]) -> SQL:
    values = SQL(", ").join(
        SQL("%s", (row.token, row.date, row.status, row.reason, *row.numbers))
        # Always in the same order: two processes must never wait for each other's rows.
        for row in sorted(rows, key=lambda row: (row.token, row.date, row.status, row.reason or ""))
    )
    return SQL(
        """
        INSERT INTO call_delivery (
               pbx_id, date, status, reason,
               request_count, duration, size, accepted, duplicates, failed)
        SELECT p.id, v.date::timestamp, v.status, v.reason, v.requests, v.duration, v.size,
               v.accepted, v.duplicates, v.failed
          FROM (VALUES %s) AS v (token, date, status, reason, requests, duration, size, accepted,
               duplicates, failed)
          JOIN call_pbx p ON p.token = v.token
            ON CONFLICT (pbx_id, date, status, reason) WHERE reason IS NOT NULL DO UPDATE
           SET request_count = call_delivery.request_count + EXCLUDED.request_count,
               duration = GREATEST(call_delivery.duration, EXCLUDED.duration),
               size = GREATEST(call_delivery.size, EXCLUDED.size),
               failed = call_delivery.failed + EXCLUDED.failed
        """,
        values,
    )


def _update_report(token: str, report: SenderReport) -> SQL:
    """Return the statement that stores what a telephone system says about itself, at most once a
    minute: the record must not be written with every event."""
    return SQL(
        """
        UPDATE call_pbx
           SET clock_difference = COALESCE(%(clock)s, clock_difference),
               is_clock_estimated = %(clock)s IS NULL AND is_clock_estimated,
               clock_date = CASE WHEN %(clock)s IS NULL THEN clock_date ELSE %(now)s END,
               relay_version = COALESCE(%(version)s, relay_version),
               relay_waiting = %(waiting)s,
               relay_oldest = %(oldest)s,
               report_date = %(now)s
         WHERE token = %(token)s
           AND (report_date IS NULL OR report_date < %(now)s - INTERVAL '1 minute')
        """,
        clock=report.clock_difference,
        version=report.relay_version or None,
        waiting=report.waiting or 0,
        oldest=report.oldest,
        now=_now(),
        token=token,
    )
