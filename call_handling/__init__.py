from . import controllers, models, report, wizard


def post_init_hook(env):
    """Read the phone numbers of contacts that exist already."""
    env["res.partner"]._read_refused_phones()
