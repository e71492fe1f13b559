"""Telnyx: webhooks of Call Control, and its API to dial.

The customer's own application decides what happens to a call; its events are JSON, each about
one leg, and a session holds the legs together. The leg that came in is answered by the
application, not by a person. So only an answer at a phone of our own, which is known by its SIP
address, and a bridge between two legs count.

A click calls the own phone with the number to dial in ``client_state``. When that phone is
answered, Telnyx must be asked to call the other side: :meth:`TelnyxAdapter.react`.

Sources: https://developers.telnyx.com/api-reference/callbacks/, .../call-commands/ (dial,
transfer), and webhook_verification.py of telnyx-python. Not documented: whether a bridge is
reported before the second leg is answered, and how a SIP phone of the account is named.
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
from .base import Adapter, Capabilities, Dial, Dialled, FormField, Guide, Proof, Tested
from .event import CallEvent, Cause, Direction, Kind
from .guide import CALLER_NUMBER
from .reading import number, required_text, text
from .request import Malformed, Refusal, Refused, WebhookRequest
from .signature import SIGNATURE_TOLERANCE
from .text import _lt
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
    secret_label = _lt("Public Key")
    api_url = "https://api.telnyx.com/v2"
    fields = (
        FormField("api_account", _lt("Application ID"), required=True),
        FormField("api_secret", _lt("API Key"), required=True),
        CALLER_NUMBER,
    )
    guide = Guide(
        tested=Tested(
            messages="the vendor's published example (hang-up), its description",
            proof="the rule of its library; computed by us",
            api="by the documents",
        ),
        steps=(
            _lt(
                "In the Mission Control Portal, open Keys and Credentials, Public Key, and copy it "
                "into the field above."
            ),
            _lt(
                "Enter the address as webhook of your Voice API application, or have your own "
                "program forward to it what it receives, unchanged."
            ),
            _lt(
                "Below, under Extensions, enter the phones by their SIP addresses, such as "
                "sip:ann@sip.telnyx.com."
            ),
            _lt(
                "To dial from Odoo: create an API key, and enter the ID of the application and one "
                "of your numbers below."
            ),
        ),
        extensions="`sip:ann@sip.telnyx.com`",
        supported=("several phones, click to dial",),
        not_supported=("conferences", "Telnyx's TeXML"),
        not_confirmed=(
            "how Telnyx names a SIP phone that calls out",
            "ordinary numbers of employees are reported as bridged with somebody, not with whom",
        ),
        details="Your own Call Control application decides what happens to a call; Odoo is "
        "informed about it. A program that forwards events must send the body and the two "
        "`telnyx-` headers unchanged and within five minutes. When dialling, the own phone rings "
        "first; when it is answered, Odoo asks Telnyx to call the other side.",
        transfers="as new phones of the call",
    )

    # === IN === #

    def verify(self, request: WebhookRequest) -> None:
        """Check the signature: their "secret" is the public part of their key."""
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
            raise ValueError("'payload' is missing: this is not an event of Telnyx")
        read = _READERS.get(required_text(item, "event_type"))
        return read(_Message(item, received_at)) if read else []

    def react(self, request: WebhookRequest) -> None:
        (item,) = self.split(request)
        payload = item.get("payload")
        state = _client_state(payload)
        if item.get("event_type") != "call.answered" or "dial" not in state:
            return
        control = quote(str(payload.get("call_control_id")), safe="")
        command = {
            "to": self.write_number(state["dial"]),
            "from": state.get("shown"),
            "target_leg_client_state": _encode({"called": True}),
            # Telnyx ignores a command that it has already received
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
        call = {
            "connection_id": self.settings.api_account,
            "to": self.write_phone(dial.extension),
            "from": shown,
            "timeout_secs": RING_SECONDS,
            "webhook_url": self.settings.webhook_url,
            "client_state": _encode({"dial": dial.number, "shown": shown}),
        }
        answer = self.ask("POST", "calls", json=call)
        return Dialled(self.required(answer, "data", "call_session_id"))


class _Message:
    """One message and what it reports about its leg."""

    def __init__(self, item: Mapping, received_at: datetime):
        self.payload: Mapping = item["payload"]
        self.click = _client_state(self.payload)
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
        """Return an event of the call as a whole."""
        return CallEvent(self.call, kind, self.at, f"{self.uid}:{kind.value}")

    def is_own_phone(self) -> bool:
        return bool(_OWN_PHONE.match(text(self.payload, "to") or ""))

    def about(self) -> dict:
        """Return who calls whom, as far as this leg reports it."""
        caller, called = number(self.payload, "from"), number(self.payload, "to")
        if "dial" in self.click:
            about = {"direction": Direction.OUTGOING, "to_number": self.click["dial"]}
            return about | {"from_number": caller, "extension": called}
        if "called" in self.click:
            return {"direction": Direction.OUTGOING, "to_number": called}
        if self.is_own_phone():
            return {"from_number": caller, "extension": called}
        if self.payload.get("direction") != "incoming":
            return {"to_number": called}
        if _OWN_PHONE.match(caller or ""):
            own = {"extension": caller, "direction": Direction.OUTGOING}
            return own | {"from_number": caller, "to_number": called}
        return {"direction": Direction.INCOMING, "from_number": caller, "line": called}


def _initiated(message: _Message) -> list[CallEvent]:
    # The leg that began the call has an id of its own, so the call itself represents it.
    return [
        message.event(Kind.RINGING, **message.about()),
        message.event(Kind.RINGING, message.call),
    ]


def _answered(message: _Message) -> list[CallEvent]:
    if "called" in message.click or ("dial" not in message.click and message.is_own_phone()):
        return [message.event(Kind.ANSWERED, **message.about()), message.whole(Kind.ANSWERED)]
    return [message.event(Kind.RINGING, **message.about())]


def _bridged(message: _Message) -> list[CallEvent]:
    known = "called" in message.click or "dial" in message.click or message.is_own_phone()
    return [] if known else [message.event(Kind.ANSWERED)]


def _hangup(message: _Message) -> list[CallEvent]:
    cause = CAUSES.get(text(message.payload, "hangup_cause") or "")
    if "dial" in message.click and cause in (Cause.NO_ANSWER, Cause.BUSY):
        cause = Cause.CANCELLED  # the own phone was not answered: nobody was called
    # The call ends with the last of its legs.
    return [
        message.event(Kind.ENDED, cause=cause, **message.about()),
        message.event(Kind.ENDED, message.call),
    ]


_READERS = {
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


def _client_state(payload) -> dict:
    """Return what we wrote into the state of a leg that we began; empty for others."""
    state = payload.get("client_state") if isinstance(payload, Mapping) else None
    try:
        ours = json.loads(base64.b64decode(str(state or ""), validate=True))["call_handling"]
    except (binascii.Error, ValueError, KeyError, TypeError):
        return {}
    return ours if isinstance(ours, dict) else {}
