"""Calls that Asterisk was asked to dial, by a click or by a program."""

from .. import phones as do
from .scenario import CUSTOMER, CUSTOMER_DIALLED, LINE, MOBILE_SENT, SENT_LINE, Phone, scenario


@scenario(
    Phone("101", "answered", 0, 2, 3.5),
    direction="outgoing", remote=CUSTOMER, wait=2, talk=1.5, speaker="101",
)  # fmt: skip
def click_to_dial(lab):
    """101 clicks on a number and picks up the own phone; then the customer answers."""
    lab.phones.are_called("101", [*do.picks_up(1), *do.hangs_up(2.5)])
    lab.phones.are_called("trunk", [*do.picks_up(1), *do.waits_for_hangup()])
    lab.send_action("Originate", **ORIGINATE)


@scenario(
    Phone("101", "answered", 0, 2, 3.5),
    direction="outgoing", remote=CUSTOMER, wait=2, talk=1.5, speaker="101",
)  # fmt: skip
def click_to_dial_by_ari(lab):
    """101 clicks on a number, which is dialled with ARI."""
    lab.phones.are_called("101", [*do.picks_up(1), *do.hangs_up(2.5)])
    lab.phones.are_called("trunk", [*do.picks_up(1), *do.waits_for_hangup()])
    lab.use_ari(
        "channels",
        endpoint="PJSIP/101", extension=CUSTOMER_DIALLED, context="from-internal", priority=1,
        callerId=f"<{CUSTOMER_DIALLED}>", timeout=10, channelId="click-ari",
    )  # fmt: skip


@scenario(
    Phone("101", "no_answer", 0, None, 2),
    direction="outgoing", outcome="no_answer", remote=CUSTOMER, wait=2, speaker="101",
)  # fmt: skip
def click_to_dial_own_phone_not_answered(lab):
    """101 clicks on a number; the own phone rings for two seconds and is not picked up."""
    lab.phones.are_called("101", do.rings_until_cancelled())
    lab.send_action("Originate", **ORIGINATE | {"Timeout": "2000", "ChannelId": "click-2"})


# The action that Call handling sends when somebody clicks on a number.
ORIGINATE = {
    "Channel": "PJSIP/101", "Context": "from-internal", "Exten": CUSTOMER_DIALLED,
    "Priority": "1", "CallerID": f"<{CUSTOMER_DIALLED}>", "Timeout": "10000", "Async": "true",
    "ChannelId": "click-1",
}  # fmt: skip


# The customer is called first.
CALLBACK = {"Channel": f"PJSIP/{CUSTOMER_DIALLED}@trunk", "Exten": "101", "CallerID": "<101>"}

# As FreePBX dials: the own phone rings by a Local channel.
BY_LOCAL = {"Channel": "Local/101@from-internal/n"}


@scenario(
    Phone("101", "answered", 0, 2, 3.5),
    direction="outgoing", remote=CUSTOMER, wait=2, talk=1.5, speaker="101",
)  # fmt: skip
def click_to_dial_by_local(lab):
    """101 clicks on a number; the own phone rings by a Local channel, then the customer's."""
    lab.phones.are_called("101", [*do.picks_up(1), *do.hangs_up(2.5)])
    lab.phones.are_called("trunk", [*do.picks_up(1), *do.waits_for_hangup()])
    lab.send_action("Originate", **ORIGINATE | BY_LOCAL | {"ChannelId": "click-3"})


@scenario(
    Phone("101", "answered", 0, 2, 4),
    direction="outgoing", remote=CUSTOMER, wait=2, talk=2, speaker="101",
)  # fmt: skip
def click_to_dial_by_a_local_channel_that_is_removed(lab):
    """101 clicks on a number; the own phone rings by a Local channel, which Asterisk removes once
    both speak."""
    speaks = do.speaks(lab.folder)
    lab.phones.are_called("101", [*do.picks_up(1), *speaks, *do.hangs_up(3)])
    lab.phones.are_called("trunk", [*do.picks_up(1), *speaks, *do.waits_for_hangup()])
    by_local = {"Channel": "Local/101@from-internal", "ChannelId": "click-10"}
    lab.send_action("Originate", **ORIGINATE | by_local)
    lab.wait_for_event("LocalOptimizationEnd", "")


@scenario(
    Phone("101", "busy", 0, None, 0.3),
    direction="outgoing", outcome="busy", remote=CUSTOMER, wait=0.3, speaker="101",
)  # fmt: skip
def click_to_dial_own_phone_busy(lab):
    """101 clicks on a number while the own phone is busy."""
    lab.phones.are_called("101", do.refuses(0.3))
    lab.send_action("Originate", **ORIGINATE | {"ChannelId": "click-4"})
    lab.wait_for_event("Hangup", "PJSIP/101-")


@scenario(
    Phone("101", "busy", 0, None, 0.3),
    direction="outgoing", outcome="busy", remote=CUSTOMER, wait=0.3, speaker="101",
)  # fmt: skip
def click_to_dial_by_local_own_phone_busy(lab):
    """101 clicks on a number; the own phone, which rings by a Local channel, is busy."""
    lab.phones.are_called("101", do.refuses(0.3))
    lab.send_action("Originate", **ORIGINATE | BY_LOCAL | {"ChannelId": "click-5"})
    lab.wait_for_event("Hangup", "PJSIP/101-")


@scenario(
    Phone("198", "failed", 0, None, 0),
    direction="outgoing", outcome="failed", remote=CUSTOMER, speaker="198",
)  # fmt: skip
def click_to_dial_own_phone_not_registered(lab):
    """Somebody clicks on a number while the own phone is not registered."""
    own = {"Channel": "PJSIP/198", "ChannelId": "click-6"}
    lab.send_action("Originate", **ORIGINATE | own)
    lab.wait_for_event("OriginateResponse", "PJSIP/198")


@scenario(
    Phone("101", "busy", 0, None, 1.5),
    direction="outgoing", outcome="busy", remote=CUSTOMER, wait=1.5, speaker="101",
)  # fmt: skip
def click_to_dial_customer_busy(lab):
    """101 clicks on a number and picks up the own phone; the customer is busy."""
    lab.phones.are_called("101", [*do.picks_up(1), *do.waits_for_hangup()])
    lab.phones.are_called("trunk", do.refuses(0.5))
    lab.send_action("Originate", **ORIGINATE | {"ChannelId": "click-7"})
    lab.wait_for_event("Hangup", "PJSIP/101-")


@scenario(
    Phone("101", "answered", 1, 2, 3.5),
    direction="outgoing", remote=CUSTOMER, wait=2, talk=1.5, speaker="101",
)  # fmt: skip
def callback_that_rings_the_customer_first(lab):
    """A program calls a customer, who answers; then 101 rings and answers."""
    lab.phones.are_called("trunk", [*do.picks_up(1), *do.waits_for_hangup()])
    lab.phones.are_called("101", [*do.picks_up(1), *do.hangs_up(1.5)])
    lab.send_action("Originate", **ORIGINATE | CALLBACK | {"ChannelId": "callback-1"})


@scenario(direction="outgoing", outcome="busy", remote=CUSTOMER, wait=0.5)
def callback_to_a_customer_who_is_busy(lab):
    """A program calls a customer, who is busy, so that no phone rings."""
    lab.phones.are_called("trunk", do.refuses(0.5))
    lab.send_action("Originate", **ORIGINATE | CALLBACK | {"ChannelId": "callback-2"})
    lab.wait_for_event("Hangup", "PJSIP/trunk-")


@scenario(
    Phone("101", "busy", 0, None, 1.5),
    direction="outgoing", outcome="busy", remote=CUSTOMER, wait=1.5, speaker="101",
)  # fmt: skip
def click_to_dial_by_local_customer_busy(lab):
    """101 clicks on a number and picks up the own phone, which rings by a Local channel; the
    customer is busy."""
    lab.phones.are_called("101", [*do.picks_up(1), *do.waits_for_hangup()])
    lab.phones.are_called("trunk", do.refuses(0.5))
    lab.send_action("Originate", **ORIGINATE | BY_LOCAL | {"ChannelId": "click-8"})
    lab.wait_for_event("Hangup", "PJSIP/101-")


@scenario(
    Phone("101", "no_answer", 0, None, 2),
    direction="outgoing", outcome="no_answer", remote=CUSTOMER, wait=2, speaker="101",
)  # fmt: skip
def click_to_dial_by_local_own_phone_not_answered(lab):
    """101 clicks on a number; the own phone rings by a Local channel and is not picked up."""
    lab.phones.are_called("101", do.rings_until_cancelled())
    values = BY_LOCAL | {"Timeout": "2000", "ChannelId": "click-9"}
    lab.send_action("Originate", **ORIGINATE | values)


@scenario(Phone("101", "answered", 0, 1.5, 3.5), line=LINE + "32", wait=1.5, talk=2, speaker="101")
def connected_by_a_program(lab):
    """A customer hears an announcement, 101 listens to the mailbox; a program connects them."""
    lab.phones.call("trunk", [*do.calls("trunk", SENT_LINE + "32", MOBILE_SENT), *do.hangs_up(3.5)])
    lab.phones.call("101", [*do.calls("101", "*98"), *do.waits_for_hangup()])
    channels = [
        lab.wait_for_event("Newstate", f"PJSIP/{name}-", ChannelStateDesc="Up")["Channel"]
        for name in ("trunk", "101")
    ]
    lab.wait(1.5)
    lab.send_action("Bridge", Channel1=channels[0], Channel2=channels[1])
