"""Refused requests do not keep the workers from others, and each of them is counted."""

import contextlib
import socket
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from urllib.parse import urlsplit

import requests

from .server import TIMEOUT, WORKERS

SLOW = 4 * WORKERS
REFUSED = 100


class SlowSender:
    """Sends the headers of a request to an unknown address, and then a byte from time to time.

    :param address: address of the server
    """

    def __init__(self, address):
        self.address = urlsplit(address)
        self.is_stopped = threading.Event()
        self.thread = threading.Thread(target=self._run)

    def __enter__(self):
        self.thread.start()

    def __exit__(self, *_error):
        self.is_stopped.set()
        self.thread.join()

    def _run(self):
        while not self.is_stopped.is_set():
            try:
                self._send()
            except OSError:
                self.is_stopped.wait(0.1)  # the server has closed the connection

    def _send(self):
        server = (self.address.hostname, self.address.port)
        with socket.create_connection(server, timeout=TIMEOUT) as connection:
            head = f"POST /call_handling/pbx/unknown HTTP/1.1\r\nHost: {self.address.netloc}\r\n"
            connection.sendall(f"{head}Content-Length: 10000\r\n\r\n".encode())
            while not self.is_stopped.wait(0.1):
                connection.sendall(b"x")


def test_slow_bodies_at_unknown_addresses_do_not_hold_the_workers(server, new_pbx):
    pbx = new_pbx("generic")
    senders = [SlowSender(server[0]) for _ in range(SLOW)]
    with contextlib.ExitStack() as stack:
        for sender in senders:
            stack.enter_context(sender)
        time.sleep(1)
        started = time.monotonic()
        for number in range(5):
            pbx.send([{"call": f"c{number}", "event": "ringing"}])
        # A worker that waits for a slow body does so for as long as bytes come.
        assert time.monotonic() - started < TIMEOUT / 2


def test_each_refused_request_is_counted_and_verified_events_are_accepted(new_pbx, database):
    pbx = new_pbx("generic")

    def refuse(_number):
        answer = requests.post(pbx.url, data=b"[]", timeout=TIMEOUT)
        return answer.status_code

    with ThreadPoolExecutor(4) as pool:
        refused = pool.map(refuse, range(REFUSED))
        for number in range(20):
            pbx.send([{"call": f"c{number}", "event": "ringing"}])
    assert set(refused) == {403, 429}
    assert _wait_for_count(database, pbx, REFUSED) == REFUSED


def _wait_for_count(database, pbx, count):
    """Return how many refused requests are logged, once all should have been written."""
    deadline = time.monotonic() + TIMEOUT
    while True:
        query = "SELECT sum(request_count) AS count FROM call_delivery WHERE pbx_id = %s"
        (row,) = database.rows(f"{query} AND reason IS NOT NULL", [pbx.id])
        if row["count"] == count or time.monotonic() > deadline:
            return row["count"]
        time.sleep(0.1)
