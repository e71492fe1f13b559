"""An Odoo with its own PostgreSQL, both of which a test can kill."""

import contextlib
import os
import shutil
import signal
import subprocess
import time
from pathlib import Path

from tests.workers.server import Database
from tools import databases, odoo, paths, postgres
from tools.console import run, step

DATABASE = "call_handling_asterisk"
WORKERS = 2
EXIT_TIMEOUT = 3  # seconds; Odoo exits immediately or not at all
KILL_TIMEOUT = 20  # seconds until the operating system has removed a killed process


@contextlib.contextmanager
def new_connection():
    """A new connection to the database: PostgreSQL may have been killed since the last one."""
    database = Database(DATABASE)
    try:
        yield database
    finally:
        database.close()


class Cluster(postgres.Cluster):
    """A PostgreSQL only for these tests: the shared one may be in use."""

    def _home(self):
        home = super()._home() / "asterisk"
        home.mkdir(exist_ok=True)
        if self.owner:
            shutil.chown(home, self.owner)
        return home

    def kill(self):
        """Kill it immediately, as a power failure of its machine would."""
        process = int((self.data / "postmaster.pid").read_text().split()[0])
        os.kill(process, signal.SIGKILL)
        deadline = time.monotonic() + KILL_TIMEOUT
        while Path(f"/proc/{process}").exists():
            assert time.monotonic() < deadline, "PostgreSQL was killed, but is still running."
            time.sleep(0.1)

    def restart(self):
        """Start it after a kill."""
        self._start()


class OdooServer:
    """Odoo with two workers, and its PostgreSQL.

    :param tools.odoo.Odoo prepared: the shared Odoo, whose template database is copied
    :param Cluster cluster: a running PostgreSQL
    """

    def __init__(self, prepared, cluster):
        self.cluster = cluster
        self.odoo = odoo.Odoo(prepared.source, prepared.python, cluster.postgres)
        self.port = odoo.free_port()
        self.address = f"http://{odoo.HOST}:{self.port}"
        self.log_file = self.odoo.log_file("asterisk")
        self.process = None
        self._create_database(prepared)

    def _create_database(self, prepared):
        template = databases.template(prepared)
        if template not in self.odoo.postgres.databases():
            with step("The template database for the PostgreSQL of these tests"):
                self._copy_from(prepared.postgres, template)
        databases.copy(self.odoo, template, DATABASE)
        self.install_log = self.odoo.run(
            DATABASE, "-i", "call_handling", "--stop-after-init", log="asterisk-install"
        )

    def _copy_from(self, other, name):
        dump = paths.CACHE / "asterisk" / "template.sql"
        run(
            [self.odoo.postgres.program("pg_dump"), "--no-owner", "-f", dump, name],
            env=other.environment(),
        )
        unfinished = f"{name}_unfinished"
        self.odoo.postgres.run("dropdb", "--if-exists", "--force", unfinished)
        self.odoo.postgres.run("createdb", unfinished)
        self.odoo.postgres.run("psql", "-Xq", "-d", unfinished, "-f", str(dump))
        self.odoo.postgres.query(f'ALTER DATABASE "{unfinished}" RENAME TO "{name}"')
        dump.unlink()

    def start(self):
        """Start Odoo and wait until it answers."""
        options = ["--workers", str(WORKERS), "--max-cron-threads", "0"]
        with open(self.log_file, "a") as log:
            self.process = subprocess.Popen(
                self.odoo.command(DATABASE, "--http-port", str(self.port), *options),
                env=self.odoo.environment(),
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        odoo.wait_until_it_answers(self.process, self.address, self.log_file)

    def kill(self):
        """Kill Odoo and its workers immediately."""
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()

    def restart_if_exited(self):
        """Restart Odoo like a service manager: with workers, it exits if PostgreSQL is lost."""
        with contextlib.suppress(subprocess.TimeoutExpired):
            self.process.wait(EXIT_TIMEOUT)
            self.kill()  # its workers, which may run a little longer
            self.start()

    def stop(self):
        """Stop Odoo normally."""
        odoo.stop(self.process)
