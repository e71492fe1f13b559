"""The relay as its own process."""

import json
import os
import signal
import sqlite3
import subprocess
import sys
import time
from pathlib import Path

SOURCE = Path(__file__).parents[2] / "call_handling_relay"
TIMEOUT = 20  # seconds


def wait_until(condition, what="it", seconds=TIMEOUT):
    """Wait until something is so, or fail."""
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, f"{what} did not come to be"
        time.sleep(0.01)


class RelayProcess:
    """The relay, started and killed as often as a test likes.

    :param folder: for what it keeps and for its log
    :param settings: by section and name, in capitals
    """

    def __init__(self, folder, **settings):
        self.folder = folder / "kept"
        self.folder.mkdir()
        self.log_file = folder / "relay.log"
        self.process = None
        self.settings = settings | {"RELAY_FOLDER": str(self.folder)}

    def environment(self):
        """Its environment."""
        settings = {f"CALL_HANDLING_RELAY_{name}": v for name, v in self.settings.items()}
        return os.environ | settings | {"PYTHONPATH": str(SOURCE)}

    def start(self):
        """Start it."""
        with open(self.log_file, "a") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "call_handling_relay"],
                env=self.environment(),
                stdout=log,
                stderr=log,
            )

    def kill(self):
        """End it at once, as if its machine had lost its power."""
        self.process.kill()
        self.process.wait(TIMEOUT)

    def stop(self):
        """Let it end; return its exit status."""
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(TIMEOUT)

    def run(self, *options):
        """Run its command with options; return exit status and output."""
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
        """What it has told so far."""
        return self.log_file.read_text()

    def count(self, table):
        """How many rows its file has in a table."""
        return len(self.rows(f"SELECT 1 FROM {table}"))

    def waiting(self):
        """The events on its disk."""
        return [json.loads(body) for (body,) in self.rows("SELECT body FROM event ORDER BY id")]

    def rows(self, sql):
        """What a query of its file gives; nothing while the file is not there yet."""
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
