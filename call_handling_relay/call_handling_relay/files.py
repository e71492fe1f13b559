"""Sends what FreeSWITCH has recorded, and messages in its mailboxes, to Odoo.

FreeSWITCH itself reports a recording with the record of its call (``mod_json_cdr``), so this only
has to send files: a timer runs it, it sends what is new, and ends. What Odoo calls a file is
derived from its name, as in ``adapters/freeswitch/record.py`` there.

How far a file has come is what Odoo says; which ones need not be asked about any more is a file
without content in a folder, for each.
"""

from __future__ import annotations

import argparse
import fcntl
import hashlib
import logging
import sys
import time
from collections.abc import Iterable, Iterator
from pathlib import Path

from .recordings import NoFile
from .uploader import send_file
from .webhook import Verdict, Webhook

SUFFIXES = frozenset({".wav", ".mp3", ".ogg", ".gsm", ".flac"})
SETTLED = 60  # seconds for which nobody has written to a file
OLDEST = 7 * 24 * 3600  # seconds; what has no call in Odoo by then never gets one

_logger = logging.getLogger(__name__)


def main(arguments: list[str] | None = None) -> int:
    """Send what is new.

    :param arguments: of the command line, by default those of this process
    :return: exit status: 0, or 1 if Odoo could not be reached or has refused the secret
    """
    logging.basicConfig(level=logging.INFO, format="%(message)s", stream=sys.stderr)
    options = _parse(arguments)
    options.state.mkdir(mode=0o700, parents=True, exist_ok=True)
    with open(options.state / "lock", "w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return 0  # the run before is not over yet
        secret = options.secret_file.read_text().strip()
        webhook = Webhook(f"{options.address}/recording", secret, options.database)
        return send_all(webhook, find_files(options.folders), options.state)


def send_all(webhook: Webhook, files: Iterable[Path], state: Path) -> int:
    """Send files that were not sent yet.

    :param webhook: of the recordings
    :param state: the folder in which it is noted what is done
    :return: exit status, as :func:`main`
    """
    _forget_old(state)
    for path in files:
        done = state / name_file(path)
        if done.exists():
            continue
        try:
            answer, has = webhook.ask_for_file({"id": done.name})
            if answer.verdict is Verdict.CONFIRMED:
                if "state" not in has:
                    continue  # its call is not over yet, or is not reported
                answer = send_file(webhook, {"id": done.name}, path)
        except (NoFile, OSError) as error:
            # the name of the file may contain a number
            reason = error.strerror if isinstance(error, OSError) else error
            _logger.error("A recording cannot be read: %s. Check the permissions.", reason)  # noqa: TRY400
            continue
        if answer.verdict is Verdict.CONFIRMED:
            _logger.info("Odoo has stored a recording.")
            done.touch()
        elif answer.verdict is Verdict.BAD_EVENT:
            _logger.info("Odoo does not store a recording: %s.", answer.reason)
            done.touch()
        else:
            _logger.error("%s Recordings wait.", answer.reason)
            return 1
    return 0


def find_files(folders: Iterable[Path]) -> Iterator[Path]:
    """Return the files below folders that nobody writes to any more, the oldest first. Links are
    left out."""
    now = time.time()
    found = (path for folder in folders for path in folder.rglob("*"))
    sounds = [
        (path.stat().st_mtime, path)
        for path in found
        if path.suffix.lower() in SUFFIXES and not path.is_symlink() and path.is_file()
    ]
    for changed, path in sorted(sounds):
        if SETTLED <= now - changed <= OLDEST:
            yield path


def name_file(path: Path) -> str:
    """Return what the file of a recording is called in Odoo."""
    return "file-" + hashlib.sha256(path.stem.encode("utf-8", "replace")).hexdigest()[:24]


def _forget_old(state: Path) -> None:
    for done in state.glob("file-*"):
        if time.time() - done.stat().st_mtime > 2 * OLDEST:
            done.unlink()


def _parse(arguments: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m call_handling_relay.files",
        description="Send what FreeSWITCH has recorded to Odoo. A timer runs it.",
    )
    parser.add_argument("--address", required=True, help="URL of the telephone system in Odoo")
    parser.add_argument("--secret-file", type=Path, required=True, help="file with its secret")
    parser.add_argument("--database", default="", help="name of Odoo's database, if it has several")
    parser.add_argument(
        "--state", type=Path, default=Path("/var/lib/call-handling-files"), help="folder to note in"
    )
    parser.add_argument("folders", type=Path, nargs="+", help="folders of recordings and messages")
    return parser.parse_args(arguments)


if __name__ == "__main__":
    sys.exit(main())
