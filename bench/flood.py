"""Measures an ordinary page, and verified events, while others flood the webhook.

Everything is sent to the server that this starts on this machine, for some seconds.
"""

import contextlib
import http.client
import itertools
import multiprocessing
import signal
import socket
import statistics
import threading
import time

from adapters.demo import Scene, play
from tools.console import Problem

from . import server
from .intake import send
from .server import TOKEN

DATABASE = "call_handling_bench_flood"
WORKERS = 2
CLIENTS = 4
SECONDS = 10  # of each kind of flood
PAGE = "/web/login"
PAUSE = 0.1  # seconds between two pages, and between two verified events
WEBHOOK = "/call_handling/pbx/"
EVENT = b'{"call": "flood", "event": "ringing"}'
WRONG = {"X-Call-Handling-Signature": f"v1={'0' * 64}"}


def run(odoo):
    """Measure and print the table.

    :raise Problem: a verified event was not accepted
    """
    with server.serve(odoo, DATABASE, WORKERS) as address:
        host = address.removeprefix("http://")
        measure(host, None)  # the first requests of each worker are slower
        print(f"\n{CLIENTS} clients, {WORKERS} workers, {SECONDS} s each")
        print(f"{'flood':<20}{'requests/s':>11}{'page p50 ms':>13}{'p95 ms':>9}{'events':>9}")
        for name, attack in FLOODS.items():
            rate, pages, events = measure(host, attack)
            percentiles = statistics.quantiles(pages, n=20)
            print(
                f"{name:<20}{rate:>11.0f}{percentiles[9] * 1000:>13.0f}"
                f"{percentiles[18] * 1000:>9.0f}{events:>9}"
            )


def measure(host, attack):
    """Flood the server for some seconds.

    :param attack: function of a client; ``None``: no flood
    :return: refused requests per second, durations of pages in seconds, number of accepted events
    :raise Problem: a verified event was not accepted
    """
    until = time.time() + SECONDS
    # The pool stops its processes with SIGTERM, which ./dev handles like Ctrl+C.
    default_handler = {"initializer": signal.signal, "initargs": (signal.SIGTERM, signal.SIG_DFL)}
    with multiprocessing.Pool(CLIENTS, **default_handler) as pool:
        work = [(attack, host, until)] * CLIENTS if attack else []
        flooding = pool.starmap_async(flood, work)
        events = Events(host, until)
        pages = [get_page(host) for _ in ticks(until)]
        events.join()
        counts = flooding.get()
    if events.errors:
        raise Problem(f"Verified events were not accepted: {events.errors[0]}")
    return sum(counts) / SECONDS, pages, events.accepted


def ticks(until):
    """Yield until a moment, with pauses."""
    while time.time() < until:
        yield
        time.sleep(PAUSE)


def get_page(host):
    """Return how long the page takes, in seconds."""
    started = time.perf_counter()
    connection = http.client.HTTPConnection(host, timeout=60)
    connection.request("GET", PAGE)
    answer = connection.getresponse()
    answer.read()
    connection.close()
    if answer.status != 200:
        raise Problem(f"{PAGE} answered {answer.status}.")
    return time.perf_counter() - started


class Events(threading.Thread):
    """Sends verified events of calls, one after the other."""

    def __init__(self, host, until):
        super().__init__()
        self.host = host
        self.until = until
        self.accepted = 0
        self.errors = []
        self.start()

    def run(self):
        scene = Scene("+4930100000001", "+493023125610", ["100"], talk=30)
        numbers = itertools.count()
        events = itertools.chain.from_iterable(
            play("answered", scene, f"flood-{time.time_ns()}-{number}") for number in numbers
        )
        for _tick, (_delay, event) in zip(ticks(self.until), events, strict=False):
            try:
                send(self.host, f"{WEBHOOK}{TOKEN}", event)
                self.accepted += 1
            except (OSError, RuntimeError, http.client.HTTPException) as error:
                self.errors.append(repr(error))


# === FLOODS === #


def flood(attack, host, until):
    """Send refused requests until a moment; return how many."""
    count = 0
    while time.time() < until:
        # The server closes connections whose body it does not read.
        with contextlib.suppress(OSError, http.client.HTTPException):
            attack(host, until)
        count += 1
    return count


def send_to_unknown(host, _until):
    """Send to an address that does not exist."""
    _post(host, "no-such-address", {})


def send_unsigned(host, _until):
    """Send to the right address with a wrong signature."""
    _post(host, TOKEN, WRONG | {"X-Call-Handling-Timestamp": str(int(time.time()))})


def send_slowly(host, until):
    """Announce a body for an address that does not exist, and send it slowly."""
    name, port = host.split(":")
    with socket.create_connection((name, int(port)), timeout=60) as connection:
        head = f"POST {WEBHOOK}no-such-address HTTP/1.1\r\nHost: {host}\r\n"
        connection.sendall(f"{head}Content-Length: 10000\r\n\r\n".encode())
        while time.time() < until:
            time.sleep(0.5)
            connection.sendall(b"x")


def _post(host, token, headers):
    connection = http.client.HTTPConnection(host, timeout=60)
    headers = {"Content-Type": "application/json"} | headers
    connection.request("POST", f"{WEBHOOK}{token}", EVENT, headers)
    answer = connection.getresponse()
    answer.read()
    connection.close()
    if answer.status not in (403, 429):
        raise RuntimeError(f"{token} answered {answer.status}")


FLOODS = {
    "none": None,
    "unknown addresses": send_to_unknown,
    "wrong signatures": send_unsigned,
    "slow bodies": send_slowly,
}
