"""Writes the templates for translators, and brings the translations up to date with them."""

from pathlib import Path

from . import databases, odoo, paths
from .console import say, step

DATABASE = "call_handling_translate"
SCRIPT = Path(__file__).with_name("translating_in_odoo.py")


def run():
    """Export the terms of our addons from a database with all of them and their demo data.

    :return: exit status
    :rtype: int
    """
    addons = ",".join(paths.addons())
    with odoo.prepared() as prepared:
        template = databases.template(prepared, demo=True)
        databases.copy(prepared, template, DATABASE)
        with step("Installing the addons with their demo data"):
            prepared.run(
                DATABASE, "-i", addons, "--with-demo", "--stop-after-init", log="translate"
            )
        variables = {"CALL_HANDLING_ROOT": str(paths.ROOT), "CALL_HANDLING_ADDONS": addons}
        say(prepared.shell(DATABASE, SCRIPT, variables=variables).strip())
        databases.drop(prepared, DATABASE)
    return 0
