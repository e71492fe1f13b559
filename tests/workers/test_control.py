"""Calls are controlled by requests with transactions of their own, as browsers send them."""

import pytest

CALL = {"call": "c1"}
PHONE = CALL | {"leg": "c1-901", "extension": "901"}
# Not a number of the traces: a conversation with it would answer their missed calls.
RINGING = PHONE | {"event": "ringing", "direction": "incoming", "from": "+12025550176"}


@pytest.fixture
def pbx(new_pbx, admin):
    """A telephone system at which the administrator speaks."""
    pbx = new_pbx("demo")
    admin.create("call.extension", pbx_id=pbx.id, number="901", user_id=admin.uid)
    pbx.send([RINGING, PHONE | {"event": "answered"}])
    return pbx


@pytest.fixture
def start(pbx, admin, database):
    """Returns a function that has something done, and returns the answer and what is stored."""

    def start(control_id):
        answer = admin.call("call.control", "start", [control_id])
        (row,) = database.rows("SELECT state FROM call_control WHERE id = %s", [control_id])
        return answer, row["state"]

    return start


@pytest.fixture
def prepare(pbx, admin, database):
    """Returns a function that stores what is wanted, and returns its id."""

    def prepare(*wanted):
        (call,) = database.rows("SELECT id FROM call_call WHERE pbx_id = %s", [pbx.id])
        prepared = admin.call("call.control", "prepare", call["id"], *wanted)
        assert prepared["state"] == "ready", prepared
        return prepared["id"]

    return prepare


def test_what_is_wanted_is_done_once(prepare, start):
    wanted = prepare("transfer", "101")
    answer, stored = start(wanted)
    assert answer["script"]
    assert stored == "accepted"
    answer, stored = start(wanted)
    assert not answer["script"]
    assert stored == "accepted"


def test_what_is_refused_is_not_taken_for_done(pbx, prepare, start):
    wanted = prepare("hold")
    pbx.send([CALL | {"event": "ended"}])
    answer, stored = start(wanted)
    assert answer["state"] == stored == "failed"
    assert answer["message"]
