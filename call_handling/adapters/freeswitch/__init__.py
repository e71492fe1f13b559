"""FreeSWITCH, and FusionPBX which is built on it: records of mod_json_cdr, and mod_xml_rpc.

At the end of a leg its record is posted: as JSON, as a form with the JSON in ``cdr``, or the
same in base64. The record of the leg that began a call names the phones that it rang, how each
ended, and when one answered, so that it suffices; those of the phones, which are sent with
``log-b-leg``, are more exact. The channel of a caller is also "answered" by a queue, an
announcement and a mailbox: a person has answered when two channels were bridged.

Sources: mod_json_cdr.c of https://github.com/signalwire/freeswitch, public records of answered
calls, https://developer.signalwire.com/freeswitch/ (mod_json_cdr, mod_xml_rpc). Not seen in a
record: a call that was not answered, that was transferred, or that the mailbox took.
"""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from datetime import datetime, timedelta, timezone
from importlib.resources import files
from urllib.parse import quote
from xml.sax.saxutils import quoteattr

import requests

from ..base import (
    Action,
    Adapter,
    Capabilities,
    Configuration,
    Dial,
    Dialled,
    FormField,
    Guide,
    RecordingAbility,
    RecordingFacts,
    Tested,
)
from ..event import CallEvent, Cause, Direction, Kind, digest
from ..guide import CALLER_NUMBER, DIALLED_NUMBERS
from ..reading import LONGEST_EXTENSION, number, required_text, seconds, text
from ..reasons import Reason, Why
from ..recording import SYSTEM_RECORDS
from ..request import Malformed, WebhookRequest
from ..signature import read_basic_password, require_one_of
from ..text import _lt
from ..times import read_time
from ..vocabulary import Vocabulary
from .record import (
    PROFILE,
    VARIABLES,
    list_of,
    name_file,
    objects_of,
    profile_of,
    read_record,
    reduce,
)

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
# cc_cancel_reason of mod_callcenter
QUEUE_CAUSES = {
    "TIMEOUT": Cause.NO_ANSWER,
    "NO_AGENT_TIMEOUT": Cause.NO_ANSWER,
    "BREAK_OUT": Cause.CANCELLED,
}
AGENT = "agent"  # cc_side
TRANSFER = "ATTENDED_TRANSFER"  # hangup_cause
MACHINE = "MACHINE"  # amd_result of mod_amd
MAILBOX = "voicemail"
_LONGEST_AGENT = 32  # characters; an id is longer
NUMBER_VARIABLE = "call_handling_number"  # ours: the number that a click calls


class FreeSwitchAdapter(Adapter):
    """FreeSWITCH by way of its call detail records."""

    code = "freeswitch"
    name = "FreeSWITCH / FusionPBX"
    capabilities = Capabilities(dials=True, live=False, recordings=SYSTEM_RECORDS)
    phone_address = "user/{extension}"
    fields = (
        FormField(
            "api_url",
            _lt("Address of mod_xml_rpc"),
            placeholder=_lt("e.g. http://192.0.2.10:8080"),
            required=True,
        ),
        FormField("api_account", _lt("Context"), placeholder="default"),
        FormField("phone_address", _lt("Phone"), placeholder="user/{extension}"),
        FormField("api_user", _lt("User"), required=True),
        FormField("api_secret", _lt("Password"), required=True),
        CALLER_NUMBER,
        *DIALLED_NUMBERS,
    )
    guide = Guide(
        tested=Tested(
            messages="the form of public records of answered calls; others by the source of "
            "mod_json_cdr",
            proof="password",
            api="by the documents",
        ),
        system=_lt("FreeSWITCH or FusionPBX"),
        steps=(
            _lt("Create the secret above, and save this file: {file}"),
            _lt("Put it into autoload_configs, enter the secret in it, and load mod_json_cdr."),
            _lt("Below, under Extensions, enter the extension numbers."),
            _lt(
                "To dial from Odoo: load mod_xml_rpc with a user and a password. Nobody but Odoo "
                "should be able to reach its port. With FusionPBX, set Phone to "
                "user/{extension}@domain-of-the-tenant and Context to that domain."
            ),
        ),
        extensions="extension, `101`",
        supported=(
            "ring groups, menus, the call centre's queues, voicemail (also FusionPBX's own), "
            "transfers, pickup, calls that are bridged later, conferences, outside numbers, calls "
            "of your own program; the records of the phones "
            "(`log-b-leg`) make it more exact, but are not needed",
        ),
        not_supported=("nothing is shown while it rings", "hold"),
        impossible={
            "attended transfer, refused": "nothing connects the question with the call that it "
            "was about: it is a call of its own",
            "the customer's mailbox answers": "machines are detected in calls of programs only",
        },
        uncontrolled=dict.fromkeys(
            Action, "a call is reported when it has ended: until then, Odoo does not know it"
        ),
        recording="a program beside it [sends the files]"
        "(../../call_handling_relay/README.md#recordings-of-freeswitch), also those of messages in "
        "mailboxes",
        unrecorded={
            RecordingAbility.FETCH: "a program beside it sends the files",
            RecordingAbility.DELETE: "the files are deleted by whoever has them",
        },
        partly={
            "a program of the company calls, a machine answers": "not how long the detection took",
        },
        not_confirmed=(
            "records of calls that were not answered, were transferred, or went to the mailbox "
            "have not been seen, only the source that writes them",
        ),
        details="`json_cdr.conf.xml` belongs into `autoload_configs`; add "
        '`<load module="mod_json_cdr"/>` to `modules.conf.xml`. All three encodings of the module '
        "are understood. Whoever reaches the port of `mod_xml_rpc` can do anything.",
    )
    vocabulary = Vocabulary(
        words={
            "direction": CALL_DIRECTIONS,
            "call_direction": CALL_DIRECTIONS,
            "hangup_cause": CAUSES,
            "cc_side": {AGENT, "member"},
            "cc_cancel_reason": QUEUE_CAUSES,
            "voicemail_action": {"save"},
            "amd_result": {MACHINE, "HUMAN", "NOTSURE"},
            "last_app": {MAILBOX, "bridge", "callcenter"},
        },
        times=frozenset(
            {"start_uepoch", "answer_uepoch", "bridge_uepoch", "end_uepoch", "created_time"}
            | {"profile_created_time", "answered_time", "bridged_time", "hangup_time"}
            | {"transfer_time", "cc_queue_answered_epoch", "cc_queue_terminated_epoch"}
        ),
        lengths=frozenset({"voicemail_message_seconds"}),
        names=frozenset(
            {"variables", "callflow", "caller_profile", "times", "legs", "recording"}
            | {*VARIABLES, *PROFILE}
        ),
        # in the lists of legs and causes
        marks=frozenset({"ARRAY", "Outbound", "Call", "Inbound", *CAUSES}),
    )

    # === IN === #

    def verify(self, request: WebhookRequest) -> None:
        given = read_basic_password(request)
        require_one_of(given, self.settings.secrets(request.received_at))

    def split(self, request: WebhookRequest) -> list:
        record = read_record(request)
        if not isinstance(record, Mapping):
            raise Malformed(Reason(Why.RECORD_NO_OBJECT))
        return [reduce(record)]

    def events(self, item, received_at: datetime) -> list[CallEvent]:
        if not isinstance(item, Mapping) or not isinstance(item.get("variables"), Mapping):
            raise ValueError(Reason(Why.NO_CALL_RECORD))
        return _Record(item, received_at).events()

    def recordings(self, item, received_at: datetime) -> list[RecordingFacts]:
        """Return the file that a program beside FreeSWITCH sends, and the message in a mailbox."""
        if not isinstance(item, Mapping) or not isinstance(item.get("variables"), Mapping):
            return []
        record = _Record(item, received_at)
        about = {"call": record.call, "leg": record.leg}
        if record.has_message():
            # as mod_voicemail and FusionPBX name the file
            ref = name_file(f"msg_{record.leg}.wav")
            return [RecordingFacts(ref=ref, is_requested=True, **about)]
        answer = record.moment(record.variables, "answer_uepoch")
        ref = text(item, "recording")
        return [RecordingFacts(ref=ref, start=answer, **about)] if ref and answer else []

    def make_configuration(self) -> Configuration:
        template = files(__package__).joinpath("json_cdr.conf.xml").read_text("utf-8")
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
        command = f"originate {{{variables}}}{phone} {called} XML {context}"
        # in the background: otherwise the answer would wait until the phone is answered
        self.ask("GET", f"txtapi/bgapi?{quote(command)}")
        return Dialled(call)


class _Record:
    """The record of one leg."""

    def __init__(self, item: Mapping, received_at: datetime):
        self.variables: Mapping = item["variables"]
        self.flow = objects_of(item.get("callflow"))
        self.received_at = received_at
        self.leg = required_text(self.variables, "uuid")
        self.number = text(self.variables, NUMBER_VARIABLE)
        self.is_called = self.get("direction") == "outbound" and not self.number
        self.call = self._call()
        self.uid = f"{self.leg}:{digest(item)}"
        self.start = self.moment(self.variables, "start_uepoch") or received_at
        self.end = self.moment(self.variables, "end_uepoch") or received_at

    def _call(self) -> str:
        if not self.is_called:
            return self.leg
        # A queue calls its agents without a session: their own call_uuid says nothing.
        member = self.get("cc_member_session_uuid") if self.get("cc_side") == AGENT else None
        return member or self.get("call_uuid") or self.leg

    def get(self, name: str) -> str | None:
        return text(self.variables, name)

    def queue(self) -> str | None:
        """Return the queue of the call centre, without the domain."""
        return (self.get("cc_queue") or "").partition("@")[0] or None

    def moment(self, values: Mapping, name: str) -> datetime | None:
        """Return a time that was sent in microseconds since 1970; 0 means never."""
        value = text(values, name) or "0"
        if not value.isdigit() or len(value) < 7:
            return None
        return read_time(f"{value[:-6]}.{value[-6:]}", timezone.utc, self.received_at)

    def epoch(self, name: str) -> datetime | None:
        """Return a time of the call centre, which was sent in seconds since 1970."""
        value = self.get(name) or "0"
        if not value.isdigit() or not int(value):
            return None
        return read_time(value, timezone.utc, self.received_at)

    def event(self, kind: Kind, at: datetime, leg: str | None = None, **values) -> CallEvent:
        leg = leg or self.leg
        return CallEvent(self.call, kind, at, f"{self.uid}:{kind.value}:{leg}", leg, **values)

    def events(self) -> list[CallEvent]:
        is_agent = self.get("cc_side") == AGENT
        events = self.of_phone() if self.call != self.leg or is_agent else self.of_call()
        return events + self.joins() if events else []

    def joins(self) -> list[CallEvent]:
        """Return that this call and others are one: legs that were bridged with each other, also
        after a pickup or a transfer, those of one conference, and of one member of a queue."""
        names = {self.get(name) for name in ("bridge_uuid", "signal_bond", "cc_agent_uuid")}
        names |= {self.get("cc_member_uuid"), self.get("conference_uuid")}
        if self.call != self.leg:
            names.add(self.leg)
        names |= {leg for leg, *_rest in _array(self.get("originated_legs"))}
        return [
            CallEvent(self.call, Kind.JOINED, self.start, f"{self.uid}:{name}", alias=name)
            for name in sorted(filter(None, names - {self.call}))
        ]

    # --- the record of a phone that rang -----------------------------------------------

    def of_phone(self) -> list[CallEvent]:
        direction = CALL_DIRECTIONS.get(self.get("call_direction") or "")
        phone = {"part": self.call, "queue": self.queue(), "direction": direction}
        phone |= self._whose(_called(self.variables) or _agent(self.get("cc_agent")))
        why = self.get("hangup_cause") or ""
        events = [
            self.event(Kind.RINGING, self.start, **phone),
            self.event(Kind.ENDED, self.end, cause=CAUSES.get(why, Cause.FAILED), **phone),
        ]
        if answer := self.moment(self.variables, "answer_uepoch"):
            events.append(self.event(Kind.ANSWERED, answer, **phone))
            if why == TRANSFER:
                events.append(self.event(Kind.TRANSFERRED, self.end, **phone))
        return events

    @staticmethod
    def _whose(called: str | None) -> dict:
        """Return the phone or the outside party that was called."""
        if not called:
            return {}
        return {"number": called} if _is_outside(called) else {"extension": called}

    # --- the record of the leg that began the call ------------------------------------

    def of_call(self) -> list[CallEvent]:
        about = self.about()
        if (about["to_number"] or "").startswith("*") and not self.bridged():
            return []  # a feature code, nobody was called
        phones = self.rung_phones(about["direction"]) + self.agent()
        events = [
            self.event(Kind.RINGING, self.start, **about),
            self.event(Kind.ENDED, self.end, cause=self.cause()),
            *phones,
            *self.answered(about),
        ]
        if not any(event.kind is Kind.ANSWERED for event in events) and self.is_in_mailbox():
            length = timedelta(seconds=seconds(self.variables, "voicemail_message_seconds"))
            events.append(self.event(Kind.VOICEMAIL, max(self.end - length, self.start)))
        return events

    def cause(self) -> Cause | None:
        if reason := QUEUE_CAUSES.get(self.get("cc_cancel_reason") or ""):
            return reason
        cause = CAUSES.get(self.get("hangup_cause") or "", Cause.FAILED)
        # The own phone was not picked up after a click: nobody was called.
        return Cause.CANCELLED if self.number and cause is Cause.NO_ANSWER else cause

    def is_in_mailbox(self) -> bool:
        # FusionPBX has a mailbox of its own, written in Lua.
        return self.has_message() or self.get("last_app") == MAILBOX

    def has_message(self) -> bool:
        """Return whether somebody has left a message."""
        is_saved = self.get("voicemail_action") == "save"
        return is_saved or seconds(self.variables, "voicemail_message_seconds") > 0

    def answered(self, about: dict) -> list[CallEvent]:
        """Return the answers that do not come from the phones that this leg has rung."""
        answer = self.moment(self.variables, "answer_uepoch")
        if self.is_called and answer:
            # A program of the company has called somebody.
            if self.get("amd_result") == MACHINE:
                return [self.event(Kind.VOICEMAIL, answer, is_machine=True)]
            return [self.event(Kind.ANSWERED, answer)]
        partner, is_own = self.partner(), bool(about.get("extension"))
        if partner and (bridged := self.bridged()):
            # It was connected with a leg of another call: by a pickup or from a parking lot.
            leg = self.leg if is_own else partner
            return [self.event(Kind.ANSWERED, bridged, leg, room=f"bridge/{self.leg}")]
        if self.get("conference_uuid") and is_own and answer:
            return [self.event(Kind.ANSWERED, answer, room=self.get("conference_uuid"))]
        return []

    def partner(self) -> str | None:
        """Return the leg that this one was connected with, if it has not called it."""
        rung = {leg for leg, *_rest in _array(self.get("originated_legs"))}
        rung.add(self.get("cc_agent_uuid") or "")
        partner = self.get("bridge_uuid") or self.get("signal_bond")
        return partner if partner not in rung else None

    def about(self) -> dict:
        """Return who calls whom. The oldest profile of the flow has what was dialled first."""
        profile = profile_of(self.flow[-1]) if self.flow else {}
        dialled = number(profile, "destination_number")
        direction = self.direction(dialled)
        about = {"direction": direction, "queue": self.queue()}
        if self.is_called:
            called = _called(self.variables) or dialled
            line = {"line": number(profile, "caller_id_number"), "to_number": None}
            to = {"to_number": called} if called and _is_outside(called) else {}
            return about | line | self._whose(called) | to
        # The channel that a click begins has a meaningless caller number.
        caller = None if self.number else number(profile, "caller_id_number")
        about |= {"from_number": caller, "to_number": dialled}
        about |= {} if self.number else {"is_caller": True}
        if direction is Direction.INCOMING:
            return about | {"line": dialled, "from_name": _name(profile, caller)}
        phone = self.get("dialed_user") if self.number else self.get("user_name")
        names = ("effective_caller_id_number", "outbound_caller_id_number")
        line = next(filter(None, (number(self.variables, name) for name in names)), None)
        about |= {"line": line} if direction is Direction.OUTGOING else {}
        return about | {"to_number": self.number or dialled, "extension": phone}

    def direction(self, dialled: str | None) -> Direction:
        if self.number or self.is_called:
            return Direction.OUTGOING
        if known := CALL_DIRECTIONS.get(self.get("call_direction") or ""):
            return known
        if not self.get("user_name"):
            return Direction.INCOMING
        internal = dialled and len(dialled) <= LONGEST_EXTENSION
        return Direction.INTERNAL if internal else Direction.OUTGOING

    def agent(self) -> list[CallEvent]:
        """Return the agent of a call centre's queue who has answered."""
        leg, answer = self.get("cc_agent_uuid"), self.epoch("cc_queue_answered_epoch")
        if not leg or not answer:
            return []
        phone = {"part": self.call} | self._whose(_agent(self.get("cc_agent")))
        end = self.epoch("cc_queue_terminated_epoch") or self.end
        return [
            self.event(Kind.ANSWERED, answer, leg, **phone),
            self.event(Kind.ENDED, end, leg, cause=Cause.NORMAL, **phone),
        ]

    def rung_phones(self, direction: Direction) -> list[CallEvent]:
        events = []
        causes = dict(entry[:2] for entry in _array(self.get("originate_causes")) if entry[1:])
        for leg, *_name_of_it, called in _array(self.get("originated_legs")):
            phone = {"part": self.call} | self._whose(called)
            if direction is Direction.OUTGOING:
                phone.pop("number", None)  # the remote party, however the number is written
            events.append(self.event(Kind.RINGING, self.rang(leg), leg, **phone))
            events += self.outcome_of(leg, causes.get(leg, "NONE"))
        return events

    def rang(self, leg: str) -> datetime:
        """Return when a phone began to ring, at the earliest."""
        profile = self.moment(self.times_of(leg), "profile_created_time")
        # Whom a program has called must have answered before a phone rings.
        answer = self.moment(self.variables, "answer_uepoch") if self.is_called else None
        return max(filter(None, (self.start, profile, answer)))

    def outcome_of(self, leg: str, cause: str) -> list[CallEvent]:
        if cause not in ANSWERED_CAUSES:
            # When it stopped is not reported here: its own record says so, else the call does.
            ended = CAUSES.get(cause, Cause.FAILED)
            at = self.bridged() if ended is Cause.ELSEWHERE else None
            return [self.event(Kind.ENDED, at or self.end, leg, cause=ended)]
        times = self.times_of(leg)
        answer = self.moment(times, "bridged_time") or self.bridged()
        if not answer:
            return []
        events = [self.event(Kind.ANSWERED, answer, leg)]
        if passed_on := self.moment(times, "transfer_time"):
            events.append(self.event(Kind.TRANSFERRED, passed_on, leg))
            events.append(self.event(Kind.ENDED, passed_on, leg, cause=Cause.NORMAL))
        return events

    def bridged(self) -> datetime | None:
        return self.moment(self.variables, "bridge_uepoch")

    def times_of(self, leg: str) -> Mapping:
        """Return the times of the part of the flow in which a phone rang."""
        entry = next((one for one in self.flow if leg in list_of(one.get("legs"))), {})
        times = entry.get("times")
        return times if isinstance(times, Mapping) else {}


def _array(value: str | None) -> list[list[str]]:
    """Return the entries of ``ARRAY::a;b|:c;d``, each once, with their parts."""
    entries = (value or "").removeprefix("ARRAY::").split("|:")
    return [entry.split(";") for entry in dict.fromkeys(entries) if ";" in entry]


def _called(variables: Mapping) -> str | None:
    return text(variables, "dialed_user") or text(variables, "sip_to_user")


def _agent(name: str | None) -> str | None:
    """Return the extension of an agent who is named by it; FusionPBX names agents by an id."""
    extension = (name or "").partition("@")[0]
    return extension if len(extension) <= _LONGEST_AGENT else None


def _is_outside(called: str) -> bool:
    return len(called) > LONGEST_EXTENSION and called.lstrip("+").isdigit()


def _name(profile: Mapping, caller: str | None) -> str | None:
    """Return the caller's name, unless it repeats the number."""
    name = number(profile, "caller_id_name")
    return None if name in (caller, "anonymous") else name
