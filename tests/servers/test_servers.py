"""What people read comes from the replica, everything else from the primary database; a server or
a replica that stops is survived.

The tests are in the order of what they stop: the last ones need what is left.
"""

import itertools
import json
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import pytest
import requests
import websocket

from tests.workers.server import Client

from .conftest import EXTENSION, TIMEOUT

# What screens send when they read because of a message
AFTER_MESSAGE = {"call_handling_primary": True}
LIST_MESSAGE, CARD_MESSAGE = "call_handling.call/changed", "call_handling.card/changed"
SERVERS = 2
# More calls than are updated within a request: the others are updated by scheduled actions
CALLS, TASKS = 104, 10
# What has become of calls, and what the scheduled actions of both servers have still to do
LEFT = """
SELECT count(*) AS calls, count(DISTINCT pbx_ref) AS conversations,
       count(*) FILTER (WHERE state != 'ended') AS running,
       count(*) FILTER (WHERE has_pending_jobs) AS pending, count(DISTINCT task_id) AS linked,
       (SELECT count(*) FROM project_task WHERE project_id = %(project)s) AS tasks,
       (SELECT count(*) FROM call_event e WHERE e.call_ref = ANY(%(refs)s)) AS events,
       (SELECT count(*) FROM call_event e WHERE e.call_ref = ANY(%(refs)s)
                                            AND e.state != 'done') AS waiting
  FROM call_call WHERE pbx_ref = ANY(%(refs)s)
"""
DONE = dict(
    calls=CALLS, conversations=CALLS, running=0, pending=0, linked=TASKS, tasks=TASKS,
    events=2 * CALLS, waiting=0,
)  # fmt: skip

_numbers = itertools.count(1)


def ring(**values):
    """Return the first event of a new call, at a phone of the administrator."""
    name = f"s{next(_numbers)}"
    return {
        "call": name, "leg": f"{name}-1", "event": "ringing", "direction": "incoming",
        "from": "+12025550142", "extension": EXTENSION, **values,
    }  # fmt: skip


def wait_until(is_true):
    """Wait until a condition is true."""
    deadline = time.monotonic() + TIMEOUT
    while not is_true():
        assert time.monotonic() < deadline, "It does not happen."
        time.sleep(0.1)


@pytest.fixture(scope="session")
def directory(servers, admin, pbx):
    """The key of a directory, with whose rights telephones ask."""
    directory = admin.create(
        "call.directory", name="Office", pbx_id=pbx.id, phonebook_user_id=admin.uid
    )
    (row,) = servers.primary.rows("SELECT token FROM call_directory WHERE id = %s", [directory])
    return row["token"]


@pytest.fixture
def change(admin, pbx, screen):
    """A function with which something happens: calls, one of which is over, and a contact."""

    def make_change():
        over = ring()
        pbx.send([ring(), over, {"call": over["call"], "event": "ended", "cause": "cancelled"}])
        admin.create("res.partner", name=f"Nordwind {screen}", phone="+1 202 555 0155")

    return make_change


# --- reading -----------------------------------------------------------------------------

# What people open: how many calls or contacts it shows.
SCREENS = {
    "list": lambda ask, pbx: ask(
        "call.call", "web_search_read", [("pbx_id", "=", pbx.id)], {"state": {}}
    )["length"],
    "groups": lambda ask, pbx: ask(
        "call.call", "web_read_group", [("pbx_id", "=", pbx.id)], ["state"], ["__count"]
    )["groups"][0]["__count"],
    "graph": lambda ask, pbx: ask(
        "call.report", "formatted_read_group", [("pbx_id", "=", pbx.id)], [], ["__count"]
    )[0]["__count"],
    "pivot": lambda ask, pbx: ask(
        "call.report", "formatted_read_grouping_sets", [("pbx_id", "=", pbx.id)], [[]], ["__count"]
    )[0][0]["__count"],
    "dashboard": lambda ask, pbx: ask("call.report", "get_dashboard", "today", "all")["tiles"][
        "now"
    ]["offered"],
    "wallboard": lambda ask, pbx: len(ask("call.report", "get_wallboard", "all")["waiting"]),
    "top bar": lambda ask, pbx: max(
        (call["id"] for call in ask("call.call", "get_menu")["running"]), default=0
    ),
    "dialling": lambda ask, pbx: len(ask("call.dial", "find", "Nordwind dialling")),
    "search": lambda ask, pbx: len(
        ask("res.partner", "web_name_search", "Nordwind search", {"display_name": {}})
    ),
}


@pytest.mark.parametrize("screen", SCREENS)
def test_what_people_open_is_read_from_the_replica(servers, admin, pbx, change, screen):
    def read(context=()):
        def ask(*args):
            return admin.call(*args, context=context)

        return [SCREENS[screen](ask, pbx) for _server in range(SERVERS)]

    change()
    servers.wait_for_replica()
    before = read()
    with servers.replica_behind():
        change()
        assert read() == before
        after = read(AFTER_MESSAGE)
        assert all(new > old for new, old in zip(after, before, strict=True))
    assert read() == after


@pytest.mark.parametrize(
    "path, name",
    [
        ("who/{}?number=%2B12025550199", "Caller"),
        ("phonebook/{}/json?search=Listed", "Listed"),
    ],
)
def test_telephones_are_answered_by_the_replica(servers, admin, directory, path, name):
    def read():
        url = f"{servers.address}/call_handling/{path.format(directory)}"
        answers = [requests.get(url, timeout=TIMEOUT) for _server in range(SERVERS)]
        assert {answer.status_code for answer in answers} == {200}
        return [name in answer.text for answer in answers]

    with servers.replica_behind():
        admin.create("res.partner", name=name, phone="+1 202 555 0199")
        assert read() == [False] * SERVERS
    assert read() == [True] * SERVERS


# --- what messages announce ---------------------------------------------------------------


class Screen:
    """A browser that shows calls: it receives the messages of one server."""

    def __init__(self, address, session_id, last):
        self.socket = websocket.create_connection(
            f"{address.replace('http', 'ws')}/websocket",
            cookie=f"session_id={session_id}",
            timeout=TIMEOUT,
        )
        data = {"channels": ["call_handling.calls"], "last": last}
        self.socket.send(json.dumps({"event_name": "subscribe", "data": data}))

    def wait_for(self, *wanted):
        """Wait until messages of these types have come."""
        missing = set(wanted)
        while missing:
            missing -= {each["message"]["type"] for each in json.loads(self.socket.recv())}


def test_what_a_message_announces_is_shown_at_once_on_every_server(servers, admin, pbx):
    pbx.send([ring()])
    (last,) = servers.primary.rows("SELECT max(id) AS id FROM bus_bus")
    session_id = admin.session.cookies["session_id"]
    screens = [Screen(address, session_id, last["id"]) for address in servers.addresses]
    with servers.replica_behind():
        time.sleep(0.5)  # the server pauses after a message to lists
        event = ring()
        pbx.send([event])
        for screen in screens:
            screen.wait_for(LIST_MESSAGE, CARD_MESSAGE)
            screen.socket.close()
        for _server in range(SERVERS):
            found = admin.call(
                "call.call", "web_search_read", [("pbx_ref", "=", event["call"])], {"state": {}},
                context=AFTER_MESSAGE,
            )  # fmt: skip
            (call,) = found["records"]
            assert call["state"] == "ringing"
            (card,) = admin.call("call.call", "get_cards", [call["id"]])
            assert card["state"] == "ringing"
            # and it is opened from the card
            (form,) = admin.call(
                "call.call", "web_read", [call["id"]], {"state": {}}, context=AFTER_MESSAGE
            )
            assert form["state"] == "ringing"


def test_an_event_sees_what_was_changed_on_another_server(servers, admin, pbx):
    (phone,) = admin.call("call.extension", "search", [("pbx_id", "=", pbx.id)])
    colleague = admin.create("res.users", name="Colleague", login="colleague")
    for _server in range(SERVERS):
        pbx.send([ring()])  # both have cached whose phone it is
    try:
        with servers.replica_behind():
            admin.call("call.extension", "write", [phone], {"user_id": colleague})
            for _server in range(SERVERS):
                event = ring()
                pbx.send([event])
                (leg,) = servers.primary.rows(
                    "SELECT user_id FROM call_leg WHERE leg_ref = %s", [event["leg"]]
                )
                assert leg["user_id"] == colleague
    finally:
        admin.call("call.extension", "write", [phone], {"user_id": admin.uid})


# --- events and scheduled actions ----------------------------------------------------------


def test_events_and_jobs_of_two_servers_are_there_once(servers, admin, pbx):
    project = admin.create("project.project", name="Missed calls")
    admin.create(
        "call.rule", name="Missed", project_id=project, follow_up="task",
        domain="[('remote_number', '=', '+12025550177')]",
    )  # fmt: skip
    numbers = ["+12025550177"] * TASKS + ["+12025550142"] * (CALLS - TASKS)
    rings = [ring(**{"from": number}) for number in numbers]
    ends = [{"call": each["call"], "event": "ended", "cause": "cancelled"} for each in rings]
    batches = [
        [each | {"id": f"{each['call']}-{each['event']}"} for each in batch]
        for batch in (rings, ends)
    ]
    with ThreadPoolExecutor() as pool:
        # each of them twice, in both orders
        list(pool.map(pbx.send, [*batches, *batches[::-1]]))
    names = {"refs": [each["call"] for each in rings], "project": project}
    wait_until(lambda: servers.primary.rows(LEFT, names) == [DONE])


# --- what stops ------------------------------------------------------------------------------


def read_list(person, domain=()):
    """Open the list of calls; return how many there are."""
    return person.call("call.call", "web_search_read", list(domain), {"state": {}})["length"]


def go_on_working(admin, pbx):
    """Send events and read what has come of them. Nothing of it may fail."""
    for _request in range(10):
        event = ring()
        pbx.send([event])
        # it may wait a moment, if there were many before
        wait_until(lambda ref=event["call"]: read_list(admin, [("pbx_ref", "=", ref)]) == 1)


def test_a_replica_that_crashes_is_survived(servers, admin, pbx):
    person = Client(servers.address, servers.primary.name)  # who reads all the time
    person.session.headers["Connection"] = "close"
    failed = []

    def go_on_reading(is_over):
        while not is_over.is_set():
            began = time.monotonic()
            try:
                read_list(person)
            except (AssertionError, requests.RequestException):
                failed.append(began)

    is_over = threading.Event()
    with ThreadPoolExecutor() as pool:
        reading = pool.submit(go_on_reading, is_over)
        try:
            time.sleep(0.5)
            servers.postgres.replica.stop()
            stopped = time.monotonic()
            go_on_working(admin, pbx)
        finally:
            is_over.set()
        reading.result()
    # only a request that was in flight may have failed, and its user is still logged in
    assert all(began < stopped for began in failed)
    read_list(person)
    person.close()


def test_a_server_that_stops_is_survived(servers, admin, pbx):
    servers.stacks[0].close()
    go_on_working(admin, pbx)
