"""The content of Twilio's callbacks."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime, timedelta
from email.utils import parsedate_to_datetime

from ..event import ANONYMOUS, CallEvent, Cause, Direction, Kind, digest
from ..reading import number, required_text, seconds, text, translate
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
# The own phone was not answered after a click: the customer was never called.
CAUSES_OF_OWN_PHONE = CAUSES | {"busy": Cause.CANCELLED, "no-answer": Cause.CANCELLED}

# Letters on a keypad: ANONYMOUS, UNAVAILABLE, RESTRICTED, BLOCKED, UNKNOWN.
WITHHELD = {"+266696687", "+86282452253", "+7378742833", "+2562533", "+8656696"}

_OWN_PHONE = re.compile(r"(client|sips?):", re.IGNORECASE)
_SIP_NUMBER = re.compile(r"sips?:(\+?\d+)@.*", re.IGNORECASE)


class Callback:
    """One message and the meaning of its fields."""

    def __init__(self, item: Mapping, received_at: datetime):
        self.item = item
        self.leg = required_text(item, "CallSid")
        self.parent = text(item, "ParentCallSid")
        self.status = required_text(item, "CallStatus")
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
        return about | {"extension": _phone(self.callee)}

    def _of_phone(self) -> dict:
        own = _OWN_PHONE.match(self.callee) or "phone" in self.item
        about = {"from_number": _number(self.item, "From")}
        if own:
            from_own = _OWN_PHONE.match(self.caller)
            direction = Direction.INTERNAL if from_own else Direction.INCOMING
            return about | {"extension": _phone(self.callee), "direction": direction}
        return about | {"to_number": _number(self.item, "To")}

    def _of_parent(self) -> dict:
        about = {"to_number": _number(self.item, "To")}
        if self.item.get("Direction") != "inbound":
            return about | {"direction": Direction.OUTGOING, "line": _number(self.item, "From")}
        if _OWN_PHONE.match(self.caller):
            outgoing = not _OWN_PHONE.match(self.callee) or _SIP_NUMBER.fullmatch(self.callee)
            direction = Direction.OUTGOING if outgoing else Direction.INTERNAL
            return about | {"direction": direction, "extension": _phone(self.caller)}
        about |= {"line": about["to_number"], "from_name": text(self.item, "CallerName")}
        return about | {"direction": Direction.INCOMING, "from_number": _number(self.item, "From")}

    # --- what happened ---------------------------------------------------------------

    def event(self, kind: Kind, **values) -> CallEvent:
        leg = values.get("leg", self.leg)
        about = {"at": self.at, "leg": self.leg, "uid": f"{self.uid}:{kind.value}:{leg}"} | values
        return CallEvent(call=self.parent or self.leg, kind=kind, **about)

    def ringing(self) -> CallEvent:
        return self.event(Kind.RINGING, **self.about())

    def answered(self) -> list[CallEvent]:
        if (text(self.item, "AnsweredBy") or "").startswith("machine"):
            return [self.event(Kind.VOICEMAIL, **self.about())]
        about = self.about()
        if self.parent:
            # The leg that began the call is connected from now on, too.
            return [self.event(Kind.ANSWERED, **about), self.event(Kind.ANSWERED, leg=self.parent)]
        begun_by_api = self.item.get("Direction") != "inbound" and not self.is_click
        return [self.event(Kind.ANSWERED if begun_by_api else Kind.RINGING, **about)]

    def ended(self) -> list[CallEvent]:
        own_phone = self.is_click and not self.parent
        cause = (CAUSES_OF_OWN_PHONE if own_phone else CAUSES)[self.status]
        if self.parent and cause is Cause.NO_ANSWER:
            cause = None  # the losing phones of a group end like this, too
        events = [self.event(Kind.ENDED, cause=cause, **self.about())]
        if not self.parent and self.item.get("Direction") == "inbound":
            start = self.at - timedelta(seconds=seconds(self.item, "CallDuration"))
            events.append(self.event(Kind.RINGING, at=start))
        return events

    def dialled(self) -> list[CallEvent]:
        """A ``<Dial>`` of the TwiML is over: return how the phone that it rang ended."""
        leg, status = text(self.item, "DialCallSid"), required_text(self.item, "DialCallStatus")
        cause = translate(status, "DialCallStatus", CAUSES)
        if not leg:
            return []
        events = [self.event(Kind.ENDED, leg=leg, cause=cause)]
        if cause is Cause.NORMAL:
            start = self.at - timedelta(seconds=seconds(self.item, "DialCallDuration"))
            events += [self.event(Kind.ANSWERED, leg=one, at=start) for one in (leg, self.leg)]
        return events


def _moment(item: Mapping, received_at: datetime) -> datetime:
    stamp = text(item, "Timestamp")
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
    if value in WITHHELD:
        return ANONYMOUS
    sip = _SIP_NUMBER.fullmatch(value or "")
    return sip[1] if sip else value


def _phone(address: str) -> str | None:
    """Return the name of a phone among the extensions: its address without parameters."""
    return address.split(";")[0].split("?")[0] or None
