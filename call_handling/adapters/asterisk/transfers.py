"""Events about calls that go on elsewhere: transferred, parked, picked up.

A channel that moves to another conversation is reported under the references of both. These
events say so before, and who has passed the call on. Sources:
https://docs.asterisk.org/Latest_API/API_Documentation/AMI_Events/AttendedTransfer/ and
.../BlindTransfer/, .../ParkedCall/, .../UnParkedCall/, .../Pickup/.
"""

from __future__ import annotations

from dataclasses import replace

from ..event import CallEvent, Kind
from ..reading import required_text
from .ami_event import AmiEvent, read_asked_peer


def blind_transfer(ami: AmiEvent) -> list[CallEvent]:
    """A call is transferred without talking to the one who gets it."""
    if ami.get("Result") != "Success":
        return []
    return [ami.event(Kind.TRANSFERRED, "Transferer")]


def attended_transfer(ami: AmiEvent) -> list[CallEvent]:
    """Somebody with two calls connects them: they are one from then on."""
    if ami.get("Result") != "Success":
        return []
    return [
        ami.event(Kind.TRANSFERRED, "OrigTransferer"),
        _join(ami, "OrigTransferer", "SecondTransferer"),
    ]


def parked_call(ami: AmiEvent) -> list[CallEvent]:
    """A call is parked. By whom is reported by name only."""
    event = ami.event(Kind.TRANSFERRED, "Parkee")
    return [replace(event, leg=None, peer=read_asked_peer(ami.get("ParkerDialString")))]


def retrieved_call(ami: AmiEvent) -> list[CallEvent]:
    """A phone gets a parked call. After a timeout, nobody has dialled to get it."""
    return [_join(ami, "Parkee", "Retriever")] if ami.get("RetrieverUniqueid") else []


def picked_up(ami: AmiEvent) -> list[CallEvent]:
    """A phone gets a call that rings at another one."""
    return [_join(ami, "Target", "")]


def _join(ami: AmiEvent, one: str, other: str) -> CallEvent:
    """Return the event that the calls of two channels are one and the same."""
    event = ami.event(Kind.JOINED, one)
    alias = required_text(ami.headers, f"{other}Linkedid")
    return replace(event, leg=None, peer=None, alias=alias)
