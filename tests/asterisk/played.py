"""Scenarios for the real Asterisk, and the calls that must be logged for them.

Each scenario defines who calls whom, what their phones do, and what Odoo must show. Times are
seconds since the beginning of the call.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from dataclasses import dataclass

from . import phones as do

MOBILE = "+12025550142"
MOBILE_SENT = "12025550142"
LINE = "+49302312561"  # without the last digit
SENT_LINE = "49302312561"
CUSTOMER = "+493023125111"
CUSTOMER_DIALLED = "03023125111"


@dataclass(frozen=True)
class Phone:
    """A leg of a call. Times are seconds since the beginning of the call."""

    extension: str
    outcome: str
    rang: float
    picked_up: float | None
    done: float


@dataclass(frozen=True)
class Scenario:
    """A scenario, and the call that must be logged for it."""

    story: str
    play: Callable = dataclasses.field(repr=False)
    direction: str = "incoming"
    outcome: str = "answered"
    remote: str | None = MOBILE
    anonymous: bool = False
    line: str | None = None
    queue: str | None = None
    wait: float = 0
    mailbox: float = 0  # seconds that the caller speaks to the mailbox
    talk: float = 0
    speaker: str | None = None
    phones: tuple[Phone, ...] = ()
    also: tuple[Scenario, ...] = ()  # further calls of the same scenario


SCENARIOS: dict[str, Scenario] = {}


def scenario(*phones, **values):
    """Register a function as a scenario. Its name and docstring become name and story."""

    def register(play):
        SCENARIOS[play.__name__] = Scenario(play.__doc__, play, phones=phones, **values)
        return play

    return register


# Before a queue, Asterisk itself answers the call, which takes half a second.

# --- incoming ----------------------------------------------------------------------------


@scenario(Phone("101", "answered", 0, 1, 2.5), line=LINE + "1", wait=1, talk=1.5, speaker="101")
def incoming_answered(lab):
    """A customer calls 101, who answers after one second; the customer hangs up."""
    lab.phones.are_called("101", [*do.picks_up(1), *do.waits_for_hangup()])
    lab.phones.call("trunk", [*do.calls("trunk", SENT_LINE + "1", MOBILE_SENT), *do.hangs_up(1.5)])


@scenario(Phone("101", "answered", 0, 1, 2.5), line=LINE + "1", wait=1, talk=1.5, speaker="101")
def incoming_answered_and_ended_here(lab):
    """A customer calls 101, who answers and hangs up first."""
    lab.phones.are_called("101", [*do.picks_up(1), *do.hangs_up(1.5)])
    lab.phones.call(
        "trunk", [*do.calls("trunk", SENT_LINE + "1", MOBILE_SENT), *do.waits_for_hangup()]
    )


@scenario(
    Phone("102", "no_answer", 0, None, 3),
    outcome="no_answer", line=LINE + "2", wait=3, speaker="102",
)  # fmt: skip
def incoming_missed(lab):
    """A customer calls 102; nobody answers; after three seconds Asterisk gives up."""
    lab.phones.are_called("102", do.rings_until_cancelled())
    lab.phones.call("trunk", do.calls_and_is_rejected("trunk", SENT_LINE + "2", "603", MOBILE_SENT))


@scenario(
    Phone("101", "cancelled", 0, None, 1.5),
    outcome="cancelled", line=LINE + "1", wait=1.5, speaker="101",
)  # fmt: skip
def incoming_abandoned(lab):
    """A customer calls 101 and gives up."""
    lab.phones.are_called("101", do.rings_until_cancelled())
    lab.phones.call("trunk", do.gives_up("trunk", SENT_LINE + "1", 1.5, MOBILE_SENT))


@scenario(
    Phone("103", "busy", 0, None, 0.5), outcome="busy", line=LINE + "7", wait=0.5, speaker="103"
)
def incoming_busy(lab):
    """A customer calls 103, who is in another call."""
    lab.phones.are_called("103", do.refuses(0.5))
    lab.phones.call("trunk", do.calls_and_is_rejected("trunk", SENT_LINE + "7", "486", MOBILE_SENT))


@scenario(
    Phone("101", "answered", 0, 0.5, 1.5),
    line=LINE + "1", wait=0.5, talk=1, speaker="101", remote=None, anonymous=True,
)  # fmt: skip
def incoming_anonymous(lab):
    """Somebody calls 101; the network sends no number."""
    lab.phones.are_called("101", [*do.picks_up(0.5), *do.waits_for_hangup()])
    lab.phones.call("trunk", [*do.calls("trunk", SENT_LINE + "1", "anonymous"), *do.hangs_up(1)])


@scenario(
    Phone("101", "answered", 0, 0.5, 1.5),
    line=LINE + "1", wait=0.5, talk=1, speaker="101", remote=None, anonymous=True,
)  # fmt: skip
def incoming_withheld(lab):
    """Somebody calls 101; the network sends the number, and that the caller withholds it."""
    lab.phones.are_called("101", [*do.picks_up(0.5), *do.waits_for_hangup()])
    privacy_headers = f"\nP-Asserted-Identity: <sip:{MOBILE_SENT}@127.0.0.1>\nPrivacy: id"
    lab.phones.call(
        "trunk",
        [*do.calls("trunk", SENT_LINE + "1", MOBILE_SENT, privacy_headers), *do.hangs_up(1)],
    )


@scenario(
    Phone("101", "answered", 0, 0.5, 1.5),
    line=LINE + "1", wait=0.5, talk=1, speaker="101", remote=CUSTOMER,
)  # fmt: skip
def incoming_national(lab):
    """A customer calls 101; the network sends the number in national format."""
    lab.phones.are_called("101", [*do.picks_up(0.5), *do.waits_for_hangup()])
    lab.phones.call(
        "trunk", [*do.calls("trunk", SENT_LINE + "1", CUSTOMER_DIALLED), *do.hangs_up(1)]
    )


@scenario(
    Phone("101", "elsewhere", 0, None, 1),
    Phone("102", "elsewhere", 0, None, 1),
    Phone("104", "answered", 0, 1, 2.5),
    line=LINE + "4", wait=1, talk=1.5, speaker="104",
)  # fmt: skip
def incoming_ring_group(lab):
    """A customer calls; 101, 102 and 104 ring; 104 answers."""
    lab.phones.are_called("101", do.rings_until_cancelled())
    lab.phones.are_called("102", do.rings_until_cancelled())
    lab.phones.are_called("104", [*do.picks_up(1), *do.waits_for_hangup()])
    lab.phones.call("trunk", [*do.calls("trunk", SENT_LINE + "4", MOBILE_SENT), *do.hangs_up(1.5)])


@scenario(
    Phone("102", "elsewhere", 0.5, None, 1.5),
    Phone("104", "answered", 0.5, 1.5, 3),
    line=LINE + "5", queue="support", wait=1.5, talk=1.5, speaker="104",
)  # fmt: skip
def incoming_queue_answered(lab):
    """A customer waits in a queue; its phones 102 and 104 ring; 104 answers."""
    lab.phones.are_called("102", do.rings_until_cancelled())
    lab.phones.are_called("104", [*do.picks_up(1), *do.waits_for_hangup()])
    lab.phones.call("trunk", [*do.calls("trunk", SENT_LINE + "5", MOBILE_SENT), *do.hangs_up(3)])


@scenario(
    Phone("102", "cancelled", 0.5, None, 1.5),
    outcome="cancelled", line=LINE + "6", queue="hotline", wait=1.5, speaker="102",
)  # fmt: skip
def incoming_queue_abandoned(lab):
    """A customer waits in a queue and gives up while 102 rings."""
    lab.phones.are_called("102", do.rings_until_cancelled())
    lab.phones.call("trunk", [*do.calls("trunk", SENT_LINE + "6", MOBILE_SENT), *do.hangs_up(1.5)])


@scenario(
    Phone("102", "no_answer", 0.5, None, 3.5),
    outcome="no_answer", line=LINE + "6", queue="hotline", wait=3.5, speaker="102",
)  # fmt: skip
def incoming_queue_timed_out(lab):
    """A customer waits in a queue while 102 rings, until Asterisk gives up."""
    lab.phones.are_called("102", do.rings_until_cancelled())
    lab.phones.call(
        "trunk", [*do.calls("trunk", SENT_LINE + "6", MOBILE_SENT), *do.waits_for_hangup()]
    )


@scenario(
    Phone("103", "busy", 0, None, 0.3),
    outcome="voicemail", line=LINE + "3", wait=0.3, mailbox=2.2, speaker="103",
)  # fmt: skip
def incoming_busy_then_voicemail(lab):
    """A customer calls 103, who is busy; the customer leaves a message in the mailbox."""
    lab.phones.are_called("103", do.refuses(0.3))
    lab.phones.call("trunk", [*do.calls("trunk", SENT_LINE + "3", MOBILE_SENT), *do.hangs_up(2.2)])


@scenario(
    Phone("103", "rejected", 0, None, 0.5),
    outcome="rejected", line=LINE + "7", wait=0.5, speaker="103",
)  # fmt: skip
def incoming_pushed_away(lab):
    """A customer calls 103, who rejects the call."""
    lab.phones.are_called("103", do.refuses(0.5, "603 Decline"))
    lab.phones.call("trunk", do.calls_and_is_rejected("trunk", SENT_LINE + "7", "403", MOBILE_SENT))


# --- outgoing and internal ---------------------------------------------------------------


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


# --- transferred -------------------------------------------------------------------------


@scenario(
    Phone("101", "transferred", 0, 0.5, 1.5),
    Phone("104", "answered", 1.5, 2.5, 4),
    line=LINE + "1", wait=0.5, talk=3.5, speaker="104",
)  # fmt: skip
def blind_transfer(lab):
    """101 answers and transfers the call to 104, who answers too."""
    lab.phones.are_called("104", [*do.picks_up(1), *do.waits_for_hangup()])
    lab.phones.are_called("101", [*do.picks_up(0.5), *do.transfers(1, "104")])
    lab.phones.call("trunk", [*do.calls("trunk", SENT_LINE + "1", MOBILE_SENT), *do.hangs_up(3.5)])


@scenario(
    Phone("101", "transferred", 0, 0.5, 3.5),
    Phone("104", "answered", 3.5, 3.5, 5),
    line=LINE + "1", wait=0.5, talk=4.5, speaker="104",
    also=(
        Scenario(
            "101 asks 104 whether to transfer the call.", lambda lab: None,
            direction="internal", remote="104", wait=0.5, talk=1.5, speaker="101",
            phones=(
                Phone("101", "answered", 0, 0.5, 2),
                Phone("104", "answered", 0, 0.5, 2),
            ),
        ),
    ),
)  # fmt: skip
def attended_transfer(lab):
    """101 answers, asks 104 in a second call, and connects both calls."""
    dialog = lab.folder / "dialog"
    lab.phones.are_called("104", [*do.picks_up(0.5), *do.waits_for_hangup()])
    transfer = do.completes_transfer(3, "104", "asking-call", "asking", dialog)
    lab.phones.are_called("101", [*do.picks_up(0.5), *transfer])
    lab.phones.call("trunk", [*do.calls("trunk", SENT_LINE + "1", MOBILE_SENT), *do.hangs_up(4.5)])
    lab.wait(1.5)
    asking = [*do.calls("101", "104", tag="asking"), *do.saves_dialog(dialog)]
    lab.phones.call("101", [*asking, *do.waits_for_hangup()], call_id="asking-call")


@scenario(
    Phone("101", "transferred", 0, 0.5, 5.5),
    Phone("104", "answered", 3.1, 4.1, 6.5),
    line=LINE + "1", wait=0.5, talk=6, speaker="104",
)  # fmt: skip
def attended_transfer_by_code(lab):
    """101 answers, dials Asterisk's transfer code and 104, asks, and hangs up."""
    lab.phones.are_called("104", [*do.picks_up(1), *do.waits_for_hangup()])
    lab.phones.are_called("101", [*do.picks_up(0.5), *do.hangs_up(5)])
    lab.phones.call("trunk", [*do.calls("trunk", SENT_LINE + "1", MOBILE_SENT), *do.hangs_up(6)])
    channel = lab.wait_for_event("BridgeEnter", "PJSIP/101-")
    lab.wait(0.5)
    lab.press(channel, "*2")
    lab.wait(1)
    lab.press(channel, "104")


# --- dialled by a click ------------------------------------------------------------------


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
    lab.originate_by_ari(
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
