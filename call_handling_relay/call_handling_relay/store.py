"""What is kept on disk: events that Odoo has not confirmed, and which channels are open."""

from __future__ import annotations

import fcntl
import json
import sqlite3
import time
from dataclasses import dataclass
from pathlib import Path

FILE = "events.sqlite"
KEEP_ASIDE = 30 * 24 * 3600  # seconds; as long as Odoo keeps the text of events

SCHEMA = """
CREATE TABLE IF NOT EXISTS event (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    received REAL NOT NULL,
    body TEXT NOT NULL
);
CREATE TABLE IF NOT EXISTS aside (
    id INTEGER PRIMARY KEY,
    received REAL NOT NULL,
    body TEXT NOT NULL,
    reason TEXT NOT NULL
);
CREATE TABLE IF NOT EXISTS channel (
    uniqueid TEXT PRIMARY KEY,
    linkedid TEXT NOT NULL,
    name TEXT NOT NULL
);
CREATE TABLE IF NOT EXISTS heard (
    one INTEGER PRIMARY KEY CHECK (one = 1),
    moment REAL NOT NULL
);
"""


class Busy(Exception):
    """Another relay uses this folder."""


@dataclass(frozen=True)
class Kept:
    """An event on disk. ``received``: Unix seconds; ``body``: JSON text."""

    id: int
    received: float
    body: str


def lock(folder: Path):
    """Keep other relays away from the folder, for as long as the result lives.

    :raise Busy: there is another one
    """
    file = open(folder / "relay.lock", "w")  # noqa: SIM115 - held until the process ends
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        file.close()
        raise Busy(f"Another relay uses the folder {folder}.") from error
    return file


class Store:
    """The file of a relay. Every thread opens its own.

    Every method may raise :class:`sqlite3.Error`, for example when the disk is full; then
    nothing of what it should do is done.
    """

    def __init__(self, folder: Path):
        self.connection = sqlite3.connect(folder / FILE, isolation_level=None, timeout=30)
        # Committed is what has reached the disk, also when the machine loses its power.
        self.connection.execute("PRAGMA journal_mode = WAL")
        self.connection.execute("PRAGMA synchronous = FULL")
        self.connection.executescript(SCHEMA)

    def close(self) -> None:
        """Close the file."""
        self.connection.close()

    # --- events ----------------------------------------------------------------------

    def add(self, events: list[dict], moment: float) -> None:
        """Keep events, and which channels they open and close.

        :param moment: when they were received, Unix seconds
        """
        with self._transaction() as connection:
            connection.executemany(
                "INSERT INTO event (received, body) VALUES (?, ?)",
                [(moment, json.dumps(event)) for event in events],
            )
            for event in events:
                self._follow(event)
            self._hear(moment)

    def next(self, count: int, size: int) -> list[Kept]:
        """The oldest events, in the order in which they came; at least one if there are any.

        :param count: at most so many
        :param size: at most so many bytes together, if more than one
        """
        rows = self.connection.execute(
            "SELECT id, received, body FROM event ORDER BY id LIMIT ?", (count,)
        )
        batch: list[Kept] = []
        for row in rows:
            kept = Kept(*row)
            size -= len(kept.body) + 1
            if batch and size < 0:
                break
            batch.append(kept)
        return batch

    def forget(self, batch: list[Kept]) -> None:
        """Odoo has confirmed these events."""
        with self._transaction() as connection:
            connection.executemany("DELETE FROM event WHERE id = ?", [(e.id,) for e in batch])

    def set_aside(self, kept: Kept, reason: str) -> None:
        """Keep an event apart that Odoo does not take, and let the others pass."""
        with self._transaction() as connection:
            connection.execute(
                "INSERT INTO aside (id, received, body, reason) VALUES (?, ?, ?, ?)",
                (kept.id, kept.received, kept.body, reason),
            )
            connection.execute("DELETE FROM event WHERE id = ?", (kept.id,))

    def send_aside_again(self) -> int:
        """Put the events that were set aside back among the others; return how many."""
        with self._transaction() as connection:
            connection.execute(
                "INSERT INTO event (received, body) SELECT received, body FROM aside ORDER BY id"
            )
            return connection.execute("DELETE FROM aside").rowcount

    def clean(self) -> int:
        """Delete what was set aside long ago; return how many events."""
        old = time.time() - KEEP_ASIDE
        return self.connection.execute("DELETE FROM aside WHERE received < ?", (old,)).rowcount

    def waiting(self) -> tuple[int, float | None]:
        """How many events Odoo has not confirmed, and when the oldest was received."""
        return self.connection.execute("SELECT count(*), min(received) FROM event").fetchone()

    def aside(self) -> list[tuple[float, str]]:
        """When the events that were set aside were received, and why they were."""
        rows = self.connection.execute("SELECT received, reason FROM aside ORDER BY id")
        return rows.fetchall()

    # --- channels --------------------------------------------------------------------

    def _follow(self, event: dict) -> None:
        """Remember the open channels: those that are gone after a gap have hung up in it."""
        if event["Event"] in ("Newchannel", "CoreShowChannel"):
            self.connection.execute(
                "INSERT OR REPLACE INTO channel (uniqueid, linkedid, name) VALUES (?, ?, ?)",
                [str(event.get(name, "")) for name in ("Uniqueid", "Linkedid", "Channel")],
            )
        elif event["Event"] in ("Hangup", "ChannelGone"):
            self.connection.execute(
                "DELETE FROM channel WHERE uniqueid = ?", (str(event.get("Uniqueid", "")),)
            )

    def channels(self) -> list[dict]:
        """Headers of the channels that are open as far as is known."""
        rows = self.connection.execute("SELECT name, uniqueid, linkedid FROM channel")
        return [dict(zip(("Channel", "Uniqueid", "Linkedid"), row, strict=True)) for row in rows]

    # --- being in touch --------------------------------------------------------------

    def hear(self, moment: float) -> None:
        """Note that Asterisk was heard of."""
        with self._transaction():
            self._hear(moment)

    def _hear(self, moment: float) -> None:
        self.connection.execute("INSERT OR REPLACE INTO heard VALUES (1, ?)", (moment,))

    def heard(self) -> float | None:
        """When Asterisk was last heard of, Unix seconds; ``None`` if never."""
        row = self.connection.execute("SELECT moment FROM heard").fetchone()
        return row[0] if row else None

    # --- transactions ----------------------------------------------------------------

    def _transaction(self):
        return _Transaction(self.connection)


class _Transaction:
    """All or nothing. ``BEGIN IMMEDIATE`` waits for the other thread instead of failing."""

    def __init__(self, connection: sqlite3.Connection):
        self.connection = connection

    def __enter__(self) -> sqlite3.Connection:
        self.connection.execute("BEGIN IMMEDIATE")
        return self.connection

    def __exit__(self, kind, _value, _traceback) -> None:
        if kind is None:
            try:
                self.connection.execute("COMMIT")
            except sqlite3.Error:
                self._roll_back()
                raise
        else:
            self._roll_back()

    def _roll_back(self) -> None:
        # A full disk makes SQLite roll back by itself.
        if self.connection.in_transaction:
            self.connection.execute("ROLLBACK")
