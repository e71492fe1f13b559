"""Fetches the file of a recording from where a telephone system keeps it, and from nowhere else.

The address is made from what the administrator has entered and from the system's id of the
recording, or is given by the system's own API. Nevertheless it may lead elsewhere: a name may
resolve to a machine of the house, an answer may redirect. So each address is checked, resolved
once, and exactly what was checked is connected with, under the certificate of the name. Only the
first request has our credentials. Nothing that is raised contains an address with what is secret
in it.
"""

from __future__ import annotations

import base64
import http.client
import ipaddress
import os
import re
import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass, field
from enum import Enum
from typing import NamedTuple
from urllib.parse import urljoin, urlsplit

from .api import BearerAuth
from .reasons import Reason, Why

MAX_REDIRECTS = 5
STEP_SECONDS = 10.0  # of silence after which nothing more is expected
CHUNK = 64 * 1024  # bytes; whether it is sound is decided by the first of them
MAX_WAIT = 86400  # seconds that a system may ask us to wait

_ADDRESS = re.compile(r"[!-\[\]-~]+", re.ASCII)  # without blanks and backslashes
_REDIRECTS = {301, 302, 303, 307, 308}
_TRANSLATED = ipaddress.ip_network("64:ff9b::/96")  # IPv4 behind a translation: RFC 6052

Auth = tuple[str, str] | BearerAuth | None


class Failure(Enum):
    """Why a file was not fetched, and whether trying again is of no use."""

    UNREACHABLE = "unreachable", False
    SLOW = "slow", False
    BUSY = "busy", False
    DENIED = "denied", False  # a link may have expired, a key may be corrected
    MISSING = "missing", False  # files come late
    REFUSED = "refused", True
    UNSAFE = "unsafe", True
    TOO_LARGE = "too_large", True
    NO_SOUND = "no_sound", True

    def __init__(self, code: str, is_final: bool):
        self.code = code
        self.is_final = is_final


class FetchError(Exception):
    """A file was not fetched.

    :param detail: a host, a status or the kind of an error: never a whole address
    :param wait: seconds that the system asks us to wait
    """

    def __init__(self, failure: Failure, detail: str = "", wait: int = 0):
        super().__init__(f"{failure.code}: {detail}" if detail else failure.code)
        self.failure = failure
        self.detail = detail
        self.wait = wait


@dataclass(frozen=True)
class Source:
    """Where the file of a recording is.

    :param url: its address
    :param auth: our credentials, for the first request only
    :param headers: further headers of the first request
    :param hosts: to which hosts it, and redirects, may lead, with HTTPS. A ``*`` stands for one
        part of a name
    :param base: address that the administrator has entered. Exactly its scheme, host and port are
        allowed as well, even if it is a machine of the house
    :param is_temporary: the address ends after some time, and can be asked for anew
    """

    url: str = field(repr=False)
    auth: Auth = field(default=None, repr=False)
    headers: Mapping[str, str] = field(default_factory=dict)
    hosts: tuple[str, ...] = ()
    base: str = ""
    is_temporary: bool = False


@dataclass(frozen=True)
class Limits:
    """What is accepted.

    :param size: bytes of a file
    :param seconds: for everything together, with all redirects
    :param is_sound: whether the first bytes of a file are those of a recording
    """

    size: int
    seconds: float
    is_sound: Callable[[bytes], bool]


class Place(NamedTuple):
    """What of an address decides where it leads."""

    scheme: str
    host: str
    port: int


class Network:
    """How names are resolved and addresses are connected with."""

    def resolve(self, host: str, port: int) -> list[str]:
        """Return the IP addresses of a host.

        :raise OSError: it has none
        """
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
        return list(dict.fromkeys(str(entry[4][0]) for entry in found))

    def connect(self, address: str, port: int, timeout: float) -> socket.socket:
        """Return a connection with an IP address.

        :raise OSError: there is none
        """
        return socket.create_connection((address, port), timeout)

    def make_context(self) -> ssl.SSLContext:
        """Return what decides which certificates are accepted: the same as for requests to the
        system's API."""
        import certifi

        own = os.environ.get("REQUESTS_CA_BUNDLE") or os.environ.get("CURL_CA_BUNDLE")
        path = own or certifi.where()
        return ssl.create_default_context(**{"capath" if os.path.isdir(path) else "cafile": path})


def fetch(ask: Callable[[], Source], limits: Limits, network: Network | None = None) -> bytes:
    """Return the file of a recording. An address that has ended is asked for anew, once.

    :param ask: returns where the file is, each time as of now
    :raise FetchError: it was not fetched
    """
    deadline = time.monotonic() + limits.seconds
    for is_last in (False, True):
        source = ask()
        try:
            return _Fetching(source, limits, deadline, network or Network()).run()
        except FetchError as error:
            if is_last or not source.is_temporary or error.failure is not Failure.DENIED:
                raise
    raise FetchError(Failure.DENIED)


# === WHERE AN ADDRESS MAY LEAD === #


def read_place(url: str) -> Place:
    """Return where an address leads.

    :raise FetchError: it is no plain address of the web
    """
    try:
        parts = urlsplit(url)
        place = Place(parts.scheme, parts.hostname or "", parts.port or _PORTS[parts.scheme])
    except (KeyError, ValueError):
        raise FetchError(Failure.UNSAFE, Reason(Why.NO_WEB_ADDRESS)) from None
    if not place.host or "@" in parts.netloc or not _ADDRESS.fullmatch(url):
        raise FetchError(Failure.UNSAFE, Reason(Why.NO_PLAIN_ADDRESS))
    return place


_PORTS = {"http": 80, "https": 443}


def check_place(place: Place, source: Source) -> bool:
    """Check that a request may be sent somewhere.

    :return: whether a machine of the house is allowed there
    :raise FetchError: it may not
    """
    if source.base and place == read_place(source.base):
        return True
    if place.scheme != "https" or place.port != _PORTS["https"]:
        raise FetchError(Failure.UNSAFE, Reason(Why.HOST_NOT_ENTERED, host=place.host))
    if not any(_matches(place.host, pattern) for pattern in source.hosts):
        raise FetchError(Failure.UNSAFE, Reason(Why.HOST_FOREIGN, host=place.host))
    return False


def _matches(host: str, pattern: str) -> bool:
    parts, wanted = host.split("."), pattern.split(".")
    return len(parts) == len(wanted) and all(
        part and want in ("*", part) for part, want in zip(parts, wanted, strict=True)
    )


def is_public(address: str) -> bool:
    """Return whether an IP address is certainly one of the public internet."""
    ip: ipaddress.IPv4Address | ipaddress.IPv6Address
    ip = ipaddress.ip_address(address)
    if isinstance(ip, ipaddress.IPv6Address):
        if ip.scope_id or ip.sixtofour or ip.teredo or ip.is_site_local:
            return False
        if inner := ip.ipv4_mapped:
            ip = inner
        elif ip in _TRANSLATED:
            ip = ipaddress.IPv4Address(int(ip) & 0xFFFFFFFF)
    return ip.is_global and not (ip.is_multicast or ip.is_reserved)


# === REQUESTS === #


class TimedConnections:
    """Connections with addresses that were checked, which end at a deadline.

    :param deadline: on the monotonic clock
    :param network: resolves and connects
    """

    def __init__(self, deadline: float, network: Network):
        self.deadline = deadline
        self.network = network

    def _resolve(self, place: Place, may_be_private: bool) -> list[str]:
        with self._explained():
            addresses = self.network.resolve(place.host, place.port)
        if not may_be_private and not all(map(is_public, addresses)):
            raise FetchError(Failure.UNSAFE, Reason(Why.HOST_NOT_PUBLIC, host=place.host))
        if not addresses:
            raise FetchError(Failure.UNREACHABLE, place.host)
        return addresses

    @contextmanager
    def _connected(self, place: Place, addresses: list[str]) -> Iterator[CheckedConnection]:
        found = self._connect(place, addresses)
        try:
            if place.scheme == "https":
                context = self.network.make_context()
                found = context.wrap_socket(
                    found, server_hostname=place.host, do_handshake_on_connect=False
                )
            with self._ended_in_time(found):
                if isinstance(found, ssl.SSLSocket):
                    found.do_handshake()
                yield CheckedConnection(place, found)
        finally:
            found.close()

    def _connect(self, place: Place, addresses: list[str]) -> socket.socket:
        for address in addresses[:-1]:
            with suppress(OSError):
                return self.network.connect(address, place.port, self._get_step())
        return self.network.connect(addresses[-1], place.port, self._get_step())

    def _get_step(self) -> float:
        """Return the seconds that one step may take."""
        left = self.deadline - time.monotonic()
        if left <= 0:
            raise FetchError(Failure.SLOW)
        return min(STEP_SECONDS, left)

    @contextmanager
    def _ended_in_time(self, connection: socket.socket) -> Iterator[None]:
        """End the connection at the deadline, whatever still comes, and however slowly."""

        def end():
            with suppress(OSError):
                # not the method of SSLSocket, which changes what another thread uses
                socket.socket.shutdown(connection, socket.SHUT_RDWR)

        timer = threading.Timer(max(0.0, self.deadline - time.monotonic()), end)
        timer.daemon = True
        timer.start()
        try:
            yield
        finally:
            timer.cancel()

    @contextmanager
    def _explained(self) -> Iterator[None]:
        """Raise what goes wrong with a connection without its text, which may be anything."""
        try:
            yield
        except (OSError, http.client.HTTPException, ValueError) as error:
            if time.monotonic() >= self.deadline:
                raise FetchError(Failure.SLOW) from None
            raise FetchError(Failure.UNREACHABLE, type(error).__name__) from None


class _Fetching(TimedConnections):
    """The requests for one file."""

    def __init__(self, source: Source, limits: Limits, deadline: float, network: Network):
        super().__init__(deadline, network)
        self.source = source
        self.limits = limits

    def run(self) -> bytes:
        url, headers = self.source.url, self._get_first_headers()
        for _hop in range(MAX_REDIRECTS + 1):
            with self._request(url, headers) as response:
                if response.status not in _REDIRECTS:
                    return self._read(response)
                location = response.headers.get("Location") or ""
                url, headers = self._follow(url, location), {}
        raise FetchError(Failure.UNSAFE, Reason(Why.TOO_MANY_REDIRECTS))

    def _get_first_headers(self) -> dict[str, str]:
        auth = self.source.auth
        if isinstance(auth, BearerAuth):
            return {**self.source.headers, "Authorization": f"Bearer {auth.token}"}
        if auth:
            encoded = base64.b64encode(":".join(auth).encode()).decode()
            return {**self.source.headers, "Authorization": f"Basic {encoded}"}
        return dict(self.source.headers)

    def _follow(self, url: str, location: str) -> str:
        try:
            return urljoin(url, location)
        except ValueError:
            raise FetchError(Failure.UNSAFE, Reason(Why.NO_WEB_ADDRESS)) from None

    @contextmanager
    def _request(self, url: str, headers: dict[str, str]) -> Iterator[http.client.HTTPResponse]:
        """Send one request to where its address leads now."""
        place = read_place(url)
        addresses = self._resolve(place, may_be_private=check_place(place, self.source))
        parts = urlsplit(url)
        target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
        with self._explained(), self._connected(place, addresses) as connection:
            # what is compressed says nothing about its size
            sent = {"Accept": "*/*", "Accept-Encoding": "identity"} | headers
            connection.request("GET", target, headers=sent)
            with closing(connection.getresponse()) as response:
                yield response

    # === ANSWERS === #

    def _read(self, response: http.client.HTTPResponse) -> bytes:
        """Return the content of an answer."""
        if response.status != 200:
            raise _make_error(response)
        if (response.length or 0) > self.limits.size:
            raise FetchError(Failure.TOO_LARGE)
        announced, content, is_checked = response.length, bytearray(), False
        while part := response.read1(CHUNK):
            self._get_step()
            content += part
            if len(content) > self.limits.size:
                raise FetchError(Failure.TOO_LARGE)
            if not is_checked and len(content) >= CHUNK:
                self._check_beginning(content)
                is_checked = True
        if time.monotonic() >= self.deadline:
            raise FetchError(Failure.SLOW)
        if announced is not None and len(content) < announced:
            raise FetchError(Failure.UNREACHABLE, Reason(Why.FILE_CUT_OFF))
        if not is_checked:
            self._check_beginning(content)
        return bytes(content)

    def _check_beginning(self, content: bytearray) -> None:
        if not self.limits.is_sound(bytes(content[:CHUNK])):
            raise FetchError(Failure.NO_SOUND)


class CheckedConnection(http.client.HTTPConnection):
    """A connection that exists, so that nothing else is connected with."""

    auto_open = 0

    def __init__(self, place: Place, connection: socket.socket):
        super().__init__(place.host, place.port)
        self.default_port = _PORTS[place.scheme]  # is left out of the header Host
        self.sock = connection


def _make_error(response: http.client.HTTPResponse) -> FetchError:
    status = response.status
    if status in (401, 403):
        failure = Failure.DENIED
    elif status in (404, 410):
        failure = Failure.MISSING
    elif status in (408, 425, 429) or status >= 500:
        failure = Failure.BUSY
    else:
        failure = Failure.REFUSED
    return FetchError(failure, str(status), read_wait(response.headers.get("Retry-After")))


def read_wait(value: str | None) -> int:
    """Return how long to wait, as far as it is given in seconds."""
    value = (value or "").strip()
    is_number = value.isascii() and value.isdigit() and len(value) < 9
    return min(int(value), MAX_WAIT) if is_number else 0
