"""Paths of the repository and of its cache. ``CALL_HANDLING_CACHE`` moves the cache."""

import os
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
CACHE = Path(os.environ.get("CALL_HANDLING_CACHE") or ROOT / ".cache").resolve()
LOGS = CACHE / "logs"
DATA_DIR = CACHE / "odoo-data"
REQUIREMENTS = ROOT / "tools" / "requirements"
LAUNCHER = ROOT / "tools" / "launcher" / "start_odoo.py"
TEST_ADDONS = ROOT / "tests" / "addons"
THIRD_PARTY = CACHE / "addons-of-others"  # pip installs the addons below odoo/addons


def addons():
    """Return the names of the Odoo addons of this repository, sorted."""
    return sorted(path.parent.name for path in ROOT.glob("*/__manifest__.py"))


def third_party_addons():
    """Return the folder of addons that ours depend on and that are not part of Odoo."""
    return THIRD_PARTY / "odoo" / "addons"
