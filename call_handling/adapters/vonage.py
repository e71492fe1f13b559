"""Vonage Voice: event webhooks, and its API to dial.

The customer's own application (its NCCO) decides what happens to a call; our address is the
event address of the application and of every ``connect``. Events are JSON, each about one leg; a
conversation holds the legs together. They are signed by a token that contains the digest of the
body.

The leg that comes in is answered by the application, not by a person. A number does not show
whether it is an employee's phone, so the address does: ``?phone=1``; a SIP address is one. Other
numbers that are called are outside parties: if nobody has called in, the company's own program
calls a customer. Calls that were dialled from Odoo have marks of their own: ``?click=own`` and
``?click=called``, and the number that is to be called, sealed. A leg that is moved to another
conversation joins the two.

Sources: https://developer.vonage.com/en/voice/voice-api/webhook-reference,
https://developer.vonage.com/en/getting-started/concepts/webhooks#decoding-signed-webhooks.
Not documented: how a SIP phone that calls is named.
"""

from __future__ import annotations

import hashlib
import hmac
import re
import time
import uuid
from collections.abc import Mapping
from datetime import datetime
from urllib.parse import parse_qsl, quote, urlencode

from .api import ApiError, BearerAuth, Problem
from .base import (
    Action,
    Adapter,
    Capabilities,
    Controlled,
    Dial,
    Dialled,
    FormField,
    Guide,
    Proof,
    Receipt,
    RecordingAbility,
    RecordingFacts,
    Reply,
    Running,
    Sender,
    Source,
    Tested,
)
from .event import CallEvent, Cause, Direction, Kind, digest
from .guide import CALLER_NUMBER
from .numbers import NumberFormat
from .reading import international, number, required_text, text
from .reasons import Reason, Why
from .recording import count_seconds
from .request import Malformed, Refusal, Refused, WebhookRequest
from .sealing import seal, unseal
from .signature import SIGNATURE_TOLERANCE
from .text import _lt
from .times import read_time
from .vocabulary import Vocabulary
from .web_token import make_token, read_private_key, read_token

TOKEN_SECONDS = 300  # how long a token of ours is valid
MARKS = {"click", "phone", "number"}

# https://developer.vonage.com/en/voice/voice-api/webhook-reference#event-webhook
RINGING = {"started", "ringing"}
MACHINE = "machine"
CAUSES = {
    "completed": Cause.NORMAL,
    "busy": Cause.BUSY,
    "cancelled": Cause.CANCELLED,
    "unanswered": Cause.NO_ANSWER,
    "timeout": Cause.NO_ANSWER,
    "rejected": Cause.REJECTED,
    "failed": Cause.FAILED,
}
# The reason of "rejected" may be that nobody could have been reached.
CAUSES_BY_DETAIL = {"invalid_number": Cause.FAILED, "restricted": Cause.FAILED}
TRANSFER = "transfer"
# Files of a region are only at the hosts of that region.
_FILE = re.compile(r"https://(api(?:-[a-z0-9-]+)?\.(?:nexmo|vonage)\.com)/v1/files/([\w.-]{1,200})")
_OWN_PHONE = re.compile(r"sips?:", re.IGNORECASE)
_OF_PROGRAM = "your program connects two calls; Vonage does not report which"
_NCCO = "your NCCO starts and ends recordings"
_MAILBOX = "a message that your program records looks like any other recording"


class VonageAdapter(Adapter):
    """Vonage's Voice API."""

    code = "vonage"
    name = "Vonage Voice"
    capabilities = Capabilities(
        proof=Proof.THEIR_SECRET,
        dials=True,
        controls=frozenset({Action.HANG_UP, Action.TRANSFER}),
        recordings=frozenset({RecordingAbility.FETCH, RecordingAbility.STEREO}),
        sender=Sender.INTERNET,
    )
    number_format = NumberFormat.DIGITS
    secret_label = _lt("Signature Secret")
    api_url = "https://api.nexmo.com/v1"
    recording_hosts = ("*.nexmo.com", "*.vonage.com")
    fields = (
        FormField("api_account", _lt("Application ID"), required=True),
        FormField("api_secret", _lt("Private Key"), required=True),
        CALLER_NUMBER,
    )
    guide = Guide(
        tested=Tested(
            messages="the vendor's published examples",
            proof="the vendor's published token; digest of the body by the documents",
            api="by the documents",
        ),
        system="Vonage",
        steps=(
            _lt(
                "In the dashboard, open Settings and copy the signature secret into the field "
                "above."
            ),
            _lt(
                "Enter the address as Event URL of your application, with POST, and switch on "
                "signed webhooks. Leave the Answer URL with your own program."
            ),
            _lt(
                "In your NCCO, set the address as eventUrl of every connect. For the number of an "
                "employee, append ?phone=1 to the address."
            ),
            _lt(
                "Below, under Extensions, enter the phones: numbers with a plus sign, SIP "
                "addresses, or names of the application's users."
            ),
            _lt(
                "To dial from Odoo: enter the ID and the private key of the application, and one "
                "of your numbers, below."
            ),
            _lt(
                "To store recordings: set the address as eventUrl of every record action in your "
                "NCCO, and enter the ID and the private key of the same application below."
            ),
        ),
        extensions="`+49…`, `sip:…`, name of the user",
        supported=(
            "several phones, outside numbers, calls of your own program, machine detection, legs "
            "that are moved to another conversation, click to dial",
        ),
        not_supported=(
            "*Vonage Business Communications*, which is another product",
            "unsigned callbacks, which Vonage sends after an internal failure, are refused",
        ),
        details="Your own application (NCCO) decides what happens to a call; Odoo is informed "
        'about it. Give every `connect` `"eventUrl": ["ADDRESS"]`, and `["ADDRESS?phone=1"]` '
        "where the number of an employee is called.",
        not_confirmed=(
            "how Vonage names a SIP phone that calls out",
            "whether the leg of the phone that transfers a call ends by itself; if it does not, "
            "hang up",
        ),
        impossible={
            "pickup": _OF_PROGRAM,
            "parking": _OF_PROGRAM,
            "mailbox after no answer": _MAILBOX,
            "mailbox after busy": _MAILBOX,
            "a feature code": "what a SIP phone dials is a matter of your program",
        },
        missing={"queue": "the name of a queue: queues are a matter of your program"},
        transfers="as new phones of the call",
        controlling="*Transfer*: what your NCCO would do next does not happen then",
        uncontrolled={
            **dict.fromkeys(
                (Action.HOLD, Action.RESUME),
                "Vonage cannot hold: it only mutes a leg, or keeps it from hearing the others",
            ),
            **dict.fromkeys((Action.RECORD, Action.STOP_RECORDING), _NCCO),
            **dict.fromkeys(
                (Action.PAUSE_RECORDING, Action.RESUME_RECORDING), "no such request is documented"
            ),
        },
        recording="`eventUrl` of the `record` action; `split: conversation` records each side on "
        "its own channel; Vonage keeps files for 30 days",
        unrecorded={
            RecordingAbility.START: _NCCO,
            RecordingAbility.PAUSE: "no such request is documented",
            RecordingAbility.STOP: _NCCO,
            RecordingAbility.DELETE: "Vonage deletes its files after 30 days",
        },
    )
    vocabulary = Vocabulary(
        words={
            "status": {*RINGING, "answered", MACHINE, "human", TRANSFER, *CAUSES},
            "direction": {"inbound", "outbound"},
            "detail": CAUSES_BY_DETAIL,
            "click": {"own", "called"},
            "phone": {"1"},
        },
        times=frozenset({"timestamp", "start_time", "end_time"}),
        lengths=frozenset({"duration"}),
        names=frozenset(
            {"uuid", "conversation_uuid", "conversation_uuid_from", "conversation_uuid_to"}
            | {"recording_uuid", "recording_url", "from", "to", "number"}
        ),
        marks=frozenset({"sip", "sips"}),
    )

    # === IN === #

    def verify(self, request: WebhookRequest) -> None:
        scheme, _blank, token = request.headers.get("authorization", "").partition(" ")
        if scheme.lower() != "bearer":
            raise Refused(Refusal.UNSIGNED)
        claims = read_token(token, self.settings.secrets(request.received_at))
        claimed = str(claims.get("payload_hash", "")).lower()
        if not hmac.compare_digest(
            claimed.encode(), hashlib.sha256(request.body).hexdigest().encode()
        ):
            raise Refused(Refusal.WRONG_SIGNATURE)
        issued = claims.get("iat")
        if not isinstance(issued, (int, float)):
            raise Refused(Refusal.WRONG_SIGNATURE)
        if abs(request.received_at.timestamp() - issued) > SIGNATURE_TOLERANCE.total_seconds():
            raise Refused(Refusal.OLD)

    def split(self, request: WebhookRequest) -> list:
        body = request.json()
        if not isinstance(body, Mapping):
            raise Malformed(Reason(Why.BODY_NO_OBJECT))
        marks = dict(parse_qsl(request.query))
        marks = {name: marks[name] for name in MARKS & marks.keys()}
        if "number" in marks:
            marks["number"] = unseal(marks["number"], self.settings)
        return [dict(body) | marks]

    def events(self, item, received_at: datetime) -> list[CallEvent]:
        if not isinstance(item, Mapping):
            raise ValueError(Reason(Why.MESSAGE_NO_OBJECT, kind=type(item).__name__))
        if text(item, "recording_uuid"):
            return []
        if text(item, "status") == TRANSFER:
            return _moved(item, received_at)
        message = _Message(item, received_at)
        if message.status in RINGING:
            return message.ringing()
        if message.status == "answered":
            return message.answered()
        if message.status == MACHINE:
            return [message.event(Kind.VOICEMAIL, is_machine=True, **message.about())]
        return message.ended() if message.status in CAUSES else []

    def recordings(self, item, received_at: datetime) -> list[RecordingFacts]:
        """Return what is reported about a recording: not of which leg it is."""
        if not isinstance(item, Mapping) or not text(item, "recording_uuid"):
            return []
        start, end = (
            read_time(item[name], received_at.tzinfo, received_at) if item.get(name) else None
            for name in ("start_time", "end_time")
        )
        file = _FILE.match(text(item, "recording_url") or "")
        return [
            RecordingFacts(
                call=required_text(item, "conversation_uuid"),
                ref=required_text(item, "recording_uuid"),
                start=start,
                seconds=count_seconds(start, end),
                is_offered=bool(file),
                place="/".join(file.groups()) if file else None,
            )
        ]

    def reply(self, receipt: Receipt, request: WebhookRequest | None = None) -> Reply:
        """Return the counts. A request for an NCCO gets an error: Vonage then asks the fallback
        address."""
        asks = request and b'"status"' not in request.body and b'"uuid"' in request.body
        if asks:
            return Reply("This address has no NCCO.", 400, "text/plain; charset=utf-8")
        return super().reply(receipt, request)

    # === OUT === #

    def get_api_auth(self):
        now = int(time.time())
        claims = {
            "application_id": self.settings.api_account,
            "iat": now,
            "exp": now + TOKEN_SECONDS,
            "jti": str(uuid.uuid4()),
        }
        try:
            key = read_private_key(self.settings.api_secret)
        except ValueError:
            raise ApiError(Problem.NOT_SET_UP, "api_secret") from None
        return BearerAuth(make_token(claims, key))

    def test(self) -> None:
        self.ask("GET", "calls", params={"page_size": 1})

    def originate(self, dial: Dial) -> Dialled:
        shown = dial.line or self.settings.caller_number
        if not shown:
            raise ApiError(Problem.NOT_SET_UP, "caller_number")
        shown = self.write_number(shown)
        address = self.settings.webhook_url
        called = {
            "action": "connect",
            "from": shown,
            "endpoint": [{"type": "phone", "number": self.write_number(dial.number)}],
            "eventUrl": [f"{address}?click=called"],
        }
        marks = {"click": "own", "number": seal(dial.number, self.settings)}
        call = {
            "to": [self._endpoint(dial.extension)],
            "from": {"type": "phone", "number": shown},
            "ncco": [called],
            "event_url": [f"{address}?{urlencode(marks)}"],
        }
        answer = self.ask("POST", "calls", json=call)
        return Dialled(self.required(answer, "conversation_uuid"))

    # https://developer.vonage.com/en/api/voice#updateCall

    def allows(self, action: Action, running: Running) -> bool:
        can_transfer = running.other_leg and self._find_shown(running)
        if action is Action.TRANSFER and not can_transfer:
            return False
        return super().allows(action, running)

    def control(self, action: Action, running: Running, target: str = "") -> Controlled:
        """Hang up the leg of the phone, or move the other leg to a conversation with somebody
        else."""
        if action is Action.HANG_UP:
            self._update_leg(self.get_handle(running), {"action": "hangup"})
            return Controlled()
        ncco = [self._connect(running, target)]
        destination = {"type": "ncco", "ncco": ncco}
        leg = self.get_other_leg(running)
        self._update_leg(leg, {"action": "transfer", "destination": destination})
        return Controlled()

    # https://developer.vonage.com/en/voice/voice-api/concepts/recording

    def find_recording(self, ref: str, place: str | None = None) -> Source:
        self._check_settings()
        host, _slash, file = (place or "").partition("/")
        url = self.get_api_url(f"files/{file}")
        if not self.settings.api_url:
            url = f"https://{host}/v1/files/{file}"
        if not _FILE.fullmatch(f"https://{host}/v1/files/{file}"):
            raise ApiError(Problem.REFUSED, Reason(Why.NOT_ITS_FILE))
        return self.make_source(url, auth=self.get_api_auth())

    def _update_leg(self, leg: str, command: dict) -> None:
        self.ask("PUT", f"calls/{quote(leg, safe='')}", json=command)

    def _connect(self, running: Running, target: str) -> dict:
        address, is_phone = self.settings.webhook_url, self.is_phone(target)
        if is_phone:
            endpoint = self._endpoint(target)
        else:
            endpoint = {"type": "phone", "number": self.write_number(target)}
        return {
            "action": "connect",
            "from": self.write_number(self._find_shown(running)),
            "endpoint": [endpoint],
            "eventUrl": [f"{address}?phone=1" if is_phone else address],
        }

    def _find_shown(self, running: Running) -> str:
        return running.state.line_number or self.settings.caller_number

    def _endpoint(self, extension: str) -> dict:
        """Return a phone as an endpoint: a number, a SIP address, or a user of the application."""
        phone = self.write_phone(extension)
        if phone.lower().startswith(("sip:", "sips:")):
            return {"type": "sip", "uri": phone}
        if phone.lstrip("+").isdigit():
            return {"type": "phone", "number": phone.lstrip("+")}
        return {"type": "app", "user": phone}


class _Message:
    """One message and what it reports about its leg."""

    def __init__(self, item: Mapping, received_at: datetime):
        self.item = item
        self.call = required_text(item, "conversation_uuid")
        self.leg = required_text(item, "uuid")
        self.status = text(item, "status") or "started"  # a request for an NCCO has none
        self.uid = f"{self.leg}:{digest(item)}"
        self.click = text(item, "click")
        # A request for an NCCO has no direction: only calls that come in ask for one.
        self.direction = text(item, "direction") or ("inbound" if "status" not in item else None)
        self.is_inbound = self.direction == "inbound"
        self.at = _moment(item, received_at)

    def event(self, kind: Kind, leg: str | None = None, **values) -> CallEvent:
        leg = leg or self.leg
        return CallEvent(self.call, kind, self.at, f"{self.uid}:{kind.value}:{leg}", leg, **values)

    def about(self) -> dict:
        """Return who calls whom, as far as this leg reports it."""
        caller, called = international(self.item, "from"), international(self.item, "to")
        if self.click:
            about = {"direction": Direction.OUTGOING, "from_number": caller}
            if self.click == "own":
                return about | {"extension": called, "to_number": number(self.item, "number")}
            return about | {"to_number": called}
        if self.is_inbound:
            return {"is_caller": True} | self._of_caller(caller, called)
        if "phone" in self.item or _OWN_PHONE.match(called or ""):
            return {"extension": called}  # the number shown may be the customer's or an own one
        return {"number": called, "line": caller} if self.direction else {}

    @staticmethod
    def _of_caller(caller: str | None, called: str | None) -> dict:
        if not _OWN_PHONE.match(caller or ""):
            return {"direction": Direction.INCOMING, "from_number": caller, "line": called}
        own = {"extension": caller, "from_number": caller, "to_number": called}
        is_internal = _OWN_PHONE.match(called or "")
        return own | ({"direction": Direction.INTERNAL} if is_internal else {})

    def ringing(self) -> list[CallEvent]:
        # The leg that began the call has an id of its own, so the call itself represents it.
        return [self.event(Kind.RINGING, **self.about()), self.event(Kind.RINGING, self.call)]

    def answered(self) -> list[CallEvent]:
        if self.click == "own" or (self.is_inbound and not self.click):
            return [self.event(Kind.RINGING, **self.about())]
        return [self.event(Kind.ANSWERED, **self.about())]

    def ended(self) -> list[CallEvent]:
        cause = CAUSES_BY_DETAIL.get(text(self.item, "detail") or "") or CAUSES[self.status]
        if self.click == "own" and cause is Cause.NO_ANSWER:
            cause = Cause.CANCELLED  # the own phone was not picked up: nobody was called
        # The call ends with the last of its legs.
        return [
            self.event(Kind.ENDED, cause=cause, **self.about()),
            self.event(Kind.ENDED, self.call),
        ]


def _moment(item: Mapping, received_at: datetime) -> datetime:
    if not item.get("timestamp"):
        return received_at
    return read_time(item["timestamp"], received_at.tzinfo, received_at)


def _moved(item: Mapping, received_at: datetime) -> list[CallEvent]:
    """A leg was moved to another conversation: both are one call, which goes on there.

    An own phone that called in is connected with those who are there.
    """
    left, entered = (required_text(item, f"conversation_uuid_{end}") for end in ("from", "to"))
    leg, at, uid = text(item, "uuid"), _moment(item, received_at), f"{left}:{digest(item)}"
    events = [
        CallEvent(left, Kind.JOINED, at, f"{uid}:joined", alias=entered),
        CallEvent(left, Kind.ENDED, at, f"{uid}:ended", left),
    ]
    if leg:
        events.append(CallEvent(left, Kind.ANSWERED, at, f"{uid}:answered", leg, room=entered))
    return events
