"""Databases: a template with the Odoo modules that our addons need, and copies of it."""

import ast
import hashlib

from . import paths
from .console import step

PREFIX = "call_handling"

# Odoo modules with which our addons are tested, though they do not need them.
TESTED_WITH = ("sale_timesheet",)


def _others():
    return {path.parent.name for path in paths.addons_of_others().glob("*/__manifest__.py")}


def _depends(addon):
    manifest = ast.literal_eval((paths.ROOT / addon / "__manifest__.py").read_text())
    return set(manifest.get("depends", ()))


def is_bridge_to_others(addon):
    """Whether one of our addons depends on one that is neither Odoo's nor ours."""
    return bool(_depends(addon) & _others())


def needed_modules(addons=None):
    """Odoo's own modules that our addons depend on, sorted.

    :param list addons: of ours; all of them if not said
    """
    ours = set(paths.addons())
    needed = set()
    for addon in addons or ours:
        needed |= _depends(addon)
    return sorted(needed - ours - _others())


def template(odoo, *, demo=False, addons=None, besides=()):
    """Name of the database with all needed modules, made when there is none yet.

    :param tools.odoo.Odoo odoo: the Odoo to make it with
    :param bool demo: with Odoo's demo data
    :param list addons: those of ours that are to be installed later; all if not said
    :param besides: names of further Odoo modules to install
    :rtype: str
    """
    modules = sorted({*needed_modules(addons), *besides})
    # not its whole path: a checkout that was moved keeps its databases
    python = odoo.python.relative_to(paths.CACHE)
    state = f"{odoo.source.origin} {python} {modules} {demo}"
    short = hashlib.sha256(state.encode()).hexdigest()[:8]
    name = f"{PREFIX}_template_{'demo_' if demo else ''}{short}"
    if name in odoo.postgres.databases():
        return name
    unfinished = f"{name}_unfinished"
    with step(f"A template database with {len(modules)} Odoo modules and what they need"):
        drop(odoo, unfinished)
        options = ["-i", ",".join(modules), "--stop-after-init"]
        odoo.run(unfinished, *options, *(["--with-demo"] if demo else []), log="template")
        odoo.manage_databases("rename", "--force", unfinished, name)
    return name


def copy(odoo, source, target):
    """Copy a database with its files; an earlier database of that name is dropped."""
    odoo.manage_databases("duplicate", "--force", source, target)


def drop(odoo, name):
    """Drop a database with its files, if it exists."""
    if name in odoo.postgres.databases():
        odoo.manage_databases("drop", name)


def get_note(odoo, name):
    """What was noted about a database; nothing when there is no such database.

    :rtype: str | None
    """
    rows = odoo.postgres.query(
        f"SELECT shobj_description(oid, 'pg_database') FROM pg_database WHERE datname = '{name}'"
    )
    return rows[0] if rows and rows[0] else None


def set_note(odoo, name, note):
    """Note something about a database. A copy of it does not inherit the note."""
    odoo.postgres.query(f"COMMENT ON DATABASE \"{name}\" IS '{note}'")
