"""FreeSWITCH, and FusionPBX which is built on it: records of mod_json_cdr, and mod_xml_rpc.

At the end of a leg its record is posted: as JSON, as a form with the JSON in ``cdr``, or the
same in base64. The record of the leg that began a call names the phones that it rang, what
became of each, and when one was picked up, so that it suffices; those of the phones, which
are sent with ``log-b-leg``, are more exact. The channel of a caller is "answered" by a queue,
an announcement and a mailbox too: a person has answered when two channels were bridged.

Sources: mod_json_cdr.c of https://github.com/signalwire/freeswitch, public records of answered
calls, https://developer.signalwire.com/freeswitch/ (mod_json_cdr, mod_xml_rpc). Not seen in a
record: a call that was not answered, that was transferred, or that the mailbox took.
"""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from datetime import datetime, timezone
from importlib.resources import files
from urllib.parse import quote
from xml.sax.saxutils import quoteattr

import requests

from .base import Adapter, Capabilities, Configuration, Dial, Dialled
from .event import CallEvent, Cause, Direction, Kind, digest
from .freeswitch_record import list_of, objects_of, profile_of, read_record, reduce
from .reading import LONGEST_EXTENSION, number, required_text, text
from .request import Malformed, WebhookRequest
from .signature import read_basic_password, require_one_of
from .times import read_time

CALL_DIRECTIONS = {  # variable of FusionPBX's dial plan
    "inbound": Direction.INCOMING,
    "outbound": Direction.OUTGOING,
    "local": Direction.INTERNAL,
}
# https://developer.signalwire.com/freeswitch/FreeSWITCH-Explained/Troubleshooting-Debugging/
# Hangup-Cause-Code-Table_3964945/; all others are failures
CAUSES = {
    "NONE": None,
    "SUCCESS": None,
    "NORMAL_CLEARING": Cause.NORMAL,
    "ATTENDED_TRANSFER": Cause.NORMAL,
    "BLIND_TRANSFER": Cause.NORMAL,
    "ORIGINATOR_CANCEL": Cause.CANCELLED,
    "NO_ANSWER": Cause.NO_ANSWER,
    "NO_USER_RESPONSE": Cause.NO_ANSWER,
    "ALLOTTED_TIMEOUT": Cause.NO_ANSWER,
    "USER_BUSY": Cause.BUSY,
    "CALL_REJECTED": Cause.REJECTED,
    "LOSE_RACE": Cause.ELSEWHERE,
    "PICKED_OFF": Cause.ELSEWHERE,
}
ANSWERED_CAUSES = {"NONE", "SUCCESS"}
MAILBOX = "voicemail"
NUMBER_VARIABLE = "call_handling_number"  # ours: the number that a click is to call


class FreeSwitchAdapter(Adapter):
    """FreeSWITCH by way of its call detail records."""

    code = "freeswitch"
    name = "FreeSWITCH / FusionPBX"
    capabilities = Capabilities(dials=True, live=False)
    phone_address = "user/{extension}"
    api_needs = ("api_url", "api_user", "api_secret")

    # === IN === #

    def verify(self, request: WebhookRequest) -> None:
        given = read_basic_password(request)
        require_one_of(given, self.settings.secrets(request.received_at))

    def split(self, request: WebhookRequest) -> list:
        record = read_record(request)
        if not isinstance(record, Mapping):
            raise Malformed("the record must be a JSON object")
        return [reduce(record)]

    def events(self, item, received_at: datetime) -> list[CallEvent]:
        if not isinstance(item, Mapping) or not isinstance(item.get("variables"), Mapping):
            raise ValueError("'variables' is missing: this is no record of a call")
        return _Record(item, received_at).events()

    def make_configuration(self) -> Configuration:
        template = files(__package__).joinpath("freeswitch_json_cdr.xml").read_text("utf-8")
        address = quoteattr(self.settings.webhook_url)
        return Configuration("json_cdr.conf.xml", template.replace('"WEBHOOK_URL"', address))

    # === OUT === #

    def read_body(self, response: requests.Response):
        return {"said": response.text.strip()}

    def find_fault(self, answer) -> str | None:
        said = answer["said"]
        return said.removeprefix("-ERR").strip() or "error" if said.startswith("-ERR") else None

    def test(self) -> None:
        self.required(self.ask("GET", "txtapi/status"), "said")

    def originate(self, dial: Dial) -> Dialled:
        call, called = str(uuid.uuid4()), self.write_number(dial.number)
        shown = dial.line or self.settings.caller_number
        variables = f"origination_uuid={call},{NUMBER_VARIABLE}={dial.number}"
        if shown:
            variables += f",effective_caller_id_number={self.write_number(shown)}"
        phone = self.write_phone(dial.extension)
        context = self.settings.api_account or "default"
        wish = f"originate {{{variables}}}{phone} {called} XML {context}"
        # in the background: the answer would else wait until the phone is picked up
        self.ask("GET", f"txtapi/bgapi?{quote(wish)}")
        return Dialled(call)


class _Record:
    """The record of one leg."""

    def __init__(self, item: Mapping, received_at: datetime):
        self.variables: Mapping = item["variables"]
        self.flow = objects_of(item.get("callflow"))
        self.received_at = received_at
        self.leg = required_text(self.variables, "uuid")
        self.number = text(self.variables, NUMBER_VARIABLE)
        is_phone = self.get("direction") == "outbound" and not self.number
        self.call = (self.get("call_uuid") if is_phone else None) or self.leg
        self.uid = f"{self.leg}:{digest(item)}"
        self.start = self.moment(self.variables, "start_uepoch") or received_at
        self.end = self.moment(self.variables, "end_uepoch") or received_at

    def get(self, name: str) -> str | None:
        return text(self.variables, name)

    def moment(self, values: Mapping, name: str) -> datetime | None:
        """A time in microseconds since 1970; 0 stands for never."""
        value = text(values, name) or "0"
        if not value.isdigit() or len(value) < 7:
            return None
        return read_time(f"{value[:-6]}.{value[-6:]}", timezone.utc, self.received_at)

    def event(self, kind: Kind, at: datetime, leg: str | None = None, **values) -> CallEvent:
        leg = leg or self.leg
        return CallEvent(self.call, kind, at, f"{self.uid}:{kind.value}:{leg}", leg, **values)

    def events(self) -> list[CallEvent]:
        return self.of_phone() if self.call != self.leg else self.of_call()

    # --- the record of a phone that was rung ------------------------------------------

    def of_phone(self) -> list[CallEvent]:
        phone = {"part": self.call, "extension": _extension(self.variables)}
        cause = self.get("hangup_cause") or ""
        told = [
            self.event(Kind.RINGING, self.start, **phone),
            self.event(Kind.ENDED, self.end, cause=CAUSES.get(cause, Cause.FAILED), **phone),
        ]
        if answer := self.moment(self.variables, "answer_uepoch"):
            told.append(self.event(Kind.ANSWERED, answer, **phone))
        return told

    # --- the record of the leg that began the call ------------------------------------

    def of_call(self) -> list[CallEvent]:
        cause = CAUSES.get(self.get("hangup_cause") or "", Cause.FAILED)
        phones = self.rung_phones()
        told = [
            self.event(Kind.RINGING, self.start, **self.about()),
            self.event(Kind.ENDED, self.end, cause=cause),
            *phones,
        ]
        answers = [event.at for event in phones if event.kind is Kind.ANSWERED]
        if answers:
            told.append(self.event(Kind.ANSWERED, min(answers)))
        elif self.get("last_app") == MAILBOX:
            told.append(self.event(Kind.VOICEMAIL, self.end))
        return told

    def about(self) -> dict:
        """Who calls whom. The oldest profile of the flow has what was dialled at first."""
        profile = profile_of(self.flow[-1]) if self.flow else {}
        dialled = number(profile, "destination_number")
        direction = self.direction(dialled)
        # the channel that a click begins has a caller's number that says nothing
        caller = None if self.number else number(profile, "caller_id_number")
        about = {"direction": direction, "from_number": caller, "to_number": dialled}
        if direction is Direction.INCOMING:
            return about | {"line": dialled, "from_name": _name(profile, caller)}
        phone = self.get("dialed_user") if self.number else self.get("user_name")
        return about | {"to_number": self.number or dialled, "extension": phone}

    def direction(self, dialled: str | None) -> Direction:
        if self.number:
            return Direction.OUTGOING
        if told := CALL_DIRECTIONS.get(self.get("call_direction") or ""):
            return told
        if not self.get("user_name"):
            return Direction.INCOMING
        internal = dialled and len(dialled) <= LONGEST_EXTENSION
        return Direction.INTERNAL if internal else Direction.OUTGOING

    def rung_phones(self) -> list[CallEvent]:
        told = []
        causes = dict(entry[:2] for entry in _array(self.get("originate_causes")) if entry[1:])
        for leg, *_name_of_it, called in _array(self.get("originated_legs")):
            phone = {"part": self.call}
            if len(called) <= LONGEST_EXTENSION or not called.lstrip("+").isdigit():
                phone |= {"extension": called}
            told.append(self.event(Kind.RINGING, self.start, leg, **phone))
            told += self.outcome_of(leg, causes.get(leg, "NONE"))
        return told

    def outcome_of(self, leg: str, cause: str) -> list[CallEvent]:
        if cause not in ANSWERED_CAUSES:
            # that it lost is told, but not when: with the call, if its own record does not
            ended = CAUSES.get(cause, Cause.FAILED)
            return [self.event(Kind.ENDED, self.bridged() or self.end, leg, cause=ended)]
        times = self.times_of(leg)
        answer = self.moment(times, "bridged_time") or self.bridged()
        if not answer:
            return []
        told = [self.event(Kind.ANSWERED, answer, leg)]
        if passed_on := self.moment(times, "transfer_time"):
            told.append(self.event(Kind.TRANSFERRED, passed_on, leg))
            told.append(self.event(Kind.ENDED, passed_on, leg, cause=Cause.NORMAL))
        return told

    def bridged(self) -> datetime | None:
        return self.moment(self.variables, "bridge_uepoch")

    def times_of(self, leg: str) -> Mapping:
        """The times of the part of the flow in which a phone was rung."""
        entry = next((one for one in self.flow if leg in list_of(one.get("legs"))), {})
        times = entry.get("times")
        return times if isinstance(times, Mapping) else {}


def _array(value: str | None) -> list[list[str]]:
    """``ARRAY::a;b|:c;d``: the entries, each once, with their parts."""
    entries = (value or "").removeprefix("ARRAY::").split("|:")
    return [entry.split(";") for entry in dict.fromkeys(entries) if ";" in entry]


def _extension(variables: Mapping) -> str | None:
    called = text(variables, "dialed_user") or text(variables, "sip_to_user")
    is_outside = called and len(called) > LONGEST_EXTENSION and called.lstrip("+").isdigit()
    return None if is_outside else called


def _name(profile: Mapping, caller: str | None) -> str | None:
    """The caller's name, unless it repeats the number."""
    name = number(profile, "caller_id_name")
    return None if name in (caller, "anonymous") else name
