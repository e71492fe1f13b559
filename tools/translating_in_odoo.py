"""Runs in Odoo's shell for ``translating.py``: writes the files in ``i18n`` of each addon."""
# ruff: noqa: F821

import io
import os
import sys
from pathlib import Path

import polib

from odoo.tools.translate import trans_export

root = Path(os.environ["CALL_HANDLING_ROOT"])
sys.path.insert(0, str(root))

from tools import terms  # noqa: E402

for addon in os.environ["CALL_HANDLING_ADDONS"].split(","):
    exported = io.BytesIO()
    if not trans_export(False, [addon], exported, "po", env):
        continue
    template = terms.read_template(exported.getvalue().decode())
    folder = root / addon / "i18n"
    folder.mkdir(exist_ok=True)
    template.save(str(folder / f"{addon}.pot"))
    print(f"{addon}: {len(template)} terms")
    for file in sorted(folder.glob("*.po")):
        updated = terms.update(polib.pofile(str(file)), template)
        updated.save(str(file))
        left = len(updated) - len(updated.translated_entries())
        print(f"  {file.name}: {left} not translated" if left else f"  {file.name}: complete")
