"""Two servers behind a proxy, and a PostgreSQL with a streaming replica."""

import contextlib
import dataclasses
import os
import time
from concurrent.futures import ThreadPoolExecutor
from urllib.parse import urlsplit

import pytest

from tests.workers.pbx import Pbx
from tests.workers.server import Client, Database
from tools import odoo, replication

from .proxy import Proxy

VARIABLE = "CALL_HANDLING_DATABASE"  # the one that is copied
# One process each. They share the folder with sessions and files.
OPTIONS = ("--workers", "0", "--max-cron-threads", "1", "--limit-time-real", "600")
TIMEOUT = 90  # seconds; never needed
EXTENSION = "101"


@dataclasses.dataclass
class Servers:
    """The servers, and where their data is.

    :param str address: of the proxy
    :param list addresses: of the servers
    :param list stacks: each stops a server
    :param tools.replication.Replicated postgres: started for them
    :param Database primary: a connection to it
    :param Database replica: a connection to it
    """

    address: str
    addresses: list
    stacks: list
    postgres: replication.Replicated
    primary: Database
    replica: Database

    def wait_for_replica(self):
        """Wait until the replica has what was committed so far."""
        (now,) = self.primary.rows("SELECT pg_current_wal_lsn()::text AS place")
        deadline = time.monotonic() + TIMEOUT
        while not self.replica.rows(
            "SELECT 1 AS is_there WHERE pg_last_wal_replay_lsn() >= %s::pg_lsn", [now["place"]]
        ):
            assert time.monotonic() < deadline, "The replica does not follow."
            time.sleep(0.02)

    @contextlib.contextmanager
    def replica_behind(self):
        """Let the replica remain as it is now until the block ends."""
        self.wait_for_replica()
        self.replica.rows("SELECT pg_wal_replay_pause()")
        try:
            yield
        finally:
            self.replica.rows("SELECT pg_wal_replay_resume()")
            self.wait_for_replica()


@pytest.fixture(scope="session")
def servers():
    """Two servers that answer."""
    database = os.environ.get(VARIABLE)
    assert database, f"./dev test creates a database and sets {VARIABLE}."
    with contextlib.ExitStack() as stack:
        prepared = stack.enter_context(odoo.prepared())
        postgres = stack.enter_context(replication.server(prepared, database))
        replicated = dataclasses.replace(prepared, postgres=postgres.primary.postgres)
        options = [*OPTIONS, "--db_replica_host", str(postgres.replica.socket)]
        stacks = [stack.enter_context(contextlib.ExitStack()) for _server in "ab"]
        servers = [
            replicated.serve(database, *options, log=f"test-servers-{number}", append=False)
            for number in range(1, len(stacks) + 1)
        ]
        with ThreadPoolExecutor() as pool:  # a start takes long
            addresses = list(pool.map(contextlib.ExitStack.enter_context, stacks, servers))
        proxy = stack.enter_context(contextlib.closing(Proxy(map(_port, addresses))))
        connections = [
            stack.enter_context(contextlib.closing(_connect(database, cluster)))
            for cluster in (postgres.primary, postgres.replica)
        ]
        yield Servers(proxy.address, addresses, stacks, postgres, *connections)


def _connect(database, cluster):
    variables = cluster.postgres.variables
    return Database(
        database, host=variables["PGHOST"], port=variables["PGPORT"], user=variables["PGUSER"]
    )


def _port(address):
    return urlsplit(address).port


@pytest.fixture(scope="session")
def admin(servers):
    """The administrator, whose requests go to the servers in turn."""
    admin = Client(servers.address, servers.primary.name)
    admin.session.headers["Connection"] = "close"  # the proxy shares out connections
    yield admin
    admin.close()


@pytest.fixture(scope="session")
def pbx(servers, admin):
    """A telephone system whose events go to the servers in turn, with a phone of the
    administrator."""
    admin.call("res.company", "write", [1], {"call_history_days": 0})
    return Pbx(servers.address, servers.primary, {EXTENSION: admin.uid}, "generic")
