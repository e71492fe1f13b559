"""Receives events from Asterisk and puts them on disk."""

from __future__ import annotations

import logging
import sqlite3
import threading
import time
from datetime import datetime, timezone

from .ami import Ami, AmiError, Message
from .config import Config
from .events import is_kept
from .pauses import Pauses
from .store import Store

LISTEN = 0.5  # seconds; how soon it is noticed that we shall stop
LIST_ACTION = "call-handling-channels"
HEARD_EVERY = 15  # seconds between two notes that Asterisk is there
MOST_IN_MEMORY = 100_000  # events, while the disk does not take any
TELL_EVERY = 30  # seconds between two complaints about the disk

_logger = logging.getLogger(__name__)


class DiskFull(Exception):
    """Events can be kept neither on disk nor any longer in memory."""


class Receiver:
    """Keeps the connection to Asterisk and puts the events that matter on disk.

    :param stop: set when the relay shall end
    :param news: set by this when there is something to send
    """

    def __init__(self, config: Config, stop: threading.Event, news: threading.Event):
        self.config = config
        self.stop = stop
        self.news = news
        self.pauses = Pauses(1, 60)
        self.is_connected = False
        self.in_memory: list[Message] = []
        self._complained = float("-inf")
        self._heard: float | None = None
        self._noted = float("-inf")
        self._open_before: list[dict] = []
        self._listed: set[str] | None = None
        self._gap_since: float | None = None

    def run(self) -> None:
        """Until the relay shall stop.

        :raise DiskFull: events would be lost
        """
        self.store = Store(self.config.folder)
        try:
            while not self.stop.is_set():
                self._connect_once()
                if not self.stop.is_set():
                    self.stop.wait(self.pauses.next())
        finally:
            self.store.close()

    def _connect_once(self) -> None:
        try:
            with Ami(self.config.asterisk_host, self.config.asterisk_port) as ami:
                ami.login(self.config.asterisk_username, self.config.asterisk_secret)
                self.pauses.reset()
                self._begin(ami)
                while not self.stop.is_set():
                    self.take(ami.read(LISTEN))
        except AmiError as error:
            _logger.error("%s", error)  # noqa: TRY400 - the text says it all
        finally:
            self.is_connected = False
            self._keep(at_once=True)

    def _begin(self, ami: Ami) -> None:
        """Tell the gap, and ask which channels there are now."""
        self.is_connected = True
        _logger.info("Connected to Asterisk at %s, %s.", ami.where, ami.parser.greeting)
        self._gap_since = self.store.heard()
        self._open_before = self.store.channels()
        if self._gap_since:
            _logger.warning(
                "There was no connection to Asterisk for %.0f seconds, from %s to now: calls "
                "that began and ended meanwhile are not known.",
                time.time() - self._gap_since,
                datetime.fromtimestamp(self._gap_since, timezone.utc).isoformat(" ", "seconds"),
            )
        self._listed = set()
        ami.send("CoreShowChannels", ActionID=LIST_ACTION)

    # --- what arrives ----------------------------------------------------------------

    def take(self, messages: list[Message]) -> None:
        """Keep what matters of the messages that have arrived together."""
        if messages:
            self._heard = time.time()
        for message in messages:
            if message.get("ActionID") == LIST_ACTION:
                self._take_listed(message)
            elif is_kept(message):
                self._stamp(message)
        self._keep()

    def _stamp(self, message: Message, moment: float | None = None) -> None:
        """An event without a time of its own gets the one at which it was received."""
        self.in_memory.append({"Timestamp": f"{moment or time.time():.6f}", **message})

    def _take_listed(self, message: Message) -> None:
        """A part of the list of channels that we asked for."""
        if message.get("Response") == "Error":
            _logger.error(
                "Asterisk does not tell which channels there are: %s. Add reporting to the "
                "user's write line in manager.conf; else calls that end while the relay is not "
                "connected stay open in Odoo for hours.",
                message.get("Message"),
            )
        elif message.get("Event") == "CoreShowChannel" and self._listed is not None:
            self._listed.add(str(message.get("Uniqueid")))
            self._stamp({name: value for name, value in message.items() if name != "ActionID"})
        elif message.get("Event") == "CoreShowChannelsComplete" and self._listed is not None:
            self._tell_gone(self._listed)
            self._listed = None

    def _tell_gone(self, present: set[str]) -> None:
        """Channels that were open before the gap and are not there any more."""
        for channel in self._open_before:
            if channel["Uniqueid"] not in present:
                self._stamp({"Event": "ChannelGone", **channel}, self._gap_since)

    # --- the disk --------------------------------------------------------------------

    def _keep(self, at_once: bool = False) -> None:
        """Put what has arrived on disk. While that fails it is kept in memory, loudly.

        :param at_once: also when there is nothing new but that Asterisk was heard of
        """
        if self._heard is None:
            return
        is_time = at_once or time.monotonic() - self._noted > HEARD_EVERY
        if not self.in_memory and not is_time:
            return
        try:
            self.store.add(self.in_memory, self._heard)
        except sqlite3.Error as error:
            self._complain(error)
            return
        self._noted = time.monotonic()
        if self.in_memory:
            self.in_memory = []
            self.news.set()

    def _complain(self, error: sqlite3.Error) -> None:
        count = len(self.in_memory)
        if count > MOST_IN_MEMORY or (count and self.stop.is_set()):
            raise DiskFull(
                f"{count} events are lost: they cannot be kept in {self.config.folder} ({error})."
            ) from error
        if time.monotonic() - self._complained > TELL_EVERY:
            self._complained = time.monotonic()
            _logger.error(
                "Events cannot be kept in %s: %s. %d of them are in memory only and are lost if "
                "the relay ends now. Make room on the disk.",
                self.config.folder,
                error,
                count,
            )
