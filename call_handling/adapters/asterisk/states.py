"""What Asterisk reports about its phones, by itself and when the relay asks for all of them.

=======================  =====================================================================
``DeviceStateChange``    a device, ``PJSIP/101``, or FreePBX's switch for "do not disturb",
                         ``Custom:DND101``
``ExtensionStatus``      an extension with a hint, which may stand for several devices
``PresenceStatus``       the presence of an extension with a hint
``PresenceStateChange``  the same, of ``CustomPresence:101``
=======================  =====================================================================

In FreePBX, the switch is a part of the hint: the extension is then "Busy", though nobody speaks.
Recorded on Asterisk 22; https://docs.asterisk.org/Latest_API/API_Documentation/AMI_Events/.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime

from ..reading import text
from ..settings import Settings
from ..states import PhoneReport, PhoneState
from ..times import read_time

EVENTS = frozenset(
    {"DeviceStateChange", "ExtensionStatus", "PresenceStatus", "PresenceStateChange"}
)
DEVICE_STATES = {
    "NOT_INUSE": PhoneState.FREE,
    "RINGING": PhoneState.RINGING,
    "INUSE": PhoneState.TALKING,
    "RINGINUSE": PhoneState.TALKING,
    "ONHOLD": PhoneState.TALKING,
    "BUSY": PhoneState.TALKING,
    "UNAVAILABLE": PhoneState.OFFLINE,
}
EXTENSION_STATES = {
    "Idle": PhoneState.FREE,
    "Ringing": PhoneState.RINGING,
    "InUse": PhoneState.TALKING,
    "InUse&Ringing": PhoneState.TALKING,
    "Hold": PhoneState.TALKING,
    "InUse&Hold": PhoneState.TALKING,
    "Busy": PhoneState.TALKING,
    "Unavailable": PhoneState.OFFLINE,
}
SWITCHED_ON = frozenset({"BUSY", "INUSE"})
DND = "dnd"

_SWITCH = re.compile(r"Custom:DND(?P<extension>.+)", re.IGNORECASE)
_PRESENCE = re.compile(r"CustomPresence:(?P<extension>.+)", re.IGNORECASE)
_DEVICE = re.compile(r"(?!Local/)\w+/(?P<name>[^/]+)", re.IGNORECASE)


def read_states(item: Mapping, settings: Settings, received_at: datetime) -> list[PhoneReport]:
    """Return what one event of the manager interface reports about phones.

    :param item: the headers of an event of :data:`EVENTS`, by name
    """
    at = received_at
    if stamp := text(item, "Timestamp"):
        at = read_time(stamp, settings.tz, received_at)
    phone, state, is_dnd = _READERS[text(item, "Event")](item)
    if not phone or (state is None and is_dnd is None):
        return []
    # The register knows whose devices have other names than their extensions.
    peer = settings.find_peer(phone, at)
    if peer and peer.is_trunk:
        return []
    return [PhoneReport(peer.extension if peer else phone, at, state, is_dnd)]


def _device(item: Mapping):
    device, state = text(item, "Device") or "", (text(item, "State") or "").upper()
    if switch := _SWITCH.fullmatch(device):
        return switch["extension"], None, state in SWITCHED_ON
    phone = _DEVICE.fullmatch(device)
    return phone and phone["name"], DEVICE_STATES.get(state), None


def _extension(item: Mapping):
    status, hint = text(item, "StatusText") or "", text(item, "Hint") or ""
    if status == "Busy" and "custom:dnd" in hint.lower():
        return None, None, None  # the switch, or a call: both report it themselves
    return text(item, "Exten"), EXTENSION_STATES.get(status), None


def _presence(item: Mapping):
    return text(item, "Exten"), None, (text(item, "Status") or "").lower() == DND


def _custom_presence(item: Mapping):
    phone = _PRESENCE.fullmatch(text(item, "Presentity") or "")
    return phone and phone["extension"], None, (text(item, "Status") or "").lower() == DND


_READERS = {
    "DeviceStateChange": _device,
    "ExtensionStatus": _extension,
    "PresenceStatus": _presence,
    "PresenceStateChange": _custom_presence,
}
