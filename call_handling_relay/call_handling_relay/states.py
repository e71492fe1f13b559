"""Passes on what phones do: free, ringing, talking, do not disturb.

Asterisk reports it with the rights that the relay has anyway. After connecting it is asked for the
first picture; then only changes are passed on, and as they are: Odoo decides what they mean.

https://docs.asterisk.org/Latest_API/API_Documentation/AMI_Events/DeviceStateChange/,
.../ExtensionStatus/, .../PresenceStatus/, .../PresenceStateChange/
"""

from __future__ import annotations

from collections.abc import Callable

from .ami import Ami, Message
from .peers import DEVICE

ACTION = "call-handling-states"  # ActionID of our question
# Event -> the headers that name what it is about. What is not listed here is not passed on.
SUBJECTS = {
    "DeviceStateChange": ("Device",),
    "ExtensionStatus": ("Exten", "Context"),
    "PresenceStatus": ("Exten", "Context"),
    "PresenceStateChange": ("Presentity",),
}
CUSTOM = "Custom:"  # devices that the dial plan makes up, such as FreePBX's Custom:DND101
# Not part of what an event says.
INCIDENTAL = frozenset({"ActionID", "Timestamp", "Privilege"})


class States:
    """Passes on the states of phones, whenever one has changed.

    :param report: receives events
    """

    def __init__(self, report: Callable[[Message], None]):
        self.report = report
        self._known: dict[tuple[str, ...], Message] = {}

    def start(self, ami: Ami) -> None:
        """Ask for the first picture, over a new connection. That of extensions and devices is in
        the answers to the questions about phones and trunks.

        :param ami: logged in
        """
        self._known = {}
        ami.send("PresenceStateList", ActionID=ACTION)

    def see(self, message: Message) -> None:
        """Pass on an event, or a part of a list, if it says something new.

        :param message: values by header
        """
        subject = SUBJECTS.get(str(message.get("Event")))
        if not subject or not _is_phone(message):
            return
        key = (str(message["Event"]), *(str(message.get(name)) for name in subject))
        said = {name: value for name, value in message.items() if name not in INCIDENTAL}
        if self._known.get(key) == said:
            return
        self._known[key] = said
        self.report({name: value for name, value in message.items() if name != "ActionID"})


def _is_phone(message: Message) -> bool:
    """Return whether an event is not about a queue, a mailbox or a conference."""
    device = message.get("Device")
    return device is None or bool(DEVICE.match(str(device))) or str(device).startswith(CUSTOM)
