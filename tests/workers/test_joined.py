"""Calls that turn out to be one conversation, with two workers."""

import json
from concurrent.futures import ThreadPoolExecutor

import pytest
from hypothesis import given
from hypothesis import strategies as st

from .test_at_once import no_deadlock_after
from .test_traces import get_messages, shuffled_batches

AT = "2026-11-23T10:"
ALICE = {"call": "a", "leg": "a-101", "extension": "101"}
BOB = {"call": "b", "leg": "b-102", "extension": "102"}

# A customer calls Alice, and Bob picks the call up, which is a call of its own at first. Both are
# known by a third name, so that neither event alone names the other call.
OUTSIDE = [
    ALICE | {"event": "ringing", "direction": "incoming", "from": "+12025550187",
             "line": "+493023125615", "at": f"{AT}00:00Z"},
    ALICE | {"event": "ended", "cause": "elsewhere", "at": f"{AT}00:12Z"},
    {"call": "a", "event": "joined", "with": "x", "at": f"{AT}00:12Z"},
    {"call": "a", "event": "ended", "at": f"{AT}01:12Z"},
]  # fmt: skip
PICKUP = [
    BOB | {"event": "ringing", "from": "102", "to": "8", "at": f"{AT}00:10Z"},
    BOB | {"event": "answered", "at": f"{AT}00:12Z"},
    {"call": "b", "event": "joined", "with": "x", "at": f"{AT}00:12Z"},
    {"call": "b", "event": "ended", "at": f"{AT}01:12Z"},
]  # fmt: skip
STORY = [*OUTSIDE, *PICKUP]

CALLS = "SELECT id, pbx_ref FROM call_call WHERE pbx_id = %(pbx)s"


@pytest.fixture(scope="module")
def joined(new_pbx):
    """What is logged of a telephone system that has sent everything in order."""
    pbx = new_pbx("generic")
    pbx.send(STORY)
    return pbx.get_logged()


def test_the_reference_is_one_call(joined, owners):
    (call,) = joined.rows("call")
    assert (call["outcome"], call["talk_seconds"]) == ("answered", 60)
    assert call["user_id"] == owners["102"]
    assert len(joined.rows("phone")) == 2
    assert {row["ref"] for row in joined.rows("reference")} == {"a", "b"}


@given(data=st.data())
def test_order_repetition_batches_and_clients_do_not_matter(data, new_pbx, joined):
    clients = data.draw(shuffled_batches(STORY))
    pbx = new_pbx("generic")
    pbx.send_at_once(*get_messages(STORY, clients))
    assert pbx.get_logged() == joined


@pytest.mark.parametrize("known", [0, 2], ids=["two_new_calls", "two_logged_calls"])
def test_both_halves_at_once_are_one_call_without_a_deadlock(known, new_pbx, joined, database):
    pbx = new_pbx("generic")
    for half in (OUTSIDE, PICKUP):
        if known:
            pbx.send(half[:known])
    assert len(pbx.get_logged().rows("call")) == known
    blocker = no_deadlock_after(database.block_event_inserts(), database)
    pbx.send_at_once([OUTSIDE[known:]], [PICKUP[known:]], blocker=blocker)
    assert pbx.get_logged() == joined


def test_events_that_arrive_while_their_calls_are_joined_are_kept(new_pbx, joined, database):
    """A call is deleted when it becomes part of another: no event may be deleted with it."""
    pbx = new_pbx("generic")
    pbx.send([*OUTSIDE[:3], *PICKUP[:1]])
    blocker = no_deadlock_after(database.block_event_inserts(), database)
    pbx.send_at_once([PICKUP[2:3]], [PICKUP[1:2], PICKUP[3:], OUTSIDE[3:]], blocker=blocker)
    assert pbx.get_logged() == joined


def test_what_a_user_writes_while_calls_are_joined_is_kept(new_pbx, admin, database):
    pbx = new_pbx("generic")
    pbx.send([*OUTSIDE[:2], *PICKUP[:2]])
    calls = {row["pbx_ref"]: row["id"] for row in database.rows(CALLS, {"pbx": pbx.id})}
    admin.call("call.call", "web_save", [calls["b"]], {"summary": "Printer"}, {})
    pbx.send([OUTSIDE[2], PICKUP[2]])
    note = [[0, 0, {"body": "It smokes"}]]
    (saved,) = admin.call(
        "call.call", "web_save", [calls["b"]], {"note_ids": note}, {"summary": {}, "note_ids": {}}
    )
    assert (saved["id"], saved["summary"], len(saved["note_ids"])) == (calls["a"], "Printer", 1)
    admin.call("call.call", "save_card", [calls["b"]], {"summary": "Scanner"})
    assert json.dumps(admin.call("call.call", "read", [calls["a"]], ["summary"])).count("Scanner")


def test_what_a_user_writes_at_the_same_moment_is_kept(new_pbx, admin, database):
    """Whoever comes second finds the call that remains."""
    for _ in range(10):
        pbx = new_pbx("generic")
        pbx.send([*OUTSIDE[:3], *PICKUP[:2]])
        calls = {row["pbx_ref"]: row["id"] for row in database.rows(CALLS, {"pbx": pbx.id})}
        values = {"summary": "Printer", "note_ids": [[0, 0, {"body": "It smokes"}]]}
        save = ("call.call", "web_save", [calls["b"]], values, {})
        with ThreadPoolExecutor(2) as pool:
            done = [pool.submit(pbx.send, [PICKUP[2]]), pool.submit(admin.call, *save)]
            [each.result() for each in done]
        (call,) = pbx.get_logged().rows("call")
        notes = database.rows("SELECT body FROM call_note WHERE call_id = %s", [calls["a"]])
        assert (call["summary"], len(notes)) == ("Printer", 1)
