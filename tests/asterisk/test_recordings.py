"""What Asterisk records, and what callers leave in mailboxes, is in Odoo."""

import pytest

from tests.relay.process import wait_until

from . import phones as do
from .played.scenario import MOBILE_SENT, SENT_LINE
from .test_kills import new_connection

RECORDINGS = """
SELECT r.*, c.outcome, a.file_size
  FROM call_recording r
  JOIN call_call c ON c.id = r.call_id
  LEFT JOIN ir_attachment a ON a.res_model = 'call.recording' AND a.res_id = r.id
 WHERE r.pbx_id = %(pbx)s
"""


@pytest.fixture(scope="module")
def recorded(new_relay, lab):
    """Returns what is stored of recordings of a telephone system whose relay sends them."""
    spool = lab.asterisk.folder / "run"
    with new_connection() as database:
        relay, pbx = new_relay(
            database,
            lab,
            RECORDINGS_FOLDER=str(spool / "monitor"),
            # Asterisk is in a chroot
            RECORDINGS_NAMED=f"/tmp/{lab.asterisk.folder.name}/run/monitor",
            RECORDINGS_MAILBOXES=str(spool / "voicemail"),
        )
        pbx.store_recordings()

    def read():
        about = {"pbx": pbx.id}
        wait_until(lambda: not relay.count("recording"), "the end of the upload")
        with new_connection() as database:
            rows = database.rows(RECORDINGS, about)
            database.rows("DELETE FROM call_recording WHERE pbx_id = %(pbx)s RETURNING id", about)
        return rows

    return read


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
