"""Odoo logs the calls of every scenario that runs on the real Asterisk."""

import time

import pytest

from tests.relay.process import wait_until

from .played import SCENARIOS

TOLERANCE = 0.8  # seconds; phones take time to start, and whole seconds are rounded

CALLS = """
SELECT c.*, (SELECT e.number FROM call_extension e
              WHERE e.pbx_id = c.pbx_id AND e.user_id = c.user_id) AS speaker
  FROM call_call c WHERE c.pbx_id = %(pbx)s AND c.id > %(after)s ORDER BY c.date_start, c.id
"""
LEGS = "SELECT * FROM call_leg WHERE call_id = %(call)s ORDER BY date_ring, extension"


@pytest.fixture(scope="module")
def relayed(new_relay, database):
    """A telephone system whose events are sent by a relay."""
    relay, pbx = new_relay(database)
    yield pbx
    assert relay.stop() == 0
    assert relay.count("event") == 0
    assert relay.count("aside") == 0


def approx(seconds):
    return seconds if seconds is None else pytest.approx(seconds, abs=TOLERANCE)


def expected_values(expected):
    """Return what Odoo must have logged of a call."""
    return {
        "state": "ended",
        "direction": expected.direction,
        "outcome": expected.outcome,
        "remote_number": expected.remote,
        "remote_name": None,
        "is_anonymous": expected.anonymous,
        "line_number": expected.line,
        "queue": expected.queue,
        "wait_seconds": approx(expected.wait),
        "talk_seconds": approx(expected.talk),
        "answered_after": approx(expected.wait) if expected.outcome == "answered" else None,
        "ended_after": approx(expected.wait + expected.mailbox + expected.talk),
        "speaker": expected.speaker,
        "is_end_assumed": False,
        "phones": [
            {
                "extension": phone.extension,
                "outcome": phone.outcome,
                "rang": approx(phone.rang),
                "picked_up": approx(phone.picked_up),
                "done": approx(phone.done),
            }
            for phone in expected.phones
        ],
    }


def logged_values(database, row, columns):
    """Return what Odoo has logged of a call."""

    def after(moment):
        return moment and (moment - row["date_start"]).total_seconds()

    return {
        **{column: row[column] for column in columns if column in row},
        "is_anonymous": bool(row["is_anonymous"]),
        "is_end_assumed": bool(row["is_end_assumed"]),
        "answered_after": after(row["date_answer"]),
        "ended_after": after(row["date_end"]),
        "phones": [
            {
                "extension": leg["extension"],
                "outcome": leg["outcome"],
                "rang": after(leg["date_ring"]),
                "picked_up": after(leg["date_answer"]),
                "done": after(leg["date_end"]),
            }
            for leg in database.rows(LEGS, {"call": row["id"]})
        ],
    }


@pytest.mark.parametrize("name", SCENARIOS)
def test_a_scenario_is_logged_as_expected(name, lab, relayed, database, tmp_path):
    (last,) = database.rows("SELECT coalesce(max(id), 0) AS id FROM call_call")
    about = {"pbx": relayed.id, "after": last["id"]}
    expected = [SCENARIOS[name], *SCENARIOS[name].also]
    began = time.time()
    with lab.scenario(name, tmp_path):
        SCENARIOS[name].play(lab)

    def all_ended():
        rows = database.rows(CALLS, about)
        return len(rows) >= len(expected) and all(row["state"] == "ended" for row in rows)

    wait_until(all_ended, "the end of all calls")
    rows = database.rows(CALLS, about)
    assert rows[0]["date_start"].timestamp() - time.timezone == pytest.approx(began, abs=3)
    wanted = [expected_values(each) for each in expected]
    assert [
        logged_values(database, row, each) for row, each in zip(rows, wanted, strict=True)
    ] == wanted


def test_odoo_has_logged_no_warnings(relayed, warnings):
    assert warnings() == []
