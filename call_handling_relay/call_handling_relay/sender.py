"""Sends the stored events to Odoo, in order, until Odoo has confirmed them."""

from __future__ import annotations

import json
import logging
import sqlite3
import threading
import time
from collections.abc import Callable

from .clock import Clock
from .config import Config
from .damage import damage_detected, delete_old
from .pauses import Pauses
from .store import Store, StoredEvent
from .webhook import Answer, Verdict, Webhook

MAX_EVENTS = 200  # per request
MAX_BYTES = 200 * 1024  # of events per request; Odoo accepts 256 KiB
BRACKETS = 2  # bytes around the events of a request
ASIDE_EVENT = "RelayAside"  # Odoo lists it under Failed Events: somebody must know
CLEAN_EVERY = 3600  # seconds

_logger = logging.getLogger(__name__)


class Sender:
    """Sends the stored events to Odoo.

    :param config: the settings
    :param stop: is set when the relay must stop
    :param news: is set when there are events to send, or when the relay must stop
    :param is_connected: returns whether the relay is connected to Asterisk
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
        self.clock = Clock()
        self._forget_bounds()
        self._last_heartbeat = float("-inf")
        self._last_clean = float("-inf")

    def run(self) -> None:
        """Send events until the relay must stop.

        :raise sqlite3.Error: the file of events cannot be used
        """
        self.store = Store(self.config.folder)
        try:
            while not self.stop.is_set():
                if pause := self.step():
                    self.stop.wait(pause)
        finally:
            self.webhook.close()
            self.store.close()

    def step(self) -> float:
        """Send a batch or a heartbeat, or wait up to one second for events.

        :return: seconds to wait before the next step; 0: none
        """
        self.news.clear()
        try:
            with damage_detected():
                self._clean()
                batch = self.store.next(self._batch_size, self._max_bytes)
                self.webhook.report_queue(*self.store.queue())
                if batch:
                    return self._send(batch)
        except sqlite3.Error as error:
            text = "The folder %s cannot be used: %s. Check the disk and free some space."
            _logger.error(text, self.config.folder, error)  # noqa: TRY400 - the text is complete
            return self.pauses.next()
        if self._is_heartbeat_due():
            return self._send_heartbeat()
        self.news.wait(1)
        return 0

    # --- events ----------------------------------------------------------------------

    def _send(self, batch: list[StoredEvent]) -> float:
        answer = self.webhook.send([event.body for event in batch])
        self.clock.check(self.webhook.clock_offset, self.webhook.where)
        if answer.verdict is Verdict.CONFIRMED:
            return self._handle_confirmed(batch, answer)
        if answer.verdict is Verdict.TOO_LARGE:
            return self._handle_too_large(batch, answer)
        if answer.verdict is Verdict.BAD_EVENT:
            return self._handle_bad_event(batch, answer)
        return self._report_failure(answer)

    def _handle_confirmed(self, batch: list[StoredEvent], answer: Answer) -> float:
        self.store.delete(batch)
        self._batch_size = min(self._max_events, self._batch_size * 2)
        self.pauses.reset()
        _logger.debug("Odoo confirmed %d events.", len(batch))
        if answer.failed:
            _logger.warning(
                "Odoo stored %d events but could not process them. They are listed in Odoo under "
                "Failed Events.",
                answer.failed,
            )
        return 0

    def _handle_too_large(self, batch: list[StoredEvent], answer: Answer) -> float:
        """Send fewer events at once from now on: as many as the answer allows, or half."""
        if len(batch) == 1:
            return self._set_aside(batch[0], answer.reason)
        size = sum(len(event.body) + 1 for event in batch)
        if answer.max_events:
            self._max_events = min(self._max_events, answer.max_events)
        if answer.max_bytes:
            self._max_bytes = min(self._max_bytes, answer.max_bytes - BRACKETS)
        self._batch_size = self._max_events
        if len(batch) <= self._max_events and size <= self._max_bytes:
            # It names no bound, or one that this request has kept.
            self._batch_size = len(batch) // 2
            self._max_bytes = size // 2
        _logger.info(
            "%s The relay sends at most %d events, or %d bytes, at once.",
            answer.reason,
            self._max_events,
            self._max_bytes,
        )
        return 0

    def _handle_bad_event(self, batch: list[StoredEvent], answer: Answer) -> float:
        """Find the event that Odoo does not accept, set it aside, and go on with the others."""
        if len(batch) == 1:
            return self._set_aside(batch[0], answer.reason)
        self._batch_size = len(batch) // 2
        return 0

    def _set_aside(self, event: StoredEvent, reason: str) -> float:
        """Set an event aside, and report it to Odoo."""
        # The bounds were about this event.
        self._forget_bounds()
        if _is_report_of_another(event):
            self.store.delete([event])
            return 0
        self.store.set_aside(event, reason)
        moment = f"{time.time():.6f}"
        self.store.report({"Event": ASIDE_EVENT, "Timestamp": moment, "Reason": reason})
        _logger.error(
            "An event was set aside because Odoo does not accept it: %s It is kept for 30 days. "
            "List it with call-handling-relay --status, send it again with --send-again.",
            reason,
        )
        return 0

    def _forget_bounds(self) -> None:
        self._max_events = self._batch_size = MAX_EVENTS
        self._max_bytes = MAX_BYTES

    def _report_failure(self, answer: Answer) -> float:
        pause = max(self.pauses.next(), answer.wait)
        count, oldest = self.store.waiting()
        _logger.log(
            logging.ERROR if answer.verdict is Verdict.REFUSED else logging.WARNING,
            "%s Events waiting: %d%s. Next attempt in %.1f seconds.",
            answer.reason,
            count,
            f", the oldest for {time.time() - oldest:.0f} seconds" if oldest else "",
            pause,
        )
        return pause

    # --- regular tasks ---------------------------------------------------------------

    def _is_heartbeat_due(self) -> bool:
        """Return whether to send a heartbeat. It means that Asterisk is connected too."""
        every = self.config.heartbeat
        return bool(
            every and self.is_connected() and time.monotonic() - self._last_heartbeat >= every
        )

    def _send_heartbeat(self) -> float:
        self._last_heartbeat = time.monotonic()
        answer = self.webhook.send_heartbeat()
        self.clock.check(self.webhook.clock_offset, self.webhook.where)
        if answer.verdict is Verdict.CONFIRMED:
            self.pauses.reset()
            return 0
        return self._report_failure(answer)

    def _clean(self) -> None:
        if time.monotonic() - self._last_clean < CLEAN_EVERY:
            return
        self._last_clean = time.monotonic()
        # The server's may have changed.
        self._forget_bounds()
        if count := self.store.clean():
            _logger.warning("Deleted %d events that were set aside, after 30 days.", count)
        if count := delete_old(self.config.folder):
            _logger.warning("Deleted %d copies of damaged files, after 30 days.", count)


def _is_report_of_another(event: StoredEvent) -> bool:
    """Return whether an event reports that another one was set aside."""
    try:
        return json.loads(event.body)["Event"] == ASIDE_EVENT
    except (ValueError, KeyError, TypeError):
        return False
