"""Events of Asterisk's manager interface (AMI).

The relay sends a JSON list of AMI events, each as an object of its headers. Every event is read
by itself, so that order and batches do not matter. After a gap the relay adds what it finds:
``CoreShowChannel`` for a channel that exists, and its own ``ChannelGone`` for one that existed
before.

Sources: https://docs.asterisk.org/Latest_API/API_Documentation/AMI_Events/, and traces
recorded on Asterisk 22. In them a queue or an announcement sets the caller's channel "Up":
people speak with each other when their channels are up and in a bridge together. Where the
relay does not report bridges yet, a dial that ends with ANSWER counts.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime

from ..event import ANONYMOUS, CallEvent, Cause, Direction, Kind, RecordingState
from ..reading import number, required_text, text
from ..reasons import Reason, Why
from ..settings import Settings
from .ami_event import CHANNEL_UP, AmiEvent, read_asked_peer
from .transfers import (
    attended_transfer,
    blind_transfer,
    parked_call,
    picked_up,
    retrieved_call,
)

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

# Q.850, https://www.itu.int/rec/T-REC-Q.850, and Asterisk's 26:
# https://docs.asterisk.org/Configuration/Miscellaneous/Hangup-Cause-Mappings/
HANGUP_CAUSES = {
    "17": Cause.BUSY,
    "18": Cause.NO_ANSWER,
    "19": Cause.NO_ANSWER,
    "21": Cause.REJECTED,
    "26": Cause.ELSEWHERE,
} | dict.fromkeys(
    # no such number, no route, out of order, congestion, not allowed, not possible
    ("1", "2", "3", "4", "5", "6", "20", "22", "25", "27", "28", "29", "34", "38", "41", "42")
    + ("44", "45", "50", "52", "54", "57", "58", "63", "65", "66", "69", "79", "88"),
    Cause.FAILED,
)

MAILBOX_APPLICATIONS = {"VoiceMail", "MiniVM"}
HOLDING = "holding_bridge"  # music, parking, agents who wait: nobody hears anybody

# https://docs.asterisk.org/Latest_API/API_Documentation/AMI_Events/OriginateResponse/
# 0 stands for busy, rejected and unreachable alike: the hangup of the channel says more, if
# there was a channel at all.
ORIGINATE_REASONS = {"0": Cause.FAILED, "3": Cause.NO_ANSWER, "5": Cause.BUSY}


def read_event(headers: Mapping, settings: Settings, received_at: datetime) -> list[CallEvent]:
    """Return what one event of the manager interface reports.

    :param headers: its headers by name
    :raise ValueError: it is not an event, or a header that it needs is missing
    """
    name = text(headers, "Event")
    if name is None:
        if "Response" in headers or any(key.startswith(">>>") for key in headers):
            return []
        raise ValueError(Reason(Why.NO_AMI_EVENT))
    read = _READERS.get(name)
    if read is None:
        return []
    ami = AmiEvent(headers, settings, received_at)
    events = read(ami)
    return [_withhold(event) for event in events] if ami.is_withheld() else events


def _new_channel(ami: AmiEvent) -> list[CallEvent]:
    if not ami.peer():
        return []
    return [_caller_begins(ami) if ami.is_caller() else ami.event(Kind.RINGING)]


def _caller_begins(ami: AmiEvent) -> CallEvent:
    """Somebody calls Asterisk: from a phone, or through a connection to the outside."""
    return ami.event(
        Kind.RINGING,
        is_caller=True,
        from_number=number(ami.headers, "CallerIDNum"),
        from_name=_name(ami),
        to_number=ami.dialled(),
    )


def _withhold(event: CallEvent) -> CallEvent:
    return replace(event, from_number=ANONYMOUS, from_name=None)


def _name(ami: AmiEvent) -> str | None:
    """Return the caller's name, unless it only says that there is none or repeats the number."""
    name = number(ami.headers, "CallerIDName")
    return None if name in (ANONYMOUS, number(ami.headers, "CallerIDNum")) else name


def _state(ami: AmiEvent) -> list[CallEvent]:
    return ami.up()


def _dial_begin(ami: AmiEvent) -> list[CallEvent]:
    dialled = ami.event(Kind.DIALLED, "Dest", to_number=ami.dialled_through())
    events = [replace(dialled, leg=text(ami.headers, "Uniqueid"), other=dialled.leg, peer=None)]
    if ami.peer("Dest"):
        events.append(ami.event(Kind.RINGING, "Dest"))
    if (
        dialled.to_number
        and ami.peer()
        and ami.began_call()
        and ami.get("ChannelState") == CHANNEL_UP
    ):
        # A phone that was called first, by a click: only now Asterisk reports the number.
        events.append(ami.event(Kind.RINGING, to_number=ami.dialled()))
    return events


def _dial_end(ami: AmiEvent) -> list[CallEvent]:
    if not ami.peer("Dest"):
        return []
    status = ami.get("DialStatus")
    if status != "ANSWER":
        cause = DIAL_STATUS.get(status or "", Cause.FAILED)
        return [ami.event(Kind.ENDED, "Dest", cause=cause)]
    if not ami.get("Channel"):
        return []  # click to dial: the own phone was answered, nobody else yet
    events = [ami.event(Kind.ANSWERED, "Dest")]
    if ami.peer():
        events.append(ami.event(Kind.ANSWERED))
    return events


def _bridge_enter(ami: AmiEvent) -> list[CallEvent]:
    if ami.get("BridgeTechnology") == HOLDING:
        return []
    return [ami.event(Kind.ENTERED, room=required_text(ami.headers, "BridgeUniqueid")), *ami.up()]


def _bridge_leave(ami: AmiEvent) -> list[CallEvent]:
    if ami.get("BridgeTechnology") == HOLDING:
        return []
    return [ami.event(Kind.LEFT, room=required_text(ami.headers, "BridgeUniqueid"))]


def _local_bridge(ami: AmiEvent) -> list[CallEvent]:
    """Two channels that are the two ends of one wire within the dial plan."""
    event = ami.event(Kind.PAIRED, "LocalOne")
    return [replace(event, other=required_text(ami.headers, "LocalTwoUniqueid"), peer=None)]


def _hangup(ami: AmiEvent) -> list[CallEvent]:
    if not ami.peer():
        return []
    return [ami.event(Kind.ENDED, cause=HANGUP_CAUSES.get(ami.get("Cause") or ""))]


def _hangup_requested(ami: AmiEvent) -> list[CallEvent]:
    """The party of a channel hung up. That of the one that began the call gave up, unless
    Asterisk had refused the call before."""
    if not ami.peer():
        return []
    gave_up = Cause.CANCELLED if ami.began_call() else None
    return [ami.event(Kind.ENDED, cause=HANGUP_CAUSES.get(ami.get("Cause") or "", gave_up))]


def _hangup_by_dial_plan(ami: AmiEvent) -> list[CallEvent]:
    """Asterisk itself hangs up the channel that began the call."""
    if not ami.began_call() or not ami.peer():
        return []
    return [ami.event(Kind.ENDED, cause=Cause.NORMAL)]


def _queue_join(ami: AmiEvent) -> list[CallEvent]:
    return [ami.event(Kind.RINGING, queue=ami.get("Queue"))]


def _hold(ami: AmiEvent) -> list[CallEvent]:
    return [ami.event(Kind.HELD)]


def _unhold(ami: AmiEvent) -> list[CallEvent]:
    return [ami.event(Kind.RESUMED)]


def _recording_begins(ami: AmiEvent) -> list[CallEvent]:
    return [ami.event(Kind.RECORDING, recording=RecordingState.STARTED)]


def _recording_ends(ami: AmiEvent) -> list[CallEvent]:
    return [ami.event(Kind.RECORDING, recording=RecordingState.STOPPED)]


def _recording_is_muted(ami: AmiEvent) -> list[CallEvent]:
    """Both directions are silent in the recording, or heard again. One alone is no pause."""
    if (ami.get("Direction") or "both") != "both":
        return []
    is_muted = ami.get("State") == "1"
    state = RecordingState.PAUSED if is_muted else RecordingState.RESUMED
    return [ami.event(Kind.RECORDING, recording=state)]


def _application(ami: AmiEvent) -> list[CallEvent]:
    if ami.get("Application") not in MAILBOX_APPLICATIONS:
        return []
    return [ami.event(Kind.VOICEMAIL)]


def _channel_found(ami: AmiEvent) -> list[CallEvent]:
    """A channel that exists after a gap, in which its beginning may have been missed."""
    events = []
    if ami.peer():
        begins = _caller_begins(ami) if ami.began_call() else ami.event(Kind.RINGING)
        events += [begins, *ami.up()]
    if (room := ami.get("BridgeId")) and ami.get("BridgeTechnology") != HOLDING:
        events.append(ami.event(Kind.ENTERED, room=room))
    return events


def _channel_gone(ami: AmiEvent) -> list[CallEvent]:
    """A channel that existed before a gap: if nothing more is reported, the call is over."""
    return [ami.event(Kind.ENDED, assumed=True)] if ami.peer() else []


def _originate_response(ami: AmiEvent) -> list[CallEvent]:
    """A request to dial failed: only this event says who was to be called."""
    cause = ORIGINATE_REASONS.get(ami.get("Reason") or "", Cause.FAILED)
    leg = number(ami.headers, "Uniqueid")
    call = leg or ami.get("ActionID")
    if ami.get("Response") != "Failure" or not call:
        return []
    own = {"leg": leg, "peer": read_asked_peer(ami.get("Channel"))} if leg else {}
    about = {"call": call, "at": ami.at, "direction": Direction.OUTGOING} | own
    return [
        CallEvent(kind=Kind.RINGING, uid=f"{ami.uid}:ringing", to_number=ami.dialled(), **about),
        CallEvent(kind=Kind.ENDED, uid=f"{ami.uid}:ended", cause=cause, **about),
    ]


_READERS = {
    "AttendedTransfer": attended_transfer,
    "BlindTransfer": blind_transfer,
    "BridgeEnter": _bridge_enter,
    "BridgeLeave": _bridge_leave,
    "ChannelGone": _channel_gone,
    "CoreShowChannel": _channel_found,
    "DialBegin": _dial_begin,
    "DialEnd": _dial_end,
    "Hangup": _hangup,
    "HangupRequest": _hangup_requested,
    "Hold": _hold,
    "LocalBridge": _local_bridge,
    "MixMonitorMute": _recording_is_muted,
    "MixMonitorStart": _recording_begins,
    "MixMonitorStop": _recording_ends,
    "Newchannel": _new_channel,
    "Newexten": _application,
    "Newstate": _state,
    "OriginateResponse": _originate_response,
    "ParkedCall": parked_call,
    "Pickup": picked_up,
    "QueueCallerJoin": _queue_join,
    "SoftHangupRequest": _hangup_by_dial_plan,
    "UnParkedCall": retrieved_call,
    "Unhold": _unhold,
}

# The relay sends these and no others.
EVENTS = frozenset(_READERS)
