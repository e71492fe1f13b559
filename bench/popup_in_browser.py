"""Runs with Odoo's Python for ``popup.py``: controls Chromium and sends the events."""

import contextlib
import itertools
import json
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import requests
import websocket

sys.path.insert(0, str(Path(__file__).parents[1] / "call_handling"))

from adapters.demo import Scene, play
from adapters.signature import SIGNATURE_HEADER, TIMESTAMP_HEADER, sign

CALLS = 50
WARM_UP = 5
MAX_SECONDS = 0.5  # until the card is shown
TIMEOUT = 20  # seconds
ADMIN_ID = 2  # the user of the phones
FLAGS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--remote-debugging-port=0",
    "--window-size=1280,800",
)

# Records when each message and card was seen. The browser has the same clock as this program.
WATCH = """
window.seen = {};
const now = () => (performance.timeOrigin + performance.now()) / 1000;
const note = (name) => { window.seen[name] = window.seen[name] || now(); };
const { bus_service: bus } = odoo.__WOWL_DEBUG__.root.env.services;
bus.subscribe("call_bench.bare", () => note("bare"));
bus.subscribe("call_handling.card/changed", () => note("message"));
new MutationObserver(() => {
    const card = document.querySelector(".o_call_card_ringing .o_call_card_name");
    if (card) { note("card " + card.textContent); }
}).observe(document.body, { subtree: true, childList: true, characterData: true });
true;
"""
CLEAR = """
odoo.__WOWL_DEBUG__.root.env.services["call_handling.calls"].state.cards.splice(0);
window.seen = {};
true;
"""
READY = "Boolean(document.querySelector('.o_call_menu_button') && window.odoo.__WOWL_DEBUG__)"


class Chromium:
    """A page of the browser, controlled with the protocol of its developer tools."""

    def __init__(self, port):
        pages = requests.get(f"http://127.0.0.1:{port}/json", timeout=TIMEOUT).json()
        url = next(page["webSocketDebuggerUrl"] for page in pages if page["type"] == "page")
        self.socket = websocket.create_connection(url, suppress_origin=True, timeout=TIMEOUT)
        self.ids = itertools.count(1)

    def send_command(self, method, **params):
        """Send a command; return its result."""
        command_id = next(self.ids)
        self.socket.send(json.dumps({"id": command_id, "method": method, "params": params}))
        while (answer := json.loads(self.socket.recv())).get("id") != command_id:
            pass
        return answer["result"]

    def evaluate(self, script):
        """Run a script in the page; return its value."""
        result = self.send_command(
            "Runtime.evaluate", expression=f"{{ {script} }}", returnByValue=True
        )
        return result["result"].get("value")

    def wait(self, script):
        """Wait until a script has a value that is true; return it."""
        deadline = time.monotonic() + TIMEOUT
        while not (value := self.evaluate(script)):
            if time.monotonic() > deadline:
                raise TimeoutError(script)
            time.sleep(0.01)
        return value


@contextlib.contextmanager
def open_calls(program, address, database):
    """Open the list of calls in Chromium, as the user of the phones."""
    with tempfile.TemporaryDirectory() as folder:
        command = [program, *FLAGS, f"--user-data-dir={folder}", "about:blank"]
        quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
        process = subprocess.Popen(command, **quiet)
        try:
            chromium = Chromium(find_port(Path(folder)))
            login = {"db": database, "login": "admin", "password": "admin"}
            session = requests.Session()
            session.post(
                f"{address}/web/session/authenticate", json={"params": login}, timeout=TIMEOUT
            )
            for name, value in session.cookies.items():
                chromium.send_command("Network.setCookie", name=name, value=value, url=address)
            chromium.send_command("Page.navigate", url=f"{address}/odoo/calls")
            chromium.wait(READY)
            time.sleep(5)  # for the bus to connect
            chromium.evaluate(WATCH)
            yield chromium
        finally:
            process.terminate()
            process.wait(TIMEOUT)


def find_port(folder):
    """Wait for the file in which the browser writes its port; return the port."""
    file, deadline = folder / "DevToolsActivePort", time.monotonic() + TIMEOUT
    while not (file.exists() and (lines := file.read_text().splitlines())):
        if time.monotonic() > deadline:
            raise TimeoutError("the browser did not start")
        time.sleep(0.05)
    return lines[0]


def ring(address, token, secret, number):
    """Report an incoming call of a contact; return when the request was sent."""
    scene = Scene(f"+4930{10000000 + number}", "+493023125610", ["100"])
    [(_delay, event), *_later] = play("answered", scene, f"popup-{number}-{time.time_ns()}")
    body, timestamp = json.dumps(event).encode(), str(int(time.time()))
    headers = {
        "Content-Type": "application/json",
        TIMESTAMP_HEADER: timestamp,
        SIGNATURE_HEADER: sign(secret, timestamp, body),
    }
    return post(f"{address}/call_handling/pbx/{token}", body, headers)


def post(url, body=b"", headers=None):
    """Send a request; return when it was sent."""
    started = time.time()
    requests.post(url, body, headers=headers, timeout=TIMEOUT).raise_for_status()
    return started


def measure(chromium, address, token, secret):
    """Return by kind how many seconds after each call it was seen."""
    seconds = {"a bare message": [], "the card's message": [], "the card": []}
    for number in range(1, WARM_UP + CALLS + 1):
        bare = post(f"{address}/call_bench/bus/{ADMIN_ID}")
        bare = chromium.wait("window.seen.bare") - bare
        started = ring(address, token, secret, number)
        card = chromium.wait(f"window.seen['card Contact {number}']") - started
        message = chromium.wait("window.seen.message") - started
        chromium.evaluate(CLEAR)
        for name, value in zip(seconds, (bare, message, card), strict=True):
            seconds[name].append(value)
    return {name: values[WARM_UP:] for name, values in seconds.items()}


def main(program, address, database, token, secret):
    """Measure and print the table.

    :return: exit status, or a message if the card appears too late
    """
    with open_calls(program, address, database) as chromium:
        results = measure(chromium, address, token, secret)
    print(f"\n{CALLS} calls\n{'in the browser after':<22}{'median ms':>10}{'p95 ms':>10}")
    for name, values in results.items():
        last = statistics.quantiles(values, n=20)[18]
        print(f"{name:<22}{statistics.median(values) * 1000:>10.0f}{last * 1000:>10.0f}")
    return 0 if last < MAX_SECONDS else f"The card takes more than {MAX_SECONDS} seconds."


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
