"""Counts how the code is structured, compared with Odoo's own addons.

From the source: the abstract models, and how many models use each. From a running Odoo: the
models, the method resolution order of the largest one, and what an event of a telephone system
runs.
"""

import ast
import json
from collections import defaultdict
from pathlib import Path

from tools import databases, paths
from tools.console import Problem

DATABASE = "call_handling_bench_structure"

# Limits; see docs/measurements.md.
MAX_MODELS = 30
MAX_ORDER = 55
MAX_QUERIES = {"first event of a call": 15, "event of a running call": 11}


def run(odoo):
    """Count and print the tables.

    :raise Problem: a count exceeds its limit
    """
    options = ["-i", ",".join(paths.addons()), "--stop-after-init"]
    databases.copy(odoo, databases.template(odoo), DATABASE)
    odoo.run(DATABASE, *options, log="bench")
    ours = count_mixins(paths.ROOT / addon for addon in paths.addons())
    core = count_mixins(folder for path in odoo.source.addons_path for folder in path.iterdir())
    running = json.loads(
        odoo.shell(DATABASE, Path(__file__).with_name("structure_in_odoo.py")).splitlines()[-1]
    )
    databases.drop(odoo, DATABASE)
    print_tables(ours, core, running)
    check(ours, running)


def count_mixins(addons):
    """Return how many models inherit each abstract model whose name ends with ``mixin``.

    :param addons: folders of addons
    :rtype: dict[str, int]
    """
    mixins, users = set(), defaultdict(set)
    for addon in addons:
        for path in addon.rglob("*.py"):
            if "tests" in path.relative_to(addon).parts:
                continue
            for name, inherited, is_abstract in read_models(path):
                if is_abstract and name.endswith("mixin") and name not in inherited:
                    mixins.add(name)
                for parent in inherited:
                    users[parent].add(name)
    return {name: len(users[name] - {name}) for name in mixins}


def read_models(path):
    """Return the models that a file defines or extends.

    :return: name, names of the inherited models, whether it is abstract
    :rtype: list[tuple[str, list[str], bool]]
    """
    try:
        tree = ast.parse(path.read_text("utf-8"))
    except (SyntaxError, UnicodeDecodeError):
        return []
    models = []
    for node in ast.walk(tree):
        if not isinstance(node, ast.ClassDef):
            continue
        inherited = _attribute(node, "_inherit") or []
        inherited = [inherited] if isinstance(inherited, str) else list(inherited)
        name = _attribute(node, "_name") or (inherited[0] if len(inherited) == 1 else None)
        if name:
            is_abstract = any(ast.unparse(base).endswith("AbstractModel") for base in node.bases)
            models.append((name, inherited, is_abstract))
    return models


def _attribute(node, name):
    """Return the value of an attribute of a class if it is a literal."""
    for statement in node.body:
        targets = [ast.unparse(t) for t in statement.targets] if _assigns(statement) else []
        if name in targets:
            try:
                return ast.literal_eval(statement.value)
            except ValueError:
                return None
    return None


def _assigns(statement):
    return isinstance(statement, ast.Assign)


def print_tables(ours, core, running):
    """Print our counts next to those of Odoo's own addons."""
    print(f"{'':<44}{'ours':>10}{'Odoo':>10}")
    for label, ours_value, core_value in (
        ("mixins", len(ours), len(core)),
        ("mixins with one heir", count_single(ours), count_single(core)),
        ("models, with mixins and wizards", running["models"], ""),
        ("method resolution order of call.call", running["order"], ""),
        ("method resolution order of sale.order", "", running["order_of_sale"]),
    ):
        print(f"{label:<44}{ours_value:>10}{core_value:>10}")
    print()
    heads = list(running["events"])
    print(f"{'':<44}" + "".join(f"{head:>26}" for head in heads))
    for name in running["events"][heads[0]]:
        values = (running["events"][head][name] for head in heads)
        print(f"{name:<44}" + "".join(f"{value:>26}" for value in values))


def count_single(mixins):
    """Return how many mixins are used by only one model."""
    return sum(count == 1 for count in mixins.values())


def check(ours, running):
    """Check the limits.

    :raise Problem: a count exceeds its limit
    """
    problems = [
        f"{name} is used by fewer than two models" for name, count in ours.items() if count < 2
    ]
    if running["models"] > MAX_MODELS:
        problems.append(f"{running['models']} models instead of at most {MAX_MODELS}")
    if running["order"] > MAX_ORDER:
        problems.append(f"call.call has {running['order']} classes instead of at most {MAX_ORDER}")
    for head, counts in running["events"].items():
        if counts["queries"] > MAX_QUERIES[head]:
            limit = MAX_QUERIES[head]
            problems.append(f"{head}: {counts['queries']} queries instead of at most {limit}")
        if counts["calls by super() to methods of ours"]:
            by_super = counts["calls by super() to methods of ours"]
            problems.append(f"{head}: {by_super} calls by super() to methods of ours")
    if problems:
        raise Problem("; ".join(problems) + ".", "Simplify the code until it is within the limits.")
