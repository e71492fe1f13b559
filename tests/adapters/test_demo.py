"""The simulated telephone system plays scenarios that give the expected calls."""

import random
import subprocess
import sys
from collections import Counter
from datetime import datetime, timedelta, timezone
from pathlib import Path

import pytest

from adapters import demo
from adapters.base import Dial, Settings
from adapters.demo import SCENARIOS, DemoAdapter, Scene, any_scenario, play
from adapters.fold import fold_calls

NOW = datetime(2026, 11, 23, 10, 0, tzinfo=timezone.utc)
ADAPTER = DemoAdapter(Settings())
SCENE = Scene("+12025550142", "+493023125610", ["101", "102", "103"], queue="support")


def fold_steps(steps):
    events = []
    for delay, event in steps:
        message = ADAPTER.understand(event, NOW + timedelta(seconds=delay))
        assert message.error is None
        events += message.events
    (state,) = fold_calls(events)
    return state


@pytest.mark.parametrize("name", SCENARIOS)
def test_a_scenario_gives_the_expected_call(name):
    state = fold_steps(play(name, SCENE))
    direction = name.partition("_")[0] if name.startswith(("outgoing", "internal")) else "incoming"
    assert (state.direction, state.outcome) == (direction, SCENARIOS[name].outcome)
    assert state.is_anonymous == (name == "withheld")
    assert all(leg.outcome for leg in state.legs)


@pytest.mark.parametrize("name", SCENARIOS)
def test_too_few_phones_are_refused(name):
    needed = SCENARIOS[name].phones
    with pytest.raises(ValueError, match="phones"):
        play(name, Scene("+12025550142", "", ["101"] * (needed - 1)))


def test_playing_a_scenario_twice_gives_two_calls():
    first, second = play("answered", SCENE), play("answered", SCENE)
    assert first[0][1]["call"] != second[0][1]["call"]


@pytest.mark.parametrize(
    ("number", "outcome"), [("+12025550141", "answered"), ("+12025550149", "no_answer")]
)
def test_dialling_rings_the_own_phone_first(number, outcome):
    dialled = ADAPTER.originate(Dial("101", number))
    state = fold_steps(dialled.script)
    assert state.ref == dialled.call
    assert (state.direction, state.outcome, state.remote_number) == ("outgoing", outcome, number)
    assert [leg.extension for leg in state.legs] == ["101"]


def test_random_scenarios_are_of_every_kind_and_need_no_more_phones_than_there_are():
    rng = random.Random(1)
    assert Counter(any_scenario(rng, 3) for _ in range(2000)).keys() == SCENARIOS.keys()
    assert all(SCENARIOS[any_scenario(rng, 1)].phones == 1 for _ in range(200))


def test_it_does_not_need_the_libraries_of_the_other_systems():
    # ./dev imports it with a Python that may not have any packages installed
    hidden = "cryptography", "phonenumbers", "requests"
    code = f"import sys; sys.modules.update(dict.fromkeys({hidden})); import adapters.demo"
    folder = Path(demo.__file__).parents[1]
    subprocess.run([sys.executable, "-c", code], check=True, cwd=folder)
