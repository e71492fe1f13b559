"""The tables in which Asterisk and FreePBX record past calls, exported as files.

* CEL, channel event logging: a row per step. A row says what an event of the manager interface
  says, and is read as that event (:mod:`.ami`).
* CDR, call detail records: a row per pair of channels, several for most calls. It says who was
  connected with whom, from when to when, but neither who hung up nor how long somebody waited in a
  queue.

Sources: https://docs.asterisk.org/Configuration/Reporting/Call-Detail-Records-CDR/ and
.../Channel-Event-Logging-CEL/, and tables recorded on Asterisk 22. Names of channels are used as
references of legs, since a CDR names the called channel only so.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta, tzinfo
from functools import partial

from ..event import ANONYMOUS, CallEvent, Cause, Kind, digest
from ..reading import number, required_text, seconds, text
from ..reasons import Reason, Why
from ..records import Record, Table, get_names
from ..settings import Settings
from ..times import read_time
from . import ami
from .ami_event import AmiEvent, read_peer

# The file Master.csv has no header. What its settings add stands behind these, in this order:
# https://github.com/asterisk/asterisk/blob/master/cdr/cdr_csv.c
_MASTER_CSV = (
    "accountcode",
    "src",
    "dst",
    "dcontext",
    "clid",
    "channel",
    "dstchannel",
    "lastapp",
    "lastdata",
    "start",
    "answer",
    "end",
    "duration",
    "billsec",
    "disposition",
    "amaflags",
)
_MASTER_CSV_MORE = {
    17: ("uniqueid",),
    18: (
        "uniqueid",
        "userfield",
    ),
    19: (
        "peeraccount",
        "linkedid",
        "sequence",
    ),
    20: (
        "uniqueid",
        "peeraccount",
        "linkedid",
        "sequence",
    ),
    21: (
        "uniqueid",
        "userfield",
        "peeraccount",
        "linkedid",
        "sequence",
    ),
}
# The file that the sample of cel_custom.conf writes, without a header.
_CEL_CSV = (
    "eventtype",
    "eventtime",
    "cid_name",
    "cid_num",
    "cid_ani",
    "cid_rdnis",
    "cid_dnid",
    "exten",
    "context",
    "channame",
    "appname",
    "appdata",
    "amaflags",
    "accountcode",
    "uniqueid",
    "linkedid",
    "peer",
    "userfield",
    "userdeftype",
    "extra",
)
# Other names of the same columns: of FreePBX, of the manager interface and of custom files.
_SYNONYMS = {
    "calldate": "start",
    "cidname": "cid_name",
    "cidnum": "cid_num",
    "channel_name": "channame",
    "eventextra": "extra",
}
_CDR_NEEDS = {"src", "dst", "channel", "dstchannel", "start", "disposition", "uniqueid"}
_CEL_NEEDS = {"eventtype", "eventtime", "channame", "uniqueid", "linkedid"}

# "Max Example" <12025550142>
_CALLER_ID = re.compile(r'\s*"?(?P<name>[^"<]*)"?\s*<[^>]*>\s*')
_LOCAL = re.compile(r"Local/(?P<device>[^@/]+)@.*", re.IGNORECASE)
_LOCAL_END = re.compile(r"(?P<wire>Local/.+);(?P<end>[12])", re.IGNORECASE)

_DISPOSITIONS = {
    "ANSWERED": None,
    "NO ANSWER": None,  # also of a phone that rang while another one answered
    "BUSY": Cause.BUSY,
    "FAILED": Cause.FAILED,
    "CONGESTION": Cause.FAILED,
}


def find_table(first: Sequence[str], settings: Settings) -> Table | None:
    """Return how the rows of a file are read; ``None`` if it is no such table.

    :param first: cells of its first row
    :param settings: of the telephone system
    """
    names = [_SYNONYMS.get(name, name) for name in get_names(first)]
    if _CEL_NEEDS.issubset(names):
        return Table(names, True, partial(read_cel, settings=settings))
    if _CDR_NEEDS.issubset(names):
        return Table(names, True, partial(read_cdr, settings=settings))
    if len(first) == len(_CEL_CSV) and first[0].strip() in _CEL_READERS:
        return Table(_CEL_CSV, False, partial(read_cel, settings=settings))
    if len(first) >= len(_MASTER_CSV) and first[14].strip() in _DISPOSITIONS:
        columns = _MASTER_CSV + _MASTER_CSV_MORE.get(len(first), ())
        return Table(columns, False, partial(read_cdr, settings=settings))
    return None


# === CALL DETAIL RECORDS === #


def read_cdr(
    row: Mapping[str, str], tz: tzinfo, received_at: datetime, *, settings: Settings
) -> list[CallEvent]:
    """Return what a row of the CDR reports.

    :raise ValueError: it cannot be read, with a reason for people
    """
    return _Cdr(row, tz, received_at, settings).events()


class _Cdr:
    """A row of the CDR: one channel, and the one that it called."""

    def __init__(self, row, tz: tzinfo, received_at: datetime, settings: Settings):
        self.row = row
        self.settings = settings
        self.disposition = required_text(row, "disposition").upper()
        if self.disposition not in _DISPOSITIONS:
            known = ", ".join(_DISPOSITIONS)
            value = repr(self.disposition[:40])
            raise ValueError(Reason(Why.UNKNOWN, name="disposition", value=value, known=known))
        if "uniqueid" not in row:
            raise ValueError(Reason(Why.NO_UNIQUEID))
        self.channel = required_text(row, "channel")
        self.called = text(row, "dstchannel")
        self.call = text(row, "linkedid") or required_text(row, "uniqueid")
        self.start = read_time(required_text(row, "start"), tz, received_at)
        duration = timedelta(seconds=seconds(row, "duration"))
        self.end = self._read_optional("end", tz, received_at) or self.start + duration
        talk = timedelta(seconds=seconds(row, "billsec"))
        answer = self._read_optional("answer", tz, received_at)
        self.answer = max(self.start, answer or self.end - talk)
        self.end = max(self.end, self.answer)

    def _read_optional(self, name, tz, received_at):
        value = text(self.row, name)
        is_none = not value or value.startswith("0000")  # as MySQL has it
        return None if is_none else read_time(value, tz, received_at)

    def events(self) -> list[CallEvent]:
        found = []
        if peer := read_peer(self.channel):
            found += [self._caller_begins(peer), self._event(Kind.ENDED, self.channel, self.end)]
            if self.application in ami.MAILBOX_APPLICATIONS:
                found.append(self._event(Kind.VOICEMAIL, self.channel, self.answer))
        if self.called and (peer := self._read_called_peer()):
            found += self._read_called(peer)
        return found

    @property
    def application(self) -> str | None:
        return text(self.row, "lastapp")

    @property
    def arguments(self) -> list[str]:
        return (self.row.get("lastdata") or "").split(",")

    def _event(self, kind: Kind, leg: str, at: datetime, **about) -> CallEvent:
        # what is the same in every export of the row
        row = (self.call, self.channel, self.called, self.disposition, self.application)
        times = (self.start, self.answer, self.end)
        uid = digest([*row, *(time.isoformat() for time in times)])
        return CallEvent(
            call=self.call,
            kind=kind,
            at=at,
            uid=f"cdr:{uid}:{kind.value}:{leg}",
            leg=leg,
            record=Record.PART.value,
            **about,
        )

    def _caller_begins(self, peer: str) -> CallEvent:
        caller = number(self.row, "src")
        match = _CALLER_ID.fullmatch(self.row.get("clid") or "")
        name = match and number(match.groupdict(), "name")
        dialled = number(self.row, "dst")
        return self._event(
            Kind.RINGING,
            self.channel,
            self.start,
            peer=peer,
            is_caller=True,
            from_number=caller,
            from_name=None if name in (ANONYMOUS, caller) else name,
            to_number=None if dialled == "s" else dialled,
            line=number(self.row, "did"),
            queue=self.arguments[0] or None if self.application == "Queue" else None,
        )

    def _read_called_peer(self) -> str | None:
        """Return the device that was called. Without the reference of the whole call, who answered
        behind a part of the dial plan is only known by its name."""
        if peer := read_peer(self.called):
            return peer
        match = None if text(self.row, "linkedid") else _LOCAL.fullmatch(self.called)
        return match and match["device"]

    def _read_called(self, peer: str) -> list[CallEvent]:
        found = [
            self._event(Kind.RINGING, self.called, self.start, peer=peer),
            self._event(Kind.ENDED, self.called, self.end, cause=_DISPOSITIONS[self.disposition]),
        ]
        if dialled := self._read_dialled(peer):
            found.append(
                self._event(
                    Kind.DIALLED, self.channel, self.start, other=self.called, to_number=dialled
                )
            )
        if self.disposition == "ANSWERED":
            # who waits in a queue is answered later than the row says; see records.py
            queue = self.arguments[0] if self.application == "Queue" else None
            about = {"peer": peer, "queue": queue or None}
            found.append(self._event(Kind.ANSWERED, self.called, self.answer, **about))
            if caller := read_peer(self.channel):
                about["peer"] = caller
                found.append(self._event(Kind.ANSWERED, self.channel, self.answer, **about))
        return found

    def _read_dialled(self, peer: str) -> str | None:
        """Return the number that was dialled through a connection to the outside."""
        if self.application == "Queue":
            return None
        asked = [one for one in self.arguments[0].split("&") if peer in one]
        headers = {"DialString": asked[0] if asked else "", "DestChannel": self.called}
        return AmiEvent(headers, self.settings, self.start).dialled_through()


# === CHANNEL EVENTS === #


def read_cel(
    row: Mapping[str, str], tz: tzinfo, received_at: datetime, *, settings: Settings
) -> list[CallEvent]:
    """Return what a row of the CEL reports.

    :raise ValueError: it cannot be read, with a reason for people
    """
    make = _CEL_READERS.get(required_text(row, "eventtype").upper())
    if not make:
        return []
    cel = _Cel(row, read_time(required_text(row, "eventtime"), tz, received_at), settings)
    found = [
        replace(event, uid=event.uid.replace("ami:", "cel:"), record=Record.STEP.value)
        for headers in make(cel)
        for event in ami.read_event(headers, settings, received_at)
    ]
    return cel.with_wires(found)


class _Cel:
    """A row of the CEL, and the headers of the manager interface with the same meaning."""

    def __init__(self, row: Mapping[str, str], at: datetime, settings: Settings):
        self.row = row
        self.at = at
        self.settings = settings
        self.extra = self._read_extra()

    def _read_extra(self) -> Mapping:
        try:
            extra = json.loads(self.row.get("extra") or "{}")
        except ValueError:
            return {}  # an older Asterisk, with other texts there
        return extra if isinstance(extra, Mapping) else {}

    def get(self, name: str) -> str:
        return text(self.row, name) or ""

    def headers(self, event: str, prefix: str = "", **more: str) -> dict:
        channel = {
            "Channel": self.get("channame"),
            "Uniqueid": required_text(self.row, "uniqueid"),
            "Linkedid": self.get("linkedid") or required_text(self.row, "uniqueid"),
        }
        return {
            "Event": event,
            "Timestamp": f"{self.at.timestamp():.6f}",
            **{f"{prefix}{name}": value for name, value in channel.items()},
            **more,
        }

    def is_caller(self) -> bool:
        """Return whether the channel's party called Asterisk: it has dialled something. A channel
        that Asterisk calls begins at ``s``, as some trunks do."""
        if self.get("exten") not in ("", "s"):
            return True
        peer = read_peer(self.get("channame"))
        known = peer and self.settings.find_peer(peer, self.at)
        return self.get("uniqueid") == self.get("linkedid") and bool(known) and known.is_trunk

    def with_wires(self, events: list[CallEvent]) -> list[CallEvent]:
        """Return the events of one end of a wire within the dial plan, by the name that says which
        other end belongs to it."""
        match = _LOCAL_END.fullmatch(self.get("channame"))
        if not match:
            return events
        wire, own = match["wire"], match[0]
        events = [replace(e, leg=own) if e.leg == self.get("uniqueid") else e for e in events]
        if self.get("eventtype").upper() == "CHAN_START":
            events.append(
                CallEvent(
                    call=self.get("linkedid"),
                    kind=Kind.PAIRED,
                    at=self.at,
                    uid=f"cel:{self.get('uniqueid')}:paired",
                    leg=f"{wire};1",
                    other=f"{wire};2",
                    record=Record.STEP.value,
                )
            )
        return events


def _chan_start(cel: _Cel) -> list[dict]:
    state = "Ring" if cel.is_caller() else "Down"
    about = {
        "ChannelStateDesc": state,
        "CallerIDNum": cel.get("cid_num"),
        "CallerIDName": cel.get("cid_name"),
        "Exten": cel.get("exten"),
    }
    return [cel.headers("Newchannel", **about)]


def _answer(cel: _Cel) -> list[dict]:
    return [cel.headers("Newstate", ChannelState=ami.CHANNEL_UP), *_application(cel)]


def _application(cel: _Cel) -> list[dict]:
    """The row names the application that its channel is in: a mailbox, or a queue."""
    if cel.get("appname") == "Queue":
        return [cel.headers("QueueCallerJoin", Queue=cel.get("appdata").split(",")[0])]
    return [cel.headers("Newexten", Application=cel.get("appname"))]


def _bridge_enter(cel: _Cel) -> list[dict]:
    return [cel.headers("BridgeEnter", **_get_bridge(cel)), *_application(cel)]


def _bridge_exit(cel: _Cel) -> list[dict]:
    return [cel.headers("BridgeLeave", **_get_bridge(cel))]


def _get_bridge(cel: _Cel) -> dict:
    return {
        "BridgeUniqueid": str(cel.extra.get("bridge_id") or ""),
        "BridgeTechnology": str(cel.extra.get("bridge_technology") or ""),
    }


def _hangup(cel: _Cel) -> list[dict]:
    cause = str(cel.extra.get("hangupcause") or "")
    found = [cel.headers("Hangup", Cause=cause)]
    source, status = cel.extra.get("hangupsource"), cel.extra.get("dialstatus")
    if status == "CANCEL" or (source == cel.get("channame") and not status):
        found.append(cel.headers("HangupRequest", Cause=cause))
    return found


def _pickup(cel: _Cel) -> list[dict]:
    other = str(cel.extra.get("pickup_channel_uniqueid") or "")
    return [cel.headers("Pickup", "Target", Linkedid=other)] if other else []


def _blind_transfer(cel: _Cel) -> list[dict]:
    return [cel.headers("BlindTransfer", "Transferer", Result="Success")]


def _attended_transfer(cel: _Cel) -> list[dict]:
    second = str(cel.extra.get("channel2_uniqueid") or "")
    about = {"Result": "Success", "SecondTransfererLinkedid": second}
    return [cel.headers("AttendedTransfer", "OrigTransferer", **about)] if second else []


_CEL_READERS = {
    "CHAN_START": _chan_start,
    "ANSWER": _answer,
    "APP_START": _application,
    "STREAM_BEGIN": _application,
    "BRIDGE_ENTER": _bridge_enter,
    "BRIDGE_EXIT": _bridge_exit,
    "HANGUP": _hangup,
    "PICKUP": _pickup,
    "BLINDTRANSFER": _blind_transfer,
    "ATTENDEDTRANSFER": _attended_transfer,
}
