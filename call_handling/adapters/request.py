"""What arrives from a telephone system, and the two reasons for not accepting it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from .text import Labelled, _lt

MAX_DEPTH = 20  # levels of lists and objects in a body


class Refusal(Labelled):
    """Why a request was refused. Shown to the administrator, never to the sender."""

    UNSIGNED = "unsigned", _lt("The signature was missing.")
    WRONG_SIGNATURE = (
        "wrong_signature",
        _lt("The signature was wrong. Does the telephone system have the current secret?"),
    )
    OLD = "old", _lt("The timestamp was too old or in the future. Check both clocks.")
    NOT_ALLOWED_UNSIGNED = (
        "not_allowed_unsigned",
        _lt("The telephone system does not sign. Accept unsigned events if it cannot."),
    )
    TOO_LARGE = (
        "too_large",
        _lt("A request was larger than 256 KiB. Configure the system to send smaller batches."),
    )
    NO_ADAPTER = (
        "no_adapter",
        _lt("The addon for this telephone system is not installed. Install it again."),
    )
    DATABASE_COPY = (
        "database_copy",
        _lt("This database is a copy of another one. Copies accept no events."),
    )


class Refused(Exception):
    """The sender did not prove that it is the telephone system, or nothing is accepted here."""

    def __init__(self, refusal: Refusal):
        super().__init__(refusal.value)
        self.refusal = refusal


class Malformed(Exception):
    """The body as a whole cannot be read. The text says why, to the sender."""


@dataclass(frozen=True)
class WebhookRequest:
    """A request as it arrived.

    :param body: the raw bytes, as they were signed
    :param received_at: aware, UTC
    :param content_type: media type without parameters, in lower case
    :param headers: names in lower case
    :param form: fields of a form body in order, repeated names kept
    :param query: what followed the question mark of the address, as it was sent
    """

    body: bytes
    received_at: datetime
    content_type: str = ""
    headers: Mapping[str, str] = field(default_factory=dict)
    form: tuple[tuple[str, str], ...] = ()
    query: str = ""

    def json(self):
        """Return the body's JSON value.

        :raise Malformed: there is none
        """
        if not self.body.strip():
            raise Malformed("the body is empty")
        try:
            value = json.loads(self.body)
        except (ValueError, RecursionError) as error:
            raise Malformed(f"the body is not JSON: {error}") from error
        if _depth(value) > MAX_DEPTH:
            raise Malformed(f"the body is nested more than {MAX_DEPTH} levels deep")
        return value


def _depth(value) -> int:
    """Return how many levels of lists and objects a JSON value has."""
    depth, level = 0, [value]
    while level := [part for part in level if isinstance(part, (list, dict))]:
        depth += 1
        level = [
            part
            for outer in level
            for part in (outer.values() if isinstance(outer, dict) else outer)
        ]
    return depth
