"""Where things are. The cache may be moved with ``CALL_HANDLING_CACHE``."""

import os
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
CACHE = Path(os.environ.get("CALL_HANDLING_CACHE") or ROOT / ".cache").resolve()
LOGS = CACHE / "logs"
DATA_DIR = CACHE / "odoo-data"
REQUIREMENTS = ROOT / "tools" / "requirements"


def addons():
    """Names of the Odoo addons of this repository, sorted."""
    return sorted(path.parent.name for path in ROOT.glob("*/__manifest__.py"))
