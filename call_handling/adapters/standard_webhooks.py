"""Signatures of Standard Webhooks, for senders that use one of its ready libraries.

https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md
"""

from __future__ import annotations

import base64
import binascii
import contextlib
import hashlib
import hmac
from collections.abc import Mapping

from .request import Refusal, Refused, WebhookRequest
from .signature import SIGNATURE_HEADER, require_one_of, require_recent

ID_HEADER = "webhook-id"
SIGNED_AT_HEADER = "webhook-timestamp"
SIGNATURES_HEADER = "webhook-signature"
SECRET_PREFIX = "whsec_"
VERSION = "v1"  # HMAC-SHA256


def is_standard(request: WebhookRequest) -> bool:
    """Return whether a request is signed by Standard Webhooks, and not by our own scheme."""
    return SIGNATURES_HEADER in request.headers and SIGNATURE_HEADER not in request.headers


def write_secret(secret: str) -> str:
    """Return a secret as Standard Webhooks writes it: the same key, encoded in another way."""
    return SECRET_PREFIX + base64.b64encode(_read_key(secret)).decode()


def _read_key(secret: str) -> bytes:
    """Return the key that a secret stands for. Ours is the text itself; a secret that the sender
    made, and that was entered here, is encoded."""
    if secret.startswith(SECRET_PREFIX):
        with contextlib.suppress(binascii.Error):
            return base64.b64decode(secret.removeprefix(SECRET_PREFIX), validate=True)
    return secret.encode()


def sign_standard(secret: str, identifier: str, timestamp: str, body: bytes) -> str:
    """Return one signature of a request, as in the header.

    :param secret: with or without the prefix
    :param identifier: id of the request, the same each time it is sent
    :param timestamp: Unix seconds
    """
    signed = f"{identifier}.{timestamp}.".encode() + body
    digest = hmac.new(_read_key(secret), signed, hashlib.sha256).digest()
    return f"{VERSION},{base64.b64encode(digest).decode()}"


def verify_standard(request: WebhookRequest, secrets: tuple[str, ...]) -> None:
    """Check the signatures of a request. One that fits one of the secrets is enough.

    :raise Refused: they are missing, wrong or old
    """
    identifier = request.headers.get(ID_HEADER, "")
    timestamp = request.headers.get(SIGNED_AT_HEADER, "")
    if not identifier or not timestamp:
        raise Refused(Refusal.UNSIGNED)
    # A full stop would let another request have the same signature.
    if "." in identifier:
        raise Refused(Refusal.WRONG_SIGNATURE)
    good = {sign_standard(secret, identifier, timestamp, request.body) for secret in secrets}
    given = request.headers[SIGNATURES_HEADER].split()
    require_one_of(given, good)
    require_recent(timestamp, request)


def identify(item, request: WebhookRequest, place: int):
    """Return an event with an id, if the request has one and the event has none.

    :param item: JSON value of the event
    :param place: of the event in the request, from 0
    """
    is_event = isinstance(item, Mapping) and "event" in item
    if not is_event or item.get("id") not in (None, "") or not is_standard(request):
        return item
    return {**item, "id": f"{request.headers[ID_HEADER]}/{place}"}
