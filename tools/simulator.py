"""A simulated telephone system: sends the signed events of random calls over HTTP."""

import contextlib
import heapq
import http.client
import itertools
import json
import random
import sys
import threading
import time
from datetime import datetime, timezone

from . import paths
from .console import Problem

# The adapters are plain Python, but importing them through their parent package needs Odoo.
sys.path.insert(0, str(paths.ROOT / "call_handling"))

from adapters.demo import SCENARIOS, Scene, any_scenario, new_reference, play  # noqa: E402
from adapters.signature import SIGNATURE_HEADER, TIMESTAMP_HEADER, sign  # noqa: E402

PAUSE = (4, 12)  # seconds between the starts of two calls
TALK_TIME = (10, 60)  # seconds
MAX_CALLS = 4  # at the same time
RETRY_DELAY = 2  # seconds until an event that could not be sent is sent again
FIRST_EVENT_TIMEOUT = 60  # seconds until Odoo must have accepted the first event
UNKNOWN_NUMBERS = [f"+120255501{last:02}" for last in range(80, 100)]
UNKNOWN_SHARE = 0.2


class Simulator:
    """Sends the events of calls as in an ordinary office, until the ``with`` block ends.

    :param str address: of the Odoo server
    :param dict telephones: token, secret and phones of the telephone system, own numbers, and
        numbers of contacts
    :param random.Random rng: source of the random decisions
    """

    def __init__(self, address, telephones, rng=None):
        self.host = address.removeprefix("http://")
        self.telephones = telephones
        self.rng = rng or random.Random()
        self.due = []  # heap of (moment, order, event)
        self.order = itertools.count()
        self.busy = {}  # phones by call
        self.first_event_accepted = threading.Event()
        self.stopping = threading.Event()
        self.problem = None
        self.thread = threading.Thread(target=self._keep_calling, daemon=True)

    def __enter__(self):
        self.thread.start()
        return self

    def __exit__(self, *_exception):
        self.stopping.set()
        self.thread.join()
        self.hang_up()

    def hang_up(self):
        """End the ongoing calls, so that none of them stays open in Odoo."""
        with contextlib.suppress(Problem):
            for call in list(self.busy):
                event = {"call": call, "event": "ended", "cause": "normal"}
                self._send(event | {"at": datetime.now(timezone.utc).isoformat()})

    def wait_for_first_call(self):
        """Wait until Odoo has accepted the first event."""
        deadline = time.monotonic() + FIRST_EVENT_TIMEOUT
        while not self.first_event_accepted.wait(0.1):
            self.check()
            if time.monotonic() > deadline:
                raise Problem(
                    "The simulated calls do not reach Odoo.", "For the reason, see Odoo's log."
                )

    def check(self):
        """Raise the problem that stopped the simulation, if there was one."""
        if self.problem:
            raise self.problem

    # --- the thread ------------------------------------------------------------------

    def _keep_calling(self):
        next_call = time.monotonic()
        try:
            while not self.stopping.wait(0.1):
                if time.monotonic() >= next_call:
                    self.begin_call()
                    next_call = time.monotonic() + self.rng.uniform(*PAUSE)
                self._send_due()
        except Problem as problem:
            self.problem = problem

    def begin_call(self):
        """Schedule a call with free phones, unless too many calls or all phones are busy."""
        busy = {phone for phones in self.busy.values() for phone in phones}
        free = [phone for phone in self.telephones["phones"] if phone not in busy]
        if len(self.busy) >= MAX_CALLS or not free:
            return
        self.rng.shuffle(free)
        scenario = any_scenario(self.rng, min(3, len(free)))
        call, scene = new_reference(), self._scene(free[: max(1, SCENARIOS[scenario].phones)])
        self.busy[call] = scene.phones
        now = time.monotonic()
        for delay, event in play(scenario, scene, call):
            heapq.heappush(self.due, (now + delay, next(self.order), event))

    def _scene(self, phones):
        is_unknown = self.rng.random() < UNKNOWN_SHARE or not self.telephones["contacts"]
        numbers = UNKNOWN_NUMBERS if is_unknown else self.telephones["contacts"]
        return Scene(
            remote=self.rng.choice(numbers),
            line=self.rng.choice(self.telephones["lines"] or [""]),
            phones=phones,
            talk=self.rng.uniform(*TALK_TIME),
        )

    def _send_due(self):
        while self.due and self.due[0][0] <= time.monotonic():
            _moment, _order, event = heapq.heappop(self.due)
            event = {"at": datetime.now(timezone.utc).isoformat()} | event
            if not self._send(event):
                # It keeps its original time, as with a real telephone system
                heapq.heappush(self.due, (time.monotonic() + RETRY_DELAY, next(self.order), event))
                return
            if event["event"] == "ended" and "leg" not in event:
                self.busy.pop(event["call"], None)

    def _send(self, event):
        """Send an event; return whether Odoo accepted it.

        :raise Problem: Odoo refuses it, and sending it again would not help
        """
        body, timestamp = json.dumps(event).encode(), str(int(time.time()))
        signature = sign(self.telephones["secret"], timestamp, body)
        with contextlib.suppress(OSError, http.client.HTTPException):
            connection = http.client.HTTPConnection(self.host, timeout=30)
            connection.request(
                "POST",
                f"/call_handling/pbx/{self.telephones['token']}",
                body,
                {
                    "Content-Type": "application/json",
                    TIMESTAMP_HEADER: timestamp,
                    SIGNATURE_HEADER: signature,
                },
            )
            status = connection.getresponse().status
            connection.close()
            if status == 200:
                self.first_event_accepted.set()
                return True
            if status < 500:
                raise Problem(
                    f"Odoo refuses the simulated calls ({status}).",
                    "If you changed the secret or the address of the simulated telephone system, "
                    "start ./dev run again. Otherwise, see Odoo's log for the reason.",
                )
        return False
