"""One event of Asterisk's manager interface (AMI), and the meaning of its headers."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime

from ..event import CallEvent, Cause, Kind, digest
from ..reading import number, required_text, text
from ..settings import Settings
from ..times import read_time

CHANNEL_UP = "6"

# "PJSIP/101-0000002a", "IAX2/ext101-314", "SIP/trunk-1", "Local/101@from-queue-5;2"
_CHANNEL = re.compile(r"(?P<technology>[^/]+)/(?P<peer>.+?)(?:-[0-9a-f]+)?(?:;\d)?", re.IGNORECASE)
# A phone is named by its number, perhaps with a word before it.
_PHONE = re.compile(r"[a-z]*[-_]?(\d{2,6})", re.IGNORECASE)
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

    def get(self, name: str) -> str | None:
        return text(self.headers, name)

    def event(self, kind: Kind, prefix: str = "", **values) -> CallEvent:
        """Return an event of the channel that the headers with this prefix describe."""
        leg = required_text(self.headers, f"{prefix}Uniqueid")
        return CallEvent(
            call=required_text(self.headers, f"{prefix}Linkedid"),
            kind=kind,
            at=self.at,
            uid=f"{self.uid}:{kind.value}:{leg}",
            leg=leg,
            extension=self.phone(prefix),
            **values,
        )

    def end_of_call(self, call: str) -> CallEvent:
        """Return the end of a whole call."""
        uid = f"{self.uid}:{Kind.ENDED.value}:{call}"
        return CallEvent(call=call, kind=Kind.ENDED, at=self.at, uid=uid, cause=Cause.NORMAL)

    def phone(self, prefix: str = "") -> str | None:
        """Return the extension whose channel this is; ``None`` for a trunk or no channel."""
        match = _CHANNEL.fullmatch(self.get(f"{prefix}Channel") or "")
        if not match or match["technology"] == "Local":
            return None
        # In a request to dial, the peer may be followed by what to dial there.
        peer = match["peer"].split("/")[0]
        phone = _PHONE.fullmatch(peer)
        return phone[1] if phone and peer not in self.settings.trunks else None

    def is_withheld(self) -> bool:
        """Return whether the caller withholds the number, although the network transmits it.

        Known if manager.conf has ``channelvars = CALLERID(pres)``; at first Asterisk reports
        "allowed" for every caller.
        """
        variables = self.headers.get("ChanVariable") or []
        variables = [variables] if isinstance(variables, str) else variables
        withholds = any(_WITHHELD.match(str(variable)) for variable in variables)
        return withholds and self.began_call() and not self.phone()

    def is_local(self, prefix: str = "") -> bool:
        """Return whether it connects two parts of the dial plan: nobody's phone, nobody's line."""
        return (self.get(f"{prefix}Channel") or "").startswith("Local/")

    def began_call(self) -> bool:
        """Return whether it is about the channel that began the call."""
        return self.get("Uniqueid") == self.get("Linkedid")

    def dialled(self) -> str | None:
        extension = number(self.headers, "Exten")
        return None if extension == "s" else extension
