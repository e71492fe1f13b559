"""Which of Asterisk's devices are phones of the company, and which connect with the outside.

The relay reports facts about devices, as ``PeerFacts``. They are those that a user with the right
``reporting`` can ask for:

=================  ==========================================================================
``Channel``        technology and name, ``PJSIP/alice``
``Context``        where its calls begin in the dial plan
``CallerID``       ``"Alice" <199>``
``Auth``           whether it has to log in to call
``OutboundAuth``   whether Asterisk logs in there to call
``MaxContacts``    how many devices may register under the name
``Registers``      whether Asterisk registers there
``Hints``          of extensions that show the state of the device: ``Exten``, ``Hint``
``Device``         its entry in FreePBX: ``User``, ``Type``
=================  ==========================================================================

No single name pattern decides anything: names are chosen freely. What an administrator has
decided takes precedence over all of this. The order of the rules was tried on a real Asterisk 22
with 15 endpoints; sources: https://docs.asterisk.org/Configuration/Channel-Drivers/SIP/
Configuring-res_pjsip/PJSIP-Configuration-Sections-and-Relationships/,
https://docs.asterisk.org/Configuration/Dialplan/Extension-State-and-Hints/
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime

from ..peers import PeerFacts, PeerReason, Verdict
from ..reading import required_text, text
from ..reasons import Reason, Why
from ..settings import Peer, Settings
from ..text import _lt
from ..times import read_time
from .ami_event import read_peer

EVENT = "PeerFacts"
UNKNOWN = "<unknown>"
NOBODY = "none"  # in FreePBX's device: nobody is logged on at it

LABELS = {
    "CallerID": _lt("Caller ID"),
    "Context": _lt("Context"),
    "Auth": _lt("Must log in to call"),
    "OutboundAuth": _lt("The telephone system logs in there to call"),
    "MaxContacts": _lt("Devices that may register"),
    "Registers": _lt("The telephone system registers there"),
    "Hints": _lt("Shown as"),
    "Device": _lt("Device of"),
    "Channel": _lt("Channel"),
}

YES_OR_NO = frozenset({"Auth", "OutboundAuth", "Registers"})

_CALLER_NUMBER = re.compile(r"<(?P<number>[^<>]+)>")
_NUMBER_AT_END = re.compile(r"[a-z]*[-_]?(?P<number>\d{2,6})", re.IGNORECASE)


# === READING === #


def read_facts(item: Mapping, settings: Settings, received_at: datetime) -> list[PeerFacts]:
    """Return what a message of the relay reports about devices.

    :raise ValueError: it is not such a message
    """
    peers = item.get("Peers")
    if not isinstance(peers, list):
        raise ValueError(Reason(Why.NO_LIST, name="Peers"))
    at = received_at
    if stamp := text(item, "Timestamp"):
        at = read_time(stamp, settings.tz, received_at)
    return [_read_peer_facts(peer, at) for peer in peers]


def _read_peer_facts(peer, at: datetime) -> PeerFacts:
    if not isinstance(peer, Mapping):
        raise ValueError(Reason(Why.NO_OBJECTS, name="Peers"))
    channel = required_text(peer, "Channel")
    name = read_peer(channel)
    if not name:
        raise ValueError(Reason(Why.NO_DEVICE, value=repr(channel)))
    facts = {key: _read_fact(peer, key) for key in LABELS}
    return PeerFacts(name, at, {key: value for key, value in facts.items() if value})


def _read_fact(peer: Mapping, key: str):
    if key in YES_OR_NO:
        return bool(peer.get(key))
    if key == "Hints":
        return [_read_texts(hint, ("Exten", "Hint")) for hint in peer.get(key) or ()]
    if key == "Device":
        return _read_texts(peer.get(key) or {}, ("User", "Type"))
    value = text(peer, key)
    return None if value == UNKNOWN else value


def _read_texts(values, names: tuple[str, ...]) -> dict[str, str]:
    if not isinstance(values, Mapping):
        raise ValueError(Reason(Why.HINT_NO_OBJECT))
    return {name: text(values, name) or "" for name in names if text(values, name)}


def describe(facts: Mapping) -> list[tuple[str, str]]:
    """Return facts as labels and values for people; values of yes/no facts are empty."""
    shown = {name: facts[name] for name in LABELS if facts.get(name)}
    if hints := _extensions(facts):
        shown["Hints"] = ", ".join(sorted(hints))
    if "Device" in shown:
        shown["Device"] = _device_user(facts)
    return [(LABELS[name], "" if value is True else str(value)) for name, value in shown.items()]


# === DECIDING === #


def judge(facts: Mapping[str, Mapping], settings: Settings, moment: datetime) -> dict[str, Verdict]:
    """Return what the devices are that nobody has decided.

    :param facts: what is known about each device, by its name; empty if that is nothing
    :param settings: with what has been decided
    :param moment: decisions until then count
    """
    known = {name: settings.find_peer(name, moment) for name in facts}
    open_names = [name for name, peer in known.items() if not peer]
    verdicts = {name: Verdict() for name in open_names}
    for name in open_names:
        if _logs_in_there(facts[name]):
            verdicts[name] = Verdict(True, reason=PeerReason.REGISTERS)
    trunk_contexts = set(_contexts(_trunks(known, verdicts), facts))
    for name in open_names:
        if not verdicts[name].is_certain:
            verdicts[name] = _judge_phone(name, facts[name], trunk_contexts)
    for name in _trunks_by_context(facts, known, verdicts):
        verdicts[name] = Verdict(True, reason=PeerReason.CONTEXT)
    for name in open_names:
        if not verdicts[name].reason:
            verdicts[name] = _propose(name, facts[name], settings)
    return verdicts


def _logs_in_there(facts: Mapping) -> bool:
    return bool(facts.get("Registers") or (facts.get("OutboundAuth") and not facts.get("Auth")))


def _trunks(known: Mapping[str, Peer | None], verdicts: Mapping[str, Verdict]) -> Iterator[str]:
    yield from (name for name, peer in known.items() if peer and peer.is_trunk)
    yield from (name for name, verdict in verdicts.items() if verdict.is_trunk)


def _contexts(names: Iterable[str], facts: Mapping[str, Mapping]) -> Iterator[str]:
    return (context for name in names if (context := facts[name].get("Context")))


def _judge_phone(name: str, facts: Mapping, trunk_contexts: set[str]) -> Verdict:
    if user := _device_user(facts):
        return Verdict(True, name if user == NOBODY else user, PeerReason.DEVICE)
    extensions = _extensions(facts)
    if not extensions:
        return Verdict()
    alone = {extension for extension, is_alone in extensions.items() if is_alone}
    caller = _caller_number(facts)
    # A lamp can show the state of a trunk, too.
    may_be_trunk = facts.get("Context") in trunk_contexts and not _may_log_in(facts)
    if len(extensions) == 1 or caller in extensions:
        extension = caller if caller in extensions else min(extensions)
        return Verdict(not may_be_trunk, extension, PeerReason.HINT)
    if len(alone) == 1:
        return Verdict(False, min(alone), PeerReason.HINT)
    return Verdict()


def _trunks_by_context(facts, known, verdicts) -> list[str]:
    """Return undecided devices whose calls begin where only those of trunks do.

    A context in which a device can log in is never proof: phones do.
    """
    phones = {name for name, peer in known.items() if peer and not peer.is_trunk}
    phones |= {name for name, v in verdicts.items() if v.is_certain and v.extension}
    trunks = set(_trunks(known, verdicts))
    others = [name for name in facts if name not in trunks and _may_log_in(facts[name])]
    contexts = set(_contexts(trunks, facts)) - set(_contexts([*phones, *others], facts))
    return [
        name
        for name, verdict in verdicts.items()
        if not verdict.reason and facts[name].get("Context") in contexts
    ]


def _propose(name: str, facts: Mapping, settings: Settings) -> Verdict:
    """Return the extension that a device may belong to: a person has to decide."""
    by_number = {phone.lower(): phone for phone in settings.phones}
    if extension := by_number.get(_caller_number(facts).lower()):
        return Verdict(False, extension, PeerReason.CALLER_ID)
    ending = _NUMBER_AT_END.fullmatch(name)
    if ending and (extension := by_number.get(ending["number"])):
        return Verdict(False, extension, PeerReason.NAME)
    return Verdict()


# === FACTS === #


def _may_log_in(facts: Mapping) -> bool:
    """Return whether a device can register or log in, as phones do; it is not excluded if that
    is not reported."""
    if "Context" not in facts:
        return True
    return bool(facts.get("Auth")) or facts.get("MaxContacts", "0") != "0"


def _caller_number(facts: Mapping) -> str:
    match = _CALLER_NUMBER.search(facts.get("CallerID", ""))
    return match["number"].strip() if match else ""


def _device_user(facts: Mapping) -> str:
    return facts.get("Device", {}).get("User", "")


def _extensions(facts: Mapping) -> dict[str, bool]:
    """Return the extensions that show the state of a device, and whether of no other one.

    A hint is ``PJSIP/101&Custom:DND101,CustomPresence:101``: devices, then who is present.
    """
    found: dict[str, bool] = {}
    for hint in facts.get("Hints", ()):
        devices = hint.get("Hint", "").split(",")[0].split("&")
        devices = [device for device in devices if device and not device.startswith("Custom:")]
        extension = hint.get("Exten")
        if extension and facts.get("Channel") in devices:
            found[extension] = found.get(extension, False) or len(devices) == 1
    return found
