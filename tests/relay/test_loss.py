"""No event that has reached the relay is lost, whatever fails and whenever."""

import contextlib
import functools
import os
import random
import re
import threading
import time
from types import SimpleNamespace

import pytest

from call_handling_relay import ami
from call_handling_relay.receiver import DiskFull, Receiver
from call_handling_relay.store import Store

from .asterisk import SECRET, USERNAME, encode, event
from .process import wait_until


def uniqueids(events):
    return [each["Uniqueid"] for each in events if each["Event"] == "Newchannel"]


def without_duplicates(values):
    """Return the values without duplicates, in the order of their first occurrence."""
    return list(dict.fromkeys(values))


def are_stored(relay, odoo, sent):
    """Return whether each event is on the disk of the relay or in Odoo."""
    waiting = relay.waiting()  # read first: events move from the disk to Odoo
    return set(uniqueids(sent)) <= set(uniqueids(waiting + odoo.events))


def test_events_arrive_in_order_and_are_deleted_from_the_disk(relay, asterisk, odoo):
    relay.start()
    sent = [event(number) for number in range(300)]
    asterisk.send(*sent)
    wait_until(lambda: len(odoo.events) >= 300, "all events")
    assert odoo.events == sent
    wait_until(lambda: relay.count("event") == 0, "an empty disk")


@pytest.mark.parametrize("trouble", ["fine", "unavailable", "no answer", "refused"])
def test_a_relay_that_is_killed_repeatedly_loses_no_event(relay, asterisk, odoo, trouble):
    chance = random.Random(trouble)

    def respond(events):
        if trouble == "fine" or not events or chance.random() < 0.3:
            return None
        if trouble == "no answer":
            odoo.events += events  # accepted, but the relay gets no answer
            raise ConnectionError
        return 503 if trouble == "unavailable" else 403

    odoo.respond = respond
    sent = [event(number) for number in range(200)]
    for start in range(0, len(sent), 40):
        relay.start()
        asterisk.send(*sent[start : start + 40])
        until_now = sent[: start + 40]
        wait_until(functools.partial(are_stored, relay, odoo, until_now), "stored events")
        time.sleep(chance.random() / 3)
        relay.kill()
        asterisk.drop()
    trouble = "fine"
    relay.start()
    wait_until(lambda: len(set(uniqueids(odoo.events))) >= len(sent), "all events")
    assert without_duplicates(uniqueids(odoo.events)) == uniqueids(sent)


def test_a_kill_during_the_stream_loses_only_its_end(relay, asterisk, odoo):
    """Events that were not stored yet at that moment are lost, but none before them."""
    odoo.respond = lambda events: 503

    def send():
        with contextlib.suppress(OSError):
            for number in range(100_000):
                asterisk.write(encode(event(number)))

    relay.start()
    wait_until(asterisk.logged_in.is_set, "a login")
    sending = threading.Thread(target=send, daemon=True)
    sending.start()
    wait_until(lambda: relay.count("event") > 100, "events on disk")
    relay.kill()
    sending.join()
    odoo.respond = lambda events: None
    asterisk.drop()
    relay.start()
    wait_until(lambda: odoo.events and relay.count("event") == 0, "the stored events")
    arrived = uniqueids(odoo.events)
    assert len(arrived) > 100
    assert arrived == uniqueids([event(number) for number in range(len(arrived))])


def test_events_are_kept_while_odoo_is_not_available(relay, asterisk, odoo):
    odoo.close()
    relay.start()
    asterisk.send(*(event(number) for number in range(10)))
    wait_until(lambda: re.search("Cannot reach.* Events waiting: 10", relay.log), "a warning")
    odoo.open()
    wait_until(lambda: len(odoo.events) == 10, "all events")


def test_a_gap_in_the_connection_to_asterisk_is_logged(relay, asterisk, odoo):
    relay.start()
    asterisk.send(event(1))
    wait_until(lambda: len(odoo.events) == 1, "the first event")
    asterisk.drop()
    wait_until(lambda: asterisk.logins == 2, "another login")
    asterisk.send(event(2))
    wait_until(lambda: len(odoo.events) == 3, "the second event, and the end of the first channel")
    wait_until(lambda: "There was no connection to Asterisk for" in relay.log, "the log")


def test_a_call_that_ended_in_a_gap_is_reported_to_odoo(relay, asterisk, odoo):
    relay.start()
    asterisk.send(event(1), event(2), event(3), event(3, "Hangup"))
    wait_until(lambda: odoo.events and relay.count("event") == 0, "all events in Odoo")
    asterisk.channels = [{"Channel": "x", "Uniqueid": event(2)["Uniqueid"], "Linkedid": "2"}]
    relay.kill()
    asterisk.drop()
    relay.start()
    wait_until(lambda: len(odoo.events) == 6, "the events from the list of channels")
    assert [each["Event"] for each in odoo.events[:4]] == [*["Newchannel"] * 3, "Hangup"]
    listed, gone = odoo.events[4:]
    assert (listed["Event"], listed["Uniqueid"]) == ("CoreShowChannel", event(2)["Uniqueid"])
    assert (gone["Event"], gone["Uniqueid"]) == ("ChannelGone", event(1)["Uniqueid"])
    assert float(gone["Timestamp"]) < float(listed["Timestamp"])


def test_a_stop_is_quick_and_loses_no_event(relay, asterisk, odoo):
    odoo.respond = lambda events: 503
    relay.start()
    asterisk.send(*(event(number) for number in range(50)))
    wait_until(lambda: relay.count("event") == 50, "events on disk")
    started = time.monotonic()
    assert relay.stop() == 0
    assert time.monotonic() - started < 5
    odoo.respond = lambda events: None
    asterisk.drop()
    relay.start()
    wait_until(lambda: len(uniqueids(odoo.events)) == 50, "all events")


def test_two_relays_cannot_use_the_same_folder(relay, asterisk):
    relay.start()
    wait_until(asterisk.logged_in.is_set, "a login")
    status, output = relay.run()
    assert status == os.EX_IOERR
    assert "Another relay uses the folder" in output


# --- a full disk -------------------------------------------------------------------------


@pytest.fixture
def receiver(tmp_path):
    """A receiver with its own folder."""
    stop, news = threading.Event(), threading.Event()
    config = SimpleNamespace(folder=tmp_path, states=True, recordings=None, mailboxes=None)
    receiver = Receiver(config, stop, news)
    receiver.store = Store(tmp_path)
    yield receiver
    receiver.store.close()


def fill(store):
    """Let the disk be full from now on."""
    (pages,) = store.connection.execute("PRAGMA page_count").fetchone()
    store.connection.execute(f"PRAGMA max_page_count = {pages}")


def free_space(store):
    store.connection.execute("PRAGMA max_page_count = 100000")


def test_a_full_disk_is_logged_and_loses_no_event(receiver, caplog):
    fill(receiver.store)
    sent = [event(number, AppData="x" * 300) for number in range(200)]
    for each in sent:
        receiver.handle([dict(each)])
    assert "Check the disk and free some space" in caplog.text
    free_space(receiver.store)
    receiver.handle([])
    kept = receiver.store.next(1000, 10**9)
    assert [each.id for each in kept] == sorted(each.id for each in kept)
    assert len(kept) == len(sent)
    assert receiver.in_memory == []


def test_a_stop_with_a_full_disk_is_reported_as_an_error(receiver):
    fill(receiver.store)
    receiver.stop.set()
    with pytest.raises(DiskFull, match="events are lost"):
        receiver.handle([event(number, AppData="x" * 300) for number in range(200)])


# --- a silent connection -----------------------------------------------------------------


@pytest.fixture
def impatient(monkeypatch, asterisk):
    """A connection that waits only a short time for data from Asterisk."""
    monkeypatch.setattr(ami, "PING_AFTER", 0.2)
    monkeypatch.setattr(ami, "DEAD_AFTER", 1)
    with ami.Ami("127.0.0.1", asterisk.port) as connection:
        connection.login(USERNAME, SECRET)
        yield connection


def test_a_silent_asterisk_is_pinged(impatient):
    until = time.monotonic() + 2
    answers = []
    while time.monotonic() < until:
        answers += impatient.read(0.1)
    assert {answer["Ping"] for answer in answers} == {"Pong"}


def test_a_connection_without_answers_is_given_up(impatient, asterisk):
    asterisk.write = lambda content: None
    with pytest.raises(ami.AmiError, match="Asterisk has sent nothing for"):
        for _ in range(100):
            impatient.read(0.1)
