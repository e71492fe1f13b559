"""The relay, Odoo or PostgreSQL is killed during 200 calls: no call is lost."""

import time
from datetime import datetime, timedelta, timezone

import pytest

from tests.relay.process import wait_until

from . import phones as do
from .house import new_connection
from .played.scenario import SENT_LINE

COUNT = 200
RATE = 15  # new calls per second
TALK = 4  # seconds; longer than the gap, so that no call both begins and ends in it
KILL_AFTER = 7  # seconds; half of the calls have begun, some have ended, many are ongoing

# Fictitious numbers; each calls once.
CALLERS = [f"1{area}55501{last:02}" for area in (202, 212) for last in range(COUNT // 2)]

CALLS = "SELECT * FROM call_call WHERE pbx_id = %(pbx)s ORDER BY date_start"


def run_calls(lab, folder, kill):
    """Let 200 callers call 101, and kill something in the meantime."""
    numbers = folder / "callers.csv"
    numbers.write_text("\n".join(["SEQUENTIAL", *CALLERS, ""]))
    with lab.scenario("kill", folder):
        lab.phones.are_called("101", [*do.picks_up(0.3), *do.waits_for_hangup()], count=COUNT)
        steps = [*do.calls("trunk", SENT_LINE + "11", "[field0]"), *do.hangs_up(TALK)]
        lab.phones.call("trunk", steps, count=COUNT, rate=RATE, numbers=numbers)
        time.sleep(KILL_AFTER)
        kill()


def wait_for_all_calls(pbx):
    """Wait until all calls of a telephone system have ended; return them."""

    def all_ended():
        with new_connection() as database:
            rows = database.rows(CALLS, {"pbx": pbx.id})
        return len(rows) >= COUNT and all(row["state"] == "ended" for row in rows)

    wait_until(all_ended, "the end of all calls", seconds=90)
    with new_connection() as database:
        return database.rows(CALLS, {"pbx": pbx.id})


def assert_complete(calls):
    """Check that each caller has one call, and that it was answered."""
    assert sorted(call["remote_number"] for call in calls) == sorted(f"+{c}" for c in CALLERS)
    assert {call["outcome"] for call in calls} == {"answered"}
    assert {call["direction"] for call in calls} == {"incoming"}
    assert {call["line_number"] for call in calls} == {f"+{SENT_LINE}11"}


def assert_talk_times(calls):
    """Check the talk time of calls."""
    assert [call["talk_seconds"] for call in calls] == [pytest.approx(TALK, abs=1)] * len(calls)


@pytest.fixture
def relayed(new_relay, lab):
    """A relay, and the telephone system whose events it sends."""
    with new_connection() as database:
        relay, pbx = new_relay(database, lab)
    yield relay, pbx
    assert relay.stop() == 0
    assert relay.count("event") == 0
    assert relay.count("aside") == 0


def test_no_call_is_lost_when_the_relay_is_killed(lab, relayed, tmp_path):
    relay, pbx = relayed
    gap = []

    def kill():
        gap.append(datetime.now(timezone.utc))
        relay.kill()
        relay.start()
        wait_until(lambda: relay.log.count("Connected to Asterisk") == 2, "a connection")
        gap.append(datetime.now(timezone.utc))

    run_calls(lab, tmp_path, kill)
    calls = wait_for_all_calls(pbx)
    assert_complete(calls)
    # The end of calls that ended in the gap is assumed, and marked as such.
    assumed = [call for call in calls if call["is_end_assumed"]]
    began, ended = (moment.replace(tzinfo=None) for moment in gap)
    for call in assumed:
        assert began - timedelta(seconds=2) < call["date_end"] < ended + timedelta(seconds=2)
    assert len(assumed) < COUNT / 4
    answered_in_gap = [
        call for call in calls if began < call["date_answer"] < ended + timedelta(seconds=1)
    ]
    assert_talk_times(
        [call for call in calls if call not in assumed and call not in answered_in_gap]
    )


def test_no_call_is_lost_when_odoo_is_killed(lab, odoo_server, relayed, tmp_path):
    def kill():
        odoo_server.kill()
        time.sleep(1)
        odoo_server.start()

    run_calls(lab, tmp_path, kill)
    calls = wait_for_all_calls(relayed[1])
    assert_complete(calls)
    assert_talk_times(calls)
    assert not any(call["is_end_assumed"] for call in calls)


def test_no_call_is_lost_when_postgresql_is_killed(lab, odoo_server, relayed, tmp_path):
    def kill():
        odoo_server.cluster.kill()
        time.sleep(1)
        odoo_server.cluster.restart()
        odoo_server.restart_if_exited()

    run_calls(lab, tmp_path, kill)
    calls = wait_for_all_calls(relayed[1])
    assert_complete(calls)
    assert_talk_times(calls)
    assert not any(call["is_end_assumed"] for call in calls)
