"""The signature of our own event API: HMAC-SHA256 (RFC 2104) over timestamp and raw body."""

from __future__ import annotations

import base64
import hashlib
import hmac
import itertools
from collections.abc import Iterable
from datetime import timedelta

from .request import Refusal, Refused, WebhookRequest

SIGNATURE_HEADER = "x-call-handling-signature"
TIMESTAMP_HEADER = "x-call-handling-timestamp"
TEST_HEADER = "x-call-handling-test"  # our own test of the address, not a sign of life
SIGNATURE_TOLERANCE = timedelta(minutes=5)


def sign(secret: str, timestamp: str, body: bytes) -> str:
    """Return the value of the signature header.

    :param timestamp: Unix seconds, as in the timestamp header
    """
    signed = timestamp.encode() + b"." + body
    return "v1=" + hmac.new(secret.encode(), signed, hashlib.sha256).hexdigest()


def require_one_of(given: str | list[str], good: Iterable[str]) -> None:
    """Check the proof of a request against the valid ones.

    :param given: the proof, or several of which one is enough
    :raise Refused: it is missing or wrong
    """
    proofs = [given] if isinstance(given, str) else given
    if not any(proofs):
        raise Refused(Refusal.UNSIGNED)
    # Every candidate is compared, so that the duration does not reveal which one was right.
    pairs = itertools.product(proofs, list(good))
    if not sum(hmac.compare_digest(proof.encode(), right.encode()) for proof, right in pairs):
        raise Refused(Refusal.WRONG_SIGNATURE)


def require_recent(timestamp: str, request: WebhookRequest) -> None:
    """Check when a request was signed: at most 5 minutes ago or in the future.

    :param timestamp: Unix seconds, covered by the signature
    :raise Refused: it is no time, or too far from ours
    """
    if not timestamp.isascii() or not timestamp.isdigit() or len(timestamp) > 12:
        raise Refused(Refusal.WRONG_SIGNATURE)
    age = abs(request.received_at.timestamp() - int(timestamp))
    if age > SIGNATURE_TOLERANCE.total_seconds():
        raise Refused(Refusal.OLD)


def read_basic_password(request: WebhookRequest) -> str:
    """Return the password of HTTP basic authentication, for any user; empty if there is none."""
    scheme, _blank, given = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() != "basic":
        return ""
    try:
        return base64.b64decode(given, validate=True).decode().partition(":")[2]
    except ValueError:
        return ""


def verify_signature(request: WebhookRequest, secrets: tuple[str, ...]) -> None:
    """Check our own signature: HMAC-SHA256 over timestamp and raw body, at most 5 minutes old.

    :raise Refused: it is missing, wrong or old
    """
    given = request.headers.get(SIGNATURE_HEADER, "")
    timestamp = request.headers.get(TIMESTAMP_HEADER, "")
    if not timestamp:
        raise Refused(Refusal.UNSIGNED)
    require_one_of(given, [sign(secret, timestamp, request.body) for secret in secrets])
    require_recent(timestamp, request)
