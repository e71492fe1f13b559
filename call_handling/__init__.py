from . import controllers, models, report, wizard
from .tools import hide_values_of_statements

hide_values_of_statements()


def post_init_hook(env):
    """Read the phone numbers of contacts that exist already, and remember which database it is."""
    env["res.partner"]._read_refused_phones()
    env["call.pbx"]._declare_original()


def uninstall_hook(env):
    """Remove what Odoo does not know to be ours: parameters, and an index of another model."""
    env["ir.config_parameter"].search([("key", "=like", "call_handling.%")]).unlink()
    env.cr.execute("DROP INDEX IF EXISTS res_partner__phone_sanitized_index")
