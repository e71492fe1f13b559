"""Runs in Odoo's shell for ``pictures.py``: prepares the demo database."""
# ruff: noqa: F821

from odoo import Command

env["res.lang"].search([("code", "=", "en_US")]).write({"active": True})
for code in ("de_DE", "ar_001"):
    env["res.lang"]._activate_lang(code)
installed = env["ir.module.module"].search([("state", "=", "installed")])
# what is translated already stays, so that this takes its time only once
installed._update_translations(["de_DE", "ar_001"])
app = installed.filtered(lambda module: module.name == "call_handling")
app._update_translations(["de_DE"], overwrite=True)

pbx = env.ref("call_handling.call_pbx_demo")
admin = env.ref("base.user_admin")
groups = ("group_call_handling_admin", "group_call_data_protection")
admin.group_ids = [Command.link(env.ref(f"call_handling.{group}").id) for group in groups]
if not pbx.extension_ids.filtered(lambda phone: phone.user_id == admin):
    pbx.extension_ids = [Command.create({"number": "299", "user_id": admin.id})]
env.cr.commit()
