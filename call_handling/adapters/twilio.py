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
from collections.abc import Mapping
from datetime import datetime
from urllib.parse import parse_qsl
from xml.sax.saxutils import escape, quoteattr

from .api import ApiError, Problem
from .base import Adapter, Capabilities, Dial, Dialled, Proof, Receipt, Reply
from .event import CallEvent
from .reading import gather, text, translate
from .request import Malformed, WebhookRequest
from .signature import require_one_of
from .twilio_callback import ANSWERED, CAUSES, RINGING, Callback
from .twilio_signature import sign, with_and_without_port

SIGNATURE_HEADER = "x-twilio-signature"
SCHEME_HEADER = "x-twilio-webhooks-signature-settings"  # "key=…,algorithm=HMAC_SHA256"
BODY_DIGEST = "bodySHA256"  # in the query, for bodies that are no forms

EVENTS = "initiated ringing answered completed"
MARKS = {"click", "phone"}  # in the addresses that we or the administrator give to Twilio


class TwilioAdapter(Adapter):
    """Twilio, and what is compatible with it."""

    code = "twilio"
    name = "Twilio"
    capabilities = Capabilities(proof=Proof.THEIR_SECRET, dials=True)
    api_url = "https://api.twilio.com/2010-04-01"
    api_needs = ("api_account", "secret")

    # === IN === #

    def verify(self, request: WebhookRequest) -> None:
        told = dict(parse_qsl(request.query)).get(BODY_DIGEST)
        fields = [] if told else list(request.form)
        scheme = request.headers.get(SCHEME_HEADER, "")
        algorithm = hashlib.sha256 if "HMAC_SHA256" in scheme else hashlib.sha1
        addresses = with_and_without_port(self._get_address(request))
        good = [
            sign(secret, address, fields, algorithm)
            for secret in self.settings.secrets(request.received_at)
            for address in addresses
        ]
        require_one_of(request.headers.get(SIGNATURE_HEADER, ""), good)
        if told:
            require_one_of(told, [hashlib.sha256(request.body).hexdigest()])

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
        callback = Callback(item, received_at)
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


def _dial_twiml(shown: str, called: str, back: str) -> str:
    """What happens when the own phone has been picked up."""
    asked = f"statusCallback={quoteattr(back)} statusCallbackEvent={quoteattr(EVENTS)}"
    number_ = f"<Number {asked}>{escape(called)}</Number>"
    return f"<Response><Dial callerId={quoteattr(shown)}>{number_}</Dial></Response>"
