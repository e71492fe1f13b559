"""What a server says was said is read, whatever it says."""

import json

import pytest
from api_server import api_server
from hypothesis import given
from hypothesis import strategies as st

from adapters.endpoint import Bounds, Endpoint, EndpointError, File, Trouble
from adapters.transcription import (
    MAX_FILE,
    MAX_SEGMENTS,
    MAX_TEXT,
    Said,
    Transcriber,
    read_answer,
)

FILE = File("piece.wav", "audio/wav", b"RIFF")
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=4)
    | st.dictionaries(st.sampled_from(["text", "segments", "start", "end", "x"]), inner),
    max_leaves=20,
)
NUMBERS = st.integers() | st.floats() | st.none() | st.booleans() | st.text()
SEGMENTS = st.lists(
    st.fixed_dictionaries({}, optional={"start": NUMBERS, "end": NUMBERS, "text": st.text()})
)


@pytest.fixture
def server():
    with api_server() as api:
        yield api


def ask(server, file=FILE, model="tiny", **values):
    endpoint = Endpoint(server.url, "/v1/audio/transcriptions", model=model)
    return Transcriber(endpoint, Bounds(5.0)).transcribe(file, 60_000, **values)


def test_segments_with_their_times(server):
    server.will_answer(
        {"text": "a b", "segments": [{"start": 0.5, "end": 2.25, "text": " Good\n morning "},
                                     {"start": 3, "end": 61, "text": "Hello"}]}
    )  # fmt: skip
    assert ask(server) == [Said(500, 2250, "Good morning"), Said(3000, 60_000, "Hello")]


def test_what_is_asked(server):
    server.will_answer({"text": ""})
    assert ask(server, language="de", prompt="Maria Schneider") == []
    (request,) = server.requests
    for name, value in [
        ("model", "tiny"), ("language", "de"), ("prompt", "Maria Schneider"),
        ("response_format", "verbose_json"),
    ]:  # fmt: skip
        assert f'name="{name}"\r\n\r\n{value}\r\n' in request.body
    assert (
        'name="file"; filename="piece.wav"\r\nContent-Type: audio/wav\r\n\r\nRIFF' in request.body
    )


def test_what_is_not_known_is_not_sent(server):
    server.will_answer({"text": ""})
    ask(server, model="")
    assert not {"model", "language", "prompt"} & set(server.requests[0].body.split('"'))


def test_a_server_that_knows_only_texts_is_asked_for_them_from_then_on(server):
    transcriber = Transcriber(Endpoint(server.url, "/inference"), Bounds(5.0))
    server.will_answer({"error": "response_format"}, 400)
    server.will_answer({"text": "One"})
    server.will_answer({"text": "Two"})
    assert transcriber.transcribe(FILE, 900) == [Said(0, 900, "One")]
    assert transcriber.transcribe(FILE, 900) == [Said(0, 900, "Two")]
    forms = ["verbose_json" in request.body for request in server.requests]
    assert forms == [True, False, False]


def test_a_refusal_of_both_forms_is_one(server):
    for _form in range(2):
        server.will_answer({"error": {"message": "unknown model"}}, 400)
    with pytest.raises(EndpointError) as caught:
        ask(server)
    assert (caught.value.trouble, caught.value.detail) == (Trouble.REFUSED, "unknown model (400)")


def test_what_is_too_large_is_not_sent(server):
    with pytest.raises(EndpointError) as caught:
        ask(server, File("x.mp3", "audio/mpeg", bytes(MAX_FILE + 1)))
    assert caught.value.trouble is Trouble.TOO_LARGE
    assert not server.requests


@given(VALUES, st.integers(0, 60_000))
def test_whatever_is_answered_is_read_or_refused(answer, length):
    check(answer, length)


@given(SEGMENTS, st.text() | st.none(), st.integers(0, 60_000))
def test_whatever_segments_are_answered_are_within_the_sound(segments, text, length):
    check({"segments": segments, "text": text}, length)


def check(answer, length):
    try:
        found = read_answer(answer, length)
    except EndpointError as error:
        assert error.trouble is Trouble.NOT_UNDERSTOOD
        return
    assert all(0 <= said.start <= said.end <= length for said in found)
    assert [said.start for said in found] == sorted(said.start for said in found)
    for said in found:
        said.text.encode()  # nothing that a database refuses
        assert said.text.strip()
        assert "\0" not in said.text
        assert "\n" not in said.text
        assert len(said.text) <= 4 * MAX_TEXT


def test_what_json_can_say_and_a_database_cannot_store():
    answer = json.loads('{"text": "a\\u0000b\\ud800c"}')
    assert read_answer(answer, 10) == [Said(0, 10, "a b?c")]


def test_endless_answers_have_an_end():
    many = [{"text": "x" * 9999}] * (MAX_SEGMENTS + 5)
    found = read_answer({"segments": many}, 10)
    assert len(found) == MAX_SEGMENTS
    assert {len(said.text) for said in found} == {MAX_TEXT}


def test_times_that_are_missing_come_from_what_is_around():
    answer = {"segments": [{"text": "a", "end": 1}, {"text": "b"}, {"text": "c", "start": "x"}]}
    assert read_answer(answer, 2000) == [
        Said(0, 1000, "a"), Said(1000, 2000, "b"), Said(2000, 2000, "c"),
    ]  # fmt: skip
