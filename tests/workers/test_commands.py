"""Relays wait for commands at the evented port, and neither occupy a worker nor a connection."""

import json
import os
import time
import uuid
from concurrent.futures import ThreadPoolExecutor

import pytest
import requests

from adapters.signature import SIGNATURE_HEADER, TIMESTAMP_HEADER, sign

from .pbx import SECRET
from .server import SLOWEST, WORKERS, Client

WAIT = 15  # seconds; longer than any test needs
RELAYS = 10
IN_USE = """
SELECT count(*) FROM pg_stat_activity
 WHERE datname = current_database() AND pid != pg_backend_pid() AND state != 'idle'
"""


@pytest.fixture(scope="module")
def evented(new_pbx):
    """The address of the evented server, to which a proxy sends /websocket. It is ready."""
    address = os.environ["CALL_HANDLING_EVENTED"]
    ask(address, new_pbx("asterisk"), wait=0, timeout=SLOWEST)
    return address


@pytest.fixture
def pbx(new_pbx):
    """An Asterisk that Odoo cannot reach."""
    return new_pbx("asterisk")


def ask(address, pbx, wait=WAIT, timeout=2 * WAIT):
    """Ask for commands as a relay; return the answer, and how long it took."""
    about = {"nonce": uuid.uuid4().hex, "wait": wait, "allow": ["dial"], "relay": "relay"}
    body = json.dumps({"commands": about}).encode()
    stamp = str(int(time.time()))
    headers = {
        "Content-Type": "application/json",
        TIMESTAMP_HEADER: stamp,
        SIGNATURE_HEADER: sign(SECRET, stamp, body),
    }
    path = pbx.url.partition("/call_handling/")[2]
    url = f"{address}/websocket/call_handling/{path}"
    began = time.monotonic()
    answer = requests.post(url, data=body, headers=headers, timeout=timeout)
    assert answer.status_code == 200, answer.text
    return answer.json(), time.monotonic() - began


@pytest.fixture
def person(server, admin, owners):
    """A client of the user at extension 101."""
    admin.call("res.users", "write", [owners["101"]], {"password": "person101"})
    role = admin.call("ir.model.data", "search_read",
                      [("module", "=", "call_handling"),
                       ("name", "=", "group_call_handling_own")], ["res_id"])  # fmt: skip
    values = {"group_ids": [(4, role[0]["res_id"])]}
    admin.call("res.users", "write", [owners["101"]], values)
    person = Client(*server, login="person101")
    yield person
    person.close()


def dial(person, pbx, database):
    """Click on a number, of which the phone at this telephone system takes care."""
    sql = "UPDATE call_extension SET user_id = NULL WHERE user_id = %(user)s AND pbx_id != %(pbx)s"
    database.rows(f"{sql} RETURNING id", {"user": person.uid, "pbx": pbx.id})
    answer = person.call("call.dial", "prepare", "+49 30 23125142")
    assert answer["state"] == "ready", answer
    assert person.call("call.dial", "start", [answer["id"]])["state"] == "dialling"


def test_a_click_wakes_the_relay_that_waits(evented, pbx, person, database):
    ask(evented, pbx, wait=0)  # Odoo knows of the relay
    with ThreadPoolExecutor() as pool:
        waiting = pool.submit(ask, evented, pbx)
        time.sleep(2)
        assert not waiting.done()
        dial(person, pbx, database)
        answer, _seconds = waiting.result(timeout=5)
    (given,) = answer["commands"]
    command = json.loads(given["command"])
    assert (command["action"], command["phone"]) == ("dial", "PJSIP/101")
    assert command["waited"] >= 2
    assert command["now"] - command["issued"] < 5


def test_a_relay_whose_connection_was_lost_loses_no_command(evented, pbx, person, database):
    """Its next request gets it; the one that nobody waits for any more gets nothing."""
    ask(evented, pbx, wait=0)
    with ThreadPoolExecutor() as pool:
        lost = pool.submit(ask, evented, pbx)
        time.sleep(1)
        waiting = pool.submit(ask, evented, pbx)
        assert lost.result(timeout=5)[0]["commands"] == []
        dial(person, pbx, database)
        assert len(waiting.result(timeout=5)[0]["commands"]) == 1


def test_a_worker_never_waits(server, pbx):
    answer, seconds = ask(server[0], pbx)
    assert answer == {"commands": [], "pause": 2}
    assert seconds < 5


def test_many_relays_that_wait_take_nothing_from_others(evented, server, new_pbx, database):
    relays = [new_pbx("asterisk") for _ in range(RELAYS)]
    with ThreadPoolExecutor(RELAYS) as pool:
        waiting = [pool.submit(ask, evented, pbx, wait=5) for pbx in relays]
        time.sleep(2)
        assert database.rows(IN_USE)[0]["count"] == 0
        for _ in range(WORKERS + 1):
            assert requests.get(f"{server[0]}/web/health", timeout=5).status_code == 200
        for each in waiting:
            answer, seconds = each.result(timeout=20)
            assert answer == {"commands": [], "pause": 0}
            assert seconds >= 4
