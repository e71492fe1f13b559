"""Runs in Odoo's shell for ``pictures.py``: prints the terms of the app, as gettext has them."""
# ruff: noqa: F821

import io

from odoo.tools.translate import trans_export

terms = io.BytesIO()
trans_export(False, ["call_handling"], terms, "po", env)
print(terms.getvalue().decode())
