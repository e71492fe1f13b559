from odoo.tools import config


def refresh_caches(env):
    """Drop what other servers have changed from the caches of this process, by the primary
    database.

    Odoo does so at the beginning of each request and scheduled action, but asks a replica if there
    is one, whatever follows. As long as that is behind, an event would be assigned by phones, and
    be shown or hidden by lists of private numbers, that are no longer true; and what is recorded
    is never rewritten.

    Nothing is done without a replica. Changed models, after an update of the app, are left to Odoo.

    :param odoo.api.Environment env: whose transaction sees the present state
    """
    if not config["db_replica_host"]:
        return
    registry = env.registry
    models, caches = registry.get_sequences(env.cr)
    if models == registry.registry_sequence and caches != registry.cache_sequences:
        registry.check_signaling(env.cr)
