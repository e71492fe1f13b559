"""What a test does with the real Asterisk: use its phones and receive its events."""

import contextlib
import json
import os
import threading
import time
from pathlib import Path

import requests

from call_handling_relay.ami import Ami

from .phones import HOST, Phones

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
        finally:
            self.phones.end()
        if RECORD:
            self._record(Path(RECORD) / f"{name}.json")
        assert not failures, "\n".join(failures)

    def _record(self, file):
        events = [m for m in self.messages if "Event" in m and m["Event"] not in NOISE]
        file.write_text("[\n" + ",\n".join(json.dumps(event) for event in events) + "\n]\n")

    def wait(self, seconds):
        """Wait for some seconds."""
        time.sleep(seconds)

    def wait_for_event(self, name, channel):
        """Wait for an event of a channel whose name begins with a text; return its full name."""
        deadline = time.monotonic() + TIMEOUT
        while time.monotonic() < deadline:
            for message in list(self.messages):
                if message.get("Event") == name and message["Channel"].startswith(channel):
                    return message["Channel"]
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

    def originate_by_ari(self, **values):
        """Dial with ARI.

        :param values: of the new channel, as the ARI names them
        """
        url = f"http://{HOST}:{self.asterisk.ports['ari']}/ari/channels"
        answer = requests.post(url, json=values, auth=(PLAYER, PLAYER), timeout=TIMEOUT)
        assert answer.status_code == 200, answer.text
