"""A call becomes private while one of its events arrives, in two workers."""

import json
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta, timezone

import pytest

from .pbx import Pbx
from .server import TIMEOUT

NUMBER = "+12025550177"
ADMIN = 2  # id of the administrator's user
PHONE = {"leg": "p1-101", "extension": "101"}


def at(seconds):
    """Return the time that many seconds after the start of the call, a few minutes ago."""
    start = datetime.now(timezone.utc).replace(second=0, microsecond=0) - timedelta(minutes=5)
    return {"at": (start + timedelta(seconds=seconds)).isoformat()}


RINGING = {"call": "p1", "id": "e1", "event": "ringing", "direction": "incoming", "from": NUMBER}
RINGING |= PHONE | at(0)
ANSWERED = {"call": "p1", "id": "e2", "event": "answered"} | PHONE | at(5)
HELD = {"call": "p1", "id": "e3", "event": "held", "from": NUMBER} | PHONE | at(9)
ENDED = {"call": "p1", "id": "e4", "event": "ended", "from": NUMBER} | at(30)


@pytest.fixture
def pbx(server, database):
    """A telephone system with a running call of the administrator."""
    pbx = Pbx(server[0], database, {"101": ADMIN}, "generic")
    pbx.send([RINGING, ANSWERED])
    return pbx


def wait_for(database, count):
    """Wait until so many workers wait for another transaction."""
    deadline = time.monotonic() + TIMEOUT
    while database.count_waiting() < count:
        assert time.monotonic() < deadline, f"{count} workers should wait"
        time.sleep(0.01)


@pytest.mark.parametrize("mode", ["keep", "count", "forget"])
@pytest.mark.parametrize("event", [HELD, ENDED], ids=["held", "ended"])
@pytest.mark.parametrize("is_private_first", [True, False], ids=["private first", "event first"])
def test_an_event_that_arrives_while_its_call_becomes_private_is_accepted_and_erased(
    pbx, admin, database, mode, event, is_private_first
):
    database.rows("UPDATE res_company SET call_private_mode = %s RETURNING id", [mode])
    (call,) = database.rows("SELECT id FROM call_call WHERE pbx_id = %s", [pbx.id])
    dialog = admin.call("call.call", "action_make_private", [call["id"]])

    def press():
        return admin.call(dialog["res_model"], "action_confirm", [dialog["res_id"]])

    acts = [press, lambda: pbx.send([event])]
    with ThreadPoolExecutor(2) as pool:
        # Whoever is first has the lock of the call, and waits before it changes the phones.
        with database.uncommitted("LOCK TABLE call_leg IN EXCLUSIVE MODE"):
            first = pool.submit(acts[0] if is_private_first else acts[1])
            if is_private_first or event is ENDED:
                wait_for(database, 1)
            second = pool.submit(acts[1] if is_private_first else acts[0])
            wait_for(database, 2 if is_private_first or event is ENDED else 1)
        first.result()
        second.result()
    pbx.send([event])
    logged = pbx.get_logged()
    assert NUMBER[-7:] not in json.dumps(logged.rows("event") + logged.rows("call"), default=str)
    calls = logged.rows("call")
    assert [call["is_private"] for call in calls] == ([True] if mode == "keep" else [])
