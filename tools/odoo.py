"""Starts Odoo, as a command that finishes or as a server."""

import contextlib
import http.client
import os
import signal
import socket
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path

from . import console, environment, npm, odoo_source, paths, postgres
from .console import Problem

HOST = "127.0.0.1"
START_TIMEOUT = 300  # seconds; a first start builds the web client's assets
STOP_TIMEOUT = 30  # seconds


@contextlib.contextmanager
def prepared():
    """Provide everything that is needed to start Odoo, until the ``with`` block ends.

    :rtype: Odoo
    """
    source = odoo_source.find()
    python = environment.python(odoo_is_importable=source.python_path is None)
    with postgres.server() as server:
        yield Odoo(source, python, server)


@dataclass(frozen=True)
class Odoo:
    """An Odoo with its Python and its PostgreSQL."""

    source: odoo_source.OdooSource
    python: Path
    postgres: postgres.Postgres

    def environment(self):
        """Return the environment variables for a process that imports ``odoo``."""
        variables = self.postgres.environment()
        # With colours, odoo_log would not recognise warnings in the logs
        variables.pop("ODOO_PY_COLORS", None)
        # Odoo's linters look for their programs on the PATH, and its styles for rtlcss
        programs = (str(self.python.parent), str(npm.PROGRAMS), variables.get("PATH", ""))
        variables["PATH"] = os.pathsep.join(programs)
        variables["CALL_HANDLING_AXE"] = str(npm.AXE)  # for the tests of accessibility
        if self.source.python_path:
            variables["PYTHONPATH"] = str(self.source.python_path)
        return variables

    def addons_path(self, *more):
        """Return the value of Odoo's option ``--addons-path``.

        :param pathlib.Path more: further folders
        """
        folders = (*self.source.addons_path, paths.third_party_addons(), paths.ROOT, *more)
        return ",".join(str(path) for path in folders)

    def command(self, database, *options, command="server"):
        """Return the command line that starts this Odoo with a database."""
        return [
            str(self.python), str(paths.LAUNCHER), command,
            "--addons-path", self.addons_path(),
            "--data-dir", str(paths.DATA_DIR),
            "--http-interface", HOST,
            "--database", database,
            "--db-filter", f"^{database}$",
            *self.postgres.odoo_options(),
            *options,
        ]  # fmt: skip

    def manage_databases(self, *arguments):
        """Run Odoo's ``db`` command, which handles databases together with their files."""
        options = ["--addons-path", self.addons_path(), "--data-dir", str(paths.DATA_DIR)]
        command = [self.python, paths.LAUNCHER, "db", *options, *self.postgres.odoo_options()]
        console.run([*command, *arguments], env=self.environment())

    def run(self, database, *options, log, check=True, command="server", **popen_options):
        """Run Odoo until it exits.

        :param str log: name of its log file, without extension
        :param str command: command of Odoo
        :param bool check: raise a :class:`Problem` if it fails
        :return: the log file
        :rtype: pathlib.Path
        """
        log_file = self.log_file(log)
        options = [*options, "--http-port", str(free_port())]
        with open(log_file, "w") as output:
            process = subprocess.Popen(
                self.command(database, *options, command=command),
                env=self.environment(),
                stdout=output,
                stderr=subprocess.STDOUT,
                **popen_options,
            )
            try:
                status = process.wait()
            finally:
                stop(process)
        if status and check:
            raise Problem(
                f"Odoo failed ({status}):\n{last_lines(log_file)}",
                f"For the whole log, see {log_file}.",
            )
        return log_file

    def shell(self, database, script, *options, variables=None):
        """Run a script in Odoo's shell, which defines ``env``; return its output.

        :param pathlib.Path script: Python code that does not read any input
        :param dict variables: more variables of its environment
        """
        options = ["--no-http", "--log-level", "warn", *options]
        done = subprocess.run(
            self.command(database, *options, command="shell"),
            env=self.environment() | (variables or {}),
            input=script.read_text(),
            stdout=subprocess.PIPE,
            text=True,
            check=False,
        )
        if done.returncode:
            raise Problem(f"{script.name} failed in Odoo's shell ({done.returncode}); see above.")
        return done.stdout

    @contextlib.contextmanager
    def serve(self, database, *options, log, port=None, append=True):
        """Run an Odoo server until the ``with`` block ends.

        :param str log: name of its log file, without extension
        :param bool append: keep the present content of the log file
        :return: its address, ``http://127.0.0.1:<port>``
        :rtype: str
        """
        port = port or free_port()
        log_file = self.log_file(log)
        with open(log_file, "a" if append else "w") as output:
            process = subprocess.Popen(
                self.command(database, "--http-port", str(port), *options),
                env=self.environment(),
                stdout=output,
                stderr=subprocess.STDOUT,
            )
        address = f"http://{HOST}:{port}"
        try:
            wait_until_it_answers(process, address, log_file)
            yield address
        finally:
            stop(process)

    @staticmethod
    def log_file(name):
        """Return the path of a log file, and create its folder."""
        paths.LOGS.mkdir(parents=True, exist_ok=True)
        return paths.LOGS / f"{name}.log"


def is_free(port):
    """Return whether no program listens on the port."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except OSError:
            return False
    return True


def free_port():
    """Return a port that no program listens on at the moment."""
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        return probe.getsockname()[1]


def wait_until_it_answers(process, address, log_file):
    """Wait until the server answers its health check; raise a :class:`Problem` if it does not."""
    deadline = time.monotonic() + START_TIMEOUT
    while time.monotonic() < deadline:
        if process.poll() is not None:
            raise Problem(
                f"Odoo did not start:\n{last_lines(log_file)}",
                f"For the whole log, see {log_file}.",
            )
        with contextlib.suppress(OSError, http.client.HTTPException):
            connection = http.client.HTTPConnection(address.removeprefix("http://"), timeout=10)
            connection.request("GET", "/web/health")
            if connection.getresponse().status == 200:
                return
        time.sleep(0.2)
    raise Problem(f"Odoo does not answer at {address}.", f"For the reason, see {log_file}.")


def stop(process):
    """Stop a process that we started; kill it if it does not stop in time."""
    if process.poll() is not None:
        return
    process.send_signal(signal.SIGTERM)
    try:
        process.wait(STOP_TIMEOUT)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def last_lines(log_file, count=25):
    """Return the end of a log, indented."""
    lines = Path(log_file).read_text(errors="replace").splitlines()[-count:]
    return "\n".join(f"    {line}" for line in lines)
