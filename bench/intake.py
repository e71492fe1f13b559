"""How fast events are taken, beside a route that only inserts one row through the ORM.

One server, one run: rounds of both alternate, so that whatever else the machine does hits
both alike. The webhook does all that it does: signature, storing, folding, matching the
caller among the contacts, finding the person, telling open screens.
"""

import http.client
import json
import multiprocessing
import signal
import statistics
import time
from datetime import datetime, timezone

from adapters.demo import Scene, play
from adapters.signature import SIGNATURE_HEADER, TIMESTAMP_HEADER, sign
from tools import databases, paths
from tools.console import Problem

ADDONS = paths.ROOT / "bench" / "addons"
ALONE = ("--workers", "0", "--max-cron-threads", "0")
GOAL = 2  # times the row, at most
CONTACTS = 100_000
EXTENSIONS = 20
CALLS_PER_ROUND = 60
ROUNDS = 6
WARM_UP_CALLS = 20
CLIENTS = (1, 4)
SECRET = "secret for the bench"
TOKEN = "bench"

PREPARE = """
INSERT INTO res_partner (name, complete_name, active, phone, phone_sanitized, type,
                         create_date, write_date, color, is_company, partner_share)
SELECT 'Contact ' || n, 'Contact ' || n, true, '+4930' || (10000000 + n), '+4930' || (10000000 + n),
       'contact', now(), now(), 0, false, true
  FROM generate_series(1, {contacts}) n;
UPDATE res_partner SET commercial_partner_id = id WHERE commercial_partner_id IS NULL;
INSERT INTO call_pbx (name, adapter, company_id, country_id, country_code, tz, token, secret,
                      active, sequence, stale_hours)
SELECT 'Bench', 'generic', c.id, k.id, k.code, 'Europe/Berlin', '{token}', '{secret}', true, 1, 4
  FROM res_company c, res_country k WHERE k.code = 'DE' ORDER BY c.id LIMIT 1;
INSERT INTO call_extension (pbx_id, number, user_id)
SELECT p.id, (100 + n)::text, 2 FROM call_pbx p, generate_series(0, {extensions} - 1) n
 WHERE p.token = '{token}';
ANALYZE;
"""


def run(odoo):
    """Measure, and print the table.

    :raise Problem: an event costs more than the goal, or not all calls are there
    """
    database = "call_handling_bench"
    options = [
        "--addons-path",
        odoo.addons_path(ADDONS),
        "--workers",
        "0",
        "--max-cron-threads",
        "0",
    ]
    databases.copy(odoo, databases.template(odoo, addons=["call_handling"]), database)
    odoo.run(database, "-i", "call_handling,call_bench", "--stop-after-init", *options, log="bench")
    odoo.postgres.query(
        PREPARE.format(contacts=CONTACTS, extensions=EXTENSIONS, token=TOKEN, secret=SECRET),
        database,
    )
    with odoo.serve(database, *options, "--log-level", "warn", log="bench") as address:
        host = address.removeprefix("http://")
        costs = [print_table(clients, measure(host, clients)) for clients in CLIENTS]
        check(odoo, database)
    databases.drop(odoo, database)
    if max(costs) > GOAL:
        raise Problem(
            f"An event costs {max(costs):.2f} times the row; the goal is at most {GOAL}.",
            "Is the machine busy with something else? Then measure again.",
        )


def measure(host, clients):
    """Latencies in seconds by route, and events per second by route."""
    targets = ("/call_bench/insert/x", f"/call_handling/pbx/{TOKEN}")
    # The pool ends its processes with a signal that ./dev understands as Ctrl+C.
    quietly = {"initializer": signal.signal, "initargs": (signal.SIGTERM, signal.SIG_DFL)}
    with multiprocessing.Pool(clients, **quietly) as pool:
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
    """Send the events of calls one by one; return the latency of each."""
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
    """Send one event on a connection of its own, as telephone systems do."""
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
    """The two routes side by side.

    :return: how many times the row an event costs
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
    print(f"cost of an event: {ratio:.2f} × the row (events/s)")
    return ratio


def check(odoo, database):
    """The calls are really there: a fast route that does nothing would be no result."""
    (row,) = odoo.postgres.query(
        "SELECT count(*), count(partner_id), count(user_id), "
        "count(*) FILTER (WHERE state = 'ended') FROM call_call",
        database,
    )
    print(f"calls | with contact | with person | ended: {row}")
    if len(set(row.split("|"))) != 1:
        raise Problem("Not every call has its contact, its person and its end.")
