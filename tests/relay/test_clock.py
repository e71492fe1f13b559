"""A clock that is wrong is noticed: the times of calls would be wrong, and events refused."""

import email.utils
import logging
import re
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.signature import SIGNATURE_TOLERANCE
from call_handling_relay import clock
from call_handling_relay.webhook import Verdict, Webhook

from .asterisk import event
from .odoo import SECRET
from .process import wait_until

AHEAD = 600  # seconds


def date_of(offset):
    """Return a date of a server, ahead of our clock by some seconds."""
    return email.utils.formatdate(time.time() + offset, usegmt=True)


def test_a_wrong_clock_is_logged_with_its_difference(relay, asterisk, odoo):
    odoo.date = date_of(-100)
    relay.start()
    asterisk.send(event(1))
    wait_until(lambda: "The clock of this machine is" in relay.log, "a warning")
    assert re.search(r"is \d+ min (\d+ s )?ahead of that of http", relay.log)
    assert odoo.events == [event(1)]


def test_it_is_logged_once_and_when_it_is_over(caplog):
    caplog.set_level(logging.INFO)
    checked = clock.Clock()
    for offset in (100, 101, 102, 0.5, 0):
        checked.check(offset, "https://odoo.example.com")
    assert [record.levelname for record in caplog.records] == ["WARNING", "INFO"]


@pytest.mark.parametrize("offset", [None, 0, 29, -29])
def test_an_unknown_or_small_difference_is_not_logged(caplog, offset):
    clock.Clock().check(offset, "https://odoo.example.com")
    assert not caplog.records


@given(st.floats(-10_000, 10_000))
def test_the_difference_is_read_from_the_date_of_the_answer(offset):
    read = clock.read_offset({"Date": date_of(-offset)})
    assert abs(read - offset) < 3


@given(st.text(max_size=40))
def test_what_is_no_date_is_no_difference(text):
    assert isinstance(clock.read_offset({"Date": text}), (float, type(None)))
    assert clock.read_offset({}) is None


@pytest.mark.parametrize(
    ("offset", "text"),
    [(312, "5 min 12 s ahead of"), (-3600, "1 h behind"), (3672.4, "1 h 1 min 12 s ahead of")],
)
def test_the_difference_is_written_for_people(offset, text):
    assert text in clock.describe(offset, "https://odoo.example.com")


def test_a_difference_is_said_before_events_are_refused():
    assert SIGNATURE_TOLERANCE.total_seconds() > clock.DIFFERS


def test_a_refusal_because_of_the_time_names_the_clock(relay, asterisk, odoo):
    odoo.date = date_of(AHEAD)
    odoo.receive = lambda *_request: (403, {"error": "refused"})
    relay.start()
    asterisk.send(event(1))
    wait_until(lambda: "because of their time" in relay.log, "the reason")
    assert re.search(r"the clock of this machine is \d+ min (\d+ s )?behind", relay.log)
    assert "secret or the address is wrong" not in relay.log


def test_check_reports_a_wrong_clock_although_events_are_accepted(relay, odoo):
    odoo.date = date_of(-100)
    status, output = relay.run("--check", "--seconds", "1")
    assert status == 1
    assert re.search(r"the clock of this machine is \d+ min (\d+ s )?ahead", output)
    assert "accepts signed events" in output


def test_an_old_clock_is_not_compared_while_odoo_is_not_reachable(odoo):
    webhook = Webhook(odoo.address, SECRET)
    odoo.date = date_of(-AHEAD)
    webhook.send_heartbeat()
    assert webhook.clock_offset > AHEAD - 10
    odoo.close()
    webhook.close()
    assert webhook.send_heartbeat().verdict is Verdict.LATER
    assert webhook.clock_offset is None
    odoo.open()
    odoo.date = None
    webhook.send_heartbeat()
    assert abs(webhook.clock_offset) < 10
