"""A recording is cut into pieces: nothing is lost, nothing comes twice, and it is cut where nobody
speaks."""

import math
import struct

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from pieces import PIECE_SECONDS, Wave, cut, read_wave

RATE = 8000


def make_wav(kind, channels, sound, rate=RATE, before=b""):
    width = 2 if kind == 1 else 1
    size = width * channels
    head = struct.pack("<HHIIHH", kind, channels, rate, rate * size, size, 8 * width)
    body = b"WAVEfmt " + struct.pack("<I", len(head)) + head + before
    body += b"data" + struct.pack("<I", len(sound)) + sound
    return b"RIFF" + struct.pack("<I", len(body)) + body


def speak(seconds, level=8000, rate=RATE):
    """Return a tone, as samples of PCM."""
    count = 2 * int(seconds * rate)
    second = b"".join(struct.pack("<h", int(level * math.sin(i * 0.7))) for i in range(rate))
    return (second * (count // len(second) + 1))[:count]


def hush(seconds, rate=RATE):
    return bytes(2 * int(seconds * rate))


def cut_all(wave, channel=0):
    found, start = [], 0
    while piece := cut(wave, channel, start):
        found.append(piece)
        start = piece.end
    return found


@settings(max_examples=20, deadline=None)
@given(
    st.lists(
        st.tuples(st.floats(0.05, 70), st.booleans()).filter(lambda part: part[0] > 0.05),
        min_size=1, max_size=6,
    ),
    st.sampled_from([1, 2]),
)  # fmt: skip
@example([(60.0, True)], 1)
@example([(60.0001, True)], 2)
def test_the_pieces_of_a_channel_are_the_channel(parts, channels):
    mono = b"".join(speak(seconds) if loud else hush(seconds) for seconds, loud in parts)
    sound = mono
    if channels == 2:
        sound = bytearray(2 * len(mono))  # nobody speaks on the second one
        sound[::4], sound[1::4] = mono[::2], mono[1::2]
    wave = read_wave(make_wav(1, channels, sound))
    found = cut_all(wave)
    assert b"".join(piece.samples for piece in found) == mono
    assert all(0 < piece.end - piece.start <= PIECE_SECONDS * RATE for piece in found)
    assert [piece.start for piece in found[1:]] == [piece.end for piece in found[:-1]]
    assert sum(piece.length_ms for piece in found) == wave.length * 1000 // RATE
    if channels == 2:
        assert all(piece.is_silent for piece in cut_all(wave, 1))


def test_it_is_cut_where_nobody_speaks():
    wave = read_wave(make_wav(1, 1, speak(50) + hush(0.6) + speak(40)))
    first, second = cut_all(wave)
    assert 50.05 <= first.end / RATE <= 50.55
    assert second.end == wave.length


def test_who_speaks_without_a_break_is_cut_nevertheless():
    wave = read_wave(make_wav(1, 1, speak(150)))
    assert all(40 <= piece.length_ms / 1000 <= 60 for piece in cut_all(wave)[:-1])


def test_where_it_goes_on_does_not_depend_on_what_was_before():
    wave = read_wave(make_wav(1, 1, speak(50) + hush(0.6) + speak(100)))
    again = read_wave(make_wav(1, 1, speak(50) + hush(0.6) + speak(100)))
    assert cut(again, 0, cut(wave, 0, 0).end) == cut_all(wave)[1]


@pytest.mark.parametrize(
    ("kind", "code", "value"),
    # ITU-T G.711, tables 1 and 2: the ends, the middle
    [(7, 0x80, 32124), (7, 0x00, -32124), (7, 0xFF, 0), (7, 0x7F, 0), (7, 0xF0, 120),
     (6, 0xAA, 32256), (6, 0x2A, -32256), (6, 0xD5, 8), (6, 0x55, -8), (6, 0x80, 5504)],
)  # fmt: skip
def test_g711_is_expanded(kind, code, value):
    piece = cut(read_wave(make_wav(kind, 1, bytes([code] * 80))), 0, 0)
    assert set(struct.unpack("<80h", piece.samples)) == {value}


@pytest.mark.parametrize("kind", [1, 6, 7])
def test_each_channel_is_its_own(kind):
    width = 2 if kind == 1 else 1
    left, right = bytes([0x10] * width), bytes([0x90] * width)
    stereo = read_wave(make_wav(kind, 2, (left + right) * 100))
    for channel, sample in enumerate((left, right)):
        mono = read_wave(make_wav(kind, 1, sample * 100))
        assert cut(stereo, channel, 0).samples == cut(mono, 0, 0).samples


def test_a_piece_is_a_file_that_can_be_cut_itself():
    piece = cut(read_wave(make_wav(7, 2, bytes(range(256)) * 10)), 1, 0)
    again = read_wave(piece.write_wav())
    assert (again.kind, again.channels, again.rate) == (1, 1, RATE)
    assert bytes(again.sound) == piece.samples


@pytest.mark.parametrize("kind", [6, 7])
def test_the_noise_of_a_line_without_words_is_silence(kind):
    quiet = {7: b"\xff\x7f\xfe\x7e", 6: b"\xd5\x55\xd4\x54"}[kind]
    assert cut(read_wave(make_wav(kind, 1, quiet * 2000)), 0, 0).is_silent


@given(st.binary(max_size=200))
@example(make_wav(1, 0, b""))
@example(make_wav(1, 3, bytes(60)))
@example(make_wav(49, 1, bytes(60)))
@example(make_wav(1, 1, bytes(60), rate=1))
@example(make_wav(1, 1, b"x"))
@example(make_wav(1, 1, b""))
def test_other_files_are_not_cut(data):
    wave = read_wave(data)
    assert wave is None or isinstance(wave, Wave)
    assert not wave or not cut_all(wave)


@given(st.data())
def test_a_damaged_file_breaks_nothing(data):
    whole = bytearray(make_wav(1, 2, speak(0.1), before=b"LIST\x03\x00\x00\x00abc\x00"))
    for place in data.draw(st.lists(st.integers(0, 60), max_size=4)):
        whole[place] = data.draw(st.integers(0, 255))
    wave = read_wave(bytes(whole[: data.draw(st.integers(0, len(whole)))]))
    if wave:
        for channel in range(wave.channels):
            assert sum(p.end - p.start for p in cut_all(wave, channel)) == wave.length
