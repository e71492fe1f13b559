"""The server with a real speech model understands people, and keeps to the API."""

import pytest
import requests

from tools import speech

TIMEOUT = 60  # seconds
KEY = "a key of the tests"


@pytest.fixture(scope="module")
def address():
    with speech.running(KEY) as address:
        yield f"{address}/v1/audio/transcriptions"


def ask(address, sound, key=KEY, **values):
    return requests.post(
        address,
        files={"file": ("call.wav", sound, "audio/wav")},
        data=values,
        headers={"Authorization": f"Bearer {key}"},
        timeout=TIMEOUT,
    )


def test_it_understands_a_known_sentence_and_says_when(address):
    sound = speech.find_sound("beckett.wav").read_bytes()
    said = ask(address, sound, response_format="verbose_json").json()
    assert "Ever tried. Ever failed. No matter. Try again." in said["text"]
    times = [(segment["start"], segment["end"]) for segment in said["segments"]]
    assert times == sorted(times)
    assert 0 <= times[0][0] < times[-1][1] <= said["duration"] == pytest.approx(10, abs=0.1)
    assert ask(address, sound).json() == {"text": said["text"]}
    assert ask(address, sound, response_format="text").text == said["text"] + "\n"


def test_it_says_what_is_wrong(address):
    assert ask(address, b"RIFFno sound").status_code == 400
    assert ask(address, b"", key="another").status_code == 401
    assert ask(address, b"x", response_format="srt").status_code == 400
    assert ask(address.replace("v1", "v2"), b"x").status_code == 404
