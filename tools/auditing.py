"""Looks up whether pinned dependencies have known holes. It needs the internet."""

import json
import subprocess
import venv
from dataclasses import dataclass, field

from . import environment, paths
from .console import run, say, step

PINNED = ("odoo.txt", "tests.txt", "addons.txt")
HOLES, SKIPPED = 1, 2  # exit statuses
ADVICE = "Install the fixed versions: change the pins in tools/requirements, and run the tests."


@dataclass
class Audit:
    """The result for all dependencies.

    :param audited: number of dependencies that were looked up
    :param holes: what is known, a line each
    :param skipped: dependencies about which nothing could be found out, with the reason
    """

    audited: int = 0
    holes: list[str] = field(default_factory=list)
    skipped: list[str] = field(default_factory=list)


def run_all():
    """Look up the pinned dependencies, and print what is known about them.

    :return: exit status: 0 only if all of them were looked up, and no hole is known
    :rtype: int
    """
    program = _install()
    result = Audit()
    for name in PINNED:
        with step(f"Looking up the dependencies in {name}"):
            _look_up(program, paths.REQUIREMENTS / name, result)
    return report(result)


def report(result):
    """Print a result; return the exit status.

    :param Audit result: of all files
    """
    for line in result.holes:
        say(f"\n✗ {line}")
    for line in result.skipped:
        say(f"skipped: {line}")
    say(f"\n{result.audited} audited, {len(result.holes)} holes, {len(result.skipped)} skipped")
    if result.holes:
        say(f"  → {ADVICE}")
        return HOLES
    if result.skipped or not result.audited:
        say("  → This is no result: run it where the package index and its advisories are reached.")
        return SKIPPED
    return 0


def _install():
    """Return the path of pip-audit, in an environment of its own."""
    folder = paths.CACHE / "venv-audit"
    if not (folder / "bin" / "pip-audit").exists():
        with step("Installing pip-audit"):
            venv.create(folder, with_pip=True, clear=True)
            wanted = paths.REQUIREMENTS / "audit.txt"
            run([folder / "bin" / "python", *environment.PIP_INSTALL, "-r", wanted])
    return folder / "bin" / "pip-audit"


def _look_up(program, file, result):
    # Only what is pinned: what Odoo and the tests really have.
    options = ["--requirement", file, "--no-deps", "--disable-pip", "--format", "json"]
    command = [str(part) for part in (program, "--progress-spinner", "off", *options)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    try:
        read_answer(done.stdout, result)
    except ValueError:
        # The service cannot be reached: its last line says why.
        lines = done.stderr.strip().splitlines() or ["no answer"]
        result.skipped.append(f"{file.name}: {lines[-1]}")


def read_answer(text, result):
    """Add what pip-audit has found out.

    :param str text: as pip-audit prints it with ``--format json``
    :param Audit result: is completed
    :raise ValueError: it is not an answer of pip-audit
    """
    try:
        dependencies = json.loads(text)["dependencies"]
    except (TypeError, KeyError) as error:
        raise ValueError("not an answer of pip-audit") from error
    for dependency in dependencies:
        name = dependency["name"]
        if reason := dependency.get("skip_reason"):
            result.skipped.append(f"{name}: {reason}")
            continue
        result.audited += 1
        for hole in dependency["vulns"]:
            fixed = ", ".join(hole["fix_versions"]) or "no version yet"
            result.holes.append(f"{name} {dependency['version']}: {hole['id']}, fixed in {fixed}")
