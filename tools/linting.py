"""Runs the linters: ruff, pylint-odoo, and Odoo's test_lint with its pylint checkers."""

import os
import shutil
import subprocess

from . import databases, environment, odoo, odoo_log, paths
from .console import run as run_quietly
from .console import say, step

DATABASE = "call_handling_lint"

# The first one only concerns addons published by OCA. A large model is in several files, one per
# concern, as in Odoo's own mail/models/discuss.
DISABLED_CHECKS = (
    "manifest-required-author",
    "consider-merging-classes-inherited",
)

# The checks for which test_lint runs pylint. We run pylint ourselves, because test_lint checks
# all of Odoo, which takes minutes and reports problems that are not ours.
ODOO_CHECKS = (
    "used-before-assignment",
    "undefined-variable",
    "eval-used",
    "unreachable",
    "function-redefined",
    "sql-injection",
    "missing-gettext",
    "gettext-variable",
    "gettext-placeholders",
    "gettext-repr",
    "raise-unlink-override",
)
ODOO_PLUGINS = (
    "_odoo_checker_sql_injection",
    "_odoo_checker_gettext",
    "_odoo_checker_unlink_override",
)


def run():
    """Run all linters.

    :return: exit status
    :rtype: int
    """
    python = environment.python(environment.can_import_odoo())
    failed = _ruff(python) + _pylint_odoo(python)
    with odoo.prepared() as prepared:
        failed += _odoo_pylint(prepared)
        findings = _test_lint(prepared)
    for entry in findings.bad:
        say(f"\n✗ in Odoo's log: {entry}")
    failed += findings.failed + len(findings.bad)
    say(f"\n{failed} lint check(s) failed" if failed else "\nAll lint checks passed")
    return 1 if failed else 0


def _ruff(python):
    with step("ruff"):
        check = _count_failure([python, "-m", "ruff", "check", "."])
        return check + _count_failure([python, "-m", "ruff", "format", "--check", "."])


def _pylint_odoo(python):
    with step("pylint-odoo"):
        command = [
            python, "-m", "pylint", "--load-plugins=pylint_odoo", "--disable=all",
            "--enable=odoolint", "--valid-odoo-versions=19.0",
            f"--disable={','.join(DISABLED_CHECKS)}", "--score=n", *paths.addons(),
        ]  # fmt: skip
        return _count_failure(command)


def _odoo_pylint(prepared):
    where = "import odoo.addons, os; print(os.pathsep.join(odoo.addons.__path__))"
    folders = run_quietly([prepared.python, "-c", where], env=prepared.environment())
    plugins = next(
        path
        for folder in (*prepared.source.addons_path, *folders.strip().split(os.pathsep))
        if os.path.exists(path := os.path.join(folder, "test_lint", "tests"))
    )
    variables = prepared.environment()
    variables["PYTHONPATH"] = os.pathsep.join(
        part for part in (plugins, variables.get("PYTHONPATH")) if part
    )
    with step("Odoo's pylint checkers"):
        command = [
            prepared.python, "-m", "pylint", f"--rcfile={os.devnull}", "--disable=all",
            f"--load-plugins={','.join(ODOO_PLUGINS)}", f"--enable={','.join(ODOO_CHECKS)}",
            "--score=n", *paths.addons(),
        ]  # fmt: skip
        return _count_failure(command, env=variables)


def _count_failure(command, **options):
    command = [str(part) for part in command]
    status = subprocess.run(command, cwd=paths.ROOT, check=False, **options)
    return 1 if status.returncode else 0


def _test_lint(prepared):
    databases.copy(prepared, databases.template(prepared), DATABASE)
    # test_lint also checks third-party addons, so do not install those.
    names = [addon for addon in paths.addons() if not databases.needs_third_party(addon)]
    # It reads every file below the addons folders, so give it a folder with only our addons.
    folder = paths.CACHE / "lint-addons"
    shutil.rmtree(folder, ignore_errors=True)
    for addon in paths.addons():
        shutil.copytree(paths.ROOT / addon, folder / addon)
    addons_path = ",".join(str(path) for path in (*prepared.source.addons_path, folder))
    with step("Odoo's test_lint"):
        log = prepared.run(
            DATABASE, "-i", ",".join([*names, "test_lint"]),
            "--test-tags", "/test_lint,-/test_lint:TestPyLint", "--stop-after-init",
            "--addons-path", addons_path,
            log="lint", check=False,
        )  # fmt: skip
    return odoo_log.read(log)
