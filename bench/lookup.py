"""Measures how fast a telephone gets the name of a caller and a page of the phonebook, over HTTP.

For comparison, in turn with them: a route of Odoo that does nothing but answer.
"""

import http.client
import random
import statistics
import time
from urllib.parse import quote, urlsplit

from . import server

DATABASE = "call_handling_bench_lookup"
CONTACTS = 1_000_000
GROUPS = {"lookups": ("nothing", "who"), "phonebook": ("phonebook",)}
REQUESTS = {"lookups": 300, "phonebook": 50}  # of each kind
KEY = "key-of-the-bench"
WHO = f"/call_handling/who/{KEY}"
PHONEBOOK = f"/call_handling/phonebook/{KEY}/yealink"
GOAL = 20  # milliseconds, median of a lookup

PREPARE = f"""
INSERT INTO call_directory (name, active, pbx_id, token, gives_names, gives_routing,
                            phonebook_user_id)
SELECT 'Bench', true, id, '{KEY}', true, true, 2 FROM call_pbx WHERE token = '{server.TOKEN}';
"""


def run(odoo):
    """Measure and print the table.

    :raise SystemExit: a lookup takes longer than the goal
    """
    with server.serve(odoo, DATABASE, contacts=CONTACTS) as address:
        odoo.postgres.query(PREPARE, DATABASE)
        seconds = measure(urlsplit(address).netloc)
    print(f"{'among 1,000,000 contacts':<36}{'p50 ms':>8}{'p95 ms':>8}{'times nothing':>15}")
    nothing = statistics.median(seconds["nothing"])
    for name, own in seconds.items():
        median, late = statistics.median(own), statistics.quantiles(own, n=20)[-1]
        print(f"{name:<36}{median * 1000:>8.1f}{late * 1000:>8.1f}{median / nothing:>15.1f}")
    lookups = (statistics.median(own) for name, own in seconds.items() if name.startswith("who"))
    if max(lookups) * 1000 > GOAL:
        raise SystemExit(f"A lookup takes longer than {GOAL} ms.")


def measure(host):
    """Send the kinds of requests of a group in turn, lookups first: pages of the phonebook take
    the processor's and the database's caches from them.

    :param str host: of the server, with its port
    :return: how many seconds each took, by kind
    :rtype: dict[str, list[float]]
    """
    chance = random.Random(19)
    connection = http.client.HTTPConnection(host)
    seconds = {}
    rounds = [(group, number) for group in GROUPS for number in range(REQUESTS[group] + 5)]
    for group, number in rounds:
        for name, path, expected in get_requests(chance):
            if not name.startswith(GROUPS[group]):
                continue
            started = time.perf_counter()
            connection.request("GET", path)
            response = connection.getresponse()
            body = response.read().decode()
            taken = time.perf_counter() - started
            if response.status != 200 or expected not in body:
                raise SystemExit(f"{name}: {response.status} {body[:200]}")
            if number >= 5:  # the first ones fill caches
                seconds.setdefault(name, []).append(taken)
    return seconds


def get_requests(chance):
    """Return a request of each kind: its name, its path, and what the answer contains."""
    place = chance.randint(1, CONTACTS)
    known, unknown = f"+4930{10_000_000 + place}", f"+4952{10_000_000 + place}"
    page = chance.randint(1, 50)
    return [
        ("nothing", "/web/health", "pass"),
        ("who: a contact", f"{WHO}?number={quote(known)}", f"Contact {place}"),
        ("who: with routing", f"{WHO}?format=json&number={quote(known)}", "extension"),
        ("who: an unknown number", f"{WHO}?number={quote(unknown)}", ""),
        ("phonebook: a page", f"{PHONEBOOK}?page={page}", "<Telephone>"),
        ("phonebook: a name", f"{PHONEBOOK}?search=Contact%20{place}", f"Contact {place}"),
        ("phonebook: a part of a number", f"{PHONEBOOK}?search={known[-8:]}", known),
    ]
