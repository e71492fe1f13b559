"""The Python environment that runs Odoo: made once, renewed when its requirements change."""

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
ADVICE = "Is the package index reachable? `pip config list` shows which one is asked."


def python(odoo_is_importable=False):
    """The interpreter of the prepared environment, made or renewed where needed.

    :param bool odoo_is_importable: the running Python has Odoo and what it needs already
    :rtype: pathlib.Path
    """
    wanted = ["tests.txt"] if odoo_is_importable else ["odoo.txt", "tests.txt"]
    files = [paths.REQUIREMENTS / file for file in wanted]
    addons = paths.REQUIREMENTS / "addons.txt"
    folder = paths.CACHE / f"venv-{sys.version_info[0]}.{sys.version_info[1]}"
    executable = folder / ("Scripts" if os.name == "nt" else "bin") / "python"
    stamp = folder / "call_handling.stamp"
    state = _state([*files, addons], odoo_is_importable)
    with _alone():
        is_there = executable.exists() and paths.OTHERS.exists()
        if not (is_there and stamp.exists() and stamp.read_text() == state):
            with step(f"Python packages into {folder.name}"):
                venv.create(
                    folder, with_pip=True, clear=True, system_site_packages=odoo_is_importable
                )
                if odoo_is_importable:
                    share_packages(executable)
                install = [executable, *PIP_INSTALL, "--prefer-binary"]
                for file in files:
                    install += ["-r", file]
                run(install, ADVICE)
                _install_addons_of_others(executable, addons)
                stamp.write_text(state)
    return executable


def share_packages(executable):
    """Let an environment see what the running Python has, where that is an environment too.

    ``system_site_packages`` are those of the Python below both.

    :param pathlib.Path executable: the interpreter of the environment
    """
    where = run([executable, "-c", "import sysconfig; print(sysconfig.get_path('purelib'))"])
    # addsitedir reads the .pth files in there too: an Odoo may be installed as editable
    lines = [f"import site; site.addsitedir({path!r})\n" for path in _package_folders()]
    Path(where.strip(), "call_handling.pth").write_text("".join(lines))


def _package_folders():
    return site.getsitepackages() if sys.prefix != sys.base_prefix else []


def _install_addons_of_others(executable, requirements):
    """Into a folder of their own: the linters are for our addons, and shall not see them.

    Their packages require a distribution of the name "odoo", which Odoo need not be here.
    """
    shutil.rmtree(paths.OTHERS, ignore_errors=True)
    target = ["--no-deps", "--target", paths.OTHERS, "-r", requirements]
    run([executable, *PIP_INSTALL, *target], ADVICE)


@contextlib.contextmanager
def _alone():
    """Two commands that begin at once must not make the environment at once."""
    paths.CACHE.mkdir(parents=True, exist_ok=True)
    with open(paths.CACHE / "venv.lock", "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _state(files, odoo_is_importable):
    # The base, not the executable: it is the same one from inside of the environment.
    shared = _package_folders() if odoo_is_importable else []
    digest = hashlib.sha256(f"{sys.base_prefix} {odoo_is_importable} {shared}".encode())
    for file in files:
        digest.update(file.read_bytes())
    return digest.hexdigest()


def can_import_odoo():
    """Whether the Python that runs ``./dev`` has an Odoo 19 of its own."""
    probe = "import odoo.release, odoo.http; print(odoo.release.series)"
    done = subprocess.run(
        [sys.executable, "-c", probe],
        capture_output=True,
        text=True,
        check=False,
        cwd="/",
    )
    return done.returncode == 0 and done.stdout.strip().startswith("19.")
