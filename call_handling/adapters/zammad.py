"""The push format of Zammad's generic CTI, which many telephone systems already send.

Three messages without times: ``newCall``, ``answer``, ``hangup``; as JSON or as a form. The
address is their only proof, so the administrator must accept unsigned events.

Source: https://docs.zammad.org/en/latest/api/generic-cti/index.html. Samples spell the id
of the call in three ways, and put the person who answers into ``user`` or ``caller``.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from .base import Adapter, Capabilities, Guide, Proof, Receipt, Reply, Tested
from .event import CallEvent, Cause, Direction, Kind, digest
from .guide import SystemKind
from .reading import gather, number, required_text, text, translate
from .request import Malformed, Refusal, Refused, WebhookRequest
from .text import _lt

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
    "forwarded": Cause.NORMAL,
}

CALL_ID_NAMES = ("callId", "call_id", "callid")
VOICEMAIL_USER = "voicemail"  # who answers then; a mailbox is not a person


class ZammadAdapter(Adapter):
    """Any telephone system that pushes to Zammad's generic CTI."""

    code = "zammad"
    name = _lt("Zammad CTI format")
    capabilities = Capabilities(proof=Proof.ADDRESS, transfers=False)
    guide = Guide(
        kind=SystemKind.FORMAT,
        tested=Tested("the published examples", "none: the address alone"),
        system=_lt("your telephone system"),
        steps=(
            _lt('Choose the integration "Zammad" or "generic CTI".'),
            _lt("Enter the address above where it asks for Zammad's endpoint."),
            _lt("Accept unsigned events above, since the format has no signature."),
        ),
        not_supported=("hold and transfers; the times are those of arrival",),
    )

    def verify(self, request: WebhookRequest) -> None:
        if not self.settings.unsigned_allowed:
            raise Refused(Refusal.NOT_ALLOWED_UNSIGNED)

    def split(self, request: WebhookRequest) -> list:
        if request.form:
            return [gather(request.form)]
        body = request.json()
        if not isinstance(body, Mapping):
            raise Malformed("the body must be a form or a JSON object")
        return [body]

    def events(self, item, received_at: datetime) -> list[CallEvent]:
        if not isinstance(item, Mapping):
            raise ValueError(f"a message must be an object, not {type(item).__name__}")
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
        cause = CAUSES.get(text(item, "cause") or "")
        return [CallEvent(kind=kind, uid=uid, cause=cause, **about)]

    @staticmethod
    def _ringing(about: dict, uid: str, people: list[str]) -> list[CallEvent]:
        if not people:
            return [CallEvent(kind=Kind.RINGING, uid=uid, **about)]
        return [
            CallEvent(
                kind=Kind.RINGING,
                uid=f"{uid}:{place}",
                leg=f"{about['call']}/{person}",
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
        leg = f"{about['call']}/{person}" if person else None
        return CallEvent(kind=Kind.ANSWERED, uid=uid, leg=leg, extension=person, **about)

    def reply(self, receipt: Receipt, request: WebhookRequest | None = None) -> Reply:
        """An empty object: the format has no place for counts."""
        return Reply("{}")


def _call_id(item: Mapping) -> str:
    for name in CALL_ID_NAMES:
        if value := text(item, name):
            return value
    raise ValueError("'callId' is missing")


def _people(item: Mapping) -> list[str]:
    """Return whose phones ring or who answered: a text, a list, or names with commas."""
    people: list[str] = []
    for name in ("user", "caller"):
        value = item.get(name)
        for entry in value if isinstance(value, list) else [value]:
            names = (text({name: entry}, name) or "").split(",")
            people += [part.strip() for part in names if part.strip()]
    return list(dict.fromkeys(people))
