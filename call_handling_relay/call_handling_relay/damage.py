"""What the relay does when its SQLite file is damaged: it saves what can be read, and goes on."""

from __future__ import annotations

import contextlib
import logging
import os
import shutil
import sqlite3
import time
from collections.abc import Iterator
from pathlib import Path

from .carving import FILE_HEADER, MAGIC, read_rows
from .store import FILE, KEEP_ASIDE, SCHEMA, Store

EVENT = "RelayDamage"  # Odoo lists it under Failed Events: somebody must know
SIDE_FILES = ("-wal", "-shm")  # https://sqlite.org/tempfiles.html
# What SQLite says if the disk, the rights or another process are the reason, not the content:
# https://sqlite.org/rescode.html. Everything else is about the content.
OTHER_REASONS = (
    "locked", "is full", "disk I/O error", "unable to open", "out of memory", "readonly"
)  # fmt: skip

_logger = logging.getLogger(__name__)


class Damaged(Exception):
    """The SQLite file of the relay is damaged."""


def is_damage(error: sqlite3.Error) -> bool:
    """Return whether an error means that the file is damaged, and not that it is locked or that
    the disk is full.

    :param error: as SQLite raised it
    """
    return not any(reason in str(error) for reason in OTHER_REASONS)


@contextlib.contextmanager
def damage_detected() -> Iterator[None]:
    """Raise :class:`Damaged` if an error of SQLite in the block means damage; other errors of
    SQLite are raised as they are."""
    try:
        yield
    except sqlite3.Error as error:
        if is_damage(error):
            raise Damaged(str(error)) from error
        raise
    except UnicodeDecodeError as error:
        # The error message of SQLite quotes what is damaged.
        raise Damaged("its description of tables cannot be read") from error


def open_store(folder: Path) -> Store:
    """Open the store of a folder. If it is damaged, what can be read is moved to a new one.

    :param folder: the folder of the relay, locked by the caller
    :raise OSError: the folder cannot be used
    :raise sqlite3.Error: the file cannot be used, for a reason other than damage
    """
    for unfinished in folder.glob("damaged-*.tmp"):
        shutil.rmtree(unfinished)
    for interrupted in folder.glob("damaged-*.todo"):
        _salvage(folder, interrupted)
    try:
        return _open_checked(folder)
    except Damaged as damage:
        _logger.critical("The file %s is damaged: %s.", folder / FILE, damage)
    _salvage(folder, _copy_aside(folder))
    return _open_checked(folder)


def delete_old(folder: Path) -> int:
    """Delete copies of damaged files that are more than 30 days old.

    :param folder: the folder of the relay
    :return: number of copies
    """
    old = [aside for aside in folder.glob("damaged-*") if aside.stat().st_mtime < _month_ago()]
    for aside in old:
        shutil.rmtree(aside)
    return len(old)


def _month_ago() -> float:
    return time.time() - KEEP_ASIDE


def _open_checked(folder: Path) -> Store:
    """Open a store and check it.

    :raise Damaged: it is damaged
    """
    file = folder / FILE
    if file.exists() and not _has_header(file):
        raise Damaged("its header is wrong")
    with damage_detected(), contextlib.ExitStack() as opened:
        store = opened.enter_context(contextlib.closing(Store(folder)))
        [(answer,), *_] = store.connection.execute("PRAGMA quick_check(1)").fetchall()
        if answer != "ok" or _tables(store.connection) != _tables_of_new_store():
            raise Damaged(answer.replace("ok", "its tables are not those of the relay"))
        opened.pop_all()
        return store


def _tables(connection: sqlite3.Connection) -> set[tuple[str, str]]:
    return set(connection.execute("SELECT name, sql FROM sqlite_master WHERE type = 'table'"))


def _tables_of_new_store() -> set[tuple[str, str]]:
    with contextlib.closing(sqlite3.connect(":memory:")) as connection:
        connection.executescript(SCHEMA)
        return _tables(connection)


def _has_header(file: Path) -> bool:
    """Return whether a file begins as SQLite writes it. If it is marked as one that only newer
    versions write, SQLite would say that it is read-only."""
    with open(file, "rb") as content:
        header = content.read(FILE_HEADER)
    return header.startswith(MAGIC) and header[18:20] in (b"\1\1", b"\2\2")


def _copy_aside(folder: Path) -> Path:
    """Copy the damaged file. The copy is complete once its folder has its name."""
    name = time.strftime("damaged-%Y%m%d-%H%M%S")
    unfinished = folder / f"{name}.tmp"
    unfinished.mkdir(mode=0o700)
    for side in ("", *SIDE_FILES):
        with contextlib.suppress(FileNotFoundError):
            shutil.copy(folder / f"{FILE}{side}", unfinished / f"{FILE}{side}")
    return unfinished.rename(folder / f"{name}.todo")


def _salvage(folder: Path, aside: Path) -> None:
    """Replace the file of a folder with a new one that has what can be read of a damaged one.

    It can be interrupted at any moment, and is then done again at the next start.

    :param folder: the folder of the relay
    :param aside: the folder with the copy of the damaged file
    """
    new = aside / "new"
    shutil.rmtree(new, ignore_errors=True)
    new.mkdir()
    with contextlib.closing(Store(new)) as store:
        count = store.restore(read_rows(aside / FILE, aside / f"{FILE}-wal"))
        store.report({"Event": EVENT, "Timestamp": f"{time.time():.6f}", "Saved": str(count)})
        # Everything into the file itself: only that one is moved.
        store.connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    for side in SIDE_FILES:
        # They belong to the damaged file, and SQLite would apply them to the new one.
        (folder / f"{FILE}{side}").unlink(missing_ok=True)
    os.replace(new / FILE, folder / FILE)
    shutil.rmtree(new)
    kept = aside.rename(aside.with_suffix(""))
    _logger.critical(
        "%d events that were waiting or set aside were saved from the damaged file; others may be "
        "lost. The relay goes on. The damaged file is kept for 30 days in %s.",
        count,
        kept,
    )
