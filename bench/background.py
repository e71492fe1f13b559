"""Measures how long the events of new calls take while work over many old calls goes on, how long
the request that starts the work takes, and the longest transaction of the work.
"""

import json
import os
import statistics
import threading
import time
from pathlib import Path

from tools.console import Problem

from . import retention, server
from .intake import send_calls
from .server import TOKEN

DATABASE = "call_handling_bench_background"
CALLS = 100_000
IDLE_CALLS = 60  # each with several events
MAX_RATIO = 2  # times the idle p99
WARM_UP_CALLS = 20

# Contacts with a tenth of all calls each, and a number that has one without being known.
PREPARE = """
UPDATE call_call SET partner_id = NULL, match = 'none', remote_number = '+493099999999'
 WHERE id % 10 = 1;
UPDATE call_call SET partner_id = contact.ids[id % 10 - 1]
  FROM (SELECT array_agg(id ORDER BY id) AS ids
          FROM (SELECT id FROM res_partner WHERE name LIKE 'Contact %' ORDER BY id LIMIT 3) c
       ) contact
 WHERE id % 10 BETWEEN 2 AND 4;
ANALYZE call_call;
"""
JOBS = {
    "contact": "a tenth of the calls gets a contact",
    "merge": "a contact with a tenth is merged",
    "lost": "a contact with a tenth is deleted",
    "erase": "a contact with a tenth is erased",
    "rules": "rules after an edit of 1,000 calls",
    "delete": "1,000 calls are deleted",
    "retention": "all calls are anonymized",
}


def run(odoo, size=CALLS):
    """Measure and print the table.

    :param int size: number of calls
    :raise Problem: events take too long while one of the jobs runs
    """
    rows = []
    with server.serve(odoo, DATABASE) as address:
        retention.generate(odoo, size, DATABASE)
        odoo.postgres.query(PREPARE, DATABASE)
        host = address.removeprefix("http://")
        send_events(host, WARM_UP_CALLS)
        for job in JOBS:
            idle = send_events(host, IDLE_CALLS)
            result, meanwhile = measure(odoo, host, job)
            rows.append((job, result, idle, meanwhile))
            print_row(*rows[-1])
    print(f"\n{size:,} calls")
    print(f"{'':<38}{'calls':>7}{'request s':>11}{'all s':>7}{'longest s':>11}"
          f"{'events':>8}{'idle p99':>10}{'p99 ms':>8}{'ratio':>7}")  # fmt: skip
    slow = [row[0] for row in rows if print_row(*row) > MAX_RATIO]
    if slow:
        raise Problem(
            f"The p99 of events is more than {MAX_RATIO} times the idle one: {', '.join(slow)}.",
            "If the machine was busy with something else, measure again.",
        )


def send_events(host, calls):
    """Send the events of new calls; return their latencies in seconds."""
    target = f"/call_handling/pbx/{TOKEN}"
    return [latency for _call in range(calls) for latency in send_calls(host, target, 1, 1)]


def measure(odoo, host, job):
    """Run a job in another process, as a request and a scheduled action do, and send events until
    it has finished.

    :return: what it reports, and the latencies of the events that were sent while it ran
    :rtype: tuple[dict, list]
    """
    printed, sent = [], []
    script = Path(__file__).with_name("background_in_odoo.py")
    options = ("--addons-path", odoo.addons_path(server.ADDONS))
    os.environ["CALL_BENCH_JOB"] = job
    worker = threading.Thread(target=lambda: printed.append(odoo.shell(DATABASE, script, *options)))
    worker.start()
    while worker.is_alive():
        began = time.time()
        sent.append((began, send_events(host, 1)))
    worker.join()
    if not printed:
        raise Problem(f"The job {job} failed; see above.")
    result = json.loads(printed[0].splitlines()[-1])
    # the process also starts and ends: that is none of the work
    during = (events for at, events in sent if result["began"] <= at <= result["ended"])
    return result, [latency for events in during for latency in events]


def print_row(job, result, idle, meanwhile):
    """Print what was measured for a job.

    :return: the p99 of its events as a multiple of the idle one; 0 if there were too few events
    :rtype: float
    """
    idle_p99 = get_p99(idle)
    p99 = get_p99(meanwhile)
    print(f"{JOBS[job]:<38}{result['calls']:>7}{result['request']:>11.1f}"
          f"{result['ended'] - result['began']:>7.0f}{max(result['transactions']):>11.2f}"
          f"{len(meanwhile):>8}{idle_p99 * 1000:>10.0f}{p99 * 1000:>8.0f}"
          f"{p99 / idle_p99:>7.1f}")  # fmt: skip
    return p99 / idle_p99


def get_p99(latencies):
    """Return the 99th percentile; 0 if there are too few."""
    return statistics.quantiles(latencies, n=100)[98] if len(latencies) > 1 else 0.0
