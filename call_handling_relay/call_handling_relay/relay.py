"""Runs the parts of the relay, each in a thread, until it is stopped."""

from __future__ import annotations

import contextlib
import logging
import os
import signal
import threading
import time
from collections.abc import Callable

from .commands import Commander
from .config import Config
from .damage import Damaged, damage_detected, open_store
from .receiver import DiskFull, Receiver
from .sender import Sender
from .store import lock
from .uploader import Uploader

STOP_TIMEOUT = 35  # seconds; a request to Odoo may take 30

_logger = logging.getLogger(__name__)


class Relay:
    """The relay: a receiver, a sender, a commander and an uploader if the settings allow them, and
    the way to stop them.

    :param config: the settings
    """

    def __init__(self, config: Config):
        self.config = config
        self.stop = threading.Event()
        self.news = threading.Event()
        self.status = os.EX_OK
        self._is_ended = self._is_damaged = False
        self.receiver = Receiver(config, self.stop, self.news)
        self.sender = Sender(config, self.stop, self.news, lambda: self.receiver.is_connected)
        self.commander = Commander(config, self.stop) if config.allowed else None
        sends_files = config.recordings or config.mailboxes
        self.uploader = Uploader(config, self.stop) if sends_files else None
        parts = (self.receiver, self.sender, self.commander, self.uploader)
        self.parts = [part for part in parts if part]

    def run(self) -> int:
        """Run until a signal or a failure stops it.

        :return: exit status: 0 after a signal, ``os.EX_IOERR`` if events are lost because they
            cannot be stored, ``os.EX_SOFTWARE`` after any other failure
        :raise Busy: another relay uses the folder
        :raise OSError: the folder cannot be created or used
        :raise sqlite3.Error: the file of events cannot be used
        """
        self.config.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: self._stop_with(os.EX_OK))
        # The file contains who called whom: only its user may read it.
        os.umask(0o077)
        with lock(self.config.folder):
            self._run_parts()
            while self._is_damaged and not self._is_ended:
                self._is_damaged = False
                self.stop.clear()
                self._run_parts()
        _logger.info("Stopped.")
        return self.status

    def _run_parts(self) -> None:
        """Run all parts until the relay must stop, or until the file of events is damaged: it is
        opened, and repaired, while none of them uses it."""
        # SQLite does not wait for locks while it creates a file, so create it before the threads.
        with contextlib.closing(open_store(self.config.folder)):
            threads = [self._start_thread(part.run) for part in self.parts]
            while not self.stop.wait(1):
                pass
            deadline = time.monotonic() + STOP_TIMEOUT
            while threads and time.monotonic() < deadline:
                if self.commander:
                    self.commander.interrupt()
                threads[0].join(0.1)
                threads = [thread for thread in threads if thread.is_alive()]

    def _start_thread(self, part: Callable[[], None]) -> threading.Thread:
        # A request that hangs must not keep the process alive: its events are still on disk.
        thread = threading.Thread(target=self._run_part, args=(part,), daemon=True)
        thread.start()
        return thread

    def _run_part(self, part: Callable[[], None]) -> None:
        """Run a part of the relay. If it fails, log that and stop the other parts too."""
        try:
            with damage_detected():
                part()
        except Damaged:
            self._is_damaged = True
            self._stop_parts()
        except DiskFull as error:
            _logger.critical("%s", error)
            self._stop_with(os.EX_IOERR)
        except Exception:
            _logger.critical("The relay stops because of an unexpected error.", exc_info=True)
            self._stop_with(os.EX_SOFTWARE)

    def _stop_with(self, status: int) -> None:
        self.status = self.status or status
        self._is_ended = True
        self._stop_parts()

    def _stop_parts(self) -> None:
        self.stop.set()
        self.news.set()
