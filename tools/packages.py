"""Builds a wheel of each addon and of the relay, and tries them with pip and Odoo.

The wheels are in ``dist``. They are installed into a new environment that has Odoo and its
dependencies, but not this repository.
"""

import dataclasses
import os
import shutil
import venv
from pathlib import Path

from . import databases, environment, installing, odoo, odoo_log, paths
from .console import Problem, report, run, say, step

DIST = paths.ROOT / "dist"
RELAY = "call_handling_relay"
DATABASE = "call_handling_test_packages"
WHEEL = ("-m", "pip", "wheel", "--quiet", "--no-deps", "--no-build-isolation")
INSTALL = ("-m", "pip", "install", "--quiet", "--no-index", "--find-links", DIST)

# The version of a wheel is the one of its manifest, without the number of commits since then.
VERSION_OF_MANIFEST = {"WHOOL_POST_VERSION_STRATEGY_OVERRIDE": "none"}

# Odoo as pip sees it. Odoo's own metadata, if there is any, also lists what ./dev replaces or
# leaves out, such as python-ldap.
ODOO_METADATA = "Metadata-Version: 2.1\nName: odoo\nVersion: 19.0\n"


def run_all():
    """Build the packages and try them.

    :return: exit status
    :rtype: int
    """
    with odoo.prepared() as prepared:
        findings = run_tests(prepared)
    for entry in findings.bad:
        say(f"\n✗ in Odoo's log: {entry}")
    if findings.failed or findings.bad:
        return 1
    say(f"\n{findings.passed} packages are in {DIST.relative_to(paths.ROOT)}:")
    for wheel in sorted(DIST.glob("*.whl")):
        say(f"  {wheel.name}")
    return 0


def run_tests(prepared):
    """Build all packages, install them, and count those that work.

    :param tools.odoo.Odoo prepared: the Odoo to use
    :rtype: tools.odoo_log.Findings
    """
    with step("Building the packages, and installing them with pip"):
        try:
            build()
            python = install(prepared)
            return _try_relay(python) + _try_addons(prepared, python)
        except Problem as problem:
            report(problem)
            return odoo_log.Findings(failed=1)


def build():
    """Build the wheels of all addons and of the relay into ``dist``."""
    python = _builder()
    shutil.rmtree(DIST, ignore_errors=True)
    # From a copy: setuptools builds within the folder, and packs what an earlier build has left.
    copy = paths.CACHE / "build" / RELAY
    shutil.rmtree(copy, ignore_errors=True)
    left = shutil.ignore_patterns("build", "*.egg-info", "__pycache__")
    shutil.copytree(paths.ROOT / RELAY, copy, ignore=left)
    for folder in (*(paths.ROOT / addon for addon in paths.addons()), copy):
        run([python, *WHEEL, "--wheel-dir", DIST, folder], env=_variables() | VERSION_OF_MANIFEST)


def _builder():
    """Return the Python that builds, in an environment of its own."""
    folder = paths.CACHE / "venv-packages"
    wanted = paths.REQUIREMENTS / "packages.txt"
    stamp = folder / "call_handling.stamp"
    if not stamp.exists() or stamp.read_text() != wanted.read_text():
        venv.create(folder, with_pip=True, clear=True)
        command = [folder / "bin" / "python", *environment.PIP_INSTALL, "-r", wanted]
        run(command, environment.ADVICE)
        stamp.write_text(wanted.read_text())
    return folder / "bin" / "python"


def install(prepared):
    """Install the wheels of ``dist`` into a new environment.

    :param tools.odoo.Odoo prepared: its Odoo and dependencies are in the environment, too
    :return: the interpreter of the environment
    :rtype: pathlib.Path
    """
    folder = paths.CACHE / "venv-installed"
    venv.create(
        folder,
        with_pip=True,
        clear=True,
        system_site_packages=prepared.source.python_path is None,
    )
    python = folder / "bin" / "python"
    packages = _packages_of(python)
    (packages / "odoo-19.0.dist-info").mkdir()
    (packages / "odoo-19.0.dist-info" / "METADATA").write_text(ODOO_METADATA)
    shared = (_packages_of(prepared.python), prepared.source.python_path, paths.THIRD_PARTY)
    lines = [f"import site; site.addsitedir({str(path)!r})\n" for path in shared if path]
    (packages / "call_handling_shared.pth").write_text("".join(lines))
    names = [*(f"odoo-addon-{addon}" for addon in paths.addons()), "call-handling-relay"]
    run([python, *INSTALL, *names], env=_variables())
    return python


def _packages_of(python):
    where = "import sysconfig; print(sysconfig.get_path('purelib'))"
    return Path(run([python, "-c", where]).strip())


def _variables():
    """Return the environment without settings of pip, which could name other places to look."""
    return {k: v for k, v in os.environ.items() if not k.startswith("PIP_")} | {
        "PIP_CONFIG_FILE": os.devnull
    }


def _try_relay(python):
    """Start the command of the relay."""
    command = python.with_name("call-handling-relay")
    run([command, "--help"])
    shown = run([command, "--version"]).split()[-1]
    (wheel,) = DIST.glob(f"{RELAY}-*.whl")
    if wheel.name.split("-")[1] != shown:
        raise Problem(f"The relay says that it is {shown}, but its package is {wheel.name}.")
    return odoo_log.Findings(passed=1)


def _try_addons(prepared, python):
    """Let an Odoo that knows only the installed wheels install the addons."""
    databases.copy(prepared, databases.template(prepared), DATABASE)
    packaged = dataclasses.replace(prepared, python=python)
    addons = paths.addons()
    folders = prepared.source.addons_path or (paths.third_party_addons(),)
    log = packaged.run(
        DATABASE, "-i", ",".join(addons), "--stop-after-init",
        "--addons-path", ",".join(str(path) for path in folders),
        log="packages",
    )  # fmt: skip
    found = set(prepared.postgres.query(installing.INSTALLED, DATABASE)) & set(addons)
    databases.drop(prepared, DATABASE)
    missing = sorted(set(addons) - found)
    if missing:
        say(f"\n✗ Odoo did not install from the packages: {', '.join(missing)}.")
    bad = odoo_log.read(log).bad
    return odoo_log.Findings(passed=len(found), failed=len(missing), bad=bad)
