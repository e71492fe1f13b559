"""Where things are. The cache may be moved with ``CALL_HANDLING_CACHE``."""

import os
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
CACHE = Path(os.environ.get("CALL_HANDLING_CACHE") or ROOT / ".cache").resolve()
LOGS = CACHE / "logs"
DATA_DIR = CACHE / "odoo-data"
REQUIREMENTS = ROOT / "tools" / "requirements"
TEST_ADDONS = ROOT / "tests" / "addons"
OTHERS = CACHE / "addons-of-others"  # as a distribution lays them: below odoo/addons


def addons():
    """Names of the Odoo addons of this repository, sorted."""
    return sorted(path.parent.name for path in ROOT.glob("*/__manifest__.py"))


def addons_of_others():
    """The folder of addons to which ours are bridges, and which Odoo itself does not have."""
    return OTHERS / "odoo" / "addons"
