"""Runs the two halves of the relay, each in a thread of its own, until told to stop."""

from __future__ import annotations

import contextlib
import logging
import os
import signal
import threading
from collections.abc import Callable

from .config import Config
from .receiver import DiskFull, Receiver
from .sender import Sender
from .store import Store, lock

STOP_TIMEOUT = 35  # seconds; a request to Odoo may take 30

_logger = logging.getLogger(__name__)


class Relay:
    """What receives, what sends, and the stop of both."""

    def __init__(self, config: Config):
        self.config = config
        self.stop = threading.Event()
        self.news = threading.Event()
        self.status = os.EX_OK
        self.receiver = Receiver(config, self.stop, self.news)
        self.sender = Sender(config, self.stop, self.news, lambda: self.receiver.is_connected)

    def run(self) -> int:
        """Run until a signal or a failure ends it.

        :return: exit status
        :raise Busy: another relay uses the folder
        :raise OSError: the folder cannot be used
        """
        self.config.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: self._end(os.EX_OK))
        # The file holds who called whom.
        os.umask(0o077)
        # SQLite does not wait for others while it makes a file: it is made before the threads.
        with lock(self.config.folder), contextlib.closing(Store(self.config.folder)):
            threads = [self._start(half.run) for half in (self.receiver, self.sender)]
            while not self.stop.wait(1):
                pass
            for thread in threads:
                thread.join(STOP_TIMEOUT)
        _logger.info("Stopped.")
        return self.status

    def _start(self, half: Callable[[], None]) -> threading.Thread:
        # A request that hangs must not keep the process: what it sends is on disk still.
        thread = threading.Thread(target=self._watch, args=(half,), daemon=True)
        thread.start()
        return thread

    def _watch(self, half: Callable[[], None]) -> None:
        """Neither half may die alone and unheard."""
        try:
            half()
        except DiskFull as error:
            _logger.critical("%s", error)
            self._end(os.EX_IOERR)
        except Exception:
            _logger.critical("The relay failed.", exc_info=True)
            self._end(os.EX_SOFTWARE)

    def _end(self, status: int) -> None:
        self.status = self.status or status
        self.stop.set()
        self.news.set()
