"""Sends the files of recordings to Odoo, in parts, until Odoo has them or does not want them."""

from __future__ import annotations

import logging
import sqlite3
import threading
import time
from collections.abc import Callable, Iterable
from pathlib import Path

from .config import Config
from .damage import damage_detected
from .pauses import Pauses
from .recordings import FILE, NoFile, Recording, Sound, find_file, find_message, open_file
from .store import Store
from .webhook import Answer, Verdict, Webhook

PART = 4 * 1024 * 1024  # bytes of one request
LOOK_EVERY = 1  # seconds
SETTLED = 3  # seconds for which the size of a file has not changed
FILE_COMES = 600  # seconds after the call within which its file must be there
MESSAGE_COMES = 60  # seconds; most callers who reach a mailbox leave no message

_logger = logging.getLogger(__name__)


class Uploader:
    """Sends the recordings of calls that are over.

    Which ones are waiting is on the disk; how far a file has come is what Odoo says. So it goes on
    wherever it was, whenever it is killed.

    :param config: the settings
    :param stop: is set when the relay must stop
    """

    def __init__(self, config: Config, stop: threading.Event):
        self.config = config
        self.stop = stop
        self.webhook = Webhook(config.recordings_address, config.odoo_secret, config.database)
        self.pauses = Pauses(1, 300)
        self._looked: dict[Recording, _Look] = {}

    def run(self) -> None:
        """Send recordings until the relay must stop.

        :raise sqlite3.Error: the file of the relay cannot be used
        """
        self.store = Store(self.config.folder)
        try:
            while not self.stop.is_set():
                self.stop.wait(self.step() or LOOK_EVERY)
        finally:
            self.webhook.close()
            self.store.close()

    def step(self) -> float:
        """Send what can be sent.

        :return: seconds to wait before the next step; 0: as usual
        """
        try:
            with damage_detected():
                waiting = self.store.recordings()
                self._looked = {one: look for one, look in self._looked.items() if one in waiting}
                return self._send_all(waiting)
        except sqlite3.Error as error:
            text = "No recordings are sent, because %s cannot be used: %s. Check the disk."
            _logger.error(text, self.config.folder, error)  # noqa: TRY400 - the text is complete
            return self.pauses.next()

    def _send_all(self, waiting: Iterable[Recording]) -> float:
        for recording in waiting:
            if self.stop.is_set():
                break
            try:
                path = self._find_settled(recording)
                answer = path and self._send(recording, path)
            except NoFile as problem:
                self._drop(recording, str(problem))
                continue
            except OSError as error:
                self._report_unreadable(recording, error)
                continue
            if answer and answer.verdict is Verdict.BAD_EVENT:
                _logger.info("Odoo does not store a recording: %s.", answer.reason)
                self.store.forget_recording(recording)
            elif answer and answer.verdict is not Verdict.CONFIRMED:
                return self._report_failure(answer)
            elif answer:
                _logger.info("Odoo has stored a recording.")
                self.store.forget_recording(recording)
                self.pauses.reset()
        return 0

    def _drop(self, recording: Recording, reason: str) -> None:
        _logger.error("A recording (%s) cannot be sent: %s.", recording.uniqueid, reason)
        self.store.forget_recording(recording)

    def _report_unreadable(self, recording: Recording, error: OSError) -> None:
        """Log once that a file cannot be read; it waits until that is corrected. The name of the
        file, which the error has, may contain a number."""
        look = self._looked[recording]
        if not look.is_reported:
            look.is_reported = True
            text = "A recording (%s) cannot be read: %s. Check the permissions; see --check."
            _logger.error(text, recording.uniqueid, error.strerror)

    def _report_failure(self, answer: Answer) -> float:
        pause = max(self.pauses.next(), answer.wait)
        if not self.stop.is_set():
            level = logging.ERROR if answer.verdict is Verdict.REFUSED else logging.WARNING
            text = "%s Recordings wait. Next attempt in %.1f seconds."
            _logger.log(level, text, answer.reason, pause)
        return pause

    # --- the file ----------------------------------------------------------------------

    def _find_settled(self, recording: Recording) -> Path | None:
        """Return the file of a recording, once nobody has written to it for some seconds.

        :return: ``None`` if that is not so yet, or if nobody has left a message
        :raise NoFile: there is none that may be sent
        :raise OSError: it cannot be read
        """
        look = self._looked.setdefault(recording, _Look())
        try:
            path = self._find(recording)
            size = path.stat().st_size
        except FileNotFoundError:
            path, size = None, 0
        if size:
            return path if look.is_settled(size) else None
        if recording.kind == FILE and look.age > FILE_COMES:
            raise NoFile("there is no file, or it is empty")
        if recording.kind != FILE and look.age > MESSAGE_COMES:
            self.store.forget_recording(recording)
        return None

    def _find(self, recording: Recording) -> Path:
        if recording.kind == FILE:
            root, named = self._root(self.config.recordings), self.config.recordings_named
            return find_file(root, recording.place, named)
        return find_message(self._root(self.config.mailboxes), recording)

    @staticmethod
    def _root(folder: Path | None) -> Path:
        if not folder:
            raise NoFile("the settings do not name its folder any more")
        return folder

    # --- sending -----------------------------------------------------------------------

    def _send(self, recording: Recording, path: Path) -> Answer:
        """Send what Odoo does not have of a file."""
        about = self._describe(recording)
        return send_file(self.webhook, about, path, recording.is_stereo, self.stop.is_set)

    @staticmethod
    def _describe(recording: Recording) -> dict:
        about = {"id": recording.id, "call": recording.linkedid, "leg": recording.uniqueid}
        about |= {"start": f"{recording.seen:.3f}"} if recording.seen else {}
        about |= {"first": "leg"} if recording.is_stereo else {}
        return about | ({"requested": "1"} if recording.is_requested else {})


def send_file(
    webhook: Webhook,
    about: dict,
    path: Path,
    is_stereo: bool = False,
    is_stopping: Callable[[], bool] = lambda: False,
) -> Answer:
    """Send what Odoo does not have of a file.

    :param about: of the recording, as parameters: ``id`` and so on, without ``size``
    :param is_stereo: it has the samples of two channels, and nothing else
    :param is_stopping: returns whether no further part must be begun
    :return: the last answer; :attr:`.webhook.Verdict.CONFIRMED` if Odoo has all of it
    :raise OSError: it cannot be read
    :raise NoFile: it is no ordinary file
    """
    answer, has = webhook.ask_for_file({"id": about["id"]})
    with open_file(path) as file:
        sound = Sound(file, is_stereo)
        about = about | {"size": sound.size}
        while answer.verdict is Verdict.CONFIRMED and not _is_complete(has, sound.size):
            offset = _read_offset(has)
            part = sound.read(offset, PART)
            if not part or is_stopping():
                # it has become shorter, or the relay is being stopped
                return Answer(Verdict.LATER, "A recording was not sent completely.")
            answer, has = webhook.send_part(about | {"offset": offset}, part)
            if _read_offset(has) == offset and not _is_complete(has, sound.size):
                reason = str(has.get("error", answer.reason or "no part was stored"))
                is_final = answer.verdict is Verdict.CONFIRMED
                return Answer(Verdict.BAD_EVENT, reason) if is_final else answer
    return answer


class _Look:
    """When a file was looked at, and since when it has had its size."""

    def __init__(self) -> None:
        self.first = time.monotonic()
        self.size = 0
        self.since = self.first
        self.is_reported = False

    @property
    def age(self) -> float:
        return time.monotonic() - self.first

    def is_settled(self, size: int) -> bool:
        if size != self.size:
            self.size, self.since = size, time.monotonic()
        return time.monotonic() - self.since >= SETTLED


def _is_complete(has: dict, size: int) -> bool:
    return has.get("state") == "here" or _read_offset(has) == size


def _read_offset(has: dict) -> int:
    offset = has.get("offset")
    is_offset = isinstance(offset, int) and not isinstance(offset, bool) and offset >= 0
    return offset if is_offset else 0
