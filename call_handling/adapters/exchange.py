"""What adapters and their callers pass to each other."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from .event import CallEvent, digest
from .peers import PeerFacts
from .recording import RecordingFacts
from .states import PhoneReport


@dataclass(frozen=True)
class Message:
    """One message of the telephone system: its events, or why it cannot be read.

    A message without events and without an error does not concern calls.

    :param peers: what it reports about devices and connections
    :param states: what it reports about phones, with or without a call
    :param recordings: what it reports about recordings
    """

    raw: str
    events: tuple[CallEvent, ...] = ()
    error: str | None = None
    peers: tuple[PeerFacts, ...] = ()
    states: tuple[PhoneReport, ...] = ()
    recordings: tuple[RecordingFacts, ...] = ()

    @property
    def uid(self) -> str:
        """Id under which an unreadable message is stored, the same for the same content."""
        return f"unreadable:{digest(self.raw)}"


@dataclass(frozen=True)
class Receipt:
    """How many messages of a request were accepted."""

    accepted: int = 0
    duplicates: int = 0
    failed: int = 0
    errors: tuple[str, ...] = ()


@dataclass(frozen=True)
class Reply:
    """The answer to the telephone system."""

    body: str
    status: int = 200
    content_type: str = "application/json; charset=utf-8"


@dataclass(frozen=True)
class Probe:
    """A request without events, to test whether our own address accepts the system."""

    body: bytes
    headers: dict[str, str]


@dataclass(frozen=True)
class Contact:
    """Who owns a number, for a telephone system that asks."""

    id: int
    name: str
    company: str = ""
    email: str = ""
    phone: str = ""
    url: str = ""


@dataclass(frozen=True)
class Configuration:
    """A file to load into the telephone system. It never contains a secret."""

    name: str
    content: str


@dataclass(frozen=True)
class Dial:
    """A request to call somebody.

    :param extension: the phone that rings first
    :param number: the number that is called then, E.164 or an extension
    :param line: own number to show, E.164, if there is a choice
    """

    extension: str
    number: str
    line: str | None = None


@dataclass(frozen=True)
class Dialled:
    """The telephone system accepted a request to dial.

    :param call: its id of the call, as in its events; empty if it does not return one
    :param script: for a simulated system, what will happen: (seconds from now, event)
    :param command: what the relay must do, instead of a request to the system; see
        :mod:`.commands`
    """

    call: str | None
    script: tuple[tuple[float, dict], ...] = ()
    command: Mapping[str, str] | None = None
