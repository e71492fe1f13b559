"""The push format of Zammad's generic CTI, which many telephone systems already send.

Three messages without times: ``newCall``, ``answer``, ``hangup``; as JSON or as a form. The
address is their only proof, so the administrator must accept unsigned events.

Source: https://docs.zammad.org/en/latest/api/generic-cti/index.html. Samples spell the id
of the call in three ways, and put the person who answers into ``user`` or ``caller``.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime

from .base import (
    Action,
    Adapter,
    Capabilities,
    Guide,
    Proof,
    Receipt,
    RecordingAbility,
    Reply,
    Tested,
)
from .event import CallEvent, Cause, Direction, Kind, digest
from .guide import INTERNAL_STORIES, SystemKind
from .reading import gather, number, required_text, text, translate
from .reasons import Reason, Why
from .request import Malformed, Refusal, Refused, WebhookRequest
from .text import _lt
from .vocabulary import Vocabulary

KINDS = {"newcall": Kind.RINGING, "answer": Kind.ANSWERED, "hangup": Kind.ENDED}
DIRECTIONS = {"in": Direction.INCOMING, "out": Direction.OUTGOING}

# https://docs.zammad.org/en/latest/api/generic-cti/hangup-event.html
CAUSES = {
    "normalClearing": Cause.NORMAL,
    "busy": Cause.BUSY,
    "cancel": Cause.CANCELLED,
    "noAnswer": Cause.NO_ANSWER,
    "congestion": Cause.FAILED,
    "notFound": Cause.FAILED,
}
FORWARDED = "forwarded"  # a cause: the call goes on, perhaps under the same id

_BETWEEN_NAMES = re.compile(r",(?! )")
CALL_ID_NAMES = ("callId", "call_id", "callid")
VOICEMAIL_USER = "voicemail"  # who answers then; a mailbox is not a person


_OUTSIDE = "the format has no place for an outside number that a call is forwarded to"
_NOT_IN_FORMAT = "the format has no word for it"
_INTERNAL = "the format has no internal calls"


class ZammadAdapter(Adapter):
    """Any telephone system that pushes to Zammad's generic CTI."""

    code = "zammad"
    name = _lt("Zammad CTI format")
    capabilities = Capabilities(proof=Proof.ADDRESS, transfers=False)
    guide = Guide(
        kind=SystemKind.FORMAT,
        tested=Tested("the published examples", "none: the address alone"),
        system=_lt("your telephone system"),
        unrecorded=dict.fromkeys(RecordingAbility, "the format has nothing about recordings"),
        uncontrolled=dict.fromkeys(Action, "in this format, nothing is asked of the system"),
        steps=(
            _lt('Choose the integration "Zammad" or "generic CTI".'),
            _lt("Enter the address above where it asks for Zammad's endpoint."),
            _lt("Accept unsigned events above, since the format has no signature."),
        ),
        transfers="if it sends `forwarded` and goes on under the same id",
        supported=("a call that goes on under the same id after `forwarded`",),
        not_supported=("hold; the times are those of arrival",),
        impossible={
            "blind transfer to an outside number": _OUTSIDE,
            "forwarded to an outside number": _OUTSIDE,
            "follow-me: phone and mobile ring together": _OUTSIDE,
            "answering service": _OUTSIDE,
            "attended transfer": _NOT_IN_FORMAT,
            "attended transfer, refused": _NOT_IN_FORMAT,
            "transfer while the other phone rings": _NOT_IN_FORMAT,
            "pickup": _NOT_IN_FORMAT,
            "parking": _NOT_IN_FORMAT,
            "conference": _NOT_IN_FORMAT,
            "the customer's mailbox answers": _NOT_IN_FORMAT,
            "a program of the company calls, answered": _NOT_IN_FORMAT,
            "a program of the company calls, a machine answers": _NOT_IN_FORMAT,
            "a program of the company calls, no answer": _NOT_IN_FORMAT,
            "callback: the customer's phone rings first": _NOT_IN_FORMAT,
            "click to dial, answered": _NOT_IN_FORMAT,
            "click to dial, the customer is busy": _NOT_IN_FORMAT,
            "click to dial, given up": _NOT_IN_FORMAT,
            "click to dial, the own phone is not picked up": _NOT_IN_FORMAT,
            "click to dial, the own phone is busy": _NOT_IN_FORMAT,
            **dict.fromkeys(INTERNAL_STORIES, _INTERNAL),
        },
        partly={
            "the phone rejects the call": "the cause is that of a call nobody answers",
            "mailbox after busy": "not that the phone was busy",
            "a queue hunts": "not when a phone stops ringing",
            "one agent of a queue declines": "not when a phone stops ringing",
        },
    )
    vocabulary = Vocabulary(
        words={
            "event": {*KINDS, "newCall"},
            "direction": DIRECTIONS,
            "cause": {*CAUSES, FORWARDED},
            "user": {VOICEMAIL_USER},
        },
        names=frozenset(
            {"from", "from_name", "to", "caller", "queue", "answeringNumber", *CALL_ID_NAMES}
        ),
    )

    def verify(self, request: WebhookRequest) -> None:
        if not self.settings.unsigned_allowed:
            raise Refused(Refusal.NOT_ALLOWED_UNSIGNED)

    def split(self, request: WebhookRequest) -> list:
        if request.form:
            return [gather(request.form)]
        body = request.json()
        if not isinstance(body, Mapping):
            raise Malformed(Reason(Why.BODY_NEITHER))
        return [body]

    def events(self, item, received_at: datetime) -> list[CallEvent]:
        if not isinstance(item, Mapping):
            raise ValueError(Reason(Why.MESSAGE_NO_OBJECT, kind=type(item).__name__))
        call = _call_id(item)
        kind = translate(required_text(item, "event").lower(), "event", KINDS)
        people = _people(item)
        about = {
            "call": call,
            "at": received_at,
            "direction": translate(text(item, "direction"), "direction", DIRECTIONS),
            "from_number": number(item, "from"),
            "from_name": text(item, "from_name"),
            "to_number": number(item, "to"),
            "queue": text(item, "queue"),
        }
        uid = f"{call}:{digest(item)}"
        if kind is Kind.RINGING:
            return self._ringing(about, uid, people)
        if kind is Kind.ANSWERED:
            return [self._answered(about, uid, people, item)]
        cause = text(item, "cause") or ""
        if cause == FORWARDED:
            return self._forwarded(about, uid)
        return [CallEvent(kind=kind, uid=uid, cause=CAUSES.get(cause), **about)]

    @staticmethod
    def _forwarded(about: dict, uid: str) -> list[CallEvent]:
        """Only the part of those who have rung or spoken until now is over."""
        part = about | {"leg": about["call"]}
        uid += f":{about['at'].isoformat()}"  # a second one looks the same
        return [
            CallEvent(kind=kind, uid=f"{uid}:{kind.value}", **part)
            for kind in (Kind.TRANSFERRED, Kind.ENDED)
        ]

    @staticmethod
    def _ringing(about: dict, uid: str, people: list[str]) -> list[CallEvent]:
        whole = CallEvent(kind=Kind.RINGING, uid=uid, leg=about["call"], **about)
        return [whole] + [
            CallEvent(
                kind=Kind.RINGING,
                uid=f"{uid}:{place}",
                leg=f"{about['call']}/{person}",
                part=about["call"],
                extension=person,
                **about,
            )
            for place, person in enumerate(people)
        ]

    @staticmethod
    def _answered(about: dict, uid: str, people: list[str], item: Mapping) -> CallEvent:
        if [person.lower() for person in people] == [VOICEMAIL_USER]:
            return CallEvent(kind=Kind.VOICEMAIL, uid=uid, **about)
        # Several names are those whose phones rang; then only the number says who answered.
        person = people[0] if len(people) == 1 else text(item, "answeringNumber")
        phone = {"extension": person, "part": about["call"]} if person else {}
        phone |= {"leg": f"{about['call']}/{person}"} if person else {}
        return CallEvent(kind=Kind.ANSWERED, uid=uid, **phone, **about)

    def reply(self, receipt: Receipt, request: WebhookRequest | None = None) -> Reply:
        """An empty object: the format has no place for counts."""
        return Reply("{}")


def _call_id(item: Mapping) -> str:
    for name in CALL_ID_NAMES:
        if value := text(item, name):
            return value
    raise ValueError(Reason(Why.MISSING, name="callId"))


def _people(item: Mapping) -> list[str]:
    """Return whose phones ring or who answered: a list, or a text with names between commas.

    ``Doe, Jane`` is one person: a comma before a blank is part of a name.
    """
    people: list[str] = []
    for name in ("user", "caller"):
        value = item.get(name)
        if isinstance(value, list):
            people += [text({name: entry}, name) or "" for entry in value]
        else:
            people += _BETWEEN_NAMES.split(text(item, name) or "")
    return list(dict.fromkeys(filter(None, map(str.strip, people))))
