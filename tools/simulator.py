"""A simulated telephone system that keeps calling: sends signed events over HTTP."""

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

# The adapters are plain Python, but their package's parent needs an Odoo to be imported.
sys.path.insert(0, str(paths.ROOT / "call_handling"))

from adapters.demo import SCENARIOS, Scene, any_scenario, new_reference, play  # noqa: E402
from adapters.signature import SIGNATURE_HEADER, TIMESTAMP_HEADER, sign  # noqa: E402

PAUSE = (4, 12)  # seconds between the beginnings of two calls
TALK = (10, 60)  # seconds
AT_ONCE = 4  # calls
RETRY = 2  # seconds until an event that did not get through is sent again
FIRST_CALL = 60  # seconds until the first event must have got through
NUMBERS_OF_STRANGERS = [f"+120255501{last:02}" for last in range(80, 100)]
SHARE_OF_STRANGERS = 0.2


class Simulator:
    """Calls as in an ordinary office, until the ``with`` ends.

    :param str address: of the Odoo server
    :param dict telephones: token and secret of the telephone system, its lines and phones,
        and numbers of contacts
    :param random.Random chance: what decides about the calls
    """

    def __init__(self, address, telephones, chance=None):
        self.host = address.removeprefix("http://")
        self.telephones = telephones
        self.chance = chance or random.Random()
        self.due = []  # heap of (moment, order, event)
        self.order = itertools.count()
        self.busy = {}  # phones by the call they are used in
        self.got_through = threading.Event()
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
        """End the calls that go on, so that none stays open without anybody in it."""
        with contextlib.suppress(Problem):
            for call in list(self.busy):
                event = {"call": call, "event": "ended", "cause": "normal"}
                self._get_through(event | {"at": datetime.now(timezone.utc).isoformat()})

    def wait_for_first_call(self):
        """Wait until the first event has got through."""
        deadline = time.monotonic() + FIRST_CALL
        while not self.got_through.wait(0.1):
            self.check()
            if time.monotonic() > deadline:
                raise Problem("No simulated call gets through.", "Look into the log of Odoo.")

    def check(self):
        """Raise the problem that has ended the simulation, if one has."""
        if self.problem:
            raise self.problem

    # --- the thread ------------------------------------------------------------------

    def _keep_calling(self):
        next_call = time.monotonic()
        try:
            while not self.stopping.wait(0.1):
                if time.monotonic() >= next_call:
                    self.begin_call()
                    next_call = time.monotonic() + self.chance.uniform(*PAUSE)
                self._send_due()
        except Problem as problem:
            self.problem = problem

    def begin_call(self):
        """Plan a call with phones that are free; none when too many are busy."""
        taken = {phone for phones in self.busy.values() for phone in phones}
        free = [phone for phone in self.telephones["phones"] if phone not in taken]
        if len(self.busy) >= AT_ONCE or not free:
            return
        self.chance.shuffle(free)
        scenario = any_scenario(self.chance, min(3, len(free)))
        call, scene = new_reference(), self._scene(free[: max(1, SCENARIOS[scenario].phones)])
        self.busy[call] = scene.phones
        now = time.monotonic()
        for delay, event in play(scenario, scene, call):
            heapq.heappush(self.due, (now + delay, next(self.order), event))

    def _scene(self, phones):
        strangers = self.chance.random() < SHARE_OF_STRANGERS or not self.telephones["contacts"]
        numbers = NUMBERS_OF_STRANGERS if strangers else self.telephones["contacts"]
        return Scene(
            remote=self.chance.choice(numbers),
            line=self.chance.choice(self.telephones["lines"] or [""]),
            phones=phones,
            talk=self.chance.uniform(*TALK),
        )

    def _send_due(self):
        while self.due and self.due[0][0] <= time.monotonic():
            _moment, _order, event = heapq.heappop(self.due)
            event = {"at": datetime.now(timezone.utc).isoformat()} | event
            if not self._get_through(event):
                # With the time at which it happened, as a telephone system would repeat it
                heapq.heappush(self.due, (time.monotonic() + RETRY, next(self.order), event))
                return
            if event["event"] == "ended" and "leg" not in event:
                self.busy.pop(event["call"], None)

    def _get_through(self, event):
        """Send an event; tell whether it has arrived.

        :raise Problem: Odoo refuses it, and would do so again
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
                self.got_through.set()
                return True
            if status < 500:
                raise Problem(
                    f"Odoo refuses the simulated calls ({status}).",
                    "If you gave the simulated telephone system a new secret or address, "
                    "start ./dev run again.",
                )
        return False
