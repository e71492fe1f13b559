"""Reasons are codes with texts: what is stored can be read, and translated, later."""

import ast
import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters import reasons as module
from adapters.reasons import Reason, Why, dump_reason, get_reason, load_reason

ADDON = Path(module.__file__).parent.parent
PLACEHOLDER = re.compile(r"%\((\w+)\)s")
# What only developers and other programs read, never a person in Odoo.
FOR_DEVELOPERS = {"commands.py", "demo.py", "uploading.py", "web_token.py"}


def nodes(*folders):
    for folder in folders:
        for file in sorted((ADDON / folder).rglob("*.py")):
            for node in ast.walk(ast.parse(file.read_text())):
                yield file, node


def made_reasons():
    """Yield where reasons are made: the file, the code, the names of the values."""
    for file, node in nodes("adapters", "intake", "models", "tools"):
        if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "Reason" and node.args:
            [code] = node.args
            if isinstance(code, ast.Attribute) and getattr(code.value, "id", "") == "Why":
                yield file, Why[code.attr], {value.arg for value in node.keywords}


def test_each_reason_has_the_values_that_its_text_names():
    for file, code, names in made_reasons():
        assert names == set(PLACEHOLDER.findall(code.label)), (file.name, code)


def test_each_code_is_used():
    used = {
        node.attr
        for _file, node in nodes("adapters", "intake", "models", "tools")
        if isinstance(node, ast.Attribute) and getattr(node.value, "id", "") == "Why"
    }
    assert {code.name for code in Why} == used


def test_codes_are_the_names_in_lower_case():
    assert [code.value for code in Why] == [code.name.lower() for code in Why]


def test_adapters_give_people_no_reason_without_a_code():
    raised = ("ValueError", "Malformed", "ApiError", "FetchError", "EndpointError")
    for file, node in nodes("adapters"):
        if not isinstance(node, ast.Raise) or not isinstance(node.exc, ast.Call):
            continue
        if file.name in FOR_DEVELOPERS or getattr(node.exc.func, "id", "") not in raised:
            continue
        for value in node.exc.args:
            is_text = isinstance(value, ast.JoinedStr) or (
                isinstance(value, ast.Constant) and " " in str(value.value)
            )
            assert not is_text, (file.name, node.lineno)


@pytest.mark.parametrize("name", ["label", "help", "placeholder", "steps"])
def test_what_forms_show_is_marked_for_translation(name):
    makers = {"FormField": ("label", "help", "placeholder"), "Guide": ("steps",)}
    for file, node in nodes("adapters"):
        maker = getattr(getattr(node, "func", None), "id", "")
        if name not in makers.get(maker, ()):
            continue
        shown = [value.value for value in node.keywords if value.arg == name]
        if name == "label":
            shown += node.args[1:2]
        for value in shown:
            texts = value.elts if isinstance(value, ast.Tuple) else [value]
            plain = [text.value for text in texts if isinstance(text, ast.Constant) and text.value]
            assert not [text for text in plain if " " in text], (file.name, node.lineno)


@given(st.sampled_from(Why), st.data())
def test_what_was_stored_is_the_same_reason_again(code, data):
    given_values = {
        name: data.draw(st.text(max_size=50)) for name in PLACEHOLDER.findall(code.label)
    }
    reason = Reason(code, **given_values)
    again = load_reason(dump_reason(reason))
    assert (again, again.code, again.values) == (reason, code, reason.values)


def test_a_reason_within_a_reason_keeps_its_code():
    inner = Reason(Why.MISSING, name="call")
    outer = load_reason(Reason(Why.RELAY_ASIDE, answer=inner).dump())
    assert outer.values["answer"].code is Why.MISSING
    assert "'call' is missing" in outer


@given(st.text(max_size=100).filter(lambda text: "\x00" not in text))
def test_texts_of_older_versions_stay_as_they_are(text):
    stored = dump_reason(text)
    assert load_reason(stored) == stored


@pytest.mark.parametrize(
    ("stored", "shown"),
    [
        ('{"reason": "of a newer version", "values": {}, "text": "it is so"}', "it is so"),
        ('{"reason": "missing", "values": {}, "text": "it is so"}', "it is so"),
        ('{"reason": "missing", "values": 1, "text": "it is so"}', "it is so"),
        ('{"reason": "missing"', '{"reason": "missing"'),
    ],
)
def test_a_reason_of_another_version_is_readable(stored, shown):
    assert load_reason(stored) == shown


def test_what_was_raised_gives_its_reason():
    reason = Reason(Why.BODY_EMPTY)
    assert get_reason(ValueError(reason)) is reason
    assert get_reason(KeyError("x")) == "'x'"
