"""Phones call customers, colleagues and codes."""

from .. import phones as do
from .scenario import CUSTOMER, CUSTOMER_DIALLED, Phone, scenario


@scenario(
    Phone("101", "answered", 0, 1, 2.5),
    direction="outgoing", remote=CUSTOMER, wait=1, talk=1.5, speaker="101",
)  # fmt: skip
def outgoing_answered(lab):
    """101 calls a customer, who answers after one second."""
    lab.phones.are_called("trunk", [*do.picks_up(1), *do.waits_for_hangup()])
    lab.phones.call("101", [*do.calls("101", CUSTOMER_DIALLED), *do.hangs_up(1.5)])


@scenario(
    Phone("101", "busy", 0, None, 0.5),
    direction="outgoing", outcome="busy", remote=CUSTOMER, wait=0.5, speaker="101",
)  # fmt: skip
def outgoing_busy(lab):
    """101 calls a customer, whose phone is busy."""
    lab.phones.are_called("trunk", do.refuses(0.5))
    lab.phones.call("101", do.calls_and_is_rejected("101", CUSTOMER_DIALLED, "486"))


@scenario(
    Phone("101", "no_answer", 0, None, 4),
    direction="outgoing", outcome="no_answer", remote=CUSTOMER, wait=4, speaker="101",
)  # fmt: skip
def outgoing_not_answered(lab):
    """101 calls a customer, who does not answer within four seconds."""
    lab.phones.are_called("trunk", do.rings_until_cancelled())
    lab.phones.call("101", do.calls_and_is_rejected("101", CUSTOMER_DIALLED, "603"))


@scenario(
    Phone("101", "cancelled", 0, None, 1.5),
    direction="outgoing", outcome="cancelled", remote=CUSTOMER, wait=1.5, speaker="101",
)  # fmt: skip
def outgoing_cancelled(lab):
    """101 calls a customer and gives up."""
    lab.phones.are_called("trunk", do.rings_until_cancelled())
    lab.phones.call("101", do.gives_up("101", CUSTOMER_DIALLED, 1.5))


@scenario(
    Phone("101", "answered", 0, 1, 2.5),
    Phone("104", "answered", 0, 1, 2.5),
    direction="internal", remote="104", wait=1, talk=1.5, speaker="101",
)  # fmt: skip
def internal_answered(lab):
    """101 calls a colleague, 104, who answers after one second."""
    lab.phones.are_called("104", [*do.picks_up(1), *do.waits_for_hangup()])
    lab.phones.call("101", [*do.calls("101", "104"), *do.hangs_up(1.5)])


@scenario(
    Phone("101", "failed", 0, None, 0.3),
    direction="outgoing", outcome="failed", remote=CUSTOMER, wait=0.3, speaker="101",
)  # fmt: skip
def outgoing_no_such_number(lab):
    """101 dials a number that the network does not know."""
    lab.phones.are_called("trunk", do.refuses(0.3, "404 Not Found"))
    lab.phones.call("101", do.calls_and_is_rejected("101", CUSTOMER_DIALLED, "404"))


@scenario(
    Phone("101", "rejected", 0, None, 1),
    direction="outgoing", outcome="rejected", remote=CUSTOMER, wait=1, speaker="101",
)  # fmt: skip
def outgoing_rejected(lab):
    """101 calls a customer, who rejects the call."""
    lab.phones.are_called("trunk", do.refuses(1, "603 Decline"))
    lab.phones.call("101", do.calls_and_is_rejected("101", CUSTOMER_DIALLED, "403"))


@scenario(
    Phone("101", "failed", 0, None, 0.3),
    direction="outgoing", outcome="failed", remote=CUSTOMER, wait=0.3, speaker="101",
)  # fmt: skip
def outgoing_congested(lab):
    """101 calls a customer; all lines of the network are taken."""
    lab.phones.are_called("trunk", do.refuses(0.3, "503 Service Unavailable"))
    lab.phones.call("101", do.calls_and_is_rejected("101", CUSTOMER_DIALLED, "503"))


@scenario(
    Phone("101", "answered", 0, 3, 4.5),
    direction="outgoing", remote=CUSTOMER, wait=3, talk=1.5, speaker="101",
)  # fmt: skip
def outgoing_by_the_second_trunk(lab):
    """101 dials 9 and a number; the first trunk is out of order, the second reaches it."""
    lab.phones.are_called("trunk", [*do.picks_up(1), *do.waits_for_hangup()])
    lab.phones.call("101", [*do.calls("101", "9" + CUSTOMER_DIALLED), *do.hangs_up(1.5)])


@scenario(
    Phone("101", "answered", 0, 1, 2.5),
    direction="outgoing", remote=CUSTOMER, wait=1, talk=1.5, speaker="101",
)  # fmt: skip
def outgoing_withheld_by_code(lab):
    """101 dials the code that withholds the own number, and a number."""
    lab.phones.are_called("trunk", [*do.picks_up(1), *do.waits_for_hangup()])
    lab.phones.call("101", [*do.calls("101", "*31#" + CUSTOMER_DIALLED), *do.hangs_up(1.5)])


@scenario(
    Phone("101", "failed", 0, None, 0),
    direction="internal", outcome="failed", remote="198", speaker="101",
)  # fmt: skip
def internal_not_reachable(lab):
    """101 calls a colleague whose phone is not registered."""
    lab.phones.call("101", do.calls_and_is_rejected("101", "198", "404"))


@scenario(direction=None)
def mailbox_listened_to(lab):
    """103 dials a code and listens to the own mailbox, which is no call."""
    lab.phones.call("103", [*do.calls("103", "*97"), *do.hangs_up(1)])


@scenario(direction=None)
def room_entered_alone(lab):
    """101 dials the number of a conference room and waits there alone, which is no call."""
    lab.phones.call("101", [*do.calls("101", "18"), *do.hangs_up(1)])


@scenario(
    Phone("101", "busy", 0, None, 2.5),
    direction="outgoing", outcome="busy", remote=CUSTOMER, wait=2.5, speaker="101",
)  # fmt: skip
def outgoing_busy_by_the_second_trunk(lab):
    """101 dials 9 and a number; the second trunk reaches the customer, who is busy."""
    lab.phones.are_called("trunk", do.refuses(0.5))
    lab.phones.call("101", do.calls_and_is_rejected("101", "9" + CUSTOMER_DIALLED, "486"))


@scenario(
    Phone("101", "busy", 0, None, 0.5),
    Phone("104", "busy", 0, None, 0.5),
    direction="internal", outcome="busy", remote="104", wait=0.5, speaker="101",
)  # fmt: skip
def internal_busy(lab):
    """101 calls a colleague, 104, who is in another call."""
    lab.phones.are_called("104", do.refuses(0.5))
    lab.phones.call("101", do.calls_and_is_rejected("101", "104", "486"))


@scenario(
    Phone("101", "cancelled", 0, None, 1.5),
    Phone("104", "cancelled", 0, None, 1.5),
    direction="internal", outcome="cancelled", remote="104", wait=1.5, speaker="101",
)  # fmt: skip
def internal_cancelled(lab):
    """101 calls a colleague, 104, and gives up."""
    lab.phones.are_called("104", do.rings_until_cancelled())
    lab.phones.call("101", do.gives_up("101", "104", 1.5))
