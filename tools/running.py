"""Runs Odoo with the app, demo data and a simulated telephone system that reports calls."""

import hashlib
import secrets
import time
from pathlib import Path

from . import databases, odoo, paths
from .console import Problem, say, step
from .simulator import Simulator

DATABASE = "call_handling_run"
PORT = 8069
START_PAGE = "/odoo/calls"
SIMULATED = "adapter = 'demo' AND active"


def run(port=None, fresh=False, seconds=None):
    """Run Odoo with demo data and simulated calls until the user stops it.

    :param int port: of the web interface; default: Odoo's usual port or a free one
    :param bool fresh: start again with new demo data
    :param int seconds: stop automatically after this time
    :return: exit status
    :rtype: int
    """
    with odoo.prepared() as prepared:
        serve_demo(prepared, DATABASE, "run", port or _default_port(), fresh, seconds)
    return 0


def serve_demo(prepared, database, log, port=None, fresh=False, seconds=None):
    """Serve a database with demo data and simulated calls, and print how to log in.

    :param tools.odoo.Odoo prepared: the Odoo to use
    :param str database: its name; created or upgraded if needed
    :param str log: name of Odoo's log file, without extension
    :param int port: of the web interface; default: a free port
    :param bool fresh: start again with new demo data
    :param int seconds: stop automatically after this time; default: run until interrupted
    """
    telephones = prepare_demo(prepared, database, log, fresh)
    with (
        prepared.serve(database, log=log, port=port) as address,
        Simulator(address, telephones) as simulator,
    ):
        simulator.wait_for_first_call()
        _print_instructions(address, prepared, log)
        _wait(simulator, seconds)


def prepare_demo(prepared, database, log, fresh=False):
    """Create or upgrade a database with demo data and a simulated telephone system.

    :return: token and secret of the telephone system, own numbers, phones, numbers of contacts
    :rtype: dict
    """
    _prepare_database(prepared, database, log, fresh)
    return _set_up_telephones(prepared, database)


def _default_port():
    return PORT if odoo.is_free(PORT) else odoo.free_port()


def _prepare_database(prepared, database, log, fresh):
    """Create or upgrade the database, unless it is up to date with the files of the addons."""
    template = databases.template(prepared, demo=True)
    state = f"{template} {_digest_of_addons()}"
    note = databases.get_note(prepared, database)
    addons = ",".join(paths.addons())
    if note == state and not fresh:
        return
    if not note or fresh or not note.startswith(f"{template} "):
        with step("Creating a database with the app and its demo data"):
            databases.copy(prepared, template, database)
            prepared.run(database, "-i", addons, "--with-demo", "--stop-after-init", log=log)
    else:
        with step("Upgrading the changed addons (for a new database: ./dev run --fresh)"):
            prepared.run(database, "-i", addons, "-u", addons, "--stop-after-init", log=log)
    databases.set_note(prepared, database, state)


def _digest_of_addons():
    digest = hashlib.sha256()
    for addon in paths.addons():
        for file in sorted((paths.ROOT / addon).rglob("*")):
            if file.is_file() and "__pycache__" not in file.parts:
                digest.update(f"{file.relative_to(paths.ROOT)}\n".encode())
                digest.update(file.read_bytes())
    return digest.hexdigest()[:16]


def _set_up_telephones(prepared, database):
    """Give the simulated telephone system a new secret; return what the simulator needs.

    :return: token, secret, own numbers, phones and numbers of contacts
    :rtype: dict
    """
    secret = secrets.token_urlsafe(32)
    query = prepared.postgres.query
    token = query(
        f"UPDATE call_pbx SET secret = '{secret}' WHERE id = "
        f"(SELECT min(id) FROM call_pbx WHERE {SIMULATED}) RETURNING token",
        database,
    )
    if not token:
        raise Problem(
            "The database no longer has a simulated telephone system.",
            "Start again with new demo data: ./dev run --fresh",
        )
    phones = query(
        "SELECT e.number FROM call_extension e JOIN call_pbx p ON p.id = e.pbx_id "
        f"WHERE p.token = '{token[0]}' ORDER BY e.number",
        database,
    )
    contacts = query(
        "SELECT phone_sanitized FROM res_partner WHERE active AND phone_sanitized <> '' "
        "AND partner_share AND commercial_partner_id NOT IN (SELECT partner_id FROM res_company) "
        "UNION SELECT number FROM call_number WHERE is_block IS NOT TRUE ORDER BY 1",
        database,
    )
    lines = query(
        "SELECT number FROM call_line WHERE active AND is_block IS NOT TRUE ORDER BY number",
        database,
    )
    return {
        "token": token[0],
        "secret": secret,
        "phones": phones,
        "contacts": contacts,
        "lines": lines,
    }


def _print_instructions(address, prepared, log):
    say(
        f"\nOdoo uses {prepared.postgres.name} and logs to {_shorten(prepared.log_file(log))}.\n"
        "A simulated telephone system reports a new call every few seconds.\n"
        "Log in as admin with the password admin, and watch the list of calls.\n"
        "Press Ctrl+C to stop.\n\n"
        f"{address}{START_PAGE}"
    )


def _shorten(path):
    """Return the path relative to the current folder, if it is inside."""
    current = Path.cwd()
    return path.relative_to(current) if path.is_relative_to(current) else path


def _wait(simulator, seconds):
    deadline = time.monotonic() + seconds if seconds else float("inf")
    while time.monotonic() < deadline:
        simulator.check()
        time.sleep(min(0.5, max(0.0, deadline - time.monotonic())))
