"""Telnyx: webhooks of Call Control, and its API to dial.

The customer's own application decides what happens to a call; its events are JSON, each about
one leg, and a session holds the legs together; a conference joins sessions. The leg that came in
is answered by the application, not by a person: only answers of legs that were called count.
Only the first event of a leg, ``call.initiated``, says whether it came in or was called.

A click calls the own phone with the number to dial in ``client_state``. When that phone is
answered, Telnyx must be asked to call the other side: :meth:`TelnyxAdapter.react`.

Sources: https://developers.telnyx.com/api-reference/callbacks/, .../call-commands/ (dial,
transfer), and webhook_verification.py of telnyx-python. Not documented: how a SIP phone of the
account is named. A bridge may be reported before the second leg is answered: it does not count.
"""

from __future__ import annotations

import base64
import binascii
import json
import re
import uuid
from collections.abc import Mapping
from datetime import datetime
from urllib.parse import quote

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from .api import ApiError, BearerAuth, Problem
from .base import (
    RECORDING_ACTIONS,
    Action,
    Adapter,
    Capabilities,
    Controlled,
    Dial,
    Dialled,
    FormField,
    Guide,
    Proof,
    RecordingAbility,
    RecordingFacts,
    Running,
    Sender,
    Source,
    Tested,
)
from .event import CallEvent, Cause, Direction, Kind
from .fetching import Failure, FetchError
from .guide import CALLER_NUMBER
from .reading import number, required_text, text
from .reasons import Reason, Why
from .recording import LEFT_OUT, Format, count_seconds, without_links
from .request import Malformed, Refusal, Refused, WebhookRequest
from .signature import SIGNATURE_TOLERANCE
from .text import _lt
from .times import read_time
from .vocabulary import Vocabulary

SIGNATURE_HEADER = "telnyx-signature-ed25519"
TIMESTAMP_HEADER = "telnyx-timestamp"
RECORDED = "call.recording.saved"
EVENT_TYPES = {
    "call.initiated",
    "call.answered",
    "call.bridged",
    "call.enqueued",
    "call.hangup",
    "call.machine.detection.ended",
    "call.machine.premium.detection.ended",
    "conference.participant.joined",
    "conference.participant.left",
}
LINKS = ("recording_urls", "public_recording_urls")
CHANNELS = {"single": 1, "dual": 2}
MACHINE = "machine"  # a result of machine detection
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
# Of SIP, where Telnyx itself does not say more than "unspecified".
SIP_CAUSES = {
    "404": Cause.FAILED,
    "408": Cause.NO_ANSWER,
    "480": Cause.NO_ANSWER,
    "484": Cause.FAILED,
    "486": Cause.BUSY,
    "487": Cause.CANCELLED,
    "503": Cause.FAILED,
    "600": Cause.BUSY,
    "603": Cause.REJECTED,
    "604": Cause.FAILED,
}
_OWN_PHONE = re.compile(r"sips?:", re.IGNORECASE)


_OF_PROGRAM = "your program connects two calls; Telnyx does not report which"
_MAILBOX = "a message that your program records looks like any other recording"


class TelnyxAdapter(Adapter):
    """Telnyx by way of a Call Control application."""

    code = "telnyx"
    name = "Telnyx"
    capabilities = Capabilities(
        proof=Proof.THEIR_SECRET,
        dials=True,
        controls=frozenset({Action.HANG_UP, Action.TRANSFER, *RECORDING_ACTIONS}),
        recordings=frozenset(RecordingAbility),
        sender=Sender.INTERNET,
    )
    secret_label = _lt("Public Key")
    api_url = "https://api.telnyx.com/v2"
    recording_hosts = (
        "api.telnyx.com",
        "s3.amazonaws.com",
        "s3.*.amazonaws.com",
        "*.s3.amazonaws.com",
        "*.s3.*.amazonaws.com",
    )
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
            _lt(
                "To store recordings: enter the API key below. Your program starts them with "
                "record_start."
            ),
        ),
        extensions="`sip:ann@sip.telnyx.com`",
        supported=(
            "several phones, outside numbers, calls of your own program, machine detection, "
            "conferences, click to dial",
        ),
        not_supported=(
            "Telnyx's TeXML",
            "an ordinary number is an outside party, also if an employee has it",
        ),
        not_confirmed=("how Telnyx names a SIP phone that calls out",),
        details="Your own Call Control application decides what happens to a call; Odoo is "
        "informed about it. A program that forwards events must send the body and the two "
        "`telnyx-` headers unchanged and within five minutes. When dialling, the own phone rings "
        "first; when it is answered, Odoo asks Telnyx to call the other side.",
        impossible={
            "pickup": _OF_PROGRAM,
            "parking": _OF_PROGRAM,
            "mailbox after no answer": _MAILBOX,
            "mailbox after busy": _MAILBOX,
            "a feature code": "what a SIP phone dials is a matter of your program",
        },
        transfers="as new phones of the call",
        controlling="*Transfer*: outside conferences; one that nobody answers leaves the call as "
        "it was. Telnyx does not report what is recorded: the card shows what was started from a "
        "card, and not what your program records",
        uncontrolled=dict.fromkeys(
            (Action.HOLD, Action.RESUME), "Telnyx holds nobody but members of conferences"
        ),
        recording="`call.recording.saved`, and the API key: its links end after ten minutes, so "
        "Odoo asks for the file by its id",
    )
    vocabulary = Vocabulary(
        words={
            "event_type": {*EVENT_TYPES, RECORDED},
            "record_type": {"event"},
            "direction": {"incoming", "outgoing"},
            "hangup_cause": CAUSES,
            "sip_hangup_cause": {"200", *SIP_CAUSES},
            "result": {MACHINE, "human", "not_sure"},
            "channels": CHANNELS,
            "format": {"wav", "mp3"},
            **dict.fromkeys(LINKS, {LEFT_OUT}),
        },
        times=frozenset(
            {"occurred_at", "start_time", "end_time", "recording_started_at", "recording_ended_at"}
        ),
        names=frozenset(
            {"id", "payload", "call_session_id", "call_leg_id", "call_control_id", "connection_id"}
            | {"conference_id", "recording_id", "from", "to", "queue"}
            | {"call_handling", "dial", "shown", "called"}
        ),
        marks=frozenset({"sip", "sips"}),
        encoded=frozenset({"client_state"}),
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
            raise Malformed(Reason(Why.BODY_NO_DATA))
        data = body["data"]
        if isinstance(payload := data.get("payload"), Mapping):
            data = {**data, "payload": without_links(payload, *LINKS)}
        return [data]

    def events(self, item, received_at: datetime) -> list[CallEvent]:
        if not isinstance(item, Mapping) or not isinstance(item.get("payload"), Mapping):
            raise ValueError(Reason(Why.NO_TELNYX_EVENT))
        read = _READERS.get(required_text(item, "event_type"))
        return read(_Message(item, received_at)) if read else []

    def recordings(self, item, received_at: datetime) -> list[RecordingFacts]:
        """Return what is reported about a recording. Of two channels, the first one is that of
        the leg from which it was started: which side that is is not reported."""
        is_recorded = isinstance(item, Mapping) and item.get("event_type") == RECORDED
        if not is_recorded or not isinstance(item.get("payload"), Mapping):
            return []
        return [_recording(_Message(item, received_at))]

    def react(self, request: WebhookRequest) -> None:
        (item,) = self.split(request)
        payload = item.get("payload")
        state = _client_state(payload)
        if item.get("event_type") != "call.answered" or "dial" not in state:
            return
        command = {
            "to": self.write_number(state["dial"]),
            "from": state.get("shown"),
            "target_leg_client_state": _encode({"called": True}),
            # Telnyx ignores a command that it has already received
            "command_id": f"call-handling-{payload.get('call_leg_id')}",
        }
        self._command(str(payload.get("call_control_id")), "transfer", command)

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

    # https://developers.telnyx.com/api-reference/call-commands/ (hangup, transfer-call,
    # recording-start, record-pause, record-resume, recording-stop)

    def find_handle(self, running: Running) -> str | None:
        return _find_control_id(running, running.leg.ref)

    def allows(self, action: Action, running: Running) -> bool:
        if action is Action.TRANSFER and not self._find_other(running):
            return False
        is_recorded = action in RECORDING_ACTIONS and action is not Action.RECORD
        if is_recorded and not _find_control_id(running, running.recorded_leg):
            return False
        return super().allows(action, running)

    def control(self, action: Action, running: Running, target: str = "") -> Controlled:
        """Hang up the leg of the phone, record it, or connect the other leg with somebody else,
        which releases the phone when that is answered."""
        # Telnyx ignores a command with an id that it has already received.
        command = {"command_id": str(uuid.uuid4())}
        if action is Action.HANG_UP:
            self._command(self.get_handle(running), "hangup", command)
            return Controlled()
        if action in RECORDING_ACTIONS:
            self._control_recording(action, running, command)
            return Controlled()
        called = self.write_phone(target) if self.is_phone(target) else self.write_number(target)
        command["to"] = called
        if shown := running.state.line_number or self.settings.caller_number:
            command["from"] = shown
        other = self._find_other(running) or self.get_other_leg(running)
        self._command(other, "transfer", command)
        return Controlled()

    def _control_recording(self, action: Action, running: Running, command: Mapping) -> None:
        control_id = self.get_handle(running)
        if action is Action.RECORD:
            # The first channel is the leg of the phone.
            command = {**command, "format": "wav", "channels": "dual"}
        else:
            control_id = _find_control_id(running, running.recorded_leg) or control_id
        self._command(control_id, _RECORDING_COMMANDS[action], command)

    def _find_other(self, running: Running) -> str | None:
        """Return the id of the leg that the phone speaks with, unless it is in a conference."""
        if any(event.room for event in running.events):
            return None
        return _find_control_id(running, running.other_leg)

    # https://developers.telnyx.com/api-reference/call-recordings/

    def find_recording(self, ref: str, place: str | None = None) -> Source:
        answer = self.ask("GET", f"recordings/{self.write_id(ref)}")
        data = answer.get("data") if isinstance(answer, Mapping) else None
        links = data.get("download_urls") if isinstance(data, Mapping) else None
        if not isinstance(links, Mapping):
            raise FetchError(Failure.MISSING, Reason(Why.NO_LINK))
        url = links.get("wav") or links.get("mp3")
        if not isinstance(url, str):
            raise FetchError(Failure.MISSING, Reason(Why.NO_LINK))
        return self.make_source(url, is_temporary=True)

    def delete_recording(self, ref: str) -> None:
        self.ask("DELETE", f"recordings/{self.write_id(ref)}")

    def _command(self, control_id: str, name: str, command: Mapping) -> None:
        path = f"calls/{quote(control_id, safe='')}/actions/{name}"
        self.ask("POST", path, json=command)


_RECORDING_COMMANDS = {
    Action.RECORD: "record_start",
    Action.PAUSE_RECORDING: "record_pause",
    Action.RESUME_RECORDING: "record_resume",
    Action.STOP_RECORDING: "record_stop",
}


def _find_control_id(running: Running, leg: str | None) -> str | None:
    """Return the id by which Telnyx controls a leg, as its messages named it."""
    payloads = [item.get("payload") for item in reversed(running.items)]
    own = (p for p in payloads if isinstance(p, Mapping) and leg and p.get("call_leg_id") == leg)
    return next((found for payload in own if (found := text(payload, "call_control_id"))), None)


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

    def moment(self, name: str) -> datetime | None:
        value = self.payload.get(name)
        return read_time(value, self.at.tzinfo, self.at) if value else None

    def event(self, kind: Kind, leg: str | None = None, **values) -> CallEvent:
        leg = leg or self.leg
        return CallEvent(self.call, kind, self.at, f"{self.uid}:{kind.value}:{leg}", leg, **values)

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
        direction = text(self.payload, "direction")
        if direction == "incoming":
            return {"is_caller": True} | self._of_caller(caller, called)
        if not direction and _OWN_PHONE.match(caller or ""):
            return {}  # of two phones, it may be the leg of either
        if self.is_own_phone():
            return {"extension": called}  # the number shown may be the customer's or an own one
        # Only the first event of a leg says in which direction it goes.
        return {"number": called, "line": caller} if direction == "outgoing" else {}

    def _of_caller(self, caller: str | None, called: str | None) -> dict:
        if not _OWN_PHONE.match(caller or ""):
            return {"direction": Direction.INCOMING, "from_number": caller, "line": called}
        own = {"extension": caller, "from_number": caller, "to_number": called}
        # Whether it calls somebody outside or enters a room, the other legs say.
        return own | ({"direction": Direction.INTERNAL} if self.is_own_phone() else {})


def _initiated(message: _Message) -> list[CallEvent]:
    # The leg that began the call has an id of its own, so the call itself represents it.
    return [
        message.event(Kind.RINGING, **message.about()),
        message.event(Kind.RINGING, message.call),
    ]


def _answered(message: _Message) -> list[CallEvent]:
    if "dial" in message.click:
        return [message.event(Kind.RINGING, **message.about())]  # the customer is called next
    return [message.event(Kind.ANSWERED, **message.about())]


def _machine(message: _Message) -> list[CallEvent]:
    """Machine detection has a result: only a machine makes a difference."""
    if text(message.payload, "result") != MACHINE:
        return []
    return [message.event(Kind.VOICEMAIL, is_machine=True)]


def _enqueued(message: _Message) -> list[CallEvent]:
    return [message.event(Kind.RINGING, queue=text(message.payload, "queue"))]


def _in_conference(message: _Message) -> list[CallEvent]:
    """A leg has entered a conference: its call and those of the others there are one."""
    room = required_text(message.payload, "conference_id")
    name = f"conference/{room}"
    return [message.event(Kind.ANSWERED, room=name, alias=name)]


def _hangup(message: _Message) -> list[CallEvent]:
    cause = CAUSES.get(text(message.payload, "hangup_cause") or "")
    cause = cause or SIP_CAUSES.get(text(message.payload, "sip_hangup_cause") or "")
    if "dial" in message.click and cause is Cause.NO_ANSWER:
        cause = Cause.CANCELLED  # the own phone was not picked up: nobody was called
    # The call ends with the last of its legs.
    return [
        message.event(Kind.ENDED, cause=cause, **message.about()),
        message.event(Kind.ENDED, message.call),
    ]


def _recording(message: _Message) -> RecordingFacts:
    payload = message.payload
    start, end = message.moment("recording_started_at"), message.moment("recording_ended_at")
    return RecordingFacts(
        call=message.call,
        ref=required_text(payload, "recording_id"),
        leg=message.leg,
        start=start,
        seconds=count_seconds(start, end),
        format=Format.MP3 if text(payload, "format") == "mp3" else Format.WAV,
        channels=CHANNELS.get(text(payload, "channels") or ""),
        is_offered=True,
    )


_READERS = {
    "call.initiated": _initiated,
    "call.answered": _answered,
    "call.enqueued": _enqueued,
    "call.machine.detection.ended": _machine,
    "call.machine.premium.detection.ended": _machine,
    "conference.participant.joined": _in_conference,
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
