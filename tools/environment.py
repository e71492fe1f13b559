"""The Python environment that runs Odoo: created once, and again if its requirements change."""

import contextlib
import fcntl
import hashlib
import os
import shutil
import site
import subprocess
import sys
import venv
from pathlib import Path

from . import paths
from .console import run, step

PIP_INSTALL = ("-m", "pip", "install", "--quiet")
ADVICE = "Check that the package index is reachable; `pip config list` shows which one is used."


def python(odoo_is_importable=False):
    """Create the environment, unless an up-to-date one exists.

    :param bool odoo_is_importable: the running Python already has Odoo and its dependencies
    :return: its interpreter
    :rtype: pathlib.Path
    """
    wanted = ["tests.txt"] if odoo_is_importable else ["odoo.txt", "tests.txt"]
    files = [paths.REQUIREMENTS / file for file in wanted]
    addons = paths.REQUIREMENTS / "addons.txt"
    folder = paths.CACHE / f"venv-{sys.version_info[0]}.{sys.version_info[1]}"
    executable = folder / ("Scripts" if os.name == "nt" else "bin") / "python"
    stamp = folder / "call_handling.stamp"
    state = _state([*files, addons], odoo_is_importable)
    with _locked():
        exists = executable.exists() and paths.THIRD_PARTY.exists()
        if not (exists and stamp.exists() and stamp.read_text() == state):
            with step(f"Installing Python packages into {folder.name}"):
                venv.create(
                    folder, with_pip=True, clear=True, system_site_packages=odoo_is_importable
                )
                if odoo_is_importable:
                    share_packages(executable)
                install = [executable, *PIP_INSTALL, "--prefer-binary"]
                for file in files:
                    install += ["-r", file]
                run(install, ADVICE)
                _install_third_party_addons(executable, addons)
                stamp.write_text(state)
    return executable


def share_packages(executable):
    """Give an environment the packages of the running Python, if that is an environment too.

    ``system_site_packages`` only adds those of the Python that both are based on.

    :param pathlib.Path executable: the interpreter of the environment
    """
    where = run([executable, "-c", "import sysconfig; print(sysconfig.get_path('purelib'))"])
    # addsitedir also reads .pth files, which an editable installation of Odoo needs
    lines = [f"import site; site.addsitedir({path!r})\n" for path in _package_folders()]
    Path(where.strip(), "call_handling.pth").write_text("".join(lines))


def _package_folders():
    return site.getsitepackages() if sys.prefix != sys.base_prefix else []


def _install_third_party_addons(executable, requirements):
    """Install the third-party addons into a separate folder, where the linters ignore them.

    Without their dependencies: they require a distribution "odoo", and Odoo may be installed in
    another way.
    """
    shutil.rmtree(paths.THIRD_PARTY, ignore_errors=True)
    target = ["--no-deps", "--target", paths.THIRD_PARTY, "-r", requirements]
    run([executable, *PIP_INSTALL, *target], ADVICE)


@contextlib.contextmanager
def _locked():
    """Prevent two commands from creating the environment at the same time."""
    paths.CACHE.mkdir(parents=True, exist_ok=True)
    with open(paths.CACHE / "venv.lock", "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _state(files, odoo_is_importable):
    # The base prefix, not the executable: it is the same inside the environment and outside.
    shared = _package_folders() if odoo_is_importable else []
    digest = hashlib.sha256(f"{sys.base_prefix} {odoo_is_importable} {shared}".encode())
    for file in files:
        digest.update(file.read_bytes())
    return digest.hexdigest()


def can_import_odoo():
    """Return whether the Python that runs ``./dev`` can import Odoo 19."""
    probe = "import odoo.release, odoo.http; print(odoo.release.series)"
    done = subprocess.run(
        [sys.executable, "-c", probe],
        capture_output=True,
        text=True,
        check=False,
        cwd="/",
    )
    return done.returncode == 0 and done.stdout.strip().startswith("19.")
