"""The file of a recording that is sent to us: how it is signed, and what its request says."""

from __future__ import annotations

import hashlib
import re
from datetime import datetime, timezone
from typing import NamedTuple
from urllib.parse import parse_qsl

from .event import MAX_ID
from .request import Refusal, Refused, WebhookRequest
from .signature import SIGNATURE_HEADER, TIMESTAMP_HEADER, require_one_of, require_recent, sign
from .times import read_time

CONTENT_HEADER = "x-call-handling-content-sha256"
LONGEST_NUMBER = 12  # digits

_SHA256 = re.compile(r"[0-9a-f]{64}", re.ASCII)


class Upload(NamedTuple):
    """A part of the file of a recording.

    :param ref: the telephone system's id of the recording
    :param call: its id of the call; ``None`` if the recording was announced
    :param offset: where the part begins, in bytes
    :param size: of the whole file, in bytes
    :param is_requested: somebody has asked for the recording during the call
    :param data: the part
    :param leg: id of the party's part that was recorded
    :param start: when the recording began, aware, UTC
    :param is_leg_first: the first of two channels is what comes from that party of the call
    """

    ref: str
    call: str | None
    offset: int
    size: int
    is_requested: bool
    data: bytes
    leg: str | None = None
    start: datetime | None = None
    is_leg_first: bool = False


def describe_upload(method: str, query: str, content_digest: str) -> bytes:
    """Return what is signed of a request about the file of a recording, after the timestamp.

    :param method: ``PUT`` or ``GET``
    :param query: what follows the question mark of the address, as it is sent
    :param content_digest: hexadecimal SHA-256 of the body
    """
    return f"{method} {query} {content_digest}".encode()


def verify_upload(request: WebhookRequest, method: str, secrets: tuple[str, ...]) -> None:
    """Check the signature of a request about the file of a recording. It covers a digest of the
    body, which is compared by :func:`is_content_intact` once the body was read.

    :raise Refused: it is missing, wrong or old
    """
    timestamp = request.headers.get(TIMESTAMP_HEADER, "")
    content_digest = request.headers.get(CONTENT_HEADER, "")
    if not timestamp or not content_digest:
        raise Refused(Refusal.UNSIGNED)
    if not _SHA256.fullmatch(content_digest):
        raise Refused(Refusal.WRONG_SIGNATURE)
    signed = describe_upload(method, request.query, content_digest)
    require_one_of(
        request.headers.get(SIGNATURE_HEADER, ""),
        [sign(secret, timestamp, signed) for secret in secrets],
    )
    require_recent(timestamp, request)


def is_content_intact(request: WebhookRequest) -> bool:
    """Return whether a body is the one whose digest was signed."""
    return hashlib.sha256(request.body).hexdigest() == request.headers.get(CONTENT_HEADER)


def read_upload(request: WebhookRequest, is_question: bool) -> Upload:
    """Return what a request about the file of a recording says.

    :param request: with the parameters in its query
    :param is_question: it only asks how much is stored
    :raise ValueError: something is missing or wrong, with a reason for people
    """
    given = dict(parse_qsl(request.query, keep_blank_values=True))
    ref = _read_id(given, "id")
    if not ref:
        raise ValueError("'id' is missing: the id of the recording")
    if is_question:
        return Upload(ref, None, 0, 0, False, b"")
    size = _read_number(given, "size")
    if not size:
        raise ValueError("'size' is missing: of the whole file, in bytes")
    return Upload(
        ref=ref,
        call=_read_id(given, "call"),
        offset=_read_number(given, "offset") or 0,
        size=size,
        is_requested=given.get("requested") == "1",
        data=request.body,
        leg=_read_id(given, "leg"),
        start=_read_start(given.get("start"), request.received_at),
        is_leg_first=given.get("first") == "leg",
    )


def _read_id(given: dict, name: str) -> str | None:
    value = given.get(name, "").strip()
    if len(value.encode("utf-8", "replace")) > MAX_ID or not value.isprintable():
        raise ValueError(f"{name!r} has more than {MAX_ID} bytes, or control characters")
    return value or None


def _read_number(given: dict, name: str) -> int | None:
    value = given.get(name)
    if value is None:
        return None
    if not value.isascii() or not value.isdigit() or len(value) > LONGEST_NUMBER:
        raise ValueError(f"{name!r} must be a whole number")
    return int(value)


def _read_start(text: str | None, received_at: datetime) -> datetime | None:
    return None if text is None else read_time(text, timezone.utc, received_at)
