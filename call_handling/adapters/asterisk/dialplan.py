"""Asterisk without any other program: the dial plan itself reports calls with ``CURL()``.

A few lines in the dial plan send a form when a call begins, when a phone rings, when one is
answered, and when a channel hangs up. The secret is sent as the password of HTTP basic
authentication. Only what runs through these lines is reported: no hold, no transfer.

Sources: https://docs.asterisk.org/Latest_API/API_Documentation/Dialplan_Functions/CURL/, and
.../CURLOPT/, .../Dialplan_Applications/Dial/ (options b and U), and what Asterisk 22 sent.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from ..event import ANONYMOUS, CallEvent, Cause, Kind, digest
from ..reading import number, required_text, text, translate
from ..settings import Settings
from ..times import read_time
from .ami import DIAL_STATUS, HANGUP_CAUSES
from .ami_event import read_peer

WITHHELD = "prohib"  # the values of CALLERID(pres) that forbid showing the number begin like this


def is_message(item: Mapping) -> bool:
    """Return whether a message was sent by the dial plan, not by the relay."""
    return "linkedid" in item


def read_message(item: Mapping, settings: Settings, received_at: datetime) -> list[CallEvent]:
    """Return what one message of the dial plan reports.

    :param item: the fields of the form
    :raise ValueError: it cannot be understood
    """
    read = translate(required_text(item, "event"), "event", _READERS)
    return read(_Message(item, received_at))


class _Message:
    """One message of the dial plan and the meaning of its fields."""

    def __init__(self, item: Mapping, received_at: datetime):
        self.item = item
        self.call = required_text(item, "linkedid")
        self.leg = required_text(item, "uniqueid")
        self.uid = f"dialplan:{digest(item)}"
        self.at = received_at
        if stamp := text(item, "at"):
            self.at = read_time(stamp, received_at.tzinfo, received_at)
        self.peer = read_peer(text(item, "channel"))

    def event(self, kind: Kind, **values) -> CallEvent:
        about = {"leg": self.leg, "peer": self.peer} | values
        if self.leg != self.call:
            # A channel moves to another conversation: both are the same one.
            about["alias"] = self.leg
        uid = f"{self.uid}:{kind.value}:{about['leg']}"
        return CallEvent(self.call, kind, self.at, uid, **about)


def _new_call(message: _Message) -> list[CallEvent]:
    caller, name = number(message.item, "from"), number(message.item, "name")
    if (text(message.item, "pres") or "").startswith(WITHHELD):
        caller, name = ANONYMOUS, None
    return [
        message.event(
            Kind.RINGING,
            is_caller=True,
            from_number=caller,
            from_name=None if name in (caller, ANONYMOUS) else name,
            to_number=number(message.item, "to"),
        )
    ]


def _ringing(message: _Message) -> list[CallEvent]:
    return [message.event(Kind.RINGING)]


def _answer(message: _Message) -> list[CallEvent]:
    # The leg that began the call is connected from now on, too.
    return [
        message.event(Kind.ANSWERED),
        message.event(Kind.ANSWERED, leg=message.call, peer=None),
    ]


def _hangup(message: _Message) -> list[CallEvent]:
    cause = HANGUP_CAUSES.get(text(message.item, "hangupcause") or "")
    if message.leg == message.call:
        status = text(message.item, "dialstatus") or ""
        cause = Cause.NORMAL if status == "ANSWER" else DIAL_STATUS.get(status, cause)
    return [message.event(Kind.ENDED, cause=cause)]


_READERS = {"newcall": _new_call, "ringing": _ringing, "answer": _answer, "hangup": _hangup}
