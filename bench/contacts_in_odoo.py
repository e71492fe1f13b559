"""Runs in Odoo's shell for ``contacts.py``: saves contacts here and in a database without the app,
in one process and in turn, so that both are as fast or slow as the machine is at that moment.
"""
# ruff: noqa: F821

import json
import os
import random
import statistics
import time

from odoo.api import Environment
from odoo.modules.registry import Registry

ROUNDS = 60
SIZE = 20  # contacts of a batch
USER = 2


def create(env, count):
    return env["res.partner"].create(
        [
            {"name": f"New {count} {n}", "phone": f"+4930{20_000_000 + count * SIZE + n}"}
            for n in range(SIZE)
        ]
    )


def choose(env, count):
    """Return contacts that exist, the same in both databases."""
    first = env["res.partner"].search([("name", "=", "Contact 1")]).id
    numbers = random.Random(count).sample(range(90_000), SIZE)
    return env["res.partner"].browse([first + number for number in numbers])


def write_phone(env, count):
    for partner in choose(env, count):
        partner.phone = f"+4930{30_000_000 + count * SIZE + partner.id % SIZE}"
        env.flush_all()


def write_name(env, count):
    for partner in choose(env, count):
        partner.name = f"Renamed {count}"
        env.flush_all()


def write_street(env, count):
    for partner in choose(env, count):
        partner.street = f"Street {count}"
        env.flush_all()


JOBS = {
    "creating 20 contacts": create,
    "writing the number of 20": write_phone,
    "writing the name of 20": write_name,
    "writing the street of 20": write_street,
}


def measure(registry, job, count):
    """Return how long a job takes in a transaction of its own, with its commit."""
    with registry.cursor() as cr:
        there = Environment(cr, USER, {})
        there.user.has_group("base.group_user")
        began = time.perf_counter()
        job(there, count)
        there.flush_all()
        cr.commit()
        return time.perf_counter() - began


registries = Registry(os.environ["CALL_BENCH_BARE"]), env.registry
times = {name: ([], []) for name in JOBS}
for count in range(ROUNDS + 2):
    for name, job in JOBS.items():
        order = (0, 1) if count % 2 else (1, 0)
        for which in order:
            took = measure(registries[which], job, count)
            if count > 1:  # the first ones fill caches
                times[name][which].append(took)
print(
    json.dumps(
        {
            name: (
                statistics.median(bare),
                statistics.median(full),
                # of each pair: what else the machine does changes from one to the next
                statistics.median(b / a for a, b in zip(bare, full, strict=True)),
            )
            for name, (bare, full) in times.items()
        }
    )
)
