"""Commands of Odoo: dial, hang up, transfer, record. The relay fetches them: no port is opened.

It asks with a signed request that Odoo may answer later, when there is a command. What a command
must be like to be carried out:

* it is signed with the secret that Odoo and the relay share, so that no proxy can change it;
* it answers the request that was just sent, so that no recorded answer works;
* it is not older than Odoo says it may be. How long it was on the way is measured here, with a
  clock that nobody sets;
* it was never carried out before. That it will be is on the disk before it is done, so that
  nothing is done twice, whenever the relay is killed;
* the settings allow it: see :mod:`.config`.

The protocol is described in Odoo's part, ``adapters/commands.py``.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import logging
import secrets
import socket
import sqlite3
import threading
import time

from .actions import Actions, Failed, Reason
from .config import Config
from .damage import damage_detected
from .pauses import Pauses
from .store import Store
from .webhook import Verdict, Webhook

WAIT = 20  # seconds that Odoo may wait with its answer; less than the timeout of a request
CLOCKS_DIFFER = 300  # seconds; as Odoo accepts signatures
LONGEST = 60  # seconds of the longest life of a command
MAX_RESULTS = 50  # in one request

_logger = logging.getLogger(__name__)


class Commander:
    """Asks Odoo for commands, carries them out, and reports what became of them.

    :param config: the settings
    :param stop: is set when the relay must stop
    """

    def __init__(self, config: Config, stop: threading.Event):
        self.config = config
        self.stop = stop
        self.webhook = Webhook(config.commands_address, config.odoo_secret, config.database)
        # of this relay, and of no other one with the same settings
        place = f"{socket.gethostname()} {config.folder.absolute()}"
        self.name = hashlib.sha256(place.encode()).hexdigest()[:16]
        self.pauses = Pauses(1, 60)
        self.actions = Actions(config)

    def run(self) -> None:
        """Ask for commands until the relay must stop.

        :raise sqlite3.Error: the file of the relay cannot be used
        """
        self.store = Store(self.config.folder)
        try:
            self.store.end_interrupted(Reason.INTERRUPTED.value)
            while not self.stop.is_set():
                if pause := self.step():
                    self.stop.wait(pause)
        finally:
            self.webhook.close()
            self.store.close()

    def interrupt(self) -> None:
        """End the request that waits for an answer. Another thread calls this."""
        self.webhook.interrupt()

    def step(self) -> float:
        """Ask once, and carry out what Odoo wants.

        :return: seconds to wait before the next request; 0: none
        """
        try:
            with damage_detected():
                return self._ask()
        except sqlite3.Error as error:
            # What is not on the disk could be done twice, so nothing is done.
            text = "No commands are carried out, because %s cannot be used: %s. Check the disk."
            _logger.error(text, self.config.folder, error)  # noqa: TRY400 - the text is complete
            return self.pauses.next()

    def _ask(self) -> float:
        results = self.store.results(MAX_RESULTS)
        nonce, sent = secrets.token_urlsafe(16), time.monotonic()
        answer, content = self.webhook.ask_for_commands(
            {
                "nonce": nonce,
                "relay": self.name,
                "wait": WAIT,
                "allow": sorted(self.config.allowed),
                "results": results,
            }
        )
        if answer.verdict is not Verdict.CONFIRMED:
            return self._report_failure(answer)
        self.pauses.reset()
        self.store.forget_results([result["id"] for result in results])
        for item in _as_list(content.get("commands")):
            self._handle(item, nonce, sent)
        return min(_as_number(content.get("pause")), 60)

    def _report_failure(self, answer) -> float:
        pause = max(self.pauses.next(), answer.wait)
        if not self.stop.is_set():
            text = "%s No commands are fetched. Next attempt in %.1f seconds."
            level = logging.ERROR if answer.verdict is Verdict.REFUSED else logging.WARNING
            _logger.log(level, text, answer.reason, pause)
        return pause

    # --- a command ---------------------------------------------------------------------

    def _handle(self, item, nonce: str, sent: float) -> None:
        """Carry out a command, if it is genuine, in time, new and allowed."""
        command = read_command(item, self.config.odoo_secret, nonce)
        if not command:
            _logger.error("Odoo sent a command that is not from Odoo. It is not carried out.")
            return
        identifier, action = command["id"], str(command.get("action"))
        if not self.store.begin_command(identifier):
            _logger.warning("A command came twice. It is carried out once.")
            return
        try:
            self._carry_out(action, command, sent)
        except Failed as failure:
            text = "A command (%s) was not carried out: %s."
            _logger.warning(text, action, failure.reason.value)
            self.store.end_command(identifier, failure.reason.value, failure.detail)
        else:
            _logger.info("A command (%s) was carried out.", action)
            self.store.end_command(identifier, "", "")

    def _carry_out(self, action: str, command: dict, sent: float) -> None:
        """
        :raise Failed: it was not done
        """
        deadline = find_deadline(command, sent)
        if time.monotonic() >= deadline:
            raise Failed(Reason.EXPIRED)
        if action not in self.config.allowed:
            raise Failed(Reason.NOT_ALLOWED)
        self.actions.do(action, command, deadline)


def read_command(item, secret: str, nonce: str) -> dict | None:
    """Return a command that Odoo has signed as the answer to a request.

    :param item: as it arrived
    :param secret: that Odoo and the relay share
    :param nonce: of the request
    :return: ``None`` if it is not genuine
    """
    if not isinstance(item, dict):
        return None
    text, signature = item.get("command"), item.get("signature")
    if not isinstance(text, str) or not isinstance(signature, str):
        return None
    if not hmac.compare_digest(signature.encode(), sign(secret, text).encode()):
        return None
    try:
        command = json.loads(text)
    except ValueError:
        return None
    is_answer = isinstance(command, dict) and command.get("nonce") == nonce
    return command if is_answer and isinstance(command.get("id"), str) else None


def sign(secret: str, text: str) -> str:
    """Return the signature of a command.

    :param secret: that Odoo and the relay share
    :param text: the command, in JSON
    """
    signed = b"command." + text.encode()
    return "v1=" + hmac.new(secret.encode(), signed, hashlib.sha256).hexdigest()


def find_deadline(command: dict, sent: float) -> float:
    """Return until when a command may be carried out.

    By the clock that counts from the start of the machine: how long Odoo has waited before it
    answered, and how long the command was valid then, is in the command.

    :param command: it is genuine
    :param sent: when the request was sent that it answers, by the same clock
    """
    names = ("now", "expires", "waited")
    now, expires, waited = (_as_number(command.get(name), None) for name in names)
    if None in (now, expires, waited) or abs(time.time() - now) > CLOCKS_DIFFER:
        return float("-inf")
    return sent + waited + min(expires - now, LONGEST)


def _as_list(value) -> list:
    return value if isinstance(value, list) else []


def _as_number(value, default: float | None = 0):
    is_number = isinstance(value, (int, float)) and not isinstance(value, bool)
    return value if is_number else default
