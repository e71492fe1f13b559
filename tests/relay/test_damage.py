"""A damaged file of events does not stop the relay: what can be read is sent, and it goes on."""

import contextlib
import random
import shutil
import sqlite3
from datetime import datetime, timezone

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from adapters import ADAPTERS
from adapters.settings import Settings
from call_handling_relay.damage import EVENT, open_store
from call_handling_relay.store import FILE, Store

from .asterisk import event
from .process import wait_until

PAGE = 4096
COUNT = 400


def fill(folder, count=COUNT, aside=0):
    """Store events, each of about a third of a page, and return the size of the file."""
    with contextlib.closing(Store(folder)) as store:
        sent = [event(number, AppData="x" * 1200) for number in range(count)]
        store.add(sent, 1000.0)
        for each in store.next(aside, 10**9):
            store.set_aside(each, "Odoo does not accept it")
    return (folder / FILE).stat().st_size


def numbers(folder):
    """Return which events are there, by their position, without the report of the damage."""
    with contextlib.closing(open_store(folder)) as store:
        events = store.next(10**6, 10**9)
    return [each.id for each in events if EVENT not in each.body]


def damage(folder, start, content):
    with open(folder / FILE, "r+b") as file:
        file.seek(start)
        file.write(content)


@pytest.fixture(scope="module")
def full(tmp_path_factory):
    folder = tmp_path_factory.mktemp("full")
    fill(folder)
    return folder


@pytest.fixture
def damaged(full, tmp_path):
    shutil.copy(full / FILE, tmp_path / FILE)
    return tmp_path


@pytest.mark.parametrize(
    ("start", "length"),
    [(0, 16), (0, 100), (0, PAGE), (16, 4), (PAGE * 40, PAGE), (PAGE * 40 + 100, 3 * PAGE)],
    ids=["magic", "header", "first page", "page size", "a page", "several pages"],
)
def test_what_is_not_damaged_is_saved(damaged, start, length):
    damage(damaged, start, random.Random(start).randbytes(length))
    kept = numbers(damaged)
    lost = 0 if start < PAGE else 3 * (length // PAGE + 1)
    assert len(kept) >= COUNT - lost


def test_of_a_truncated_file_the_beginning_is_saved(damaged):
    with open(damaged / FILE, "r+b") as file:
        file.truncate(PAGE * 64)
    kept = numbers(damaged)
    assert kept == list(range(1, len(kept) + 1))
    assert len(kept) > 100


@pytest.mark.parametrize("content", [b"", b"garbage", b"x" * 100_000], ids=["empty", "short", "x"])
def test_a_file_that_is_no_store_is_replaced(tmp_path, content):
    (tmp_path / FILE).write_bytes(content)
    assert numbers(tmp_path) == []
    [aside] = tmp_path.glob("damaged-*")
    assert (aside / FILE).read_bytes() == content


def test_events_that_were_set_aside_are_saved_too(tmp_path):
    fill(tmp_path, 30, aside=10)
    damage(tmp_path, 0, b"x" * 100)
    with contextlib.closing(open_store(tmp_path)) as store:
        assert len(store.aside()) == 10
        assert len(store.next(100, 10**9)) == 20 + 1  # the report
        assert len(store.channels()) == 30
        assert store.last_contact() == 1000.0


def test_an_undamaged_file_stays(damaged):
    before = (damaged / FILE).read_bytes()
    assert numbers(damaged) == list(range(1, COUNT + 1))
    assert (damaged / FILE).read_bytes() == before
    assert not list(damaged.glob("damaged-*"))


@settings(max_examples=150, deadline=None)
@given(
    start=st.integers(0, COUNT * 1400),
    content=st.binary(min_size=1, max_size=3 * PAGE),
)
def test_a_store_can_be_used_whatever_is_damaged(full, tmp_path_factory, start, content):
    folder = tmp_path_factory.mktemp("any")
    shutil.copy(full / FILE, folder / FILE)
    damage(folder, start, content)
    with contextlib.closing(open_store(folder)) as store:
        kept = store.next(10**6, 10**9)
        assert [each.id for each in kept] == sorted({each.id for each in kept})
        assert all(isinstance(each.body, str) for each in kept)
        store.add([event(1000)], 2000.0)
        assert store.next(10**6, 10**9)[-1].id > max((each.id for each in kept), default=0)


@pytest.mark.parametrize("step", ["copy", "salvage", "replace"])
def test_saving_can_be_interrupted_at_any_moment(damaged, monkeypatch, step):
    damage(damaged, PAGE * 40, random.Random(1).randbytes(PAGE))

    def interrupt(*arguments, **values):
        raise KeyboardInterrupt

    target = {
        "copy": "call_handling_relay.damage.shutil.copy",
        "salvage": "call_handling_relay.damage.read_rows",
        "replace": "call_handling_relay.damage.os.replace",
    }[step]
    with monkeypatch.context() as patched, pytest.raises(KeyboardInterrupt):
        patched.setattr(target, interrupt)
        open_store(damaged)
    assert len(numbers(damaged)) >= COUNT - 6
    assert [folder.suffix for folder in damaged.glob("damaged-*")] == [""]


def test_a_running_relay_goes_on_when_its_file_is_damaged(relay, asterisk, odoo):
    odoo.respond = lambda events: 503
    relay.start()
    asterisk.send(*(event(number, AppData="x" * 1200) for number in range(100)))
    wait_until(lambda: relay.count("event") == 100, "events on disk")
    with contextlib.closing(sqlite3.connect(relay.folder / FILE)) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    damage(relay.folder, PAGE * 20, random.Random(2).randbytes(PAGE))
    wait_until(lambda: "is damaged" in relay.log, "the damage")
    wait_until(lambda: asterisk.logins > 1, "another login")
    odoo.respond = lambda events: None
    asterisk.send(event(500))
    wait_until(lambda: event(500) in odoo.events, "the new event")
    wait_until(lambda: relay.count("event") == 0, "an empty disk")
    assert len(odoo.events) > 90
    [report] = [each for each in odoo.events if each["Event"] == EVENT]
    message = ADAPTERS["asterisk"](Settings()).understand(report, datetime.now(timezone.utc))
    assert "file of events was damaged" in message.error
    assert relay.process.poll() is None
