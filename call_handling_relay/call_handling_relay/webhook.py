"""Signs events, sends them to Odoo, and evaluates the answers."""

from __future__ import annotations

import contextlib
import hashlib
import hmac
import http.client
import json
import socket
import ssl
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import Enum, auto
from urllib.parse import urlencode, urlsplit

from . import __version__, clock

SIGNATURE_HEADER = "X-Call-Handling-Signature"
TIMESTAMP_HEADER = "X-Call-Handling-Timestamp"
DATABASE_HEADER = "X-Odoo-Database"
RELAY_HEADER = "X-Call-Handling-Relay"  # what waits here, for the health page in Odoo
CONTENT_HEADER = "X-Call-Handling-Content-SHA256"  # of a part of a file
TIMEOUT = 30  # seconds
CLOCKS_DIFFER = 240  # seconds; Odoo accepts signatures that are off by 300
MAX_WAIT = 3600  # seconds; whatever a server asks for, try again after an hour
TOO_MANY_REFUSED = "too many refused"  # Odoo says this if it refused requests, not a proxy


class Verdict(Enum):
    """What to do with the events that were sent."""

    CONFIRMED = auto()  # delete them: Odoo has stored them
    LATER = auto()  # send them again: Odoo is not available at the moment
    REFUSED = auto()  # send them again, but an administrator must correct something first
    TOO_LARGE = auto()  # send fewer of them at once
    BAD_EVENT = auto()  # Odoo does not accept one of them


@dataclass(frozen=True)
class Answer:
    """The result of a request.

    :param verdict: what to do with the events
    :param reason: why they were not confirmed, for the administrator; contains no personal data
    :param failed: number of events that Odoo stored but could not process
    :param wait: seconds that the server asks to wait; 0: it does not ask
    :param max_events: how many events it accepts in one request; ``None``: it does not say
    :param max_bytes: how large a request may be; ``None``: it does not say
    """

    verdict: Verdict
    reason: str = ""
    failed: int = 0
    wait: float = 0
    max_events: int | None = None
    max_bytes: int | None = None


# Judges an answer by its status, headers and content
Judge = Callable[[int, Mapping[str, str], dict], Answer]


class Webhook:
    """The webhook of a telephone system in Odoo.

    :param address: URL, as shown on the form of the telephone system
    :param secret: secret of the telephone system
    :param database: name of the database, if Odoo serves several at the same address
    """

    def __init__(self, address: str, secret: str, database: str = ""):
        self.secret = secret
        self.database = database
        parts = urlsplit(address)
        self.path = parts.path
        # The last part of the path is as secret as a password and must not be logged.
        self.where = f"{parts.scheme}://{parts.netloc}"
        if parts.scheme == "https":
            context = ssl.create_default_context()
            self._new_connection = lambda: http.client.HTTPSConnection(
                parts.netloc, timeout=TIMEOUT, context=context
            )
        else:
            self._new_connection = lambda: http.client.HTTPConnection(parts.netloc, timeout=TIMEOUT)
        self._connection: http.client.HTTPConnection | None = None
        # How many seconds our clock was ahead of the server's, if the last request had an answer
        self.clock_offset: float | None = None
        self._queue = ""
        self._content: dict = {}
        self._is_interrupted = False

    def report_queue(self, waiting: int, oldest: float | None) -> None:
        """Say in the next requests how many events are waiting.

        :param waiting: about how many
        :param oldest: when the first of them was received, in Unix seconds; ``None`` if there
            are none
        """
        seconds = max(0, int(time.time() - oldest)) if oldest else 0
        self._queue = f"waiting={waiting}; oldest={seconds}"

    def close(self) -> None:
        """Close the connection. The next request opens a new one."""
        if self._connection:
            with contextlib.suppress(OSError):
                self._connection.close()
        self._connection = None

    def send(self, bodies: list[str]) -> Answer:
        """Send events.

        :param bodies: one JSON text per event, in the order of arrival
        :return: the result; failures are returned, not raised
        """
        return self._post(f"[{','.join(bodies)}]".encode())

    def send_heartbeat(self) -> Answer:
        """Report to Odoo that the relay is running, with a batch without events.

        :return: the result; failures are returned, not raised
        """
        return self._post(b'{"events": []}')

    def ask_for_commands(self, about: dict) -> tuple[Answer, dict]:
        """Ask for commands, and wait until there are some.

        :param about: what to ask, and what became of earlier commands
        :return: the result, and the content of the answer; failures are returned, not raised
        """
        self._content = {}
        self._is_interrupted = False
        answer = self._post(json.dumps({"commands": about}).encode())
        return answer, self._content

    def ask_for_file(self, about: dict) -> tuple[Answer, dict]:
        """Ask how much Odoo has of a file.

        :param about: of the recording: its ``id``
        :return: the result, and the content of the answer; failures are returned, not raised
        """
        return self._exchange_file("GET", about, b"")

    def send_part(self, about: dict, part: bytes) -> tuple[Answer, dict]:
        """Send a part of a file.

        :param about: of the recording: its ``id``, ``call``, ``size`` and so on, and the
            ``offset`` of the part
        :param part: the content
        :return: the result, and the content of the answer; failures are returned, not raised
        """
        return self._exchange_file("PUT", about, part)

    def _exchange_file(self, method: str, about: dict, body: bytes) -> tuple[Answer, dict]:
        query, digest = urlencode(about), hashlib.sha256(body).hexdigest()
        headers = {"Content-Type": "application/octet-stream", CONTENT_HEADER: digest}
        headers |= self._sign(f"{method} {query} {digest}".encode())
        self._content = {}
        answer = self._send(method, f"{self.path}?{query}", body, headers, self._judge_file)
        return answer, self._content

    def interrupt(self) -> None:
        """End the request that waits for its answer. Another thread calls this."""
        self._is_interrupted = True
        connection = self._connection
        opened = connection.sock if connection else None
        if opened:
            with contextlib.suppress(OSError):
                # of the socket itself, also below TLS
                socket.socket.shutdown(opened, socket.SHUT_RDWR)

    def _post(self, body: bytes) -> Answer:
        headers = {"Content-Type": "application/json"} | self._sign(body)
        headers |= {RELAY_HEADER: self._queue} if self._queue else {}
        return self._send("POST", self.path, body, headers, self._judge)

    def _send(self, method: str, path: str, body: bytes, headers: dict, judge: Judge) -> Answer:
        self.clock_offset = None
        # The server may have closed an idle connection in the meantime.
        attempts = 2 if self._connection else 1
        for attempt in range(1, attempts + 1):
            try:
                return self._request(method, path, body, headers, judge)
            except (OSError, http.client.HTTPException) as error:
                self.close()
                if attempt == attempts or self._is_interrupted:
                    return self._unreachable(error)
        raise AssertionError("unreachable")

    def _unreachable(self, error: Exception) -> Answer:
        reason = f"Cannot reach {self.where}: {error or type(error).__name__}."
        if isinstance(error, ssl.SSLCertVerificationError):
            reason += (
                " Its certificate is not valid for this name, or this machine does not trust it. "
                "Check the address in the settings and the certificate of the server."
            )
            return Answer(Verdict.REFUSED, reason)
        return Answer(
            Verdict.LATER, f"{reason} Check that Odoo is running, and the address in the settings."
        )

    def _request(self, method: str, path: str, body: bytes, headers: dict, judge: Judge) -> Answer:
        self._connection = self._connection or self._new_connection()
        self._connection.request(method, path, body, headers)
        response = self._connection.getresponse()
        content = response.read()
        self.clock_offset = clock.read_offset(response.headers)
        if response.will_close:
            self.close()
        self._content = _json_object(content)
        return judge(response.status, response.headers, self._content)

    def _sign(self, signed: bytes) -> dict[str, str]:
        """Return the headers of a request that say who sends it, and to which database."""
        timestamp = str(int(time.time()))
        signature = hmac.new(
            self.secret.encode(), timestamp.encode() + b"." + signed, hashlib.sha256
        ).hexdigest()
        headers = {
            "User-Agent": f"call-handling-relay/{__version__}",
            TIMESTAMP_HEADER: timestamp,
            SIGNATURE_HEADER: f"v1={signature}",
        }
        return headers | ({DATABASE_HEADER: self.database} if self.database else {})

    def _judge(self, status: int, headers, answer: dict) -> Answer:
        if 200 <= status < 300:
            return self._judge_success(status, answer)
        if status == 413:
            return self._judge_too_large(answer)
        if status == 400 and "error" in answer:
            return Answer(Verdict.BAD_EVENT, f"Odoo cannot read it (400): {answer['error']}.")
        if status == 403:
            return Answer(Verdict.REFUSED, self._explain_refusal(status))
        if status in (408, 425, 429) or status >= 500:
            return self._judge_unavailable(status, headers, answer)
        return Answer(Verdict.REFUSED, self._explain_wrong_address(status, headers))

    def _judge_file(self, status: int, headers, answer: dict) -> Answer:
        """Judge an answer about a file: it says how much Odoo has, or why it does not want it."""
        is_ours = "offset" in answer or "error" in answer
        if is_ours and status in (200, 404, 409):
            return Answer(Verdict.CONFIRMED)
        if is_ours and status in (400, 410, 413, 415):
            return Answer(Verdict.BAD_EVENT, str(answer.get("error", status)))
        return self._judge(status, headers, answer)

    def _judge_too_large(self, answer: dict) -> Answer:
        return Answer(
            Verdict.TOO_LARGE,
            f"{self.where} reports that it is too large (413).",
            max_events=_bound(answer.get("max_events")),
            max_bytes=_bound(answer.get("max_bytes")),
        )

    def _judge_unavailable(self, status: int, headers, answer: dict) -> Answer:
        wait = _seconds_to_wait(headers)
        if status == 429 and answer.get("error") == TOO_MANY_REFUSED:
            return Answer(Verdict.REFUSED, self._explain_refusal(status), wait=wait)
        return Answer(Verdict.LATER, f"{self.where} answers with status {status}.", wait=wait)

    def _judge_success(self, status: int, answer: dict) -> Answer:
        if "accepted" in answer or "commands" in answer:
            return Answer(Verdict.CONFIRMED, failed=answer.get("failed", 0))
        return Answer(
            Verdict.REFUSED,
            f"{self.where} answers with status {status}, but not like Call handling. Copy the "
            "address from the form of the telephone system to the settings.",
        )

    def _explain_refusal(self, status: int) -> str:
        if self.clock_offset is not None and abs(self.clock_offset) > CLOCKS_DIFFER:
            difference = clock.describe(self.clock_offset, self.where)
            return f"Odoo refuses the events ({status}) because of their time: {difference}"
        return (
            f"Odoo refuses the events ({status}): the secret or the address is wrong, or the "
            "telephone system is archived. The form of the telephone system shows the reason "
            "under Health. If no refused request is counted there, correct the address or the "
            "database in the settings."
        )

    def _explain_wrong_address(self, status: int, headers) -> str:
        if 300 <= status < 400:
            return (
                f"{self.where} redirects to another address (status {status}): "
                f"{_without_path(headers.get('Location'))}. Enter that address in the settings."
            )
        text = f"{self.where} answers with status {status}. "
        if status == 404:
            text += (
                "Check that Call handling is installed there and that the address is complete. If "
                "Odoo serves several databases, enter the right one in the setting database"
                + (f" (now {self.database!r})." if self.database else ".")
            )
        else:
            text += "Copy the address from the form of the telephone system to the settings."
        return text


def _json_object(content: bytes) -> dict:
    try:
        value = json.loads(content)
    except ValueError:
        return {}
    return value if isinstance(value, dict) else {}


def _bound(value) -> int | None:
    is_bound = isinstance(value, int) and not isinstance(value, bool) and value > 0
    return value if is_bound else None


def _seconds_to_wait(headers) -> float:
    """Return how long the server asks to wait: https://www.rfc-editor.org/rfc/rfc9110#name-retry-after"""
    text = (headers.get("Retry-After") or "").strip()
    if text.isascii() and text.isdigit():
        return min(MAX_WAIT, int(text[:9]))
    moment = clock.read_date(text)
    if moment is None:
        return 0
    # The date is one of the server's clock.
    now = clock.read_date(headers.get("Date")) or time.time()
    return min(MAX_WAIT, max(0, moment - now))


def _without_path(address: str | None) -> str:
    parts = urlsplit(address or "")
    return f"{parts.scheme}://{parts.netloc}/…" if parts.netloc else "(not specified)"
