"""Gets a Chromium for the tests that need a browser."""

import os
import shutil

from .console import Problem, run, step

NAMES = ("google-chrome", "chromium", "chromium-browser", "google-chrome-stable")
ADVICE = "Install Chromium: `apt-get install chromium` as root, or your system's way."


def find():
    """Path of a Chromium or Chrome, if there is one.

    :rtype: str | None
    """
    return next((path for name in NAMES if (path := shutil.which(name))), None)


def ensure():
    """A Chromium; installed from Debian where there is none and we may.

    :return: its path
    :rtype: str
    """
    if path := find():
        return path
    if os.geteuid() or not shutil.which("apt-get"):
        raise Problem("The tests need a browser, and there is none.", ADVICE)
    with step("Chromium, which the browser tests need"):
        environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
        run(["apt-get", "update"], ADVICE, env=environment)
        run(
            ["apt-get", "install", "--yes", "--no-install-recommends", "chromium"],
            ADVICE,
            env=environment,
        )
    if path := find():
        return path
    raise Problem("Chromium was installed, but is not to be found.", ADVICE)
