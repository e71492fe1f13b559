"""The relay, Odoo and PostgreSQL are killed amid 200 calls: all of them are there afterwards."""

import contextlib
import time
from datetime import datetime, timedelta, timezone

import pytest

from tests.relay.process import wait_until
from tests.workers.server import Database

from . import phones as do
from .house import DATABASE
from .played import SENT_LINE

COUNT = 200
RATE = 15  # calls begun in a second
TALK = 4  # seconds; longer than the relay is away, so that no call both begins and ends in a gap
KILL_AFTER = 7  # seconds: half of the calls have begun, some have ended, many are ongoing

# Reserved for fiction, as callers of whom each calls once.
CALLERS = [f"1{area}55501{last:02}" for area in (202, 212) for last in range(COUNT // 2)]

CALLS = "SELECT * FROM call_call WHERE pbx_id = %(pbx)s ORDER BY date_start"


@contextlib.contextmanager
def reading():
    """A connection to the database that has not seen it die."""
    database = Database(DATABASE)
    try:
        yield database
    finally:
        database.close()


def play(lab, folder, kill):
    """Let 200 callers call 101, and do something amid of it."""
    numbers = folder / "callers.csv"
    numbers.write_text("\n".join(["SEQUENTIAL", *CALLERS, ""]))
    with lab.playing("kill", folder):
        lab.phones.are_called("101", [*do.picks_up(0.3), *do.waits_for_the_end()], count=COUNT)
        steps = [*do.calls("trunk", SENT_LINE + "1", "[field0]"), *do.hangs_up(TALK)]
        lab.phones.call("trunk", steps, count=COUNT, rate=RATE, numbers=numbers)
        time.sleep(KILL_AFTER)
        kill()


def wait_for_all_calls(pbx):
    """All calls of a telephone system, when they have ended."""

    def count_ended():
        with reading() as database:
            rows = database.rows(CALLS, {"pbx": pbx.id})
        return len(rows) >= COUNT and all(row["state"] == "ended" for row in rows)

    wait_until(count_ended, "the end of all calls", seconds=90)
    with reading() as database:
        return database.rows(CALLS, {"pbx": pbx.id})


def assert_all_right(calls):
    """Each caller called once, was answered, and has an end."""
    assert sorted(call["remote_number"] for call in calls) == sorted(f"+{c}" for c in CALLERS)
    assert {call["outcome"] for call in calls} == {"answered"}
    assert {call["direction"] for call in calls} == {"incoming"}
    assert {call["line_number"] for call in calls} == {f"+{SENT_LINE}1"}


def assert_talked(calls):
    """Each of these calls lasted as long as it did."""
    assert [call["talk_seconds"] for call in calls] == [pytest.approx(TALK, abs=1)] * len(calls)


@pytest.fixture
def relayed(new_relay):
    """A relay, and the telephone system whose events it brings."""
    with reading() as database:
        relay, pbx = new_relay(database)
    yield relay, pbx
    assert relay.stop() == 0
    assert relay.count("event") == 0
    assert relay.count("aside") == 0


def test_the_relay_is_killed(lab, relayed, tmp_path):
    relay, pbx = relayed
    gap = []

    def kill():
        gap.append(datetime.now(timezone.utc))
        relay.kill()
        relay.start()
        wait_until(lambda: relay.log.count("Connected to Asterisk") == 2, "a connection")
        gap.append(datetime.now(timezone.utc))

    play(lab, tmp_path, kill)
    calls = wait_for_all_calls(pbx)
    assert_all_right(calls)
    # What ended in the gap was not heard, but concluded, and says so.
    concluded = [call for call in calls if call["is_end_assumed"]]
    began, over = (moment.replace(tzinfo=None) for moment in gap)
    for call in concluded:
        assert began - timedelta(seconds=2) < call["date_end"] < over + timedelta(seconds=2)
    assert len(concluded) < COUNT / 4
    found = [call for call in calls if began < call["date_answer"] < over + timedelta(seconds=1)]
    assert_talked([call for call in calls if call not in concluded and call not in found])


def test_odoo_is_killed(lab, house, relayed, tmp_path):
    def kill():
        house.kill()
        time.sleep(1)
        house.start()

    play(lab, tmp_path, kill)
    calls = wait_for_all_calls(relayed[1])
    assert_all_right(calls)
    assert_talked(calls)
    assert not any(call["is_end_assumed"] for call in calls)


def test_postgresql_is_killed(lab, house, relayed, tmp_path):
    def kill():
        house.cluster.kill()
        time.sleep(1)
        house.cluster.start_again()
        house.start_again_if_it_ended()

    play(lab, tmp_path, kill)
    calls = wait_for_all_calls(relayed[1])
    assert_all_right(calls)
    assert_talked(calls)
    assert not any(call["is_end_assumed"] for call in calls)
