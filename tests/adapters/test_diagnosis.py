"""Messages in a bug report name nobody, and still say what happened."""

import base64
import copy
import json
from dataclasses import replace
from functools import cache
from urllib.parse import quote

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from stories import NOW
from test_robustness import SAMPLES, paths, requests_of

from adapters import ADAPTERS
from adapters.base import Settings
from adapters.diagnosis import Anonymizer
from adapters.fold import fold_calls
from adapters.numbering import Numbering
from adapters.pseudonyms import Pseudonyms
from tests.workers.traces_left import find_marks
from traces import load, names

GERMANY = Numbering("DE", "030")


def anonymizer(code, numbering=GERMANY):
    vocabulary = ADAPTERS[code].vocabulary
    return Anonymizer(vocabulary, Pseudonyms(numbering, vocabulary.marks))


# --- what happened remains -----------------------------------------------------------------


def outline(states):
    """What remains of calls: everything but who took part."""
    return sorted(
        (
            (
                state.date_start, state.direction, state.outcome, state.is_anonymous,
                state.wait_seconds, state.talk_seconds, bool(state.remote_number),
                bool(state.line_number), bool(state.queue), bool(state.remote_name),
                sorted((leg.outcome or "", bool(leg.extension), bool(leg.number),
                        leg.date_ring is not None, leg.hold_seconds) for leg in state.legs),
            )
            for state in states
        ),
        key=str,
    )  # fmt: skip


def calls(code, items, configuration):
    adapter = ADAPTERS[code](configuration)
    messages = [adapter.understand(item, moment) for item, moment in items]
    assert [message.error for message in messages if message.error] == []
    return fold_calls([e for message in messages for e in message.events], configuration)


def stories():
    for code in SAMPLES:
        adapter = ADAPTERS[code](Settings())
        for place, story in enumerate(requests_of(code)):
            items = [
                (json.loads(message.raw), sent.received_at)
                for sent in story
                for message in adapter.messages(sent)
            ]
            yield pytest.param(code, items, id=f"{code}-{place}")
    for name in names("asterisk"):
        trace = [(item, NOW) for item in load("asterisk", name)]
        yield pytest.param("asterisk", trace, id=f"trace-{name}")


@pytest.mark.parametrize(("code", "items"), stories())
def test_the_same_calls_are_read_from_the_file(code, items):
    is_asterisk = code == "asterisk"
    before = Settings(
        country="DE",
        trunks=frozenset({"trunk"} if is_asterisk else ()),
        phones=frozenset({"101", "102", "103", "104"} if is_asterisk else ()),
    )
    own = anonymizer(code)
    new = [(own.replace_message(item, moment), moment) for item, moment in items]
    renamed = {
        "trunks": frozenset(map(own.pseudonyms.replace, before.trunks)),
        "phones": frozenset(map(own.pseudonyms.replace, before.phones)),
    }
    after = replace(before, **renamed)
    assert outline(calls(code, new, after)) == outline(calls(code, items, before))


# --- nobody is named -----------------------------------------------------------------------

# Marks as traces_left finds them. New numbers are counted from 0, so 900 and more are old ones.
MARKS = st.integers(900, 999)
WAYS_TO_WRITE_NUMBERS = [
    "+442079460{:03}", "00442079460{:03}", "442079460{:03}", "02079460{:03}", "2079460{:03}",
    "79460{:03}", "+44 20 7946 0{:03}", "(020) 7946-0{:03}", "sip:+442079460{:03}@host.example",
    "tel:+44-20-7946-0{:03};ext=7", "PJSIP/02079460{:03}-0000002a", "Local/02079460{:03}@ctx-1;2",
    '"quaxjaj" <02079460{:03}>', "https://h.example/a?n=%2B442079460{:03}&x=1", "0,02079460{:03}",
]  # fmt: skip
WAYS_TO_WRITE_NAMES = [
    "Quax{}", "quax{}@firma.example", "client:quax{}", "Zoë O'Quax{} & Søn", "wumbr{}-quax{}",
    "https://quax{}.example/wumbr{}?token=quax{}", "Bearer wumbr{}", "PJSIP/quax{}-0000002a",
    "2026-11-23T10:00:00Z quax{}", "newCall quax{}", "ARRAY::quax{};Outbound Call;wumbr{}",
]  # fmt: skip
DISGUISES = [
    str,
    lambda text: quote(text),
    lambda text: base64.b64encode(text.encode()).decode(),
    lambda text: text.encode().hex(),
    lambda text: json.dumps({"inner": [text, {"from": text}], text: 1}),
    lambda text: json.dumps([json.dumps({"a": text})]),
    lambda text: base64.b64encode(json.dumps({"dial": text, "x": [text]}).encode()).decode(),
    lambda text: {"User-Agent": text, text: text, "list": [text, {"b": text}]},
    lambda text: "".join(f"\\u{ord(c):04x}" for c in text if ord(c) < 65536),
    lambda text: " ".join(text),
]
LETTERS = "abcdefghij"


@st.composite
def secrets(draw):
    """A number, name or token, in any form."""
    mark = draw(MARKS)
    if draw(st.booleans()):
        written = draw(st.sampled_from(WAYS_TO_WRITE_NUMBERS)).format(mark)
    else:
        letters = "".join(LETTERS[int(digit)] for digit in f"{mark}")
        written = draw(st.sampled_from(WAYS_TO_WRITE_NAMES)).replace("{}", letters)
    return draw(st.sampled_from(DISGUISES))(written)


@cache
def find_old_marks(text):
    return {mark for mark in find_marks(text) if mark >= 900}


def texts_in(value):
    """Yield every name and value in a JSON value, as it is written."""
    if isinstance(value, (dict, list)):
        for part in [*value, *(value.values() if isinstance(value, dict) else ())]:
            yield from texts_in(part)
    else:
        yield str(value)


@st.composite
def messages_with_secrets(draw, code):
    """A message with numbers, names and tokens instead of some values, and in further fields."""
    item = copy.deepcopy(draw(st.sampled_from(SAMPLES[code])))
    for *path, last in draw(st.lists(st.sampled_from(list(paths(item))), max_size=6)):
        target = item
        for key in path:
            target = target[key] if isinstance(target, (dict, list)) else {}
        if isinstance(target, (dict, list)) and not isinstance(target[last], (dict, list)):
            target[last] = draw(secrets())
    item["unknown"] = draw(secrets())
    name = draw(secrets())
    if isinstance(name, str):
        item[name] = draw(st.integers(0, 10**15) | MARKS.map(lambda mark: 442079460000 + mark))
    return item


@pytest.mark.parametrize("code", SAMPLES)
@settings(max_examples=40, deadline=None)
@given(data=st.data())
def test_no_number_name_or_token_is_left_in_any_form(code, data):
    item = data.draw(messages_with_secrets(code))
    region = data.draw(st.sampled_from(["DE", "GB", "US", "FR", "IT", None]))
    replaced = anonymizer(code, Numbering(region)).replace_message(item, NOW)
    assert [text for text in texts_in(replaced) if find_old_marks(text)] == []


@settings(max_examples=500, deadline=None)
@given(secrets().filter(lambda one: isinstance(one, str)), st.booleans())
def test_no_text_keeps_a_number_name_or_token(text, is_id):
    assert not find_old_marks(Pseudonyms(GERMANY).replace(text, is_id=is_id))


def test_the_search_finds_what_was_not_replaced():
    assert find_old_marks(json.dumps({"a": "+44 20 7946 0901"})) == {901}
    assert find_old_marks(base64.b64encode(b"for quaxjaj only").decode()) == {909}


# --- numbers, extensions, ids ----------------------------------------------------------------


def test_a_number_is_the_same_however_it_is_written():
    own = Pseudonyms(Numbering("DE", "030", outside_prefix="0"))
    ways = ["+493023125610", "00493023125610", "03023125610", "+49 (30) 23125-610"]
    new = [own.replace(way) for way in ways]
    assert new == ["+493023125000", "00493023125000", "03023125000", "+493023125000"]
    assert own.replace("+12025550142") == "+12025550100"
    assert own.replace("sip:03023125610@quax.example") == "w1:03023125000@w2.w3"


@given(st.lists(st.integers(100, 999_999), unique=True, max_size=40))
def test_extensions_remain_as_many_and_as_long(extensions):
    own = Pseudonyms(GERMANY)
    new = [own.replace(str(extension)) for extension in extensions]
    assert len(set(new)) == len(extensions)
    assert [len(one) for one in new] == [len(str(one)) for one in extensions]


def test_parts_of_ids_are_found_again():
    own = Pseudonyms(GERMANY, frozenset({"PJSIP"}))
    assert own.replace("PJSIP/Alice") == "PJSIP/" + own.replace("alice")
    assert (
        own.replace("8c5b1a0e-77f1/ann") == f"{own.replace('8c5b1a0e-77f1')}/{own.replace('ann')}"
    )


@pytest.mark.parametrize("written", ["anonymous", "Private Number", "+000000000", "Unbekannt"])
def test_a_withheld_number_remains_withheld(written):
    assert Pseudonyms(GERMANY).replace(written) == "anonymous"


@pytest.mark.parametrize(
    ("reason", "expected"),
    [
        ("'callId' is missing", {"code": "missing", "field": "callId"}),
        ("'cause' is 'Zoe Roe'; known are: busy", {"code": "unknown_word", "field": "cause"}),
        ("'zoe' is 'Roe'; known are: busy", {"code": "unknown_word"}),
        ("KeyError: 'Zoe Roe'", {"code": "KeyError"}),
        ("Zoe: +12025550142", {"code": "other"}),
    ],
)
def test_reasons_are_codes(reason, expected):
    assert anonymizer("sipgate").read_reason(reason) == expected
