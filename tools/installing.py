"""Installs and uninstalls our addons, alone and together: Odoo's log must stay clean."""

from pathlib import Path

from . import databases, odoo_log, paths
from .console import say, step

APP = "call_handling"
ALONE = "call_handling_test_alone"
TOGETHER = "call_handling_test_together"
SCRIPT = Path(__file__).with_name("installing_in_odoo.py")

# What Odoo would keep of an addon that is not there any more
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
    """Install each addon alone, then all, use them, and uninstall them.

    :param tools.odoo.Odoo prepared: the Odoo to do it with
    :rtype: tools.odoo_log.Findings
    """
    with step("Installing and uninstalling: each addon alone, and all together"):
        return _alone(prepared) + _together(prepared)


def _alone(prepared):
    """The app alone, then with one bridge each, and no other app than the bridge needs."""
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
    wanted = sorted({APP, addon})
    rows = prepared.postgres.query(
        "SELECT name FROM ir_module_module WHERE state = 'installed' AND name LIKE 'call\\_%'"
        " ORDER BY name",
        database,
    )
    return _read(log) + _count(rows == wanted, f"Installed are {rows}, not {wanted}.")


def _together(prepared):
    """All of them, with something made of each; then without the bridges, then without any."""
    databases.copy(prepared, databases.template(prepared), TOGETHER)
    with open(SCRIPT) as script:
        log = prepared.run(
            TOGETHER, "--no-http", "--addons-path", prepared.addons_path(paths.TEST_ADDONS),
            log="uninstall", command="shell", stdin=script, check=False,
        )  # fmt: skip
    rows = prepared.postgres.query(LEFTOVERS, TOGETHER)
    came_to_its_end = "All is uninstalled." in log.read_text(errors="replace")
    databases.drop(prepared, TOGETHER)
    findings = _count(came_to_its_end, f"Uninstalling came to no end, see {log}.")
    return _read(log) + findings + _count(not rows, f"Left behind: {rows[:10]}")


def _read(log):
    """What must not be in a log."""
    return odoo_log.Findings(bad=odoo_log.read(log).bad)


def _count(is_well, problem):
    """One thing that was tried, told where it did not come out as it should."""
    if not is_well:
        say(f"\n✗ {problem}")
    return odoo_log.Findings(passed=int(is_well), failed=int(not is_well))
