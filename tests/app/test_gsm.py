"""GSM is decoded to what browsers play: as long as before, and with the same sound."""

import io
import math
import struct

import gsm
import pytest
import soundfile
from hypothesis import given, settings
from hypothesis import strategies as st

RATE = 8000


def make_tone(samples, hertz=440):
    """Return samples of 16 bits."""
    wave = (int(9000 * math.sin(2 * math.pi * hertz * n / RATE)) for n in range(samples))
    return b"".join(struct.pack("<h", value) for value in wave)


def encode(pcm, sound_format):
    kind = "RAW" if sound_format == "gsm" else "WAV"
    target = io.BytesIO()
    with soundfile.SoundFile(target, "w", RATE, 1, format=kind, subtype="GSM610") as file:
        file.buffer_write(pcm, dtype="int16")
    return target.getvalue()


def read(wave):
    """Return the head and the samples of a WAV file."""
    with soundfile.SoundFile(io.BytesIO(wave)) as file:
        buffer = bytearray(2 * len(file))
        count = file.buffer_read_into(buffer, dtype="int16")
        return file.subtype, struct.unpack(f"<{count}h", buffer[: 2 * count])


@pytest.mark.parametrize("sound_format", ["wav", "gsm"])
def test_the_sound_is_the_same(sound_format):
    tone = make_tone(RATE)
    subtype, heard = read(gsm.decode(encode(tone, sound_format), sound_format))
    assert subtype == "ULAW"
    said = struct.unpack(f"<{RATE}h", tone)
    pairs = list(zip(said, heard, strict=False))
    alike = sum(a * b for a, b in pairs)
    lengths = math.sqrt(sum(a * a for a, _b in pairs) * sum(b * b for _a, b in pairs))
    assert alike / lengths > 0.9


@settings(max_examples=20, deadline=None)
@given(st.integers(min_value=320, max_value=3 * gsm.FRAMES), st.sampled_from(["wav", "gsm"]))
def test_nothing_is_lost_and_nothing_added(samples, sound_format):
    _subtype, heard = read(gsm.decode(encode(make_tone(samples), sound_format), sound_format))
    # WAV stores two frames of GSM together, and libsndfile may end with an empty one.
    assert samples <= len(heard) <= samples + 2 * 320


@given(data=st.binary(max_size=300))
def test_what_is_no_gsm_is_refused(data):
    with pytest.raises(gsm.NotDecoded):
        gsm.decode(b"RIFF" + data, "wav")


@pytest.mark.parametrize("sound_format", ["wav", "gsm"])
def test_an_empty_file_is_refused(sound_format):
    with pytest.raises(gsm.NotDecoded):
        gsm.decode(b"", sound_format)


def test_other_sound_is_not_taken_for_gsm():
    target = io.BytesIO()
    with soundfile.SoundFile(target, "w", RATE, 1, format="WAV", subtype="PCM_16") as file:
        file.buffer_write(make_tone(RATE), dtype="int16")
    with pytest.raises(gsm.NotDecoded):
        gsm.decode(target.getvalue(), "wav")
