"""Calls that go on at another phone: transferred, parked, picked up."""

from .. import phones as do
from .scenario import (
    CUSTOMER,
    CUSTOMER_DIALLED,
    LINE,
    MOBILE_SENT,
    SENT_LINE,
    Phone,
    Scenario,
    scenario,
)

# --- transferred -------------------------------------------------------------------------


@scenario(
    Phone("101", "transferred", 0, 0.5, 1.5),
    Phone("104", "answered", 1.5, 2.5, 4),
    line=LINE + "11", wait=0.5, talk=2.5, alone=1, speaker="104",
)  # fmt: skip
def blind_transfer(lab):
    """101 answers and transfers the call to 104, who answers too."""
    lab.phones.are_called("104", [*do.picks_up(1), *do.waits_for_hangup()])
    lab.phones.are_called("101", [*do.picks_up(0.5), *do.transfers(1, "104")])
    lab.phones.call("trunk", [*do.calls("trunk", SENT_LINE + "11", MOBILE_SENT), *do.hangs_up(3.5)])


@scenario(
    Phone("101", "transferred", 0, 0.5, 3.5),
    Phone("104", "answered", 1.5, 2, 5),
    line=LINE + "11", wait=0.5, talk=4.5, speaker="104",
)  # fmt: skip
def attended_transfer(lab):
    """101 answers, asks 104 in a second call, and connects both calls."""
    dialog = lab.folder / "dialog"
    lab.phones.are_called("104", [*do.picks_up(0.5), *do.waits_for_hangup()])
    transfer = do.completes_transfer(3, "104", "asking-call", "asking", dialog)
    lab.phones.are_called("101", [*do.picks_up(0.5), *transfer])
    lab.phones.call("trunk", [*do.calls("trunk", SENT_LINE + "11", MOBILE_SENT), *do.hangs_up(4.5)])
    lab.wait(1.5)
    asking = [*do.calls("101", "104", tag="asking"), *do.saves_dialog(dialog)]
    lab.phones.call("101", [*asking, *do.waits_for_hangup()], call_id="asking-call")


@scenario(
    Phone("101", "transferred", 0, 0.5, 5),
    Phone("104", "answered", 2.5, 3.5, 6),
    line=LINE + "11", wait=0.5, talk=3, alone=2.5, speaker="104",
)  # fmt: skip
def attended_transfer_by_code(lab):
    """101 answers, dials Asterisk's transfer code and 104, asks, and hangs up."""
    lab.phones.are_called("104", [*do.picks_up(1), *do.waits_for_hangup()])
    lab.phones.are_called("101", [*do.picks_up(0.5), *do.hangs_up(4.5)])
    lab.phones.call("trunk", [*do.calls("trunk", SENT_LINE + "11", MOBILE_SENT), *do.hangs_up(5.5)])
    _dials_code(lab, "*2", "104")


@scenario(
    Phone("101", "transferred", 0, 0.5, 1.5),
    Phone("104", "cancelled", 1.5, None, 3.5),
    line=LINE + "11", wait=0.5, talk=1, alone=2, speaker="101",
)  # fmt: skip
def blind_transfer_not_answered(lab):
    """101 answers and transfers the call to 104, where nobody answers; the customer gives up."""
    lab.phones.are_called("104", do.rings_until_cancelled())
    lab.phones.are_called("101", [*do.picks_up(0.5), *do.transfers(1, "104")])
    lab.phones.call("trunk", [*do.calls("trunk", SENT_LINE + "11", MOBILE_SENT), *do.hangs_up(3)])


@scenario(
    Phone("101", "transferred", 0, 0.5, 1.5),
    Phone(None, "answered", 1.5, 2.5, 4, number=CUSTOMER),
    line=LINE + "11", wait=0.5, talk=2.5, alone=1, speaker="101",
)  # fmt: skip
def blind_transfer_to_outside(lab):
    """101 answers and transfers the call to a number outside, where somebody answers."""
    lab.phones.are_called("trunk", [*do.picks_up(1), *do.waits_for_hangup()])
    lab.phones.are_called("101", [*do.picks_up(0.5), *do.transfers(1, CUSTOMER_DIALLED)])
    lab.phones.call("trunk", [*do.calls("trunk", SENT_LINE + "11", MOBILE_SENT), *do.hangs_up(3.5)])


@scenario(
    Phone("101", "transferred", 0, 0.5, 2.5),
    Phone("104", "answered", 1.5, 4, 5.5),
    line=LINE + "11", wait=0.5, talk=3.5, alone=1.5, speaker="104",
)  # fmt: skip
def blonde_transfer(lab):
    """101 answers, calls 104 in a second call, and connects both while 104 still rings."""
    dialog = lab.folder / "dialog"
    lab.phones.are_called("104", [*do.picks_up(2.5), *do.waits_for_hangup()])
    transfer = do.completes_transfer(2, "104", "asking-call", "asking", dialog)
    lab.phones.are_called("101", [*do.picks_up(0.5), *transfer])
    lab.phones.call("trunk", [*do.calls("trunk", SENT_LINE + "11", MOBILE_SENT), *do.hangs_up(5)])
    lab.wait(1.5)
    asking = do.calls_and_is_transferred("101", "104", "asking", dialog)
    lab.phones.call("101", asking, call_id="asking-call")


@scenario(
    Phone("101", "transferred", 0, 0.5, 1.5),
    Phone("104", "transferred", 1.5, 2, 3),
    Phone("102", "answered", 3, 4, 5.5),
    line=LINE + "11", wait=0.5, talk=3.5, alone=1.5, speaker="102",
)  # fmt: skip
def transferred_twice(lab):
    """101 answers and transfers the call to 104, who transfers it to 102."""
    lab.phones.are_called("102", [*do.picks_up(1), *do.waits_for_hangup()])
    lab.phones.are_called("104", [*do.picks_up(0.5), *do.transfers(1, "102")])
    lab.phones.are_called("101", [*do.picks_up(0.5), *do.transfers(1, "104")])
    lab.phones.call("trunk", [*do.calls("trunk", SENT_LINE + "11", MOBILE_SENT), *do.hangs_up(5)])


@scenario(
    Phone("101", "transferred", 0, 0.5, 1.5),
    Phone("104", "answered", 1.5, 2.5, 4),
    direction="outgoing", remote=CUSTOMER, wait=0.5, talk=2.5, alone=1, speaker="104",
)  # fmt: skip
def outgoing_and_transferred(lab):
    """101 calls a customer and transfers the call to 104, who answers."""
    lab.phones.are_called("trunk", [*do.picks_up(0.5), *do.waits_for_hangup()])
    lab.phones.are_called("104", [*do.picks_up(1), *do.hangs_up(1.5)])
    lab.phones.call("101", [*do.calls("101", CUSTOMER_DIALLED), *do.transfers(1, "104")])


@scenario(
    Phone("101", "answered", 0, 0.5, 4.5),
    line=LINE + "11", wait=0.5, talk=4, speaker="101",
    also=(
        Scenario(
            "101 asks 104, who does not want the call.", lambda lab: None,
            direction="internal", remote="104", wait=0.5, talk=1, speaker="101",
            phones=(
                Phone("101", "answered", 0, 0.5, 1.5),
                Phone("104", "answered", 0, 0.5, 1.5),
            ),
        ),
    ),
)  # fmt: skip
def refused_transfer(lab):
    """101 answers and asks 104 in a second call, who does not want it; 101 goes on."""
    lab.phones.are_called("104", [*do.picks_up(0.5), *do.hangs_up(1)])
    lab.phones.are_called("101", [*do.picks_up(0.5), *do.waits_for_hangup()])
    lab.phones.call("trunk", [*do.calls("trunk", SENT_LINE + "11", MOBILE_SENT), *do.hangs_up(4)])
    lab.wait(1.5)
    lab.phones.call("101", [*do.calls("101", "104"), *do.waits_for_hangup()])


@scenario(
    Phone("101", "transferred", 0, 0.5, 3),
    Phone("104", "answered", 2.5, 4.5, 6),
    line=LINE + "11", wait=0.5, talk=3.5, alone=2, speaker="104",
)  # fmt: skip
def blonde_transfer_by_code(lab):
    """101 answers, dials the transfer code and 104, and hangs up while 104 rings."""
    lab.phones.are_called("104", [*do.picks_up(2), *do.waits_for_hangup()])
    lab.phones.are_called("101", [*do.picks_up(0.5), *do.hangs_up(2.7)])
    lab.phones.call("trunk", [*do.calls("trunk", SENT_LINE + "11", MOBILE_SENT), *do.hangs_up(5.5)])
    _dials_code(lab, "*2", "104")


@scenario(
    Phone("101", "answered", 0, 0.5, 5.5),
    Phone("104", "rejected", 2.5, None, 3.5),
    line=LINE + "11", wait=0.5, talk=4, alone=1, speaker="101",
)  # fmt: skip
def refused_transfer_by_code(lab):
    """101 answers, dials the transfer code and 104, who refuses; 101 goes on."""
    lab.phones.are_called("104", do.refuses(1, "603 Decline"))
    lab.phones.are_called("101", [*do.picks_up(0.5), *do.waits_for_hangup()])
    lab.phones.call("trunk", [*do.calls("trunk", SENT_LINE + "11", MOBILE_SENT), *do.hangs_up(5)])
    _dials_code(lab, "*2", "104")


def _dials_code(lab, code, number):
    channel = lab.wait_for_event("BridgeEnter", "PJSIP/101-")["Channel"]
    lab.wait(0.5)
    lab.press(channel, code)
    lab.wait(0.5)
    lab.press(channel, number)


# --- picked up ---------------------------------------------------------------------------


def _is_picked_up_by(lab, code, line="11"):
    """101 rings; after one and a half seconds, 104 picks the call up with a code."""
    lab.phones.are_called("101", do.rings_until_cancelled())
    lab.phones.call("trunk", [*do.calls("trunk", SENT_LINE + line, MOBILE_SENT), *do.hangs_up(2)])
    lab.wait(1.5)
    lab.phones.call("104", [*do.calls("104", code), *do.waits_for_hangup()])


# To pick up a call, Asterisk itself answers first, which takes half a second.
PICKED_UP = (Phone("101", "elsewhere", 0, None, 2), Phone("104", "answered", 1.5, 2, 4))


@scenario(*PICKED_UP, line=LINE + "11", wait=2, talk=2, speaker="104")
def picked_up_from_a_phone(lab):
    """A customer calls 101; 104 picks the call up by dialling a code and 101."""
    _is_picked_up_by(lab, "*8101")


@scenario(*PICKED_UP, line=LINE + "24", wait=2, talk=2, speaker="104")
def picked_up_by_mark(lab):
    """A customer calls 101; 104 picks the call up by dialling FreePBX's code and 101."""
    _is_picked_up_by(lab, "**101", "24")


@scenario(*PICKED_UP, line=LINE + "11", wait=2, talk=2, speaker="104")
def picked_up_from_the_group(lab):
    """A customer calls 101; 104 picks up whatever rings in the group."""
    _is_picked_up_by(lab, "*8")


@scenario(
    Phone("102", "answered", 0, 2, 4),
    Phone("101", "elsewhere", 0, None, 2),
    Phone("104", "answered", 1.5, 2, 4),
    direction="internal", remote="101", wait=2, talk=2, speaker="102",
)  # fmt: skip
def internal_picked_up(lab):
    """102 calls a colleague, 101; 104 picks the call up."""
    lab.phones.are_called("101", do.rings_until_cancelled())
    lab.phones.call("102", [*do.calls("102", "101"), *do.hangs_up(2)])
    lab.wait(1.5)
    lab.phones.call("104", [*do.calls("104", "*8101"), *do.waits_for_hangup()])


# To retrieve a call, Asterisk itself answers first, which takes half a second.

# --- parked ------------------------------------------------------------------------------


@scenario(
    Phone("101", "transferred", 0, 0.5, 1.5),
    Phone("104", "answered", 3.5, 4, 5),
    line=LINE + "11", wait=0.5, talk=2, alone=2.5, speaker="104",
)  # fmt: skip
def parked_and_retrieved(lab):
    """101 answers and parks the call; two seconds later, 104 retrieves it."""
    lab.phones.are_called("101", [*do.picks_up(0.5), *do.transfers(1, "700")])
    lab.phones.call("trunk", [*do.calls("trunk", SENT_LINE + "11", MOBILE_SENT), *do.hangs_up(4.5)])
    space = lab.wait_for_event("ParkedCall", "")["ParkingSpace"]
    lab.wait(2)
    lab.phones.call("104", [*do.calls("104", space), *do.waits_for_hangup()])


@scenario(
    Phone("101", "transferred", 0, 0.5, 1.5),
    line=LINE + "11", wait=0.5, talk=1, alone=2, speaker="101",
)  # fmt: skip
def parked_and_given_up(lab):
    """101 answers and parks the call; nobody retrieves it, and the customer gives up."""
    lab.phones.are_called("101", [*do.picks_up(0.5), *do.transfers(1, "700")])
    lab.phones.call("trunk", [*do.calls("trunk", SENT_LINE + "11", MOBILE_SENT), *do.hangs_up(3)])


@scenario(
    Phone("101", "transferred", 0, 0.5, 1.5),
    Phone("101", "answered", 3.5, 4.5, 6),
    line=LINE + "11", wait=0.5, talk=2.5, alone=3, speaker="101",
)  # fmt: skip
def parked_and_returned(lab):
    """101 answers and parks the call; nobody retrieves it, so that 101 rings again."""
    lab.phones.are_called("101", [*do.picks_up(0.5), *do.transfers(1, "750")])
    lab.phones.call("trunk", [*do.calls("trunk", SENT_LINE + "11", MOBILE_SENT), *do.hangs_up(5.5)])
    lab.wait_for_event("ParkedCall", "")
    lab.wait(0.5)
    lab.phones.are_called("101", [*do.picks_up(1), *do.waits_for_hangup()])


@scenario(
    Phone("101", "transferred", 0, 0.5, 1.5),
    Phone("104", "answered", 3.5, 4, 5),
    direction="outgoing", remote=CUSTOMER, wait=0.5, talk=2, alone=2.5, speaker="104",
)  # fmt: skip
def outgoing_and_parked(lab):
    """101 calls a customer and parks the call; two seconds later, 104 retrieves it."""
    lab.phones.are_called("trunk", [*do.picks_up(0.5), *do.hangs_up(4.5)])
    lab.phones.call("101", [*do.calls("101", CUSTOMER_DIALLED), *do.transfers(1, "700")])
    space = lab.wait_for_event("ParkedCall", "")["ParkingSpace"]
    lab.wait(2)
    lab.phones.call("104", [*do.calls("104", space), *do.waits_for_hangup()])


@scenario(
    Phone("102", "elsewhere", 0.5, None, 2.5),
    Phone("104", "elsewhere", 0.5, None, 2.5),
    Phone("101", "answered", 2, 2.5, 4),
    line=LINE + "15", queue="support", wait=2.5, talk=1.5, speaker="101",
)  # fmt: skip
def picked_up_from_a_queue(lab):
    """A customer waits in a queue; 102 and 104 ring; 101 picks the call up."""
    lab.phones.are_called("102", do.rings_until_cancelled())
    lab.phones.are_called("104", do.rings_until_cancelled())
    lab.phones.call("trunk", [*do.calls("trunk", SENT_LINE + "15", MOBILE_SENT), *do.hangs_up(4)])
    lab.wait(2)
    lab.phones.call("101", [*do.calls("101", "*8102"), *do.waits_for_hangup()])


@scenario(
    Phone("101", "transferred", 0, 0.5, 1.5),
    Phone("101", "answered", 3.5, 4, 5),
    line=LINE + "11", wait=0.5, talk=2, alone=2.5, speaker="101",
)  # fmt: skip
def parked_and_retrieved_by_the_same_phone(lab):
    """101 answers and parks the call; two seconds later, 101 itself retrieves it."""
    lab.phones.are_called("101", [*do.picks_up(0.5), *do.transfers(1, "700")])
    lab.phones.call("trunk", [*do.calls("trunk", SENT_LINE + "11", MOBILE_SENT), *do.hangs_up(4.5)])
    space = lab.wait_for_event("ParkedCall", "")["ParkingSpace"]
    lab.wait(2)
    lab.phones.call("101", [*do.calls("101", space), *do.waits_for_hangup()])


@scenario(
    Phone("101", "transferred", 0, 0.5, 1.5),
    Phone("104", "busy", 1.5, None, 2),
    line=LINE + "11", wait=0.5, talk=1, alone=0.5, speaker="101",
)  # fmt: skip
def blind_transfer_to_a_busy_phone(lab):
    """101 answers and transfers the call to 104, who is busy, which ends the call."""
    lab.phones.are_called("104", do.refuses(0.5))
    lab.phones.are_called("101", [*do.picks_up(0.5), *do.transfers(1, "104")])
    lab.phones.call(
        "trunk", [*do.calls("trunk", SENT_LINE + "11", MOBILE_SENT), *do.waits_for_hangup()]
    )


@scenario(
    Phone("101", "transferred", 0, 0.5, 2.5),
    Phone("104", "answered", 2.5, 3.5, 5.5),
    line=LINE + "11", wait=0.5, talk=4, alone=1, speaker="104",
)  # fmt: skip
def blind_transfer_by_code(lab):
    """101 answers, dials the code for a blind transfer and 104, who answers."""
    lab.phones.are_called("104", [*do.picks_up(1), *do.waits_for_hangup()])
    lab.phones.are_called("101", [*do.picks_up(0.5), *do.waits_for_hangup()])
    lab.phones.call("trunk", [*do.calls("trunk", SENT_LINE + "11", MOBILE_SENT), *do.hangs_up(5)])
    _dials_code(lab, "#1", "104")


@scenario(
    Phone("101", "transferred", 0, 0.5, 3.5),
    Phone(None, "answered", 1.5, 2, 5, number=CUSTOMER),
    line=LINE + "11", wait=0.5, talk=4.5, speaker="101",
)  # fmt: skip
def attended_transfer_to_outside(lab):
    """101 answers, asks somebody outside in a second call, and connects both calls."""
    dialog = lab.folder / "dialog"
    lab.phones.are_called("trunk", [*do.picks_up(0.5), *do.waits_for_hangup()])
    transfer = do.completes_transfer(3, CUSTOMER_DIALLED, "asking-call", "asking", dialog)
    lab.phones.are_called("101", [*do.picks_up(0.5), *transfer])
    lab.phones.call("trunk", [*do.calls("trunk", SENT_LINE + "11", MOBILE_SENT), *do.hangs_up(4.5)])
    lab.wait(1.5)
    asking = [*do.calls("101", CUSTOMER_DIALLED, tag="asking"), *do.saves_dialog(dialog)]
    lab.phones.call("101", [*asking, *do.waits_for_hangup()], call_id="asking-call")
