"""Sends events to Odoo, signed, and tells what became of them."""

from __future__ import annotations

import contextlib
import email.utils
import hashlib
import hmac
import http.client
import json
import ssl
import time
from dataclasses import dataclass
from enum import Enum, auto
from urllib.parse import urlsplit

from . import __version__

SIGNATURE_HEADER = "X-Call-Handling-Signature"
TIMESTAMP_HEADER = "X-Call-Handling-Timestamp"
DATABASE_HEADER = "X-Odoo-Database"
TIMEOUT = 30  # seconds
CLOCKS_DIFFER = 240  # seconds; Odoo takes signatures that are off by 300


class Verdict(Enum):
    """What to do with the events that were sent."""

    CONFIRMED = auto()  # forget them: Odoo has them on its disk
    LATER = auto()  # send them again: Odoo is not there at the moment
    REFUSED = auto()  # send them again, but somebody must set something right
    GUILTY = auto()  # one of them is not taken


@dataclass(frozen=True)
class Answer:
    """What became of a request. ``reason`` is for people, and names no caller."""

    verdict: Verdict
    reason: str = ""
    failed: int = 0


class Webhook:
    """The address at which Odoo takes events.

    :param address: as the form of the telephone system shows it
    :param secret: the telephone system's
    :param database: where Odoo serves several at one address
    """

    def __init__(self, address: str, secret: str, database: str = ""):
        self.secret = secret
        self.database = database
        parts = urlsplit(address)
        self.path = parts.path
        # The last part of the path is as good as a password: not for the log.
        self.where = f"{parts.scheme}://{parts.netloc}"
        if parts.scheme == "https":
            context = ssl.create_default_context()
            self._new_connection = lambda: http.client.HTTPSConnection(
                parts.netloc, timeout=TIMEOUT, context=context
            )
        else:
            self._new_connection = lambda: http.client.HTTPConnection(parts.netloc, timeout=TIMEOUT)
        self._connection: http.client.HTTPConnection | None = None

    def close(self) -> None:
        """Close the connection; the next request opens another one."""
        if self._connection:
            with contextlib.suppress(OSError):
                self._connection.close()
        self._connection = None

    def send(self, bodies: list[str]) -> Answer:
        """Send events.

        :param bodies: JSON texts, in the order in which they happened
        """
        return self._post(f"[{','.join(bodies)}]".encode())

    def send_heartbeat(self) -> Answer:
        """Let Odoo know that we are there: a batch without events."""
        return self._post(b'{"events": []}')

    def _post(self, body: bytes) -> Answer:
        # A kept connection may have been closed by the other side in the meantime.
        attempts = 2 if self._connection else 1
        for attempt in range(1, attempts + 1):
            try:
                return self._ask(body)
            except (OSError, http.client.HTTPException) as error:
                self.close()
                if attempt == attempts:
                    return self._unreachable(error)
        raise AssertionError("unreachable")

    def _unreachable(self, error: Exception) -> Answer:
        reason = f"{self.where} is not reached: {error or type(error).__name__}."
        if isinstance(error, ssl.SSLCertVerificationError):
            reason += " Its certificate is not valid for this name, or not known on this machine."
            return Answer(Verdict.REFUSED, reason)
        return Answer(Verdict.LATER, reason)

    def _ask(self, body: bytes) -> Answer:
        self._connection = self._connection or self._new_connection()
        self._connection.request("POST", self.path, body, self._headers(body))
        response = self._connection.getresponse()
        content = response.read()
        if response.will_close:
            self.close()
        return self._judge(response.status, response.headers, _json_object(content))

    def _headers(self, body: bytes) -> dict[str, str]:
        timestamp = str(int(time.time()))
        signed = timestamp.encode() + b"." + body
        signature = hmac.new(self.secret.encode(), signed, hashlib.sha256).hexdigest()
        headers = {
            "Content-Type": "application/json",
            "User-Agent": f"call-handling-relay/{__version__}",
            TIMESTAMP_HEADER: timestamp,
            SIGNATURE_HEADER: f"v1={signature}",
        }
        return headers | ({DATABASE_HEADER: self.database} if self.database else {})

    def _judge(self, status: int, headers, answer: dict) -> Answer:
        if 200 <= status < 300:
            return self._judge_success(status, answer)
        if status == 413:
            return Answer(Verdict.GUILTY, f"{self.where} says that it is too large (413).")
        if status == 400 and "error" in answer:
            return Answer(Verdict.GUILTY, f"Odoo cannot read it (400): {answer['error']}.")
        if status == 403:
            return Answer(Verdict.REFUSED, self._tell_refusal(headers))
        if status in (408, 425, 429) or status >= 500:
            return Answer(Verdict.LATER, f"{self.where} answers with status {status}.")
        return Answer(Verdict.REFUSED, self._tell_wrong_address(status, headers))

    def _judge_success(self, status: int, answer: dict) -> Answer:
        if "accepted" in answer:
            return Answer(Verdict.CONFIRMED, failed=answer.get("failed", 0))
        return Answer(
            Verdict.REFUSED,
            f"{self.where} answers with status {status}, but not as Call handling does. Copy the "
            "address from the form of the telephone system.",
        )

    def _tell_refusal(self, headers) -> str:
        if (off := _seconds_off(headers)) and abs(off) > CLOCKS_DIFFER:
            return (
                f"Odoo refuses the events (403): the clocks of {self.where} and of this machine "
                f"differ by {abs(off) // 60:.0f} minutes. Set them right."
            )
        return (
            "Odoo refuses the events (403): the secret or the address is not that of the "
            "telephone system, or it is in the archive. The form of the telephone system says "
            "which, under Health; if nothing is counted there, the address or the database is "
            "wrong."
        )

    def _tell_wrong_address(self, status: int, headers) -> str:
        if 300 <= status < 400:
            return (
                f"{self.where} answers that the address is another one (status {status}): "
                f"{_without_path(headers.get('Location'))}. Put that one into the settings."
            )
        told = f"{self.where} answers with status {status}. "
        if status == 404:
            told += (
                "Is Call handling installed there, and is the address complete? If this Odoo "
                "serves several databases, name the right one in the setting database"
                + (f" (now {self.database!r})." if self.database else ".")
            )
        else:
            told += "Copy the address from the form of the telephone system."
        return told


def _json_object(content: bytes) -> dict:
    try:
        value = json.loads(content)
    except ValueError:
        return {}
    return value if isinstance(value, dict) else {}


def _seconds_off(headers) -> float | None:
    """How far the other clock is ahead of ours."""
    try:
        return email.utils.parsedate_to_datetime(headers["Date"]).timestamp() - time.time()
    except (TypeError, ValueError):
        return None


def _without_path(address: str | None) -> str:
    parts = urlsplit(address or "")
    return f"{parts.scheme}://{parts.netloc}/…" if parts.netloc else "(it does not say which)"
