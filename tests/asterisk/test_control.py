"""Running calls are hung up, transferred and recorded, and numbers are dialled, from Odoo: through
the manager interface over HTTP, through ARI, and through the relay, which Odoo cannot reach."""

import array
import contextlib
import itertools
import wave

import pytest

from call_handling_relay.config import COMMANDS
from tests.relay.process import wait_until
from tests.workers.server import Client

from . import phones as do
from .house import DATABASE
from .stage import Stage

MOBILE, MOBILE_SENT = "+12025550142", "12025550142"
LINE = "493023125611"  # rings 101
BY = ("manager", "rest", "relay")
ADDRESS = """
UPDATE call_pbx SET api_url = %(url)s, api_user = %(user)s, api_secret = %(user)s,
       number_format = 'national', outside_prefix = ''
 WHERE id = %(pbx)s RETURNING id
"""
CLOSED = {"url": None, "user": None}


@pytest.fixture(scope="module")
def stage(lab, new_relay, database):
    """A telephone system whose relay does what Odoo wants."""
    settings = {
        "COMMANDS_ALLOW": ", ".join(COMMANDS),
        "COMMANDS_USERNAME": "odoo_calls",
        "COMMANDS_SECRET": "odoo_calls",
        "RECORDINGS_FOLDER": str(lab.asterisk.folder / "run/monitor"),
        # Asterisk is in a chroot
        "RECORDINGS_NAMED": f"/tmp/{lab.asterisk.folder.name}/run/monitor",
    }
    yield Stage(lab, *new_relay(database, lab, **settings), database)


@pytest.fixture(scope="module")
def people(odoo_server, owners):
    """Clients of users, by their extension."""
    admin = Client(odoo_server.address, DATABASE)
    ((group, _name),) = admin.call(
        "res.groups", "name_search", "", [("id", "in", group_ids(admin))]
    )
    people = {}
    with contextlib.ExitStack() as stack:
        stack.enter_context(contextlib.closing(admin))
        for phone in ("101", "104"):
            values = {"password": f"person{phone}", "group_ids": [(4, group)]}
            admin.call("res.users", "write", [owners[phone]], values)
            person = Client(odoo_server.address, DATABASE, f"person{phone}")
            people[phone] = stack.enter_context(contextlib.closing(person))
        yield people


def group_ids(admin):
    (found,) = admin.call(
        "ir.model.data",
        "search_read",
        [("module", "=", "call_handling"), ("name", "=", "group_call_handling_own")],
        ["res_id"],
    )
    return [found["res_id"]]


@pytest.fixture
def use(stage, database):
    """Returns a function that chooses the way to the telephone system."""

    def choose(way):
        ports = stage.lab.asterisk.ports
        url = f"http://127.0.0.1:{ports['ari']}/" + {"manager": "arawman", "rest": "ari"}.get(
            way, ""
        )
        api = CLOSED if way == "relay" else {"url": url, "user": "odoo_calls"}
        database.rows(ADDRESS, {"pbx": stage.pbx.id} | api)

    return choose


OF_SYSTEM = "SELECT id FROM call_call WHERE pbx_id = %(pbx)s AND state != 'ended'"


def running_call(stage, person, state="ongoing"):
    """Return the card of the running call of a person, as soon as Odoo knows of it. Other relays
    of these tests report the same call to telephone systems of their own."""
    cards = []

    def find():
        own = {row["id"] for row in stage.database.rows(OF_SYSTEM, {"pbx": stage.pbx.id})}
        cards[:] = [
            card
            for card in person.call("call.call", "get_cards")
            if card["state"] == state and card["id"] in own
        ]
        return cards and cards[0]["control"]["actions"]

    wait_until(find, "the card", seconds=20)
    return cards[0]


def control(person, card, action, target=None):
    """Press a button of a card. Return the answer, once it is known what became of it."""
    answer = person.call("call.control", "prepare", card["id"], action, target)
    assert answer["state"] == "ready", answer
    started = person.call("call.control", "start", [answer["id"]])
    return started if started["state"] == "failed" else follow(person, "control_id", answer["id"])


def follow(person, source, record_id):
    """Wait until the relay has reported what became of a click, if it was asked."""
    admin_sql = f"SELECT id FROM call_command WHERE {source} = %(id)s"
    found = person.database.rows(admin_sql, {"id": record_id})
    if not found:
        return {"state": "done", "message": ""}
    result = {}

    def is_over():
        result.update(person.call("call.command", "get_result", found[0]["id"]))
        return result["state"] in ("done", "failed")

    wait_until(is_over, "the result", seconds=20)
    return result


@pytest.fixture(autouse=True)
def _with_database(people, database):
    for person in people.values():
        person.database = database


def logged(stage, after):
    """Return the calls that are logged, once all have ended."""
    return stage.wait_for_calls(after)


def last_call(database):
    return database.rows("SELECT coalesce(max(id), 0) AS id FROM call_call")[0]["id"]


def outcomes(call):
    return {leg["extension"]: leg["outcome"] for leg in call["phones"]}


@pytest.mark.parametrize("way", BY)
def test_a_phone_hangs_up(way, stage, people, use, tmp_path):
    use(way)
    after = last_call(stage.database)
    with stage.lab.scenario("hang_up", tmp_path):
        stage.lab.phones.are_called("101", [*do.picks_up(0.3), *do.waits_for_hangup()])
        stage.lab.phones.call(
            "trunk", [*do.calls("trunk", LINE, MOBILE_SENT), *do.waits_for_hangup()]
        )
        card = running_call(stage, people["101"])
        assert control(people["101"], card, "hang_up")["state"] == "done"
    (call,) = logged(stage, after)
    assert (call["outcome"], outcomes(call)) == ("answered", {"101": "answered"})


@pytest.mark.parametrize("way", BY)
def test_a_ringing_call_is_rejected(way, stage, people, use, tmp_path):
    use(way)
    after = last_call(stage.database)
    with stage.lab.scenario("reject", tmp_path):
        stage.lab.phones.are_called("101", do.rings_until_cancelled())
        calls = do.calls_and_is_rejected("trunk", LINE, "403", MOBILE_SENT)
        stage.lab.phones.call("trunk", calls)
        card = running_call(stage, people["101"], "ringing")
        assert control(people["101"], card, "hang_up")["state"] == "done"
    (call,) = logged(stage, after)
    assert outcomes(call) == {"101": "rejected"}


@pytest.mark.parametrize("way", ["manager", "relay"])
def test_a_call_is_transferred_to_a_colleague_and_remains_one(way, stage, people, use, tmp_path):
    use(way)
    after = last_call(stage.database)
    with stage.lab.scenario("transfer", tmp_path):
        stage.lab.phones.are_called("101", [*do.picks_up(0.3), *do.waits_for_hangup()])
        stage.lab.phones.are_called("104", [*do.picks_up(0.5), *do.hangs_up(1.5)])
        stage.lab.phones.call(
            "trunk", [*do.calls("trunk", LINE, MOBILE_SENT), *do.waits_for_hangup()]
        )
        card = running_call(stage, people["101"])
        assert control(people["101"], card, "transfer", "104")["state"] == "done"
        assert running_call(stage, people["104"])["id"] == card["id"]
    (call,) = logged(stage, after)
    assert call["id"] == card["id"]
    assert call["remote_number"] == MOBILE
    assert outcomes(call) == {"101": "transferred", "104": "answered"}
    assert call["speaker"] == "104"


@pytest.mark.parametrize("way", ["manager", "relay"])
def test_an_outgoing_call_is_transferred_to_a_number(way, stage, people, use, tmp_path):
    use(way)
    after = last_call(stage.database)
    with stage.lab.scenario("transfer_out", tmp_path):
        stage.lab.phones.are_called("trunk", [*do.picks_up(0.3), *do.waits_for_hangup()], count=2)
        stage.lab.phones.call("101", [*do.calls("101", "03023125142"), *do.waits_for_hangup()])
        card = running_call(stage, people["101"])
        answer = control(people["101"], card, "transfer", "030 23125143")
        assert answer["state"] == "done", answer
        stage.lab.wait(2)
        for name in set(stage.lab.channels().values()):
            stage.lab.send_action("Hangup", Channel=name)
    (call,) = logged(stage, after)
    assert call["id"] == card["id"]
    assert outcomes(call).get("101") == "transferred", call["phones"]


@pytest.mark.parametrize("way", ["manager", "relay"])
def test_an_unknown_target_is_refused_and_the_customer_goes_on_speaking(
    way, stage, people, use, tmp_path
):
    use(way)
    after = last_call(stage.database)
    with stage.lab.scenario("unknown", tmp_path):
        stage.lab.phones.are_called("101", [*do.picks_up(0.3), *do.hangs_up(15)])
        stage.lab.phones.call(
            "trunk", [*do.calls("trunk", LINE, MOBILE_SENT), *do.waits_for_hangup()]
        )
        card = running_call(stage, people["101"])
        # an extension of Odoo that the dial plan does not know, or not any more
        answer = control(people["101"], card, "transfer", "tenant1_101")
        assert answer["state"] == "failed"
        assert "does not know" in answer["message"]
        stage.lab.wait(1)
        assert running_call(stage, people["101"])["id"] == card["id"]
    (call,) = logged(stage, after)
    assert outcomes(call) == {"101": "answered"}
    assert call["talk_seconds"] >= 3


def test_a_number_is_dialled_by_the_relay(stage, people, use, tmp_path):
    use("relay")
    after = last_call(stage.database)
    person = people["101"]
    with stage.lab.scenario("dial", tmp_path):
        stage.lab.phones.are_called("101", [*do.picks_up(0.5), *do.waits_for_hangup()])
        stage.lab.phones.are_called("trunk", [*do.picks_up(0.5), *do.hangs_up(1.5)])
        answer = person.call("call.dial", "prepare", "030 23125142")
        assert answer["state"] == "ready", answer
        assert person.call("call.dial", "start", [answer["id"]])["state"] == "dialling"
        assert follow(person, "dial_id", answer["id"]) == {"state": "done", "message": ""}
    (call,) = logged(stage, after)
    assert (call["direction"], call["outcome"]) == ("outgoing", "answered")
    assert (call["remote_number"], call["dial_id"]) == ("+493023125142", answer["id"])


def test_a_conversation_of_colleagues_is_transferred(stage, people, use, tmp_path):
    use("manager")
    after = last_call(stage.database)
    with stage.lab.scenario("internal", tmp_path):
        stage.lab.phones.are_called("104", [*do.picks_up(0.3), *do.waits_for_hangup()])
        stage.lab.phones.are_called("102", [*do.picks_up(0.3), *do.hangs_up(1)])
        stage.lab.phones.call("101", [*do.calls("101", "104"), *do.waits_for_hangup()])
        card = running_call(stage, people["104"])
        assert control(people["104"], card, "transfer", "102")["state"] == "done"
    (call,) = logged(stage, after)
    assert call["direction"] == "internal"
    assert outcomes(call) == {"101": "answered", "102": "answered", "104": "transferred"}


@pytest.mark.parametrize("way", ["manager", "relay"])
def test_a_recording_is_started_paused_and_stopped_from_the_card(way, stage, people, use, tmp_path):
    use(way)
    stage.pbx.store_recordings("request")
    person, after = people["101"], last_call(stage.database)
    with stage.lab.scenario("record", tmp_path):
        stage.lab.phones.are_called("101", [*do.picks_up(0.3), *do.waits_for_hangup()])
        steps = [*do.calls("trunk", LINE, MOBILE_SENT), *do.speaks(tmp_path, do.TONE)]
        stage.lab.phones.call("trunk", [*steps, *do.waits_for_hangup()])
        card = running_call(stage, person)
        assert card["control"]["recording"] == ""
        for action, state in (
            ("record", "running"),
            ("pause_recording", "paused"),
            ("resume_recording", "running"),
            ("stop_recording", ""),
        ):
            assert control(person, card, action)["state"] in ("done", "accepted"), action
            wait_until(lambda state=state: recorded(person, card) == state, state or "the end")
            stage.lab.wait(2)
        assert control(person, card, "hang_up")["state"] in ("done", "accepted")
    (call,) = logged(stage, after)
    wait_until(lambda: stage.database.rows(STORED, {"call": call["id"]}), "the file", seconds=30)
    (recording,) = stage.database.rows(STORED, {"call": call["id"]})
    assert recording["is_requested"]
    assert recording["leg_ref"] == call["phones"][0]["leg_ref"]
    # Heard, silent while it was paused, and heard again: what was said meanwhile is nowhere.
    assert hear(stage.lab.asterisk.folder, recording["leg_ref"]) == [True, False, True]


STORED = "SELECT * FROM call_recording WHERE call_id = %(call)s AND state = 'here'"


def recorded(person, card):
    """Return what the card says about recording now."""
    (card,) = person.call("call.call", "get_cards", [card["id"]])
    return card["control"]["recording"]


def hear(folder, leg):
    """Return whether there is sound, for each part of a recording."""
    (file,) = folder.joinpath("run/monitor").glob(f"ondemand-{leg}-*.wav")
    with wave.open(str(file)) as opened:
        samples = array.array("h", opened.readframes(opened.getnframes()))
    pieces = [max(map(abs, samples[at : at + 4000])) > 500 for at in range(0, len(samples), 4000)]
    return [is_heard for is_heard, _pieces in itertools.groupby(pieces)]


def test_a_recording_that_the_caller_refuses_is_stopped(stage, people, use, tmp_path):
    use("relay")
    stage.pbx.store_recordings("request")
    person, after = people["101"], last_call(stage.database)
    with stage.lab.scenario("refuse", tmp_path):
        stage.lab.phones.are_called("101", [*do.picks_up(0.3), *do.waits_for_hangup()])
        steps = [*do.calls("trunk", LINE, MOBILE_SENT), *do.speaks(tmp_path)]
        stage.lab.phones.call("trunk", [*steps, *do.waits_for_hangup()])
        card = running_call(stage, person)
        control(person, card, "record")
        wait_until(lambda: recorded(person, card) == "running", "the recording")
        person.call("call.call", "action_refuse_recording", [card["id"]])
        wait_until(lambda: recorded(person, card) == "", "the end of the recording")
        assert "record" not in running_call(stage, person)["control"]["actions"]
        control(person, card, "hang_up")
    (call,) = logged(stage, after)
    wait_until(lambda: not stage.relay.count("recording"), "the answer of Odoo", seconds=30)
    assert not stage.database.rows(STORED, {"call": call["id"]})


def test_check_says_that_the_relay_is_ready(stage):
    status, output = stage.relay.run("--check", "--seconds", "1")
    assert "can be asked for commands" in output
    for command in COMMANDS:
        assert f"allows 'odoo_calls' to {command}" in output, output


def test_odoo_has_logged_no_warnings(stage, warnings):
    assert warnings() == []
