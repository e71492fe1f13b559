"""Two workers that process the same calls at the same time."""

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
    """Return the first event of a call, in the format of the event API."""
    return {
        "call": f"c{number}", "id": f"ring{number}", "event": "ringing", "direction": "incoming",
        "leg": f"c{number}-1", "extension": PHONES[number % len(PHONES)],
        "from": f"+1202555{100 + number:04}", "line": "+493023125615",
        "at": f"2026-11-23T{10 + number // 60}:{number % 60:02}:00Z",
    }  # fmt: skip


def pick_up(number):
    """Return the event of the answer."""
    return {
        "call": f"c{number}", "id": f"answer{number}", "event": "answered",
        "leg": f"c{number}-1", "extension": PHONES[number % len(PHONES)],
        "at": f"2026-11-23T{10 + number // 60}:{number % 60:02}:07Z",
    }  # fmt: skip


def hang_up(number):
    """Return the last event of a call."""
    return {
        "call": f"c{number}", "id": f"end{number}", "event": "ended", "cause": "normal",
        "at": f"2026-11-23T{10 + number // 60}:{number % 60:02}:30Z",
    }  # fmt: skip


def build_batch(*builders):
    """Return events of all calls, in the order of the calls."""
    return [build(number) for number in range(CALLS_IN_BATCH) for build in builders]


@pytest.fixture(scope="module")
def in_order(new_pbx):
    """A telephone system that has sent the events of all calls once, in order."""
    pbx = new_pbx("generic")
    pbx.send(build_batch(ring, pick_up, hang_up))
    assert len(pbx.get_logged().rows("call")) == CALLS_IN_BATCH
    return pbx


def get_uid(pbx, message):
    """Return the ``uid`` with which a message is stored."""
    events = pbx.get_logged().rows("event")
    (uid,) = (event["uid"] for event in events if json.loads(event["raw"]) == message)
    return uid


def get_lock(pbx, message):
    """Send a message; return the key of the advisory lock of its call."""
    keys = []

    @contextlib.contextmanager
    def block_call_creation():
        with pbx.database.uncommitted("LOCK TABLE call_call IN SHARE MODE"):
            yield
            keys.extend(row["key"] for row in pbx.database.rows(LOCKS))

    pbx.send_at_once([[message]], blocker=block_call_creation())
    (key,) = keys
    return key


@contextlib.contextmanager
def no_deadlock_after(blocker, database):
    """Block workers, release them at the end, and check that they do not wait for each other.

    PostgreSQL would end a deadlock by aborting one transaction, and Odoo would repeat that
    request: the only symptom would be a delay.
    """
    with blocker:
        yield
    # Half a second: PostgreSQL looks for deadlocks only after one second.
    for _ in range(50):
        assert not database.rows(DEADLOCKED)
        time.sleep(0.01)


@pytest.mark.parametrize("name", sorted(CALLS))
def test_a_request_that_arrives_several_times_at_once_is_logged_once(name, new_pbx, reference):
    trace = load("asterisk", name)
    pbx = new_pbx("asterisk")
    answers = pbx.send_at_once([trace], [trace], [trace])
    again = pbx.send(trace)
    duplicates = sum(answer["duplicates"] for (answer,) in answers)
    assert duplicates == 2 * again["duplicates"] > 0
    assert pbx.get_logged() == reference(name)


def test_batches_of_the_same_calls_in_opposite_orders_do_not_deadlock(new_pbx, in_order, database):
    """Each worker has locked half of the calls when both wait for the same call."""
    pbx = new_pbx("generic")
    forwards, backwards = build_batch(ring, pick_up), build_batch(hang_up)[::-1]
    middle = CALLS_IN_BATCH // 2
    locked = database.uncommitted("SELECT pg_advisory_xact_lock(%s)", [get_lock(pbx, ring(middle))])
    blocker = no_deadlock_after(locked, database)
    pbx.send_at_once([forwards], [backwards], blocker=blocker)
    assert pbx.get_logged() == in_order.get_logged()


def test_the_same_events_in_opposite_orders_do_not_deadlock(new_pbx, in_order, database):
    """Each worker has stored half of the events when both wait for the same event."""
    pbx = new_pbx("generic")
    batch = build_batch(ring, pick_up, hang_up)
    middle = get_uid(in_order, batch[len(batch) // 2])
    stored = database.uncommitted(
        "INSERT INTO call_event (pbx_id, uid, state) VALUES (%s, %s, 'done')", [pbx.id, middle]
    )
    blocker = no_deadlock_after(stored, database)
    pbx.send_at_once([batch], [batch[::-1]], blocker=blocker)
    assert pbx.get_logged() == in_order.get_logged()


@pytest.mark.parametrize("name", ["blind_transfer", "incoming_queue_answered"])
def test_calls_are_logged_correctly_after_settings_change(name, new_pbx, reference, admin):
    """Workers clear their caches, and read the settings again with the next event."""
    trace = load("asterisk", name)
    pbx = new_pbx("asterisk")
    admin.call("call.pbx", "write", [pbx.id], {"name": "Another name"})
    pbx.send_at_once([trace[::2]], [trace[1::2]])
    assert pbx.get_logged() == reference(name)
