"""Telnyx: webhooks of Call Control, and its API to dial.

What happens to a call is decided by the customer's own application; its events are JSON, each
about one leg, and a session holds the legs together. That a leg was answered says nothing of a
person if it is the one that came in: the application answers it. So counts an answer at a
phone of our own, which is known by its SIP address, and a bridge between two legs.

A click calls the own phone with the wish written into ``client_state``. When that phone is
picked up, Telnyx must be told to call the other side: :meth:`TelnyxAdapter.react`.

Sources: https://developers.telnyx.com/api-reference/callbacks/, .../call-commands/ (dial,
transfer), and webhook_verification.py of telnyx-python. Not documented: whether a bridge is
told before the second leg is answered, and how a SIP phone of the account is named.
"""

from __future__ import annotations

import base64
import binascii
import json
import re
from collections.abc import Mapping
from datetime import datetime
from urllib.parse import quote

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from .api import ApiError, BearerAuth, Problem
from .base import Adapter, Capabilities, Dial, Dialled, Proof
from .event import CallEvent, Cause, Direction, Kind
from .reading import number, required_text, text
from .request import Malformed, Refusal, Refused, WebhookRequest
from .signature import SIGNATURE_TOLERANCE
from .times import read_time

SIGNATURE_HEADER = "telnyx-signature-ed25519"
TIMESTAMP_HEADER = "telnyx-timestamp"
RING_SECONDS = 45  # of the own phone

# https://developers.telnyx.com/api-reference/callbacks/call-hangup
CAUSES = {
    "normal_clearing": Cause.NORMAL,
    "time_limit": Cause.NORMAL,
    "originator_cancel": Cause.CANCELLED,
    "timeout": Cause.NO_ANSWER,
    "no_answer": Cause.NO_ANSWER,
    "call_rejected": Cause.REJECTED,
    "user_busy": Cause.BUSY,
    "not_found": Cause.FAILED,
}
_OWN_PHONE = re.compile(r"sips?:", re.IGNORECASE)


class TelnyxAdapter(Adapter):
    """Telnyx by way of a Call Control application."""

    code = "telnyx"
    name = "Telnyx"
    capabilities = Capabilities(proof=Proof.THEIR_SECRET, dials=True)
    api_url = "https://api.telnyx.com/v2"
    api_needs = ("api_account", "api_secret")

    # === IN === #

    def verify(self, request: WebhookRequest) -> None:
        """Their "secret" is the public part of their key."""
        given = request.headers.get(SIGNATURE_HEADER, "")
        timestamp = request.headers.get(TIMESTAMP_HEADER, "")
        if not given or not timestamp:
            raise Refused(Refusal.UNSIGNED)
        signed = timestamp.encode() + b"|" + request.body
        keys = self.settings.secrets(request.received_at)
        if not any(_is_signed(key, given, signed) for key in keys) or not timestamp.isdigit():
            raise Refused(Refusal.WRONG_SIGNATURE)
        age = abs(request.received_at.timestamp() - int(timestamp[:12]))
        if age > SIGNATURE_TOLERANCE.total_seconds():
            raise Refused(Refusal.OLD)

    def split(self, request: WebhookRequest) -> list:
        body = request.json()
        if not isinstance(body, Mapping) or not isinstance(body.get("data"), Mapping):
            raise Malformed("the body must be a JSON object with 'data'")
        return [body["data"]]

    def events(self, item, received_at: datetime) -> list[CallEvent]:
        if not isinstance(item, Mapping) or not isinstance(item.get("payload"), Mapping):
            raise ValueError("'payload' is missing: this is no event of Telnyx")
        tell = _TELLERS.get(required_text(item, "event_type"))
        return tell(_Event(item, received_at)) if tell else []

    def react(self, request: WebhookRequest) -> None:
        (item,) = self.split(request)
        payload = item.get("payload")
        wish = _wish(payload)
        if item.get("event_type") != "call.answered" or "dial" not in wish:
            return
        control = quote(str(payload.get("call_control_id")), safe="")
        command = {
            "to": self.write_number(wish["dial"]),
            "from": wish.get("shown"),
            "target_leg_client_state": _encode({"called": True}),
            # Telnyx ignores a command that it has got already
            "command_id": f"call-handling-{payload.get('call_leg_id')}",
        }
        self.ask("POST", f"calls/{control}/actions/transfer", json=command)

    # === OUT === #

    def get_api_auth(self):
        return BearerAuth(self.settings.api_secret)

    def test(self) -> None:
        self.ask("GET", f"call_control_applications/{quote(self.settings.api_account, safe='')}")

    def originate(self, dial: Dial) -> Dialled:
        shown = dial.line or self.settings.caller_number
        if not shown:
            raise ApiError(Problem.NOT_SET_UP, "caller_number")
        self.write_number(dial.number)  # before a phone rings for nothing
        wish = {
            "connection_id": self.settings.api_account,
            "to": self.write_phone(dial.extension),
            "from": shown,
            "timeout_secs": RING_SECONDS,
            "webhook_url": self.settings.webhook_url,
            "client_state": _encode({"dial": dial.number, "shown": shown}),
        }
        answer = self.ask("POST", "calls", json=wish)
        return Dialled(self.required(answer, "data", "call_session_id"))


class _Event:
    """One event and what it tells of its leg."""

    def __init__(self, item: Mapping, received_at: datetime):
        self.payload: Mapping = item["payload"]
        self.wish = _wish(self.payload)
        self.uid = required_text(item, "id")
        self.call = required_text(self.payload, "call_session_id")
        self.leg = required_text(self.payload, "call_leg_id")
        self.at = received_at
        if item.get("occurred_at"):
            self.at = read_time(item["occurred_at"], received_at.tzinfo, received_at)

    def event(self, kind: Kind, leg: str | None = None, **values) -> CallEvent:
        leg = leg or self.leg
        return CallEvent(self.call, kind, self.at, f"{self.uid}:{kind.value}:{leg}", leg, **values)

    def whole(self, kind: Kind) -> CallEvent:
        """An event of the call as a whole."""
        return CallEvent(self.call, kind, self.at, f"{self.uid}:{kind.value}")

    def is_own_phone(self) -> bool:
        return bool(_OWN_PHONE.match(text(self.payload, "to") or ""))

    def about(self) -> dict:
        """Who calls whom, as far as this leg tells."""
        caller, called = number(self.payload, "from"), number(self.payload, "to")
        if "dial" in self.wish:
            about = {"direction": Direction.OUTGOING, "to_number": self.wish["dial"]}
            return about | {"from_number": caller, "extension": called}
        if "called" in self.wish:
            return {"direction": Direction.OUTGOING, "to_number": called}
        if self.is_own_phone():
            return {"from_number": caller, "extension": called}
        if self.payload.get("direction") != "incoming":
            return {"to_number": called}
        if _OWN_PHONE.match(caller or ""):
            own = {"extension": caller, "direction": Direction.OUTGOING}
            return own | {"from_number": caller, "to_number": called}
        return {"direction": Direction.INCOMING, "from_number": caller, "line": called}


def _initiated(told: _Event) -> list[CallEvent]:
    # the leg that began the call has an id of its own, so the call itself stands for it
    return [told.event(Kind.RINGING, **told.about()), told.event(Kind.RINGING, told.call)]


def _answered(told: _Event) -> list[CallEvent]:
    if "called" in told.wish or ("dial" not in told.wish and told.is_own_phone()):
        return [told.event(Kind.ANSWERED, **told.about()), told.whole(Kind.ANSWERED)]
    return [told.event(Kind.RINGING, **told.about())]


def _bridged(told: _Event) -> list[CallEvent]:
    known = "called" in told.wish or "dial" in told.wish or told.is_own_phone()
    return [] if known else [told.event(Kind.ANSWERED)]


def _hangup(told: _Event) -> list[CallEvent]:
    cause = CAUSES.get(text(told.payload, "hangup_cause") or "")
    if "dial" in told.wish and cause in (Cause.NO_ANSWER, Cause.BUSY):
        cause = Cause.CANCELLED  # the own phone was not picked up: nobody was called
    # the call ends with the last of its legs, whichever that is
    return [
        told.event(Kind.ENDED, cause=cause, **told.about()),
        told.event(Kind.ENDED, told.call),
    ]


_TELLERS = {
    "call.initiated": _initiated,
    "call.answered": _answered,
    "call.bridged": _bridged,
    "call.hangup": _hangup,
}


def _is_signed(key: str, given: str, signed: bytes) -> bool:
    try:
        public = Ed25519PublicKey.from_public_bytes(base64.b64decode(key, validate=True))
        public.verify(base64.b64decode(given, validate=True), signed)
    except (InvalidSignature, binascii.Error, ValueError):
        return False
    return True


def _encode(state: dict) -> str:
    return base64.b64encode(json.dumps({"call_handling": state}).encode()).decode()


def _wish(payload) -> dict:
    """What we wrote into the state of a leg that we began; empty for others."""
    state = payload.get("client_state") if isinstance(payload, Mapping) else None
    try:
        ours = json.loads(base64.b64decode(str(state or ""), validate=True))["call_handling"]
    except (binascii.Error, ValueError, KeyError, TypeError):
        return {}
    return ours if isinstance(ours, dict) else {}
