"""Asterisk without any other program: the dial plan itself tells us, by way of ``CURL()``.

A few lines in the dial plan send a form when a call begins, at each phone that is rung, when
one is picked up, and when a channel hangs up. The secret comes as password of HTTP's basic
authentication. Only what runs through these lines is told: no hold, no transfer.

Sources: https://docs.asterisk.org/Latest_API/API_Documentation/Dialplan_Functions/CURL/, and
.../CURLOPT/, .../Dialplan_Applications/Dial/ (options b and U), and what Asterisk 22 sent.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime
from importlib.resources import files

from .asterisk import DIAL_STATUS, HANGUP_CAUSES, AsteriskAdapter
from .base import Configuration
from .event import ANONYMOUS, CallEvent, Cause, Direction, Kind, digest
from .reading import gather, number, required_text, text, translate
from .request import WebhookRequest
from .signature import SIGNATURE_HEADER, read_basic_password, require_one_of
from .times import read_time

WITHHELD = "prohib"  # so begin the values of CALLERID(pres) that forbid to show the number

# "PJSIP/101-0000002a": the name of a phone is its number, perhaps with a word before it
_PHONE = re.compile(r"(?!Local/)[^/]+/(?P<peer>[a-z]*[-_]?(?P<phone>\d{2,6}))-[0-9a-f]+", re.I)


class DialPlanAdapter(AsteriskAdapter):
    """Asterisk by way of a relay, or of its dial plan."""

    def verify(self, request: WebhookRequest) -> None:
        password = read_basic_password(request)
        if not password or SIGNATURE_HEADER in request.headers:
            return super().verify(request)
        return require_one_of(password, self.settings.secrets(request.received_at))

    def split(self, request: WebhookRequest) -> list:
        item = gather(request.form)
        return [item] if "linkedid" in item else super().split(request)

    def events(self, item, received_at: datetime) -> list[CallEvent]:
        if not isinstance(item, Mapping) or "linkedid" not in item:
            return super().events(item, received_at)
        tell = translate(required_text(item, "event"), "event", _TELLERS)
        return tell(_Told(item, self.settings.trunks, received_at))

    def make_configuration(self) -> Configuration:
        template = files(__package__).joinpath("asterisk_dialplan.conf").read_text("utf-8")
        content = template.replace("WEBHOOK_URL", self.settings.webhook_url)
        return Configuration("extensions_call_handling.conf", content)


class _Told:
    """One message of the dial plan and what its fields mean."""

    def __init__(self, item: Mapping, trunks: frozenset[str], received_at: datetime):
        self.item = item
        self.call = required_text(item, "linkedid")
        self.leg = required_text(item, "uniqueid")
        self.uid = f"dialplan:{digest(item)}"
        self.at = received_at
        if stamp := text(item, "at"):
            self.at = read_time(stamp, received_at.tzinfo, received_at)
        channel = _PHONE.fullmatch(text(item, "channel") or "")
        self.phone = channel["phone"] if channel and channel["peer"] not in trunks else None

    def event(self, kind: Kind, **values) -> CallEvent:
        about = {"leg": self.leg, "extension": self.phone} | values
        uid = f"{self.uid}:{kind.value}:{about['leg']}"
        return CallEvent(self.call, kind, self.at, uid, **about)


def _new_call(told: _Told) -> list[CallEvent]:
    dialled = number(told.item, "to")
    if told.phone:
        return [told.event(Kind.RINGING, from_number=told.phone, to_number=dialled)]
    caller, name = number(told.item, "from"), number(told.item, "name")
    if (text(told.item, "pres") or "").startswith(WITHHELD):
        caller, name = ANONYMOUS, None
    return [
        told.event(
            Kind.RINGING,
            direction=Direction.INCOMING,
            from_number=caller,
            from_name=None if name in (caller, ANONYMOUS) else name,
            to_number=dialled,
            line=dialled,
        )
    ]


def _ringing(told: _Told) -> list[CallEvent]:
    return [told.event(Kind.RINGING)]


def _answer(told: _Told) -> list[CallEvent]:
    # whoever began the call speaks from now on, too
    return [told.event(Kind.ANSWERED), told.event(Kind.ANSWERED, leg=told.call, extension=None)]


def _hangup(told: _Told) -> list[CallEvent]:
    cause = HANGUP_CAUSES.get(text(told.item, "hangupcause") or "")
    if told.leg == told.call:
        status = text(told.item, "dialstatus") or ""
        cause = Cause.NORMAL if status == "ANSWER" else DIAL_STATUS.get(status, cause)
    return [told.event(Kind.ENDED, cause=cause)]


_TELLERS = {"newcall": _new_call, "ringing": _ringing, "answer": _answer, "hangup": _hangup}
