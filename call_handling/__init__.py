from . import controllers, models, report, wizard
from .tools import hide_values_of_statements

hide_values_of_statements()


def post_init_hook(env):
    """Read the phone numbers of contacts that exist already."""
    env["res.partner"]._read_refused_phones()
