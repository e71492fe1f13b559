"""Conference rooms, in which a customer waits for somebody of the company."""

from .. import phones as do
from .scenario import LINE, MOBILE_SENT, SENT_LINE, Phone, scenario

ROOM = "1000"  # Asterisk itself answers, which takes half a second


@scenario(Phone("101", "answered", 1, 1.5, 3), line=LINE + "25", wait=1.5, talk=1.5, speaker="101")
def conference_of_two(lab):
    """A customer waits in a conference room; 101 dials in, and they speak."""
    lab.phones.call("trunk", [*do.calls("trunk", SENT_LINE + "25", MOBILE_SENT), *do.hangs_up(3)])
    lab.wait(1)
    lab.phones.call("101", [*do.calls("101", ROOM), *do.hangs_up(2.5)])


@scenario(
    Phone("101", "answered", 1, 1.5, 4),
    Phone("104", "answered", 2, 2.5, 4),
    line=LINE + "25", wait=1.5, talk=2.5, speaker="104",
)  # fmt: skip
def conference_goes_on_without_the_customer(lab):
    """A customer waits in a conference room; 101 and 104 dial in; the customer leaves first."""
    lab.phones.call("trunk", [*do.calls("trunk", SENT_LINE + "25", MOBILE_SENT), *do.hangs_up(4)])
    lab.wait(1)
    lab.phones.call("101", [*do.calls("101", ROOM), *do.hangs_up(5)])
    lab.wait(1)
    lab.phones.call("104", [*do.calls("104", ROOM), *do.hangs_up(4)])


@scenario(Phone("101", "answered", 1, 2, 3.5), line=LINE + "25", wait=2, talk=1.5, speaker="101")
def conference_that_calls_a_phone(lab):
    """A customer waits in a conference room; a program calls 101 into the room, who answers."""
    lab.phones.are_called("101", [*do.picks_up(1), *do.hangs_up(2)])
    lab.phones.call("trunk", [*do.calls("trunk", SENT_LINE + "25", MOBILE_SENT), *do.hangs_up(3.5)])
    lab.wait(1)
    lab.send_action(
        "Originate", Channel="PJSIP/101", Application="ConfBridge", Data=ROOM, Timeout="10000",
        Async="true", ChannelId="room-101",
    )  # fmt: skip


@scenario(
    Phone("101", "answered", 0, 1.5, 3),
    Phone("104", "answered", 1, 1.5, 3),
    direction="internal", remote="18", wait=1.5, talk=1.5, speaker="101",
)  # fmt: skip
def conference_of_colleagues(lab):
    """101 dials the number of a conference room; 104 comes in after a second."""
    lab.phones.call("101", [*do.calls("101", "18"), *do.hangs_up(3)])
    lab.wait(1)
    lab.phones.call("104", [*do.calls("104", "18"), *do.hangs_up(2)])
