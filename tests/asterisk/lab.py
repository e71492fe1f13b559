"""What a test does with the real Asterisk: let phones ring, dial, and hear what happens."""

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

# To record traces: the name of a folder. One file is made there of what each test heard.
RECORD = os.environ.get("CALL_HANDLING_RECORD")

# What is heard besides calls.
NOISE = {
    "ContactStatus", "DTMFBegin", "DTMFEnd", "DeviceStateChange", "ExtensionStatus",
    "FullyBooted", "MessageWaiting", "MusicOnHoldStart", "MusicOnHoldStop", "PeerStatus",
    "RTCPReceived", "RTCPSent", "TestEvent", "VarSet",
}  # fmt: skip


class Lab:
    """A running Asterisk, and a connection to its manager interface that may do everything."""

    def __init__(self, asterisk):
        self.asterisk = asterisk
        self.heard = []
        self.ami = Ami(HOST, asterisk.ports["ami"])
        self.ami.login(PLAYER, PLAYER)
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._listen)
        self._thread.start()

    def close(self):
        """End the connection."""
        self._stop.set()
        self._thread.join()
        self.ami.__exit__()

    def _listen(self):
        while not self._stop.is_set():
            self.heard += self.ami.read(0.1)

    @contextlib.contextmanager
    def playing(self, name, folder):
        """Inside, phones do what they are told; at the end all have done it."""
        self.heard.clear()
        self.folder = folder
        self.phones = Phones(self.asterisk, folder)
        try:
            yield self
            troubles = self.phones.finish()
        finally:
            self.phones.end()
        if RECORD:
            self._record(Path(RECORD) / f"{name}.json")
        assert not troubles, "\n".join(troubles)

    def _record(self, file):
        events = [m for m in self.heard if "Event" in m and m["Event"] not in NOISE]
        file.write_text("[\n" + ",\n".join(json.dumps(event) for event in events) + "\n]\n")

    def wait(self, seconds):
        """Let time pass."""
        time.sleep(seconds)

    def wait_for_event(self, name, channel):
        """Wait for an event of a channel whose name begins so; return the channel's name."""
        deadline = time.monotonic() + TIMEOUT
        while time.monotonic() < deadline:
            for message in list(self.heard):
                if message.get("Event") == name and message["Channel"].startswith(channel):
                    return message["Channel"]
            time.sleep(0.02)
        raise AssertionError(f"No {name} of {channel}")

    def act(self, action, **headers):
        """Let Asterisk do something."""
        self.ami.send(action, **headers)

    def press(self, channel, keys):
        """Keys are pressed at a phone."""
        for key in keys:
            self.act("PlayDTMF", Channel=channel, Digit=key, Duration="100", Receive="true")
            time.sleep(0.25)

    def originate_by_ari(self, **wish):
        """Dial by way of ARI."""
        url = f"http://{HOST}:{self.asterisk.ports['ari']}/ari/channels"
        answer = requests.post(url, json=wish, auth=(PLAYER, PLAYER), timeout=TIMEOUT)
        assert answer.status_code == 200, answer.text
