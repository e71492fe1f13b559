"""Models whose names come from outside."""


def is_stored(env, name):
    """Return whether there is a model with this name whose records are stored.

    :param odoo.api.Environment env: of the database
    :param name: may be anything
    :rtype: bool
    """
    return isinstance(name, str) and name in env and not env[name]._abstract and env[name]._auto
