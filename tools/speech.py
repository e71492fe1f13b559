"""Installs a speech model, and runs a server with it on 127.0.0.1 that writes down what is said.

Only tests use it. The package of the model also holds recordings of people who speak.
"""

import contextlib
import subprocess
import venv
from pathlib import Path

from . import environment, odoo, paths
from .console import Problem, run, step

SERVER = paths.ROOT / "tests" / "speech" / "server.py"
ADVICE = "The speech model has packages for Linux with glibc 2.34 or newer, and for macOS."


def ensure():
    """Install the speech model unless it is installed already.

    :return: the interpreter of its environment
    :rtype: pathlib.Path
    """
    folder, wanted = paths.CACHE / "venv-speech", paths.REQUIREMENTS / "speech.txt"
    python, stamp = folder / "bin" / "python", folder / wanted.name
    if not stamp.exists() or stamp.read_text() != wanted.read_text():
        with step("Installing a speech model (220 MB on disk)"):
            venv.create(folder, with_pip=True, clear=True)
            install = [python, *environment.PIP_INSTALL, "--only-binary", ":all:", "-r", wanted]
            run(install, ADVICE)
            stamp.write_text(wanted.read_text())
    return python


def find_sound(name):
    """Return a recording of somebody who speaks.

    :param str name: of the file in the package of the speech model
    :rtype: pathlib.Path
    """
    ask = "from moonshine_voice import get_assets_path; print(get_assets_path())"
    return Path(run([ensure(), "-c", ask]).strip()) / name


@contextlib.contextmanager
def running(key=""):
    """Run a server that speaks OpenAI's form of transcription until the ``with`` block ends.

    :param str key: that it asks for, if it does
    :return: its address
    :rtype: str
    """
    process = subprocess.Popen(
        [ensure(), SERVER, key], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True
    )
    try:
        port = process.stdout.readline().strip()  # once the model is loaded
        if not port:
            raise Problem("The speech server did not start.", ADVICE)
        yield f"http://{odoo.HOST}:{port}"
    finally:
        odoo.stop(process)
