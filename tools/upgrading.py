"""Upgrades databases of earlier versions of our addons, and checks the result."""

import lzma

from . import databases, odoo_log, paths
from .console import say, step

APP = "call_handling"
CHECKS = "call_test_upgrade"  # an addon with tests, in tests/addons
DATABASE = "call_handling_test_upgrade"


def run(prepared):
    """Load each dump, upgrade it as an administrator does, and check the result.

    :param tools.odoo.Odoo prepared: the Odoo to use
    :rtype: tools.odoo_log.Findings
    """
    findings = odoo_log.Findings()
    for dump in sorted((paths.TEST_ADDONS / CHECKS).glob("*.sql.xz")):
        version = dump.name.removesuffix(".sql.xz")
        with step(f"Testing the upgrade from version {version}"):
            findings += _upgrade(prepared, dump)
    return findings


def _upgrade(prepared, dump):
    _load(prepared, dump)
    log = prepared.run(
        DATABASE, "-u", APP, "-i", CHECKS, "--stop-after-init", "--test-tags", f"/{CHECKS}",
        "--addons-path", prepared.addons_path(paths.TEST_ADDONS),
        log="test-upgrade", check=False,
    )  # fmt: skip
    databases.drop(prepared, DATABASE)
    findings = odoo_log.read(log)
    if not findings.passed:
        say(f"\n✗ The upgrade did not finish; see {log}.")
        findings.failed += 1
    return findings


def _load(prepared, dump):
    """Create a database from a dump, which contains plain SQL."""
    databases.drop(prepared, DATABASE)
    plain = paths.LOGS / "upgrade.sql"
    plain.write_bytes(lzma.decompress(dump.read_bytes()))
    prepared.postgres.run("createdb", DATABASE)
    prepared.postgres.run("psql", "-qX", "-v", "ON_ERROR_STOP=1", "-d", DATABASE, "-f", plain)
    plain.unlink()
