"""The relay as a separate process."""

import json
import os
import signal
import sqlite3
import subprocess
import sys
import time
from pathlib import Path

SOURCE = Path(__file__).parents[2] / "call_handling_relay"
TIMEOUT = 60  # seconds; a busy machine is no fault


def wait_until(condition, what="it", seconds=TIMEOUT):
    """Wait until a condition is met; fail after some seconds.

    :param condition: returns whether it is met
    :param what: what the test waits for, for the message
    """
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, f"Timed out while waiting for {what}"
        time.sleep(0.01)


class RelayProcess:
    """A relay that a test can start and kill repeatedly.

    :param folder: for its data and its log
    :param settings: its settings, by section and name in capitals
    """

    def __init__(self, folder, **settings):
        self.folder = folder / "kept"
        self.folder.mkdir()
        self.log_file = folder / "relay.log"
        self.process = None
        self.settings = settings | {"RELAY_FOLDER": str(self.folder)}

    def environment(self):
        """Return its environment variables."""
        settings = {f"CALL_HANDLING_RELAY_{name}": v for name, v in self.settings.items()}
        return os.environ | settings | {"PYTHONPATH": str(SOURCE)}

    def start(self):
        """Start the relay."""
        with open(self.log_file, "a") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "call_handling_relay"],
                env=self.environment(),
                stdout=log,
                stderr=log,
            )

    def kill(self):
        """Kill it immediately, as a power failure of its machine would."""
        self.process.kill()
        self.process.wait(TIMEOUT)

    def stop(self):
        """Stop it; return its exit status."""
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(TIMEOUT)

    def run(self, *options):
        """Run its command with options; return the exit status and the output."""
        done = subprocess.run(
            [sys.executable, "-m", "call_handling_relay", *options],
            env=self.environment(),
            capture_output=True,
            text=True,
            timeout=TIMEOUT,
            check=False,
        )
        return done.returncode, done.stdout + done.stderr

    @property
    def log(self):
        """The text that it has logged so far."""
        return self.log_file.read_text()

    def count(self, table):
        """Return the number of rows in a table of its SQLite file."""
        return len(self.rows(f"SELECT 1 FROM {table}"))

    def waiting(self):
        """Return the events that it has stored."""
        return [json.loads(body) for (body,) in self.rows("SELECT body FROM event ORDER BY id")]

    def rows(self, sql):
        """Return the result of a query on its SQLite file; empty if there is no file yet."""
        file = self.folder / "events.sqlite"
        if not file.exists():
            return []
        connection = sqlite3.connect(file)
        try:
            return connection.execute(sql).fetchall()
        except sqlite3.OperationalError:
            return []
        finally:
            connection.close()
