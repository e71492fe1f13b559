"""Customers call."""

from .. import phones as do
from .scenario import (
    CUSTOMER,
    CUSTOMER_DIALLED,
    LINE,
    MOBILE_SENT,
    OWN_MOBILE,
    OWN_MOBILE_DIALLED,
    SENT_LINE,
    Phone,
    scenario,
)

# Before a queue or an announcement, Asterisk itself answers the call, which takes half a second.


@scenario(Phone("101", "answered", 0, 1, 2.5), line=LINE + "11", wait=1, talk=1.5, speaker="101")
def incoming_answered(lab):
    """A customer calls 101, who answers after one second; the customer hangs up."""
    lab.phones.are_called("101", [*do.picks_up(1), *do.waits_for_hangup()])
    lab.phones.call("trunk", [*do.calls("trunk", SENT_LINE + "11", MOBILE_SENT), *do.hangs_up(1.5)])


@scenario(Phone("101", "answered", 0, 1, 2.5), line=LINE + "11", wait=1, talk=1.5, speaker="101")
def incoming_answered_and_ended_here(lab):
    """A customer calls 101, who answers and hangs up first."""
    lab.phones.are_called("101", [*do.picks_up(1), *do.hangs_up(1.5)])
    lab.phones.call(
        "trunk", [*do.calls("trunk", SENT_LINE + "11", MOBILE_SENT), *do.waits_for_hangup()]
    )


@scenario(
    Phone("102", "no_answer", 0, None, 3),
    outcome="no_answer", line=LINE + "12", wait=3, speaker="102",
)  # fmt: skip
def incoming_missed(lab):
    """A customer calls 102; nobody answers; after three seconds Asterisk gives up."""
    lab.phones.are_called("102", do.rings_until_cancelled())
    lab.phones.call(
        "trunk", do.calls_and_is_rejected("trunk", SENT_LINE + "12", "603", MOBILE_SENT)
    )


@scenario(
    Phone("101", "cancelled", 0, None, 1.5),
    outcome="cancelled", line=LINE + "11", wait=1.5, speaker="101",
)  # fmt: skip
def incoming_abandoned(lab):
    """A customer calls 101 and gives up."""
    lab.phones.are_called("101", do.rings_until_cancelled())
    lab.phones.call("trunk", do.gives_up("trunk", SENT_LINE + "11", 1.5, MOBILE_SENT))


@scenario(
    Phone("103", "busy", 0, None, 0.5), outcome="busy", line=LINE + "17", wait=0.5, speaker="103"
)
def incoming_busy(lab):
    """A customer calls 103, who is in another call."""
    lab.phones.are_called("103", do.refuses(0.5))
    lab.phones.call(
        "trunk", do.calls_and_is_rejected("trunk", SENT_LINE + "17", "486", MOBILE_SENT)
    )


@scenario(
    Phone("101", "answered", 0, 0.5, 1.5),
    line=LINE + "11", wait=0.5, talk=1, speaker="101", remote=None, anonymous=True,
)  # fmt: skip
def incoming_anonymous(lab):
    """Somebody calls 101; the network sends no number."""
    lab.phones.are_called("101", [*do.picks_up(0.5), *do.waits_for_hangup()])
    lab.phones.call("trunk", [*do.calls("trunk", SENT_LINE + "11", "anonymous"), *do.hangs_up(1)])


@scenario(
    Phone("101", "answered", 0, 0.5, 1.5),
    line=LINE + "11", wait=0.5, talk=1, speaker="101", remote=None, anonymous=True,
)  # fmt: skip
def incoming_withheld(lab):
    """Somebody calls 101; the network sends the number, and that the caller withholds it."""
    lab.phones.are_called("101", [*do.picks_up(0.5), *do.waits_for_hangup()])
    privacy_headers = f"\nP-Asserted-Identity: <sip:{MOBILE_SENT}@127.0.0.1>\nPrivacy: id"
    lab.phones.call(
        "trunk",
        [*do.calls("trunk", SENT_LINE + "11", MOBILE_SENT, privacy_headers), *do.hangs_up(1)],
    )


@scenario(
    Phone("101", "answered", 0, 0.5, 1.5),
    line=LINE + "11", wait=0.5, talk=1, speaker="101", remote=CUSTOMER,
)  # fmt: skip
def incoming_national(lab):
    """A customer calls 101; the network sends the number in national format."""
    lab.phones.are_called("101", [*do.picks_up(0.5), *do.waits_for_hangup()])
    lab.phones.call(
        "trunk", [*do.calls("trunk", SENT_LINE + "11", CUSTOMER_DIALLED), *do.hangs_up(1)]
    )


@scenario(
    Phone("101", "elsewhere", 0, None, 1),
    Phone("102", "elsewhere", 0, None, 1),
    Phone("104", "answered", 0, 1, 2.5),
    line=LINE + "14", wait=1, talk=1.5, speaker="104",
)  # fmt: skip
def incoming_ring_group(lab):
    """A customer calls; 101, 102 and 104 ring; 104 answers."""
    lab.phones.are_called("101", do.rings_until_cancelled())
    lab.phones.are_called("102", do.rings_until_cancelled())
    lab.phones.are_called("104", [*do.picks_up(1), *do.waits_for_hangup()])
    lab.phones.call("trunk", [*do.calls("trunk", SENT_LINE + "14", MOBILE_SENT), *do.hangs_up(1.5)])


@scenario(
    Phone("102", "elsewhere", 0.5, None, 1.5),
    Phone("104", "answered", 0.5, 1.5, 3),
    line=LINE + "15", queue="support", wait=1.5, talk=1.5, speaker="104",
)  # fmt: skip
def incoming_queue_answered(lab):
    """A customer waits in a queue; its phones 102 and 104 ring; 104 answers."""
    lab.phones.are_called("102", do.rings_until_cancelled())
    lab.phones.are_called("104", [*do.picks_up(1), *do.waits_for_hangup()])
    lab.phones.call("trunk", [*do.calls("trunk", SENT_LINE + "15", MOBILE_SENT), *do.hangs_up(3)])


@scenario(
    Phone("102", "cancelled", 0.5, None, 1.5),
    outcome="cancelled", line=LINE + "16", queue="hotline", wait=1.5, speaker="102",
)  # fmt: skip
def incoming_queue_abandoned(lab):
    """A customer waits in a queue and gives up while 102 rings."""
    lab.phones.are_called("102", do.rings_until_cancelled())
    lab.phones.call("trunk", [*do.calls("trunk", SENT_LINE + "16", MOBILE_SENT), *do.hangs_up(1.5)])


@scenario(
    Phone("102", "no_answer", 0.5, None, 3.5),
    outcome="no_answer", line=LINE + "16", queue="hotline", wait=3.5, speaker="102",
)  # fmt: skip
def incoming_queue_timed_out(lab):
    """A customer waits in a queue while 102 rings, until Asterisk gives up."""
    lab.phones.are_called("102", do.rings_until_cancelled())
    lab.phones.call(
        "trunk", [*do.calls("trunk", SENT_LINE + "16", MOBILE_SENT), *do.waits_for_hangup()]
    )


@scenario(
    Phone("103", "busy", 0, None, 0.3),
    outcome="voicemail", line=LINE + "13", wait=0.3, mailbox=2.2, speaker="103",
)  # fmt: skip
def incoming_busy_then_voicemail(lab):
    """A customer calls 103, who is busy; the customer leaves a message in the mailbox."""
    lab.phones.are_called("103", do.refuses(0.3))
    lab.phones.call("trunk", [*do.calls("trunk", SENT_LINE + "13", MOBILE_SENT), *do.hangs_up(2.2)])


@scenario(
    Phone("103", "rejected", 0, None, 0.5),
    outcome="rejected", line=LINE + "17", wait=0.5, speaker="103",
)  # fmt: skip
def incoming_pushed_away(lab):
    """A customer calls 103, who rejects the call."""
    lab.phones.are_called("103", do.refuses(0.5, "603 Decline"))
    lab.phones.call(
        "trunk", do.calls_and_is_rejected("trunk", SENT_LINE + "17", "403", MOBILE_SENT)
    )


@scenario(
    Phone("103", "no_answer", 0, None, 2),
    outcome="voicemail", line=LINE + "27", wait=2, mailbox=1.5, speaker="103",
)  # fmt: skip
def incoming_not_answered_then_voicemail(lab):
    """A customer calls 103, who does not answer; the customer leaves a message."""
    lab.phones.are_called("103", do.rings_until_cancelled())
    lab.phones.call("trunk", [*do.calls("trunk", SENT_LINE + "27", MOBILE_SENT), *do.hangs_up(1.5)])


@scenario(outcome="busy", line=LINE + "28")
def incoming_do_not_disturb(lab):
    """A customer calls somebody who does not want to be disturbed: no phone rings."""
    lab.phones.call(
        "trunk", do.calls_and_is_rejected("trunk", SENT_LINE + "28", "486", MOBILE_SENT)
    )


@scenario(outcome="failed", line=LINE + "29")
def incoming_to_a_phone_not_registered(lab):
    """A customer calls a phone that is not registered: nothing rings."""
    lab.phones.call(
        "trunk", do.calls_and_is_rejected("trunk", SENT_LINE + "29", "404", MOBILE_SENT)
    )


@scenario(
    Phone("101", "no_answer", 0, None, 2),
    Phone(None, "answered", 2, 3, 4.5, number=OWN_MOBILE),
    line=LINE + "20", wait=3, talk=1.5,
)  # fmt: skip
def incoming_forwarded_to_a_mobile(lab):
    """A customer calls 101, who does not answer; the call is forwarded to a mobile outside."""
    lab.phones.are_called("101", do.rings_until_cancelled())
    lab.phones.are_called("trunk", [*do.picks_up(1), *do.waits_for_hangup()])
    lab.phones.call("trunk", [*do.calls("trunk", SENT_LINE + "20", MOBILE_SENT), *do.hangs_up(1.5)])


@scenario(
    Phone("101", "elsewhere", 0, None, 1.5),
    Phone(None, "answered", 0, 1.5, 3, number=OWN_MOBILE),
    line=LINE + "30", wait=1.5, talk=1.5,
)  # fmt: skip
def incoming_follow_me_answered_by_the_mobile(lab):
    """A customer calls; 101 and a mobile outside ring by Local channels; the mobile answers."""
    lab.phones.are_called("101", do.rings_until_cancelled())
    lab.phones.are_called("trunk", [*do.picks_up(1.5), *do.waits_for_hangup()])
    lab.phones.call("trunk", [*do.calls("trunk", SENT_LINE + "30", MOBILE_SENT), *do.hangs_up(1.5)])


@scenario(
    Phone("101", "answered", 0, 1.5, 3),
    Phone(None, "elsewhere", 0, None, 1.5, number=OWN_MOBILE),
    line=LINE + "30", wait=1.5, talk=1.5, speaker="101",
)  # fmt: skip
def incoming_follow_me_answered_by_the_phone(lab):
    """A customer calls; 101 and a mobile outside ring by Local channels; 101 answers."""
    lab.phones.are_called("101", [*do.picks_up(1.5), *do.waits_for_hangup()])
    lab.phones.are_called("trunk", do.rings_until_cancelled())
    lab.phones.call("trunk", [*do.calls("trunk", SENT_LINE + "30", MOBILE_SENT), *do.hangs_up(1.5)])


@scenario(
    Phone("104", "answered", 0.5, 1.5, 3),
    line=LINE + "26", queue="agents", wait=1.5, talk=1.5, speaker="104",
)  # fmt: skip
def incoming_queue_of_local_channels(lab):
    """A customer waits in a queue, which rings 104 by a Local channel; 104 answers."""
    lab.phones.are_called("104", [*do.picks_up(1), *do.waits_for_hangup()])
    lab.phones.call("trunk", [*do.calls("trunk", SENT_LINE + "26", MOBILE_SENT), *do.hangs_up(3)])


@scenario(
    Phone("101", "elsewhere", 0, None, 0.5),
    Phone("104", "answered", 0.5, 1.5, 3),
    line=LINE + "11", wait=1.5, talk=1.5, speaker="104",
)  # fmt: skip
def incoming_redirected_by_the_phone(lab):
    """A customer calls 101, whose phone sends the call to 104, who answers."""
    lab.phones.are_called("101", do.redirects(0.5, "104"))
    lab.phones.are_called("104", [*do.picks_up(1), *do.waits_for_hangup()])
    lab.phones.call("trunk", [*do.calls("trunk", SENT_LINE + "11", MOBILE_SENT), *do.hangs_up(1.5)])


@scenario(Phone("101", "answered", 0, 0.5, 3.5), line=LINE + "11", wait=0.5, talk=3, speaker="101")
def incoming_listened_in(lab):
    """101 speaks with a customer; 104 listens in, which is no call."""
    lab.phones.are_called("101", [*do.picks_up(0.5), *do.waits_for_hangup()])
    lab.phones.call("trunk", [*do.calls("trunk", SENT_LINE + "11", MOBILE_SENT), *do.hangs_up(3)])
    lab.wait(1.5)
    lab.phones.call("104", [*do.calls("104", "*6101"), *do.hangs_up(1)])


@scenario(
    Phone("101", "answered", 0.2, 1.2, 2.7),
    line=LINE + "31", wait=1.2, talk=1.5, alone=1, speaker="101",
)  # fmt: skip
def incoming_to_an_application(lab):
    """A program answers a customer, who waits; it calls 101 and connects the two."""
    lab.phones.are_called("101", [*do.picks_up(1), *do.hangs_up(1.5)])
    with lab.application("lab"):
        lab.phones.call(
            "trunk", [*do.calls("trunk", SENT_LINE + "31", MOBILE_SENT), *do.hangs_up(3.5)]
        )
        customer = lab.wait_for_event("Newexten", "PJSIP/trunk-", Application="Stasis")["Uniqueid"]
        lab.wait(0.2)
        lab.use_ari(f"channels/{customer}/answer")
        lab.use_ari("bridges/waiting", type="holding")
        lab.use_ari("bridges/waiting/addChannel", channel=customer)
        lab.use_ari("channels", endpoint="PJSIP/101", app="lab", channelId="application-101")
        lab.wait_for_event("Newstate", "PJSIP/101-", ChannelStateDesc="Up")
        lab.use_ari("bridges/speaking", type="mixing")
        lab.use_ari("bridges/speaking/addChannel", channel=[customer, "application-101"])
        lab.wait_for_event("Hangup", "PJSIP/trunk-")
        lab.use_ari("bridges/waiting", "DELETE")
        lab.use_ari("bridges/speaking", "DELETE")


@scenario(Phone("101", "answered", 0, 0.5, 4), line=LINE + "11", wait=0.5, talk=3.5, speaker="101")
def incoming_held(lab):
    """101 answers a customer, holds the call, and resumes it."""
    lab.phones.are_called("101", [*do.picks_up(0.5), *do.holds(1, 1.5), *do.waits_for_hangup()])
    lab.phones.call("trunk", [*do.calls("trunk", SENT_LINE + "11", MOBILE_SENT), *do.hangs_up(3.5)])


@scenario(Phone("101", "answered", 0, 1, 2.5), line=LINE + "33", wait=1, talk=1.5, speaker="101")
def incoming_recorded(lab):
    """A customer calls 101; Asterisk records the call."""
    lab.phones.are_called("101", [*do.picks_up(1), *do.waits_for_hangup()])
    lab.phones.call("trunk", [*do.calls("trunk", SENT_LINE + "33", MOBILE_SENT), *do.hangs_up(1.5)])


@scenario(
    Phone(None, "answered", 0, 1, 2.5, number=OWN_MOBILE),
    line=LINE + "34", wait=1, talk=1.5,
)  # fmt: skip
def incoming_forwarded_at_once(lab):
    """A customer calls; the call is forwarded to a mobile outside, and no phone rings."""
    lab.phones.are_called("trunk", [*do.picks_up(1), *do.waits_for_hangup()])
    lab.phones.call("trunk", [*do.calls("trunk", SENT_LINE + "34", MOBILE_SENT), *do.hangs_up(1.5)])


@scenario(
    Phone(None, "no_answer", 0, None, 2, number=OWN_MOBILE),
    outcome="no_answer", line=LINE + "34", wait=2,
)  # fmt: skip
def incoming_forwarded_and_not_answered(lab):
    """A customer calls; the call is forwarded to a mobile outside, where nobody answers."""
    lab.phones.are_called("trunk", do.rings_until_cancelled())
    lab.phones.call(
        "trunk", do.calls_and_is_rejected("trunk", SENT_LINE + "34", "603", MOBILE_SENT)
    )


@scenario(
    Phone("101", "cancelled", 0, None, 1.5),
    Phone(None, "cancelled", 0, None, 1.5, number=OWN_MOBILE),
    outcome="cancelled", line=LINE + "30", wait=1.5, speaker="101",
)  # fmt: skip
def incoming_follow_me_abandoned(lab):
    """A customer calls; 101 and a mobile outside ring by Local channels; the customer gives up."""
    lab.phones.are_called("101", do.rings_until_cancelled())
    lab.phones.are_called("trunk", do.rings_until_cancelled())
    lab.phones.call("trunk", do.gives_up("trunk", SENT_LINE + "30", 1.5, MOBILE_SENT))


@scenario(
    Phone("101", "elsewhere", 0, None, 0.5),
    Phone(None, "answered", 0.5, 1.5, 3, number=OWN_MOBILE),
    line=LINE + "11", wait=1.5, talk=1.5,
)  # fmt: skip
def incoming_redirected_to_a_mobile(lab):
    """A customer calls 101, whose phone sends the call to a mobile outside, which answers."""
    lab.phones.are_called("101", do.redirects(0.5, OWN_MOBILE_DIALLED))
    lab.phones.are_called("trunk", [*do.picks_up(1), *do.waits_for_hangup()])
    lab.phones.call("trunk", [*do.calls("trunk", SENT_LINE + "11", MOBILE_SENT), *do.hangs_up(1.5)])


@scenario(
    Phone("101", "answered", 1.5, 2.5, 4),
    line=LINE + "35", wait=2.5, talk=1.5, speaker="101",
)  # fmt: skip
def incoming_after_an_announcement(lab):
    """A customer hears an announcement; then 101 rings and answers."""
    lab.phones.are_called("101", [*do.picks_up(1), *do.waits_for_hangup()])
    lab.phones.call("trunk", [*do.calls("trunk", SENT_LINE + "35", MOBILE_SENT), *do.hangs_up(4)])


@scenario(outcome="no_answer", line=LINE + "36", wait=1.5)
def incoming_announcement_only(lab):
    """A customer hears an announcement to its end; no phone rings."""
    lab.phones.call(
        "trunk", [*do.calls("trunk", SENT_LINE + "36", MOBILE_SENT), *do.waits_for_hangup()]
    )


@scenario(
    Phone("103", "busy", 0, None, 0.5),
    Phone("104", "answered", 0.5, 1.5, 3),
    line=LINE + "37", wait=1.5, talk=1.5, speaker="104",
)  # fmt: skip
def incoming_busy_then_answered_by_another(lab):
    """A customer calls 103, who is busy; then 104 rings and answers."""
    lab.phones.are_called("103", do.refuses(0.5))
    lab.phones.are_called("104", [*do.picks_up(1), *do.waits_for_hangup()])
    lab.phones.call("trunk", [*do.calls("trunk", SENT_LINE + "37", MOBILE_SENT), *do.hangs_up(1.5)])


@scenario(Phone("101", "answered", 0, 1, 3), line=LINE + "38", wait=1, talk=2, speaker="101")
def incoming_by_a_local_channel_that_is_removed(lab):
    """A customer calls; 101 rings by a Local channel and answers; once both speak, Asterisk
    connects them without that channel."""
    speaks = do.speaks(lab.folder)
    lab.phones.are_called("101", [*do.picks_up(1), *speaks, *do.waits_for_hangup()])
    calls = do.calls("trunk", SENT_LINE + "38", MOBILE_SENT)
    lab.phones.call("trunk", [*calls, *speaks, *do.hangs_up(2)])
    lab.wait_for_event("LocalOptimizationEnd", "")
