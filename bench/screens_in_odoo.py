"""Runs in Odoo's shell for ``screens.py``: asks what the browser of each role would ask."""
# ruff: noqa: F821

import json
import os
import sys
import time

from psycopg2.errors import QueryCanceled

from odoo import api
from odoo.tools import mute_logger

from odoo.addons.call_test_screens import people
from odoo.addons.call_test_screens.screens import Walker, find_samples

TIMES = int(os.environ["CALL_SCREENS_TIMES"])  # after the first one, which fills caches
BUDGET = 3  # seconds for these
LONGEST = 30  # seconds, after which a query is given up


def measure(request, uid):
    """Return how long a request takes, in seconds.

    :rtype: float
    """
    with registry.cursor() as cr:
        cr.execute("SET LOCAL statement_timeout = %s", [LONGEST * 1000])
        started = time.perf_counter()
        try:
            with mute_logger("odoo.sql_db"):
                json.dumps(request.run(api.Environment(cr, uid, {})), default=str)
        except QueryCanceled:
            cr.rollback()
            return float(LONGEST)
        return time.perf_counter() - started


def measure_often(request, uid):
    """Return how long a request takes each time, when the caches are filled.

    :rtype: list[float]
    """
    first = measure(request, uid)
    if first >= LONGEST:
        return [first]
    times, began = [], time.perf_counter()
    while not times or (len(times) < TIMES and time.perf_counter() - began < BUDGET):
        times.append(measure(request, uid))
    return times


registry = env.registry
rows = {}
users = {role: user.id for role, user in people.find(env).items()}
samples = find_samples(env)
env.cr.commit()
for role, uid in users.items():
    with registry.cursor() as cr:
        requests = Walker(api.Environment(cr, uid, {}), samples).walk()
    print(f"  … {role}: {len(requests)} requests", file=sys.stderr, flush=True)
    for request in requests:
        row = {"label": request.label, "kind": request.kind, "model": request.model, "times": {}}
        row = rows.setdefault(request.label, row)
        row["times"][role] = measure_often(request, uid)
print(json.dumps(list(rows.values())))
