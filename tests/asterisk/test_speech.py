"""What people say on the phone is recorded, arrives in Odoo, and is understood there."""

import io
import re
import wave

import pytest
import requests

from tools import speech

from . import phones as do
from .played.scenario import CUSTOMER, CUSTOMER_DIALLED, MOBILE, MOBILE_SENT, SENT_LINE
from .sounds import speak

TIMEOUT = 60  # seconds
# Two people, in the recordings that come with the speech model.
DICKENS, BECKETT = "two_cities.wav", "beckett.wav"
DICKENS_SAYS, BECKETT_SAYS = {"best", "worst", "wisdom"}, {"tried", "failed", "matter"}


@pytest.fixture(scope="module")
def model():
    """Returns what a real speech model understands of a WAV file: its words."""
    with speech.running() as address:

        def listen(sound):
            answer = requests.post(
                f"{address}/v1/audio/transcriptions",
                files={"file": ("call.wav", sound)},
                data={"model": "any"},
                timeout=TIMEOUT,
            )
            return set(re.findall(r"\w+", answer.json()["text"].lower()))

        yield listen


@pytest.fixture(scope="module")
def voices(tmp_path_factory):
    """Files with what two people say, for phones: each in six seconds."""
    folder = tmp_path_factory.mktemp("voices")
    return [
        speak(speech.find_sound(name), folder / name, start, 6)
        for name, start in ((DICKENS, 0.7), (BECKETT, 0))
    ]


def split(sound):
    """Return each of the two channels of a WAV file as one of its own."""
    with wave.open(io.BytesIO(sound)) as file:
        assert file.getnchannels() == 2
        rate, samples = file.getframerate(), memoryview(file.readframes(file.getnframes()))
    channels = []
    for channel in (0, 1):
        target = io.BytesIO()
        with wave.open(target, "wb") as file:
            file.setnchannels(1)
            file.setsampwidth(2)
            file.setframerate(rate)
            file.writeframes(samples.cast("h")[channel::2].tobytes())
        channels.append(target.getvalue())
    return channels


def test_both_sides_are_understood_and_it_is_known_who_is_who(
    lab, hearing, voices, model, tmp_path
):
    caller, employee = voices
    with lab.scenario("spoken", tmp_path):
        answers = [*do.picks_up(0.5), *do.plays(employee), *do.waits_for_hangup()]
        lab.phones.are_called("101", answers)
        calls = do.calls("trunk", SENT_LINE + "40", MOBILE_SENT)
        lab.phones.call("trunk", [*calls, *do.plays(caller), *do.hangs_up(6.5)])
    (recording,) = hearing.read_new()
    assert (recording["direction"], recording["remote_number"]) == ("incoming", MOBILE)
    assert (recording["channels"], recording["first_side"]) == (2, "outside")
    outside, inside = map(model, split(hearing.listen(recording).content))
    assert outside >= DICKENS_SAYS
    assert inside >= BECKETT_SAYS
    assert not outside & BECKETT_SAYS
    assert not inside & DICKENS_SAYS


def test_freepbx_goes_on_in_the_same_file_after_a_transfer_and_one_recording_is_whole(
    lab, hearing, voices, model, tmp_path
):
    """101 calls a customer, who speaks; then 104 gets the call, and speaks."""
    customer, colleague = voices
    with lab.scenario("freepbx", tmp_path):
        answers = [*do.picks_up(0.3), *do.plays(customer), *do.waits_for_hangup()]
        lab.phones.are_called("trunk", answers)
        answers = [*do.picks_up(0.3), *do.plays(colleague), *do.hangs_up(6)]
        lab.phones.are_called("104", answers)
        calls = do.calls("101", "7" + CUSTOMER_DIALLED)
        lab.phones.call("101", [*calls, *do.transfers(6, "104")])
    (file,) = (lab.asterisk.folder / "run/monitor").glob("*/*/*/out-*")
    assert re.fullmatch(rf"out-{CUSTOMER_DIALLED}-101-\d{{8}}-\d{{6}}-[\d.]+\.wav", file.name)
    (recording,) = hearing.read_new()
    assert file.name.endswith(f"-{recording['leg_ref']}.wav")
    assert recording["call_ref"] == recording["pbx_ref"]
    assert (recording["direction"], recording["remote_number"]) == ("outgoing", CUSTOMER)
    assert recording["channels"] == 1
    assert not recording["first_side"]
    sound = hearing.listen(recording).content
    assert sound == file.read_bytes()
    assert model(sound) >= DICKENS_SAYS | BECKETT_SAYS
