"""Measures what saving a contact costs with the app, compared with a database without it."""

import json
from pathlib import Path

from tools import databases
from tools.console import Problem

from . import server

DATABASE = "call_handling_bench_contacts"
BARE = "call_handling_bench_contacts_bare"
MAX_COST = 1.05


def run(odoo):
    """Measure and print the table.

    :raise Problem: saving a contact costs too much
    """
    with server.prepared(odoo, DATABASE) as options:
        databases.copy(odoo, databases.template(odoo, addons=["call_handling"]), BARE)
        odoo.postgres.query(server.PREPARE_CONTACTS.format(contacts=server.CONTACTS), BARE)
        script = Path(__file__).with_name("contacts_in_odoo.py")
        variables = {"CALL_BENCH_BARE": BARE}
        rows = json.loads(
            odoo.shell(DATABASE, script, *options, variables=variables).splitlines()[-1]
        )
        databases.drop(odoo, BARE)
    print(f"{'':<34}{'without ms':>12}{'with ms':>10}{'cost':>8}")
    for name, (bare, full, cost) in rows.items():
        print(f"{name:<34}{bare * 1000:>12.2f}{full * 1000:>10.2f}{cost:>8.2f}")
    if slow := [name for name, (_bare, _full, cost) in rows.items() if cost > MAX_COST]:
        raise Problem(
            f"It costs more than {MAX_COST} times as much: {', '.join(slow)}.",
            "If the machine was busy with something else, measure again.",
        )
