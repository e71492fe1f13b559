"""3CX: its CRM template, and its call control API to dial.

3CX sends what a template defines: when a call comes in, it asks whose number it is, and when a
call has ended, it reports it. The template is ours, and so is what is sent. It contains our
address; the secret is entered in 3CX, which sends it in a header.

A report has no id of its call: the moment of the start, the number and the direction identify
it. It is about one phone; several phones of a ring group may each send one, with a start of its
own. Nobody calls the same company twice at the same time: reports with the same number and
direction that overlap are one call.

Sources: https://www.3cx.com/docs/server-side-crm-template-xml-description/,
https://www.3cx.com/docs/call-control-api-endpoints/. Not documented: whether every phone of a
queue is reported, and with the same start; the words in the answer to ``makecall``.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime, timedelta, timezone
from importlib.resources import files
from xml.sax.saxutils import escape

from ..api import BearerAuth
from ..base import (
    Action,
    Adapter,
    Capabilities,
    Configuration,
    Contact,
    Dial,
    Dialled,
    FormField,
    Guide,
    RecordingAbility,
    Reply,
    Sender,
    Settings,
    Tested,
)
from ..event import ANONYMOUS, CallEvent, Direction, Kind, digest
from ..guide import DIALLED_NUMBERS, INTERNAL_STORIES
from ..reading import number, required_text, seconds, text, translate
from ..reasons import Reason, Why
from ..request import Malformed, WebhookRequest
from ..signature import require_one_of
from ..text import _lt
from ..times import read_time
from ..vocabulary import Vocabulary

SECRET_HEADER = "x-call-handling-secret"
RING_SECONDS = 45  # of the own phone

# [CallType]: the direction of the call, and whether it was answered
CALL_TYPES = {
    "Inbound": (Direction.INCOMING, True),
    "Missed": (Direction.INCOMING, False),
    "Outbound": (Direction.OUTGOING, True),
    "Notanswered": (Direction.OUTGOING, False),
}
# A phone of a group that rings next may be reported to start a moment after the one before.
GAP = timedelta(seconds=5)
NEVER = "0001-01-01"  # a moment that did not happen begins like this


_NO_AGENT = "only calls of agents are reported"
_OUTSIDE = "outside numbers that calls are forwarded to are not reported"
_NOT_DOCUMENTED = "it is not documented which reports there are"
_NOT_CALLED = "nobody was called: there is no report"
_INTERNAL = "internal calls are not reported"
_WHY = "not why nobody answered"
_QUEUE = "not what was before a phone rang, nor why nobody answered"
_MAILBOX = "not that a mailbox answered: it is a missed call"


class ThreeCXAdapter(Adapter):
    """3CX by way of its CRM integration."""

    code = "threecx"
    name = "3CX"
    names_calls = True
    capabilities = Capabilities(
        dials=True, live=False, transfers=False, sender=Sender.OTHER_MACHINE
    )
    fields = (
        FormField(
            "api_url",
            _lt("Address of 3CX"),
            placeholder=_lt("e.g. https://company.3cx.eu"),
            required=True,
        ),
        FormField("api_user", _lt("Client ID"), required=True),
        FormField("api_secret", _lt("API Key"), required=True),
        *DIALLED_NUMBERS,
    )
    guide = Guide(
        tested=Tested(
            messages="by the documents: the template is ours, what 3CX fills in is the vendor's "
            "description",
            proof="header that the template sets",
            api="token and `makecall` by the documents; the words of an answer are not confirmed",
        ),
        steps=(
            _lt("Create the secret above, and save this file: {file}"),
            _lt(
                "In the Admin Console, open Integrations, CRM. Add the file as a template, choose "
                "it, and enter the secret."
            ),
            _lt('Tick "Enable Call Journaling" and save.'),
            _lt("Below, under Extensions, enter the extension numbers."),
            _lt(
                "To dial from Odoo (version 20, with a licence for the Call Control API): under "
                "Integrations, API, add a client with access to the Call Control API and to the "
                "extensions that may dial. Its API key is shown once."
            ),
        ),
        extensions="extension, `101`",
        supported=(
            "3CX asks Odoo whose number it is while it rings, and shows name, company and a link; "
            "only contacts that Odoo is certain of are returned",
            "calls are reported when they have ended, with who spoke, from when to when",
        ),
        not_supported=(
            "nothing is shown in Odoo while it rings",
            "the own number that was dialled and internal calls are not reported",
            "dialling without version 20 and a licence for the Call Control API: use your 3CX "
            "client",
        ),
        not_confirmed=(
            "a report has no id of the call: those with the same number and direction that "
            "overlap, or follow within seconds, are one call; if the number is withheld, only "
            "those with the same start",
        ),
        impossible={
            "outside hours": _NO_AGENT,
            "only an announcement": _NO_AGENT,
            "answering service": _NO_AGENT,
            "blind transfer to an outside number": _OUTSIDE,
            "forwarded to an outside number": _OUTSIDE,
            "follow-me: phone and mobile ring together": _OUTSIDE,
            "attended transfer": _NOT_DOCUMENTED,
            "attended transfer, refused": _NOT_DOCUMENTED,
            "transfer while the other phone rings": _NOT_DOCUMENTED,
            "pickup": _NOT_DOCUMENTED,
            "parking": _NOT_DOCUMENTED,
            "conference": _NOT_DOCUMENTED,
            "the customer's mailbox answers": "3CX does not detect machines",
            "a program of the company calls, answered": _NO_AGENT,
            "a program of the company calls, a machine answers": _NO_AGENT,
            "a program of the company calls, no answer": _NO_AGENT,
            "callback: the customer's phone rings first": _NO_AGENT,
            "click to dial, the own phone is not picked up": _NOT_CALLED,
            "click to dial, the own phone is busy": _NOT_CALLED,
            **dict.fromkeys(INTERNAL_STORIES, _INTERNAL),
        },
        partly={
            "the caller gives up": _WHY,
            "the phone is busy": _WHY,
            "the phone rejects the call": _WHY,
            "a queue hunts": _QUEUE,
            "one agent of a queue declines": _QUEUE,
            "a queue is abandoned": _QUEUE,
            "a queue times out": _QUEUE,
            "a menu, and then a queue": _QUEUE,
            "mailbox after no answer": _MAILBOX,
            "mailbox after busy": _MAILBOX,
            "blind transfer, not answered": _WHY,
            "busy": _WHY,
            "no such number": _WHY,
            "given up": _WHY,
            "click to dial, the customer is busy": _WHY,
            "click to dial, given up": _WHY,
        },
        uncontrolled=dict.fromkeys(
            Action, "a call is reported when it has ended: until then, Odoo does not know it"
        ),
        unrecorded={
            **dict.fromkeys(
                (RecordingAbility.FETCH, RecordingAbility.STEREO),
                "its journal names a path, but neither the id of the recording nor that of the "
                "call, and only a system administrator may list recordings",
            ),
            RecordingAbility.DELETE: "it can only delete all recordings at once",
            **dict.fromkeys(
                (RecordingAbility.START, RecordingAbility.PAUSE, RecordingAbility.STOP),
                "a call is reported when it has ended",
            ),
        },
        missing={
            "line_incoming": "the own number that was called",
            "line_outgoing": "the own number that is shown",
            "queue": "the name of a queue",
        },
        details="Some versions require a restart of the 3CX services after the template was added.",
        dialling="version 20, with a licence",
    )
    vocabulary = Vocabulary(
        words={"call_type": CALL_TYPES},
        times=frozenset({"started_at", "established_at", "ended_at"}),
        lengths=frozenset({"duration"}),
        names=frozenset({"number", "name", "agent", "lookup"}),
    )

    # === IN === #

    def verify(self, request: WebhookRequest) -> None:
        given = request.headers.get(SECRET_HEADER, "")
        require_one_of(given, self.settings.secrets(request.received_at))

    def split(self, request: WebhookRequest) -> list:
        body = request.json()
        if not isinstance(body, Mapping):
            raise Malformed(Reason(Why.BODY_NO_OBJECT))
        return [body]

    def events(self, item, received_at: datetime) -> list[CallEvent]:
        if not isinstance(item, Mapping):
            raise ValueError(Reason(Why.MESSAGE_NO_OBJECT, kind=type(item).__name__))
        return [] if "lookup" in item else _Report(item, self.settings, received_at).events()

    # === QUESTIONS === #

    def find_lookup(self, request: WebhookRequest) -> str | None:
        try:
            (item,) = self.split(request)
            return text(item, "lookup")
        except (Malformed, ValueError):
            return None

    def reply_contact(self, contact: Contact | None) -> Reply:
        if not contact:
            return Reply("{}")
        first, _blank, last = contact.name.rpartition(" ")
        found = {
            "id": str(contact.id),
            "first_name": first,
            "last_name": last,
            "company": contact.company,
            "email": contact.email,
            "phone": contact.phone,
            "url": contact.url,
        }
        return Reply(json.dumps({"contact": found}))

    def make_configuration(self) -> Configuration:
        template = files(__package__).joinpath("template.xml").read_text("utf-8")
        address = escape(self.settings.webhook_url, {'"': "&quot;"})
        return Configuration("odoo-3cx-template.xml", template.replace("WEBHOOK_URL", address))

    # === OUT === #

    def find_fault(self, answer) -> str | None:
        if "finalstatus" not in answer or answer.get("result"):
            return None
        said = (answer.get("reasontext"), answer.get("reason"), answer["finalstatus"])
        return next((text for text in said if text), "no call was made")

    def test(self) -> None:
        self.ask("GET", "callcontrol", auth=self._log_in())

    def originate(self, dial: Dial) -> Dialled:
        call = {"destination": self.write_number(dial.number), "timeout": RING_SECONDS}
        path = f"callcontrol/{self.write_phone(dial.extension)}/makecall"
        self.ask("POST", path, json=call, auth=self._log_in())
        # The report at the end of the call does not contain its id.
        return Dialled(None)

    def _log_in(self) -> BearerAuth:
        credentials = {
            "grant_type": "client_credentials",
            "client_id": self.settings.api_user,
            "client_secret": self.settings.api_secret,
        }
        answer = self.ask("POST", "connect/token", data=credentials, auth=None)
        return BearerAuth(self.required(answer, "access_token"))


class _Report:
    """The report of a call that has ended."""

    def __init__(self, item: Mapping, settings: Settings, received_at: datetime):
        kind = translate(required_text(item, "call_type"), "call_type", CALL_TYPES)
        self.direction, self.is_answered = kind
        self.item = item
        self.received_at = received_at
        self.agent = text(item, "agent")
        self.remote = number(item, "number")
        self.start = self._moment("started_at") or received_at
        self.end = max(self._moment("ended_at") or self.start, self.start)
        self.call = settings.name_call(self.start.isoformat(), self.remote, self.direction.value)
        day = self.start.date().isoformat()
        self.room = settings.name_call("overlap", day, self.remote, self.direction.value)
        if self.remote in (None, ANONYMOUS):
            self.room = None  # two callers may withhold their numbers at the same time

    def _moment(self, name: str) -> datetime | None:
        value = text(self.item, name)
        if not value or value.startswith(NEVER):
            return None
        return read_time(value, timezone.utc, self.received_at)

    def _answer(self) -> datetime:
        length = timedelta(seconds=seconds(self.item, "duration"))
        return self._moment("established_at") or max(self.end - length, self.start)

    def events(self) -> list[CallEvent]:
        moments = [(Kind.RINGING, self.start), (Kind.ENDED, self.end)]
        if self.is_answered:
            moments.append((Kind.ANSWERED, self._answer()))
        events = [self._event(kind, at, self.call, self._of_call()) for kind, at in moments]
        stay = [(Kind.ENTERED, self.start), (Kind.LEFT, self.end + GAP)] if self.room else []
        events += [self._event(kind, at, None, {"room": self.room}) for kind, at in stay]
        if self.agent:
            phone = {"extension": self.agent, "part": self.call}
            leg = f"{self.call}/{self.agent}"
            events += [self._event(kind, at, leg, phone) for kind, at in moments]
        return events

    def _of_call(self) -> dict:
        incoming = self.direction is Direction.INCOMING
        remote = {"from_number": self.remote} if incoming else {"to_number": self.remote}
        return remote | {"direction": self.direction, "from_name": text(self.item, "name")}

    def _event(self, kind: Kind, at: datetime, leg: str | None, values: dict) -> CallEvent:
        uid = f"{self.call}:{digest(self.item)}:{kind.value}:{leg}"
        return CallEvent(self.call, kind, at, uid, leg, **values)
