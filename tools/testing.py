"""Runs every test: plain Python, Odoo with its browser, several workers, a real Asterisk."""

import os
import subprocess
from xml.etree import ElementTree

from . import asterisk, browser, databases, installing, odoo, odoo_log, paths, running, upgrading
from .console import Problem, report, say, step

DATABASE = "call_handling_test"
WORKERS_DATABASE = "call_handling_test_workers"
RUN_DATABASE = "call_handling_test_run"
RUN_SECONDS = 5

# In tests/addons: they do with our addons what those of others do.
EXTENDING = ("call_test_fields", "call_test_system")


def run(tags=None, with_asterisk=False):
    """Run the tests and print what they came to.

    :param str tags: for Odoo's ``--test-tags``; then nothing but Odoo's tests is run
    :param bool with_asterisk: also those of the whole way, with a real Asterisk
    :return: exit status
    :rtype: int
    """
    browser.ensure()
    if with_asterisk:
        asterisk.ensure()
    with odoo.prepared() as prepared:
        findings = odoo_log.Findings()
        if not tags:
            folders = ("tests/adapters", "tests/app", "tests/relay", "tests/tools")
            findings += _pytest(prepared, "plain", *folders)
        findings += _odoo(prepared, tags)
        if not tags:
            findings += _extended(prepared)
            findings += upgrading.run(prepared)
            findings += _workers(prepared)
            findings += _main_job(prepared)
            findings += installing.run(prepared)
        if with_asterisk:
            findings += _pytest(prepared, "asterisk", "tests/asterisk")
    return _conclude(findings)


def _pytest(prepared, name, *folders, **variables):
    report = paths.LOGS / f"{name}.xml"
    paths.LOGS.mkdir(parents=True, exist_ok=True)
    report.unlink(missing_ok=True)
    existing = [folder for folder in folders if (paths.ROOT / folder).exists()]
    with step(f"Plain Python tests: {', '.join(existing)}"):
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
    # 0 and 1: all tests ran. Anything else is an end before the end, or no test at all.
    incomplete = done.returncode not in (0, 1) and not failed
    return odoo_log.Findings(total - failed - skipped, failed + incomplete, skipped)


def _odoo(prepared, tags):
    addons = paths.addons()
    template = databases.template(prepared, besides=databases.TESTED_WITH)
    databases.copy(prepared, template, DATABASE)
    tags = tags or ",".join(f"/{addon}" for addon in addons)
    with step(f"Odoo's tests: {tags}"):
        options = ["-i", ",".join(addons), "--test-tags", tags, "--stop-after-init"]
        log = prepared.run(DATABASE, *options, log="test", check=False)
    return _read_tests(log)


def _read_tests(log):
    """What a log with tests tells. One without any is a failure."""
    findings = odoo_log.read(log)
    if not findings.passed and not findings.failed:
        say(odoo.last_lines(log))
        findings.failed += 1
    return findings


def _extended(prepared):
    """Tests of addons that extend ours, on the database on which ours were tested."""
    addons = ",".join(EXTENDING)
    with step(f"Addons that extend ours: {addons}"):
        log = prepared.run(
            DATABASE, "-i", addons, "--stop-after-init",
            "--test-tags", ",".join(f"/{addon}" for addon in EXTENDING),
            "--addons-path", prepared.addons_path(paths.TEST_ADDONS),
            log="test-extended", check=False,
        )  # fmt: skip
    return _read_tests(log)


def _workers(prepared):
    """Tests that need several workers of a real server, on a database of their own."""
    databases.copy(prepared, databases.template(prepared), WORKERS_DATABASE)
    log = prepared.run(
        WORKERS_DATABASE, "-i", "call_handling", "--stop-after-init", log="test-workers-install"
    )
    options = ["--workers", "2", "--max-cron-threads", "0"]
    with prepared.serve(WORKERS_DATABASE, *options, log="test-workers", append=False) as address:
        variables = prepared.postgres.environment() | {
            "CALL_HANDLING_ADDRESS": address,
            "CALL_HANDLING_DATABASE": WORKERS_DATABASE,
        }
        findings = _pytest(prepared, "workers", "tests/workers", **variables)
    for file in (log, prepared.log_file("test-workers")):
        findings += odoo_log.Findings(bad=odoo_log.read(file).bad)
    return findings


def _main_job(prepared):
    """The main job from its beginning, with demo data and simulated calls: one test."""
    log = "test-run"
    with step("The main job, as ./dev run does it"):
        try:
            running.do_main_job(prepared, RUN_DATABASE, log, fresh=True, seconds=RUN_SECONDS)
        except Problem as problem:
            report(problem)
            return odoo_log.Findings(failed=1)
    bad = odoo_log.read(prepared.log_file(log)).bad
    databases.drop(prepared, RUN_DATABASE)
    return odoo_log.Findings(passed=1, bad=bad)


def _conclude(findings):
    for entry in findings.bad:
        say(f"\n✗ in Odoo's log: {entry}")
    passed, failed = findings.passed + findings.browser, findings.failed
    # Every unexpected entry of the log is a failure of its own, also where all tests passed.
    failed += len(findings.bad)
    say(f"\n{passed} passed, {failed} failed, {findings.skipped} skipped")
    return 1 if failed or findings.skipped else 0
