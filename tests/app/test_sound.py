"""What a file of sound is, is read from its first bytes, whatever they claim."""

import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sound import DAY, HEAD, read_sound

RATE = 8000


def make_wav(kind=1, channels=1, seconds=2, before=b"", extension=b"", data_length=None):
    """Return a RIFF file whose chunks are in this order: before, fmt, data."""
    width = 2 if kind == 1 else 1
    rate = RATE * channels * width
    fmt = struct.pack("<HHIIHH", kind, channels, RATE, rate, channels * width, 8 * width)
    fmt += extension
    sound = bytes(int(seconds * rate))
    length = len(sound) if data_length is None else data_length
    chunks = before + b"fmt " + struct.pack("<I", len(fmt)) + fmt
    chunks += b"data" + struct.pack("<I", length) + sound
    return b"RIFF" + struct.pack("<I", 4 + len(chunks)) + b"WAVE" + chunks


def read(data):
    return read_sound(data[:HEAD], len(data))


@pytest.mark.parametrize(
    ("kind", "codec", "is_playable"),
    [
        (1, "PCM", True), (3, "PCM", True), (6, "G.711 A-law", True), (7, "G.711 µ-law", True),
        (49, "GSM", False), (17, "IMA ADPCM", False), (2, "ADPCM", False), (999, "WAV 999", False),
    ],
)  # fmt: skip
def test_what_browsers_play_of_wav(kind, codec, is_playable):
    sound = read(make_wav(kind))
    assert (sound.format, sound.codec, sound.is_playable) == ("wav", codec, is_playable)


@given(
    channels=st.integers(1, 2),
    seconds=st.integers(0, 20),
    kind=st.sampled_from([1, 6, 7]),
    note=st.binary(max_size=200),
)
def test_length_and_channels_whatever_comes_before(channels, seconds, kind, note):
    chunk = b"LIST" + struct.pack("<I", len(note)) + note + bytes(len(note) % 2)
    sound = read(make_wav(kind, channels, seconds, before=chunk))
    assert (sound.channels, sound.seconds) == (channels, seconds)


def test_the_kind_in_an_extension():
    extension = struct.pack("<HHI", 22, 16, 0) + struct.pack("<H", 7) + bytes(14)
    assert read(make_wav(0xFFFE, extension=extension)).codec == "G.711 µ-law"


@pytest.mark.parametrize("length", [0xFFFFFFFF, 10**9])
def test_a_length_that_was_never_corrected(length):
    assert read(make_wav(7, seconds=3, data_length=length)).seconds == 3


def test_mp3_ogg_flac_and_gsm():
    mp3 = b"\xff\xfb\x90\xc0" + bytes(16000 - 4)
    sound = read(mp3)
    assert (sound.format, sound.channels, sound.seconds) == ("mp3", 1, 1)
    titled = b"ID3\x04\0\0\0\0\x02\x01" + bytes(257) + mp3
    assert read(titled).seconds == 1
    assert read(b"ID3\x04\0\0\x7f\x7f\x7f\x7f").format == "mp3"
    opus = b"OggS" + bytes(22) + b"\x01\x13" + b"OpusHead\x01\x02" + bytes(20)
    assert (read(opus).codec, read(opus).channels) == ("Opus", 2)
    vorbis = b"OggS" + bytes(22) + b"\x01\x1e" + b"\x01vorbis\0\0\0\0\x01" + bytes(20)
    assert (read(vorbis).codec, read(vorbis).channels) == ("Vorbis", 1)
    facts = (RATE << 44 | 1 << 41 | 15 << 36 | RATE * 7).to_bytes(8, "big")
    flac = b"fLaC" + bytes(14) + facts + bytes(30)
    assert (read(flac).channels, read(flac).seconds) == (2, 7)
    gsm = (b"\xd4" + bytes(32)) * 150
    assert (read(gsm).format, read(gsm).seconds, read(gsm).is_playable) == ("gsm", 3, False)


@pytest.mark.parametrize(
    "data",
    [
        b"", b"RIFF", b"RIFF\0\0\0\0WAVE", b"RIFF\0\0\0\0AVI fmt ", b"OggS" + bytes(60),
        b"fLaC", b"\xff\xfb", b"\xff\xff\xff\xff" * 9, b"%PDF-1.7", b"<svg>" * 20,
        b"MZ" + bytes(200), b"\xd4" + bytes(32), (b"\xd4" + bytes(32)) * 2 + b"x",
        b"RIFF\0\0\0\0WAVEdata\4\0\0\0xxxx",
    ],
)  # fmt: skip
def test_what_is_no_sound(data):
    assert read(data) is None


@given(st.binary(max_size=300), st.integers(0, 10**12))
def test_anything_at_all(noise, size):
    for start in (b"", b"RIFF\0\0\0\0WAVE", b"OggS", b"fLaC", b"ID3", b"\xff\xfb"):
        sound = read_sound(start + noise, size)
        assert sound is None or 0 <= sound.seconds <= DAY
