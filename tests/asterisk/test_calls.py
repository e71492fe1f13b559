"""Every situation that is played on the real Asterisk stands in Odoo as it was."""

import time

import pytest

from tests.relay.process import wait_until

from .played import PLAYED

TOLERANCE = 0.8  # seconds; phones are programs that must start, and whole seconds are rounded

CALLS = """
SELECT c.*, (SELECT e.number FROM call_extension e
              WHERE e.pbx_id = c.pbx_id AND e.user_id = c.user_id) AS speaker
  FROM call_call c WHERE c.pbx_id = %(pbx)s AND c.id > %(after)s ORDER BY c.date_start, c.id
"""
LEGS = "SELECT * FROM call_leg WHERE call_id = %(call)s ORDER BY date_ring, extension"


@pytest.fixture(scope="module")
def relayed(new_relay, database):
    """A telephone system whose events a relay brings."""
    relay, pbx = new_relay(database)
    yield pbx
    assert relay.stop() == 0
    assert relay.count("event") == 0
    assert relay.count("aside") == 0


def near(seconds):
    return seconds if seconds is None else pytest.approx(seconds, abs=TOLERANCE)


def expect(told):
    """What must stand in Odoo of a call."""
    return {
        "state": "ended",
        "direction": told.direction,
        "outcome": told.outcome,
        "remote_number": told.remote,
        "remote_name": None,
        "is_anonymous": told.anonymous,
        "line_number": told.line,
        "queue": told.queue,
        "wait_seconds": near(told.wait),
        "talk_seconds": near(told.talk),
        "answered_after": near(told.wait) if told.outcome == "answered" else None,
        "ended_after": near(told.wait + told.mailbox + told.talk),
        "speaker": told.speaker,
        "is_end_assumed": False,
        "phones": [
            {
                "extension": phone.extension,
                "outcome": phone.outcome,
                "rang": near(phone.rang),
                "picked_up": near(phone.picked_up),
                "done": near(phone.done),
            }
            for phone in told.phones
        ],
    }


def read(database, row, columns):
    """What stands in Odoo of a call."""

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


@pytest.mark.parametrize("name", PLAYED)
def test_what_is_played_stands_in_odoo(name, lab, relayed, database, tmp_path):
    (last,) = database.rows("SELECT coalesce(max(id), 0) AS id FROM call_call")
    about = {"pbx": relayed.id, "after": last["id"]}
    told = [PLAYED[name], *PLAYED[name].also]
    began = time.time()
    with lab.playing(name, tmp_path):
        PLAYED[name].play(lab)

    def all_ended():
        rows = database.rows(CALLS, about)
        return len(rows) >= len(told) and all(row["state"] == "ended" for row in rows)

    wait_until(all_ended, "the end of all calls")
    rows = database.rows(CALLS, about)
    assert rows[0]["date_start"].timestamp() - time.timezone == pytest.approx(began, abs=3)
    wanted = [expect(each) for each in told]
    assert [read(database, row, each) for row, each in zip(rows, wanted, strict=True)] == wanted


def test_odoo_has_warned_of_nothing(relayed, warnings):
    assert warnings() == []
