"""Which of Asterisk's events matter for calls. The relay drops all others."""

from __future__ import annotations

import re

# Exactly those that Call handling reads (adapters/asterisk/ami.py); a test compares the two.
KEPT = frozenset(
    {
        "AttendedTransfer",
        "BlindTransfer",
        "BridgeEnter",
        "BridgeLeave",
        "ChannelGone",
        "CoreShowChannel",
        "DialBegin",
        "DialEnd",
        "Hangup",
        "HangupRequest",
        "Hold",
        "LocalBridge",
        "MixMonitorMute",
        "MixMonitorStart",
        "MixMonitorStop",
        "Newchannel",
        "Newexten",
        "Newstate",
        "OriginateResponse",
        "ParkedCall",
        "Pickup",
        "QueueCallerJoin",
        "SoftHangupRequest",
        "UnParkedCall",
        "Unhold",
    }
)

UP = "6"  # the only state of a channel that matters: somebody or something has answered
HOLDING = "holding_bridge"  # music, parking, agents who wait: nobody hears anybody

# At the end of names: "DestAccountCode" as well as "AccountCode".
_UNREAD = re.compile(
    "(?:AccountCode|Language|Priority|ConnectedLineNum|ConnectedLineName"
    "|BridgeCreator|BridgeName|BridgeNumChannels|BridgeType|BridgeVideoSourceMode)$"
)

# Every step of the dial plan sends a Newexten. Only those that enter a mailbox matter.
MAILBOX_APPLICATIONS = frozenset({"VoiceMail", "MiniVM"})

# https://docs.asterisk.org/Configuration/Interfaces/Asterisk-Manager-Interface-AMI/
# Class of events in manager.conf's "read" -> what is missing in Odoo without it
READ_RIGHTS = {
    "call": "no calls at all",
    "dialplan": "no voicemail",
    "agent": "no queues",
}


def is_kept(message: dict) -> bool:
    """Return whether the relay sends a message to Odoo.

    :param message: values by header
    :return: whether it is an event that matters for calls
    """
    name = message.get("Event")
    if name == "Newexten":
        return is_mailbox(message)
    if name == "Newstate":
        return message.get("ChannelState") == UP
    return name in KEPT and message.get("BridgeTechnology") != HOLDING


def is_mailbox(message: dict) -> bool:
    """Return whether a step of the dial plan enters a mailbox.

    :param message: values by header; a header that comes several times has a list
    """
    return str(message.get("Application")) in MAILBOX_APPLICATIONS


def without_unread(message: dict) -> dict:
    """Return a message without the headers that nobody reads: a quarter of its size."""
    return {name: value for name, value in message.items() if not _UNREAD.search(name)}
