"""Measures how long after an event of the telephone system the browser shows the card.

For comparison, alternating with it: a message of Odoo's bus from a route that does nothing else.
"""

import subprocess
import sys
from pathlib import Path

from tools import browser

from . import server

DATABASE = "call_handling_bench_popup"


def run(odoo):
    """Measure and print the table."""
    with server.serve(odoo, DATABASE) as address:
        script = Path(__file__).with_name("popup_in_browser.py")
        target = (address, DATABASE, server.TOKEN, server.SECRET)
        command = [odoo.python, script, browser.ensure(), *target]
        done = subprocess.run([str(part) for part in command], check=False)
    if done.returncode:
        sys.exit(done.returncode)
