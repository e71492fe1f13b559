"""Yeastar P-Series: webhook event push, and its API to dial.

Live events report the state of the members of a call (30011) and a transfer (30013); a record
describes the whole call at its end (30012), in the local time of the telephone system. The
members of a call are its phones and the outside; live events have no time.

Sources: https://help.yeastar.com/en/p-series-cloud-edition/developer-guide/ (monitor events
via webhook, events 30011 to 30013, make a call). Not documented: whether the end of each losing
phone is reported, which of two extensions transferred a call (the last one is assumed), and
whether the talk time in a record begins when an announcement answers.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from urllib.parse import urlencode

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
    RecordingAbility,
    RecordingFacts,
    Running,
    Sender,
    Settings,
    Source,
    Tested,
)
from .event import CallEvent, Cause, Direction, Kind, digest
from .guide import CLICK_STORIES, DIALLED_NUMBERS, PROGRAM_STORIES
from .numbers import NumberFormat
from .reading import LONGEST_EXTENSION, number, required_text, seconds, text, translate
from .reasons import Reason, Why
from .recording import Format
from .request import Malformed, WebhookRequest
from .signature import require_one_of
from .states import PhoneReport, PhoneState
from .text import _lt
from .times import read_time
from .vocabulary import Vocabulary

SIGNATURE_HEADER = "x-signature"

CALL_STATE, CALL_RECORD, CALL_TRANSFER = "30011", "30012", "30013"

# https://help.yeastar.com/en/p-series/developer-guide/event-extension-call-status-changed.html,
# .../event-extension-presence-status-changed.html
PHONE_STATE, PRESENCE = "30008", "30009"
PHONE_STATES = {
    "Idle": PhoneState.FREE,
    "Ringing": PhoneState.RINGING,
    "Busy": PhoneState.TALKING,
}
DO_NOT_DISTURB = "do_not_disturb"

# member_status of 30011; the caller is ANSWERED, the called phone sends ANSWER
STATUSES = {
    "ALERT": (Kind.RINGING,),
    "RING": (Kind.RINGING,),
    "EARLYMEDIA": (Kind.RINGING,),
    "ANSWER": (Kind.ANSWERED, Kind.RESUMED),
    "ANSWERED": (Kind.ANSWERED, Kind.RESUMED),
    "HOLD": (Kind.HELD,),
    "BYE": (Kind.ENDED,),
}
# Written in small letters in the vendor's table, and with a capital in its example.
DIRECTIONS = {
    "inbound": Direction.INCOMING,
    "outbound": Direction.OUTGOING,
    "internal": Direction.INTERNAL,
}
TALKING = {"ANSWER", "ANSWERED", "HOLD"}
CALLS = {"ALERT", "ANSWERED"}  # statuses of an extension that has called somebody
ABANDONED = "ABANDONED"
CAUSES = {
    "ANSWERED": Cause.NORMAL,
    "ANSWERD": Cause.NORMAL,  # so in the vendor's table
    "VOICEMAIL": Cause.NORMAL,
    "NO ANSWER": None,  # the losing phones of a group end like this, too
    ABANDONED: Cause.CANCELLED,
    "BUSY": Cause.BUSY,
    "FAILED": Cause.FAILED,
}


_NOT_DOCUMENTED = "it is not documented what is reported of it"
_PROGRAM = "a program can only have an extension call"
_CLICK = "it is not documented which states are reported after a request to dial"
_ONLY_PAUSES = "its API only pauses, until the end of the call"
_NO_ANSWER = "the status is that of a call nobody answers"


class YeastarAdapter(Adapter):
    """Yeastar P-Series: appliance, software and cloud edition."""

    code = "yeastar"
    name = "Yeastar P-Series"
    capabilities = Capabilities(
        proof=Proof.THEIR_SECRET,
        dials=True,
        controls=frozenset(Action) - {Action.STOP_RECORDING},
        states=True,
        recordings=frozenset(RecordingAbility) - {RecordingAbility.STOP, RecordingAbility.DELETE},
        sender=Sender.OTHER_MACHINE,
    )
    number_format = NumberFormat.NATIONAL
    fields = (
        FormField(
            "api_url",
            _lt("Address of the PBX"),
            placeholder=_lt("e.g. https://pbx.example.com:8088"),
            required=True,
        ),
        FormField("api_user", _lt("Client ID"), required=True),
        FormField("api_secret", _lt("Client Secret"), required=True),
        *DIALLED_NUMBERS,
    )
    guide = Guide(
        tested=Tested(
            messages="the vendor's published examples (30012), its description (30011, 30013)",
            proof="its description; computed by us",
            api="by the documents",
        ),
        steps=(
            _lt(
                'Open Integrations, API, and switch on "Webhook Event Push". Enter the address '
                "above with the method POST, and copy the secret of the webhook into the field "
                "Secret above."
            ),
            _lt(
                "Choose the events 30011 (call state), 30012 (call records) and 30013 (call "
                "transfer), and monitor all extensions and trunks. For the states of phones, also "
                "choose 30008 (extension call state) and 30009 (presence)."
            ),
            _lt(
                "Below, under Extensions, enter the extension numbers. The Time Zone above must be "
                "that of the telephone system."
            ),
            _lt(
                'To dial from Odoo, and to control calls: switch on "API" and copy the Client ID '
                "and Client Secret."
            ),
        ),
        extensions="extension, `1001`",
        uncontrolled={Action.STOP_RECORDING: _ONLY_PAUSES},
        recording="`recording` of the event 30012, and the API, which must be reachable from Odoo "
        "and may download recordings",
        unrecorded={
            RecordingAbility.STOP: _ONLY_PAUSES,
            RecordingAbility.DELETE: "no such request is documented",
        },
        supported=("live events and records, ring groups, queues, hold, transfers, voicemail",),
        not_supported=(
            "S-Series and the first generation of Cloud PBX",
            "sharing the API client with another program: every request to dial creates a new "
            "token, which ends others of the same client",
        ),
        impossible={
            "attended transfer": _NOT_DOCUMENTED,
            "attended transfer, refused": _NOT_DOCUMENTED,
            "transfer while the other phone rings": _NOT_DOCUMENTED,
            "pickup": _NOT_DOCUMENTED,
            "parking": _NOT_DOCUMENTED,
            "conference": _NOT_DOCUMENTED,
            "the customer's mailbox answers": "the P-Series does not detect machines",
            **dict.fromkeys(PROGRAM_STORIES, _PROGRAM),
            **dict.fromkeys(CLICK_STORIES, _CLICK),
            "a feature code": "it is reported like a call",
        },
        partly={
            "the caller gives up": _NO_ANSWER,
            "given up": _NO_ANSWER,
            "the phone rejects the call": _NO_ANSWER,
            "one agent of a queue declines": "not why a phone stops ringing",
            "mailbox after busy": "not that the phone was busy",
            "blind transfer, not answered": "not why the other phone did not answer",
            "the colleague's phone is not connected": _NO_ANSWER,
        },
        missing={"line_outgoing": "the own number that is shown"},
        not_confirmed=(
            "whether the end of every losing phone of a group is reported (if not, it ends with "
            "the call)",
            "whether the talk time in a record begins when a menu answers (then a caller who gave "
            "up in a menu counts as answered)",
            "which of two extensions transferred a call",
            "of which member of a call on hold the status is HOLD: if it is the caller's, *Resume* "
            "is not offered, and the call is resumed at the phone",
        ),
        states="free, ringing, talking; do not disturb as a presence",
        controlling="a phone that was reported with its channel; *Transfer* while it speaks with "
        "one party. What is recorded is not reported: the card shows what was started from a card, "
        "and not what Yeastar records by itself",
        details="The address of the API is that of its web pages, such as "
        "`https://pbx.example.com:8088`; its certificate must be valid. Records have local times "
        "without a zone, so *Time Zone* in Odoo must be that of the telephone system.",
    )
    vocabulary = Vocabulary(
        words={
            "type": {
                *(CALL_STATE, CALL_RECORD, CALL_TRANSFER, PHONE_STATE, PRESENCE),
                *DIRECTIONS,
                *map(str.capitalize, DIRECTIONS),
            },
            "member_status": STATUSES,
            "status": {*CAUSES, *PHONE_STATES, *map(str.lower, PHONE_STATES), DO_NOT_DISTURB},
        },
        times=frozenset({"time_start"}),
        lengths=frozenset({"call_duration", "talk_duration", "agent_ring_time"}),
        names=frozenset(
            {"sn", "msg", "call_id", "members", "extension", "inbound", "outbound", "number"}
            | {"channel_id", "from", "to", "call_path", "call_from", "call_to", "did_number"}
            | {"recording", "src_trunk_name", "dst_trunk_name", "trunk_name", "uid"}
        ),
        marks=frozenset({"PJSIP", "SIP"}),
    )

    # === IN === #

    def verify(self, request: WebhookRequest) -> None:
        good = (
            base64.b64encode(hmac.digest(secret.encode(), request.body, hashlib.sha256)).decode()
            for secret in self.settings.secrets(request.received_at)
        )
        require_one_of(request.headers.get(SIGNATURE_HEADER, ""), good)

    def split(self, request: WebhookRequest) -> list:
        body = request.json()
        if not isinstance(body, Mapping):
            raise Malformed(Reason(Why.BODY_NO_OBJECT))
        return [body]

    def events(self, item, received_at: datetime) -> list[CallEvent]:
        if not isinstance(item, Mapping):
            raise ValueError(Reason(Why.MESSAGE_NO_OBJECT, kind=type(item).__name__))
        read = _READERS.get(required_text(item, "type"))
        return read(_Report(item, self.settings, received_at)) if read else []

    def states(self, item, received_at: datetime) -> list[PhoneReport]:
        kind = text(item, "type") if isinstance(item, Mapping) else None
        if kind not in (PHONE_STATE, PRESENCE):
            return []
        content = _content(item.get("msg"))
        phone, status = required_text(content, "extension"), required_text(content, "status")
        if kind == PRESENCE:
            return [PhoneReport(phone, received_at, is_dnd=status == DO_NOT_DISTURB)]
        state = translate(status.capitalize(), "status", PHONE_STATES)
        return [PhoneReport(phone, received_at, state)]

    def recordings(self, item, received_at: datetime) -> list[RecordingFacts]:
        """Return the file that the record of a call names."""
        if not isinstance(item, Mapping) or text(item, "type") != CALL_RECORD:
            return []
        content = _content(item.get("msg"))
        if not (name := text(content, "recording")):
            return []
        call, kind = required_text(content, "call_id"), name.rpartition(".")[2].lower()
        known = {one.value: one for one in Format}.get(kind)
        return [RecordingFacts(call=call, ref=name, format=known, is_offered=True)]

    # === OUT === #

    def get_api_auth(self):
        return None

    def get_api_headers(self) -> dict[str, str]:
        return super().get_api_headers() | {"User-Agent": "OpenAPI"}

    def get_api_url(self, path: str) -> str:
        return super().get_api_url(f"openapi/v1.0/{path}")

    def find_fault(self, answer) -> str | None:
        if answer.get("errcode") in (0, "0"):
            return None
        said, code = answer.get("errmsg"), answer.get("errcode")
        return f"{said} ({code})" if said else Reason(Why.NO_REASON, code=code)

    def test(self) -> None:
        self._log_in()

    def originate(self, dial: Dial) -> Dialled:
        extension = self.write_phone(dial.extension)
        call = {
            "caller": extension,
            "callee": self.write_number(dial.number),
            "dial_permission": extension,
            "auto_answer": "no",
        }
        answer = self.ask("POST", "call/dial", params=self._log_in(), json=call)
        return Dialled(self.required(answer, "call_id"))

    # https://help.yeastar.com/en/p-series/developer-guide/hang-up-a-call.html, hold-a-call.html,
    # resume-a-call.html, transfer-a-call.html, start-call-recording.html,
    # pause-call-recording.html, resume-call-recording.html

    def find_handle(self, running: Running) -> str | None:
        """Return the channel of the phone, as its last report named it."""
        return _Channels(running).own

    def allows(self, action: Action, running: Running) -> bool:
        if action is Action.TRANSFER and not _Channels(running).other:
            return False
        return super().allows(action, running)

    def control(self, action: Action, running: Running, target: str = "") -> Controlled:
        content = {"channel_id": self.get_handle(running)}
        if action is Action.TRANSFER:
            # A blind transfer names the channel of who is moved.
            content = {
                "type": "blind",
                "channel_id": _Channels(running).other or self.get_other_leg(running),
                "number": self.write_number(target),
                "dial_permission": self.write_phone(running.leg.extension or ""),
            }
        self.ask("POST", f"call/{_COMMANDS[action]}", params=self._log_in(), json=content)
        return Controlled()

    # https://help.yeastar.com/en/p-series/developer-guide/download-recording-files.html

    def find_recording(self, ref: str, place: str | None = None) -> Source:
        token = self._log_in()
        answer = self.ask("GET", "recording/download", params={"file": ref} | token)
        path = self.required(answer, "download_resource_url")
        url = f"{self.settings.api_url.rstrip('/')}/{path.lstrip('/')}"
        url += f"{'&' if '?' in path else '?'}{urlencode(token)}"
        headers = {"User-Agent": self.get_api_headers()["User-Agent"]}
        return self.make_source(url, headers=headers, is_temporary=True)

    def _log_in(self) -> dict[str, str]:
        credentials = {"username": self.settings.api_user, "password": self.settings.api_secret}
        answer = self.ask("POST", "get_token", json=credentials)
        return {"access_token": self.required(answer, "access_token")}


_COMMANDS = {
    Action.HANG_UP: "hangup",
    Action.HOLD: "hold",
    Action.RESUME: "unhold",
    Action.TRANSFER: "transfer",
    Action.RECORD: "record_start",
    Action.PAUSE_RECORDING: "record_pause",
    Action.RESUME_RECORDING: "record_unpause",
}


class _Channels:
    """The channels of those who are in a call, as its reports name them.

    :ivar own: of the phone of who acts; empty if it has left
    :ivar other: of whom this phone speaks with; empty if that is nobody, or several
    """

    def __init__(self, running: Running):
        members = {}  # by channel, as last reported
        for call, about in _members_with_channel(running):
            members[about["channel_id"]] = (f"{call}/{text(about, 'number')}", about)
        present = [m for m in members.values() if m[1].get("member_status") != "BYE"]
        own = [about["channel_id"] for name, about in present if name == running.leg.ref]
        others = [
            about["channel_id"]
            for name, about in present
            if name != running.leg.ref and about.get("member_status") in TALKING
        ]
        self.own = own[-1] if own else None
        self.other = others[0] if len(others) == 1 else None


def _members_with_channel(running: Running) -> Iterator[tuple[str, Mapping]]:
    """Yield whom the reports about the phone's call name, each with the id of the call."""
    for item in running.items:
        if text(item, "type") == CALL_STATE:
            content = _content(item.get("msg"))
            call = required_text(content, "call_id")
            if running.leg.ref.startswith(f"{call}/"):
                members = (about for one in content["members"] for about in one.values())
                yield from ((call, about) for about in members if text(about, "channel_id"))


class _Report:
    """One event report and the content of its message."""

    def __init__(self, item: Mapping, settings: Settings, received_at: datetime):
        self.content = _content(item.get("msg"))
        self.settings = settings
        self.at = received_at
        self.call = required_text(self.content, "call_id")
        self.uid = f"{self.call}:{digest([item.get('type'), self.content])}"

    def event(self, kind: Kind, leg: str | None = None, **values) -> CallEvent:
        leg = leg or self.call
        about = {"at": self.at, "uid": f"{self.uid}:{kind.value}:{leg}", "leg": leg} | values
        return CallEvent(call=self.call, kind=kind, **about)

    def of_phone(self, kind: Kind, extension: str, **values) -> CallEvent:
        about = {"extension": extension, "part": self.call} | values
        return self.event(kind, f"{self.call}/{extension}", **about)

    def members(self) -> list[tuple[str, Mapping]]:
        """Return the members of the call, each as its kind (such as ``extension``) and data."""
        members = self.content.get("members")
        if not isinstance(members, list) or not all(isinstance(one, Mapping) for one in members):
            raise ValueError(Reason(Why.NO_LIST_OF_OBJECTS, name="members"))
        pairs = [pair for member in members for pair in member.items()]
        return [(kind, about) for kind, about in pairs if isinstance(about, Mapping)]


def _content(message) -> Mapping:
    """Return the message of a report: JSON in a text, or the object itself."""
    if isinstance(message, str):
        try:
            message = json.loads(message)
        except ValueError:
            raise ValueError(Reason(Why.NO_JSON, name="msg")) from None
    if not isinstance(message, Mapping):
        raise ValueError(Reason(Why.NO_OBJECT, name="msg"))
    return message


def _call_state(report: _Report) -> list[CallEvent]:
    events = _who_calls(report)
    for kind, about in report.members():
        kinds = translate(required_text(about, "member_status"), "member_status", STATUSES)
        events += _MEMBERS[kind](report, about, kinds) if kind in _MEMBERS else []
    return events


def _extension(report: _Report, about: Mapping, kinds: tuple[Kind, ...]) -> list[CallEvent]:
    extension = required_text(about, "number")
    # The path of a call names the menu and the queue that it has passed through.
    path = text(about, "call_path")
    return [report.of_phone(kind, extension, queue=path) for kind in kinds]


def _who_calls(report: _Report) -> list[CallEvent]:
    """Return that an extension calls somebody, outside or a colleague, if the report shows it."""
    members = report.members()
    phones = [about for kind, about in members if kind == "extension"]
    callers = [about for about in phones if text(about, "member_status") in CALLS]
    if not callers or any(kind == "inbound" for kind, _about in members):
        return []
    about = {"from_number": text(callers[0], "number")}
    if any(kind == "outbound" for kind, _about in members):
        about |= {"direction": Direction.OUTGOING}
    elif called := [phone for phone in phones if phone not in callers]:
        about |= {"direction": Direction.INTERNAL, "to_number": text(called[0], "number")}
    return [report.event(Kind.RINGING, **about)]


def _inbound(report: _Report, about: Mapping, kinds: tuple[Kind, ...]) -> list[CallEvent]:
    """The caller outside. That the call was answered does not mean that a person answered."""
    values = {
        "direction": Direction.INCOMING,
        "from_number": number(about, "from"),
        "line": _own_number(about),
    }
    kinds = (Kind.ENDED,) if Kind.ENDED in kinds else (Kind.RINGING,)
    return [report.event(kind, **values) for kind in kinds]


def _own_number(about: Mapping) -> str | None:
    """Return the own number that was called, unless it is reported whom the call reaches."""
    called = number(about, "to")
    return called if called and len(called) > LONGEST_EXTENSION else None


def _outbound(report: _Report, about: Mapping, kinds: tuple[Kind, ...]) -> list[CallEvent]:
    """Somebody outside who is called: a customer, or a phone to which the call is forwarded."""
    leg = f"{report.call}/{text(about, 'channel_id') or 'outbound'}"
    values = {"number": number(about, "to"), "part": report.call}
    return [report.event(kind, leg, **values) for kind in kinds]


def _call_record(report: _Report) -> list[CallEvent]:
    content = report.content
    direction = translate(required_text(content, "type").lower(), "type", DIRECTIONS)
    status = required_text(content, "status").upper()
    cause = translate(status, "status", CAUSES)
    start = read_time(content.get("time_start"), report.settings.tz, report.at)
    end = start + timedelta(seconds=seconds(content, "call_duration"))
    events = [
        report.event(Kind.RINGING, at=start, direction=direction, **_numbers(content, direction)),
        report.event(Kind.ENDED, at=end, cause=cause),
    ]
    answer = end - timedelta(seconds=seconds(content, "talk_duration"))
    if status == "VOICEMAIL":
        events.append(report.event(Kind.VOICEMAIL, at=answer))
    for extension in _phones(content, direction, report.settings):
        events.append(report.of_phone(Kind.RINGING, extension, at=start))
        events.append(report.of_phone(Kind.ENDED, extension, at=end, cause=cause))
        if status.startswith("ANSWER"):
            events.append(report.of_phone(Kind.ANSWERED, extension, at=answer))
    return events


def _numbers(content: Mapping, direction: Direction) -> dict:
    if direction is Direction.INCOMING:
        numbers = {"from_number": number(content, "call_from")}
        return numbers | {"line": number(content, "did_number")}
    return {"from_number": number(content, "call_from"), "to_number": number(content, "call_to")}


def _phones(content: Mapping, direction: Direction, settings: Settings) -> list[str]:
    """Return the own phones of a record: who called, and who was called.

    A menu or a queue, which may be what was called, looks like a phone: the register of phones
    distinguishes them, or the path of the call in a live event.
    """
    caller = text(content, "call_from") if direction is not Direction.INCOMING else None
    callee = text(content, "call_to") if direction is not Direction.OUTGOING else None
    if text(content, "status").upper() == ABANDONED:
        callee = None  # callers abandon queues
    if callee == text(content, "did_number") or not _may_be_phone(callee or "", settings):
        callee = None
    return [extension for extension in (caller, callee) if extension]


def _may_be_phone(callee: str, settings: Settings) -> bool:
    if settings.phones:
        return callee.lower() in {phone.lower() for phone in settings.phones}
    return callee.isdigit() and len(callee) <= LONGEST_EXTENSION


def _call_transfer(report: _Report) -> list[CallEvent]:
    phones = [about for kind, about in report.members() if kind == "extension"]
    if not phones:
        return []
    return [report.of_phone(Kind.TRANSFERRED, required_text(phones[-1], "number"))]


_MEMBERS = {"extension": _extension, "inbound": _inbound, "outbound": _outbound}
_READERS = {
    CALL_STATE: _call_state,
    CALL_RECORD: _call_record,
    CALL_TRANSFER: _call_transfer,
}
