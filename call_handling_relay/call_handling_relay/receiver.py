"""Receives events from Asterisk and stores them on disk."""

from __future__ import annotations

import logging
import sqlite3
import threading
import time
from datetime import datetime, timezone

from .ami import Ami, AmiError, Message
from .config import Config
from .damage import damage_detected
from .events import is_kept, without_unread
from .pauses import Pauses
from .peers import Peers
from .recordings import FILE, VARIABLE, Recording, read_recording
from .states import States
from .store import Store

POLL_SECONDS = 0.5  # how soon a request to stop is noticed
LIST_ACTION = "call-handling-channels"
BRIDGES_ACTION = "call-handling-bridges"
RECORDING_ACTION = "call-handling-recording:"  # followed by the id of the channel
SAVE_CONTACT_EVERY = 15  # seconds
MAX_IN_MEMORY = 100_000  # events, while they cannot be written to the disk
REPORT_EVERY = 30  # seconds between two log messages about the disk

_logger = logging.getLogger(__name__)


class DiskFull(Exception):
    """Events can be stored neither on disk nor in memory any longer."""


class Receiver:
    """Stays connected to Asterisk and stores the events that matter on disk.

    :param config: the settings
    :param stop: is set when the relay must stop
    :param news: the receiver sets it when there are events to send
    """

    def __init__(self, config: Config, stop: threading.Event, news: threading.Event):
        self.config = config
        self.stop = stop
        self.news = news
        self.pauses = Pauses(1, 60)
        self.is_connected = False
        self.in_memory: list[Message] = []
        self._reported = float("-inf")
        self._last_contact: float | None = None
        self._contact_saved = float("-inf")
        self._open_before: list[dict] = []
        self._listed: list[Message] = []
        self._technologies: dict[str, str] = {}
        self.peers = Peers(self._queue)
        self.states = States(self._queue) if config.states else None
        self.recordings: list[Recording] = []  # that are not on the disk yet
        self._asked: dict[str, Message] = {}
        self._gap_since: float | None = None

    def run(self) -> None:
        """Receive events until the relay must stop, and connect again when necessary.

        :raise DiskFull: events are lost, because they could not be stored
        :raise sqlite3.Error: the file of events cannot be used
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
                self._start_session(ami)
                while not self.stop.is_set():
                    self.handle(ami.read(POLL_SECONDS))
                    self.peers.step()
        except AmiError as error:
            _logger.error("%s", error)  # noqa: TRY400 - the text is complete
        finally:
            self.is_connected = False
            self._save(with_contact=True)

    def _start_session(self, ami: Ami) -> None:
        """Log the gap since the last connection, and request the list of open channels."""
        self.ami, self.is_connected = ami, True
        _logger.info("Connected to Asterisk at %s, %s.", ami.where, ami.parser.greeting)
        self._gap_since = self.store.last_contact()
        self._open_before = self.store.channels()
        if self._gap_since:
            _logger.warning(
                "There was no connection to Asterisk for %.0f seconds, from %s to now. Calls that "
                "both began and ended in that time are missing in Odoo.",
                time.time() - self._gap_since,
                datetime.fromtimestamp(self._gap_since, timezone.utc).isoformat(" ", "seconds"),
            )
        self._listed, self._technologies = [], {}
        ami.send("CoreShowChannels", ActionID=LIST_ACTION)
        ami.send("BridgeList", ActionID=BRIDGES_ACTION)
        self.peers.start(ami)
        if self.states:
            self.states.start(ami)

    # --- messages --------------------------------------------------------------------

    def handle(self, messages: list[Message]) -> None:
        """Store the events that matter.

        :param messages: messages that have arrived together
        :raise DiskFull: events are lost, because they could not be stored
        """
        if messages:
            self._last_contact = time.time()
        for message in messages:
            if self.states:
                self.states.see(message)
            self._see_recording(message, _moment(message.get("Timestamp", "")))
            if message.get("ActionID") == LIST_ACTION:
                self._handle_listed(message)
            elif message.get("ActionID") == BRIDGES_ACTION:
                self._handle_bridge(message)
            elif str(message.get("ActionID")).startswith(RECORDING_ACTION):
                self._handle_variable(message)
            elif not self.peers.handle(message) and is_kept(message):
                self._queue(message)
        self._save()

    def _queue(self, message: Message, moment: float | None = None) -> None:
        """Queue an event for the disk. Without a timestamp it gets the time of arrival."""
        stamped = {"Timestamp": f"{moment or time.time():.6f}", **without_unread(message)}
        self.in_memory.append(stamped)
        if message.get("Event") in ("Newchannel", "CoreShowChannel"):
            self.peers.see(message, _moment(stamped["Timestamp"]))

    def _handle_listed(self, message: Message) -> None:
        """Handle a part of the list of channels that was requested."""
        if message.get("Response") == "Error":
            _logger.error(
                "Asterisk does not list its open channels: %s. Add reporting to the user's write "
                "line in manager.conf. Otherwise calls that end while the relay is not connected "
                "stay open in Odoo for hours.",
                message.get("Message"),
            )
            self._open_before = []
        elif message.get("Event") == "CoreShowChannel":
            self._listed.append({n: value for n, value in message.items() if n != "ActionID"})

    def _handle_bridge(self, message: Message) -> None:
        """Handle a part of the list of bridges, which follows that of the channels: in some of
        them nobody hears anybody."""
        if message.get("Event") == "BridgeListItem":
            bridge = str(message.get("BridgeUniqueid"))
            self._technologies[bridge] = str(message.get("BridgeTechnology"))
        elif message.get("Response") == "Error" or message.get("EventList") == "Complete":
            self._report_gap()

    # --- recordings ------------------------------------------------------------------

    def _see_recording(self, message: Message, moment: float) -> None:
        """Note that something is recorded, if the settings say that its file is sent."""
        recording = read_recording(message, moment)
        folders = self.config.recordings, self.config.mailboxes
        if recording and folders[recording.kind != FILE]:
            self.recordings.append(recording)

    def _ask_for_recordings(self) -> None:
        """Ask what is recorded in the open channels: it may have begun during the gap."""
        if self.config.recordings:
            for channel in self._listed:
                self.ami.send(
                    "Getvar",
                    ActionID=f"{RECORDING_ACTION}{channel.get('Uniqueid')}",
                    Channel=str(channel.get("Channel")),
                    Variable=VARIABLE,
                )
            self._asked = {str(channel.get("Uniqueid")): channel for channel in self._listed}

    def _handle_variable(self, message: Message) -> None:
        """Handle the answer to such a question. It does not say when the recording began."""
        uniqueid = str(message.get("ActionID")).removeprefix(RECORDING_ACTION)
        if channel := self._asked.pop(uniqueid, None):
            self._see_recording(channel | message, 0.0)

    # --- the gap ---------------------------------------------------------------------

    def _report_gap(self) -> None:
        """Queue an event for each open channel, and for each that is not open any more."""
        self._ask_for_recordings()
        for channel in self._listed:
            technology = self._technologies.get(str(channel.get("BridgeId")))
            self._queue(channel | ({"BridgeTechnology": technology} if technology else {}))
        self._add_gone({str(channel.get("Uniqueid")) for channel in self._listed})
        self._open_before, self._listed = [], []

    def _add_gone(self, present: set[str]) -> None:
        """Queue an event for each channel that was open before the gap and is not any more."""
        for channel in self._open_before:
            if channel["Uniqueid"] not in present:
                self._queue({"Event": "ChannelGone", **channel}, self._gap_since)

    # --- the disk --------------------------------------------------------------------

    def _save(self, with_contact: bool = False) -> None:
        """Write new events to the disk. While that fails, keep them in memory and log it.

        :param with_contact: write the time of the last contact even if there are no new events
        """
        if self._last_contact is None:
            return
        is_due = with_contact or time.monotonic() - self._contact_saved > SAVE_CONTACT_EVERY
        if not self.in_memory and not self.recordings and not is_due:
            return
        try:
            with damage_detected():
                self.store.add(self.in_memory, self._last_contact, self.recordings)
        except sqlite3.Error as error:
            self._report_disk_error(error)
            return
        self._contact_saved = time.monotonic()
        self.recordings = []
        if self.in_memory:
            self.in_memory = []
            self.news.set()

    def _report_disk_error(self, error: sqlite3.Error) -> None:
        count = len(self.in_memory)
        if count > MAX_IN_MEMORY or (count and self.stop.is_set()):
            raise DiskFull(
                f"{count} events are lost: they cannot be stored in {self.config.folder} "
                f"({error}). Check the disk and free some space."
            ) from error
        if time.monotonic() - self._reported > REPORT_EVERY:
            self._reported = time.monotonic()
            _logger.error(
                "Events cannot be stored in %s: %s. %d of them are only in memory and are lost if "
                "the relay stops now. Check the disk and free some space.",
                self.config.folder,
                error,
                count,
            )


def _moment(stamp: str | list[str]) -> float:
    try:
        return float(str(stamp))
    except ValueError:
        return time.time()
