"""Measures how fast events are processed, compared with a route that only inserts one row.

Both routes run on the same server in alternating rounds, so that other load of the machine
affects both equally. The webhook does everything: it verifies the signature, stores the event,
folds the call, finds the contact and the user, and updates open screens.
"""

import http.client
import json
import multiprocessing
import os
import signal
import statistics
import time
from datetime import datetime, timezone

from adapters.demo import Scene, play
from adapters.signature import SIGNATURE_HEADER, TIMESTAMP_HEADER, sign
from tools.console import Problem

from . import server
from .server import CONTACTS, EXTENSIONS, SECRET, TOKEN

DATABASE = "call_handling_bench"
MAX_COST = 2  # times the cost of inserting one row
CALLS_PER_ROUND = 60
ROUNDS = 6
WARM_UP_CALLS = 20
CLIENTS = (1, 4)


def run(odoo):
    """Measure and print the tables.

    :raise Problem: an event costs too much, or calls are missing or incomplete
    """
    os.environ["CALL_BENCH_AT_ONCE"] = "1"
    with server.serve(odoo, DATABASE) as address:
        host = address.removeprefix("http://")
        costs = [print_table(clients, measure(host, clients)) for clients in CLIENTS]
        check(odoo, DATABASE)
    if max(costs) > MAX_COST:
        raise Problem(
            f"An event costs {max(costs):.2f} times as much as inserting a row, "
            f"but must cost at most {MAX_COST} times as much.",
            "If the machine was busy with something else, measure again.",
        )


def measure(host, clients):
    """Return the latencies in seconds and the events per second of each route."""
    targets = ("/call_bench/insert/x", f"/call_handling/pbx/{TOKEN}")
    # The pool stops its processes with SIGTERM, which ./dev handles like Ctrl+C.
    default_handler = {"initializer": signal.signal, "initargs": (signal.SIGTERM, signal.SIG_DFL)}
    with multiprocessing.Pool(clients, **default_handler) as pool:
        for target in targets:
            pool.starmap(
                send_calls,
                [(host, target, WARM_UP_CALLS, ROUNDS * clients + n) for n in range(clients)],
            )
        latencies = {target: [] for target in targets}
        durations = dict.fromkeys(targets, 0.0)
        for number in range(ROUNDS):
            for target in targets:
                started = time.perf_counter()
                work = [
                    (host, target, CALLS_PER_ROUND // clients, number * clients + n)
                    for n in range(clients)
                ]
                for part in pool.starmap(send_calls, work):
                    latencies[target] += part
                durations[target] += time.perf_counter() - started
    return {
        target: (latencies[target], len(latencies[target]) / durations[target])
        for target in targets
    }


def send_calls(host, target, calls, part):
    """Send the events of calls one by one; return their latencies."""
    latencies = []
    for number in range(calls):
        caller = f"+4930{10000000 + (part * 7919 + number * 104729) % CONTACTS + 1}"
        phone = str(100 + number % EXTENSIONS)
        scene = Scene(caller, "+493023125610", [phone], talk=30)
        for _delay, event in play(
            "answered", scene, f"bench-{target[:9]}-{part}-{number}-{time.time_ns()}"
        ):
            at = datetime.now(timezone.utc).isoformat()
            latencies.append(send(host, target, event | {"at": at}))
    return latencies


def send(host, target, event):
    """Send an event with a new connection, as telephone systems do; return the latency."""
    body, timestamp = json.dumps(event).encode(), str(int(time.time()))
    headers = {
        "Content-Type": "application/json",
        TIMESTAMP_HEADER: timestamp,
        SIGNATURE_HEADER: sign(SECRET, timestamp, body),
    }
    started = time.perf_counter()
    connection = http.client.HTTPConnection(host, timeout=30)
    connection.request("POST", target, body, headers)
    answer = connection.getresponse()
    answer.read()
    connection.close()
    if answer.status != 200:
        raise RuntimeError(f"{target} answered {answer.status}")
    return time.perf_counter() - started


def print_table(clients, results):
    """Print a table with both routes.

    :return: the cost of an event as a multiple of the cost of a row
    :rtype: float
    """
    (insert, insert_rate), (webhook, webhook_rate) = results.values()
    rows = [("inserts one row", insert, insert_rate), ("webhook", webhook, webhook_rate)]
    print(f"\n{clients} client(s), {len(webhook)} events each")
    print(f"{'route':<18}{'events/s':>10}{'p50 ms':>9}{'p99 ms':>9}{'mean ms':>9}")
    for name, latencies, rate in rows:
        percentiles = statistics.quantiles(latencies, n=100)
        print(
            f"{name:<18}{rate:>10.0f}{percentiles[49] * 1000:>9.2f}"
            f"{percentiles[98] * 1000:>9.2f}{statistics.fmean(latencies) * 1000:>9.2f}"
        )
    ratio = insert_rate / webhook_rate
    print(f"cost of an event: {ratio:.2f} × the cost of a row (by events/s)")
    return ratio


def check(odoo, database):
    """Check that the calls are complete: a route that ignores events would be fast too."""
    (row,) = odoo.postgres.query(
        "SELECT count(*), count(partner_id), count(user_id), "
        "count(*) FILTER (WHERE state = 'ended') FROM call_call",
        database,
    )
    print(f"calls | with contact | with user | ended: {row}")
    if len(set(row.split("|"))) != 1:
        raise Problem("Not every call has ended and has its contact and its user.")
