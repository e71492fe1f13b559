"""What people say on the phone is recorded, arrives in Odoo, and is written down there by a real
speech model."""

import re

import pytest

from tests.relay.process import wait_until
from tests.workers.server import Client
from tools import speech

from . import browser
from . import phones as do
from .house import DATABASE, new_connection
from .played.scenario import CUSTOMER, CUSTOMER_DIALLED, MOBILE, MOBILE_SENT, SENT_LINE
from .sounds import speak

# Two people, in the recordings that come with the speech model.
DICKENS, BECKETT = "two_cities.wav", "beckett.wav"
DICKENS_SAYS, BECKETT_SAYS = {"best", "worst", "wisdom"}, {"tried", "failed", "matter"}
CRON = "SELECT res_id FROM ir_model_data WHERE name = 'ir_cron_transcribe'"
LINES = """
SELECT t.state, t.reason, l.side, l.text
  FROM call_transcript t
  LEFT JOIN call_transcript_line l ON l.transcript_id = t.id
 WHERE t.recording_id = %s
 ORDER BY l.start
"""


@pytest.fixture(scope="module")
def transcribe(odoo_server):
    """Returns a function that returns the words that each side has said in a recording, as Odoo
    has them from a server with a real speech model."""
    admin = Client(odoo_server.address, DATABASE)

    def read(recording):
        with new_connection() as database:
            (cron,) = database.rows(CRON)
            wait_until(lambda: _is_written(admin, cron["res_id"], database, recording))
            rows = database.rows(LINES, [recording["id"]])
        assert {row["state"] for row in rows} == {"here"}, rows
        words = {}
        for row in rows:
            words.setdefault(row["side"], set()).update(re.findall(r"\w+", row["text"].lower()))
        return words

    with speech.running() as address:
        admin.call("res.company", "write", [1], {"call_transcript_url": address})
        yield read
        admin.call("res.company", "write", [1], {"call_transcript_url": False})
    admin.close()


def _is_written(admin, cron, database, recording):
    """Let Odoo go on with transcripts; return whether that of a recording has an end."""
    admin.call("ir.cron", "method_direct_trigger", [cron])
    rows = database.rows(LINES, [recording["id"]])
    return rows and rows[0]["state"] in ("here", "failed")


@pytest.fixture(scope="module")
def voices(tmp_path_factory):
    """Files with what two people say, for phones: each in six seconds."""
    folder = tmp_path_factory.mktemp("voices")
    return [
        speak(speech.find_sound(name), folder / name, start, 6)
        for name, start in ((DICKENS, 0.7), (BECKETT, 0))
    ]


def test_both_sides_are_written_down_and_it_is_known_who_is_who(
    lab, hearing, voices, transcribe, tmp_path
):
    caller, employee = voices
    with lab.scenario("spoken", tmp_path):
        answers = [*do.picks_up(0.5), *do.plays(employee), *do.waits_for_hangup()]
        lab.phones.are_called("101", answers)
        calls = do.calls("trunk", SENT_LINE + "40", MOBILE_SENT)
        lab.phones.call("trunk", [*calls, *do.plays(caller), *do.hangs_up(6.5)])
    (recording,) = hearing.read_new()
    assert (recording["direction"], recording["remote_number"]) == ("incoming", MOBILE)
    assert (recording["channels"], recording["first_side"]) == (2, "outside")
    words = transcribe(recording)
    assert set(words) == {"outside", "inside"}
    assert words["outside"] >= DICKENS_SAYS
    assert words["inside"] >= BECKETT_SAYS
    assert not words["outside"] & BECKETT_SAYS
    assert not words["inside"] & DICKENS_SAYS
    path = f"/call_handling/recording/{recording['id']}"
    length, start, end = browser.play(hearing.client, path, 4.25)
    assert length == pytest.approx(7, abs=1)
    assert start == pytest.approx(4.25, abs=0.1)
    assert 4.25 <= end < 6


def test_freepbx_goes_on_in_the_same_file_after_a_transfer_and_one_recording_is_whole(
    lab, hearing, voices, transcribe, tmp_path
):
    """101 calls a customer, who speaks; then 104 gets the call, and speaks. Nobody is cut short:
    each speaks for six seconds."""
    customer, colleague = voices
    with lab.scenario("freepbx", tmp_path):
        answers = [*do.picks_up(0.3), *do.plays(customer), *do.waits_for_hangup()]
        lab.phones.are_called("trunk", answers)
        answers = [*do.picks_up(0.3), *do.plays(colleague), *do.hangs_up(7.5)]
        lab.phones.are_called("104", answers)
        calls = do.calls("101", "7" + CUSTOMER_DIALLED)
        lab.phones.call("101", [*calls, *do.transfers(7.5, "104")])
    (file,) = (lab.asterisk.folder / "run/monitor").glob("*/*/*/out-*")
    assert re.fullmatch(rf"out-{CUSTOMER_DIALLED}-101-\d{{8}}-\d{{6}}-[\d.]+\.wav", file.name)
    (recording,) = hearing.read_new()
    assert file.name.endswith(f"-{recording['leg_ref']}.wav")
    assert recording["call_ref"] == recording["pbx_ref"]
    assert (recording["direction"], recording["remote_number"]) == ("outgoing", CUSTOMER)
    assert recording["channels"] == 1
    assert not recording["first_side"]
    assert hearing.listen(recording).content == file.read_bytes()
    words = transcribe(recording)
    assert set(words) == {"unknown"}
    assert words["unknown"] >= DICKENS_SAYS | BECKETT_SAYS
