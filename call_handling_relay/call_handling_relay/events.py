"""Which of Asterisk's events matter for calls; all others are let go."""

from __future__ import annotations

# Exactly those that Call handling reads (its adapters/asterisk.py); a test compares the two.
KEPT = frozenset(
    {
        "AttendedTransfer",
        "BlindTransfer",
        "ChannelGone",
        "CoreShowChannel",
        "DialBegin",
        "DialEnd",
        "Hangup",
        "HangupRequest",
        "Hold",
        "Newchannel",
        "Newexten",
        "OriginateResponse",
        "QueueCallerJoin",
        "SoftHangupRequest",
        "Unhold",
    }
)

# Every step of the dial plan is a Newexten: only those into a mailbox tell something.
MAILBOX_APPLICATIONS = frozenset({"VoiceMail", "MiniVM"})

# https://docs.asterisk.org/Configuration/Interfaces/Asterisk-Manager-Interface-AMI/
# Class of events in manager.conf's "read" -> what is not known without it
READ_RIGHTS = {
    "call": "no calls at all",
    "dialplan": "no voicemail",
    "agent": "no queues",
}


def is_kept(message: dict) -> bool:
    """Whether the message is an event that matters for calls."""
    name = message.get("Event")
    if name == "Newexten":
        return message.get("Application") in MAILBOX_APPLICATIONS
    return name in KEPT
