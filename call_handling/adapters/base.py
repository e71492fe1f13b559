"""What every adapter is: the way between one telephone system's words and ours."""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta, timezone, tzinfo
from enum import Enum

from .event import ANONYMOUS, CallEvent, digest

MAX_TEXT = 500  # characters in one value; numbers and names are far shorter
MAX_DEPTH = 20  # levels of lists and objects in a body


class Refusal(str, Enum):
    """Why a request was not let in. Told to the administrator, never to the sender."""

    UNSIGNED = "unsigned"
    WRONG_SIGNATURE = "wrong_signature"
    OLD = "old"
    NOT_ALLOWED_UNSIGNED = "not_allowed_unsigned"


class Refused(Exception):
    """The sender did not prove to be the telephone system."""

    def __init__(self, refusal: Refusal):
        super().__init__(refusal.value)
        self.refusal = refusal


class Malformed(Exception):
    """The body as a whole cannot be read. The text says why, for the sender."""


@dataclass(frozen=True)
class WebhookRequest:
    """A request as it arrived.

    :param body: the raw bytes, as they were signed
    :param received_at: aware, UTC
    :param content_type: media type without parameters, in lower case
    :param headers: names in lower case
    :param form: fields of a form body in order, repeated names kept
    """

    body: bytes
    received_at: datetime
    content_type: str = ""
    headers: Mapping[str, str] = field(default_factory=dict)
    form: tuple[tuple[str, str], ...] = ()

    def json(self):
        """The body's JSON value.

        :raise Malformed: there is none
        """
        if not self.body.strip():
            raise Malformed("the body is empty")
        try:
            value = json.loads(self.body)
        except (ValueError, RecursionError) as error:
            raise Malformed(f"the body is not JSON: {error}") from error
        if _depth(value) > MAX_DEPTH:
            raise Malformed(f"the body is nested more than {MAX_DEPTH} levels deep")
        return value


@dataclass(frozen=True)
class Settings:
    """What an adapter must know of the telephone system's record.

    :param secret: the shared secret; without one nothing that is signed is let in
    :param old_secret: the one before, while the sender is given the new one
    :param old_secret_until: aware, UTC
    :param unsigned_allowed: the administrator lets requests in by the address alone
    :param tz: time zone of times that are sent without one
    :param trunks: names of connections to the outside, for systems that name channels
    """

    secret: str | None = field(default=None, repr=False)
    old_secret: str | None = field(default=None, repr=False)
    old_secret_until: datetime | None = None
    unsigned_allowed: bool = False
    tz: tzinfo = timezone.utc
    trunks: frozenset[str] = frozenset()

    def secrets(self, moment: datetime) -> tuple[str, ...]:
        """The secrets that are valid at a moment, the newest first."""
        until = self.old_secret_until
        old = self.old_secret if until and moment < until else None
        return tuple(secret for secret in (self.secret, old) if secret)


@dataclass(frozen=True)
class Capabilities:
    """What a telephone system can do, for the screens to offer no more than that."""

    signs: bool = True
    live: bool = True
    dials: bool = False
    simulates: bool = False
    names_trunks: bool = False


@dataclass(frozen=True)
class Message:
    """One thing that the telephone system sent: its events, or why it cannot be read.

    A message without events and without error is of no importance for calls.
    """

    raw: str
    events: tuple[CallEvent, ...] = ()
    error: str | None = None

    @property
    def uid(self) -> str:
        """Id under which an unreadable message is kept: the same one for the same content."""
        return f"unreadable:{digest(self.raw)}"


@dataclass(frozen=True)
class Receipt:
    """What became of the messages of a request."""

    accepted: int = 0
    duplicates: int = 0
    failed: int = 0
    errors: tuple[str, ...] = ()


@dataclass(frozen=True)
class Reply:
    """What the telephone system is answered."""

    body: str
    status: int = 200
    content_type: str = "application/json; charset=utf-8"


@dataclass(frozen=True)
class Dial:
    """A wish to call somebody.

    :param extension: the phone that rings first
    :param number: the number to call then, as the telephone system wants it
    :param line: own number to show, if there is a choice
    """

    extension: str
    number: str
    line: str | None = None


@dataclass(frozen=True)
class Dialled:
    """The telephone system took the wish to dial.

    :param call: its id for the call
    :param script: for a simulated system, what will happen: (seconds from now, event)
    """

    call: str
    script: tuple[tuple[float, dict], ...] = ()


class Adapter:
    """One telephone system. Stateless: knows its settings and the message at hand only."""

    code: str
    name: str
    capabilities = Capabilities()

    def __init__(self, settings: Settings):
        self.settings = settings

    def verify(self, request: WebhookRequest) -> None:
        """Let the request in, or not.

        :raise Refused: the sender did not prove to be the telephone system
        """
        verify_signature(request, self.settings.secrets(request.received_at))

    def messages(self, request: WebhookRequest) -> list[Message]:
        """Read a request's body.

        :raise Malformed: it cannot be taken apart into messages
        """
        return [self.understand(item, request.received_at) for item in self.split(request)]

    def split(self, request: WebhookRequest) -> list:
        """The JSON values of the single messages in a request.

        :raise Malformed: it cannot be taken apart
        """
        raise NotImplementedError

    def understand(self, item, received_at: datetime) -> Message:
        """Read one message; what is wrong with it is told in the result, not raised.

        :param item: JSON value, as :meth:`split` gave it
        :param received_at: when it arrived, aware, UTC
        """
        raw = dump(item)
        try:
            return Message(raw, tuple(self.events(item, received_at)))
        except ValueError as error:
            return Message(raw, error=str(error))

    def events(self, item, received_at: datetime) -> list[CallEvent]:
        """The events that one message tells.

        :raise ValueError: it cannot be understood, with a reason for people
        """
        raise NotImplementedError

    def reply(self, receipt: Receipt) -> Reply:
        """The answer to a request that was let in and stored."""
        counts = {
            "accepted": receipt.accepted,
            "duplicates": receipt.duplicates,
            "failed": receipt.failed,
        }
        return Reply(json.dumps(counts | ({"errors": receipt.errors} if receipt.errors else {})))

    def originate(self, dial: Dial) -> Dialled:
        """Have the telephone system ring the own phone, and then the number.

        :raise NotImplementedError: it cannot; see :attr:`capabilities`
        """
        raise NotImplementedError(f"{self.name} cannot dial.")


# --- signature of our own event API -----------------------------------------------------

SIGNATURE_HEADER = "x-call-handling-signature"
TIMESTAMP_HEADER = "x-call-handling-timestamp"
SIGNATURE_TOLERANCE = timedelta(minutes=5)


def sign(secret: str, timestamp: str, body: bytes) -> str:
    """The value of the signature header.

    :param timestamp: Unix seconds, as in the timestamp header
    """
    signed = timestamp.encode() + b"." + body
    return "v1=" + hmac.new(secret.encode(), signed, hashlib.sha256).hexdigest()


def verify_signature(request: WebhookRequest, secrets: tuple[str, ...]) -> None:
    """Check our own signature: HMAC-SHA256 over timestamp and raw body, at most 5 minutes old.

    :raise Refused: there is none, it is wrong, or it is old
    """
    given = request.headers.get(SIGNATURE_HEADER, "")
    timestamp = request.headers.get(TIMESTAMP_HEADER, "")
    if not given or not timestamp:
        raise Refused(Refusal.UNSIGNED)
    candidates = [sign(secret, timestamp, request.body) for secret in secrets]
    # Every candidate is compared, so that the time taken does not tell which one was right.
    if not sum(hmac.compare_digest(given.encode(), good.encode()) for good in candidates):
        raise Refused(Refusal.WRONG_SIGNATURE)
    if not timestamp.isascii() or not timestamp.isdigit() or len(timestamp) > 12:
        raise Refused(Refusal.WRONG_SIGNATURE)
    age = abs(request.received_at.timestamp() - int(timestamp))
    if age > SIGNATURE_TOLERANCE.total_seconds():
        raise Refused(Refusal.OLD)


# --- reading values ---------------------------------------------------------------------


def _depth(value) -> int:
    """How many levels of lists and objects a JSON value has."""
    depth, level = 0, [value]
    while level := [part for part in level if isinstance(part, (list, dict))]:
        depth += 1
        level = [
            part
            for outer in level
            for part in (outer.values() if isinstance(outer, dict) else outer)
        ]
    return depth


def dump(item) -> str:
    """A message as text that the database can hold: pure ASCII JSON."""
    return json.dumps(item, ensure_ascii=True)


def text(values: Mapping, name: str) -> str | None:
    """A value that should be a text; a whole number is taken as one.

    :return: without blanks around; ``None`` if there is none or it is empty
    :raise ValueError: it is something else, too long, or has characters that no text has
    """
    value = values.get(name)
    if value is None:
        return None
    if isinstance(value, int) and not isinstance(value, bool):
        value = str(value)
    if not isinstance(value, str):
        raise ValueError(f"{name!r} must be a text, not {type(value).__name__}")
    if len(value) > MAX_TEXT:
        raise ValueError(f"{name!r} has more than {MAX_TEXT} characters")
    if not value.isprintable() and any(ord(c) < 32 or 0xD800 <= ord(c) < 0xE000 for c in value):
        raise ValueError(f"{name!r} has control characters")
    return value.strip() or None


def required_text(values: Mapping, name: str) -> str:
    """Like :func:`text`, for a value that must be there.

    :raise ValueError: it is missing
    """
    if (value := text(values, name)) is None:
        raise ValueError(f"{name!r} is missing")
    return value


def choice(values: Mapping, name: str, choices: type[Enum]):
    """A value that must be one of an enumeration's, or ``None``.

    :raise ValueError: it is none of them
    """
    value = text(values, name)
    if value is None:
        return None
    try:
        return choices(value)
    except ValueError as error:
        known = ", ".join(member.value for member in choices)
        raise ValueError(f"{name!r} is {value[:40]!r}; known are: {known}") from error


# What systems put where the number of somebody stands who withheld it.
_WITHHELD = {"anonymous", "withheld", "private", "restricted", "unavailable", "blocked"}
_NOTHING = {"", "unknown", "<unknown>", "none", "null", "-"}


def number(values: Mapping, name: str) -> str | None:
    """A telephone number as sent; :data:`ANONYMOUS` where it was withheld.

    :return: ``None`` if there is none
    :raise ValueError: it is not a text
    """
    value = text(values, name)
    if value is None or value.lower() in _NOTHING:
        return None
    return ANONYMOUS if value.lower() in _WITHHELD else value
