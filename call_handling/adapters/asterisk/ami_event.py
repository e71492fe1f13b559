"""One event of Asterisk's manager interface (AMI), and the meaning of its headers."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime

from ..event import CallEvent, Kind, digest
from ..reading import number, required_text, text
from ..settings import Settings
from ..times import read_time

CHANNEL_UP = "6"

# "PJSIP/101-0000002a", "IAX2/ext101-314", "SIP/trunk-1", "DAHDI/i1/493012-1"
_CHANNEL = re.compile(r"(?P<technology>[^/]+)/(?P<peer>.+?)(?:-[0-9a-f]+)?(?:;\d)?", re.IGNORECASE)
# Channels that are neither a phone nor a connection to the outside: parts of the dial plan,
# announcements, recordings, listeners.
_NOBODY = frozenset(
    {"Local", "Announcer", "CBAnn", "CBRec", "ConfBridgeRecorder", "Recorder", "Snoop"}
    | {"Message", "MulticastRTP", "Parking", "Surrogate", "UnicastRTP", "AsyncGoto"}
)
# "03023125111@trunk", "trunk/03023125111", "trunk/sip:03023125111@provider.example"
_DIALLED_AT = re.compile(r"(?P<number>[^@/:]+)@[^/]+")
_DIALLED_SIP = re.compile(r"(?P<peer>[^/]+)/sips?:(?P<number>[^@;:]+)@.*", re.IGNORECASE)
_DIALLED_BEHIND = re.compile(r"(?P<peer>[^/@]+)/(?P<number>[^/@:]+)")
# https://docs.asterisk.org/Latest_API/API_Documentation/Dialplan_Functions/CALLERID/
_WITHHELD = re.compile(r"CALLERID\(pres\)=prohib", re.IGNORECASE)


class AmiEvent:
    """One AMI event and the meaning of its headers."""

    def __init__(self, headers: Mapping, settings: Settings, received_at: datetime):
        self.headers = headers
        self.settings = settings
        self.uid = f"ami:{digest(headers)}"
        self.at = received_at
        if stamp := text(headers, "Timestamp"):
            self.at = read_time(stamp, settings.tz, received_at)

    def get(self, name: str, default: str | None = None) -> str | None:
        return text(self.headers, name) or default

    def event(self, kind: Kind, prefix: str = "", **values) -> CallEvent:
        """Return an event of the channel that the headers with this prefix describe."""
        leg = required_text(self.headers, f"{prefix}Uniqueid")
        call = required_text(self.headers, f"{prefix}Linkedid")
        about = {"peer": self.peer(prefix)} | values
        if "room" not in about and leg != call:
            # A channel moves to another conversation: both are the same one.
            about = {"alias": leg} | about
        return CallEvent(
            call=call,
            kind=kind,
            at=self.at,
            uid=f"{self.uid}:{kind.value}:{leg}",
            leg=leg,
            **about,
        )

    def up(self, prefix: str = "") -> list[CallEvent]:
        """Return the event that a channel is up, if it is."""
        if self.get(f"{prefix}ChannelState") != CHANNEL_UP or not self.peer(prefix):
            return []
        return [self.event(Kind.PICKED_UP, prefix)]

    def peer(self, prefix: str = "") -> str | None:
        """Return the name of the channel's device or connection; ``None`` if it has none."""
        return read_peer(self.get(f"{prefix}Channel"))

    def is_caller(self) -> bool:
        """Return whether the channel's party has called Asterisk, and was not called by it.

        A channel begins ringing ("Ring") if it calls, and "Down" if it is called.
        """
        return self.get("ChannelStateDesc") == "Ring"

    def dialled_through(self) -> str | None:
        """Return the number that is dialled through a connection to the outside, of an event
        about dialling; ``None`` if a phone itself is called."""
        dialled = self.get("DialString") or ""
        technology, slash, rest = dialled.partition("/")
        if slash and self.get("DestChannel", "").startswith(f"{technology}/"):
            dialled = rest  # queues write the technology before the phone
        if match := _DIALLED_SIP.fullmatch(dialled):
            return match["number"] if match["number"] != match["peer"] else None
        match = _DIALLED_AT.fullmatch(dialled) or _DIALLED_BEHIND.fullmatch(dialled)
        return match["number"] if match else None

    def is_withheld(self) -> bool:
        """Return whether the caller withholds the number, although the network transmits it.

        Known if manager.conf has ``channelvars = CALLERID(pres)``; at first Asterisk reports
        "allowed" for every caller.
        """
        variables = self.headers.get("ChanVariable") or []
        variables = [variables] if isinstance(variables, str) else variables
        return any(_WITHHELD.match(str(variable)) for variable in variables)

    def began_call(self) -> bool:
        """Return whether it is about the channel that began the call."""
        return self.get("Uniqueid") == self.get("Linkedid")

    def dialled(self) -> str | None:
        extension = number(self.headers, "Exten")
        return None if extension == "s" else extension


def read_peer(channel: str | None) -> str | None:
    """Return the device or connection that a channel's name contains: ``101`` in
    ``PJSIP/101-0000002a``; ``None`` if the channel is nobody's.
    """
    match = _CHANNEL.fullmatch(channel or "")
    if not match or match["technology"] in _NOBODY:
        return None
    return match["peer"].split("/")[0]


def read_asked_peer(asked: str | None) -> str | None:
    """Return the device that a request to dial names, such as ``PJSIP/101``; it may be followed
    by what to dial there. ``None`` for ``Local/101@context``.
    """
    technology, slash, rest = (asked or "").partition("/")
    return None if technology in _NOBODY or not slash else rest.split("/")[0] or None
