"""Two workers at the same moment with the same calls: the hardest cases, one by one."""

import contextlib
import json
import time

import pytest

from traces import load
from traces.asterisk_calls import CALLS

CALLS_IN_BATCH = 12
PHONES = ("101", "102", "104")

DEADLOCKED = """
SELECT one.pid, one.query
  FROM pg_stat_activity one
  JOIN pg_stat_activity other ON other.pid = ANY(pg_blocking_pids(one.pid))
 WHERE one.datname = current_database() AND one.pid = ANY(pg_blocking_pids(other.pid))
"""

LOCKS = """
SELECT classid::bigint << 32 | objid::bigint AS key
  FROM pg_locks
 WHERE locktype = 'advisory' AND granted
   AND database = (SELECT oid FROM pg_database WHERE datname = current_database())
"""


def ring(number):
    """The first event of a call, as the event API takes it."""
    return {
        "call": f"c{number}", "id": f"ring{number}", "event": "ringing", "direction": "incoming",
        "leg": f"c{number}-1", "extension": PHONES[number % len(PHONES)],
        "from": f"+1202555{100 + number:04}", "line": "+493023125615",
        "at": f"2026-11-23T10:{number:02}:00Z",
    }  # fmt: skip


def pick_up(number):
    """A phone is picked up."""
    return {
        "call": f"c{number}", "id": f"answer{number}", "event": "answered",
        "leg": f"c{number}-1", "extension": PHONES[number % len(PHONES)],
        "at": f"2026-11-23T10:{number:02}:07Z",
    }  # fmt: skip


def hang_up(number):
    """The last event of a call."""
    return {
        "call": f"c{number}", "id": f"end{number}", "event": "ended", "cause": "normal",
        "at": f"2026-11-23T10:{number:02}:30Z",
    }  # fmt: skip


def make_batch(*tellers):
    """Events of all calls."""
    return [tell(number) for number in range(CALLS_IN_BATCH) for tell in tellers]


@pytest.fixture(scope="module")
def in_order(new_pbx):
    """A telephone system that has sent the events of all calls once, in order."""
    pbx = new_pbx("generic")
    pbx.send(make_batch(ring, pick_up, hang_up))
    assert len(pbx.get_logged().rows("call")) == CALLS_IN_BATCH
    return pbx


def get_uid(pbx, message):
    """The id under which a message is stored."""
    events = pbx.get_logged().rows("event")
    (uid,) = (event["uid"] for event in events if json.loads(event["raw"]) == message)
    return uid


def get_lock(pbx, message):
    """Send a message; return the key of the lock that its call is made under."""
    keys = []

    @contextlib.contextmanager
    def call_is_not_made_yet():
        with pbx.database.undone("LOCK TABLE call_call IN SHARE MODE"):
            yield
            keys.extend(row["key"] for row in pbx.database.rows(LOCKS))

    pbx.send_at_once([[message]], hindrance=call_is_not_made_yet())
    (key,) = keys
    return key


@contextlib.contextmanager
def nobody_deadlocked_after(hindrance, database):
    """Inside, workers are hindered; let go, no two of them wait for each other.

    The database would end such a wait by failing one of them, and Odoo would hide it by
    beginning that request again: it would only be slow.
    """
    with hindrance:
        yield
    # Half as long as the database looks on before it ends a deadlock.
    for _ in range(50):
        assert not database.rows(DEADLOCKED)
        time.sleep(0.01)


@pytest.mark.parametrize("name", sorted(CALLS))
def test_a_request_that_arrives_twice_at_once_is_taken_once(name, new_pbx, reference):
    trace = load("asterisk", name)
    pbx = new_pbx("asterisk")
    answers = pbx.send_at_once([trace], [trace], [trace])
    again = pbx.send(trace)
    duplicates = sum(answer["duplicates"] for (answer,) in answers)
    assert duplicates == 2 * again["duplicates"] > 0
    assert pbx.get_logged() == reference(name)


def test_batches_of_the_same_calls_in_opposite_orders_both_get_through(new_pbx, in_order, database):
    """Each worker has locked its half when it comes to the call for which both wait."""
    pbx = new_pbx("generic")
    forwards, backwards = make_batch(ring, pick_up), make_batch(hang_up)[::-1]
    middle = CALLS_IN_BATCH // 2
    locked = database.undone("SELECT pg_advisory_xact_lock(%s)", [get_lock(pbx, ring(middle))])
    hindrance = nobody_deadlocked_after(locked, database)
    pbx.send_at_once([forwards], [backwards], hindrance=hindrance)
    assert pbx.get_logged() == in_order.get_logged()


def test_the_same_events_in_opposite_orders_both_get_through(new_pbx, in_order, database):
    """Each worker has stored its half when it comes to the event for which both wait."""
    pbx = new_pbx("generic")
    batch = make_batch(ring, pick_up, hang_up)
    middle = get_uid(in_order, batch[len(batch) // 2])
    stored = database.undone(
        "INSERT INTO call_event (pbx_id, uid, state) VALUES (%s, %s, 'done')", [pbx.id, middle]
    )
    hindrance = nobody_deadlocked_after(stored, database)
    pbx.send_at_once([batch], [batch[::-1]], hindrance=hindrance)
    assert pbx.get_logged() == in_order.get_logged()


@pytest.mark.parametrize("name", ["blind_transfer", "incoming_queue_answered"])
def test_settings_that_are_changed_meanwhile_do_not_disturb(name, new_pbx, reference, screens):
    """Workers forget what they know, and read it anew in the transaction of the next event."""
    trace = load("asterisk", name)
    pbx = new_pbx("asterisk")
    screens.call("call.pbx", "write", [pbx.id], {"name": "Another name"})
    pbx.send_at_once([trace[::2]], [trace[1::2]])
    assert pbx.get_logged() == reference(name)
