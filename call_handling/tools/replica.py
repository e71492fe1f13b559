from psycopg2 import DatabaseError, OperationalError

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


class Replica:
    """A registry's connection to its replica, which knows what Odoo does not: that connections
    break.

    If a replica cannot be reached, Odoo asks the primary database for some time. But a connection
    that broke while it was idle, because the replica crashed, raises an error that Odoo does not
    expect: as many requests as there were connections would fail, events among them.

    :param odoo.sql_db.Connection connection: as Odoo has made it
    """

    def __init__(self, connection):
        self.connection = connection

    def cursor(self):
        """Return a cursor that can only read.

        :raise psycopg2.OperationalError: the replica does not answer; Odoo does without it
        """
        try:
            return self.connection.cursor()
        except OperationalError:
            raise
        except DatabaseError as error:
            raise OperationalError(str(error)) from error


def survive_crashes(registry):
    """Let requests go on when the replica crashes.

    :param odoo.modules.registry.Registry registry: of the database
    """
    connection = registry._db_readonly
    if config["db_replica_host"] and not isinstance(connection, Replica):
        registry._db_readonly = Replica(connection)
