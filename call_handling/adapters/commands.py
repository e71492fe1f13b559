"""Commands for the relay: it fetches them, so that no port has to be opened where it runs.

The relay asks with a signed request (:class:`Poll`) and the answer has signed commands
(:func:`seal`). A command holds for the request that it answers, by a value that only this request
has, and for a few seconds; so neither a proxy on the way nor who has recorded an answer can make
the relay do anything, and not even a wrong clock makes it do something late.

This is the only description of the protocol besides the relay's own (``commands.py`` there).
"""

from __future__ import annotations

import hashlib
import hmac
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import Enum

from .request import Malformed, Refused, WebhookRequest
from .signature import verify_signature

LIFETIME = 8  # seconds after the click; a command that is not done by then is never done
LONGEST_WAIT = 25  # seconds; proxies and servers end requests that take much longer
MAX_RESULTS = 50  # in one request

DIAL = "dial"  # the others are those of `control.Action`

# What a command id, a reason or a right looks like
_WORD = re.compile(r"[\w-]{1,64}", re.ASCII)
_UNPRINTABLE = re.compile(r"[^ -~\u00a0-\ud7ff\ue000-\uffef]+")
MAX_DETAIL = 200  # characters of what Asterisk said


class Reason(str, Enum):
    """Why the relay did not do what it was asked to do."""

    NOT_ALLOWED = "not_allowed"  # by its settings
    EXPIRED = "expired"
    INTERRUPTED = "interrupted"  # it was stopped meanwhile: nobody knows whether it was done
    UNREACHABLE = "unreachable"  # Asterisk
    UNAUTHORIZED = "unauthorized"  # at Asterisk
    NO_TARGET = "no_target"  # the dial plan does not know whom to call
    REFUSED = "refused"  # detail: what Asterisk said


@dataclass(frozen=True)
class Result:
    """What became of a command.

    :param id: of the command
    :param reason: why it was not done; ``None`` if it was
    :param detail: what Asterisk said
    """

    id: str
    reason: Reason | None = None
    detail: str = ""


@dataclass(frozen=True)
class Poll:
    """A request of the relay for commands.

    :param nonce: which only this request has
    :param wait: seconds that it is willing to wait
    :param allowed: what it does, by its settings
    :param results: what became of earlier commands
    :param secret: which signed it, and signs the answer
    :param relay: which asks only once at a time: an earlier request of it is abandoned
    :param is_test: it only asks whether commands could be fetched
    """

    nonce: str
    wait: float
    allowed: frozenset[str]
    results: tuple[Result, ...]
    secret: str
    relay: str = ""
    is_test: bool = False


def read_poll(request: WebhookRequest, secrets: tuple[str, ...]) -> Poll:
    """Read a request for commands.

    :param secrets: the valid ones, the newest first
    :raise Refused: the sender did not prove that it has one
    :raise Malformed: it is no such request
    """
    secret = _find_secret(request, secrets)
    body = request.json()
    about = body.get("commands") if isinstance(body, Mapping) else None
    if not isinstance(about, Mapping):
        raise Malformed("'commands' is missing: this is no request for commands")
    nonce, wait, allowed = about.get("nonce"), about.get("wait"), about.get("allow")
    if not _is_word(nonce):
        raise Malformed("'nonce' must be a word")
    if not isinstance(wait, (int, float)) or not wait >= 0:
        raise Malformed("'wait' must be a number of seconds")
    if not isinstance(allowed, list) or not all(map(_is_word, allowed)):
        raise Malformed("'allow' must be a list of words")
    results = about.get("results", [])
    if not isinstance(results, list) or len(results) > MAX_RESULTS:
        raise Malformed(f"'results' must be a list of at most {MAX_RESULTS}")
    read = tuple(map(_read_result, results))
    relay, is_test = about.get("relay", ""), about.get("test") is True
    if relay and not _is_word(relay):
        raise Malformed("'relay' must be a word")
    wait = min(wait, LONGEST_WAIT)
    return Poll(nonce, wait, frozenset(allowed), read, secret, relay, is_test)


def _find_secret(request: WebhookRequest, secrets: tuple[str, ...]) -> str:
    """Return the secret that signed a request.

    :raise Refused: none of the valid ones
    """
    for secret in secrets[:-1]:
        try:
            verify_signature(request, (secret,))
        except Refused:
            continue
        return secret
    verify_signature(request, secrets[-1:])
    return secrets[-1]


def _is_word(value) -> bool:
    return isinstance(value, str) and bool(_WORD.fullmatch(value))


def _read_result(item) -> Result:
    if not isinstance(item, Mapping) or not _is_word(item.get("id")):
        raise Malformed("a result must be an object with the 'id' of a command")
    reason = item.get("reason")
    if reason is None:
        return Result(item["id"])
    try:
        known = Reason(reason)
    except ValueError:
        known = Reason.REFUSED  # of a newer relay
    detail = item.get("detail")
    detail = _UNPRINTABLE.sub(" ", detail).strip() if isinstance(detail, str) else ""
    return Result(item["id"], known, detail[:MAX_DETAIL])


def seal(
    command: Mapping, poll: Poll, issued: datetime, now: datetime, waited: float
) -> dict[str, str]:
    """Return a command as it is sent to the relay, signed.

    :param command: what to do, with its ``id``
    :param poll: the request that is answered
    :param issued: when somebody wanted it, aware
    :param now: aware
    :param waited: seconds since the request arrived
    """
    about = {
        "nonce": poll.nonce,
        "issued": issued.timestamp(),
        "expires": issued.timestamp() + LIFETIME,
        "now": now.timestamp(),
        "waited": round(waited, 3),
    }
    text = json.dumps({**command, **about})
    return {"command": text, "signature": sign_command(poll.secret, text)}


def sign_command(secret: str, text: str) -> str:
    """Return the signature of a command. No request is signed like this: their signatures begin
    with a time."""
    signed = b"command." + text.encode()
    return "v1=" + hmac.new(secret.encode(), signed, hashlib.sha256).hexdigest()
