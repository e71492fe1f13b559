"""The simulated telephone system of ./dev run."""

import json
import random
import time

import pytest

from tools import simulator
from tools.console import Problem
from tools.simulator import MAX_CALLS, Simulator

TELEPHONES = {
    "token": "address",
    "secret": "a secret for tests",
    "phones": ["101", "102", "103", "104", "105", "106", "107", "108"],
    "contacts": ["+12025550142"],
    "lines": ["+493023125610"],
}


class Answers:
    """Replaces HTTP connections: returns the given statuses and records the events."""

    def __init__(self, *statuses):
        self.statuses = list(statuses)
        self.events = []

    def __call__(self, _host, timeout):
        return self

    def request(self, _method, _path, body, headers):
        assert headers["X-Call-Handling-Signature".lower()].startswith("v1=")
        self.events.append(json.loads(body))

    def getresponse(self):
        self.status = self.statuses.pop(0) if self.statuses else 200
        if self.status is OSError:
            raise OSError("nobody there")
        return self

    def close(self):
        pass


@pytest.fixture
def answer(monkeypatch):
    """Let the server answer with these statuses, and with 200 after them."""

    def use(*statuses):
        answers = Answers(*statuses)
        monkeypatch.setattr(simulator.http.client, "HTTPConnection", answers)
        return answers

    return use


@pytest.fixture
def simulation():
    """A simulation that has not been started."""
    return Simulator("http://127.0.0.1:1", TELEPHONES, random.Random(1))


def set_all_due(simulation):
    simulation.due = [(0.0, order, event) for _moment, order, event in sorted(simulation.due)]


def test_no_phone_is_in_two_calls_and_the_number_of_calls_is_limited(simulation):
    for _attempt in range(50):
        simulation.begin_call()
    phones = [phone for call in simulation.busy.values() for phone in call]
    assert len(phones) == len(set(phones))
    assert 1 <= len(simulation.busy) <= MAX_CALLS


def test_phones_are_free_again_after_their_call(simulation, answer):
    answers = answer()
    simulation.begin_call()
    set_all_due(simulation)
    simulation._send_due()
    assert not simulation.busy
    assert answers.events[-1]["event"] == "ended"


@pytest.mark.parametrize("failure", [OSError, 500, 503])
def test_an_event_that_could_not_be_sent_is_sent_again_unchanged(simulation, answer, failure):
    answers = answer(failure)
    simulation.begin_call()
    set_all_due(simulation)
    simulation._send_due()
    assert len(answers.events) == 1
    set_all_due(simulation)
    simulation._send_due()
    assert answers.events[0] in answers.events[1:]


def test_a_refusal_ends_the_simulation_with_advice(simulation, answer):
    answer(403)
    with pytest.raises(Problem, match="refuses") as caught, simulation:
        deadline = time.monotonic() + 10
        while time.monotonic() < deadline:
            simulation.check()
            time.sleep(0.01)
    assert "./dev run" in caught.value.advice


def test_ongoing_calls_end_with_the_simulation(simulation, answer):
    answers = answer()
    simulation.begin_call()
    (call,) = simulation.busy
    simulation.hang_up()
    assert [(event["call"], event["event"]) for event in answers.events] == [(call, "ended")]
