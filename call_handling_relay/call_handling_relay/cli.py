"""The command ``call-handling-relay``."""

from __future__ import annotations

import argparse
import logging
import os
import sqlite3
import sys
import time
from pathlib import Path

from . import __version__, config
from .check import Check
from .relay import Relay
from .store import FILE, Busy, Store

LISTEN_SECONDS = 20


def main(arguments: list[str] | None = None) -> int:
    """Run the command.

    :param arguments: its command line arguments; ``None``: those of the process
    :return: exit status
    """
    options = _parser().parse_args(arguments)
    _set_up_log(options.verbose)
    try:
        settings = config.load(options.config, os.environ)
        return _run(options, settings)
    except config.ConfigError as error:
        print(f"call-handling-relay: {error}", file=sys.stderr)
        return os.EX_CONFIG
    except (Busy, OSError, sqlite3.Error) as error:
        print(f"call-handling-relay: {error}", file=sys.stderr)
        return os.EX_IOERR


def _run(options: argparse.Namespace, settings: config.Config) -> int:
    if options.check:
        return Check(settings, options.seconds).run()
    if options.status or options.send_again:
        return _show_status(settings, options.send_again)
    return Relay(settings).run()


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="call-handling-relay",
        description="Sends the call events of Asterisk to Call handling in Odoo without losing "
        "any. Without an option it runs until it is stopped.",
    )
    parser.add_argument(
        "--config", type=Path, help=f"settings file (default: {config.DEFAULT_FILE})"
    )
    parser.add_argument("--verbose", action="store_true", help="log more details")
    parser.add_argument("--version", action="version", version=f"%(prog)s {__version__}")
    what = parser.add_mutually_exclusive_group()
    what.add_argument(
        "--check", action="store_true", help="test the connections and explain what is wrong"
    )
    what.add_argument(
        "--status", action="store_true", help="show the events that are waiting or were set aside"
    )
    what.add_argument(
        "--send-again", action="store_true", help="send the events that were set aside again"
    )
    parser.add_argument(
        "--seconds",
        type=int,
        default=LISTEN_SECONDS,
        help="how long --check listens for a call (default: %(default)s)",
    )
    return parser


def _set_up_log(verbose: bool) -> None:
    # Under systemd the journal adds the time.
    when = "" if "JOURNAL_STREAM" in os.environ else "%(asctime)s "
    logging.basicConfig(
        level=logging.DEBUG if verbose else logging.INFO,
        format=f"{when}%(levelname)s %(message)s",
    )


def _show_status(settings: config.Config, send_again: bool) -> int:
    if not (settings.folder / FILE).exists():
        print(f"Nothing is stored in {settings.folder} yet. Start the relay first.")
        return os.EX_OK
    store = Store(settings.folder)
    if send_again:
        print(f"Events to be sent again by the relay: {store.requeue_aside()}.")
    count, oldest = store.waiting()
    since = f", the oldest since {_format_time(oldest)}" if oldest else ""
    print(f"Events waiting to be sent: {count}{since}.")
    if recordings := store.count_recordings():
        print(f"Recordings waiting to be sent, or of calls that go on: {recordings}.")
    if last_contact := store.last_contact():
        print(f"Last contact with Asterisk: {_format_time(last_contact)}.")
    for received, reason in store.aside():
        print(f"Set aside, received on {_format_time(received)}: {reason}")
    store.close()
    return os.EX_OK


def _format_time(moment: float) -> str:
    return time.strftime("%Y-%m-%d at %H:%M:%S", time.localtime(moment))
