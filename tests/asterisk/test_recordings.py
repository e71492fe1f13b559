"""What Asterisk records, and what callers leave in mailboxes, is in Odoo."""

from tests.relay.process import wait_until

from . import phones as do
from .played.scenario import MOBILE_SENT, SENT_LINE


def test_a_recorded_call_can_be_listened_to(lab, recorded, tmp_path):
    with lab.scenario("recorded", tmp_path):
        lab.phones.are_called("101", [*do.picks_up(0.5), *do.waits_for_hangup()])
        steps = do.calls("trunk", SENT_LINE + "33", MOBILE_SENT)
        lab.phones.call("trunk", [*steps, *do.speaks(tmp_path), *do.hangs_up(3)])
        wait_until(lambda: lab.asterisk.folder.joinpath("run/monitor/recorded.wav").exists())
    (recording,) = recorded()
    assert (recording["state"], recording["outcome"]) == ("here", "answered")
    assert recording["is_playable"]
    assert recording["duration"] in (2, 3, 4)
    assert recording["file_size"] == recording["size"]
    assert recording["reported_start"]
    assert not recording["is_requested"]


def test_a_message_in_a_mailbox_can_be_listened_to(lab, recorded, tmp_path):
    with lab.scenario("message", tmp_path):
        steps = do.calls("trunk", SENT_LINE + "39", MOBILE_SENT)
        lab.phones.call("trunk", [*steps, *do.speaks(tmp_path), *do.hangs_up(4)])
    (recording,) = recorded()
    assert recording["state"] == "here"
    assert recording["outcome"] == "voicemail"
    assert recording["is_playable"]
    assert recording["is_requested"]
