"""``--check``: tries both ends and says what is wrong, in words one can act on."""

from __future__ import annotations

import os
import sqlite3
import time

from .ami import Ami, AmiError, Message
from .config import Config
from .events import READ_RIGHTS
from .receiver import LIST_ACTION
from .store import Store
from .webhook import Verdict, Webhook

ENOUGH = {"call", "dialplan"}  # classes of events that every call has


class Check:
    """What was found. Faults keep the relay from working, hints do not.

    :param seconds: how long to listen for events of a call
    """

    def __init__(self, config: Config, seconds: int):
        self.config = config
        self.seconds = seconds
        self.faults = 0

    def run(self) -> int:
        """Try everything; return the exit status."""
        self._check_folder()
        self._check_odoo()
        self._check_asterisk()
        if self.faults:
            print(f"\n{self.faults} to be set right.")
            return 1
        print("\nReady.")
        return 0

    def _good(self, told: str) -> None:
        print(f"ok     {told}")

    def _hint(self, told: str) -> None:
        print(f"hint   {told}")

    def _fault(self, told: str) -> None:
        self.faults += 1
        print(f"FAULT  {told}")

    def _check_folder(self) -> None:
        folder = self.config.folder
        if not folder.is_dir() or not os.access(folder, os.W_OK):
            self._fault(f"The folder {folder} is not there, or cannot be written by this user.")
            return
        try:
            store = Store(folder)
        except sqlite3.Error as error:
            self._fault(f"The folder {folder} cannot be used: {error}.")
            return
        count, aside = store.waiting()[0], len(store.aside())
        store.close()
        self._good(f"The folder {folder} can be used; {count} events wait in it.")
        if aside:
            self._hint(f"{aside} events are set aside: call-handling-relay --status lists them.")

    # --- Odoo ------------------------------------------------------------------------

    def _check_odoo(self) -> None:
        webhook = Webhook(self.config.address, self.config.odoo_secret, self.config.database)
        answer = webhook.send_heartbeat()
        webhook.close()
        if answer.verdict is Verdict.CONFIRMED:
            self._good(f"Odoo at {webhook.where} takes signed events.")
        else:
            self._fault(answer.reason)

    # --- Asterisk --------------------------------------------------------------------

    def _check_asterisk(self) -> None:
        config = self.config
        try:
            with Ami(config.asterisk_host, config.asterisk_port) as ami:
                ami.login(config.asterisk_username, config.asterisk_secret)
                self._good(f"Asterisk at {ami.where} lets {config.asterisk_username!r} in.")
                ami.send("CoreShowChannels", ActionID=LIST_ACTION)
                self._judge(self._listen(ami))
        except AmiError as error:
            self._fault(str(error))

    def _listen(self, ami: Ami) -> list[Message]:
        """Messages of some seconds; fewer if a call was seen before that."""
        print(f"       Make a call now: listening for up to {self.seconds} seconds …", flush=True)
        messages: list[Message] = []
        until = time.monotonic() + self.seconds
        while time.monotonic() < until and not _has_seen_call(messages):
            messages += ami.read(0.5)
        return messages

    def _judge(self, messages: list[Message]) -> None:
        self._judge_list(messages)
        events = [message for message in messages if "Privilege" in message]
        seen = _classes(events)
        if not seen & READ_RIGHTS.keys():
            self._hint(
                "No event of a call was seen. If you made one: manager.conf must have "
                f"read = {','.join(READ_RIGHTS)} for {self.config.asterisk_username!r}."
            )
        for right in sorted(ENOUGH - seen) if seen & READ_RIGHTS.keys() else ():
            self._fault(
                f"Asterisk does not send events of the class {right}: {READ_RIGHTS[right]} would "
                f"be known. Add {right} to the user's read line in manager.conf."
            )
        if seen >= ENOUGH:
            self._good("Events of calls arrive.")
        if events and not any("Timestamp" in event for event in events):
            self._fault(
                "Asterisk sends events without their time. Set timestampevents = yes in the "
                "section [general] of manager.conf."
            )

    def _judge_list(self, messages: list[Message]) -> None:
        answers = [message for message in messages if message.get("ActionID") == LIST_ACTION]
        if any(message.get("Response") == "Error" for message in answers):
            self._fault(
                "Asterisk does not tell which channels there are. Add write = reporting to the "
                "user's section in manager.conf; it allows nothing but such questions."
            )


def _classes(events: list[Message]) -> set[str]:
    return {name for event in events for name in str(event["Privilege"]).split(",")}


def _has_seen_call(messages: list[Message]) -> bool:
    return _classes([message for message in messages if "Privilege" in message]) >= ENOUGH
