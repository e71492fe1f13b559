"""The relay sends signed events in order, tries again, and is not blocked by a bad event."""

import json
import random
import time

import pytest

from call_handling_relay.pauses import Pauses
from call_handling_relay.sender import MAX_BYTES
from call_handling_relay.store import Store

from .asterisk import event
from .odoo import PATH
from .process import wait_until


def of_calls(events):
    """Return the events that are not about the relay itself."""
    return [each for each in events if not each["Event"].startswith("Relay")]


def without(events, bad_event):
    return [each for each in events if each["Uniqueid"] != bad_event["Uniqueid"]]


def test_pauses_increase_up_to_a_limit_and_can_be_reset():
    pauses = Pauses(1, 60, random.Random(1))
    values = [pauses.next() for _ in range(10)]
    for longest, pause in zip([1, 2, 4, 8, 16, 32, 60, 60, 60, 60], values, strict=True):
        assert longest / 2 <= pause <= longest
    pauses.reset()
    assert pauses.next() <= 1


def test_pauses_of_two_relays_differ():
    assert [Pauses(1, 60).next() for _ in range(5)] != [Pauses(1, 60).next() for _ in range(5)]


def test_pauses_between_attempts_increase(relay, asterisk, odoo):
    moments = []

    def respond(events):
        moments.append(time.monotonic())
        return 503 if len(moments) < 5 else None

    relay.settings["RELAY_HEARTBEAT"] = "0"
    odoo.respond = respond
    relay.start()
    asterisk.send(event(1))
    wait_until(lambda: odoo.events, "the event")
    pauses = [b - a for a, b in zip(moments, moments[1:], strict=False)]
    assert pauses[0] < 0.7
    assert pauses[-1] > 1.8


@pytest.mark.parametrize("status", [400, 413])
def test_an_event_that_odoo_does_not_accept_is_set_aside_and_logged(relay, asterisk, odoo, status):
    sent = [event(number) for number in range(50)]
    bad_event = sent[17]
    odoo.respond = lambda events: status if bad_event in events else None
    relay.start()
    asterisk.send(*sent)
    wait_until(lambda: len(of_calls(odoo.events)) >= 49, "all other events")
    assert of_calls(odoo.events) == without(sent, bad_event)
    wait_until(lambda: relay.count("aside") == 1, "the event aside")
    wait_until(lambda: relay.count("event") == 0, "an empty disk")
    wait_until(lambda: "An event was set aside" in relay.log, "the log")
    assert str(status) in relay.log


def test_events_set_aside_are_listed_and_can_be_sent_again(relay, asterisk, odoo):
    odoo.respond = lambda events: 400 if events else None
    relay.start()
    asterisk.send(event(1))
    wait_until(lambda: relay.count("aside") == 1, "the event aside")
    status, output = relay.run("--status")
    assert status == 0
    assert "Set aside, received on" in output
    odoo.respond = lambda events: None
    assert "Events to be sent again by the relay: 1" in relay.run("--send-again")[1]
    wait_until(lambda: odoo.events == [event(1)], "the event")
    assert relay.count("aside") == 0


def test_events_set_aside_are_deleted_after_thirty_days(tmp_path):
    store = Store(tmp_path)
    for days in (31, 29):
        store.add([event(days)], time.time() - days * 24 * 3600)
        (stored,) = store.next(10, MAX_BYTES)
        store.set_aside(stored, f"{days} days ago")
    assert store.clean() == 1
    assert [reason for _received, reason in store.aside()] == ["29 days ago"]
    store.close()


def test_a_400_that_is_not_from_odoo_sets_no_event_aside(relay, asterisk, odoo):
    """A misconfigured proxy refuses all requests, whatever the events."""
    answers = iter([(400, "plain request to a TLS port")])
    receive = odoo.receive
    odoo.receive = lambda *request: next(answers, None) or receive(*request)
    relay.settings["RELAY_HEARTBEAT"] = "0"
    relay.start()
    asterisk.send(event(1))
    wait_until(lambda: odoo.events == [event(1)], "the event")
    assert relay.count("aside") == 0
    wait_until(lambda: "answers with status 400" in relay.log, "the log")


def test_a_refused_secret_is_logged_as_an_error_and_loses_no_event(relay, asterisk, odoo):
    correct_secret = relay.settings["ODOO_SECRET"]
    relay.settings["ODOO_SECRET"] = "a wrong secret"
    relay.start()
    asterisk.send(event(1))
    wait_until(
        lambda: relay.log.count("Odoo refuses the events (403)") >= 2, "two errors in the log"
    )
    wait_until(lambda: "ERROR Odoo refuses" in relay.log, "the log")
    assert relay.count("event") == 1
    relay.stop()
    relay.settings["ODOO_SECRET"] = correct_secret
    asterisk.drop()
    relay.start()
    wait_until(lambda: event(1) in odoo.events, "the event")


def test_an_answer_that_is_not_from_odoo_confirms_nothing(relay, asterisk, odoo):
    odoo.respond = lambda events: "<html>Welcome</html>"
    relay.start()
    asterisk.send(event(1))
    wait_until(lambda: "but not like Call handling" in relay.log, "an error in the log")
    odoo.respond = lambda events: None
    wait_until(lambda: odoo.events == [event(1)], "the event")


def test_a_request_is_small_enough_for_odoo(relay, asterisk, odoo):
    odoo.respond = lambda events: 503
    relay.start()
    sent = [event(number, AppData="ü" * 3000) for number in range(60)]
    asterisk.send(*sent)
    wait_until(lambda: relay.count("event") == 60, "events on disk")
    odoo.respond = lambda events: None
    wait_until(lambda: len(odoo.events) == 60, "all events")
    assert odoo.events == sent
    assert len(odoo.batches) > 1
    assert max(len(json.dumps(batch)) for batch in odoo.batches) <= MAX_BYTES + 20000


def test_an_event_that_is_too_large_does_not_block_the_others(relay, asterisk, odoo):
    relay.start()
    asterisk.send(event(1), event(2, AppData="x" * 300_000), event(3))
    wait_until(lambda: of_calls(odoo.events) == [event(1), event(3)], "the other events")
    wait_until(lambda: relay.count("aside") == 1, "the event aside")


def test_events_that_do_not_matter_are_not_sent(relay, asterisk, odoo):
    relay.start()
    asterisk.send(
        event(1, "VarSet"),
        event(1, "Newexten", Application="Dial"),
        event(1, "Newexten", Application="VoiceMail"),
        event(1, "Hangup"),
    )
    wait_until(lambda: len(odoo.events) == 2, "two events")
    assert [each["Event"] for each in odoo.events] == ["Newexten", "Hangup"]


def test_an_event_without_a_time_gets_the_time_of_arrival(relay, asterisk, odoo):
    untimed = {name: value for name, value in event(1).items() if name != "Timestamp"}
    relay.start()
    asterisk.send(untimed)
    wait_until(lambda: odoo.events, "the event")
    assert abs(float(odoo.events[0]["Timestamp"]) - time.time()) < 10


def test_the_database_of_the_settings_is_sent(relay, asterisk, odoo):
    relay.settings["ODOO_DATABASE"] = "company"
    relay.start()
    asterisk.send(event(1))
    wait_until(lambda: odoo.events, "the event")
    assert odoo.headers["X-Odoo-Database"] == "company"


def test_heartbeats_are_sent_while_asterisk_is_connected(relay, asterisk, odoo):
    relay.settings["RELAY_HEARTBEAT"] = "1"
    relay.start()
    wait_until(lambda: odoo.heartbeats >= 2, "heartbeats")
    asterisk.close()
    wait_until(lambda: "closed the connection" in relay.log, "the disconnection")
    before = odoo.heartbeats
    time.sleep(2)
    assert odoo.heartbeats <= before + 1


def test_no_number_and_no_secret_is_logged(relay, asterisk, odoo):
    odoo.respond = lambda events: 400 if events else None
    relay.start()
    asterisk.send(event(1, CallerIDNum="12025550142", CallerIDName="J. Roe"))
    wait_until(lambda: relay.count("aside") == 1, "the event aside")
    relay.stop()
    for secret in ("12025550142", "Roe", PATH, *_secrets(relay)):
        assert secret not in relay.log


def _secrets(relay):
    return relay.settings["ODOO_SECRET"], relay.settings["ASTERISK_SECRET"]


def test_odoo_is_informed_how_many_events_wait_and_since_when(relay, asterisk, odoo):
    seen = []

    def respond(events):
        seen.append(odoo.headers["X-Call-Handling-Relay"])
        return 503 if len(odoo.events) + len(seen) < 4 else None

    odoo.respond = respond
    relay.start()
    asterisk.send(*(event(number) for number in range(7)))
    wait_until(lambda: len(odoo.events) == 7, "the events")
    assert any(header.startswith("waiting=7; oldest=") for header in seen)
    wait_until(
        lambda: odoo.headers["X-Call-Handling-Relay"] == "waiting=0; oldest=0", "a heartbeat"
    )


def test_the_length_of_the_queue_is_known_without_counting(tmp_path):
    store = Store(tmp_path)
    assert store.queue() == (0, None)
    store.add([event(number) for number in range(5)], 1000.0)
    store.add([event(5)], 2000.0)
    assert store.queue() == (6, 1000.0)
    store.delete(store.next(5, 10**6))
    assert store.queue() == (1, 2000.0)
