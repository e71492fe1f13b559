"""Measures how long after an event of the telephone system the browser shows the card.

For comparison, alternating with it: a message of Odoo's bus from a route that does nothing else.
"""

import subprocess
import sys
from pathlib import Path

from tools import browser, databases

from .intake import ADDONS, CONTACTS, EXTENSIONS, PREPARE, SECRET, SERVER_OPTIONS, TOKEN


def run(odoo):
    """Measure and print the table."""
    database = "call_handling_bench_popup"
    options = ["--addons-path", odoo.addons_path(ADDONS), *SERVER_OPTIONS]
    databases.copy(odoo, databases.template(odoo, addons=["call_handling"]), database)
    odoo.run(database, "-i", "call_handling,call_bench", "--stop-after-init", *options, log="bench")
    odoo.postgres.query(
        PREPARE.format(contacts=CONTACTS, extensions=EXTENSIONS, token=TOKEN, secret=SECRET),
        database,
    )
    with odoo.serve(database, *options, "--log-level", "warn", log="bench") as address:
        script = Path(__file__).with_name("popup_in_browser.py")
        command = [odoo.python, script, browser.ensure(), address, database, TOKEN, SECRET]
        done = subprocess.run([str(part) for part in command], check=False)
    databases.drop(odoo, database)
    if done.returncode:
        sys.exit(done.returncode)
