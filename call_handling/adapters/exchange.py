"""What goes to and fro between an adapter and those who use it."""

from __future__ import annotations

from dataclasses import dataclass

from .event import CallEvent, digest


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
