"""Runs the tests: plain Python, Odoo with a browser, several workers or servers, and Asterisk."""

import os
import subprocess
from concurrent.futures import ThreadPoolExecutor
from xml.etree import ElementTree

from . import (
    asterisk,
    browser,
    databases,
    installing,
    npm,
    odoo,
    odoo_log,
    packages,
    paths,
    running,
    speech,
    upgrading,
)
from .console import Problem, report, say, step

# Each part has a database of its own, with all addons. They are not copies of one with addons:
# an app that finds itself in a copy of its database is silent.
DATABASE = "call_handling_test_"
WORKERS_DATABASE = f"{DATABASE}workers"
# The tests with this tag try all methods, views and screens: they take as long as all others.
EXHAUSTIVE = "exhaustive"
# What the log of a server with several workers may contain: Odoo tries again what failed because
# another worker wrote the same at that moment, and a test has rows refused to read it there.
# The last one: Odoo's own import sends a file that its route does not name.
EXPECTED_OF_WORKERS = ("could not serialize", "refused_by_the_test", "set_file> called ignoring")
# What the logs of servers may contain whose replica crashes: requests in flight fail, and later
# ones go on without it.
EXPECTED_OF_SERVERS = (
    "could not serialize", "Failed to open a readonly cursor", "Database or registry unusable",
    "server closed the connection", "terminating connection", "connection already closed",
    "OperationalError", "InterfaceError", "DatabaseError",
)  # fmt: skip
RUN_DATABASE = "call_handling_test_run"
RUN_SECONDS = 5

# In tests/addons: they extend our addons, as addons of other developers do.
EXTENSIONS = ("call_test_fields", "call_test_memo", "call_test_system")
SCREENS = ("call_test_screens",)


def run(tags=None, with_asterisk=False):
    """Run the tests and print the totals.

    :param str tags: run only Odoo's tests, with these ``--test-tags``
    :param bool with_asterisk: also run the tests with Asterisk
    :return: exit status
    :rtype: int
    """
    browser.ensure()
    npm.ensure()
    if with_asterisk:
        asterisk.ensure()
        speech.ensure()
    with odoo.prepared() as prepared:
        findings = _odoo(prepared, "chosen", tags) if tags else _all(prepared)
        if with_asterisk:
            findings += _pytest(prepared, "asterisk", "tests/speech", "tests/asterisk")
    return _print_totals(findings)


def _all(prepared):
    """Run all tests that need no Asterisk, two parts at a time: each keeps one core busy.

    Parts begin in this order, the longest first.
    """
    addons = [f"/{addon}" for addon in paths.addons()]
    with ThreadPoolExecutor(max_workers=2) as pool:
        parts = [
            pool.submit(part, prepared, *arguments)
            for part, *arguments in (
                (_odoo, "rest", ",".join([*addons, f"-{EXHAUSTIVE}"])),
                (_plain,),
                (_odoo, EXHAUSTIVE, ",".join(EXHAUSTIVE + addon for addon in addons)),
                (_workers_and_servers,),
                (_extensions,),
                (installing.run,),
                (upgrading.run,),
                (_demo,),
                (packages.run_tests,),
            )
        ]
        return sum((part.result() for part in parts), odoo_log.Findings())


def _plain(prepared):
    folders = ("tests/adapters", "tests/app", "tests/relay", "tests/tools")
    return _pytest(prepared, "plain", *folders)


def _pytest(prepared, name, *folders, **variables):
    report = paths.LOGS / f"{name}.xml"
    paths.LOGS.mkdir(parents=True, exist_ok=True)
    report.unlink(missing_ok=True)
    existing = [folder for folder in folders if (paths.ROOT / folder).exists()]
    with step(f"Running plain Python tests: {', '.join(existing)}"):
        command = [prepared.python, "-m", "pytest", "-q", f"--junitxml={report}", *existing]
        done = subprocess.run(
            [str(part) for part in command],
            cwd=paths.ROOT,
            env={**os.environ, **variables},
            check=False,
        )
    if not report.exists():
        return odoo_log.Findings(failed=1)
    suite = ElementTree.parse(report).getroot().find("testsuite")
    total, failed, skipped = (
        int(suite.get("tests")),
        int(suite.get("failures")) + int(suite.get("errors")),
        int(suite.get("skipped")),
    )
    # 0 and 1: all tests ran. Any other status: pytest stopped early or found no tests.
    incomplete = done.returncode not in (0, 1) and not failed
    return odoo_log.Findings(total - failed - skipped, failed + incomplete, skipped)


def _copy_template(prepared, name):
    """Create a database with what our addons depend on."""
    template = databases.template(prepared, extra_modules=databases.TESTED_WITH)
    databases.copy(prepared, template, f"{DATABASE}{name}")
    return f"{DATABASE}{name}"


def _install(prepared, name):
    """Create a database with all addons. Warnings of the installation are failures."""
    database = _copy_template(prepared, name)
    options = ["-i", ",".join(paths.addons()), "--stop-after-init"]
    log = prepared.run(database, *options, log=f"test-install-{name}")
    return odoo_log.Findings(bad=odoo_log.read(log).bad)


def _odoo(prepared, name, tags):
    """Run Odoo's tests with these ``--test-tags``, with a database of their own."""
    database = _copy_template(prepared, name)
    with step(f"Running Odoo's tests ({name})"):
        options = ["-i", ",".join(paths.addons()), "--test-tags", tags, "--stop-after-init"]
        log = prepared.run(database, *options, log=f"test-{name}", check=False)
    return _read_tests(log)


def _read_tests(log):
    """Return the results in a log. A log without any test is a failure."""
    findings = odoo_log.read(log)
    if not findings.passed and not findings.failed:
        say(odoo.last_lines(log))
        findings.failed += 1
    return findings


def _extensions(prepared):
    """Test the addons that extend ours. The one that looks at screens comes before those that
    change the tables."""
    return (
        _install(prepared, "extended")
        + _run_addons(prepared, SCREENS, "test-screens")
        + _run_addons(prepared, EXTENSIONS, "test-extended")
    )


def _run_addons(prepared, addons, log):
    with step(f"Testing addons that extend ours: {','.join(addons)}"):
        log = prepared.run(
            f"{DATABASE}extended", "-i", ",".join(addons), "--stop-after-init",
            "--test-tags", ",".join(f"/{addon}" for addon in addons),
            "--addons-path", prepared.addons_path(paths.TEST_ADDONS),
            log=log, check=False,
        )  # fmt: skip
    return _read_tests(log)


def _workers_and_servers(prepared):
    return _workers(prepared) + _servers(prepared)


def _workers(prepared):
    """Run the tests that need a server with several workers, with a separate database."""
    findings = _install(prepared, "workers")
    evented = odoo.free_port()
    options = ["--workers", "2", "--max-cron-threads", "0", "--gevent-port", str(evented)]
    with prepared.serve(WORKERS_DATABASE, *options, log="test-workers", append=False) as address:
        variables = prepared.postgres.environment() | {
            "CALL_HANDLING_ADDRESS": address,
            "CALL_HANDLING_EVENTED": f"http://{odoo.HOST}:{evented}",
            "CALL_HANDLING_DATABASE": WORKERS_DATABASE,
            "CALL_HANDLING_FILES": str(paths.DATA_DIR / "filestore" / WORKERS_DATABASE),
            "CALL_HANDLING_LOG": str(prepared.log_file("test-workers")),
            "CALL_HANDLING_PG_DUMP": prepared.postgres.program("pg_dump"),
        }
        findings += _pytest(prepared, "workers", "tests/workers", **variables)
    found = odoo_log.read(prepared.log_file("test-workers")).bad
    bad = [e for e in found if not any(text in e for text in EXPECTED_OF_WORKERS)]
    return findings + odoo_log.Findings(bad=bad)


def _servers(prepared):
    """Run the tests that need several servers and a replica, with a copy of the database of
    workers. They start and stop all of it themselves."""
    findings = _pytest(
        prepared, "servers", "tests/servers", CALL_HANDLING_DATABASE=WORKERS_DATABASE
    )
    for number in (1, 2):
        found = odoo_log.read(prepared.log_file(f"test-servers-{number}")).bad
        bad = [e for e in found if not any(text in e for text in EXPECTED_OF_SERVERS)]
        findings += odoo_log.Findings(bad=bad)
    return findings


def _demo(prepared):
    """Run ``./dev run --fresh`` for some seconds. It counts as one test."""
    log = "test-run"
    with step("Testing ./dev run"):
        try:
            running.serve_demo(prepared, RUN_DATABASE, log, fresh=True, seconds=RUN_SECONDS)
        except Problem as problem:
            report(problem)
            return odoo_log.Findings(failed=1)
    bad = odoo_log.read(prepared.log_file(log)).bad
    databases.drop(prepared, RUN_DATABASE)
    return odoo_log.Findings(passed=1, bad=bad)


def _print_totals(findings):
    for entry in findings.bad:
        say(f"\n✗ in Odoo's log: {entry}")
    passed, failed = findings.passed + findings.browser, findings.failed
    # Each warning or error in a log is a failure, even if all tests passed.
    failed += len(findings.bad)
    say(f"\n{passed} passed, {failed} failed, {findings.skipped} skipped")
    return 1 if failed or findings.skipped else 0
