"""What of Asterisk's messages names nobody."""

from __future__ import annotations

import re

from ..vocabulary import Vocabulary
from . import peers, states
from .ami import DIAL_STATUS, EVENTS, HANGUP_CAUSES, MAILBOX_APPLICATIONS, ORIGINATE_REASONS

# Headers about a channel or a bridge; events about several have a word before them.
_CHANNEL = [
    "Channel",
    "ChannelState",
    "ChannelStateDesc",
    "CallerIDNum",
    "CallerIDName",
    "ConnectedLineNum",
    "ConnectedLineName",
    "Language",
    "AccountCode",
    "Context",
    "Exten",
    "Priority",
    "Uniqueid",
    "Linkedid",
    "ChanVariable",
]
_BRIDGE = [
    "BridgeUniqueid",
    "BridgeType",
    "BridgeTechnology",
    "BridgeCreator",
    "BridgeName",
    "BridgeNumChannels",
    "BridgeVideoSourceMode",
]
_WHOSE = [
    "Dest",
    "LocalOne",
    "LocalTwo",
    "Transferer",
    "Transferee",
    "TransferTarget",
    "OrigTransferer",
    "SecondTransferer",
    "Target",
    "Parkee",
    "Retriever",
    "Orig",
    "Second",
    "To",
    "From",
]
_OTHERS = [
    "Peers",
    "DialString",
    "Queue",
    "AppData",
    "Extension",
    "Forward",
    "ParkerDialString",
    "Parkinglot",
    "ParkingSpace",
    "ActionID",
    "Interface",
    "MemberName",
    "Hint",
    "Hints",
    "Device",
    "User",
    "Type",
    "Presentity",
    "CallerID",
    "Registers",
    "Auth",
    "OutboundAuth",
    "MaxContacts",
    "Saved",
    "channel",
    "from",
    "to",
    "name",
]

# https://docs.asterisk.org/Latest_API/API_Documentation/Dialplan_Functions/CALLERID/
_PRESENTATIONS = {
    "unavailable",
    *(
        f"{kind}_{how}"
        for kind in ("allowed", "prohib")
        for how in ("not_screened", "passed_screen", "failed_screen")
    ),
    "allowed",
    "prohib",
}


def _of_all(names, values) -> dict:
    """Return values of headers, with each word that may stand before them."""
    return {f"{whose}{name}": values for name in names for whose in ("", *_WHOSE)}


VOCABULARY = Vocabulary(
    words={
        "Event": {*EVENTS, *states.EVENTS, peers.EVENT, "RelayDamage", "RelayAside"},
        "Privilege": {"call,all", "agent,all", "cdr,all", "dialplan,all"},
        **_of_all(["ChannelState"], {str(state) for state in range(8)}),
        **_of_all(["ChannelStateDesc"], {"Down", "Ring", "Ringing", "Up", "Busy"}),
        **_of_all(["Exten"], {"s"}),
        **_of_all(["Context"], {"from-internal", "from-trunk", "default"}),
        **_of_all(["BridgeType"], {"basic", "base", "stasis", "parking"}),
        **_of_all(
            ["BridgeTechnology"], {"simple_bridge", "softmix", "holding_bridge", "native_rtp"}
        ),
        **_of_all(["ChanVariable"], {f"CALLERID(pres)={word}" for word in _PRESENTATIONS}),
        "Cause": {"0", "16", "26", "127", *HANGUP_CAUSES},
        "DialStatus": {"ANSWER", "RINGING", *DIAL_STATUS},
        "Application": MAILBOX_APPLICATIONS,
        "Response": {"Success", "Failure"},
        "Result": {"Success", "Fail", "Invalid", "Not Permitted"},
        "Reason": {"4", *ORIGINATE_REASONS},
        "LocalOptimization": {"Yes", "No"},
        "IsExternal": {"Yes", "No"},
        "DestType": {"Bridge", "App", "Link", "Threeway", "Fail"},
        "Direction": {"in", "out", "both"},
        "State": {"0", "1", *states.DEVICE_STATES},
        "Status": {str(state) for state in range(33)} | {"dnd", "available", "not_set"},
        "StatusText": states.EXTENSION_STATES,
        # of the dial plan
        "event": {"newcall", "ringing", "answer", "hangup"},
        "pres": _PRESENTATIONS,
        "hangupcause": {"0", "16", *HANGUP_CAUSES},
        "dialstatus": {"ANSWER", *DIAL_STATUS},
    },
    times=frozenset({"Timestamp", "at"}),
    names=frozenset({*_of_all(_CHANNEL, ""), *_of_all(_BRIDGE, ""), *_OTHERS}),
    ids=frozenset(
        {*_of_all(["Uniqueid", "Linkedid", "BridgeUniqueid"], "")}
        | {"SwapUniqueid", "BridgeId", "uniqueid", "linkedid"}
    ),
    # technologies of channels, and what is no phone
    marks=frozenset(
        {"PJSIP", "SIP", "IAX2", "DAHDI", "Local", "sip", "Custom", "DND", "CustomPresence"}
        | {"CALLERID", "pres"}
    ),
    tail=re.compile(r"(?<=.)-[\da-f]+(?:;[12])?$"),
)
