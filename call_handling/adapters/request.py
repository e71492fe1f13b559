"""What arrives from a telephone system, and the two ways of not taking it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import Enum

MAX_DEPTH = 20  # levels of lists and objects in a body


class Refusal(str, Enum):
    """Why a request was not let in. Told to the administrator, never to the sender."""

    UNSIGNED = "unsigned"
    WRONG_SIGNATURE = "wrong_signature"
    OLD = "old"
    NOT_ALLOWED_UNSIGNED = "not_allowed_unsigned"
    TOO_LARGE = "too_large"


class Refused(Exception):
    """The sender did not prove to be the telephone system."""

    def __init__(self, refusal: Refusal):
        super().__init__(refusal.value)
        self.refusal = refusal


class Malformed(Exception):
    """The body as a whole cannot be read. The text says why, for the sender."""


@dataclass(frozen=True)
class WebhookRequest:
    """A request as it arrived.

    :param body: the raw bytes, as they were signed
    :param received_at: aware, UTC
    :param content_type: media type without parameters, in lower case
    :param headers: names in lower case
    :param form: fields of a form body in order, repeated names kept
    :param query: what stood behind the question mark of the address, as it was sent
    """

    body: bytes
    received_at: datetime
    content_type: str = ""
    headers: Mapping[str, str] = field(default_factory=dict)
    form: tuple[tuple[str, str], ...] = ()
    query: str = ""

    def json(self):
        """The body's JSON value.

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
    """How many levels of lists and objects a JSON value has."""
    depth, level = 0, [value]
    while level := [part for part in level if isinstance(part, (list, dict))]:
        depth += 1
        level = [
            part
            for outer in level
            for part in (outer.values() if isinstance(outer, dict) else outer)
        ]
    return depth
