"""Terminal output: steps with their duration, and problems with advice."""

import contextlib
import subprocess
import sys
import threading
import time

HEARTBEAT = 15  # seconds between the lines that a long step prints


class Problem(Exception):
    """A step failed.

    :param str what: what happened
    :param str advice: what the user can do about it
    """

    def __init__(self, what, advice=""):
        super().__init__(what)
        self.what = what
        self.advice = advice


def say(text):
    """Print a line and flush it, so that it appears immediately even in a pipe."""
    print(text, flush=True)


@contextlib.contextmanager
def step(title):
    """Print that a step has begun, that it is still running, and how long it took."""
    say(f"• {title} …")
    started = time.monotonic()
    done = threading.Event()

    def print_heartbeat():
        while not done.wait(HEARTBEAT):
            say(f"  … {title} ({time.monotonic() - started:.0f} s)")

    heartbeat = threading.Thread(target=print_heartbeat, daemon=True)
    heartbeat.start()
    try:
        yield
    finally:
        done.set()
        heartbeat.join()
    say(f"  done in {time.monotonic() - started:.1f} s")


def run(command, advice="", **options):
    """Run a command quietly; raise a :class:`Problem` with the end of its output if it fails.

    :param list command: program and arguments
    :param str advice: what the user can do if it fails
    :return: its output
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
        last_lines = "\n".join(f"    {line}" for line in done.stdout.splitlines()[-15:])
        raise Problem(f"{command[0]} failed ({done.returncode}):\n{last_lines}", advice)
    return done.stdout


def report(problem):
    """Print a problem and its advice to stderr."""
    print(f"\n✗ {problem.what}", file=sys.stderr)
    if problem.advice:
        print(f"  → {problem.advice}", file=sys.stderr)
