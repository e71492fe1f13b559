"""``--check``: tests the connections to Odoo and Asterisk and explains how to fix problems."""

from __future__ import annotations

import contextlib
import os
import pwd
import sqlite3
import time
from pathlib import Path

from . import clock
from .actions import PATIENCE, Failed, Reason, Session, open_session
from .ami import Ami, AmiError, Message
from .config import Config
from .events import READ_RIGHTS
from .receiver import LIST_ACTION
from .store import Store
from .webhook import Verdict, Webhook

ENOUGH = {"call", "dialplan"}  # classes of events that occur in every call
# Command -> what is asked of Asterisk, and the right that it needs
RIGHTS = {
    "dial": ("Originate", "originate"),
    "hang_up": ("Hangup", "call"),
    "transfer": ("Redirect", "call"),
    "record": ("MixMonitor", "system"),
    "pause_recording": ("MixMonitorMute", "call"),
    "resume_recording": ("MixMonitorMute", "call"),
    "stop_recording": ("StopMixMonitor", "call"),
}


class Check:
    """A check of the folder, of Odoo and of Asterisk that prints what it finds.

    Errors keep the relay from working, hints do not.

    :param config: the settings to check
    :param seconds: how long to listen for the events of a call
    """

    def __init__(self, config: Config, seconds: int):
        self.config = config
        self.seconds = seconds
        self.errors = 0

    def run(self) -> int:
        """Check everything and print the results.

        :return: exit status: 0 if the relay can be started, 1 if there are errors
        """
        self._check_folder()
        self._check_recordings()
        self._check_odoo()
        self._check_asterisk()
        if self.config.allowed:
            self._check_commands()
        if self.errors:
            print(f"\nNot ready. Errors to fix: {self.errors}. Then run --check again.")
            return 1
        print("\nReady. The relay can be started.")
        return 0

    def _ok(self, text: str) -> None:
        print(f"ok     {text}")

    def _hint(self, text: str) -> None:
        print(f"hint   {text}")

    def _error(self, text: str) -> None:
        self.errors += 1
        print(f"ERROR  {text}")

    def _check_folder(self) -> None:
        folder = self.config.folder
        if not _is_usable(folder):
            user = pwd.getpwuid(os.geteuid()).pw_name
            self._error(
                f"The folder {folder} does not exist or cannot be written by this user. Run as "
                f"root: install -d -o {user} -m 700 {folder}, or correct the setting folder of "
                "[relay]."
            )
            return
        try:
            store = Store(folder)
        except sqlite3.Error as error:
            self._error(
                f"The folder {folder} cannot be used: {error}. Check its permissions and the free "
                "space on its disk."
            )
            return
        count, aside = store.waiting()[0], len(store.aside())
        store.close()
        self._ok(f"The folder {folder} can be used. Events waiting to be sent: {count}.")
        if aside:
            self._hint(f"Events set aside: {aside}. List them with call-handling-relay --status.")

    def _check_recordings(self) -> None:
        for folder in filter(None, (self.config.recordings, self.config.mailboxes)):
            if os.access(folder, os.R_OK | os.X_OK):
                self._ok(f"The folder {folder} can be read.")
            else:
                user = pwd.getpwuid(os.geteuid()).pw_name
                self._error(
                    f"The folder {folder} does not exist or cannot be read by this user. Run as "
                    f"root: usermod -aG asterisk {user}, or correct the settings of [recordings]."
                )

    # --- Odoo ------------------------------------------------------------------------

    def _check_odoo(self) -> None:
        webhook = Webhook(self.config.address, self.config.odoo_secret, self.config.database)
        answer = webhook.send_heartbeat()
        webhook.close()
        if answer.verdict is Verdict.CONFIRMED:
            self._ok(f"Odoo at {webhook.where} accepts signed events.")
            offset = webhook.clock_offset or 0
            if abs(offset) > clock.DIFFERS:
                self._error(f"But {clock.describe(offset, webhook.where)}")
        else:
            self._error(answer.reason)

    # --- commands --------------------------------------------------------------------

    def _check_commands(self) -> None:
        """Check what commands need, without doing anything."""
        webhook = Webhook(
            self.config.commands_address, self.config.odoo_secret, self.config.database
        )
        about = {"nonce": "check", "wait": 0, "allow": sorted(self.config.allowed), "test": True}
        answer, _content = webhook.ask_for_commands(about)
        webhook.close()
        if answer.verdict is Verdict.CONFIRMED:
            self._ok(f"Odoo at {webhook.where} can be asked for commands.")
        else:
            self._error(f"Odoo cannot be asked for commands: {answer.reason}")
        try:
            with open_session(self.config) as ami:
                session = Session(ami, time.monotonic() + 2 * PATIENCE)
                for command in sorted(self.config.allowed):
                    self._check_right(session, command)
        except AmiError as error:
            self._error(str(error))

    def _check_right(self, session: Session, command: str) -> None:
        """Ask Asterisk to do something without saying with what: it refuses, and the reason says
        whether it would be allowed."""
        action, right = RIGHTS[command]
        try:
            session.act(action)
        except Failed as failure:
            if failure.reason is Reason.UNAUTHORIZED:
                self._error(
                    f"Asterisk does not allow {self.config.writer!r} to {command}. Add {right} to "
                    "the user's write line in manager.conf."
                )
            elif failure.reason is Reason.REFUSED:
                self._ok(f"Asterisk allows {self.config.writer!r} to {command}.")
            else:
                self._error(f"Asterisk does not answer whether it would {command}.")

    # --- Asterisk --------------------------------------------------------------------

    def _check_asterisk(self) -> None:
        config = self.config
        try:
            with Ami(config.asterisk_host, config.asterisk_port) as ami:
                ami.login(config.asterisk_username, config.asterisk_secret)
                self._ok(f"Asterisk at {ami.where} accepts {config.asterisk_username!r}.")
                ami.send("CoreShowChannels", ActionID=LIST_ACTION)
                self._judge(self._listen(ami))
        except AmiError as error:
            self._error(str(error))

    def _listen(self, ami: Ami) -> list[Message]:
        """Return the messages of the next seconds; stop early once a call was seen."""
        print(f"       Make a call now. Listening for up to {self.seconds} seconds …", flush=True)
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
                "No call was seen. If you made one, set "
                f"read = {','.join(READ_RIGHTS)} for {self.config.asterisk_username!r} in "
                'manager.conf, and run asterisk -rx "manager reload".'
            )
        for right in sorted(ENOUGH - seen) if seen & READ_RIGHTS.keys() else ():
            self._error(
                f"Asterisk does not send events of the class {right}: Odoo would show "
                f"{READ_RIGHTS[right]}. Add {right} to the user's read line in manager.conf."
            )
        if seen >= ENOUGH:
            self._ok("Asterisk sends the events of calls.")
        if events and not any("Timestamp" in event for event in events):
            self._error(
                "Asterisk sends events without their time. Set timestampevents = yes in the "
                "section [general] of manager.conf."
            )

    def _judge_list(self, messages: list[Message]) -> None:
        answers = [message for message in messages if message.get("ActionID") == LIST_ACTION]
        if any(message.get("Response") == "Error" for message in answers):
            self._error(
                "Asterisk does not allow this user to list the open channels. Add "
                "write = reporting to the user's section in manager.conf; it only allows queries."
            )


def _is_usable(folder: Path) -> bool:
    """Return whether a folder exists, or could be created as the relay does it, and can be used."""
    with contextlib.suppress(OSError):
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    return folder.is_dir() and os.access(folder, os.W_OK)


def _classes(events: list[Message]) -> set[str]:
    return {name for event in events for name in str(event["Privilege"]).split(",")}


def _has_seen_call(messages: list[Message]) -> bool:
    return _classes([message for message in messages if "Privilege" in message]) >= ENOUGH
