"""Databases: templates with the Odoo modules that our addons depend on, and copies of them."""

import ast
import hashlib
import threading

from . import paths
from .console import step

PREFIX = "call_handling"

# Parts of the tests that run at the same time need the same templates, and PostgreSQL copies no
# database that somebody else is connected to.
_lock = threading.RLock()

# Odoo modules that our addons are tested with, although they do not depend on them.
TESTED_WITH = ("data_recycle", "sale_timesheet")


def _third_party_names():
    return {path.parent.name for path in paths.third_party_addons().glob("*/__manifest__.py")}


def _depends(addon):
    manifest = ast.literal_eval((paths.ROOT / addon / "__manifest__.py").read_text())
    return set(manifest.get("depends", ()))


def needs_third_party(addon):
    """Return whether an addon of ours depends on one that is neither Odoo's nor ours."""
    return bool(_depends(addon) & _third_party_names())


def is_automatic(addon, installed):
    """Return whether Odoo installs an addon of ours by itself.

    :param set installed: names of the modules that are installed
    :rtype: bool
    """
    manifest = ast.literal_eval((paths.ROOT / addon / "__manifest__.py").read_text())
    return bool(manifest.get("auto_install")) and set(manifest["depends"]) <= installed


def needed_modules(addons=None):
    """Return the names of Odoo's own modules that our addons depend on, sorted.

    :param list addons: some of our addons; default: all
    """
    ours = set(paths.addons())
    needed = set()
    for addon in addons or ours:
        needed |= _depends(addon)
    return sorted(needed - ours - _third_party_names())


def template(odoo, *, demo=False, addons=None, extra_modules=()):
    """Create the database with all needed Odoo modules, unless it exists.

    :param tools.odoo.Odoo odoo: the Odoo that creates it
    :param bool demo: with Odoo's demo data
    :param list addons: addons of ours that will be installed in its copies; default: all
    :param extra_modules: names of more Odoo modules to install
    :return: its name
    :rtype: str
    """
    modules = sorted({*needed_modules(addons), *extra_modules})
    # a relative path, so that a moved checkout keeps its databases
    python = odoo.python.relative_to(paths.CACHE)
    state = f"{odoo.source.origin} {python} {modules} {demo}"
    short = hashlib.sha256(state.encode()).hexdigest()[:8]
    name = f"{PREFIX}_template_{'demo_' if demo else ''}{short}"
    with _lock:
        if name not in odoo.postgres.databases():
            _create_template(odoo, name, modules, demo)
    return name


def _create_template(odoo, name, modules, demo):
    unfinished = f"{name}_unfinished"
    with step(f"Creating a template database with {len(modules)} Odoo modules and dependencies"):
        drop(odoo, unfinished)
        options = ["-i", ",".join(modules), "--stop-after-init"]
        odoo.run(unfinished, *options, *(["--with-demo"] if demo else []), log="template")
        odoo.manage_databases("rename", "--force", unfinished, name)


def copy(odoo, source, target):
    """Copy a database with its files. The target is dropped first if it exists."""
    with _lock:
        odoo.manage_databases("duplicate", "--force", source, target)


def drop(odoo, name):
    """Drop a database with its files, if it exists."""
    if name in odoo.postgres.databases():
        odoo.manage_databases("drop", name)


def get_note(odoo, name):
    """Return the note of a database; ``None`` if it has none or does not exist.

    :rtype: str | None
    """
    rows = odoo.postgres.query(
        f"SELECT shobj_description(oid, 'pg_database') FROM pg_database WHERE datname = '{name}'"
    )
    return rows[0] if rows and rows[0] else None


def set_note(odoo, name, note):
    """Store a note about a database. Copies of the database do not get it."""
    odoo.postgres.query(f"COMMENT ON DATABASE \"{name}\" IS '{note}'")
