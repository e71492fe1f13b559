"""Twilio's signature of a request: over the address and the fields of a form."""

from __future__ import annotations

import base64
import hmac
from collections.abc import Iterable
from urllib.parse import urlsplit, urlunsplit

DEFAULT_PORTS = {"http": 80, "https": 443}


def sign(secret: str, address: str, fields: Iterable[tuple[str, str]], algorithm) -> str:
    """Return the value of Twilio's signature header.

    https://www.twilio.com/docs/usage/security#validating-requests

    :param fields: of a form body; a repeated value counts once
    :param algorithm: a hash of ``hashlib``
    """
    signed = address + "".join(name + value for name, value in sorted(set(fields)))
    digested = hmac.new(secret.encode(), signed.encode(), algorithm).digest()
    return base64.b64encode(digested).decode()


def with_and_without_port(address: str) -> set[str]:
    """Return the address with and without the port: Twilio signs either, whatever it was given."""
    parts = urlsplit(address)
    host = parts.hostname or ""
    port = parts.port or DEFAULT_PORTS.get(parts.scheme, "")
    return {urlunsplit(parts._replace(netloc=netloc)) for netloc in (host, f"{host}:{port}")}
