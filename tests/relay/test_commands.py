"""The relay does what Odoo wants: genuine, in time, allowed, and once."""

import itertools
import json
import threading
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.commands import Poll, Reason, seal, sign_command
from call_handling_relay import actions, commands
from call_handling_relay.config import COMMANDS
from call_handling_relay.store import Store

from .asterisk import WRITER, WRITER_SECRET
from .odoo import SECRET, WAIT, seal_command
from .process import wait_until

CHANNEL, CUSTOMER = "1795475114.7", "1795475114.6"
HANG_UP = {"id": "c1", "action": "hang_up", "channel": CHANNEL, "cause": "16"}
TRANSFER = {"id": "c2", "action": "transfer", "channel": CUSTOMER, "target": "102"}
DIAL = {
    "id": "c3",
    "action": "dial",
    "call": "odoo-1",
    "phone": "PJSIP/101",
    "number": "0012025550142",
    "caller": "101",
}
RECORD = {"id": "c4", "action": "record", "channel": CHANNEL, "file": "ondemand-1-ab.wav"}
KNOWN = "DIALPLAN_EXISTS(from-internal,102,1)"


@pytest.fixture
def commanded(relay):
    """A relay that does everything, as a user of its own. It is running."""
    allow = ", ".join(COMMANDS)
    relay.settings |= {"COMMANDS_ALLOW": allow, "RELAY_HEARTBEAT": "0"}
    relay.settings |= {"COMMANDS_USERNAME": WRITER, "COMMANDS_SECRET": WRITER_SECRET}
    relay.settings |= {"RECORDINGS_FOLDER": "/srv/monitor"}
    relay.start()
    return relay


def order(odoo, command):
    """Give a command to the relay, and return what it reports."""
    odoo.commands.put(command)
    wait_until(lambda: command["id"] in odoo.results, "the result")
    return odoo.results[command["id"]][0]


def without_id(action):
    return {name: value for name, value in action.items() if name not in ("Action", "ActionID")}


# --- what is done ------------------------------------------------------------------------


def test_a_phone_hangs_up(commanded, asterisk, odoo):
    assert order(odoo, HANG_UP).reason is None
    (done,) = asterisk.done
    assert (done["Action"], without_id(done)) == ("Hangup", {"Channel": CHANNEL, "Cause": "16"})


def test_dialling_rings_the_own_phone_first(commanded, asterisk, odoo):
    assert order(odoo, DIAL).reason is None
    (done,) = asterisk.done
    assert without_id(done) == {
        "ChannelId": "odoo-1",
        "Channel": "PJSIP/101",
        "Exten": "0012025550142",
        "Context": "from-internal",
        "Priority": "1",
        "CallerID": "101",
        "Timeout": "30000",
        "Async": "true",
    }


def test_a_transfer_moves_the_customer_to_a_known_extension(commanded, asterisk, odoo):
    asterisk.variables[KNOWN] = "1"
    assert order(odoo, TRANSFER).reason is None
    (done,) = asterisk.done
    to = {"Channel": CUSTOMER, "Context": "from-internal", "Exten": "102", "Priority": "1"}
    assert without_id(done) == to


def test_a_transfer_goes_into_the_context_for_transfers_if_there_is_one(commanded, asterisk, odoo):
    asterisk.variables |= {"DIALPLAN_EXISTS(from-internal-xfer)": "1", KNOWN: "1"}
    assert order(odoo, TRANSFER).reason is Reason.NO_TARGET
    asterisk.variables["DIALPLAN_EXISTS(from-internal-xfer,102,1)"] = "1"
    assert order(odoo, TRANSFER | {"id": "c9"}).reason is None
    assert asterisk.done[0]["Context"] == "from-internal-xfer"


def test_a_recording_is_written_where_the_relay_looks_for_it(commanded, asterisk, odoo):
    assert order(odoo, RECORD).reason is None
    (done,) = asterisk.done
    file = "/srv/monitor/ondemand-1-ab.wav"
    assert (done["Action"], without_id(done)) == ("MixMonitor", {"Channel": CHANNEL, "File": file})


def test_asterisk_may_name_the_folder_differently(commanded, asterisk, odoo):
    commanded.stop()
    commanded.settings |= {"RECORDINGS_NAMED": "/var/spool/asterisk/monitor"}
    commanded.start()
    assert order(odoo, RECORD).reason is None
    assert asterisk.done[0]["File"] == "/var/spool/asterisk/monitor/ondemand-1-ab.wav"


@pytest.mark.parametrize(
    ("action", "sent", "headers"),
    [
        ("pause_recording", "MixMonitorMute", {"Direction": "both", "State": "1"}),
        ("resume_recording", "MixMonitorMute", {"Direction": "both", "State": "0"}),
        ("stop_recording", "StopMixMonitor", {}),
    ],
)
def test_a_recording_is_paused_resumed_and_stopped(
    commanded, asterisk, odoo, action, sent, headers
):
    assert order(odoo, {"id": "c5", "action": action, "channel": CHANNEL}).reason is None
    (done,) = asterisk.done
    assert (done["Action"], without_id(done)) == (sent, {"Channel": CHANNEL, **headers})


@pytest.mark.parametrize("answer", ["0", ""])
def test_a_customer_is_not_moved_to_an_unknown_extension(commanded, asterisk, odoo, answer):
    asterisk.variables[KNOWN] = answer
    result = order(odoo, TRANSFER)
    assert (result.reason, result.detail) == (Reason.NO_TARGET, "102")
    assert asterisk.done == []


def test_what_asterisk_refuses_is_reported_with_its_reason(commanded, asterisk, odoo):
    asterisk.respond = lambda action: {"Response": "Error", "Message": "No such channel"}
    result = order(odoo, HANG_UP)
    assert (result.reason, result.detail) == (Reason.REFUSED, "No such channel")


def test_a_missing_right_is_reported_as_such(commanded, asterisk, odoo):
    asterisk.respond = lambda action: {"Response": "Error", "Message": "Permission denied"}
    assert order(odoo, HANG_UP).reason is Reason.UNAUTHORIZED


def test_a_wrong_password_is_reported_as_such(relay, odoo):
    relay.settings |= {"COMMANDS_ALLOW": "hang_up", "COMMANDS_USERNAME": "nobody"}
    relay.start()
    assert order(odoo, HANG_UP).reason is Reason.UNAUTHORIZED


def test_an_asterisk_that_is_away_is_reported_as_such(commanded, asterisk, odoo):
    wait_until(lambda: odoo.polls, "a request for commands")
    asterisk.close()
    assert order(odoo, HANG_UP).reason is Reason.UNREACHABLE


# --- what is not done --------------------------------------------------------------------


def test_nothing_is_asked_unless_the_settings_allow_something(relay, asterisk, odoo):
    relay.start()
    assert asterisk.logged_in.wait(20)
    time.sleep(1)
    assert odoo.polls == []


def test_what_the_settings_do_not_allow_is_not_done(relay, asterisk, odoo):
    relay.settings |= {"COMMANDS_ALLOW": "hang_up"}
    relay.start()
    for command in (DIAL, TRANSFER, HANG_UP | {"action": "shutdown", "id": "c8"}):
        assert order(odoo, command).reason is Reason.NOT_ALLOWED
    assert asterisk.done == []
    assert odoo.polls[0].allowed == {"hang_up"}


@pytest.mark.parametrize(
    ("phones", "phone", "is_allowed"),
    [
        ("PJSIP/*", "PJSIP/101", True),
        ("PJSIP/*", "PJSIP/0190123456@trunk", False),
        ("PJSIP/*", "Local/101@from-internal", False),
        ("PJSIP/101, PJSIP/2*", "PJSIP/102", False),
        ("PJSIP/101, PJSIP/2*", "PJSIP/299", True),
        ("Local/*@from-internal", "Local/101@from-internal", True),
        ("Local/*@from-internal", "Local/101@from-trunk", False),
    ],
)
def test_only_phones_of_the_settings_are_rung(phones, phone, is_allowed):
    patterns = [each.strip() for each in phones.split(",")]
    assert any(actions._matches(phone, pattern) for pattern in patterns) is is_allowed


@pytest.mark.parametrize(
    "command",
    [
        HANG_UP | {"channel": "/.*/"},
        HANG_UP | {"channel": f"{CHANNEL}\r\nAction: Command"},
        HANG_UP | {"channel": None},
        TRANSFER | {"target": "102,1)${SHELL(id)}"},
        TRANSFER | {"target": "102@other"},
        DIAL | {"number": "1&PJSIP/2"},
        DIAL | {"caller": "101\r\nVariable: x=y"},
        DIAL | {"phone": "PJSIP/101&PJSIP/102"},
        DIAL | {"phone": "Console/dsp"},
        RECORD | {"file": "ondemand-../../etc/passwd.wav"},
        RECORD | {"file": "/etc/asterisk/ondemand-1.wav"},
        RECORD | {"file": "ondemand-1.wav,b,rm -rf"},
        RECORD | {"file": "ondemand-1.wav\r\nCommand: id"},
        RECORD | {"file": "ondemand-1.gsm"},
        RECORD | {"channel": "PJSIP/101-1"},
        {"id": "c7", "action": "stop_recording", "channel": "/.*/"},
    ],
)
def test_nothing_reaches_asterisk_that_could_mean_something_else(
    commanded, asterisk, odoo, command
):
    assert order(odoo, command).reason is Reason.NOT_ALLOWED
    assert asterisk.done == asterisk.asked == [] or "DIALPLAN" not in str(asterisk.asked)
    assert asterisk.done == []


def test_a_command_that_is_too_old_is_not_done(commanded, asterisk, odoo):
    odoo.seal = lambda command, poll: seal_command(command, poll, age=9)
    assert order(odoo, HANG_UP).reason is Reason.EXPIRED
    assert asterisk.done == []


def test_a_command_that_a_proxy_holds_back_is_not_done(commanded, asterisk, odoo):
    def hold_back(command, poll):
        sealed = seal_command(command, poll, age=6)
        time.sleep(2.5)
        return sealed

    odoo.seal = hold_back
    assert order(odoo, HANG_UP).reason is Reason.EXPIRED


def test_wrong_clocks_do_not_prolong_a_command():
    """The relay measures itself how long a command was on the way."""
    sent = time.monotonic()
    command = {"now": time.time() - 100, "expires": time.time() - 95, "waited": 20}
    assert commands.find_deadline(command, sent) == pytest.approx(sent + 25, abs=0.1)
    command["now"] -= 300
    assert commands.find_deadline(command, sent) == float("-inf")


@pytest.mark.parametrize("change", ["signature", "secret", "text", "nonce", "kind"])
def test_a_command_that_is_not_genuine_is_not_done(commanded, asterisk, odoo, change):
    def forge(command, poll):
        if command is TRANSFER:
            return seal_command(command, poll)
        sealed = seal_command(command, poll)
        if change == "signature":
            sealed["signature"] = "v1=" + "0" * 64
        elif change == "secret":
            sealed["signature"] = sign_command("another secret", sealed["command"])
        elif change == "text":
            sealed["command"] = sealed["command"].replace(CHANNEL, CUSTOMER)
        elif change == "nonce":
            sealed = seal_command(command, odoo.polls[0] if len(odoo.polls) > 1 else poll_before)
        else:
            sealed = [sealed]
        return sealed

    poll_before = Poll("earlier", 20, frozenset(), (), SECRET)
    odoo.seal = forge
    odoo.commands.put(HANG_UP)
    wait_until(lambda: "is not from Odoo" in commanded.log, "the log")
    # a genuine one is still done
    asterisk.variables[KNOWN] = "1"
    assert order(odoo, TRANSFER).reason is None
    assert [done["Action"] for done in asterisk.done] == ["Redirect"]


@given(st.text(), st.text(min_size=1), st.text(min_size=1))
def test_only_the_answer_to_the_own_request_is_read(text, nonce, secret):
    sealed = {"command": text, "signature": commands.sign(secret, text)}
    try:
        content = json.loads(text)
    except ValueError:
        content = None
    is_genuine = isinstance(content, dict) and content.get("nonce") == nonce and "id" in content
    assert bool(commands.read_command(sealed, secret, nonce)) is is_genuine


@given(st.dictionaries(st.sampled_from("abc"), st.text()), st.uuids())
def test_odoo_and_the_relay_sign_alike(content, nonce):
    from datetime import datetime, timezone

    poll = Poll(str(nonce), 20, frozenset(), (), SECRET)
    now = datetime.now(timezone.utc)
    sealed = seal({**content, "id": "x"}, poll, now, now, 0)
    read = commands.read_command(sealed, SECRET, str(nonce))
    assert {name: read[name] for name in content} == content
    assert commands.read_command(sealed, "another", str(nonce)) is None


# --- once --------------------------------------------------------------------------------


def test_a_command_that_comes_twice_is_done_once(commanded, asterisk, odoo):
    assert order(odoo, HANG_UP).reason is None
    odoo.commands.put(HANG_UP)
    wait_until(lambda: "came twice" in commanded.log, "the log")
    assert len(asterisk.done) == 1


def test_a_command_is_known_after_a_restart(commanded, asterisk, odoo):
    assert order(odoo, HANG_UP).reason is None
    commanded.kill()
    time.sleep(2 * WAIT)  # until its last request has ended
    commanded.start()
    odoo.commands.put(HANG_UP)
    wait_until(lambda: "came twice" in commanded.log, "the log")
    assert len(asterisk.done) == 1


def test_a_relay_that_is_killed_while_it_acts_does_nothing_twice(commanded, asterisk, odoo):
    arrived = threading.Event()

    def never_answer(action):
        arrived.set()
        time.sleep(60)
        return {}

    asterisk.respond = never_answer
    odoo.commands.put(HANG_UP)
    assert arrived.wait(20)
    commanded.kill()
    asterisk.respond = lambda action: {}
    commanded.start()
    # it says that it does not know whether it was done, and does not try it again
    wait_until(lambda: "c1" in odoo.results, "the result")
    assert odoo.results["c1"][0].reason is Reason.INTERRUPTED
    odoo.commands.put(HANG_UP)
    wait_until(lambda: "came twice" in commanded.log, "the log")
    assert len(asterisk.done) == 1


def test_a_relay_that_is_killed_before_it_reports_reports_afterwards(commanded, asterisk, odoo):
    give = odoo._give
    odoo._give = lambda poll: None if poll.results else give(poll)  # it never learns of it
    odoo.commands.put(HANG_UP)
    wait_until(lambda: asterisk.done, "the action")
    wait_until(lambda: commanded.rows("SELECT 1 FROM command WHERE state = 'ended'"), "the end")
    commanded.kill()
    odoo._give = give
    commanded.start()
    wait_until(lambda: "c1" in odoo.results, "the result")
    assert odoo.results["c1"][0].reason is None
    assert len(asterisk.done) == 1


def test_a_connection_that_is_lost_in_the_middle_is_no_reason_to_try_again(
    commanded, asterisk, odoo
):
    def lose(action):
        raise ConnectionError

    asterisk.respond = lose
    assert order(odoo, HANG_UP).reason is Reason.INTERRUPTED
    assert len(asterisk.done) == 1


def test_an_answer_that_is_lost_on_the_way_is_not_asked_for_again(commanded, asterisk, odoo):
    """The command is lost: its user is informed, and nothing is done late."""
    answers = iter([ConnectionError()])
    receive = odoo.receive

    def receive_once(path, headers, body):
        answer = receive(path, headers, body)
        if path.startswith("/websocket") and '"command"' in json.dumps(answer[1]):
            for error in answers:
                raise error
        return answer

    odoo.receive = receive_once
    odoo.commands.put(HANG_UP)
    wait_until(lambda: odoo.commands.empty(), "the request")
    asterisk.variables[KNOWN] = "1"
    assert order(odoo, TRANSFER).reason is None
    assert [done["Action"] for done in asterisk.done] == ["Redirect"]


def test_without_a_disk_nothing_is_done(tmp_path):
    """What is not on the disk could be done twice."""
    store = Store(tmp_path)
    assert store.begin_command("c1") is True
    assert store.begin_command("c1") is False
    store.close()
    store = Store(tmp_path)
    assert store.begin_command("c1") is False
    store.end_interrupted("interrupted")
    assert store.results(9) == [{"id": "c1", "reason": "interrupted", "detail": ""}]
    store.forget_results(["c1"])
    assert store.results(9) == []
    assert store.begin_command("c1") is False
    store.close()


# --- running -----------------------------------------------------------------------------


def test_the_relay_stops_at_once_although_it_waits_for_commands(commanded, odoo):
    odoo.wait = 30
    wait_until(lambda: odoo.polls, "a request for commands")
    time.sleep(2 * WAIT)  # until the last one began that waits long
    began = time.monotonic()
    assert commanded.stop() == 0
    assert time.monotonic() - began < 5


def test_events_are_sent_while_the_relay_waits_for_commands(commanded, asterisk, odoo):
    from .asterisk import event

    wait_until(lambda: odoo.polls, "a request for commands")
    asterisk.send(event(1))
    wait_until(lambda: odoo.events == [event(1)], "the event", seconds=10)


def test_an_odoo_without_commands_is_asked_less_often(commanded, odoo):
    requests = []
    receive = odoo.receive

    def refuse(path, headers, body):
        if not path.startswith("/websocket"):
            return receive(path, headers, body)
        requests.append(time.monotonic())
        return 404, None

    odoo.receive = refuse
    wait_until(lambda: len(requests) >= 4, "four requests")
    pauses = [b - a for a, b in itertools.pairwise(requests)]
    assert pauses[-1] > 1.5
    assert "answers with status 404" in commanded.log


def test_check_says_which_rights_are_missing(relay, asterisk, odoo):
    relay.settings |= {"COMMANDS_ALLOW": ",".join(COMMANDS)}
    relay.settings |= {"COMMANDS_USERNAME": WRITER, "COMMANDS_SECRET": WRITER_SECRET}
    relay.settings |= {"RECORDINGS_FOLDER": str(relay.folder.parent)}

    def respond(action):
        is_denied = action["Action"] in ("Originate", "MixMonitor")
        said = "Permission denied" if is_denied else "No channel specified"
        return {"Response": "Error", "Message": said}

    asterisk.respond = respond
    status, output = relay.run("--check", "--seconds", "1")
    assert status == 1
    assert "can be asked for commands" in output
    assert "does not allow 'writer' to dial. Add originate" in output
    assert "does not allow 'writer' to record. Add system" in output
    for command in ("hang_up", "pause_recording", "stop_recording"):
        assert f"allows 'writer' to {command}" in output
    assert odoo.polls[0].is_test


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("COMMANDS_ALLOW", "dial, reboot", "reboot"),
        ("COMMANDS_ALLOW", "record", "[recordings] names no folder"),
        ("COMMANDS_CONTEXT", "a,b", "context"),
        ("ASTERISK_STATES", "maybe", "true or false"),
    ],
)
def test_a_wrong_setting_is_refused(relay, name, value, said):
    relay.settings[name] = value
    status, output = relay.run("--check")
    assert status == 78
    assert said in output
