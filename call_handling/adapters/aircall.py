"""Aircall: webhooks, and its API to dial.

JSON with the call as it is at that moment; a token in the body is the proof. Every event
contains the whole call object, so that any of them replaces those that were lost. People are
named by Aircall's id of the user.

Sources: https://developer.aircall.io/api-references/ (webhooks, call events, start an outbound
call), and a documented example of ``call.created``. Not seen: any other event as it is sent;
the names of the fields about a transfer are those of the reference.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import TYPE_CHECKING
from urllib.parse import quote

from .api import ApiError, Problem
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
    Target,
    Tested,
)
from .event import CallEvent, Cause, Direction, Kind, digest
from .fetching import Failure, FetchError
from .guide import INTERNAL_STORIES
from .reading import number, required_text, text, translate
from .reasons import Reason, Why
from .recording import LEFT_OUT, Format, without_links
from .request import Malformed, Refusal, Refused, WebhookRequest
from .signature import require_one_of
from .states import PhoneReport, PhoneState
from .text import _lt
from .times import read_time
from .vocabulary import Vocabulary

if TYPE_CHECKING:
    import requests

DIRECTIONS = {"inbound": Direction.INCOMING, "outbound": Direction.OUTGOING}

# https://developer.aircall.io/api-references/#missed-call-reasons; all others: nobody answered
CAUSES = {
    "abandoned_in_ivr": Cause.CANCELLED,
    "abandoned_in_classic": Cause.CANCELLED,
    "short_abandoned": Cause.CANCELLED,
}
# What happened at the phone of the event's user.
KINDS_OF_USER = {
    "call.ringing_on_agent": Kind.RINGING,
    "call.answered": Kind.ANSWERED,
    "call.agent_declined": Kind.ENDED,
    "call.hold": Kind.HELD,
    "call.unhold": Kind.RESUMED,
}
# Of a call that was not answered; not documented, so in any spelling.
HANGUP_CAUSES = {
    "busy": Cause.BUSY,
    "user_busy": Cause.BUSY,
    "rejected": Cause.REJECTED,
    "call_rejected": Cause.REJECTED,
    "canceled": Cause.CANCELLED,
    "cancelled": Cause.CANCELLED,
    "failed": Cause.FAILED,
    "not_found": Cause.FAILED,
    "invalid_number": Cause.FAILED,
}
# Of the user: whether the phone is connected, and whether calls are wanted.
STATES_OF_USER = {
    "user.connected": (PhoneState.FREE, None),
    "user.disconnected": (PhoneState.OFFLINE, None),
    "user.opened": (PhoneState.FREE, False),
    "user.closed": (None, True),
    "user.wut_start": (None, True),  # work after a call
    "user.wut_end": (PhoneState.FREE, False),
}
TRANSFERS = {"call.transferred", "call.external_transferred"}
TRANSFER_FAILED = "call.unsuccessful_transfer"
ENDS = {"call.hungup", "call.ended"}
# Of the call, by what they are links to; also in short, which opens them for everybody.
FILES = ("recording", "voicemail")
LINKS = (*FILES, *(f"{name}_short_url" for name in FILES))
VOICEMAIL = "call.voicemail_left"
EVENTS = {
    *KINDS_OF_USER,
    *TRANSFERS,
    *ENDS,
    TRANSFER_FAILED,
    VOICEMAIL,
    "call.created",
}


_OUTSIDE = "Aircall does not report the outside numbers that it rings"
_NO_SUCH = "Aircall has no such function"
_INTERNAL = "Aircall does not report internal calls"
_NOT_CONSULTED = "not the question before the transfer"
_MESSAGE = "the mailbox is reported when the message has been left: until then, the caller waits"


class AircallAdapter(Adapter):
    """Aircall's telephone system in the cloud."""

    code = "aircall"
    name = "Aircall"
    capabilities = Capabilities(
        proof=Proof.THEIR_SECRET,
        dials=True,
        controls=frozenset({Action.TRANSFER}),
        targets=frozenset({Target.EXTENSION}),
        states=True,
        recordings=frozenset({RecordingAbility.FETCH}),
        sender=Sender.INTERNET,
        needs_https=True,
    )
    secret_label = _lt("Token of the Webhook")
    api_url = "https://api.aircall.io/v1"
    recording_hosts = (
        "*.aircall.io",
        "s3.amazonaws.com",
        "s3.*.amazonaws.com",
        "*.s3.amazonaws.com",
        "*.s3.*.amazonaws.com",
    )
    fields = (
        FormField("api_account", _lt("Number ID"), placeholder=_lt("e.g. 123456"), required=True),
        FormField("api_user", _lt("API ID"), required=True),
        FormField("api_secret", _lt("API Token"), required=True),
    )
    guide = Guide(
        tested=Tested(
            messages="the vendor's published example (created), its description",
            proof="its description",
            api="by the documents",
        ),
        steps=(
            _lt(
                "In the dashboard, open Integrations, Webhook. Enter the address above and choose "
                "all events of calls; for the states of phones, those of users as well."
            ),
            _lt("Copy the token of the webhook into the field above."),
            _lt(
                "Below, under Extensions, enter the ids of the users: the number at the end of a "
                "user's address in the dashboard."
            ),
            _lt(
                "To dial from Odoo: create an API key, and enter below the id of the Aircall "
                "number to dial with."
            ),
            _lt("To store recordings and messages left: enter the API key below."),
        ),
        extensions="id of the user, `501`",
        supported=(
            "which phones rang, who declined, hold, transfers, voicemail, why a call was missed",
        ),
        not_confirmed=(
            "the names of the fields of a transfer",
            "the content of events about users, and whether their names end with `.v2`",
            "why an outgoing call was not answered: the words of `hangup_cause`",
            "the id of a dialled call is not known before its first event",
        ),
        impossible={
            "pickup": _NO_SUCH,
            "parking": _NO_SUCH,
            "conference": "Aircall does not report who is added to a call",
            "forwarded to an outside number": _OUTSIDE,
            "follow-me: phone and mobile ring together": _OUTSIDE,
            "answering service": _OUTSIDE,
            "the customer's mailbox answers": "Aircall does not detect machines",
            "a program of the company calls, answered": _NO_SUCH,
            "a program of the company calls, a machine answers": _NO_SUCH,
            "a program of the company calls, no answer": _NO_SUCH,
            "callback: the customer's phone rings first": _NO_SUCH,
            "click to dial, the own phone is busy": "Aircall refuses to dial",
            "click to dial, the own phone is not picked up": "Aircall dials at once",
            **dict.fromkeys(INTERNAL_STORIES, _INTERNAL),
        },
        partly={
            "mailbox after no answer": _MESSAGE,
            "mailbox after busy": _MESSAGE,
            "the phone is busy": "not that a phone is busy: nobody answers",
            "the phone rejects the call": "of the call, only that nobody answered",
            "a queue hunts": "not when a phone stops ringing",
            "blind transfer, not answered": "not why the other phone did not answer",
            "blind transfer to an outside number": "not when the outside number answers",
            "attended transfer, refused": _NOT_CONSULTED,
        },
        missing={"queue": "the name of a queue"},
        states="available, not available (also during the work after a call), not connected",
        controlling="*Transfer* to colleagues; to an outside number, Aircall transfers only calls "
        "that nobody has answered",
        uncontrolled=dict.fromkeys(
            (Action.HANG_UP, Action.HOLD, Action.RESUME, *RECORDING_ACTIONS),
            "Aircall's API has no such request: use Aircall's own app",
        ),
        recording="the API key: links end after an hour, so Odoo asks for the file by the call",
        unrecorded=dict.fromkeys(
            (
                RecordingAbility.START,
                RecordingAbility.PAUSE,
                RecordingAbility.STOP,
                RecordingAbility.STEREO,
                RecordingAbility.DELETE,
            ),
            "no such request is documented: see Aircall's own settings",
        ),
        details="Aircall switches a webhook off that does not answer for a long time: check its "
        "page after an outage.",
    )
    vocabulary = Vocabulary(
        words={
            "event": {
                *(f"{name}{version}" for name in EVENTS for version in ("", ".v2")),
                *STATES_OF_USER,
            },
            "resource": {"call", "user"},
            "direction": DIRECTIONS,
            "status": {"initial", "answered", "done"},
            "missed_call_reason": {
                *CAUSES,
                "agents_did_not_answer",
                "no_available_agent",
                "out_of_opening_hours",
            },
            "hangup_cause": {*HANGUP_CAUSES, "no-answer", "normal"},
            **dict.fromkeys(LINKS, {LEFT_OUT}),
        },
        times=frozenset({"timestamp", "started_at", "answered_at", "ended_at"}),
        lengths=frozenset({"duration"}),
        names=frozenset(
            {"data", "id", "user", "number", "digits", "raw_digits", "name", "contact"}
            | {"first_name", "last_name", "phone_number", "external_transferred_to"}
            | {"transferred_to", "transferred_by", "external_caller_number", "teams"}
        ),
    )

    # === IN === #

    def verify(self, request: WebhookRequest) -> None:
        try:
            body = request.json()
            token = text(body, "token") if isinstance(body, Mapping) else None
        except (Malformed, ValueError):
            raise Refused(Refusal.UNSIGNED) from None
        require_one_of(token or "", self.settings.secrets(request.received_at))

    def split(self, request: WebhookRequest) -> list:
        body = request.json()
        if not isinstance(body, Mapping):
            raise Malformed(Reason(Why.BODY_NO_OBJECT))
        # Messages are stored, but without the secret.
        item = {name: value for name, value in body.items() if name != "token"}
        if isinstance(data := item.get("data"), Mapping):
            item["data"] = without_links(data, *LINKS)
        return [item]

    def events(self, item, received_at: datetime) -> list[CallEvent]:
        if not isinstance(item, Mapping):
            raise ValueError(Reason(Why.MESSAGE_NO_OBJECT, kind=type(item).__name__))
        if item.get("resource") != "call":
            return []
        return _Message(item, received_at).events()

    def recordings(self, item, received_at: datetime) -> list[RecordingFacts]:
        """Return the conversation and the message left: their ids are that of the call."""
        if not isinstance(item, Mapping) or item.get("resource") != "call":
            return []
        message = _Message(item, received_at)
        answered = message.moment(message.data, "answered_at")
        return [
            RecordingFacts(
                call=message.call,
                ref=f"{message.call}/{name}",
                start=answered if name == "recording" else None,
                format=Format.MP3,
                is_offered=True,
            )
            for name in FILES
            if message.data.get(name)
        ]

    def states(self, item, received_at: datetime) -> list[PhoneReport]:
        if not isinstance(item, Mapping) or item.get("resource") != "user":
            return []
        name = required_text(item, "event").removesuffix(".v2")
        user = _id(item.get("data"))
        if name not in STATES_OF_USER or not user:
            return []
        at = received_at
        if item.get("timestamp"):
            at = read_time(item["timestamp"], received_at.tzinfo, received_at)
        state, is_dnd = STATES_OF_USER[name]
        return [PhoneReport(user, at, state, is_dnd)]

    # === OUT === #

    def describe_refusal(self, response: requests.Response) -> str:
        """Return the reason: Aircall explains it apart from the kind of error."""
        try:
            answer = self.read_body(response)
        except ValueError:
            return ""
        explained = answer.get("troubleshoot") if isinstance(answer, Mapping) else None
        return explained if isinstance(explained, str) else super().describe_refusal(response)

    def test(self) -> None:
        self.required(self.ask("GET", "ping"), "ping")

    def originate(self, dial: Dial) -> Dialled:
        account = self.settings.api_account
        call = {
            "number_id": int(account) if account.isdigit() else account,
            "to": self.write_number(dial.number),
        }
        self.ask("POST", f"users/{self.write_phone(dial.extension)}/calls", json=call)
        return Dialled(None)

    def find_handle(self, running: Running) -> str | None:
        return running.own_event and running.own_event.call

    def find_recording(self, ref: str, place: str | None = None) -> Source:
        call, _slash, name = ref.partition("/")
        answer = self.ask("GET", f"calls/{self.write_id(call)}")
        data = answer.get("call") if isinstance(answer, Mapping) else None
        url = data.get(name) if isinstance(data, Mapping) and name in FILES else None
        if not isinstance(url, str) or not url:
            raise FetchError(Failure.MISSING, Reason(Why.NO_LINK))
        return self.make_source(url, is_temporary=True)

    def control(self, action: Action, running: Running, target: str = "") -> Controlled:
        user = self.write_phone(target)
        if not user.isdigit():
            raise ApiError(Problem.REFUSED, Reason(Why.USER_ID))
        path = f"calls/{quote(self.get_handle(running), safe='')}/transfers"
        self.ask("POST", path, json={"user_id": int(user)})
        return Controlled()


class _Message:
    """One message, and the call as it was then."""

    def __init__(self, item: Mapping, received_at: datetime):
        if not isinstance(item.get("data"), Mapping):
            raise ValueError(Reason(Why.NO_CALL))
        self.data: Mapping = item["data"]
        self.name = required_text(item, "event")
        self.received_at = received_at
        self.at = self.moment(item, "timestamp") or received_at
        self.call = required_text(self.data, "id")
        self.uid = f"{self.call}:{digest([self.name, self.data])}"
        direction = required_text(self.data, "direction")
        self.direction = translate(direction, "direction", DIRECTIONS)
        self.user = _id(self.data.get("user"))

    def moment(self, values: Mapping, name: str) -> datetime | None:
        value = values.get(name)
        return read_time(value, self.received_at.tzinfo, self.received_at) if value else None

    def event(self, kind: Kind, at: datetime, leg: str | None = None, **values) -> CallEvent:
        leg = leg or self.call
        return CallEvent(self.call, kind, at, f"{self.uid}:{kind.value}:{leg}", leg, **values)

    def of_user(self, kind: Kind, user: str, at: datetime | None = None, **values) -> CallEvent:
        phone = {"part": self.call, "extension": user} | values
        return self.event(kind, at or self.at, f"{self.call}/{user}", **phone)

    def events(self) -> list[CallEvent]:
        start = self.moment(self.data, "started_at") or self.at
        events = [self.event(Kind.RINGING, start, **self.about())]
        events += self.at_phones()
        if end := self.moment(self.data, "ended_at"):
            events.append(self.event(Kind.ENDED, end, cause=self.cause()))
        if self.name == VOICEMAIL or self.data.get("voicemail"):
            events.append(self.event(Kind.VOICEMAIL, self.at))
        return events

    def cause(self) -> Cause | None:
        reason = text(self.data, "missed_call_reason")
        if reason:
            return CAUSES.get(reason, Cause.NO_ANSWER)
        said = text(self.data, "hangup_cause") or ""
        return HANGUP_CAUSES.get(said.lower().replace("-", "_").replace(" ", "_"))

    def about(self) -> dict:
        remote, line = number(self.data, "raw_digits"), self.data.get("number")
        line = number(line, "digits") if isinstance(line, Mapping) else None
        about = {"direction": self.direction, "line": line}
        if self.direction is Direction.INCOMING:
            return about | {"from_number": remote, "from_name": _name(self.data.get("contact"))}
        return about | {"to_number": remote}

    def at_phones(self) -> list[CallEvent]:
        events = []
        answer = self.moment(self.data, "answered_at")
        if answer:
            events.append(self.event(Kind.ANSWERED, answer))
        kind = KINDS_OF_USER.get(self.name)
        if self.user and kind:
            cause = Cause.REJECTED if kind is Kind.ENDED else None
            events.append(self.of_user(kind, self.user, cause=cause))
        elif self.user and self.direction is Direction.OUTGOING:
            events.append(self.of_user(Kind.RINGING, self.user))
        if self.name in TRANSFERS:
            events += self.transfer()
        elif self.name == TRANSFER_FAILED:
            # The call is back at the phone that had transferred it.
            giver = _id(self.data.get("transferred_by")) or self.user
            events += [self.of_user(Kind.ANSWERED, giver)] if giver else []
        elif self.name in ENDS and self.user and answer:
            # After a transfer, nothing else may name who had the call last.
            end = self.moment(self.data, "ended_at")
            events.append(self.of_user(Kind.ANSWERED, self.user, end))
        return events

    def transfer(self) -> list[CallEvent]:
        giver, taker = (self.data.get(f"transferred_{end}") for end in ("by", "to"))
        if giver_id := _id(giver):
            events = [self.of_user(Kind.TRANSFERRED, giver_id)]
        else:
            events = [self.event(Kind.TRANSFERRED, self.at)]  # by who had it then
        if taker_id := _id(taker):
            events.append(self.of_user(Kind.RINGING, taker_id))
        elif outside := self.outside_taker(taker):
            # Whether it is answered is not reported; Aircall has handed the call over.
            leg = f"{self.call}/outside"
            events.append(self.event(Kind.ANSWERED, self.at, leg, part=self.call, number=outside))
        return events

    def outside_taker(self, taker) -> str | None:
        """Return the outside number to which the call was transferred, in any of its places."""
        for value in (self.data.get("external_transferred_to"), taker):
            values = value if isinstance(value, Mapping) else {"phone_number": value}
            if found := number(values, "phone_number"):
                return found
        return None


def _id(user) -> str | None:
    return text(user, "id") if isinstance(user, Mapping) else None


def _name(contact) -> str | None:
    if not isinstance(contact, Mapping):
        return None
    names = (text(contact, "first_name"), text(contact, "last_name"))
    return " ".join(filter(None, names)) or None
