"""Odoo logs the calls of every scenario that runs on the real Asterisk."""

import contextlib
import queue
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.workers.server import Database

from .house import DATABASE
from .lab import new_lab
from .played import SCENARIOS
from .stage import Stage

STAGES = 4  # telephone systems on which scenarios are played at the same time
TOLERANCE = 0.8  # seconds; phones take time to start, and whole seconds are rounded


@pytest.fixture(scope="module")
def stages(lab, new_relay):
    """Telephone systems whose events are sent by a relay each."""
    with contextlib.ExitStack() as stack:
        labs = [lab, *(stack.enter_context(new_lab()) for _ in range(STAGES - 1))]
        stages = []
        for each in labs:
            database = stack.enter_context(contextlib.closing(Database(DATABASE)))
            stages.append(Stage(each, *new_relay(database, each), database))
        yield stages
        for stage in stages:
            assert stage.relay.stop() == 0
            assert stage.relay.count("event") == 0
            assert stage.relay.count("aside") == 0


@pytest.fixture(scope="module")
def played(request, stages, tmp_path_factory):
    """What is logged of each scenario that is tested: several are played at the same time."""
    free = queue.SimpleQueue()
    for stage in stages:
        free.put(stage)
    folder = tmp_path_factory.mktemp("played")

    def play(name):
        stage, began = free.get(), time.time()
        (folder / name).mkdir()
        try:
            return began, stage.play(name, folder / name)
        finally:
            free.put(stage)

    tests = [item.callspec.params for item in request.session.items if hasattr(item, "callspec")]
    names = [params["name"] for params in tests if params.get("name") in SCENARIOS]
    pool = ThreadPoolExecutor(len(stages))
    yield {name: pool.submit(play, name) for name in names}
    pool.shutdown(cancel_futures=True)


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
        "ended_after": approx(expected.wait + expected.mailbox + expected.talk + expected.alone),
        "speaker": expected.speaker,
        "is_end_assumed": False,
        "phones": [
            {
                "extension": phone.extension,
                "number": phone.number,
                "outcome": phone.outcome,
                "rang": approx(phone.rang),
                "picked_up": approx(phone.picked_up),
                "done": approx(phone.done),
            }
            for phone in sorted(
                expected.phones, key=lambda leg: (leg.extension or leg.number, leg.rang)
            )
        ],
    }


def logged_values(call):
    """Return what Odoo has logged of a call."""

    def after(moment):
        return moment and (moment - call["date_start"]).total_seconds()

    return {
        **call,
        "is_anonymous": bool(call["is_anonymous"]),
        "is_end_assumed": bool(call["is_end_assumed"]),
        "answered_after": after(call["date_answer"]),
        "ended_after": after(call["date_end"]),
        "phones": [
            {
                "extension": leg["extension"],
                "number": leg["number"],
                "outcome": leg["outcome"],
                "rang": after(leg["date_ring"]),
                "picked_up": after(leg["date_answer"]),
                "done": after(leg["date_end"]),
            }
            for leg in call["phones"]
        ],
    }


@pytest.mark.parametrize("name", SCENARIOS)
def test_a_scenario_is_logged_as_expected(name, played):
    began, calls = played[name].result()
    for call in calls[:1]:
        assert call["date_start"].timestamp() - time.timezone == pytest.approx(began, abs=3)
    wanted = [expected_values(each) for each in SCENARIOS[name].calls]
    logged = [logged_values(call) for call in calls]
    assert [
        {name: call[name] for name in each} for call, each in zip(logged, wanted, strict=False)
    ] == wanted
    assert len(logged) == len(wanted), logged


def test_odoo_has_logged_no_warnings(stages, warnings):
    assert warnings() == []
