"""Phones and trunks whose names do not say what they are."""

from .. import phones as do
from .scenario import (
    CUSTOMER,
    CUSTOMER_DIALLED,
    LINE,
    MOBILE_SENT,
    SCENARIOS,
    SENT_LINE,
    Phone,
    Scenario,
    scenario,
)

# Names of phones, and the own numbers under which they are called. What they send as their
# number differs: 199, 301 and 302.
NAMED = {"alice": "21", "tenant1_101": "22", "001122aabbcc": "23"}


def _is_called(phone):
    def play(lab):
        lab.phones.are_called(phone, [*do.picks_up(1), *do.waits_for_hangup()])
        calls = do.calls("trunk", SENT_LINE + NAMED[phone], MOBILE_SENT)
        lab.phones.call("trunk", [*calls, *do.hangs_up(1.5)])

    return play


def _calls(phone):
    def play(lab):
        lab.phones.are_called("trunk", [*do.picks_up(1), *do.waits_for_hangup()])
        lab.phones.call(phone, [*do.calls(phone, CUSTOMER_DIALLED), *do.hangs_up(1.5)])

    return play


for _phone, _line in NAMED.items():
    _legs = (Phone(_phone, "answered", 0, 1, 2.5),)
    SCENARIOS[f"incoming_to_{_phone}"] = Scenario(
        f"A customer calls {_phone}, who answers.", _is_called(_phone),
        line=LINE + _line, wait=1, talk=1.5, speaker=_phone, phones=_legs,
    )  # fmt: skip
    SCENARIOS[f"outgoing_from_{_phone}"] = Scenario(
        f"{_phone} calls a customer, who answers.", _calls(_phone),
        direction="outgoing", remote=CUSTOMER, wait=1, talk=1.5, speaker=_phone, phones=_legs,
    )  # fmt: skip


@scenario(
    Phone("101", "answered", 0, 1, 2.5),
    Phone("alice", "answered", 0, 1, 2.5),
    direction="internal", remote="201", wait=1, talk=1.5, speaker="101",
)  # fmt: skip
def internal_to_a_named_phone(lab):
    """101 dials 201, the number of the phone alice, who answers."""
    lab.phones.are_called("alice", [*do.picks_up(1), *do.waits_for_hangup()])
    lab.phones.call("101", [*do.calls("101", "201"), *do.hangs_up(1.5)])


@scenario(Phone("101", "answered", 0, 1, 2.5), line=LINE + "11", wait=1, talk=1.5, speaker="101")
def incoming_by_a_trunk_named_like_a_phone(lab):
    """A customer calls 101 through the trunk voip10."""
    lab.phones.are_called("101", [*do.picks_up(1), *do.waits_for_hangup()])
    calls = do.calls("voip10", SENT_LINE + "11", MOBILE_SENT)
    lab.phones.call("voip10", [*calls, *do.hangs_up(1.5)])


@scenario(
    Phone("101", "answered", 0, 1, 2.5),
    direction="outgoing", remote=CUSTOMER, wait=1, talk=1.5, speaker="101",
)  # fmt: skip
def outgoing_by_a_trunk_named_like_a_phone(lab):
    """101 dials 8 and a number, which is called through the trunk voip10."""
    lab.phones.are_called("voip10", [*do.picks_up(1), *do.waits_for_hangup()])
    lab.phones.call("101", [*do.calls("101", "8" + CUSTOMER_DIALLED), *do.hangs_up(1.5)])
