"""What is stored on disk: events that Odoo has not confirmed, and the open channels."""

from __future__ import annotations

import fcntl
import json
import sqlite3
import time
from collections.abc import Iterable
from dataclasses import astuple, dataclass
from pathlib import Path

from .recordings import Recording

FILE = "events.sqlite"
KEEP_COMMANDS = 24 * 3600  # seconds; much longer than any command is valid
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
CREATE TABLE IF NOT EXISTS command (
    id TEXT PRIMARY KEY,
    received REAL NOT NULL,
    state TEXT NOT NULL,
    reason TEXT NOT NULL,
    detail TEXT NOT NULL
);
CREATE TABLE IF NOT EXISTS recording (
    kind TEXT NOT NULL,
    place TEXT NOT NULL,
    uniqueid TEXT NOT NULL,
    linkedid TEXT NOT NULL,
    channel TEXT NOT NULL,
    seen REAL NOT NULL,
    PRIMARY KEY (place, uniqueid)
);
CREATE TABLE IF NOT EXISTS heard (
    one INTEGER PRIMARY KEY CHECK (one = 1),
    moment REAL NOT NULL
);
"""


class Busy(Exception):
    """Another relay uses this folder."""


@dataclass(frozen=True)
class StoredEvent:
    """An event that is stored on disk.

    :param id: its position in the order of arrival
    :param received: when it was received, in Unix seconds
    :param body: JSON text
    """

    id: int
    received: float
    body: str


def lock(folder: Path):
    """Lock a folder against other relays.

    :param folder: the folder of the relay
    :return: an open file; the lock ends when it is closed
    :raise Busy: another relay uses the folder
    :raise OSError: the lock file cannot be created
    """
    file = open(folder / "relay.lock", "w")  # noqa: SIM115 - held until the process ends
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        file.close()
        raise Busy(
            f"Another relay uses the folder {folder}. Stop it, or set another folder in [relay]."
        ) from error
    return file


class Store:
    """The SQLite file of a relay. Each thread needs its own store.

    Every method may raise :class:`sqlite3.Error`, for example when the disk is full. Then it has
    changed nothing.

    :param folder: where the file is, or is created
    :raise sqlite3.Error: the file cannot be opened
    """

    def __init__(self, folder: Path):
        self.connection = sqlite3.connect(folder / FILE, isolation_level=None, timeout=30)
        # Damage can change a text without SQLite noticing it: Odoo decides what it can read.
        self.connection.text_factory = lambda text: text.decode("utf-8", "replace")
        # A commit returns only when the data is on the disk, so it survives a power failure.
        self.connection.execute("PRAGMA journal_mode = WAL")
        self.connection.execute("PRAGMA synchronous = FULL")
        self.connection.executescript(SCHEMA)

    def close(self) -> None:
        """Close the file."""
        self.connection.close()

    # --- events ----------------------------------------------------------------------

    def add(self, events: list[dict], moment: float, recordings: Iterable[Recording] = ()) -> None:
        """Store events, which channels they open and close, and what is recorded.

        :param events: AMI events, values by header; may be empty
        :param moment: when they were received, in Unix seconds; also the last contact
        :param recordings: that have begun
        """
        with self._transaction() as connection:
            connection.executemany(
                "INSERT INTO event (received, body) VALUES (?, ?)",
                [(moment, json.dumps(event)) for event in events],
            )
            for event in events:
                self._track_channel(event)
            connection.executemany(
                "INSERT OR IGNORE INTO recording VALUES (?, ?, ?, ?, ?, ?)",
                [astuple(recording) for recording in recordings],
            )
            self._save_contact(moment)

    def report(self, event: dict) -> None:
        """Store an event about the relay itself.

        :param event: values by header, as of an AMI event
        """
        with self._transaction() as connection:
            connection.execute(
                "INSERT INTO event (received, body) VALUES (?, ?)", (time.time(), json.dumps(event))
            )

    def next(self, count: int, size: int) -> list[StoredEvent]:
        """Return the oldest events that Odoo has not confirmed.

        :param count: maximum number of events
        :param size: maximum size of all bodies together, in bytes; one event is always returned,
            however large
        :return: events in the order of arrival; empty if there are none
        """
        rows = self.connection.execute(
            "SELECT id, CAST(received AS REAL), CAST(body AS TEXT) FROM event "
            "WHERE received IS NOT NULL AND body IS NOT NULL ORDER BY id LIMIT ?",
            (count,),
        )
        batch: list[StoredEvent] = []
        for row in rows:
            event = StoredEvent(*row)
            size -= len(event.body) + 1
            if batch and size < 0:
                break
            batch.append(event)
        return batch

    def delete(self, batch: list[StoredEvent]) -> None:
        """Delete events that Odoo has confirmed.

        :param batch: the events
        """
        with self._transaction() as connection:
            connection.executemany("DELETE FROM event WHERE id = ?", [(e.id,) for e in batch])

    def set_aside(self, event: StoredEvent, reason: str) -> None:
        """Set aside an event that Odoo does not accept, so that it does not block the others.

        :param event: the event
        :param reason: why Odoo does not accept it, for the administrator
        """
        with self._transaction() as connection:
            connection.execute(
                "INSERT INTO aside (id, received, body, reason) VALUES (?, ?, ?, ?)",
                (event.id, event.received, event.body, reason),
            )
            connection.execute("DELETE FROM event WHERE id = ?", (event.id,))

    def requeue_aside(self) -> int:
        """Queue the events that were set aside to be sent again.

        :return: number of events
        """
        with self._transaction() as connection:
            connection.execute(
                "INSERT INTO event (received, body) SELECT received, body FROM aside ORDER BY id"
            )
            return connection.execute("DELETE FROM aside").rowcount

    def clean(self) -> int:
        """Delete events that were set aside and received more than 30 days ago, recordings that
        could not be sent for so long, and what is known about commands of the day before.

        :return: number of deleted events
        """
        yesterday = time.time() - KEEP_COMMANDS
        self.connection.execute("DELETE FROM command WHERE received < ?", (yesterday,))
        old = time.time() - KEEP_ASIDE
        self.connection.execute("DELETE FROM recording WHERE seen BETWEEN 1 AND ?", (old,))
        return self.connection.execute("DELETE FROM aside WHERE received < ?", (old,)).rowcount

    def waiting(self) -> tuple[int, float | None]:
        """Return how many events wait to be confirmed by Odoo.

        :return: number of events, and when the oldest was received, in Unix seconds; ``None``
            if there are none
        """
        return self.connection.execute("SELECT count(*), min(received) FROM event").fetchone()

    def queue(self) -> tuple[int, float | None]:
        """Return about how many events wait to be confirmed by Odoo, however many there are:
        without counting them.

        :return: number of events, and when the oldest was received, in Unix seconds; ``None``
            if there are none
        """
        row = self.connection.execute(
            "SELECT (SELECT max(id) FROM event) - id + 1, received FROM event ORDER BY id LIMIT 1"
        ).fetchone()
        return row or (0, None)

    def aside(self) -> list[tuple[float, str]]:
        """Return the events that were set aside.

        :return: for each, when it was received, in Unix seconds, and why it was set aside
        """
        rows = self.connection.execute("SELECT received, reason FROM aside ORDER BY id")
        return rows.fetchall()

    def restore(self, rows: Iterable[tuple[int, tuple]]) -> int:
        """Take over the rows of a damaged store, as far as they are valid. Which table a row
        belongs to follows from its values.

        :param rows: row id and values, as they were read
        :return: number of events
        """
        with self._transaction() as connection:
            for row_id, values in rows:
                # SQLite stores a whole number as an integer, also in a column for floats.
                kinds = tuple(float if type(value) is int else type(value) for value in values)
                if kinds in _TABLES_BY_KINDS and _is_valid(values):
                    table = _TABLES_BY_KINDS[kinds]
                    # The row id stands for a number that is the primary key.
                    has_name = isinstance(values[0], str)
                    row = values if has_name else (row_id, *values[1:])
                    marks = ", ".join("?" * len(row))
                    sql = f"INSERT OR REPLACE INTO {table} VALUES ({marks})"
                    connection.execute(sql, row)
            # It was set aside, and its page not used again.
            connection.execute("DELETE FROM event WHERE id IN (SELECT id FROM aside)")
            [(count,)] = connection.execute(
                "SELECT (SELECT count(*) FROM event) + (SELECT count(*) FROM aside)"
            )
        return count

    # --- channels --------------------------------------------------------------------

    def _track_channel(self, event: dict) -> None:
        """Track open channels: those that are gone after a gap were hung up during it."""
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
        """Return the channels that are open, as far as is known.

        :return: for each, the headers ``Channel``, ``Uniqueid`` and ``Linkedid``
        """
        rows = self.connection.execute("SELECT name, uniqueid, linkedid FROM channel")
        return [dict(zip(("Channel", "Uniqueid", "Linkedid"), row, strict=True)) for row in rows]

    # --- recordings ------------------------------------------------------------------

    def recordings(self) -> list[Recording]:
        """Return the recordings of calls that are over. Of those in one file, which may go on in
        another channel, the first one is returned.

        :return: the oldest first
        """
        rows = self.connection.execute(
            """
            SELECT kind, place, uniqueid, linkedid, channel, seen
              FROM recording r
             WHERE NOT EXISTS (
                   SELECT 1
                     FROM recording part, channel c
                    WHERE part.place = r.place
                      AND (r.kind = 'file' OR part.uniqueid = r.uniqueid)
                      AND (c.linkedid = part.linkedid OR c.uniqueid = part.uniqueid))
             ORDER BY seen
            """
        )
        first: dict[tuple[str, str], Recording] = {}
        for row in rows:
            recording = Recording(*row)
            is_file = recording.kind == "file"
            first.setdefault((recording.place, "" if is_file else recording.uniqueid), recording)
        return list(first.values())

    def forget_recording(self, recording: Recording) -> None:
        """Delete what is known about a recording, with the others in the same file.

        :param recording: Odoo has it, or will never have it
        """
        self.connection.execute(
            "DELETE FROM recording WHERE place = ? AND (kind = 'file' OR uniqueid = ?)",
            (recording.place, recording.uniqueid),
        )

    def count_recordings(self) -> int:
        """Return how many recordings wait."""
        return self.connection.execute("SELECT count(*) FROM recording").fetchone()[0]

    # --- commands --------------------------------------------------------------------

    def begin_command(self, identifier: str) -> bool:
        """Store that a command is going to be carried out, before it is.

        :param identifier: id of the command
        :return: whether it never was before
        """
        return bool(
            self.connection.execute(
                "INSERT OR IGNORE INTO command (id, received, state, reason, detail) "
                "VALUES (?, ?, 'begun', '', '')",
                (identifier, time.time()),
            ).rowcount
        )

    def end_command(self, identifier: str, reason: str, detail: str) -> None:
        """Store what became of a command.

        :param identifier: id of the command
        :param reason: why it was not done; empty if it was
        :param detail: what Asterisk said
        """
        self.connection.execute(
            "UPDATE command SET state = 'ended', reason = ?, detail = ? WHERE id = ?",
            (reason, detail, identifier),
        )

    def end_interrupted(self, reason: str) -> None:
        """Store that nobody knows whether the commands were done that had begun when the relay
        was stopped.

        :param reason: what that is called
        """
        self.connection.execute(
            "UPDATE command SET state = 'ended', reason = ? WHERE state = 'begun'", (reason,)
        )

    def results(self, count: int) -> list[dict]:
        """Return what became of commands, as far as Odoo has not confirmed that it knows.

        :param count: maximum number of results
        """
        rows = self.connection.execute(
            "SELECT id, reason, detail FROM command WHERE state = 'ended' "
            "ORDER BY received LIMIT ?",
            (count,),
        )
        return [
            {"id": identifier} | ({"reason": reason, "detail": detail} if reason else {})
            for identifier, reason, detail in rows
        ]

    def forget_results(self, identifiers: list[str]) -> None:
        """Store that Odoo knows what became of commands. Their ids remain known.

        :param identifiers: ids of the commands
        """
        with self._transaction() as connection:
            connection.executemany(
                "UPDATE command SET state = 'known' WHERE id = ?", [(each,) for each in identifiers]
            )

    # --- contact with Asterisk -------------------------------------------------------

    def _save_contact(self, moment: float) -> None:
        self.connection.execute("INSERT OR REPLACE INTO heard VALUES (1, ?)", (moment,))

    def last_contact(self) -> float | None:
        """Return the time of the last contact with Asterisk.

        :return: Unix seconds; ``None`` if there was none yet
        """
        row = self.connection.execute("SELECT moment FROM heard").fetchone()
        return row[0] if row else None

    # --- transactions ----------------------------------------------------------------

    def _transaction(self):
        return _Transaction(self.connection)


_NOTHING = type(None)
_TABLES_BY_KINDS = {
    (_NOTHING, float, str): "event",
    (_NOTHING, float, str, str): "aside",
    (str, str, str): "channel",
    (str, float, str, str, str): "command",
    (str, str, str, str, str, float): "recording",
    (_NOTHING, float): "heard",
}


def _is_valid(values: tuple) -> bool:
    """Return whether the body of an event is an AMI event: damage can change values."""
    if values[0] is not None or len(values) < 3:
        return True
    try:
        event = json.loads(values[2])
    except ValueError:
        return False
    return isinstance(event, dict) and "Event" in event


class _Transaction:
    """A transaction. ``BEGIN IMMEDIATE`` waits for the other thread instead of failing."""

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
        # When the disk is full, SQLite has already rolled back.
        if self.connection.in_transaction:
            self.connection.execute("ROLLBACK")
