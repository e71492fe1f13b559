"""sipgate: push API of sipgate.io, and its REST API to dial.

A new call is pushed to us; its answer and its end only if our reply asks for them. Forms,
signed with sipgate's own key. Numbers are international without a plus sign, times are not sent.

A call that is transferred or goes to voicemail becomes a new call with an id of its own, which
starts before the old one ends. The new one names the old one, but its later messages do not:
we put it into the addresses to which those are sent.

Sources: https://developer.sipgate.io/push-api/api-reference/, the questions and answers there,
https://api.sipgate.com/v2/doc, and https://www.sipgate.io/funktionen/rtcm (running calls). Not
documented: that ``origCallId`` is always sent.
"""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Mapping
from datetime import datetime
from functools import lru_cache
from urllib.parse import parse_qsl, quote, urlencode
from xml.sax.saxutils import quoteattr

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import load_pem_public_key

from .base import (
    RECORDING_ACTIONS,
    Action,
    Adapter,
    Capabilities,
    Controlled,
    Dial,
    Dialled,
    FormField,
    Guide,
    Proof,
    Receipt,
    RecordingAbility,
    Reply,
    Running,
    Sender,
    Target,
    Tested,
)
from .event import CallEvent, Cause, Direction, Kind, digest
from .guide import CALLER_NUMBER, CLICK_STORIES, INTERNAL_STORIES, PROGRAM_STORIES
from .reading import gather, international, required_text, text, translate
from .reasons import Reason, Why
from .request import Malformed, Refusal, Refused, WebhookRequest
from .text import _lt
from .vocabulary import Vocabulary

# https://github.com/sipgate-io/sipgateio-node/blob/master/lib/webhook/signatureVerifier.ts
PUBLIC_KEY = """
-----BEGIN PUBLIC KEY-----
MIICIjANBgkqhkiG9w0BAQEFAAOCAg8AMIICCgKCAgEAvFdlnqRfO5TmqzjtsFVC
qPz+oW+poi3lXQFvMJJMEAtlU4MbX+yuIkgnC+Qt3AQWIK+oWSEQiybg+p39wEMl
16PZxEzf9gONQvTg1XhyHnwqYUFQj/AoxPKGYC3jmdjZ224SrESiTN3CdxoOc3vk
cXiQstYE7SxnksPtzfk0aIOkicim5/tAP9izNQ18/zmX3ChjK2k72gf5dDlq+qZ8
pRiHAPZ64TySH6cLQDhaoh6Nbq8FEG3usXXPClbUMh2DZaTMPafpd+LNuTngJ/y+
KoZasVuFfXAeBqGA6l5d4Uedfr99Z6qjwDrJ8sU4z2Do9bJrbuqP+mOXEebhSI1K
vi8trEfrIt8hnDBGsBaB9NEO3kYxvDT2/PhC9fNYFocjEpZNd7/mUqTJDYlpa4UC
NDQaU+ATdXG8/P5sGAegks6MQTu+qe9XTO0CV48eswDkz6g3UbLOwmrJK59SjD3J
yAZ52sluwyDKRWw/PPTt8BTQLjvkdbiLUlc4ehJ4b1X7D7diYWHDPeFL47cAvaXh
dXVrZDeBJYibvD1jRx4ES0KlfhwzNXBYUoM/Movg9zMM2PzyHHKS//xIjwUC/FJ6
/6eykno0Hy2B1ev6s3hdY6VkN2zd7Wf+EK4DxRliwsg1U99szFE3ewLfexF+Uag5
M+TfPtOUumI/NHMTvsRW9+ECAwEAAQ==
-----END PUBLIC KEY-----
"""
SIGNATURE_HEADER = "x-sipgate-signature"

DIRECTIONS = {"in": Direction.INCOMING, "out": Direction.OUTGOING}
CAUSES = {
    "normalClearing": Cause.NORMAL,
    "busy": Cause.BUSY,
    "cancel": Cause.CANCELLED,
    "noAnswer": Cause.NO_ANSWER,
    "congestion": Cause.FAILED,
    "notFound": Cause.FAILED,
    "forwarded": Cause.NORMAL,
}
VOICEMAIL_USER = "voicemail"
ORIGINAL = "original"  # our name, in the addresses for later messages, of the first call's id
ORIGINAL_NAMES = (ORIGINAL, "origCallId", "originalCallId")

_USER = re.compile(r"w\d+")


_QUEUE = "it is not documented what sipgate pushes of a queue or a menu"
_NOT_DOCUMENTED = "it is not documented what sipgate pushes of it"
_CLICK = "it is not documented what sipgate pushes before the customer's phone rings"
_PROGRAM = "sipgate has no calls of programs"
_INTERNAL = "sipgate does not push internal calls"
_UNTIL = (
    "the part of the phone that transfers ends only when the other phone has answered: until "
    "then, ringing counts as talk"
)


class SipgateAdapter(Adapter):
    """sipgate's telephone system in the cloud."""

    code = "sipgate"
    name = "sipgate"
    capabilities = Capabilities(
        proof=Proof.PUBLISHED,
        dials=True,
        controls=frozenset(Action) - set(RECORDING_ACTIONS),
        targets=frozenset({Target.NUMBER}),
        recordings=frozenset({RecordingAbility.START, RecordingAbility.STOP}),
        sender=Sender.INTERNET,
    )
    api_url = "https://api.sipgate.com/v2"
    fields = (
        FormField("api_user", _lt("Token ID"), placeholder=_lt("e.g. token-ABC123"), required=True),
        FormField("api_secret", _lt("Token"), required=True),
        CALLER_NUMBER,
    )
    guide = Guide(
        tested=Tested(
            messages="the vendor's published examples; order of transfers from its questions and "
            "answers",
            proof="the vendor's published example",
            api="by the documents",
        ),
        steps=(
            _lt(
                "Open app.sipgate.com, Webhooks, URLs, and enter the address above for incoming "
                "and for outgoing calls."
            ),
            _lt('Under "Sources", choose the phone lines and groups whose calls to report.'),
            _lt("Below, under Extensions, enter the ids of the users, such as w0."),
            _lt(
                "To dial from Odoo: create a personal access token with the scopes "
                '"sessions:calls:write" and "devices:read". To control running calls from Odoo, '
                'also choose "rtcm:write".'
            ),
        ),
        extensions="id of the user, `w0`, as in the address of the user's page",
        supported=(
            "group calls, forwarding, voicemail, transfers; a transferred call stays one call",
        ),
        not_supported=(
            "times: sipgate sends none, so those of arrival count",
            "DTMF is ignored",
            "hold is not reported: *Hold* and *Resume* are both offered while a phone speaks",
        ),
        controlling="the scope `rtcm:write`; calls that a person has answered; *Transfer* to "
        "telephone numbers only, since the ids of users cannot be dialled",
        uncontrolled=dict.fromkeys(
            RECORDING_ACTIONS, "Odoo could not fetch the file: it is not documented where it is"
        ),
        not_confirmed=(
            "that sipgate names the first call (`origCallId`) in every kind of transfer; where it "
            "does not, the second part is a call of its own",
        ),
        impossible={
            "a queue hunts": _QUEUE,
            "one agent of a queue declines": _QUEUE,
            "a queue is abandoned": _QUEUE,
            "a queue times out": _QUEUE,
            "a menu, and then a queue": _QUEUE,
            "pickup": _NOT_DOCUMENTED,
            "parking": _NOT_DOCUMENTED,
            "conference": _NOT_DOCUMENTED,
            "follow-me: phone and mobile ring together": _NOT_DOCUMENTED,
            "the customer's mailbox answers": "sipgate does not detect machines",
            **dict.fromkeys(PROGRAM_STORIES, _PROGRAM),
            **dict.fromkeys(CLICK_STORIES, _CLICK),
            **dict.fromkeys(INTERNAL_STORIES, _INTERNAL),
        },
        partly={
            "the phone rejects the call": "the cause is that of a call nobody answers",
            "mailbox after busy": "not that the phone was busy",
            "attended transfer, refused": "not that the other phone rejected the call",
            "blind transfer, answered": _UNTIL,
            "blind transfer to an outside number": _UNTIL,
            "two transfers": _UNTIL,
            "blind transfer, not answered": _UNTIL,
        },
        recording="a request of your own program for a call that was answered",
        unrecorded={
            RecordingAbility.FETCH: "it is not documented where the file of a call is",
            RecordingAbility.DELETE: "it is not documented where the file of a call is",
            RecordingAbility.PAUSE: "no such request is documented",
            RecordingAbility.STEREO: "it is not documented what the file contains",
        },
        details="When dialling, the first phone of the user that is online rings. To choose "
        "another, enter its id, such as `e0`, as a further extension. The id of a dialled call is "
        "not known before its first event.\n\n"
        "The signature proves that sipgate sends, but not for which of its customers: keep the "
        "address as secret as a password.",
    )
    vocabulary = Vocabulary(
        words={
            "event": ("newCall", "answer", "hangup", "dtmf"),
            "direction": DIRECTIONS,
            "cause": CAUSES,
            "user": {VOICEMAIL_USER},
        },
        names=frozenset({"from", "to", "callId", "userId", "diversion", *ORIGINAL_NAMES}),
    )

    # === IN === #

    def verify(self, request: WebhookRequest) -> None:
        if not (given := request.headers.get(SIGNATURE_HEADER)):
            raise Refused(Refusal.UNSIGNED)
        try:
            signature = base64.b64decode(given, validate=True)
            _public_key(PUBLIC_KEY).verify(signature, request.body, PKCS1v15(), SHA256())
        except (InvalidSignature, binascii.Error, ValueError):
            raise Refused(Refusal.WRONG_SIGNATURE) from None

    def split(self, request: WebhookRequest) -> list:
        if not request.form:
            raise Malformed(Reason(Why.BODY_NO_FORM))
        return [gather(request.form) | {ORIGINAL: _original(request)}]

    def events(self, item, received_at: datetime) -> list[CallEvent]:
        if not isinstance(item, Mapping):
            raise ValueError(Reason(Why.MESSAGE_NO_OBJECT, kind=type(item).__name__))
        read = translate(required_text(item, "event"), "event", _READERS)
        return read(_Push(item, received_at))

    def reply(self, receipt: Receipt, request: WebhookRequest | None = None) -> Reply:
        """Ask sipgate to push the answer and the end of the call too."""
        address = self.settings.webhook_url
        if original := request and _original(request):
            address += ("&" if "?" in address else "?") + urlencode({ORIGINAL: original})
        here = quoteattr(address)
        body = (
            f'<?xml version="1.0" encoding="UTF-8"?>\n<Response onAnswer={here} onHangup={here}/>'
        )
        return Reply(body, content_type="application/xml; charset=utf-8")

    # === OUT === #

    def test(self) -> None:
        self.ask("GET", "authorization/userinfo")

    def originate(self, dial: Dial) -> Dialled:
        request = {
            "caller": self._find_device(self.write_phone(dial.extension)),
            "callee": self.write_number(dial.number),
        }
        if shown := dial.line or self.settings.caller_number:
            request["callerId"] = shown
        self.required(self.ask("POST", "sessions/calls", json=request), "sessionId")
        # It is not documented that this is the id that is pushed.
        return Dialled(None)

    def find_handle(self, running: Running) -> str | None:
        event = running.own_event
        return event and (event.part or event.leg)

    def allows(self, action: Action, running: Running) -> bool:
        # Only established calls are controlled, and whether one is on hold is not pushed.
        return running.is_connected

    def control(self, action: Action, running: Running, target: str = "") -> Controlled:
        path = f"calls/{quote(self.get_handle(running), safe='')}"
        if action is Action.HANG_UP:
            self.ask("DELETE", path)
        elif action is Action.TRANSFER:
            content = {"phoneNumber": self.write_number(target), "attended": False}
            self.ask("POST", f"{path}/transfer", json=content)
        else:
            self.ask("PUT", f"{path}/hold", json={"value": action is Action.HOLD})
        return Controlled()

    def _find_device(self, extension: str) -> str:
        """Return the phone of a user: pushes name users, but phones dial."""
        if not _USER.fullmatch(extension):
            return extension
        devices = self.ask("GET", f"{extension}/devices").get("items") or []
        devices.sort(key=lambda device: not device.get("online"))
        return self.required(devices[0] if devices else {}, "id")


class _Push:
    """One message and the meaning of its fields."""

    def __init__(self, item: Mapping, at: datetime):
        self.item = item
        self.part = required_text(item, "callId")
        originals = (text(item, name) for name in ORIGINAL_NAMES)
        self.call = next(filter(None, originals), self.part)
        self.uid = f"{self.part}:{digest(item)}"
        self.people = self._people()
        self.about = {
            "at": at,
            "direction": translate(text(item, "direction"), "direction", DIRECTIONS),
            "from_number": international(item, "from"),
            "to_number": international(item, "to"),
        }

    def _people(self) -> list[str]:
        """Return the ids, or else the names, of those whose phones ring or who answered."""
        for name in ("userId", "user"):
            value = self.item.get(name)
            entries = value if isinstance(value, list) else [value]
            if people := [found for entry in entries if (found := text({name: entry}, name))]:
                return list(dict.fromkeys(people))
        return []

    def is_voicemail(self) -> bool:
        names = self.item.get("user")
        names = names if isinstance(names, list) else [names]
        return [str(name).lower() for name in names] == [VOICEMAIL_USER]

    def outside(self) -> dict:
        """Return the outside party that this part reaches: who was diverted to nobody's phone."""
        is_diverted = text(self.item, "diversion") or self.call != self.part
        if not is_diverted or self.people or self.is_voicemail():
            return {}
        return {"number": self.about["to_number"]}

    def event(self, kind: Kind, **values) -> CallEvent:
        """Return an event of this part of the call."""
        about = self.about | {"leg": self.part} | values
        return CallEvent(self.call, kind, uid=f"{self.uid}:{kind.value}", **about)

    def of_phone(self, kind: Kind, person: str) -> CallEvent:
        phone = {"leg": f"{self.part}/{person}", "part": self.part, "extension": person}
        uid = f"{self.uid}:{kind.value}:{person}"
        return CallEvent(self.call, kind, uid=uid, **phone, **self.about)


def _new_call(push: _Push) -> list[CallEvent]:
    people = [] if push.is_voicemail() else push.people
    phones = [push.of_phone(Kind.RINGING, name) for name in people]
    return [push.event(Kind.RINGING, **push.outside()), *phones]


def _answer(push: _Push) -> list[CallEvent]:
    if push.is_voicemail():
        return [push.event(Kind.VOICEMAIL)]
    if len(push.people) == 1:
        return [push.of_phone(Kind.ANSWERED, push.people[0])]
    if outside := push.outside():
        return [push.event(Kind.ANSWERED, **outside)]
    return [push.event(Kind.ANSWERED, leg=None)]


def _hangup(push: _Push) -> list[CallEvent]:
    cause = text(push.item, "cause") or ""
    events = [push.event(Kind.ENDED, cause=CAUSES.get(cause))]
    return [push.event(Kind.TRANSFERRED), *events] if cause == "forwarded" else events


def _nothing(push: _Push) -> list[CallEvent]:
    return []


_READERS = {"newCall": _new_call, "answer": _answer, "hangup": _hangup, "dtmf": _nothing}


def _original(request: WebhookRequest) -> str | None:
    """Return the id of the call that was transferred, from a new call or from the address of a
    later message."""
    fields = dict(parse_qsl(request.query)) | dict(request.form)
    return next(filter(None, map(fields.get, reversed(ORIGINAL_NAMES))), None)


@lru_cache(maxsize=2)
def _public_key(pem: str):
    return load_pem_public_key(pem.strip().encode())
