"""Measures how long past calls take from a file until they are there: Master.csv of Asterisk, and a
table of any telephone system by Odoo's own import.
"""

import csv
import io
import json
import random
import tempfile
from datetime import datetime, timedelta
from pathlib import Path

from tools.console import Problem

from . import server
from .server import CONTACTS, EXTENSIONS

DATABASE = "call_handling_bench_importing"
ROWS = 100_000
MINUTES = 10  # that 100,000 rows may take
CUSTOMERS = 5_000  # contacts that call
DAYS = 365  # over which the calls are spread
OWN = "+493023125"
RING_GROUP = 3  # phones

PREPARE = """
UPDATE call_pbx SET adapter = 'asterisk', trunk_names = 'trunk' WHERE token = 'bench';
INSERT INTO call_line (number, name, company_id, active, report_answer_seconds,
                       report_answer_goal, report_short_seconds)
SELECT '+4930231256' || lpad(n::text, 2, '0'), 'Line ' || n, company_id, true, 20, 80, 5
  FROM call_pbx, generate_series(0, 9) n WHERE token = 'bench';
"""
KINDS = {"cdr": "Master.csv", "table": "a table, by Odoo's import"}


def run(odoo, size=ROWS):
    """Measure and print the table.

    :param int size: number of rows
    :raise Problem: calls are missing, or it takes too long
    """
    results = {}
    for kind in KINDS:
        with server.prepared(odoo, DATABASE) as options, tempfile.TemporaryDirectory() as folder:
            odoo.postgres.query(PREPARE, DATABASE)
            rows = GENERATORS[kind](size)
            calls = len({row[0] for row in rows} if kind == "table" else {row[-2] for row in rows})
            path = Path(folder, "calls.csv")
            path.write_text(to_csv(rows, TABLE_COLUMNS if kind == "table" else None))
            variables = {"CALL_BENCH_KIND": kind, "CALL_BENCH_FILE": str(path)}
            script = Path(__file__).with_name("importing_in_odoo.py")
            printed = odoo.shell(DATABASE, script, *options, variables=variables)
            results[kind] = json.loads(printed.splitlines()[-1])
            if results[kind]["calls"] != calls:
                raise Problem(f"{results[kind]['calls']} calls were imported instead of {calls}.")
    print_table(size, results)
    limit = MINUTES * 60 * size / ROWS
    if slow := [KINDS[kind] for kind, result in results.items() if result["all"] > limit]:
        raise Problem(f"More than {limit:.0f} s: {', '.join(slow)}.")


def print_table(size, results):
    """Print what was measured."""
    print(f"\n{size:,} rows")
    print(f"{'':<28}{'calls':>9}{'upload s':>10}{'all s':>8}{'rows/s':>8}{'bare rows':>11}"
          f"{'longest s':>11}{'queries':>9}")  # fmt: skip
    for kind, result in results.items():
        print(f"{KINDS[kind]:<28}{result['calls']:>9}{result['upload']:>10.0f}{result['all']:>8.0f}"
              f"{size / result['all']:>8.0f}{result['all'] / size / result['bare']:>11.2f}"
              f"{result['longest']:>11.1f}{result['queries'] / size:>9.1f}")  # fmt: skip


# === FILES === #


def generate_calls(size):
    """Yield calls, the same each time: two thirds come in, a part of them to a ring group, a part
    of them in vain; the others go out. Every fifth number is that of nobody.

    :param int size: number of rows; a ring group has a row per phone
    """
    chance, left = random.Random(1), size
    start = datetime(2025, 1, 1, 8)
    number = 0
    while left:
        number += 1
        is_incoming = chance.random() < 2 / 3
        phones = min(RING_GROUP, left) if is_incoming and chance.random() < 0.2 else 1
        left -= phones
        contact = chance.randrange(CUSTOMERS) * (CONTACTS // CUSTOMERS) + 1
        yield {
            "ref": f"{1735689600 + number}.{number}",
            "start": start + timedelta(days=DAYS) * number / size,
            "remote": f"+4930{10_000_000 + contact}" if chance.random() < 0.8 else
                      f"+4930231259{chance.randrange(100):02}",
            "line": f"{OWN}6{chance.randrange(10):02}",
            "phones": [100 + n for n in chance.sample(range(EXTENSIONS), phones)],
            "is_incoming": is_incoming,
            "talk": chance.randrange(10, 600) if chance.random() < 0.8 else 0,
            "wait": chance.randrange(2, 30),
        }  # fmt: skip


def generate_master_csv(size):
    """Return rows of Master.csv with its columns ``uniqueid`` to ``sequence``."""
    rows = []
    for call in generate_calls(size):
        end = call["start"] + timedelta(seconds=call["wait"] + call["talk"])
        answer = call["start"] + timedelta(seconds=call["wait"]) if call["talk"] else ""
        for count, phone in enumerate(call["phones"]):
            own, trunk = f"PJSIP/{phone}-{len(rows):08x}", f"PJSIP/trunk-{len(rows):08x}"
            is_answered = call["talk"] and not count
            outward = call["remote"].replace("+", "00")
            rows.append([
                "", call["remote"] if call["is_incoming"] else str(phone),
                call["line"] if call["is_incoming"] else outward, "default", "",
                *([trunk, own] if call["is_incoming"] else [own, trunk]), "Dial",
                own if call["is_incoming"] else f"PJSIP/{outward}@trunk",
                call["start"], answer if is_answered else "", end,
                int((end - call["start"]).total_seconds()), call["talk"] if is_answered else 0,
                "ANSWERED" if is_answered else "NO ANSWER", "DOCUMENTATION",
                f"{call['ref']}{count or ''}", "", "", call["ref"], len(rows),
            ])  # fmt: skip
    return rows


TABLE_COLUMNS = (
    "pbx_ref", "start", "direction", "from_number", "to_number", "extension", "outcome", "wait",
    "talk", "summary",
)  # fmt: skip


def generate_table(size):
    """Return rows with ``TABLE_COLUMNS``."""
    rows = []
    for call in generate_calls(size):
        numbers = (call["remote"], call["line"])
        for count, phone in enumerate(call["phones"]):
            is_answered = call["talk"] and not count
            rows.append([
                call["ref"], call["start"], "incoming" if call["is_incoming"] else "outgoing",
                *(numbers if call["is_incoming"] else reversed(numbers)), phone,
                "answered" if is_answered else "no_answer", call["wait"],
                call["talk"] if is_answered else 0, "" if len(rows) % 10 else "About an offer",
            ])  # fmt: skip
    return rows


def to_csv(rows, header=None):
    """Return rows as a file."""
    target = io.StringIO()
    writer = csv.writer(target)
    writer.writerows([header, *rows] if header else rows)
    return target.getvalue()


GENERATORS = {"cdr": generate_master_csv, "table": generate_table}
