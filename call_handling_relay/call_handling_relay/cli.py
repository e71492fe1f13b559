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
    """Run the command; return the exit status."""
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
        description="Brings the call events of an Asterisk to Call handling in Odoo, and loses "
        "none. Without an option it runs until it is stopped.",
    )
    parser.add_argument(
        "--config", type=Path, help=f"the settings (default: {config.DEFAULT_FILE})"
    )
    parser.add_argument("--verbose", action="store_true", help="tell more in the log")
    parser.add_argument("--version", action="version", version=f"%(prog)s {__version__}")
    what = parser.add_mutually_exclusive_group()
    what.add_argument("--check", action="store_true", help="try both ends, say what is wrong")
    what.add_argument("--status", action="store_true", help="show what waits and is set aside")
    what.add_argument("--send-again", action="store_true", help="send once more what was set aside")
    parser.add_argument(
        "--seconds",
        type=int,
        default=LISTEN_SECONDS,
        help="how long --check listens for a call (default: %(default)s)",
    )
    return parser


def _set_up_log(verbose: bool) -> None:
    # Under systemd the journal adds the time by itself.
    when = "" if "JOURNAL_STREAM" in os.environ else "%(asctime)s "
    logging.basicConfig(
        level=logging.DEBUG if verbose else logging.INFO,
        format=f"{when}%(levelname)s %(message)s",
    )


def _show_status(settings: config.Config, send_again: bool) -> int:
    if not (settings.folder / FILE).exists():
        print(f"Nothing is kept in {settings.folder} yet.")
        return os.EX_OK
    store = Store(settings.folder)
    if send_again:
        print(f"{store.send_aside_again()} events are sent again.")
    count, oldest = store.waiting()
    since = f", the oldest since {_day(oldest)}" if oldest else ""
    print(f"{count} events wait to be sent{since}.")
    if heard := store.heard():
        print(f"Asterisk was last heard of on {_day(heard)}.")
    for received, reason in store.aside():
        print(f"Set aside, received on {_day(received)}: {reason}")
    store.close()
    return os.EX_OK


def _day(moment: float) -> str:
    return time.strftime("%Y-%m-%d at %H:%M:%S", time.localtime(moment))
