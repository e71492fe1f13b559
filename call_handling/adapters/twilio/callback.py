"""The content of Twilio's callbacks."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from email.utils import parsedate_to_datetime

from ..event import ANONYMOUS, CallEvent, Cause, Direction, Kind, RecordingState, digest
from ..reading import number, required_text, seconds, text, translate
from ..recording import Format, RecordingFacts
from ..times import read_time

# https://www.twilio.com/docs/voice/api/call-resource#call-status-values
RINGING = {"queued", "initiated", "ringing"}
ANSWERED = {"in-progress", "answered"}
CAUSES = {
    "completed": Cause.NORMAL,
    "answered": Cause.NORMAL,
    "busy": Cause.BUSY,
    "no-answer": Cause.NO_ANSWER,
    "canceled": Cause.CANCELLED,
    "failed": Cause.FAILED,
}
# The own phone was not picked up after a click: the customer was never called.
CAUSES_OF_OWN_PHONE = CAUSES | {"no-answer": Cause.CANCELLED}
# Twilio's word is the same for a busy phone and one that rejects the call.
CAUSES_BY_SIP_CODE = {"603": Cause.REJECTED}
CHANNELS = {"1": 1, "2": 2}
MACHINES = ("machine", "fax")  # how values of AnsweredBy begin

# Letters on a keypad: ANONYMOUS, UNAVAILABLE, RESTRICTED, BLOCKED, UNKNOWN.
WITHHELD = {"+266696687", "+86282452253", "+7378742833", "+2562533", "+8656696"}

WHATSAPP = "whatsapp:"
ROOM = "conference/"

_OWN_PHONE = re.compile(r"(client|sips?):", re.IGNORECASE)
_SIP_NUMBER = re.compile(r"sips?:(\+?\d+)@.*", re.IGNORECASE)


class Callback:
    """One message and the meaning of its fields."""

    def __init__(self, item: Mapping, received_at: datetime):
        self.item = item
        self.leg = required_text(item, "CallSid")
        self.parent = text(item, "ParentCallSid")
        self.status = text(item, "CallStatus")
        self.is_click = "click" in item
        self.uid = f"{self.leg}:{digest(item)}"
        self.at = _moment(item, received_at)
        self.caller, self.callee = text(item, "From") or "", text(item, "To") or ""

    # --- who with whom ---------------------------------------------------------------

    def about(self) -> dict:
        if self.is_click:
            return self._of_click()
        if self.parent:
            return self._of_phone()
        return self._of_parent()

    def _of_click(self) -> dict:
        about = {"direction": Direction.OUTGOING, "from_number": _number(self.item, "From")}
        if self.parent:
            return about | {"to_number": _number(self.item, "To")}
        called = number(self.item, "number")
        return about | {"extension": _phone(self.callee), "to_number": called}

    def is_own_phone(self) -> bool:
        return is_phone_address(self.callee) or "phone" in self.item

    def _of_phone(self) -> dict:
        about = {"from_number": _number(self.item, "From")}
        if not self.is_own_phone():
            return about | {"number": _number(self.item, "To")}
        # Who calls it, the leg that began the call says: here it may be a number to show.
        internal = {"direction": Direction.INTERNAL} if _OWN_PHONE.match(self.caller) else {}
        return about | {"extension": _phone(self.callee)} | internal

    def _of_parent(self) -> dict:
        called = _number(self.item, "To")
        if self.item.get("Direction") != "inbound":
            return self._of_program(called)
        about = {"to_number": called, "is_caller": True}
        if _OWN_PHONE.match(self.caller):
            outgoing = not _OWN_PHONE.match(self.callee) or _SIP_NUMBER.fullmatch(self.callee)
            direction = Direction.OUTGOING if outgoing else Direction.INTERNAL
            return about | {"direction": direction, "extension": _phone(self.caller)}
        about |= {"line": called, "from_name": text(self.item, "CallerName")}
        return about | {"direction": Direction.INCOMING, "from_number": _number(self.item, "From")}

    def _of_program(self, called: str | None) -> dict:
        """A program of the company calls: a customer, or first an own phone."""
        about = {"direction": Direction.OUTGOING, "line": _number(self.item, "From")}
        if self.is_own_phone():
            return about | {"extension": _phone(self.callee)}
        return about | {"to_number": called, "number": called}

    # --- what happened ---------------------------------------------------------------

    def event(self, kind: Kind, **values) -> CallEvent:
        leg = values.get("leg", self.leg)
        about = {"at": self.at, "leg": self.leg, "uid": f"{self.uid}:{kind.value}:{leg}"} | values
        return CallEvent(call=self.parent or self.leg, kind=kind, **about)

    def other_events(self) -> list[CallEvent] | None:
        """Return what a message reports that is not about the status of a leg, else ``None``."""
        item = self.item
        if text(item, "DialCallStatus"):
            return self.dialled()
        if text(item, "ConferenceSid") and text(item, "StatusCallbackEvent"):
            return self.in_conference()
        if text(item, "RecordingUrl") or text(item, "RecordingStatus"):
            return self.recorded()
        return self.detected() if text(item, "AnsweredBy") and not self.status else None

    def ringing(self) -> CallEvent:
        # Some later messages about a phone do not name its parent.
        return self.event(Kind.RINGING, alias=self.leg if self.parent else None, **self.about())

    def answered(self) -> list[CallEvent]:
        if self.is_machine():
            return [self.machine(self.at)]
        # The own phone that is rung first waits for the other side; an inbound leg is answered
        # by the TwiML.
        is_first = not self.parent and (self.is_own_phone() or self.is_inbound())
        return [self.event(Kind.RINGING if is_first else Kind.ANSWERED, **self.about())]

    def is_inbound(self) -> bool:
        return self.item.get("Direction") == "inbound"

    def is_machine(self) -> bool:
        return (text(self.item, "AnsweredBy") or "").startswith(MACHINES)

    def machine(self, at: datetime) -> CallEvent:
        return self.event(Kind.VOICEMAIL, at=at, is_machine=True, **self.about())

    def detected(self) -> list[CallEvent]:
        """Return the result of a machine detection that was reported later."""
        return [self.machine(self.at)] if self.is_machine() else []

    def ended(self) -> list[CallEvent]:
        events = [self.event(Kind.ENDED, cause=self._cause(), **self.about())]
        length = timedelta(seconds=seconds(self.item, "CallDuration"))
        if self.is_machine():
            events.append(self.machine(self.at - length))
        if not self.parent and self.is_inbound():
            events.append(self.event(Kind.RINGING, at=self.at - length))
        return events

    def _cause(self) -> Cause | None:
        if by_code := CAUSES_BY_SIP_CODE.get(text(self.item, "SipResponseCode") or ""):
            return by_code
        if self.is_click and not self.parent:
            return CAUSES_OF_OWN_PHONE[self.status]
        cause = CAUSES[self.status]
        if cause is Cause.NO_ANSWER and (self.parent or self.is_inbound()):
            # The losing phones of a group end like this, too, and the leg of a caller who gives
            # up: what became of the other legs says more.
            return None
        return cause

    def recorded(self) -> list[CallEvent]:
        """A ``<Record>`` of the TwiML is over: the caller has left a message."""
        if text(self.item, "RecordingSource") not in (None, "RecordVerb"):
            return self.conversation_recorded()
        if not self.has_recorded():
            return []
        if self.item.get("RecordingStartTime"):
            start = _moment(self.item, self.at, "RecordingStartTime")
        else:
            start = self.at - timedelta(seconds=seconds(self.item, "RecordingDuration"))
        return [self.event(Kind.VOICEMAIL, at=start)]

    def conversation_recorded(self) -> list[CallEvent]:
        """The recording of a conversation has begun or ended, as far as it says when."""
        status = text(self.item, "RecordingStatus")
        start = _moment(self.item, self.at, "RecordingStartTime")
        if status == "completed" and not self.item.get("RecordingStartTime"):
            return []
        length = timedelta(seconds=seconds(self.item, "RecordingDuration"))
        happened = {
            "in-progress": (RecordingState.STARTED, start),
            "completed": (RecordingState.STOPPED, start + length),
        }
        if status not in happened:
            return []
        state, at = happened[status]
        return [self.event(Kind.RECORDING, at=at, recording=state)]

    def has_recorded(self) -> bool:
        """Return whether there is a file. What a ``<Record>`` requests next has no status."""
        return text(self.item, "RecordingStatus") in (None, "completed")

    def recording(self) -> RecordingFacts | None:
        """Return what is reported about a recording: its sides are the parent and the child."""
        item = self.item
        if not (self.has_recorded() or text(item, "RecordingStatus") == "in-progress"):
            return None  # "absent": nothing was recorded
        has_start = text(item, "RecordingStartTime")
        return RecordingFacts(
            call=self.parent or self.leg,
            ref=required_text(item, "RecordingSid"),
            leg=self.leg,
            start=_moment(item, self.at, "RecordingStartTime") if has_start else None,
            seconds=round(seconds(item, "RecordingDuration")) or None,
            format=Format.WAV,
            channels=CHANNELS.get(text(item, "RecordingChannels") or ""),
            is_offered=self.has_recorded(),
        )

    def in_conference(self) -> list[CallEvent]:
        """A leg has entered a conference: its call and those of the others there are one."""
        if text(self.item, "StatusCallbackEvent") != "participant-join":
            return []
        room = f"{ROOM}{required_text(self.item, 'ConferenceSid')}"
        return [self.event(Kind.ANSWERED, room=room, alias=room)]

    def dialled(self) -> list[CallEvent]:
        """A ``<Dial>`` of the TwiML is over: return how the phone that it rang ended."""
        leg, status = text(self.item, "DialCallSid"), required_text(self.item, "DialCallStatus")
        cause = translate(status, "DialCallStatus", CAUSES)
        if not leg:
            return []
        events = [self.event(Kind.ENDED, leg=leg, cause=cause)]
        if cause is Cause.NORMAL:
            start = self.at - timedelta(seconds=seconds(self.item, "DialCallDuration"))
            events.append(self.event(Kind.ANSWERED, leg=leg, at=start))
        return events


def is_phone_address(address: str) -> bool:
    """Return whether an address is certainly that of a phone of the house."""
    return bool(_OWN_PHONE.match(address))


def is_conference(events: Iterable[CallEvent]) -> bool:
    return any((event.room or "").startswith(ROOM) for event in events)


def _moment(item: Mapping, received_at: datetime, name: str = "Timestamp") -> datetime:
    stamp = text(item, name)
    if not stamp:
        return received_at
    try:
        moment = parsedate_to_datetime(stamp)
    except ValueError:
        return read_time(stamp, received_at.tzinfo, received_at)
    return read_time(moment.isoformat(), received_at.tzinfo, received_at)


def _number(item: Mapping, name: str) -> str | None:
    """Return a telephone number; of a SIP address, the part that is one."""
    value = number(item, name)
    if value and value.lower().startswith(WHATSAPP):
        value = value[len(WHATSAPP) :]
    if value in WITHHELD:
        return ANONYMOUS
    sip = _SIP_NUMBER.fullmatch(value or "")
    return sip[1] if sip else value


def _phone(address: str) -> str | None:
    """Return the name of a phone among the extensions: its address without parameters."""
    return address.split(";")[0].split("?")[0] or None
