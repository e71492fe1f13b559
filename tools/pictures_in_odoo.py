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

pbx = env.ref("call_handling.call_pbx_demo")
admin = env.ref("base.user_admin")
groups = ("group_call_handling_admin", "group_call_data_protection")
admin.group_ids = [Command.link(env.ref(f"call_handling.{group}").id) for group in groups]
if not pbx.extension_ids.filtered(lambda phone: phone.user_id == admin):
    pbx.extension_ids = [Command.create({"number": "299", "user_id": admin.id})]
env.cr.commit()
