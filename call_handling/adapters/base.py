"""What every adapter is: the way between one telephone system's words and ours."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from datetime import datetime, timezone, tzinfo
from enum import Enum

from .api import ApiClient, ApiError, Problem
from .event import CallEvent, digest
from .numbers import NumberFormat, write_number
from .reading import dump
from .request import WebhookRequest
from .signature import verify_signature

# Numbers, and names of phones such as "sip:ann@example.com": nothing that ends a value.
_DIALLABLE = re.compile(r"[\w+*#.:@-]{1,100}", re.ASCII)


@dataclass(frozen=True)
class Settings:
    """What an adapter must know of the telephone system's record.

    :param secret: the shared secret; without one nothing that is signed is let in
    :param old_secret: the one before, while the sender is given the new one
    :param old_secret_until: aware, UTC
    :param unsigned_allowed: the administrator lets requests in by the address alone
    :param tz: time zone of times that are sent without one
    :param trunks: names of connections to the outside, for systems that name channels
    :param webhook_url: our address as the telephone system knows it
    :param api_url: where the system's own API listens, if that is not the same for everybody
    :param api_account: the part of the system that is used: account, application, context
    :param api_user: who we are to the API
    :param api_secret: and the proof of it: password, key, token
    :param phone_address: how the system addresses a phone, with ``{extension}`` in it
    :param caller_number: own number to show when dialling, E.164, unless another is chosen
    :param number_format: how it wants dialled numbers; empty: as its adapter knows it
    :param outside_prefix: what is dialled first to get an outside line
    :param country: ISO 3166 code of where it is
    """

    secret: str | None = field(default=None, repr=False)
    old_secret: str | None = field(default=None, repr=False)
    old_secret_until: datetime | None = None
    unsigned_allowed: bool = False
    tz: tzinfo = timezone.utc
    trunks: frozenset[str] = frozenset()
    webhook_url: str = ""
    api_url: str = ""
    api_account: str = ""
    api_user: str = ""
    api_secret: str = field(default="", repr=False)
    phone_address: str = ""
    caller_number: str = ""
    number_format: NumberFormat | None = None
    outside_prefix: str = ""
    country: str = ""

    def secrets(self, moment: datetime) -> tuple[str, ...]:
        """The secrets that are valid at a moment, the newest first."""
        until = self.old_secret_until
        old = self.old_secret if until and moment < until else None
        return tuple(secret for secret in (self.secret, old) if secret)


class Proof(str, Enum):
    """How requests prove that they come from the telephone system."""

    OUR_SECRET = "our_secret"  # made here, given to the system
    THEIR_SECRET = "their_secret"  # made by the system, entered here
    PUBLISHED = "published"  # signed with a key of which the public part is known to all
    ADDRESS = "address"  # nothing but that the sender knows the address


@dataclass(frozen=True)
class Capabilities:
    """What a telephone system can do, for the screens to offer no more than that.

    :param live: tells of a call while it goes on, not only when it has ended
    :param transfers: tells that a call went on at another phone
    :param dials: can be asked to dial
    :param local_times: sends times without a time zone
    """

    proof: Proof = Proof.OUR_SECRET
    live: bool = True
    transfers: bool = True
    dials: bool = False
    simulates: bool = False
    names_trunks: bool = False
    local_times: bool = False

    @property
    def signs(self) -> bool:
        return self.proof is not Proof.ADDRESS


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
class Probe:
    """A request without events, to try whether our own address lets the system in."""

    body: bytes
    headers: dict[str, str]


@dataclass(frozen=True)
class Contact:
    """Who somebody is, for a telephone system that asks."""

    id: int
    name: str
    company: str = ""
    email: str = ""
    phone: str = ""
    url: str = ""


@dataclass(frozen=True)
class Configuration:
    """A file that is loaded into the telephone system. Never with a secret in it."""

    name: str
    content: str


@dataclass(frozen=True)
class Dial:
    """A wish to call somebody.

    :param extension: the phone that rings first
    :param number: the number to call then, E.164 or an extension
    :param line: own number to show, E.164, if there is a choice
    """

    extension: str
    number: str
    line: str | None = None


@dataclass(frozen=True)
class Dialled:
    """The telephone system took the wish to dial.

    :param call: its id for the call, as its events will have it; empty if it does not say
    :param script: for a simulated system, what will happen: (seconds from now, event)
    """

    call: str | None
    script: tuple[tuple[float, dict], ...] = ()


class Adapter(ApiClient):
    """One telephone system. Stateless: knows its settings and the message at hand only."""

    code: str
    name: str
    capabilities = Capabilities()
    number_format = NumberFormat.E164
    phone_address = "{extension}"

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

    def reply(self, receipt: Receipt, request: WebhookRequest | None = None) -> Reply:
        """The answer to a request that was let in and stored."""
        counts = {
            "accepted": receipt.accepted,
            "duplicates": receipt.duplicates,
            "failed": receipt.failed,
        }
        return Reply(json.dumps(counts | ({"errors": receipt.errors} if receipt.errors else {})))

    def react(self, request: WebhookRequest) -> None:
        """Tell the telephone system what to do now, if it waits for that.

        :raise ApiError: it does not, with a reason for people
        """

    def find_question(self, request: WebhookRequest) -> str | None:
        """The number of which the telephone system asks whose it is, if that is the request."""
        return None

    def reply_contact(self, contact: Contact | None) -> Reply:
        """The answer to a question whose a number is.

        :param contact: ``None`` if nobody knows
        """
        raise NotImplementedError(f"{self.name} does not ask.")

    def make_configuration(self) -> Configuration | None:
        """A file by which the telephone system learns where to send, if there is such a thing."""
        return None

    def make_probe(self, now: datetime) -> Probe | None:
        """A request to try our own address with; ``None`` if we cannot sign like the system."""
        return None

    # --- asking the system -----------------------------------------------------------

    def test(self) -> None:
        """Ask the system whether it would let us dial.

        :raise ApiError: it would not, with a reason for people
        """
        raise NotImplementedError(f"{self.name} has no API to ask.")

    def originate(self, dial: Dial) -> Dialled:
        """Have the telephone system ring the own phone, and then the number.

        :raise ApiError: it does not, with a reason for people
        :raise NotImplementedError: it cannot; see :attr:`capabilities`
        """
        raise NotImplementedError(f"{self.name} cannot dial.")

    def write_number(self, number: str) -> str:
        """A number as the telephone system wants it dialled.

        :raise ApiError: it has characters that could mean something else to the system
        """
        if not _DIALLABLE.fullmatch(number):
            raise ApiError(Problem.REFUSED, "this number cannot be dialled")
        settings = self.settings
        style = settings.number_format or self.number_format
        return write_number(number, style, settings.country, settings.outside_prefix)

    def write_phone(self, extension: str) -> str:
        """A phone as the telephone system addresses it.

        :raise ApiError: its name has characters that could mean something else to the system
        """
        if not _DIALLABLE.fullmatch(extension):
            raise ApiError(Problem.REFUSED, "this phone cannot be dialled from")
        return (self.settings.phone_address or self.phone_address).replace("{extension}", extension)
