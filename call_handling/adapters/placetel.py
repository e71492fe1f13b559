"""Placetel: Notify, and its REST API to dial.

Forms, signed with a secret that is entered in the portal. ``CallAccepted`` reports who
answered, for incoming calls only; the result and the length of an outgoing call come with
``HungUp``. Which phones rang is not reported. Times are not sent, numbers are national.

Sources: https://github.com/Placetel/call-control-notify-api, https://api.placetel.de/v2/docs/.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Mapping
from datetime import datetime, timedelta

from .api import BearerAuth
from .base import (
    Action,
    Adapter,
    Capabilities,
    Dial,
    Dialled,
    FormField,
    Guide,
    RecordingAbility,
    Sender,
    Tested,
)
from .event import CallEvent, Cause, Direction, Kind, digest
from .guide import CLICK_STORIES, DIALLED_NUMBERS, INTERNAL_STORIES, PROGRAM_STORIES
from .numbers import NumberFormat
from .reading import gather, number, required_text, seconds, text, translate
from .reasons import Reason, Why
from .request import Malformed, WebhookRequest
from .signature import require_one_of
from .text import _lt
from .vocabulary import Vocabulary

SIGNATURE_HEADER = "x-placetel-signature"

VOICEMAIL_USER = "voicemail"  # who "accepts" in the first version of Notify

KINDS = {
    "IncomingCall": Kind.RINGING,
    "OutgoingCall": Kind.RINGING,
    "CallAccepted": Kind.ANSWERED,
    "HungUp": Kind.ENDED,
}
DIRECTIONS = {"in": Direction.INCOMING, "out": Direction.OUTGOING}
DIRECTIONS_OF_EVENTS = {
    "IncomingCall": Direction.INCOMING,
    "OutgoingCall": Direction.OUTGOING,
    "CallAccepted": Direction.INCOMING,
}
# https://github.com/Placetel/call-control-notify-api#hangup-types
CAUSES = {
    "accepted": Cause.NORMAL,
    "voicemail": Cause.NORMAL,
    "missed": Cause.NO_ANSWER,
    "blocked": Cause.REJECTED,
    "busy": Cause.BUSY,
    "canceled": Cause.CANCELLED,
    "unavailable": Cause.FAILED,
    "congestion": Cause.FAILED,
}


_TRANSFER = "transfers are not reported"
_NOT_DOCUMENTED = "it is not documented what is reported"
_OUTSIDE = "outside numbers that calls are forwarded to are not reported"
_PROGRAM = "Placetel has no calls of programs"
_CLICK = "it is not documented what is reported before the customer's phone rings"
_INTERNAL = "internal calls are reported only when they end, and without the number"
_WHY = "not why nobody answered"
_MAILBOX = "not when the mailbox answered"


class PlacetelAdapter(Adapter):
    """Placetel's telephone system in the cloud."""

    code = "placetel"
    name = "Placetel"
    capabilities = Capabilities(dials=True, transfers=False, sender=Sender.INTERNET)
    number_format = NumberFormat.NATIONAL
    api_url = "https://api.placetel.de/v2"
    fields = (FormField("api_secret", _lt("Token"), required=True), *DIALLED_NUMBERS)
    guide = Guide(
        tested=Tested(
            messages="the vendor's published examples",
            proof="the vendor's published example",
            api="by the documents",
        ),
        steps=(
            _lt("Create the secret above."),
            _lt(
                "In the web portal, open Settings, External APIs. Enter the address and the shared "
                "secret, and tick the numbers whose calls to report."
            ),
            _lt("Outgoing calls are reported only for SIP users with a caller ID."),
            _lt("Below, under Extensions, enter the SIP users, such as 7777abcdefg@fpbx.de."),
            _lt("To dial from Odoo: create an API token under Settings, API."),
        ),
        extensions="SIP user, `7777abc@fpbx.de`",
        supported=("incoming and outgoing calls, who answered, voicemail, blocked callers",),
        impossible={
            "blind transfer, answered": _TRANSFER,
            "blind transfer, not answered": _TRANSFER,
            "blind transfer to an outside number": _TRANSFER,
            "attended transfer": _TRANSFER,
            "attended transfer, refused": _TRANSFER,
            "transfer while the other phone rings": _TRANSFER,
            "two transfers": _TRANSFER,
            "pickup": _NOT_DOCUMENTED,
            "parking": _NOT_DOCUMENTED,
            "conference": _NOT_DOCUMENTED,
            "forwarded to an outside number": _OUTSIDE,
            "follow-me: phone and mobile ring together": _OUTSIDE,
            "answering service": _OUTSIDE,
            "the customer's mailbox answers": "Placetel does not detect machines",
            **dict.fromkeys(PROGRAM_STORIES, _PROGRAM),
            **dict.fromkeys(CLICK_STORIES, _CLICK),
            **dict.fromkeys(INTERNAL_STORIES, _INTERNAL),
        },
        partly={
            "the caller gives up": _WHY,
            "the phone is busy": _WHY,
            "the phone rejects the call": _WHY,
            "a queue is abandoned": _WHY,
            "mailbox after no answer": _MAILBOX,
            "mailbox after busy": _MAILBOX,
        },
        uncontrolled=dict.fromkeys(
            Action, "Placetel controls a call by another id than the one that it reports"
        ),
        unrecorded=dict.fromkeys(
            RecordingAbility,
            "its messages name no recordings, and its list of recordings does not name the call: "
            "which one it is of would be guessed from time and numbers",
        ),
        missing={
            "rang": "which phones rang in vain",
            "queue": "the name of a queue",
        },
        not_supported=(
            "which phones rang is not reported, so a missed call belongs to nobody in particular",
            "transfers are not reported; internal calls only when they end",
            "times: those of arrival count. Of an outgoing call, the answer is known when it has "
            "ended, from its length",
        ),
    )
    vocabulary = Vocabulary(
        words={
            "event": KINDS,
            "direction": DIRECTIONS,
            "type": CAUSES,
            "user": {VOICEMAIL_USER},
        },
        lengths=frozenset({"duration"}),
        names=frozenset({"call_id", "from", "to", "peer"}),
    )

    # === IN === #

    def verify(self, request: WebhookRequest) -> None:
        good = (
            hmac.new(secret.encode(), request.body, hashlib.sha256).hexdigest()
            for secret in self.settings.secrets(request.received_at)
        )
        require_one_of(request.headers.get(SIGNATURE_HEADER, "").lower(), good)

    def split(self, request: WebhookRequest) -> list:
        if not request.form:
            raise Malformed(Reason(Why.BODY_NO_FORM))
        return [gather(request.form)]

    def events(self, item, received_at: datetime) -> list[CallEvent]:
        if not isinstance(item, Mapping):
            raise ValueError(Reason(Why.MESSAGE_NO_OBJECT, kind=type(item).__name__))
        call, name = required_text(item, "call_id"), required_text(item, "event")
        kind = translate(name, "event", KINDS)
        peer = text(item, "peer")
        direction = translate(text(item, "direction"), "direction", DIRECTIONS)
        about = {
            "call": call,
            "at": received_at,
            "direction": direction or DIRECTIONS_OF_EVENTS.get(name),
            "from_number": number(item, "from"),
            "to_number": number(item, "to"),
        }
        if peer:
            about |= {"leg": f"{call}/{peer}", "extension": peer}
        uid = f"{call}:{digest(item)}"
        if kind is Kind.ENDED:
            return self._ended(item, about, uid)
        if kind is Kind.ANSWERED and text(item, "user") == VOICEMAIL_USER:
            kind = Kind.VOICEMAIL
        return [CallEvent(kind=kind, uid=uid, **about)]

    @staticmethod
    def _ended(item: Mapping, about: dict, uid: str) -> list[CallEvent]:
        result = text(item, "type") or ""
        whole = about | {"leg": None, "extension": None}
        events = [CallEvent(kind=Kind.ENDED, uid=uid, cause=CAUSES.get(result), **whole)]
        if result == "voicemail":
            events.append(CallEvent(kind=Kind.VOICEMAIL, uid=f"{uid}:voicemail", **whole))
        elif result == "accepted" and text(item, "duration"):
            # The length of the conversation: nothing else says when an outgoing call was answered.
            answer = whole | {"at": about["at"] - timedelta(seconds=seconds(item, "duration"))}
            events.append(CallEvent(kind=Kind.ANSWERED, uid=f"{uid}:answered", **answer))
        return events

    # === OUT === #

    def get_api_auth(self):
        return BearerAuth(self.settings.api_secret)

    def test(self) -> None:
        self.ask("GET", "sip_users")

    def originate(self, dial: Dial) -> Dialled:
        request = {
            "sipuid": self.write_phone(dial.extension),
            "target": self.write_number(dial.number),
        }
        self.ask("POST", "calls", json=request)
        return Dialled(None)
