"""Provides a PostgreSQL with a streaming replica, as companies with several servers have."""

import contextlib
import dataclasses
import shutil
import subprocess

from . import postgres
from .console import step

# What is in it is lost with the machine, which nobody minds.
SETTINGS = ("fsync=off", "full_page_writes=off", "max_connections=50", "shared_buffers=64MB")
MODE = 0o700  # of a data folder; PostgreSQL refuses others


class _Temporary(postgres.Cluster):
    """A cluster that is stopped and removed at the end."""

    @contextlib.contextmanager
    def in_use(self):
        """Create and start the cluster; remove it at the end, whatever state it is in."""
        self._remove()
        try:
            self._initialise()
            self.start()
            yield self
        finally:
            self._remove()

    def start(self):
        """Start it on its own socket; no network port is opened."""
        self.socket.mkdir(mode=0o755, exist_ok=True)
        if self.owner:
            shutil.chown(self.socket, self.owner)
        options = f"-c listen_addresses='' -c port={postgres.PORT} -k '{self.socket}'"
        options += "".join(f" -c {setting}" for setting in SETTINGS)
        self._control("start", "-o", options, "-l", self.data.with_suffix(".log"), "-t", "60")

    def stop(self):
        """Stop it as if it had lost its power."""
        self._control("stop", "-m", "immediate")

    def _remove(self):
        if (self.data / "postmaster.pid").exists() and self._is_running():
            self.stop()
        for folder in (self.data, self.socket):
            shutil.rmtree(folder, ignore_errors=True)

    def _initialise(self):
        self._as_owner(
            [self.bindir / "initdb", "-D", self.data, "-U", postgres.ROLE, "-A", "trust"]
            + ["-E", "UTF8", "--locale=C", "--no-instructions", "--no-sync"]
        )


class _Replica(_Temporary):
    """A copy of another cluster, which follows it.

    :param postgres.Postgres primary: the other one
    """

    def __init__(self, name, primary):
        super().__init__(name)
        self.primary = primary

    def _initialise(self):
        variables = self.primary.variables
        self._as_owner(
            [self.bindir / "pg_basebackup", "-D", self.data, "-R", "-X", "stream", "-c", "fast"]
            + ["--no-sync", "-h", variables["PGHOST"], "-p", variables["PGPORT"]]
            + ["-U", variables["PGUSER"]]
        )
        self.data.chmod(MODE)


@dataclasses.dataclass(frozen=True)
class Replicated:
    """A PostgreSQL, and the copy that follows it."""

    primary: _Temporary
    replica: _Replica


@contextlib.contextmanager
def server(odoo, database):
    """Provide a PostgreSQL with a copy of a database, and a replica of it.

    :param tools.odoo.Odoo odoo: whose PostgreSQL has the database
    :param str database: its name, and that of the copy
    :rtype: Replicated
    """
    with contextlib.ExitStack() as stack:
        with step(f"Starting a PostgreSQL with {database}, and its replica"):
            primary = stack.enter_context(_Temporary("primary").in_use())
            _copy(odoo.postgres, primary.postgres, database)
            replica = stack.enter_context(_Replica("replica", primary.postgres).in_use())
        yield Replicated(primary, replica)


def _copy(source, target, database):
    """Copy a database to another PostgreSQL."""
    target.run("createdb", "-T", "template0", database)
    dump = subprocess.Popen(
        [source.program("pg_dump"), "--no-owner", database],
        env=source.environment(),
        stdout=subprocess.PIPE,
    )
    with dump:
        subprocess.run(
            [target.program("psql"), "-Xq", "-v", "ON_ERROR_STOP=1", "-d", database],
            env=target.environment(),
            stdin=dump.stdout,
            stdout=subprocess.DEVNULL,
            check=True,
        )
    if dump.returncode:
        raise subprocess.CalledProcessError(dump.returncode, dump.args)
