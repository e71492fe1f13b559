"""How long after the telephone system's event the card is seen in the browser.

Beside it, in the same run, turn by turn: the least that can reach a browser, a message of
Odoo's bus that a route sends which does nothing else.
"""

import subprocess
import sys
from pathlib import Path

from tools import browser, databases

from .intake import ADDONS, ALONE, CONTACTS, EXTENSIONS, PREPARE, SECRET, TOKEN


def run(odoo):
    """Measure, and print the table."""
    database = "call_handling_bench_popup"
    options = ["--addons-path", odoo.addons_path(ADDONS), *ALONE]
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
