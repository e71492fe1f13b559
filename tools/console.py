"""What the person at the terminal sees: steps with their duration, and problems with advice."""

import contextlib
import subprocess
import sys
import threading
import time

HEARTBEAT = 15  # seconds between signs of life on a long step


class Problem(Exception):
    """A step failed. Carries what happened and what the person can do about it."""

    def __init__(self, what, advice=""):
        super().__init__(what)
        self.what = what
        self.advice = advice


def say(text):
    """Print a line at once, even into a pipe."""
    print(text, flush=True)


@contextlib.contextmanager
def step(title):
    """Show that a step has begun, that it is alive, and how long it took."""
    say(f"• {title} …")
    started = time.monotonic()
    done = threading.Event()

    def show_life():
        while not done.wait(HEARTBEAT):
            say(f"  … {title} ({time.monotonic() - started:.0f} s)")

    heartbeat = threading.Thread(target=show_life, daemon=True)
    heartbeat.start()
    try:
        yield
    finally:
        done.set()
        heartbeat.join()
    say(f"  done in {time.monotonic() - started:.1f} s")


def run(command, advice="", **options):
    """Run a command quietly; raise a :class:`Problem` with its last words when it fails.

    :param list command: program and arguments
    :param str advice: what to do when it fails
    :return: what it printed
    :rtype: str
    """
    try:
        done = subprocess.run(
            [str(part) for part in command],
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
            **options,
        )
    except FileNotFoundError as error:
        raise Problem(f"{command[0]} is not installed.", advice) from error
    if done.returncode:
        last_words = "\n".join(f"    {line}" for line in done.stdout.splitlines()[-15:])
        raise Problem(f"{command[0]} failed ({done.returncode}):\n{last_words}", advice)
    return done.stdout


def report(problem):
    """Tell a problem and its advice on the error stream."""
    print(f"\n✗ {problem.what}", file=sys.stderr)
    if problem.advice:
        print(f"  → {problem.advice}", file=sys.stderr)
