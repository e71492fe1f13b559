"""Finds or installs Chromium for the browser tests."""

import os
import shutil

from .console import Problem, run, step

NAMES = ("google-chrome", "chromium", "chromium-browser", "google-chrome-stable")
ADVICE = "Install Chromium, for example with `apt-get install chromium` as root."


def find():
    """Return the path of Chromium or Chrome, if one is installed.

    :rtype: str | None
    """
    return next((path for name in NAMES if (path := shutil.which(name))), None)


def ensure():
    """Return the path of Chromium or Chrome. Root installs Chromium from Debian if it is missing.

    :rtype: str
    """
    if path := find():
        return path
    if os.geteuid() or not shutil.which("apt-get"):
        raise Problem("The tests need Chromium or Chrome, and neither is installed.", ADVICE)
    with step("Installing Chromium for the browser tests"):
        environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
        run(["apt-get", "update"], ADVICE, env=environment)
        run(
            ["apt-get", "install", "--yes", "--no-install-recommends", "chromium"],
            ADVICE,
            env=environment,
        )
    if path := find():
        return path
    raise Problem("Chromium was installed, but it is not on the PATH.", ADVICE)
