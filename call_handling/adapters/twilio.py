"""Twilio: callbacks of Programmable Voice, and its API to dial.

What happens to a call is decided by the customer's own TwiML; our address is told about it as
status callback of the number and of the ``<Client>``, ``<Sip>`` and ``<Number>`` that ring.
The call that came in, or that was begun, is the parent of the calls to the single phones.

A TwiML that picks up is not a person: an answer is that of a phone. An ordinary number that
is an employee's phone cannot be told from a customer's, so its callback address says it:
``?phone=1``. A wish to dial says the same of itself: ``?click=1``.

Sources: https://www.twilio.com/docs/voice/api/call-resource#statuscallback,
https://www.twilio.com/docs/voice/twiml/dial, https://www.twilio.com/docs/usage/security, and
the request validator of twilio-python. Not documented: the numbers of :data:`WITHHELD`.
"""

from __future__ import annotations

import hashlib
import hmac
import re
from collections.abc import Mapping
from datetime import datetime, timedelta
from email.utils import parsedate_to_datetime
from urllib.parse import parse_qsl
from xml.sax.saxutils import escape, quoteattr

from .api import ApiError, Problem
from .base import Adapter, Capabilities, Dial, Dialled, Proof, Receipt, Reply
from .event import ANONYMOUS, CallEvent, Cause, Direction, Kind, digest
from .reading import gather, number, required_text, seconds, text, translate
from .request import Malformed, Refusal, Refused, WebhookRequest
from .signature import require_one_of
from .times import read_time
from .twilio_signature import sign, with_and_without_port

SIGNATURE_HEADER = "x-twilio-signature"
SCHEME_HEADER = "x-twilio-webhooks-signature-settings"  # "key=…,algorithm=HMAC_SHA256"
BODY_DIGEST = "bodySHA256"  # in the query, for bodies that are no forms

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
CAUSES_OF_OWN_PHONE = CAUSES | {"busy": Cause.CANCELLED, "no-answer": Cause.CANCELLED}

# Letters on a keypad: ANONYMOUS, UNAVAILABLE, RESTRICTED, BLOCKED, UNKNOWN.
WITHHELD = {"+266696687", "+86282452253", "+7378742833", "+2562533", "+8656696"}
EVENTS = "initiated ringing answered completed"

_OWN_PHONE = re.compile(r"(client|sips?):", re.IGNORECASE)
_SIP_NUMBER = re.compile(r"sips?:(\+?\d+)@.*", re.IGNORECASE)


class TwilioAdapter(Adapter):
    """Twilio, and what is compatible with it."""

    code = "twilio"
    name = "Twilio"
    capabilities = Capabilities(proof=Proof.THEIR_SECRET, dials=True)
    api_url = "https://api.twilio.com/2010-04-01"
    api_needs = ("api_account", "secret")

    # === IN === #

    def verify(self, request: WebhookRequest) -> None:
        fields = [] if BODY_DIGEST in request.query else list(request.form)
        scheme = request.headers.get(SCHEME_HEADER, "")
        algorithm = hashlib.sha256 if "HMAC_SHA256" in scheme else hashlib.sha1
        addresses = with_and_without_port(self._get_address(request))
        good = [
            sign(secret, address, fields, algorithm)
            for secret in self.settings.secrets(request.received_at)
            for address in addresses
        ]
        require_one_of(request.headers.get(SIGNATURE_HEADER, ""), good)
        told = dict(parse_qsl(request.query)).get(BODY_DIGEST)
        if told and not hmac.compare_digest(told, hashlib.sha256(request.body).hexdigest()):
            raise Refused(Refusal.WRONG_SIGNATURE)

    def _get_address(self, request: WebhookRequest) -> str:
        """What was signed: the address as Twilio was given it, whatever proxies made of it."""
        address = self.settings.webhook_url
        return f"{address}?{request.query}" if request.query else address

    def split(self, request: WebhookRequest) -> list:
        if not request.form:
            raise Malformed("the body must be a form")
        marks = dict(parse_qsl(request.query))
        return [gather(request.form) | {name: marks[name] for name in MARKS & marks.keys()}]

    def events(self, item, received_at: datetime) -> list[CallEvent]:
        if not isinstance(item, Mapping):
            raise ValueError(f"a message must be an object, not {type(item).__name__}")
        callback = _Callback(item, received_at)
        if text(item, "DialCallStatus"):
            return callback.dialled()
        if callback.status in RINGING:
            return [callback.ringing()]
        if callback.status in ANSWERED:
            return callback.answered()
        translate(callback.status, "CallStatus", CAUSES)
        return callback.ended()

    def reply(self, receipt: Receipt, request: WebhookRequest | None = None) -> Reply:
        """An empty TwiML. To a question for TwiML there is no answer here: Twilio then asks
        the fallback address, and reports the failure in its console."""
        fields = dict(request.form) if request else {}
        asks = "CallbackSource" not in fields and "DialCallStatus" not in fields
        if asks and fields.get("CallStatus") == "ringing" and fields.get("Direction") == "inbound":
            return Reply("This address has no TwiML.", 404, "text/plain; charset=utf-8")
        return Reply("<Response/>", content_type="text/xml; charset=utf-8")

    # === OUT === #

    def get_api_auth(self):
        if self.settings.api_user:
            return (self.settings.api_user, self.settings.api_secret)
        return (self.settings.api_account, self.settings.secret)

    def find_fault(self, answer) -> str | None:
        status = answer.get("status")
        return status if status in ("suspended", "closed", "failed", "canceled") else None

    def test(self) -> None:
        self.ask("GET", f"Accounts/{self.settings.api_account}.json")

    def originate(self, dial: Dial) -> Dialled:
        shown = dial.line or self.settings.caller_number
        if not shown:
            raise ApiError(Problem.NOT_SET_UP, "caller_number")
        back = f"{self.settings.webhook_url}?click=1"
        wish = [
            ("To", self.write_phone(dial.extension)),
            ("From", shown),
            ("Twiml", _dial_twiml(shown, self.write_number(dial.number), back)),
            ("StatusCallback", back),
            *(("StatusCallbackEvent", event) for event in EVENTS.split()),
        ]
        answer = self.ask("POST", f"Accounts/{self.settings.api_account}/Calls.json", data=wish)
        return Dialled(self.required(answer, "sid"))


MARKS = {"click", "phone"}  # in the addresses that we or the administrator give to Twilio


class _Callback:
    """One message and what its fields mean."""

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
        told = {"at": self.at, "leg": self.leg, "uid": f"{self.uid}:{kind.value}:{leg}"} | values
        return CallEvent(call=self.parent or self.leg, kind=kind, **told)

    def ringing(self) -> CallEvent:
        return self.event(Kind.RINGING, **self.about())

    def answered(self) -> list[CallEvent]:
        if (text(self.item, "AnsweredBy") or "").startswith("machine"):
            return [self.event(Kind.VOICEMAIL, **self.about())]
        about = self.about()
        if self.parent:
            # whoever began the call speaks from now on, too
            return [self.event(Kind.ANSWERED, **about), self.event(Kind.ANSWERED, leg=self.parent)]
        begun_by_api = self.item.get("Direction") != "inbound" and not self.is_click
        return [self.event(Kind.ANSWERED if begun_by_api else Kind.RINGING, **about)]

    def ended(self) -> list[CallEvent]:
        own_phone = self.is_click and not self.parent
        cause = (CAUSES_OF_OWN_PHONE if own_phone else CAUSES)[self.status]
        if self.parent and cause is Cause.NO_ANSWER:
            cause = None  # so end the phones of a group that lost, too
        told = [self.event(Kind.ENDED, cause=cause, **self.about())]
        if not self.parent and self.item.get("Direction") == "inbound":
            start = self.at - timedelta(seconds=seconds(self.item, "CallDuration"))
            told.append(self.event(Kind.RINGING, at=start))
        return told

    def dialled(self) -> list[CallEvent]:
        """A ``<Dial>`` of the TwiML is over: what became of the phone that it rang."""
        leg, status = text(self.item, "DialCallSid"), required_text(self.item, "DialCallStatus")
        cause = translate(status, "DialCallStatus", CAUSES)
        if not leg:
            return []
        told = [self.event(Kind.ENDED, leg=leg, cause=cause)]
        if cause is Cause.NORMAL:
            start = self.at - timedelta(seconds=seconds(self.item, "DialCallDuration"))
            told += [self.event(Kind.ANSWERED, leg=one, at=start) for one in (leg, self.leg)]
        return told


def _dial_twiml(shown: str, called: str, back: str) -> str:
    """What happens when the own phone has been picked up."""
    asked = f"statusCallback={quoteattr(back)} statusCallbackEvent={quoteattr(EVENTS)}"
    number_ = f"<Number {asked}>{escape(called)}</Number>"
    return f"<Response><Dial callerId={quoteattr(shown)}>{number_}</Dial></Response>"


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
    """A telephone number; of a SIP address the part that is one."""
    value = number(item, name)
    if value in WITHHELD:
        return ANONYMOUS
    sip = _SIP_NUMBER.fullmatch(value or "")
    return sip[1] if sip else value


def _phone(address: str) -> str | None:
    """How a phone is named among the extensions: its address without parameters."""
    return address.split(";")[0].split("?")[0] or None
