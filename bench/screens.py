"""Measures every screen of every role among millions of calls.

The requests are those that the browser makes, found by walking the menus of each role. They run in
one process, each in a transaction of its own and with empty caches of records, through the same
function as requests over HTTP, whose share does not depend on the number of calls.
"""

import json
import statistics
from pathlib import Path

from tools import databases, paths
from tools.console import Problem, say, step

DATABASE = "call_handling_bench_screens"
CALLS = 5_000_000
CONTACTS = 1_000_000
TIMES = 20
GOALS = {"top bar": 50, "group": 4000, "view": 4000}  # milliseconds; the others: GOAL
GOAL = 1000
REPORT_GOAL = 300  # first views of the report models
REPORTS = (".report",)  # how the names of these models end


def run(odoo, calls=CALLS, contacts=CONTACTS, times=TIMES, keep=False):
    """Measure and print the table.

    :param int calls: how many are generated
    :param int contacts: how many are generated
    :param int times: how often each request is made
    :param bool keep: use the database that an earlier run with ``keep`` has left, if it has the
        same size, and leave it
    :raise Problem: something takes longer than its goal
    """
    _prepare(odoo, calls, contacts, keep)
    with step("Measuring"):
        answer = _run_in_odoo(odoo, "screens_in_odoo.py", {"CALL_SCREENS_TIMES": times})
    rows = json.loads(answer.splitlines()[-1])
    print_table(rows)
    if not keep:
        databases.drop(odoo, DATABASE)
    if slow := [row for row in rows if is_slow(row)]:
        raise Problem(f"{len(slow)} requests take longer than their goal.")


def _prepare(odoo, calls, contacts, keep):
    """Build the database, unless there is one of this size."""
    size = f"{calls} calls, {contacts} contacts"
    options = ["--addons-path", odoo.addons_path(paths.TEST_ADDONS), "--max-cron-threads", "0"]
    if keep and databases.get_note(odoo, DATABASE) == size:
        odoo.run(DATABASE, "-u", "call_handling", "--stop-after-init", *options, log="bench")
        return
    template = databases.template(odoo, addons=["call_handling"])
    databases.copy(odoo, template, DATABASE)
    odoo.run(DATABASE, "-i", "call_handling", "--stop-after-init", *options, log="bench")
    with step(f"Generating {size}"):
        values = {"CALL_SCREENS_CALLS": calls, "CALL_SCREENS_CONTACTS": contacts}
        _run_in_odoo(odoo, "screens_generate_in_odoo.py", values)
        odoo.postgres.query("VACUUM (ANALYZE)", DATABASE)
    databases.set_note(odoo, DATABASE, size)


def _run_in_odoo(odoo, script, variables):
    return odoo.shell(
        DATABASE,
        Path(__file__).with_name(script),
        "--addons-path",
        odoo.addons_path(paths.TEST_ADDONS),
        variables={name: str(value) for name, value in variables.items()},
    )


def get_goal(row):
    """Return within how many milliseconds the median of a request must be."""
    if row["model"].endswith(REPORTS) and row["kind"] == "first":
        return REPORT_GOAL
    return GOALS.get(row["kind"], GOAL)


def is_slow(row):
    """Return whether a request takes longer than its goal, for anybody."""
    return any(get_median(times) > get_goal(row) for times in row["times"].values())


def get_median(times):
    """Return the median of durations, in milliseconds."""
    return statistics.median(times) * 1000


def get_late(times):
    """Return the 95th percentile of durations, in milliseconds; of few ones, the longest."""
    return sorted(times)[-max(1, len(times) // 20)] * 1000


def print_table(rows):
    """Print median and 95th percentile of every request and role, and what the slowest are."""
    roles = list(dict.fromkeys(role for row in rows for role in row["times"]))
    print(f"{'median / p95 in ms; ✗: slower than its goal':<70}{'goal':>6}", end="")
    print("".join(f"{role:>15}" for role in roles))
    for row in rows:
        cells = "".join(f"{_format(row, row['times'].get(role)):>15}" for role in roles)
        print(f"{row['label'][:69]:<70}{get_goal(row):>6}{cells}")
    _print_worst(rows, roles)


def _print_worst(rows, roles):
    """Print the slowest request of each kind, as it is in the documentation."""
    print(f"\n| slowest median, ms | goal |{'|'.join(f' {role} ' for role in roles)}|")
    print("|---|---|" + "---|" * len(roles))
    kinds = dict.fromkeys((row["kind"], get_goal(row)) for row in rows)
    for kind, goal in kinds:
        same = [row for row in rows if (row["kind"], get_goal(row)) == (kind, goal)]
        cells = []
        for role in roles:
            medians = [get_median(row["times"][role]) for row in same if role in row["times"]]
            cells.append(f" {max(medians):.0f} " if medians else " – ")
        print(f"| {kind} ({len(same)}) | {goal} |{'|'.join(cells)}|")
    say("")


def _format(row, times):
    if not times:
        return "–"
    mark = "✗" if get_median(times) > get_goal(row) else ""
    return f"{mark}{get_median(times):.0f} / {get_late(times):.0f}"
