"""The relay sends as much as Odoo accepts, as often as it asks for, and no event blocks others."""

import email.utils
import json
import time
from datetime import datetime, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.asterisk import AsteriskAdapter
from adapters.base import Settings
from adapters.request import WebhookRequest
from call_handling_relay import webhook
from call_handling_relay.config import Config
from call_handling_relay.sender import BRACKETS, MAX_EVENTS, Sender
from call_handling_relay.store import Store

from .asterisk import event
from .process import wait_until


def deliver(folder, events, answer):
    """Send events to a webhook until none is left.

    :param folder: an empty one for the relay
    :param answer: see FakeServer
    :return: the webhook, and the number of events set aside
    """
    store = Store(folder)
    store.add(events, time.time())
    config = Config("", 0, "", "", "http://127.0.0.1/pbx/x", "secret", "", folder, 0)
    sender = Sender(config, None, FakeNews(), lambda: True)
    sender.store, sender.webhook = store, FakeServer(answer)
    for _ in range(40 * len(events) + 40):
        if not store.waiting()[0]:
            break
        sender.step()
    waiting, aside = store.waiting()[0], len(store.aside())
    store.close()
    assert not waiting
    return sender.webhook, aside


class FakeNews:
    """An event that nobody waits for."""

    def clear(self):
        pass

    def wait(self, _seconds):
        pass


class FakeServer:
    """A webhook.

    :param answer: returns a status and a JSON object for the events of a request and its size
    """

    where = "http://127.0.0.1"
    clock_offset = 0.0

    def __init__(self, answer):
        self.answer = answer
        self.accepted = []
        self.sizes = []
        self.refused = 0
        self.judge = webhook.Webhook("http://127.0.0.1/pbx/x", "secret")._judge

    def report_queue(self, waiting, oldest):
        pass

    def send(self, bodies):
        events = [json.loads(body) for body in bodies]
        status, content = self.answer(events, sum(len(body) + 1 for body in bodies) + BRACKETS)
        if status == 200:
            self.accepted += events
            self.sizes.append(len(events))
            content = {"accepted": len(events)}
        else:
            self.refused += 1
        return self.judge(status, {}, content)


# --- 413 and 400 -------------------------------------------------------------------------


sizes = st.lists(st.sampled_from([1, 50, 900, 5000, 30000]), min_size=1, max_size=60)


@given(
    sizes,
    st.integers(1, 250),
    st.integers(2000, 100_000),
    st.sampled_from(["events", "bytes", "both", "none"]),
)
def test_every_event_that_the_server_can_take_arrives_whatever_its_bounds(
    tmp_path_factory, fill, max_events, max_bytes, named
):
    events = [event(number, AppData="x" * length) for number, length in enumerate(fill)]
    folder = tmp_path_factory.mktemp("relay")

    def answer(events, size):
        if len(events) <= max_events and size <= max_bytes:
            return 200, {}
        bounds = {}
        if named in ("events", "both"):
            bounds["max_events"] = max_events
        if named in ("bytes", "both"):
            bounds["max_bytes"] = max_bytes
        return 413, {"error": "too large"} | bounds

    server, aside = deliver(folder, events, answer)
    small = [each for each in events if len(json.dumps(each)) + 1 + BRACKETS <= max_bytes]
    arrived = [each for each in server.accepted if not each["Event"].startswith("Relay")]
    assert arrived == small
    assert aside == len(events) - len(small)
    assert len(server.accepted) - len(arrived) == aside  # each is reported


@given(st.sets(st.integers(0, 59)), st.sampled_from([400, 413]))
def test_each_bad_event_is_found_and_no_good_one_is_lost(tmp_path_factory, bad, status):
    events = [event(number) for number in range(60)]
    names = {events[number]["Uniqueid"] for number in bad}
    folder = tmp_path_factory.mktemp("relay")

    def answer(events, _size):
        has_bad = any(each.get("Uniqueid") in names for each in events)
        return (status, {"error": "'x' is wrong"}) if has_bad else (200, {})

    server, aside = deliver(folder, events, answer)
    arrived = [each for each in server.accepted if "Uniqueid" in each]
    assert arrived == [each for each in events if each["Uniqueid"] not in names]
    assert aside == len(bad)


def test_a_named_bound_is_remembered(tmp_path):
    events = [event(number) for number in range(MAX_EVENTS * 3)]

    def answer(events, _size):
        return (200, {}) if len(events) <= 30 else (413, {"error": "x", "max_events": 30})

    server, aside = deliver(tmp_path, events, answer)
    assert (server.refused, aside) == (1, 0)
    assert max(server.sizes) == 30
    assert server.accepted == events


def test_a_bound_that_is_not_named_is_found_and_remembered(tmp_path):
    events = [event(number, AppData="x" * 500) for number in range(600)]

    def answer(_events, size):
        return (200, {}) if size <= 40_000 else (413, {})

    server, _aside = deliver(tmp_path, events, answer)
    assert server.accepted == events
    assert server.refused <= 4


@given(st.one_of(st.none(), st.integers(-5, 0), st.booleans(), st.text(), st.lists(st.integers())))
def test_a_bound_that_is_none_is_ignored(value):
    judge = webhook.Webhook("http://127.0.0.1/pbx/x", "secret")._judge
    answer = judge(413, {}, {"max_events": value, "max_bytes": value})
    assert (answer.max_events, answer.max_bytes) == (None, None)


def test_a_report_that_is_not_accepted_either_is_dropped(tmp_path):
    events = [event(1)]
    server, aside = deliver(tmp_path, events, lambda _events, _size: (400, {"error": "no"}))
    assert (server.accepted, aside) == ([], 1)


def test_odoo_lists_events_that_were_set_aside(relay, asterisk, odoo):
    relay.start()
    asterisk.send(event(1, AppData="x" * 300_000), event(2))
    wait_until(lambda: len(odoo.events) == 2, "the other event and the report")
    report = next(each for each in odoo.events if each["Event"] == "RelayAside")
    message = AsteriskAdapter(Settings()).messages(_request([report]))[0]
    assert not message.events
    assert "too large (413)" in message.error
    assert "--send-again" in message.error


def _request(events):
    return WebhookRequest(json.dumps(events).encode(), datetime.now(timezone.utc))


# --- 429 and 503 -------------------------------------------------------------------------


def wait_of(status=429, date=None, **headers):
    headers = {name.replace("_", "-"): value for name, value in headers.items()}
    headers |= {"Date": email.utils.formatdate(date, usegmt=True)} if date else {}
    answer = webhook.Webhook("http://127.0.0.1/pbx/x", "secret")._judge(status, headers, {})
    assert answer.verdict is webhook.Verdict.LATER
    return answer.wait


@pytest.mark.parametrize("status", [429, 503])
@given(st.integers(0, 10**12))
def test_the_seconds_that_the_server_asks_for_are_waited_at_most_an_hour(status, seconds):
    assert wait_of(status, Retry_After=str(seconds)) == min(seconds, 3600)


@given(st.integers(-5000, 5000), st.integers(-10_000, 10_000))
def test_a_date_counts_from_the_clock_of_the_server(wait, offset):
    server = int(time.time()) + offset
    date = email.utils.formatdate(server + wait, usegmt=True)
    assert wait_of(date=server, Retry_After=date) == min(3600, max(0, wait))


@given(st.text(st.characters(codec="latin-1"), max_size=30))
def test_what_is_neither_seconds_nor_a_date_is_no_wait(text):
    if not text.strip().isdigit():
        assert 0 <= wait_of(Retry_After=text) <= 3600


def test_the_relay_waits_as_long_as_odoo_asks(relay, asterisk, odoo):
    moments = []

    def receive(*request, accept=odoo.receive):
        moments.append(time.monotonic())
        if len(moments) > 1:
            return accept(*request)
        odoo.answer_headers = {"Retry-After": "3"}
        return 429, {"error": "too many"}

    odoo.receive = receive
    relay.settings["RELAY_HEARTBEAT"] = "0"
    relay.start()
    asterisk.send(event(1))
    wait_until(lambda: odoo.events == [event(1)], "the event")
    assert moments[1] - moments[0] >= 2.9
    wait_until(lambda: "Next attempt in 3.0 seconds" in relay.log, "the log")


def test_a_refusal_is_explained_also_if_there_were_too_many(relay, asterisk, odoo):
    odoo.receive = lambda *_request: (429, {"error": "too many refused"})
    relay.start()
    asterisk.send(event(1))
    wait_until(lambda: "Odoo refuses the events (429)" in relay.log, "the reason")
    assert "the secret or the address is wrong" in relay.log
    assert relay.count("event") == 1
