"""What every adapter is: the way between one telephone system's words and ours."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from datetime import datetime, timezone, tzinfo

from .event import CallEvent, digest
from .reading import dump
from .request import WebhookRequest
from .signature import verify_signature


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
