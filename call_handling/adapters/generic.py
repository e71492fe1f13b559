"""Our own event API: JSON, one event or a batch, signed.

For the relay, for custom scripts, and for every telephone system that can be configured to
send it. ``docs/event-api.md`` describes it for those who send.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta

from .base import Action, Adapter, Capabilities, Guide, Probe, RecordingAbility, Tested
from .event import CallEvent, Cause, Direction, Kind, RecordingState, digest
from .guide import SystemKind
from .reading import choice, number, required_text, text
from .reasons import Reason, Why
from .recording import RecordingFacts, read_recording, read_recording_state
from .request import Malformed, WebhookRequest
from .signature import SIGNATURE_HEADER, TEST_HEADER, TIMESTAMP_HEADER, sign
from .standard_webhooks import SIGNED_AT_HEADER, identify, is_standard, verify_standard
from .states import PhoneReport, PhoneState, make_report
from .text import _lt
from .times import EPOCH, read_time
from .vocabulary import Vocabulary

STATE = "state"  # an event about a phone, and not about a call
MAX_EVENTS = 500  # per request


class GenericAdapter(Adapter):
    """The event API of this app."""

    code = "generic"
    name = _lt("Event API")
    standard_webhooks = True
    capabilities = Capabilities(states=True, reports_recording=True)
    max_messages = MAX_EVENTS
    guide = Guide(
        kind=SystemKind.FORMAT,
        tested=Tested("our own format", "our own signature"),
        system=_lt("your telephone system"),
        states="free, ringing, talking, do not disturb, not connected",
        recording="the event `recording`, and [the files](../event-api.md#recordings)",
        unrecorded=dict.fromkeys(
            RecordingAbility, "the sender records, sends the files, and deletes its own"
        ),
        uncontrolled=dict.fromkeys(Action, "in this format, nothing is asked of the system"),
        steps=(
            _lt("Create the secret above, and have your script sign with it."),
            _lt("Send one JSON event to the address for everything that happens to a call."),
        ),
        details="The format, the signature and the answers are described in "
        "[The event API](../event-api.md).",
    )
    vocabulary = Vocabulary(
        words={
            "event": {STATE, *(kind.value for kind in Kind)},
            "direction": {direction.value for direction in Direction},
            "cause": {cause.value for cause in Cause},
            "state": {state.value for state in (*PhoneState, *RecordingState)},
        },
        times=frozenset({"at", "start"}),
        lengths=frozenset({"seconds"}),
        names=frozenset(
            {"call", "leg", "id", "from", "from_name", "to", "line", "number", "extension"}
            | {"queue", "with", "room", "recording", "ref", "format", "channels"}
        ),
    )

    def verify(self, request: WebhookRequest) -> None:
        if self.standard_webhooks and is_standard(request):
            return verify_standard(request, self.settings.secrets(request.received_at))
        return super().verify(request)

    def read_clock(self, request: WebhookRequest) -> datetime | None:
        is_theirs = self.standard_webhooks and is_standard(request)
        if not is_theirs and SIGNATURE_HEADER not in request.headers:
            return None
        header = SIGNED_AT_HEADER if is_theirs else TIMESTAMP_HEADER
        return EPOCH + timedelta(seconds=int(request.headers[header]))

    def split(self, request: WebhookRequest) -> list:
        """A single event, a list of events, or ``{"events": […]}``."""
        body = request.json()
        if isinstance(body, Mapping) and "events" in body:
            body = body["events"]
            if not isinstance(body, list):
                raise Malformed(Reason(Why.NO_LIST, name="events"))
        items = body if isinstance(body, list) else [body]
        if not self.standard_webhooks:
            return items
        return [identify(item, request, place) for place, item in enumerate(items)]

    def events(self, item, received_at: datetime) -> list[CallEvent]:
        if not isinstance(item, Mapping):
            raise ValueError(Reason(Why.EVENT_NO_OBJECT, kind=type(item).__name__))
        if item.get("event") == STATE:
            return []
        call = required_text(item, "call")
        kind = choice(item, "event", Kind)
        if kind is None:
            raise ValueError(Reason(Why.MISSING, name="event"))
        extension = text(item, "extension")
        outside = number(item, "number")
        return [
            CallEvent(
                call=call,
                kind=kind,
                at=self._at(item, received_at),
                uid=f"{call}:{text(item, 'id') or digest(item)}",
                leg=text(item, "leg") or self._leg_of_extension(call, kind, extension),
                direction=choice(item, "direction", Direction),
                from_number=number(item, "from"),
                from_name=text(item, "from_name"),
                to_number=number(item, "to"),
                line=number(item, "line"),
                alias=required_text(item, "with") if kind is Kind.JOINED else None,
                room=required_text(item, "room") if kind in (Kind.ENTERED, Kind.LEFT) else None,
                extension=extension,
                number=outside,
                is_machine=kind is Kind.VOICEMAIL and bool(outside),
                queue=text(item, "queue"),
                cause=choice(item, "cause", Cause),
                recording=read_recording_state(item) if kind is Kind.RECORDING else None,
            )
        ]

    def states(self, item, received_at: datetime) -> list[PhoneReport]:
        if not isinstance(item, Mapping) or item.get("event") != STATE:
            return []
        phone, state = required_text(item, "extension"), choice(item, "state", PhoneState)
        if state is None:
            raise ValueError(Reason(Why.MISSING, name="state"))
        return [make_report(phone, self._at(item, received_at), state)]

    def recordings(self, item, received_at: datetime) -> list[RecordingFacts]:
        if item.get("event") != Kind.RECORDING.value:
            return []
        facts = read_recording(item, self.settings.tz, received_at)
        return [facts] if facts else []

    def _at(self, item: Mapping, received_at: datetime) -> datetime:
        if item.get("at") is None:
            return received_at
        return read_time(item["at"], self.settings.tz, received_at)

    @staticmethod
    def _leg_of_extension(call: str, kind: Kind, extension: str | None) -> str | None:
        """Who names a phone need not name a leg; but an end without a leg ends the call."""
        return f"{call}/{extension}" if extension and kind is not Kind.ENDED else None

    def make_probe(self, now: datetime) -> Probe | None:
        body, timestamp = b'{"events": []}', str(int(now.timestamp()))
        headers = {"Content-Type": "application/json", TIMESTAMP_HEADER: timestamp}
        headers |= {TEST_HEADER: "1"}
        signature = sign(self.settings.secret or "", timestamp, body)
        return Probe(body, headers | {SIGNATURE_HEADER: signature})
