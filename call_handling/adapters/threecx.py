"""3CX: its CRM template, and its call control API to dial.

3CX sends what a template tells it to: when a call comes in it asks whose the number is, and
when a call has ended it reports it. The template is ours, and so is what is sent. It is made
with our address; the secret is entered in 3CX, which sends it in a header.

A report has no id of its call: the moment of the start, the number and the direction stand
for it. It is one phone's; of a ring group those of several phones may come.

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

from .api import BearerAuth
from .base import Adapter, Capabilities, Configuration, Contact, Dial, Dialled, Reply, Settings
from .event import CallEvent, Direction, Kind, digest
from .reading import number, required_text, seconds, text, translate
from .request import Malformed, WebhookRequest
from .signature import require_one_of
from .times import read_time

SECRET_HEADER = "x-call-handling-secret"
RING_SECONDS = 45  # of the own phone

# [CallType]: what became of the call, and from where it came
CALL_TYPES = {
    "Inbound": (Direction.INCOMING, True),
    "Missed": (Direction.INCOMING, False),
    "Outbound": (Direction.OUTGOING, True),
    "Notanswered": (Direction.OUTGOING, False),
}
NEVER = "0001-01-01"  # how a moment that was not begins


class ThreeCXAdapter(Adapter):
    """3CX by way of its CRM integration."""

    code = "threecx"
    name = "3CX"
    capabilities = Capabilities(dials=True, live=False, transfers=False)
    api_needs = ("api_url", "api_user", "api_secret")

    # === IN === #

    def verify(self, request: WebhookRequest) -> None:
        given = request.headers.get(SECRET_HEADER, "")
        require_one_of(given, self.settings.secrets(request.received_at))

    def split(self, request: WebhookRequest) -> list:
        body = request.json()
        if not isinstance(body, Mapping):
            raise Malformed("the body must be a JSON object")
        return [body]

    def events(self, item, received_at: datetime) -> list[CallEvent]:
        if not isinstance(item, Mapping):
            raise ValueError(f"a message must be an object, not {type(item).__name__}")
        return [] if "lookup" in item else _Report(item, self.settings, received_at).events()

    # === QUESTIONS === #

    def find_question(self, request: WebhookRequest) -> str | None:
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
        template = files(__package__).joinpath("threecx_template.xml").read_text("utf-8")
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
        wish = {"destination": self.write_number(dial.number), "timeout": RING_SECONDS}
        path = f"callcontrol/{self.write_phone(dial.extension)}/makecall"
        self.ask("POST", path, json=wish, auth=self._log_in())
        # The report that comes at the end does not have its id.
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
    """What is told of a call when it has ended."""

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
        told = [self._event(kind, at, self.call, self._of_call()) for kind, at in moments]
        if self.agent:
            phone = {"extension": self.agent, "part": self.call}
            leg = f"{self.call}/{self.agent}"
            told += [self._event(kind, at, leg, phone) for kind, at in moments]
        return told

    def _of_call(self) -> dict:
        incoming = self.direction is Direction.INCOMING
        remote = {"from_number": self.remote} if incoming else {"to_number": self.remote}
        return remote | {"direction": self.direction, "from_name": text(self.item, "name")}

    def _event(self, kind: Kind, at: datetime, leg: str, values: dict) -> CallEvent:
        uid = f"{self.call}:{digest(self.item)}:{kind.value}:{leg}"
        return CallEvent(self.call, kind, at, uid, leg, **values)
