"""The replay of diagnosis files."""

import copy
import json

import pytest

from tools import replaying
from tools.console import Problem

CALL = {
    "direction": "incoming", "state": "ended", "outcome": "answered", "wait_seconds": 2,
    "talk_seconds": 6, "is_anonymous": False, "remote_number": "+442079460000",
    "line_number": "+493023125000",
    "legs": [
        {"extension": "101", "outcome": "answered", "seconds": 6},
        {"extension": "102", "outcome": "elsewhere", "seconds": None},
    ],
}  # fmt: skip


def result(*calls, failed=()):
    return {"system": 7, "calls": list(calls), "failed": list(failed)}


def test_the_same_call_is_the_same_in_whatever_order_its_phones_are():
    found = CALL | {"legs": CALL["legs"][::-1]}
    lines, is_same = replaying.describe(CALL, result(found))
    assert is_same
    assert not [line for line in lines if line.startswith("≠")]


@pytest.mark.parametrize(
    ("name", "value"), [("outcome", "no_answer"), ("talk_seconds", 7), ("legs", CALL["legs"][:1])]
)
def test_what_differs_is_marked(name, value):
    lines, is_same = replaying.describe(CALL, result(copy.deepcopy(CALL) | {name: value}))
    assert not is_same
    assert len([line for line in lines if line.startswith("≠")]) == 1


def test_two_calls_are_not_the_same_as_one():
    assert not replaying.describe(CALL, result(CALL, CALL))[1]


def test_reasons_of_failed_messages_are_printed():
    lines, _is_same = replaying.describe(None, result(CALL, failed=["'call' is missing"]))
    assert "Failed: 'call' is missing" in lines


@pytest.mark.parametrize("text", ["", "{}", "[]", "no JSON", json.dumps({"format": 99})])
def test_other_files_are_refused_with_advice(tmp_path, text):
    file = tmp_path / "file.json"
    file.write_text(text)
    with pytest.raises(Problem) as caught:
        replaying.read(file)
    assert caught.value.advice
