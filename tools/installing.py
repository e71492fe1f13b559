"""Installs and uninstalls our addons, each separately and all together.

Odoo's log must not contain any warning.
"""

import urllib.request
from pathlib import Path

from . import databases, odoo_log, paths
from .console import say, step

APP = "call_handling"
ALONE = "call_handling_test_alone"
TOGETHER = "call_handling_test_together"
PAGE_TIMEOUT = 120  # seconds; the first page builds its assets
SCRIPT = Path(__file__).with_name("installing_in_odoo.py")

UNDISTURBED = "ALTER TABLE ir_module_module SET (autovacuum_enabled = false)"
INSTALLED = "SELECT name FROM ir_module_module WHERE state = 'installed'"

# Finds what an uninstalled addon left in the database
LEFTOVERS = r"""
    SELECT 'record ' || module || '.' || name FROM ir_model_data WHERE module LIKE 'call\_handling%'
    UNION ALL
    SELECT 'table ' || tablename FROM pg_tables WHERE tablename LIKE 'call\_%'
    UNION ALL
    SELECT 'column ' || table_name || '.' || column_name
      FROM information_schema.columns WHERE column_name ~ '^call_(.*_)?id$'
    UNION ALL
    SELECT 'parameter ' || key FROM ir_config_parameter WHERE key LIKE 'call\_%'
"""


def run(prepared):
    """Install each addon separately, then all of them, use them, and uninstall them.

    :param tools.odoo.Odoo prepared: the Odoo to use
    :rtype: tools.odoo_log.Findings
    """
    with step("Installing and uninstalling the addons, each separately and all together"):
        return _install_separately(prepared) + _uninstall_together(prepared)


def _install_separately(prepared):
    """Install the app, and then each bridge with only the apps that it depends on."""
    findings = odoo_log.Findings()
    databases.copy(prepared, databases.template(prepared, addons=[APP]), ALONE)
    findings += _install(prepared, ALONE, APP)
    for addon in paths.addons():
        if addon != APP:
            database = f"{ALONE}_{addon}"
            databases.copy(prepared, ALONE, database)
            findings += _install(prepared, database, addon)
            databases.drop(prepared, database)
    databases.drop(prepared, ALONE)
    return findings


def _install(prepared, database, addon):
    log = prepared.run(database, "-i", addon, "--stop-after-init", log=f"install-{addon}")
    modules = prepared.postgres.query(INSTALLED, database)
    automatic = {one for one in paths.addons() if databases.is_automatic(one, set(modules))}
    expected = sorted({APP, addon} | automatic)
    installed = sorted(name for name in modules if name.startswith("call_"))
    problem = f"After installing {addon}, {installed} are installed instead of {expected}."
    return _read(log) + _check(installed == expected, problem)


def _uninstall_together(prepared):
    """Install and use all addons, uninstall the bridges, and then the app."""
    databases.copy(prepared, databases.template(prepared), TOGETHER)
    # Odoo locks this table without waiting, and PostgreSQL may be cleaning it up at that moment.
    prepared.postgres.query(UNDISTURBED, TOGETHER)
    with open(SCRIPT) as script:
        log = prepared.run(
            TOGETHER, "--no-http", "--addons-path", prepared.addons_path(paths.TEST_ADDONS),
            log="uninstall", command="shell", stdin=script, check=False,
        )  # fmt: skip
    left = prepared.postgres.query(LEFTOVERS, TOGETHER)
    log_in = _open_a_page(prepared)
    is_finished = "All addons are uninstalled." in log.read_text(errors="replace")
    databases.drop(prepared, TOGETHER)
    findings = _check(is_finished, f"Uninstalling the addons did not finish; see {log}.")
    problem = f"Uninstalling left in the database: {left[:10]}"
    return _read(log) + findings + _check(not left, problem) + log_in


def _open_a_page(prepared):
    """Start Odoo with what is left, and open a page of it."""
    name = "uninstalled"
    with (
        prepared.serve(TOGETHER, log=name, append=False) as address,
        urllib.request.urlopen(f"{address}/web/login", timeout=PAGE_TIMEOUT) as page,  # noqa: S310
    ):
        is_open = page.status == 200 and b'name="login"' in page.read()
    problem = "After uninstalling the addons, the login page does not open."
    return _read(prepared.log_file(name)) + _check(is_open, problem)


def _read(log):
    """Return the entries of a log that must not be there."""
    return odoo_log.Findings(bad=odoo_log.read(log).bad)


def _check(is_ok, problem):
    """Count a check as passed or failed, and print the problem if it failed."""
    if not is_ok:
        say(f"\n✗ {problem}")
    return odoo_log.Findings(passed=int(is_ok), failed=int(not is_ok))
