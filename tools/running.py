"""The main job: Odoo with the app, demo data, and a simulated telephone system that calls."""

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
    """Run until stopped.

    :param int port: of the web interface; else Odoo's usual one, or a free one
    :param bool fresh: begin again with new demo data
    :param int seconds: stop by itself after so long
    :return: exit status
    :rtype: int
    """
    with odoo.prepared() as prepared:
        do_main_job(prepared, DATABASE, "run", port or _usual_port(), fresh, seconds)
    return 0


def do_main_job(prepared, database, log, port=None, fresh=False, seconds=None):
    """Serve a database with demo data and simulated calls, and tell where, until stopped.

    :param tools.odoo.Odoo prepared: the Odoo to do it with
    :param str database: its name; made where it is missing or old
    :param str log: name of Odoo's log file, without ending
    :param int port: of the web interface; else a free one
    :param bool fresh: begin again with new demo data
    :param int seconds: stop by itself after so long
    """
    _prepare_database(prepared, database, log, fresh)
    telephones = _set_up_telephones(prepared, database)
    with (
        prepared.serve(database, log=log, port=port) as address,
        Simulator(address, telephones) as simulator,
    ):
        simulator.wait_for_first_call()
        _tell(address, prepared, log)
        _wait(simulator, seconds)


def _usual_port():
    return PORT if odoo.is_free(PORT) else odoo.free_port()


def _prepare_database(prepared, database, log, fresh):
    """A database with the app and demo data, up to date with the addons' files."""
    template = databases.template(prepared, demo=True)
    state = f"{template} {_digest_of_addons()}"
    known = databases.get_note(prepared, database)
    addons = ",".join(paths.addons())
    if known == state and not fresh:
        return
    if not known or fresh or not known.startswith(f"{template} "):
        with step("A database with the app and its demo data"):
            databases.copy(prepared, template, database)
            prepared.run(database, "-i", addons, "--with-demo", "--stop-after-init", log=log)
    else:
        with step("The database follows the changed addons (./dev run --fresh begins again)"):
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
    """Give the simulated telephone system a new secret, and say what it needs to know.

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
            "The database has no simulated telephone system any more.",
            "Begin again with new demo data: ./dev run --fresh",
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


def _tell(address, prepared, log):
    say(
        f"\nOdoo runs on {prepared.postgres.name}, its log is {_short(prepared.log_file(log))}.\n"
        "A simulated telephone system calls every few seconds: watch the list of calls.\n"
        "Log in as admin with the password admin. Ctrl+C stops everything.\n\n"
        f"{address}{START_PAGE}"
    )


def _short(path):
    """The path as seen from here, where that is shorter."""
    here = Path.cwd()
    return path.relative_to(here) if path.is_relative_to(here) else path


def _wait(simulator, seconds):
    until = time.monotonic() + seconds if seconds else float("inf")
    while time.monotonic() < until:
        simulator.check()
        time.sleep(min(0.5, max(0.0, until - time.monotonic())))
