"""The examples in the docs of the event API work."""

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

from adapters.standard_webhooks import sign_standard, write_secret

from .pbx import SECRET

PAGE = Path(__file__).parents[2] / "docs" / "event-api.md"
ANSWER = {"accepted": 1, "duplicates": 0, "failed": 0}

# Takes the place of the library, which is not needed for anything else.
LIBRARY = f"""
import sys, types
sys.path.insert(0, {str(PAGE.parents[1] / "call_handling")!r})
from adapters.standard_webhooks import {sign_standard.__name__}

class Webhook:
    def __init__(self, secret):
        self.secret = secret

    def sign(self, msg_id, timestamp, data):
        seconds = str(int(timestamp.timestamp()))
        return {sign_standard.__name__}(self.secret, msg_id, seconds, data.encode())

package = sys.modules["standardwebhooks"] = types.ModuleType("standardwebhooks")
package.webhooks = sys.modules["standardwebhooks.webhooks"] = types.ModuleType("webhooks")
package.webhooks.Webhook = Webhook
"""


def get_examples(language):
    """Return the examples in a language that send an event, with the settings of the first."""
    blocks = re.findall(rf"```{language}\n(.*?)```", PAGE.read_text(), re.DOTALL)
    return [block for block in blocks if "webhook-id" in block or "address=" in block]


def fill_in(example, pbx, secret):
    """Enter the address and the secret of a telephone system."""
    example = re.sub(r"http://\S+/call_handling/pbx/YOUR-ADDRESS", pbx.url, example)
    return re.sub(r"(whsec_)?YOUR-SECRET", secret, example)


@pytest.mark.parametrize("place", [0, 1])
def test_the_shell_examples_log_a_call(new_pbx, place):
    pbx = new_pbx("generic")
    first, *_others = examples = get_examples("sh")
    settings = first[: first.index("body=")]
    example = fill_in(examples[place], pbx, SECRET)
    script = example if place == 0 else fill_in(settings, pbx, SECRET) + example
    done = subprocess.run(["sh", "-c", script], capture_output=True, text=True, check=True)
    assert json.loads(done.stdout) == ANSWER
    logged = pbx.get_logged()
    assert logged["call", 0, "state"] == "ringing"
    assert logged["call", 0, "remote_number"] == "+12025550142"


def test_the_python_example_logs_a_call_once(new_pbx):
    pbx = new_pbx("generic")
    (example,) = get_examples("python")
    script = LIBRARY + fill_in(example, pbx, write_secret(SECRET))
    for answer in (ANSWER, {"accepted": 0, "duplicates": 1, "failed": 0}):
        command = [sys.executable, "-c", script]
        done = subprocess.run(command, capture_output=True, text=True, check=True)
        assert json.loads(done.stdout) == answer
    assert pbx.get_logged()["call", 0, "remote_number"] == "+12025550142"
