"""The shell example in the docs of the event API works."""

import json
import re
import subprocess
from pathlib import Path

from .pbx import SECRET

PAGE = Path(__file__).parents[2] / "docs" / "event-api.md"


def get_shell_example():
    """Return the shell example that sends an event."""
    blocks = re.findall(r"```sh\n(.*?)```", PAGE.read_text(), re.DOTALL)
    (example,) = (block for block in blocks if "curl" in block)
    return example


def test_the_shell_example_logs_a_call(new_pbx):
    pbx = new_pbx("generic")
    example = get_shell_example()
    example = re.sub(r"^address=.*$", f"address='{pbx.url}'", example, flags=re.MULTILINE)
    example = re.sub(r"^secret=.*$", f"secret='{SECRET}'", example, flags=re.MULTILINE)
    done = subprocess.run(["sh", "-c", example], capture_output=True, text=True, check=True)
    assert json.loads(done.stdout) == {"accepted": 1, "duplicates": 0, "failed": 0}
    logged = pbx.get_logged()
    assert logged["call", 0, "state"] == "ringing"
    assert logged["call", 0, "remote_number"] == "+12025550142"
