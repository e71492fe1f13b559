"""Events of Asterisk's manager interface (AMI).

The relay sends a JSON list of AMI events, each as an object of its headers. Every event is read
by itself, so that order and batches do not matter. After a gap the relay adds what it finds:
``CoreShowChannel`` for a channel that exists, and its own ``ChannelGone`` for one that existed
before.

Sources: https://docs.asterisk.org/Latest_API/API_Documentation/AMI_Events/, and traces
recorded on Asterisk 22. In them a queue or an announcement sets the caller's channel "Up":
only a dial that ends with ANSWER means that a person has answered.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime

from ..event import ANONYMOUS, CallEvent, Cause, Direction, Kind
from ..reading import number, text
from ..settings import Settings
from .ami_event import CHANNEL_UP, AmiEvent
from .transfers import attended_transfer, blind_transfer

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
COULD_NOT_CREATE = "0"  # Reason of OriginateResponse: no phone was reached at all

_TRUNK_CONTEXTS = re.compile(r"from-(trunk|pstn|did|digital|analog|zaptel|dahdi)", re.IGNORECASE)


def read_event(headers: Mapping, settings: Settings, received_at: datetime) -> list[CallEvent]:
    """Return what one event of the manager interface reports.

    :param headers: its headers by name
    :raise ValueError: it is not an event, or a header that it needs is missing
    """
    name = text(headers, "Event")
    if name is None:
        if "Response" in headers or any(key.startswith(">>>") for key in headers):
            return []
        raise ValueError("'Event' is missing: this is not an AMI event")
    read = _READERS.get(name)
    if read is None:
        return []
    ami = AmiEvent(headers, settings, received_at)
    events = read(ami)
    return [_withhold(event) for event in events] if ami.is_withheld() else events


def _new_channel(ami: AmiEvent) -> list[CallEvent]:
    if not ami.began_call() or ami.is_local():
        return []
    if ami.phone():
        about = {"from_number": ami.phone(), "to_number": ami.dialled()}
        return [ami.event(Kind.RINGING, **about)]
    if not ami.dialled() and not _TRUNK_CONTEXTS.match(ami.get("Context") or ""):
        # A request to dial that rings an outside number first: nobody's call yet.
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


def _withhold(event: CallEvent) -> CallEvent:
    return replace(event, from_number=ANONYMOUS, from_name=None)


def _name(ami: AmiEvent) -> str | None:
    """Return the caller's name, unless it only says that there is none or repeats the number."""
    name = number(ami.headers, "CallerIDName")
    return None if name in (ANONYMOUS, number(ami.headers, "CallerIDNum")) else name


def _dial_begin(ami: AmiEvent) -> list[CallEvent]:
    events = []
    caller, callee = ami.phone(), ami.phone("Dest")
    if callee:
        events.append(ami.event(Kind.RINGING, "Dest"))
    if caller and ami.began_call() and not ami.is_local("Dest"):
        direction = Direction.INTERNAL if callee else Direction.OUTGOING
        about = {"from_number": caller, "to_number": ami.dialled(), "direction": direction}
        events.append(ami.event(Kind.RINGING, **about))
    return events


def _dial_end(ami: AmiEvent) -> list[CallEvent]:
    if ami.is_local("Dest"):
        return []
    status = ami.get("DialStatus")
    if status != "ANSWER":
        cause = DIAL_STATUS.get(status or "", Cause.FAILED)
        return [ami.event(Kind.ENDED, "Dest", cause=cause)]
    if not ami.get("Channel"):
        return []  # click to dial: the own phone was answered, nobody else yet
    events = [ami.event(Kind.ANSWERED, "Dest")]
    if ami.phone():
        events.append(ami.event(Kind.ANSWERED))
    return events


def _hangup(ami: AmiEvent) -> list[CallEvent]:
    if ami.is_local():
        return []
    return [ami.event(Kind.ENDED, cause=HANGUP_CAUSES.get(ami.get("Cause") or ""))]


def _hangup_requested(ami: AmiEvent) -> list[CallEvent]:
    """The remote end of the channel that began the call hung up: the caller gave up."""
    if not ami.began_call() or ami.is_local():
        return []
    return [ami.event(Kind.ENDED, cause=Cause.CANCELLED)]


def _hangup_by_dial_plan(ami: AmiEvent) -> list[CallEvent]:
    """Asterisk itself hangs up the channel that began the call."""
    if not ami.began_call() or ami.is_local():
        return []
    return [ami.event(Kind.ENDED, cause=Cause.NORMAL)]


def _queue_join(ami: AmiEvent) -> list[CallEvent]:
    return [ami.event(Kind.RINGING, queue=ami.get("Queue"))]


def _hold(ami: AmiEvent) -> list[CallEvent]:
    return [ami.event(Kind.HELD)]


def _unhold(ami: AmiEvent) -> list[CallEvent]:
    return [ami.event(Kind.RESUMED)]


def _application(ami: AmiEvent) -> list[CallEvent]:
    if ami.get("Application") not in MAILBOX_APPLICATIONS:
        return []
    return [ami.event(Kind.VOICEMAIL)]


def _channel_found(ami: AmiEvent) -> list[CallEvent]:
    """A channel that exists after a gap, in which its beginning may have been missed."""
    if ami.is_local():
        return []
    events = _new_channel(ami)
    if ami.phone() and not ami.began_call():
        events.append(ami.event(Kind.RINGING))
    # Music and announcements need no bridge: a phone in a bridge is connected with somebody.
    if ami.phone() and ami.get("ChannelState") == CHANNEL_UP and ami.get("BridgeId"):
        events.append(ami.event(Kind.ANSWERED))
    return events


def _channel_gone(ami: AmiEvent) -> list[CallEvent]:
    """A channel that existed before a gap: if nothing more is reported, the call is over."""
    return [] if ami.is_local() else [ami.event(Kind.ENDED, assumed=True)]


def _originate_response(ami: AmiEvent) -> list[CallEvent]:
    """A request to dial failed: only this event says who was to be called."""
    if ami.get("Response") != "Failure":
        return []
    about = {"from_number": ami.phone(), "to_number": ami.dialled()}
    about |= {"direction": Direction.OUTGOING, "at": ami.at}
    if ami.get("Reason") != COULD_NOT_CREATE:
        return _own_phone_failed(ami, about)
    if not (action := ami.get("ActionID")):
        return []
    return [
        CallEvent(call=action, kind=Kind.RINGING, uid=f"{ami.uid}:ringing", **about),
        CallEvent(
            call=action, kind=Kind.ENDED, uid=f"{ami.uid}:ended", cause=Cause.FAILED, **about
        ),
    ]


def _own_phone_failed(ami: AmiEvent, about: dict) -> list[CallEvent]:
    """The own phone was not answered; its other events say how that ended."""
    leg = number(ami.headers, "Uniqueid")
    if not leg:
        return []
    about |= {"leg": leg, "extension": ami.phone()}
    return [CallEvent(call=leg, kind=Kind.RINGING, uid=f"{ami.uid}:ringing", **about)]


_READERS = {
    "AttendedTransfer": attended_transfer,
    "BlindTransfer": blind_transfer,
    "ChannelGone": _channel_gone,
    "CoreShowChannel": _channel_found,
    "DialBegin": _dial_begin,
    "DialEnd": _dial_end,
    "Hangup": _hangup,
    "HangupRequest": _hangup_requested,
    "Hold": _hold,
    "Newchannel": _new_channel,
    "Newexten": _application,
    "OriginateResponse": _originate_response,
    "QueueCallerJoin": _queue_join,
    "SoftHangupRequest": _hangup_by_dial_plan,
    "Unhold": _unhold,
}

# The relay sends these and no others.
EVENTS = frozenset(_READERS)
