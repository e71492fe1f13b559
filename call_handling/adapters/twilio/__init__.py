"""Twilio: callbacks of Programmable Voice, and its API to dial.

The customer's own TwiML decides what happens to a call; our address is the status callback of
the number and of the ``<Client>``, ``<Sip>`` and ``<Number>`` that ring. The call that came in,
or that was begun, is the parent of the calls to the single phones.

A TwiML that answers is not a person: only a phone answers. An ordinary number that is an
employee's phone looks like a customer's, so its callback address is marked: ``?phone=1``. A call
that was dialled from Odoo is marked as well: ``?click=1``, and with the number to call, sealed.

Sources: https://www.twilio.com/docs/voice/api/call-resource#statuscallback,
https://www.twilio.com/docs/voice/twiml/dial, https://www.twilio.com/docs/usage/security, and
the request validator of twilio-python. Not documented: the numbers of :data:`WITHHELD`.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from datetime import datetime
from importlib.resources import files
from urllib.parse import parse_qsl, quote, urlencode
from xml.sax.saxutils import escape, quoteattr

from ..api import ApiError, Problem
from ..base import (
    RECORDING_ACTIONS,
    Accepted,
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
from ..event import CallEvent
from ..guide import CALLER_NUMBER
from ..reading import gather, required_text, text, translate
from ..reasons import Reason, Why
from ..recording import LEFT_OUT, without_links
from ..request import Malformed, WebhookRequest
from ..sealing import seal, unseal
from ..signature import require_one_of
from ..text import _lt
from ..vocabulary import Vocabulary
from .callback import (
    ANSWERED,
    CAUSES,
    CAUSES_BY_SIP_CODE,
    CHANNELS,
    RINGING,
    Callback,
    is_conference,
    is_phone_address,
)
from .signature import sign, with_and_without_port

SIGNATURE_HEADER = "x-twilio-signature"
SCHEME_HEADER = "x-twilio-webhooks-signature-settings"  # "key=…,algorithm=HMAC_SHA256"
BODY_DIGEST = "bodySHA256"  # in the query, for bodies that are not forms

EVENTS = "initiated ringing answered completed"
RECORDING_EVENTS = "in-progress completed absent"

MARKS = {"click", "phone", "number"}  # in the addresses that we or the administrator give to Twilio


_OF_PROGRAM = "your TwiML connects two calls; Twilio does not report which"


class TwilioAdapter(Adapter):
    """Twilio, and what is compatible with it."""

    code = "twilio"
    name = "Twilio"
    capabilities = Capabilities(
        proof=Proof.THEIR_SECRET,
        dials=True,
        controls=frozenset({Action.HANG_UP, Action.TRANSFER, *RECORDING_ACTIONS}),
        recordings=frozenset(RecordingAbility),
        sender=Sender.INTERNET,
    )
    secret_label = _lt("Auth Token")
    api_url = "https://api.twilio.com/2010-04-01"
    recording_hosts = ("api.twilio.com",)
    fields = (
        FormField("api_account", _lt("Account SID"), placeholder=_lt("e.g. AC…"), required=True),
        FormField(
            "api_user",
            _lt("API Key SID"),
            placeholder=_lt("Only if a shared key was entered above instead"),
        ),
        FormField("api_secret", _lt("API Key Secret"), after="api_user"),
        CALLER_NUMBER,
    )
    guide = Guide(
        tested=Tested(
            messages="the form of recorded callbacks, with numbers of our own",
            proof="the vendor's published examples; the scheme with SHA-256 computed by the rule "
            "of its library",
            api="by the documents",
        ),
        steps=(
            _lt("Copy the Auth Token of the account into the field above."),
            _lt(
                'Enter the address under "Call status changes" of every phone number. Leave "A '
                'call comes in" with your own TwiML.'
            ),
            _lt(
                "In your TwiML, set the address as statusCallback of every Client, Sip and Number "
                'inside of Dial, with statusCallbackEvent="initiated ringing answered completed". '
                "For the ordinary number of an employee, append ?phone=1 to the address."
            ),
            _lt(
                "Below, under Extensions, enter the phones as Twilio names them, such as "
                "client:ann or sip:ann@example.sip.twilio.com."
            ),
            _lt(
                "To store recordings: set the address as recordingStatusCallback of Dial and "
                "Record, and enter the Account SID below. With recordingStatusCallbackEvent="
                '"in-progress completed absent", cards show that Dial records, and pause it.'
            ),
        ),
        extensions="`client:ann`, `sip:ann@…`, `+49…`",
        supported=(
            "several phones, forwarding, internal and outgoing calls of SIP phones, click to dial, "
            "calls of your own program, machine detection, messages left with Record (set the "
            "address as recordingStatusCallback of Record), conferences (set it as statusCallback "
            'of Conference, with `statusCallbackEvent="join leave"`), WhatsApp calls',
        ),
        not_supported=("queues of Twilio", "JSON bodies"),
        impossible={
            "pickup": _OF_PROGRAM,
            "parking": _OF_PROGRAM,
            "a feature code": "what a SIP phone dials is a matter of your TwiML",
        },
        not_confirmed=(
            "whether Twilio keeps files of recordings at other hosts than `api.twilio.com`: those "
            "are not fetched, and the recording says so",
        ),
        missing={"queue": "the name of a queue: Twilio reports its id only"},
        details=files(__package__).joinpath("guide.md").read_text("utf-8"),
        transfers="as new phones of the call",
        controlling="*Transfer*: outside conferences; what your TwiML does after `Dial` does not "
        "happen then. That something is recorded which was not started from a card is shown if "
        '`recordingStatusCallbackEvent` is "in-progress completed absent". A recording goes on '
        "after a transfer",
        uncontrolled=dict.fromkeys(
            (Action.HOLD, Action.RESUME), "Twilio holds nobody but members of conferences"
        ),
        recording="`recordingStatusCallback` with the address, on `Dial`, `Record`, or where your "
        "program starts a recording; conferences are not supported",
    )
    vocabulary = Vocabulary(
        words={
            "CallStatus": {*RINGING, *ANSWERED, *CAUSES},
            "DialCallStatus": {*RINGING, *ANSWERED, *CAUSES},
            "Direction": {"inbound", "outbound-api", "outbound-dial", "trunking-originating"},
            "StatusCallbackEvent": {"participant-join", "participant-leave"},
            "CallbackSource": {"call-progress-events"},
            "AnsweredBy": {"human", "machine_start", "machine_end_beep", "fax", "unknown"},
            "SipResponseCode": {
                "200",
                "404",
                "480",
                "486",
                "487",
                "503",
                "600",
                *CAUSES_BY_SIP_CODE,
            },
            "SequenceNumber": {str(number) for number in range(100)},
            "RecordingStatus": {"in-progress", "completed", "absent", "paused"},
            "RecordingSource": {"RecordVerb", "DialVerb", "StartCallRecordingAPI"},
            "RecordingChannels": CHANNELS,
            "RecordingUrl": {LEFT_OUT},
            "phone": {"1"},
            "click": {"1"},
        },
        times=frozenset({"Timestamp", "RecordingStartTime"}),
        lengths=frozenset({"Duration", "CallDuration", "DialCallDuration", "RecordingDuration"}),
        names=frozenset(
            {"AccountSid", "CallSid", "ParentCallSid", "DialCallSid", "ConferenceSid"}
            | {"RecordingSid", "From", "To", "Caller", "Called", "CallerName", "FriendlyName"}
            | {"number"}
        ),
        marks=frozenset({"sip", "sips", "client", "conference", "whatsapp"}),
    )

    @property
    def api_needs(self) -> tuple[str, ...]:
        return (*super().api_needs, "secret")

    # === IN === #

    def verify(self, request: WebhookRequest) -> None:
        digest = dict(parse_qsl(request.query)).get(BODY_DIGEST)
        fields = [] if digest else list(request.form)
        scheme = request.headers.get(SCHEME_HEADER, "")
        algorithm = hashlib.sha256 if "HMAC_SHA256" in scheme else hashlib.sha1
        addresses = with_and_without_port(self._get_address(request))
        good = [
            sign(secret, address, fields, algorithm)
            for secret in self.settings.secrets(request.received_at)
            for address in addresses
        ]
        require_one_of(request.headers.get(SIGNATURE_HEADER, ""), good)
        if digest:
            require_one_of(digest, [hashlib.sha256(request.body).hexdigest()])

    def _get_address(self, request: WebhookRequest) -> str:
        """Return what was signed: the address that Twilio was given, before any proxy."""
        address = self.settings.webhook_url
        return f"{address}?{request.query}" if request.query else address

    def split(self, request: WebhookRequest) -> list:
        if not request.form:
            raise Malformed(Reason(Why.BODY_NO_FORM))
        marks = dict(parse_qsl(request.query))
        marks = {name: marks[name] for name in MARKS & marks.keys()}
        if "number" in marks:
            marks["number"] = unseal(marks["number"], self.settings)
        return [without_links(gather(request.form), "RecordingUrl") | marks]

    def events(self, item, received_at: datetime) -> list[CallEvent]:
        if not isinstance(item, Mapping):
            raise ValueError(Reason(Why.MESSAGE_NO_OBJECT, kind=type(item).__name__))
        callback = Callback(item, received_at)
        if (found := callback.other_events()) is not None:
            return found
        required_text(item, "CallStatus")
        if callback.status in RINGING:
            return [callback.ringing()]
        if callback.status in ANSWERED:
            return callback.answered()
        translate(callback.status, "CallStatus", CAUSES)
        return callback.ended()

    def recordings(self, item, received_at: datetime) -> list[RecordingFacts]:
        if not isinstance(item, Mapping) or not text(item, "RecordingSid"):
            return []
        facts = Callback(item, received_at).recording()
        return [facts] if facts else []

    def reply(self, receipt: Receipt, request: WebhookRequest | None = None) -> Reply:
        """Return an empty TwiML. A request for TwiML gets an error: Twilio then asks the fallback
        address, and reports the failure in its console."""
        fields = dict(request.form) if request else {}
        asks = "CallbackSource" not in fields and "DialCallStatus" not in fields
        if asks and fields.get("CallStatus") == "ringing" and fields.get("Direction") == "inbound":
            return Reply("This address has no TwiML.", 400, "text/plain; charset=utf-8")
        return Reply("<Response/>", content_type="text/xml; charset=utf-8")

    # === OUT === #

    def get_api_auth(self):
        if self.settings.api_user:
            return (self.settings.api_user, self.settings.api_secret)
        return (self.settings.api_account, self.settings.secret)

    def find_fault(self, answer) -> str | None:
        status = answer.get("status")
        return status if status in ("suspended", "closed") else None  # of the account

    def test(self) -> None:
        self.ask("GET", f"Accounts/{self.settings.api_account}.json")

    def originate(self, dial: Dial) -> Dialled:
        shown = dial.line or self.settings.caller_number
        if not shown:
            raise ApiError(Problem.NOT_SET_UP, "caller_number")
        number = self.write_number(dial.number)
        marks = {"click": 1, "number": seal(dial.number, self.settings)}
        back = f"{self.settings.webhook_url}?{urlencode(marks)}"
        call = [
            ("To", self.write_phone(dial.extension)),
            ("From", shown),
            ("Twiml", _dial_twiml(shown, number, back)),
            ("StatusCallback", back),
            *(("StatusCallbackEvent", event) for event in EVENTS.split()),
        ]
        answer = self.ask("POST", f"Accounts/{self.settings.api_account}/Calls.json", data=call)
        if (status := answer.get("status")) in ("failed", "canceled"):
            raise ApiError(Problem.REFUSED, status)
        return Dialled(self.required(answer, "sid"))

    def allows(self, action: Action, running: Running) -> bool:
        is_conferring = is_conference(running.events)
        if action is Action.TRANSFER and (not running.other_leg or is_conferring):
            return False
        if action is Action.RECORD and is_conferring:
            return False
        return super().allows(action, running)

    def control(self, action: Action, running: Running, target: str = "") -> Controlled:
        """Hang up the leg of the phone, record the call, or let the other leg go on with a TwiML
        of ours, which releases the phone:
        https://www.twilio.com/docs/voice/api/call-resource#update-a-call."""
        if action is Action.HANG_UP:
            self._update_call(self.get_handle(running), {"Status": "completed"})
        elif action in RECORDING_ACTIONS:
            self._control_recording(action, running)
        else:
            twiml = self._transfer_twiml(running, target)
            self._update_call(self.get_other_leg(running), {"Twiml": twiml})
        return Controlled()

    # https://www.twilio.com/docs/voice/api/recording

    def take_accepted(self, running: Running, accepted: Sequence[Accepted]) -> Running:
        """Override: recordings are those of the leg that began the call, which is its reference,
        whichever phone wanted them."""
        began = self._find_recorded(running)
        return running.with_accepted([one._replace(leg=began) for one in accepted])

    def _find_recorded(self, running: Running) -> str:
        return running.own_event.call if running.own_event else running.state.ref

    def _control_recording(self, action: Action, running: Running) -> None:
        """While a recording is paused, silence is recorded: what follows keeps its time."""
        calls = f"Accounts/{self.settings.api_account}/Calls"
        if action is Action.RECORD:
            leg = quote(self._find_recorded(running), safe="")
            values = {
                "RecordingChannels": "dual",
                "RecordingStatusCallback": self.settings.webhook_url,
                "RecordingStatusCallbackEvent": RECORDING_EVENTS,
            }
            self.ask("POST", f"{calls}/{leg}/Recordings.json", data=values)
            return
        leg = quote(running.recorded_leg or self._find_recorded(running), safe="")
        values = _RECORDING_UPDATES[action]
        self.ask("POST", f"{calls}/{leg}/Recordings/Twilio.CURRENT.json", data=values)

    def find_recording(self, ref: str, place: str | None = None) -> Source:
        self._check_settings()
        url = self.get_api_url(f"{self._write_recording(ref)}.wav")
        return self.make_source(url, auth=self.get_api_auth())

    def delete_recording(self, ref: str) -> None:
        self.ask("DELETE", f"{self._write_recording(ref)}.json")

    def _write_recording(self, ref: str) -> str:
        return f"Accounts/{self.settings.api_account}/Recordings/{self.write_id(ref)}"

    def _update_call(self, sid: str, values: dict[str, str]) -> None:
        path = f"Accounts/{self.settings.api_account}/Calls/{quote(sid, safe='')}.json"
        self.ask("POST", path, data=values)

    def _transfer_twiml(self, running: Running, target: str) -> str:
        back, shown = self.settings.webhook_url, None
        if self.is_phone(target):
            called = self.write_phone(target)
            back += "" if is_phone_address(called) else "?phone=1"
        else:
            called = self.write_number(target)
            shown = running.state.line_number or self.settings.caller_number
        return _dial_twiml(shown, called, back)


_RECORDING_UPDATES = {
    Action.PAUSE_RECORDING: {"Status": "paused", "PauseBehavior": "silence"},
    Action.RESUME_RECORDING: {"Status": "in-progress"},
    Action.STOP_RECORDING: {"Status": "stopped"},
}


def _dial_twiml(shown: str | None, called: str, back: str) -> str:
    """Return a TwiML that calls somebody, who reports to us.

    :param shown: number to show; empty for Twilio's choice, that of who is connected
    """
    callbacks = f"statusCallback={quoteattr(back)} statusCallbackEvent={quoteattr(EVENTS)}"
    scheme, _colon, name = called.partition(":")
    noun = _NOUNS.get(scheme.lower(), "Number")
    address = name if noun == "Client" else called
    dialled = f"<{noun} {callbacks}>{escape(address)}</{noun}>"
    caller = f" callerId={quoteattr(shown)}" if shown else ""
    return f"<Response><Dial{caller}>{dialled}</Dial></Response>"


_NOUNS = {"client": "Client", "sip": "Sip", "sips": "Sip"}
