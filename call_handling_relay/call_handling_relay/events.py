"""Which of Asterisk's events matter for calls. The relay drops all others."""

from __future__ import annotations

# Exactly those that Call handling reads (adapters/asterisk/ami.py); a test compares the two.
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
        return message.get("Application") in MAILBOX_APPLICATIONS
    return name in KEPT
