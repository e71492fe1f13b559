"""Asks a server that the administrator names, and that speaks OpenAI's forms: JSON or a file goes
there by POST, and JSON comes back.

Such a server gets what was said in calls. So exactly the scheme, host and port that were entered
are connected with, also in the house's own network; a redirect is refused, wherever it leads.
Without encryption, nothing is sent to a machine that is not of the house. The key goes nowhere
else, and neither it nor what was sent is in an error. An answer is data: bounded in size and time,
and nothing but JSON.
"""

from __future__ import annotations

import json
import re
import secrets
import time
from collections.abc import Iterable
from dataclasses import dataclass, field
from enum import Enum
from http.client import HTTPResponse
from typing import NamedTuple
from urllib.parse import urlsplit

from .api import find_message
from .fetching import (
    CHUNK,
    Failure,
    FetchError,
    Network,
    Place,
    TimedConnections,
    is_public,
    read_place,
    read_wait,
)
from .reasons import Reason, Why

MAX_DETAIL = 200  # characters of what the server said

_KEY = re.compile(r"[!-~]*")
_PATH = re.compile(r"/[!-\"$-\[\]-~]*")  # without blanks, a fragment and backslashes
_UNPRINTABLE = re.compile(r"[^ -~\u00a0-\ud7ff\ue000-\uffef]+")
_UNQUOTED = re.compile(r"[^A-Za-z0-9._-]+")


class Trouble(Enum):
    """Why a server has not answered, and whether trying again is of no use."""

    UNREACHABLE = "unreachable", False
    SLOW = "slow", False
    BUSY = "busy", False
    DENIED = "denied", True  # the key, or what it allows
    MISSING = "missing", True  # the path
    REFUSED = "refused", True  # what was sent, such as the name of the model
    UNSAFE = "unsafe", True  # the address, or where it leads
    TOO_LARGE = "too_large", True  # what was sent
    NOT_UNDERSTOOD = "not_understood", False  # what came back

    def __init__(self, code: str, is_final: bool):
        self.code = code
        self.is_final = is_final


class EndpointError(Exception):
    """The server has not answered.

    :param detail: what the server said, a host or the kind of an error: never the key. It may
        repeat what was sent, so it is for those who may read that, and for no log
    :param status: of the answer, if there was one
    :param wait: seconds that the server asks us to wait
    """

    def __init__(
        self, trouble: Trouble, detail: str = "", status: int | None = None, wait: int = 0
    ):
        super().__init__(trouble.code)
        self.trouble = trouble
        self.detail = detail
        self.status = status
        self.wait = wait

    @property
    def is_final(self) -> bool:
        """Whether trying again is of no use before something else is entered."""
        return self.trouble.is_final


class File(NamedTuple):
    """A file to send.

    :param name: with an extension, by which servers know the format
    """

    name: str
    mimetype: str
    content: bytes


@dataclass(frozen=True)
class Bounds:
    """What is waited for, and accepted.

    :param seconds: for everything together, from the connection to the end of the answer
    :param size: bytes of an answer
    """

    seconds: float = 60.0
    size: int = 4 * 1024**2


@dataclass(frozen=True)
class Endpoint:
    """A server, as the administrator has entered it.

    :param base: its address, such as ``https://speech.example.com:8000``; a path in it comes
        before ``path``
    :param path: what is asked there, such as ``/v1/audio/transcriptions``
    :param key: sent as ``Authorization: Bearer …``; empty if it needs none
    :param model: its name of what answers
    """

    base: str
    path: str
    key: str = field(default="", repr=False)
    model: str = ""

    def check(self) -> Place:
        """Return where requests are sent.

        :raise EndpointError: the address, the path or the key cannot be used
        """
        try:
            place = read_place(self.base)
        except FetchError as error:
            raise EndpointError(Trouble.UNSAFE, error.detail) from None
        parts = urlsplit(self.base)
        if parts.query or parts.fragment or not _PATH.fullmatch(self.path):
            raise EndpointError(Trouble.UNSAFE, Reason(Why.NO_PLAIN_ADDRESS))
        if not _KEY.fullmatch(self.key):
            raise EndpointError(Trouble.DENIED, Reason(Why.UNUSUAL_KEY))
        return place

    @property
    def target(self) -> str:
        """What the first line of a request asks for."""
        return urlsplit(self.base).path.rstrip("/") + self.path


def post_json(
    endpoint: Endpoint,
    content: object,
    bounds: Bounds | None = None,
    network: Network | None = None,
) -> object:
    """Send JSON, and return the JSON that comes back, whatever it is.

    :param content: without the name of the model, unless it is to be sent
    :raise EndpointError: there is no such answer
    """
    body = json.dumps(content, ensure_ascii=False, allow_nan=False).encode()
    return _Asking(endpoint, bounds, network).post("application/json", body)


def post_form(
    endpoint: Endpoint,
    values: Iterable[tuple[str, str]],
    file: File,
    bounds: Bounds | None = None,
    network: Network | None = None,
) -> object:
    """Send a form with a file (``multipart/form-data``, RFC 7578, its field ``file``), and return
    the JSON that comes back, whatever it is.

    :param values: names and values of the other fields; a name may come several times
    :raise EndpointError: there is no such answer
    """
    boundary = secrets.token_hex(16)
    body = b"".join(write_form(boundary, values, file))
    return _Asking(endpoint, bounds, network).post(
        f"multipart/form-data; boundary={boundary}", body
    )


def write_form(boundary: str, values: Iterable[tuple[str, str]], file: File) -> Iterable[bytes]:
    """Return the parts of a form. Nothing in the values can end a part: the boundary is new."""
    start = f'--{boundary}\r\nContent-Disposition: form-data; name="%s"'
    for name, value in values:
        yield f"{start % _quote(name)}\r\n\r\n{value}\r\n".encode()
    yield f'{start % "file"}; filename="{_quote(file.name)}"\r\n'.encode()
    yield f"Content-Type: {file.mimetype}\r\n\r\n".encode()
    yield file.content
    yield f"\r\n--{boundary}--\r\n".encode()


def _quote(name: str) -> str:
    """Return a name as it can stand between quotes; brackets are part of OpenAI's names."""
    return _UNQUOTED.sub("_", name.replace("[]", "")) + ("[]" if name.endswith("[]") else "")


class _Asking(TimedConnections):
    """One request to a server."""

    def __init__(self, endpoint: Endpoint, bounds: Bounds | None, network: Network | None):
        self.endpoint = endpoint
        self.bounds = bounds or Bounds()
        super().__init__(time.monotonic() + self.bounds.seconds, network or Network())

    def post(self, content_type: str, body: bytes) -> object:
        """Send a body, and return the JSON that comes back.

        :raise EndpointError: there is none
        """
        place = self.endpoint.check()
        headers = {
            "Content-Type": content_type,
            "Accept": "application/json",
            "Accept-Encoding": "identity",  # what is compressed says nothing about its size
        }
        if self.endpoint.key:
            headers["Authorization"] = f"Bearer {self.endpoint.key}"
        try:
            return self._read_json(*self._send(place, headers, body))
        except FetchError as error:
            raise EndpointError(_TROUBLES[error.failure], error.detail) from None

    def _send(self, place: Place, headers: dict[str, str], body: bytes) -> tuple:
        """Return the status of the answer, its content, and how long to wait."""
        addresses = self._resolve(place, may_be_private=True)
        if place.scheme == "http" and any(map(is_public, addresses)):
            raise EndpointError(Trouble.UNSAFE, Reason(Why.NO_HTTPS, host=place.host))
        with self._explained(), self._connected(place, addresses) as connection:
            # a server may be silent while it works, until the deadline
            connection.sock.settimeout(max(0.1, self.deadline - time.monotonic()))
            connection.request("POST", self.endpoint.target, body, headers)
            response = connection.getresponse()
            wait = read_wait(response.headers.get("Retry-After"))
            return response.status, self._read(response), wait

    def _read(self, response: HTTPResponse) -> bytes:
        announced, content = response.length, bytearray()
        while part := response.read1(CHUNK):
            self._get_step()
            content += part
            if len(content) > self.bounds.size:
                raise EndpointError(
                    Trouble.NOT_UNDERSTOOD, Reason(Why.ANSWER_TOO_LONG), response.status
                )
        if time.monotonic() >= self.deadline:
            raise FetchError(Failure.SLOW)
        if announced is not None and len(content) < announced:
            raise FetchError(Failure.UNREACHABLE, Reason(Why.ANSWER_CUT_OFF))
        return bytes(content)

    def _read_json(self, status: int, content: bytes, wait: int) -> object:
        answer, is_json = _load(content)
        if not 200 <= status < 300:
            raise EndpointError(_sort(status), self._describe(answer, status), status, wait)
        if not is_json:
            raise EndpointError(Trouble.NOT_UNDERSTOOD, Reason(Why.ANSWER_NO_JSON), status)
        return answer

    def _describe(self, answer: object, status: int) -> str:
        """Return what the server said about a refusal, without the key."""
        said = find_message(answer) or ""
        if self.endpoint.key:
            said = said.replace(self.endpoint.key, "…")
        return f"{_UNPRINTABLE.sub(' ', said).strip()[:MAX_DETAIL]} ({status})".strip()


_TROUBLES = {
    Failure.UNREACHABLE: Trouble.UNREACHABLE,
    Failure.SLOW: Trouble.SLOW,
    Failure.UNSAFE: Trouble.UNSAFE,
}


def _load(content: bytes) -> tuple[object, bool]:
    """Return what JSON says, and whether it is any."""
    try:
        return json.loads(content, parse_constant=_refuse), True
    except (ValueError, RecursionError):
        return None, False


def _refuse(name: str):
    raise ValueError(name)


def _sort(status: int) -> Trouble:
    if status < 400:
        return Trouble.UNSAFE  # it leads elsewhere
    if status in (401, 403):
        return Trouble.DENIED
    if status in (404, 405, 410):
        return Trouble.MISSING
    if status == 413:
        return Trouble.TOO_LARGE
    if status in (408, 425, 429) or status >= 500:
        return Trouble.BUSY
    return Trouble.REFUSED
