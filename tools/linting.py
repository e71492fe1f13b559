"""Runs the linters: ruff, pylint-odoo's mandatory list, and Odoo's own test_lint."""

import subprocess

from . import databases, environment, odoo, odoo_log, paths
from .console import say, step

DATABASE = "call_handling_lint"

# OCA's mandatory list for 19.0 is what pylint-odoo checks, less what only concerns OCA itself.
NOT_FOR_US = ("manifest-required-author", "missing-readme")


def run():
    """Lint everything.

    :return: exit status
    :rtype: int
    """
    failed = _ruff() + _pylint()
    with odoo.prepared() as prepared:
        findings = _test_lint(prepared)
    for entry in findings.bad:
        say(f"\n✗ in Odoo's log: {entry}")
    failed += findings.failed + len(findings.bad)
    say(f"\n{'no' if not failed else failed} lint problem(s)")
    return 1 if failed else 0


def _ruff():
    python = environment.lint_python()
    with step("ruff"):
        check = _count_failure([python, "-m", "ruff", "check", "."])
        return check + _count_failure([python, "-m", "ruff", "format", "--check", "."])


def _pylint():
    python = environment.lint_python()
    with step("pylint-odoo"):
        command = [
            python, "-m", "pylint", "--load-plugins=pylint_odoo", "--disable=all",
            "--enable=odoolint", "--valid-odoo-versions=19.0",
            f"--disable={','.join(NOT_FOR_US)}", "--score=n", *paths.addons(),
        ]  # fmt: skip
        return _count_failure(command)


def _count_failure(command):
    status = subprocess.run([str(part) for part in command], cwd=paths.ROOT, check=False)
    return 1 if status.returncode else 0


def _test_lint(prepared):
    databases.copy(prepared, databases.template(prepared), DATABASE)
    with step("Odoo's test_lint"):
        log = prepared.run(
            DATABASE, "-i", ",".join([*paths.addons(), "test_lint"]),
            "--test-tags", "/test_lint", "--stop-after-init",
            log="lint", check=False,
        )  # fmt: skip
    return odoo_log.read(log)
