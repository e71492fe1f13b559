"""Installs what ./dev needs from npm into the cache: axe-core and rtlcss."""

import os
import shutil

from . import paths
from .console import Problem, run, step

FOLDER = paths.CACHE / "npm"
PROGRAMS = FOLDER / "node_modules" / ".bin"
AXE = FOLDER / "node_modules" / "axe-core" / "axe.min.js"
WANTED = paths.REQUIREMENTS / "npm" / "package.json"
INSTALL = ("install", "--ignore-scripts", "--no-package-lock", "--no-audit", "--no-fund")
ADVICE = "Install npm, for example with `apt-get install npm` as root."


def ensure():
    """Install the packages, unless they are installed in these versions already."""
    installed = FOLDER / "package.json"
    wanted = WANTED.read_bytes()
    if AXE.exists() and installed.exists() and installed.read_bytes() == wanted:
        return
    _ensure_npm()
    with step("Installing axe-core and rtlcss with npm"):
        shutil.rmtree(FOLDER, ignore_errors=True)
        FOLDER.mkdir(parents=True)
        installed.write_bytes(wanted)
        run(["npm", *INSTALL, "--prefix", FOLDER], "Check that npm reaches its registry.")


def _ensure_npm():
    if shutil.which("npm"):
        return
    if os.geteuid() or not shutil.which("apt-get"):
        raise Problem("The tests of accessibility need npm, and it is not installed.", ADVICE)
    with step("Installing npm for the tests of accessibility"):
        variables = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
        run(["apt-get", "update"], ADVICE, env=variables)
        install = ["apt-get", "install", "--yes", "--no-install-recommends", "npm"]
        run(install, ADVICE, env=variables)
