"""Events about transferred calls.

https://docs.asterisk.org/Latest_API/API_Documentation/AMI_Events/AttendedTransfer/
"""

from __future__ import annotations

import re
from dataclasses import replace

from ..event import CallEvent, Kind
from ..reading import required_text
from .ami_event import CHANNEL_UP, AmiEvent

_UNIQUEID = re.compile(r"(?:.*-)?(\d+)\.(\d+)")


def blind_transfer(ami: AmiEvent) -> list[CallEvent]:
    """A call is transferred without talking to the one who gets it."""
    if ami.get("Result") != "Success":
        return []
    return [ami.event(Kind.TRANSFERRED, "Transferer")]


def attended_transfer(ami: AmiEvent) -> list[CallEvent]:
    """Somebody with two calls connects them: the older one goes on, the other is over."""
    if ami.get("Result") != "Success":
        return []
    ends = ["OrigTransferer", "SecondTransferer"]
    calls = [required_text(ami.headers, f"{end}Linkedid") for end in ends]
    if calls[0] == calls[1]:
        return [ami.event(Kind.TRANSFERRED, ends[0])]
    older = min((0, 1), key=lambda position: _age(calls[position]))
    events = [ami.event(Kind.TRANSFERRED, ends[older]), ami.end_of_call(calls[1 - older])]
    for party in ("Transferee", "TransferTarget"):
        if ami.get(f"{party}Linkedid") == calls[1 - older] and not ami.is_local(party):
            events += [replace(event, call=calls[older]) for event in _joined(ami, party)]
    return events


def _joined(ami: AmiEvent, party: str) -> list[CallEvent]:
    """Return the events of a phone from another call: its part in this one begins now."""
    is_up = ami.get(f"{party}ChannelState") == CHANNEL_UP
    kinds = [Kind.RINGING, Kind.ANSWERED] if is_up else [Kind.RINGING]
    return [ami.event(kind, party) for kind in kinds]


def _age(call: str) -> tuple:
    """Asterisk's ids are "[system-]seconds.number"; others are treated as new."""
    match = _UNIQUEID.fullmatch(call)
    return (0, int(match[1]), int(match[2])) if match else (1, 0, 0)
