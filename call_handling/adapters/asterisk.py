"""Asterisk and what is built on it (FreePBX, Issabel …): events of its manager interface.

A relay sends a JSON list of AMI events, each as an object of its headers, signed like the
event API. Every event is read by itself, so that order and batches do not matter. After a gap
the relay adds what it finds: ``CoreShowChannel`` for a channel that is there, and its own
``ChannelGone`` for one that was there before.

Sources: https://docs.asterisk.org/Latest_API/API_Documentation/AMI_Events/, and traces
recorded on Asterisk 22. In them a queue or an announcement sets the caller's channel "Up":
only a dial that ends with ANSWER tells that a person has answered.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime

from .base import Capabilities, Settings
from .event import ANONYMOUS, CallEvent, Cause, Direction, Kind, digest
from .generic import GenericAdapter
from .reading import number, required_text, text
from .times import read_time

# https://docs.asterisk.org/Latest_API/API_Documentation/AMI_Events/DialEnd/
DIAL_STATUS = {
    "ABORT": Cause.CANCELLED,
    "BUSY": Cause.BUSY,
    "CANCEL": Cause.CANCELLED,
    "CHANUNAVAIL": Cause.FAILED,
    "CONGESTION": Cause.FAILED,
    "DONTCALL": Cause.REJECTED,
    "NOANSWER": Cause.NO_ANSWER,
    "TORTURE": Cause.REJECTED,
}

# Q.850, https://www.itu.int/rec/T-REC-Q.850, and Asterisk's 26.
HANGUP_CAUSES = {
    "17": Cause.BUSY,
    "18": Cause.NO_ANSWER,
    "19": Cause.NO_ANSWER,
    "21": Cause.REJECTED,
    "26": Cause.ELSEWHERE,
    "34": Cause.FAILED,
}

MAILBOX_APPLICATIONS = {"VoiceMail", "MiniVM"}
CHANNEL_UP = "6"
COULD_NOT_CREATE = "0"  # Reason of OriginateResponse: no phone was reached at all

# "PJSIP/101-0000002a", "IAX2/ext101-314", "SIP/trunk-1", "Local/101@from-queue-5;2"
_CHANNEL = re.compile(r"(?P<technology>[^/]+)/(?P<peer>.+?)(?:-[0-9a-f]+)?(?:;\d)?", re.IGNORECASE)
# A phone is named by its number, perhaps with a word before it.
_PHONE = re.compile(r"[a-z]*[-_]?(\d{2,6})", re.IGNORECASE)
_TRUNK_CONTEXTS = re.compile(r"from-(trunk|pstn|did|digital|analog|zaptel|dahdi)", re.IGNORECASE)


class AsteriskAdapter(GenericAdapter):
    """Asterisk by way of its manager interface."""

    code = "asterisk"
    name = "Asterisk / FreePBX"
    capabilities = Capabilities(names_trunks=True)

    def events(self, item, received_at: datetime) -> list[CallEvent]:
        if not isinstance(item, Mapping):
            raise ValueError(f"an AMI event must be an object, not {type(item).__name__}")
        name = text(item, "Event")
        if name is None:
            if "Response" in item or any(key.startswith(">>>") for key in item):
                return []
            raise ValueError("'Event' is missing: this is not an AMI event")
        tell = _TELLERS.get(name)
        if tell is None:
            return []
        return tell(_AmiEvent(item, self.settings, received_at))


class _AmiEvent:
    """One AMI event and what its headers mean."""

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
        """An event of the channel that the headers with this prefix describe."""
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

    def phone(self, prefix: str = "") -> str | None:
        """The extension whose channel this is; ``None`` for a trunk or no channel."""
        match = _CHANNEL.fullmatch(self.get(f"{prefix}Channel") or "")
        if not match or match["technology"] == "Local":
            return None
        # In a wish to dial the peer may be followed by what to dial there.
        peer = match["peer"].split("/")[0]
        phone = _PHONE.fullmatch(peer)
        return phone[1] if phone and peer not in self.settings.trunks else None

    def is_local(self, prefix: str = "") -> bool:
        """A channel between two parts of the dial plan: nobody's phone, nobody's line."""
        return (self.get(f"{prefix}Channel") or "").startswith("Local/")

    def began_call(self) -> bool:
        """It is about the channel that began the call."""
        return self.get("Uniqueid") == self.get("Linkedid")

    def dialled(self) -> str | None:
        extension = number(self.headers, "Exten")
        return None if extension == "s" else extension


def _new_channel(ami: _AmiEvent) -> list[CallEvent]:
    if not ami.began_call() or ami.is_local():
        return []
    if ami.phone():
        about = {"from_number": ami.phone(), "to_number": ami.dialled()}
        return [ami.event(Kind.RINGING, **about)]
    if not ami.dialled() and not _TRUNK_CONTEXTS.match(ami.get("Context") or ""):
        # A wish to dial that rings an outside number first: not yet a call of somebody.
        return [ami.event(Kind.RINGING)]
    return [
        ami.event(
            Kind.RINGING,
            direction=Direction.INCOMING,
            from_number=number(ami.headers, "CallerIDNum"),
            from_name=_name(ami),
            to_number=ami.dialled(),
            line=ami.dialled(),
        )
    ]


def _name(ami: _AmiEvent) -> str | None:
    """The caller's name, unless it only says that there is none or repeats the number."""
    name = number(ami.headers, "CallerIDName")
    return None if name in (ANONYMOUS, number(ami.headers, "CallerIDNum")) else name


def _dial_begin(ami: _AmiEvent) -> list[CallEvent]:
    told = []
    caller, callee = ami.phone(), ami.phone("Dest")
    if callee:
        told.append(ami.event(Kind.RINGING, "Dest"))
    if caller and ami.began_call() and not ami.is_local("Dest"):
        direction = Direction.INTERNAL if callee else Direction.OUTGOING
        about = {"from_number": caller, "to_number": ami.dialled(), "direction": direction}
        told.append(ami.event(Kind.RINGING, **about))
    return told


def _dial_end(ami: _AmiEvent) -> list[CallEvent]:
    if ami.is_local("Dest"):
        return []
    status = ami.get("DialStatus")
    if status != "ANSWER":
        cause = DIAL_STATUS.get(status or "", Cause.FAILED)
        return [ami.event(Kind.ENDED, "Dest", cause=cause)]
    if not ami.get("Channel"):
        return []  # a click to dial: the own phone was picked up, nobody else yet
    told = [ami.event(Kind.ANSWERED, "Dest")]
    if ami.phone():
        told.append(ami.event(Kind.ANSWERED))
    return told


def _hangup(ami: _AmiEvent) -> list[CallEvent]:
    if ami.is_local():
        return []
    return [ami.event(Kind.ENDED, cause=HANGUP_CAUSES.get(ami.get("Cause") or ""))]


def _hangup_wished(ami: _AmiEvent) -> list[CallEvent]:
    """The far end of the channel that began the call hung up: the caller gave up."""
    if not ami.began_call() or ami.is_local():
        return []
    return [ami.event(Kind.ENDED, cause=Cause.CANCELLED)]


def _hangup_by_dial_plan(ami: _AmiEvent) -> list[CallEvent]:
    """Asterisk itself hangs up the channel that began the call."""
    if not ami.began_call() or ami.is_local():
        return []
    return [ami.event(Kind.ENDED, cause=Cause.NORMAL)]


def _blind_transfer(ami: _AmiEvent) -> list[CallEvent]:
    if ami.get("Result") != "Success":
        return []
    return [ami.event(Kind.TRANSFERRED, "Transferer")]


def _queue_join(ami: _AmiEvent) -> list[CallEvent]:
    return [ami.event(Kind.RINGING, queue=ami.get("Queue"))]


def _hold(ami: _AmiEvent) -> list[CallEvent]:
    return [ami.event(Kind.HELD)]


def _unhold(ami: _AmiEvent) -> list[CallEvent]:
    return [ami.event(Kind.RESUMED)]


def _application(ami: _AmiEvent) -> list[CallEvent]:
    if ami.get("Application") not in MAILBOX_APPLICATIONS:
        return []
    return [ami.event(Kind.VOICEMAIL)]


def _channel_found(ami: _AmiEvent) -> list[CallEvent]:
    """A channel that is there after a gap, in which its beginning may have been missed."""
    if ami.is_local():
        return []
    told = _new_channel(ami)
    if ami.phone() and not ami.began_call():
        told.append(ami.event(Kind.RINGING))
    # Music and announcements need no bridge: a phone in one has somebody to speak with.
    if ami.phone() and ami.get("ChannelState") == CHANNEL_UP and ami.get("BridgeId"):
        told.append(ami.event(Kind.ANSWERED))
    return told


def _channel_gone(ami: _AmiEvent) -> list[CallEvent]:
    """A channel that was there before a gap: if nothing more comes, the call is over."""
    return [] if ami.is_local() else [ami.event(Kind.ENDED, assumed=True)]


def _originate_response(ami: _AmiEvent) -> list[CallEvent]:
    """A wish to dial for which no channel came to be: only this event tells of it."""
    action = ami.get("ActionID")
    if ami.get("Response") != "Failure" or ami.get("Reason") != COULD_NOT_CREATE or not action:
        return []
    about = {"call": action, "at": ami.at, "from_number": ami.phone()}
    about |= {"to_number": ami.dialled(), "direction": Direction.OUTGOING}
    return [
        CallEvent(kind=Kind.RINGING, uid=f"{ami.uid}:ringing", **about),
        CallEvent(kind=Kind.ENDED, uid=f"{ami.uid}:ended", cause=Cause.FAILED, **about),
    ]


_TELLERS = {
    "BlindTransfer": _blind_transfer,
    "ChannelGone": _channel_gone,
    "CoreShowChannel": _channel_found,
    "DialBegin": _dial_begin,
    "DialEnd": _dial_end,
    "Hangup": _hangup,
    "HangupRequest": _hangup_wished,
    "Hold": _hold,
    "Newchannel": _new_channel,
    "Newexten": _application,
    "OriginateResponse": _originate_response,
    "QueueCallerJoin": _queue_join,
    "SoftHangupRequest": _hangup_by_dial_plan,
    "Unhold": _unhold,
}

# A relay sends these and no others.
EVENTS = frozenset(_TELLERS)
