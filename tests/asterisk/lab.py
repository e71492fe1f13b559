"""What a test does with the real Asterisk: use its phones and receive its events."""

import contextlib
import http.client
import json
import os
import threading
import time
from pathlib import Path

import requests

from call_handling_relay.ami import Ami
from tests.relay.process import wait_until
from tools import asterisk

from .phones import HOST, Phones

CONFIGURATION = Path(__file__).parent / "lab"
PLAYER = "player"
TIMEOUT = 10  # seconds

# To record traces: the name of a folder, where the events of each test are written to a file.
RECORD = os.environ.get("CALL_HANDLING_RECORD")

# Events that do not belong to calls.
NOISE = {
    "ContactStatus", "DTMFBegin", "DTMFEnd", "DeviceStateChange", "ExtensionStatus",
    "FullyBooted", "MessageWaiting", "MusicOnHoldStart", "MusicOnHoldStop", "PeerStatus",
    "RTCPReceived", "RTCPSent", "TestEvent", "VarSet",
}  # fmt: skip


@contextlib.contextmanager
def new_lab():
    """Run an Asterisk inside of the ``with``."""
    with asterisk.running(CONFIGURATION) as running, contextlib.closing(Lab(running)) as lab:
        # The phones send their first request once, and Asterisk drops it until then.
        wait_until(lambda: lab.has_booted, "the start of Asterisk")
        yield lab


class Lab:
    """A running Asterisk, and a connection to its manager interface with all rights.

    :param tools.asterisk.Asterisk asterisk: the running Asterisk
    """

    def __init__(self, asterisk):
        self.asterisk = asterisk
        self.messages = []
        self.ami = Ami(HOST, asterisk.ports["ami"])
        self.ami.login(PLAYER, PLAYER)
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._listen)
        self._thread.start()

    def close(self):
        """Close the connection."""
        self._stop.set()
        self._thread.join()
        self.ami.__exit__()

    @property
    def has_booted(self):
        """Whether Asterisk handles calls."""
        return bool(self._events("FullyBooted"))

    def _listen(self):
        while not self._stop.is_set():
            self.messages += self.ami.read(0.1)

    @contextlib.contextmanager
    def scenario(self, name, folder):
        """Use phones inside of the ``with``; at its end, wait until all have finished.

        :param str name: for the file of the recorded events
        :param pathlib.Path folder: for the scenarios of the phones
        :raise AssertionError: a phone failed
        """
        self.messages.clear()
        self.folder = folder
        self.phones = Phones(self.asterisk, folder)
        try:
            yield self
            failures = self.phones.finish()
            wait_until(lambda: not self._open_channels(), "the end of all channels")
        finally:
            self.phones.end()
            if RECORD:
                self._record(Path(RECORD) / f"{name}.json")
            # A scenario that failed must not disturb the next one.
            for channel in self._open_channels():
                self.send_action("Hangup", Channel=channel)
        assert not failures, "\n".join(failures)

    def _record(self, file):
        events = [m for m in self.messages if "Event" in m and m["Event"] not in NOISE]
        file.write_text("[\n" + ",\n".join(json.dumps(event) for event in events) + "\n]\n")

    def channels(self):
        """Return the names of the channels of the scenario so far, by their unique ids."""
        return {event["Uniqueid"]: event["Channel"] for event in self._events("Newchannel")}

    def _open_channels(self):
        ended = {event["Uniqueid"] for event in self._events("Hangup")}
        return [name for unique_id, name in self.channels().items() if unique_id not in ended]

    def _events(self, name):
        return [message for message in list(self.messages) if message.get("Event") == name]

    def wait(self, seconds):
        """Wait for some seconds."""
        time.sleep(seconds)

    def wait_for_event(self, name, channel, **headers):
        """Wait for an event of a channel, and return it.

        :param str channel: how its name begins
        :param headers: of the event
        """
        deadline = time.monotonic() + TIMEOUT
        while time.monotonic() < deadline:
            for event in self._events(name):
                if (
                    event.get("Channel", "").startswith(channel)
                    and headers.items() <= event.items()
                ):
                    return event
            time.sleep(0.02)
        raise AssertionError(f"No {name} of {channel}")

    def send_action(self, action, **headers):
        """Send an action to Asterisk."""
        self.ami.send(action, **headers)

    def press(self, channel, keys):
        """Press keys on a phone."""
        for key in keys:
            self.send_action("PlayDTMF", Channel=channel, Digit=key, Duration="100", Receive="true")
            time.sleep(0.25)

    def use_ari(self, path, method="POST", **values):
        """Send a request to Asterisk's REST interface.

        :param str path: below ``/ari/``
        :param values: of what it creates or does, as the ARI names them
        """
        url = f"http://{HOST}:{self.asterisk.ports['ari']}/ari/{path}"
        login = (PLAYER, PLAYER)
        answer = requests.request(method, url, json=values, auth=login, timeout=TIMEOUT)
        assert answer.ok, answer.text

    @contextlib.contextmanager
    def application(self, name):
        """Inside of the ``with``, calls can be handed to an application (Stasis) of this name.

        Asterisk sends it events through a WebSocket, which nobody reads: the manager interface
        reports the same.
        """
        connection = http.client.HTTPConnection(HOST, self.asterisk.ports["ari"], TIMEOUT)
        upgrade = {
            "Connection": "Upgrade", "Upgrade": "websocket", "Sec-WebSocket-Version": "13",
            "Sec-WebSocket-Key": "dGVzdHMgb2YgYSBsYWI9PQ==",
        }  # fmt: skip
        with contextlib.closing(connection):
            query = f"app={name}&api_key={PLAYER}:{PLAYER}"
            connection.request("GET", f"/ari/events?{query}", headers=upgrade)
            assert connection.getresponse().status == http.client.SWITCHING_PROTOCOLS
            yield
