"""Runs in Odoo's shell for ``pictures.py``: prepares the demo database."""
# ruff: noqa: F821

from odoo import Command

Lang = env["res.lang"]
missing = [code for code in ("de_DE", "ar_001") if not Lang._get_data(code=code)]
for code in missing:
    Lang._activate_lang(code)
installed = env["ir.module.module"].search([("state", "=", "installed")])
if missing:
    installed._update_translations(missing)
app = installed.filtered(lambda module: module.name == "call_handling")
app._update_translations(["de_DE"], overwrite=True)

admin = env.ref("base.user_admin")
groups = ("group_call_handling_admin", "group_call_data_protection")
admin.group_ids = [Command.link(env.ref(f"call_handling.{group}").id) for group in groups]
env.cr.commit()
