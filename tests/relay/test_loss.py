"""Whatever ends at whatever moment: no event that reached the relay is lost."""

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


def firsts(values):
    """The values without repetitions, in the order in which they first came."""
    return list(dict.fromkeys(values))


def has_them(relay, odoo, said):
    """Whether each event is on the disk or in Odoo."""
    waiting = relay.waiting()  # first: an event goes from the disk to Odoo, never back
    return set(uniqueids(said)) <= set(uniqueids(waiting + odoo.events))


def test_events_arrive_in_order_and_leave_the_disk(relay, asterisk, odoo):
    relay.start()
    said = [event(number) for number in range(300)]
    asterisk.say(*said)
    wait_until(lambda: len(odoo.events) >= 300, "all events")
    assert odoo.events == said
    wait_until(lambda: relay.count("event") == 0, "an empty disk")


@pytest.mark.parametrize("trouble", ["fine", "unavailable", "no answer", "refused"])
def test_a_relay_that_is_killed_again_and_again_loses_nothing(relay, asterisk, odoo, trouble):
    chance = random.Random(trouble)

    def respond(events):
        if trouble == "fine" or not events or chance.random() < 0.3:
            return None
        if trouble == "no answer":
            odoo.events += events  # taken, but the relay never learns of it
            raise ConnectionError
        return 503 if trouble == "unavailable" else 403

    odoo.respond = respond
    said = [event(number) for number in range(200)]
    for start in range(0, len(said), 40):
        relay.start()
        asterisk.say(*said[start : start + 40])
        until_now = said[: start + 40]
        wait_until(functools.partial(has_them, relay, odoo, until_now), "events in safety")
        time.sleep(chance.random() / 3)
        relay.kill()
        asterisk.drop()
    trouble = "fine"
    relay.start()
    wait_until(lambda: len(set(uniqueids(odoo.events))) >= len(said), "all events")
    assert firsts(uniqueids(odoo.events)) == uniqueids(said)


def test_a_kill_amid_the_stream_leaves_no_hole(relay, asterisk, odoo):
    """What was on its way at that moment is gone, but nothing from before it."""
    odoo.respond = lambda events: 503

    def say():
        with contextlib.suppress(OSError):
            for number in range(100_000):
                asterisk.write(encode(event(number)))

    relay.start()
    wait_until(asterisk.logged_in.is_set, "a log-in")
    saying = threading.Thread(target=say, daemon=True)
    saying.start()
    wait_until(lambda: relay.count("event") > 100, "events on disk")
    relay.kill()
    saying.join()
    odoo.respond = lambda events: None
    asterisk.drop()
    relay.start()
    wait_until(lambda: odoo.events and relay.count("event") == 0, "what was kept")
    arrived = uniqueids(odoo.events)
    assert len(arrived) > 100
    assert arrived == uniqueids([event(number) for number in range(len(arrived))])


def test_odoo_may_be_away_for_a_while(relay, asterisk, odoo):
    odoo.close()
    relay.start()
    asterisk.say(*(event(number) for number in range(10)))
    wait_until(lambda: re.search("is not reached.* 10 events wait", relay.log), "a word about it")
    odoo.open()
    wait_until(lambda: len(odoo.events) == 10, "all events")


def test_asterisk_may_be_away_for_a_while_and_the_gap_is_told(relay, asterisk, odoo):
    relay.start()
    asterisk.say(event(1))
    wait_until(lambda: len(odoo.events) == 1, "the first event")
    asterisk.drop()
    wait_until(lambda: asterisk.logins == 2, "another log-in")
    asterisk.say(event(2))
    wait_until(lambda: len(odoo.events) == 3, "the second event, and the word on the first")
    assert "There was no connection to Asterisk for" in relay.log


def test_a_call_that_ended_in_a_gap_is_ended(relay, asterisk, odoo):
    relay.start()
    asterisk.say(event(1), event(2), event(3), event(3, "Hangup"))
    wait_until(lambda: odoo.events and relay.count("event") == 0, "all events in Odoo")
    asterisk.channels = [{"Channel": "x", "Uniqueid": event(2)["Uniqueid"], "Linkedid": "2"}]
    relay.kill()
    asterisk.drop()
    relay.start()
    wait_until(lambda: len(odoo.events) == 6, "what the list of channels tells")
    assert [each["Event"] for each in odoo.events[:4]] == [*["Newchannel"] * 3, "Hangup"]
    listed, gone = odoo.events[4:]
    assert (listed["Event"], listed["Uniqueid"]) == ("CoreShowChannel", event(2)["Uniqueid"])
    assert (gone["Event"], gone["Uniqueid"]) == ("ChannelGone", event(1)["Uniqueid"])
    assert float(gone["Timestamp"]) < float(listed["Timestamp"])


def test_a_stop_is_clean_and_quick(relay, asterisk, odoo):
    odoo.respond = lambda events: 503
    relay.start()
    asterisk.say(*(event(number) for number in range(50)))
    wait_until(lambda: relay.count("event") == 50, "events on disk")
    started = time.monotonic()
    assert relay.stop() == 0
    assert time.monotonic() - started < 5
    odoo.respond = lambda events: None
    asterisk.drop()
    relay.start()
    wait_until(lambda: len(uniqueids(odoo.events)) == 50, "all events")


def test_two_relays_do_not_use_one_folder(relay, asterisk):
    relay.start()
    wait_until(asterisk.logged_in.is_set, "a log-in")
    status, told = relay.run()
    assert status == os.EX_IOERR
    assert "Another relay uses the folder" in told


# --- a full disk -------------------------------------------------------------------------


@pytest.fixture
def receiver(tmp_path):
    """A receiver with a disk of its own."""
    stop, news = threading.Event(), threading.Event()
    receiver = Receiver(SimpleNamespace(folder=tmp_path), stop, news)
    receiver.store = Store(tmp_path)
    yield receiver
    receiver.store.close()


def fill(store):
    """From now on the disk takes nothing more."""
    (pages,) = store.connection.execute("PRAGMA page_count").fetchone()
    store.connection.execute(f"PRAGMA max_page_count = {pages}")


def make_room(store):
    store.connection.execute("PRAGMA max_page_count = 100000")


def test_a_full_disk_is_told_and_costs_no_event(receiver, caplog):
    fill(receiver.store)
    said = [event(number, AppData="x" * 300) for number in range(200)]
    for each in said:
        receiver.take([dict(each)])
    assert "Make room on the disk" in caplog.text
    make_room(receiver.store)
    receiver.take([])
    kept = receiver.store.next(1000, 10**9)
    assert [each.id for each in kept] == sorted(each.id for each in kept)
    assert len(kept) == len(said)
    assert receiver.in_memory == []


def test_a_full_disk_at_the_end_is_not_taken_for_a_clean_stop(receiver):
    fill(receiver.store)
    receiver.stop.set()
    with pytest.raises(DiskFull, match="events are lost"):
        receiver.take([event(number, AppData="x" * 300) for number in range(200)])


# --- a silent connection -----------------------------------------------------------------


@pytest.fixture
def impatient(monkeypatch, asterisk):
    """A connection that does not wait long for a word from Asterisk."""
    monkeypatch.setattr(ami, "PING_AFTER", 0.2)
    monkeypatch.setattr(ami, "DEAD_AFTER", 1)
    with ami.Ami("127.0.0.1", asterisk.port) as connection:
        connection.login(USERNAME, SECRET)
        yield connection


def test_a_quiet_asterisk_is_asked_whether_it_is_there(impatient):
    until = time.monotonic() + 2
    answers = []
    while time.monotonic() < until:
        answers += impatient.read(0.1)
    assert {answer["Ping"] for answer in answers} == {"Pong"}


def test_an_asterisk_that_does_not_answer_any_more_is_given_up(impatient, asterisk):
    asterisk.write = lambda content: None
    with pytest.raises(ami.AmiError, match="Asterisk has said nothing for"):
        for _ in range(100):
            impatient.read(0.1)
