"""Asks Asterisk what is known about its devices: which are phones, which are trunks.

All of it can be asked with the right ``reporting``. The relay only passes on facts; Odoo decides
what follows from them. It never asks for a secret, and of the answers it keeps only the headers
named here: the list of registrations, for example, has passwords in it.

https://docs.asterisk.org/Latest_API/API_Documentation/AMI_Actions/ExtensionStateList/,
.../DeviceStateList/, .../PJSIPShowRegistrationsOutbound/, .../DBGetTree/, .../Getvar/;
https://docs.asterisk.org/Latest_API/API_Documentation/Dialplan_Functions/PJSIP_ENDPOINT/,
.../PJSIP_AOR/
"""

from __future__ import annotations

import logging
import re
import time
from collections.abc import Callable

from .ami import Ami, Message

PREFIX = "call-handling-peers"  # of the ActionIDs of our questions
# Seconds from one complete round of questions to the next, the last one again and again. An
# Asterisk that has just started answers before it knows its devices.
PAUSES = (30, 120, 600, 3600)
PATIENCE = 60  # seconds for a round in which no answer arrives
DEVICES_PER_MESSAGE = 50

# Action -> its other headers.
LISTS = {
    "ExtensionStateList": {},
    "DeviceStateList": {},
    "PJSIPShowRegistrationsOutbound": {},
    "DBGetTree": {"Family": "DEVICE"},  # FreePBX
}
# Option of an endpoint -> name of the fact. Of the log-ins only whether there is one is kept.
OPTIONS = {
    "context": "Context",
    "callerid": "CallerID",
    "auth": "Auth",
    "outbound_auth": "OutboundAuth",
    "aors": "aors",
}
YES_OR_NO = ("Auth", "OutboundAuth")

# Names that cannot mean anything else in a question.
SAFE = re.compile(r"[\w.+@-]{1,80}", re.ASCII)
# "PJSIP/alice", and the channels of it: "PJSIP/alice-0000002a"
DEVICE = re.compile(r"(?:PJSIP|SIP|IAX2)/[^/&,;]+", re.ASCII)
CHANNEL = re.compile(rf"(?P<device>{DEVICE.pattern}?)-[0-9a-f]+", re.IGNORECASE)

_logger = logging.getLogger(__name__)


class Peers:
    """Asks about all devices at each connection and every hour, and about a new one as soon as
    it is seen; reports what is new.

    :param report: receives messages for Odoo, and the moment of which they are true in Unix
        seconds
    """

    def __init__(self, report: Callable[[Message, float], None]):
        self.report = report
        self.ami: Ami | None = None
        self._reported: dict[str, dict] = {}
        self._reset()

    def _reset(self) -> None:
        self._wanted: dict[str, float] = {}
        self._seen: set[str] = set()
        self._shared: set[str] = set()
        self._has_complained = False
        self._round = 0
        self._next_complete = 0.0
        self._pauses = list(PAUSES)
        self._end_round()

    def _end_round(self) -> None:
        self._waiting: set[str] = set()
        self._todo: list[str] = []
        self._facts: dict[str, dict] = {}
        self._current: str | None = None

    # --- when to ask -----------------------------------------------------------------

    def start(self, ami: Ami) -> None:
        """Begin to ask, over a new connection.

        :param ami: logged in
        """
        self.ami = ami
        self._reported = {}
        self._reset()

    def see(self, event: Message, moment: float) -> None:
        """Note the device of a channel: a new one is asked about, and one that is shared, since
        somebody else may be logged on at it.

        :param event: with the name of the channel
        :param moment: when it happened, in Unix seconds
        """
        match = CHANNEL.fullmatch(str(event.get("Channel")))
        if not match:
            return
        device = match["device"]
        if device not in self._seen or device in self._shared:
            self._seen.add(device)
            self._wanted.setdefault(device, moment)

    def step(self) -> None:
        """Begin a round of questions if it is time."""
        if not self.ami:
            return
        now = time.monotonic()
        if self._is_asking:
            if now - self._last_answer > PATIENCE:
                _logger.warning("Asterisk does not answer what is known about its phones.")
                self._end_round()
            return
        if now >= self._next_complete:
            pause = self._pauses.pop(0) if len(self._pauses) > 1 else self._pauses[0]
            self._next_complete = now + pause
            self._begin_round(None, time.time())
        elif self._wanted:
            wanted, self._wanted = self._wanted, {}
            self._begin_round(set(wanted), min(wanted.values()))

    @property
    def _is_asking(self) -> bool:
        return bool(self._waiting or self._todo)

    # --- a round: lists first, then one device after the other --------------------------

    def _begin_round(self, only: set[str] | None, moment: float) -> None:
        self._end_round()
        self._round += 1
        self._only = only
        self._moment = moment
        self._hints: list[dict] = []
        self._devices: set[str] = set()
        self._registers: set[str] = set()
        self._tree: dict[str, dict] = {}
        for action, headers in LISTS.items():
            self._ask(action, action, **headers)

    def _ask(self, key: str, action: str, **headers: str) -> None:
        action_id = f"{PREFIX}-{self._round}-{key}"
        self._waiting.add(action_id)
        self._last_answer = time.monotonic()
        self.ami.send(action, ActionID=action_id, **headers)

    def handle(self, message: Message) -> bool:
        """Take in an answer.

        :param message: values by header
        :return: whether it was one to our questions
        """
        action_id = str(message.get("ActionID", ""))
        if not action_id.startswith(PREFIX):
            return False
        if action_id in self._waiting:
            self._last_answer = time.monotonic()
            key = action_id.removeprefix(f"{PREFIX}-{self._round}-")
            self._take(key, message)
            if self._is_complete(key, message):
                self._waiting.discard(action_id)
                self._go_on()
        return True

    def _take(self, key: str, message: Message) -> None:
        if message.get("Response") == "Error":
            self._complain(message)
        elif key not in LISTS:
            self._facts[self._current][key] = str(message.get("Value") or "")
        elif message.get("Event") == "ExtensionStatus":
            self._hints.append({name: str(message.get(name, "")) for name in ("Exten", "Hint")})
        elif message.get("Event") == "DeviceStateChange":
            self._devices.add(str(message.get("Device")))
        elif message.get("Event") == "OutboundRegistrationDetail":
            self._registers.add(f"PJSIP/{message.get('Endpoint')}")
        elif message.get("Event") == "DBGetTreeResponse":
            _family, device, name = f"{message.get('Key')}//".strip("/").split("/", 2)
            self._tree.setdefault(device, {})[name.strip("/")] = str(message.get("Val"))

    def _complain(self, message: Message) -> None:
        if message.get("Message") == "Permission denied" and not self._has_complained:
            self._has_complained = True
            _logger.warning(
                "Asterisk does not say which devices are phones and which are trunks: its user "
                "has no right to ask (write = reporting). Enter them in Odoo."
            )

    @staticmethod
    def _is_complete(key: str, message: Message) -> bool:
        """Return whether nothing more follows: a list ends with an event of its own."""
        is_list = key in LISTS and message.get("Response") == "Success"
        return message.get("EventList") == "Complete" or ("Response" in message and not is_list)

    def _go_on(self) -> None:
        if self._waiting:
            return
        if self._current is None:
            self._todo = sorted(self._find_devices())
        elif self._needs_limit():
            return
        while self._todo:
            self._current = self._todo.pop()
            self._facts[self._current] = {}
            if self._ask_about(self._current):
                return
        self._finish()

    def _find_devices(self) -> set[str]:
        """Return the devices to ask about."""
        found = set(self._devices) | self._seen
        found.update(device for hint in self._hints for device in _hinted(hint))
        found.update(entry.get("dial", "") for entry in self._tree.values())
        found = {device for device in found if DEVICE.fullmatch(device)}
        self._seen |= found
        return found if self._only is None else found & self._only

    def _ask_about(self, device: str) -> bool:
        """Ask about one device, if that is possible; return whether it is."""
        technology, _slash, name = device.partition("/")
        if technology != "PJSIP" or not SAFE.fullmatch(name):
            return False
        for option in OPTIONS:
            self._ask(option, "Getvar", Variable=f"PJSIP_ENDPOINT({name},{option})")
        return True

    def _needs_limit(self) -> bool:
        """Ask how many devices may register, once it is known under which name."""
        facts = self._facts[self._current]
        name = facts.pop("aors", "").split(",")[0].strip()
        if not SAFE.fullmatch(name):
            return False
        self._ask("MaxContacts", "Getvar", Variable=f"PJSIP_AOR({name},max_contacts)")
        return True

    # --- what is reported ------------------------------------------------------------

    def _finish(self) -> None:
        facts = {device: self._collect(device, own) for device, own in self._facts.items()}
        new = [own for device, own in facts.items() if own != self._reported.get(device)]
        self._reported |= facts
        known = sorted((own for own in new if len(own) > 1), key=lambda own: own["Channel"])
        for start in range(0, len(known), DEVICES_PER_MESSAGE):
            peers = known[start : start + DEVICES_PER_MESSAGE]
            self.report({"Event": "PeerFacts", "Peers": peers}, self._moment)
        self._end_round()

    def _collect(self, device: str, answers: dict) -> dict:
        """Return the facts about a device; only those that say something."""
        facts = {OPTIONS.get(name, name): value for name, value in answers.items()}
        facts |= {name: bool(facts.get(name)) for name in YES_OR_NO}
        facts["Registers"] = device in self._registers
        facts["Hints"] = [hint for hint in self._hints if device in _hinted(hint)]
        for entry in self._tree.values():
            if entry.get("dial") == device:
                facts["Device"] = {"User": entry.get("user", ""), "Type": entry.get("type", "")}
                if entry.get("type") == "adhoc":
                    self._shared.add(device)
        return {"Channel": device} | {name: value for name, value in facts.items() if value}


def _hinted(hint: dict) -> list[str]:
    """Return the devices that a hint shows: ``PJSIP/101&Custom:DND101,CustomPresence:101``."""
    return hint["Hint"].split(",")[0].split("&")
