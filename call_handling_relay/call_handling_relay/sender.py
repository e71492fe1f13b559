"""Sends to Odoo what is on disk, in order, until Odoo has confirmed it."""

from __future__ import annotations

import logging
import sqlite3
import threading
import time
from collections.abc import Callable

from .config import Config
from .pauses import Pauses
from .store import Kept, Store
from .webhook import Answer, Verdict, Webhook

MOST_EVENTS = 200  # in one request
MOST_BYTES = 200 * 1024  # of events in one request; Odoo takes 256 KiB
CLEAN_EVERY = 3600  # seconds

_logger = logging.getLogger(__name__)


class Sender:
    """Sends what is on disk to Odoo.

    :param stop: set when the relay shall end
    :param news: set when there is something to send, or when the relay shall end
    :param is_connected: whether Asterisk is heard of at the moment
    """

    def __init__(
        self,
        config: Config,
        stop: threading.Event,
        news: threading.Event,
        is_connected: Callable[[], bool],
    ):
        self.config = config
        self.stop = stop
        self.news = news
        self.is_connected = is_connected
        self.webhook = Webhook(config.address, config.odoo_secret, config.database)
        self.pauses = Pauses(0.5, 20)
        self._most = MOST_EVENTS
        self._beat = float("-inf")
        self._cleaned = float("-inf")

    def run(self) -> None:
        """Until the relay shall stop."""
        self.store = Store(self.config.folder)
        try:
            while not self.stop.is_set():
                if pause := self.step():
                    self.stop.wait(pause)
        finally:
            self.webhook.close()
            self.store.close()

    def step(self) -> float:
        """Send once, or wait for something to send.

        :return: seconds to wait before the next step
        """
        self.news.clear()
        try:
            self._clean()
            batch = self.store.next(self._most, MOST_BYTES)
            if batch:
                return self._send(batch)
        except sqlite3.Error as error:
            told = "The folder %s cannot be used: %s."
            _logger.error(told, self.config.folder, error)  # noqa: TRY400 - the text says it all
            return self.pauses.next()
        if self._is_heartbeat_due():
            return self._send_heartbeat()
        self.news.wait(1)
        return 0

    # --- events ----------------------------------------------------------------------

    def _send(self, batch: list[Kept]) -> float:
        answer = self.webhook.send([kept.body for kept in batch])
        if answer.verdict is Verdict.CONFIRMED:
            return self._confirmed(batch, answer)
        if answer.verdict is Verdict.GUILTY:
            return self._guilty(batch, answer)
        return self._tell_trouble(answer)

    def _confirmed(self, batch: list[Kept], answer: Answer) -> float:
        self.store.forget(batch)
        self._most = min(MOST_EVENTS, self._most * 2)
        self.pauses.reset()
        if answer.failed:
            _logger.warning(
                "Odoo did not understand %d events; they are listed there under Failed Events.",
                answer.failed,
            )
        return 0

    def _guilty(self, batch: list[Kept], answer: Answer) -> float:
        """One of the events is not taken: find it, set it aside, and let the others pass."""
        if len(batch) > 1:
            self._most = len(batch) // 2
            return 0
        self.store.set_aside(batch[0], answer.reason)
        self._most = MOST_EVENTS
        _logger.error(
            "An event is set aside, because Odoo does not take it: %s It is kept for 30 days; "
            "call-handling-relay --status lists it, --send-again sends it once more.",
            answer.reason,
        )
        return 0

    def _tell_trouble(self, answer: Answer) -> float:
        pause = self.pauses.next()
        count, oldest = self.store.waiting()
        _logger.log(
            logging.ERROR if answer.verdict is Verdict.REFUSED else logging.WARNING,
            "%s %d events wait%s. Next attempt in %.1f seconds.",
            answer.reason,
            count,
            f", the oldest for {time.time() - oldest:.0f} seconds" if oldest else "",
            pause,
        )
        return pause

    # --- from time to time -----------------------------------------------------------

    def _is_heartbeat_due(self) -> bool:
        """A sign of life tells that the whole way works: so only while Asterisk is there."""
        every = self.config.heartbeat
        return bool(every and self.is_connected() and time.monotonic() - self._beat >= every)

    def _send_heartbeat(self) -> float:
        self._beat = time.monotonic()
        answer = self.webhook.send_heartbeat()
        if answer.verdict is Verdict.CONFIRMED:
            self.pauses.reset()
            return 0
        return self._tell_trouble(answer)

    def _clean(self) -> None:
        if time.monotonic() - self._cleaned < CLEAN_EVERY:
            return
        self._cleaned = time.monotonic()
        if count := self.store.clean():
            _logger.warning("%d events that were set aside 30 days ago are deleted.", count)
