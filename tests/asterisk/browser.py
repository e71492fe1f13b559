"""Plays a recording in Chromium, as the player of a call does."""

import contextlib
import json
import subprocess
import tempfile
from pathlib import Path

import requests
import websocket

from tests.relay.process import wait_until
from tools import browser, odoo

TIMEOUT = 60  # seconds
OPTIONS = (
    "--headless", "--no-sandbox", "--disable-gpu", "--no-first-run", "--mute-audio",
    "--disable-background-networking", "--disable-component-update", "--disable-sync",
    "--autoplay-policy=no-user-gesture-required", "--remote-debugging-port=0",
    "--remote-allow-origins=*",
)  # fmt: skip
PLAY = """
(async () => {
    const sound = new Audio(%(path)s);
    const wait = (name) => new Promise((done, fail) => {
        sound.addEventListener(name, done, { once: true });
        sound.addEventListener("error", () => fail(sound.error.message), { once: true });
    });
    await wait("loadedmetadata");
    sound.currentTime = %(start)s;
    await wait("seeked");
    const place = sound.currentTime;
    await sound.play();
    await wait("timeupdate");
    sound.pause();
    return [sound.duration, place, sound.currentTime];
})()
"""


def play(client, path, start):
    """Play a sound from some point on.

    :param Client client: who listens
    :param str path: of the sound, on its server
    :param float start: in seconds
    :return: length of the sound, where it was played from, and where it was when it was stopped;
        in seconds
    :rtype: list[float]
    """
    with _page() as ask:
        cookie = {"name": "session_id", "value": client.session.cookies["session_id"]}
        ask("Network.setCookie", url=client.address, **cookie)
        ask("Page.navigate", url=f"{client.address}/robots.txt")
        script = PLAY % {"path": json.dumps(client.address + path), "start": start}
        answer = ask("Runtime.evaluate", expression=script, awaitPromise=True, returnByValue=True)
        assert "exceptionDetails" not in answer, answer
        return answer["result"]["value"]


@contextlib.contextmanager
def _page():
    """Return a function that sends a command to a page of a new Chromium.

    https://chromedevtools.github.io/devtools-protocol/
    """
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        process = subprocess.Popen(
            [browser.ensure(), *OPTIONS, f"--user-data-dir={folder}", "about:blank"],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        try:
            file = Path(folder, "DevToolsActivePort")
            wait_until(lambda: file.exists() and file.read_text().count("\n"), "Chromium")
            address = f"http://{odoo.HOST}:{file.read_text().splitlines()[0]}/json/list"
            pages = requests.get(address, timeout=TIMEOUT).json()
            (page,) = (each for each in pages if each["type"] == "page")
            connection = websocket.create_connection(page["webSocketDebuggerUrl"], TIMEOUT)
            with contextlib.closing(connection):
                yield lambda method, **values: _ask(connection, method, values)
        finally:
            odoo.stop(process)


def _ask(connection, method, values):
    connection.send(json.dumps({"id": 1, "method": method, "params": values}))
    while (answer := json.loads(connection.recv())).get("id") != 1:
        pass  # an event
    return answer["result"]
