"""Cuts a recording into pieces that a server can hear one by one: one channel each, at a moment
of silence, and never longer than a bound.

Plain Python without a decoder: WAV with PCM of 16 bits or G.711 is cut, everything else is sent as
it is. Where a piece ends depends on nothing but the file and where it begins, so that work that
was interrupted goes on there.
"""

from __future__ import annotations

import struct
import sys
from array import array
from dataclasses import dataclass

PIECE_SECONDS = 60
SEARCHED_SECONDS = 20  # at the end of a piece, for a moment to cut at
WINDOW_SECONDS = 0.02  # of which the loudness is measured
PAUSE_WINDOWS = 10  # that a moment of silence has: two tenths of a second
STEP = 4  # every fourth sample is enough to measure
SILENCE = 100  # mean of what is quieter than any speech on the telephone, of 32768

_PCM, _ALAW, _ULAW, _EXTENSIBLE = 1, 6, 7, 0xFFFE
_RATES = range(4000, 96001)


@dataclass(frozen=True)
class Wave:
    """The sound of a WAV file.

    :param kind: its format tag
    :param channels: 1 or 2
    :param rate: moments per second; each has a sample of each channel
    :param sound: the samples
    """

    kind: int
    channels: int
    rate: int
    sound: memoryview

    @property
    def width(self) -> int:
        """Bytes of a sample."""
        return 2 if self.kind == _PCM else 1

    @property
    def length(self) -> int:
        """How many moments there are."""
        return len(self.sound) // (self.width * self.channels)


@dataclass(frozen=True)
class Piece:
    """A piece of one channel.

    :param channel: from 0
    :param start: the moment at which it begins, from the beginning of the recording
    :param end: the moment after it
    :param rate: moments per second
    :param samples: PCM of 16 bits
    """

    channel: int
    start: int
    end: int
    rate: int
    samples: bytes

    @property
    def start_ms(self) -> int:
        return self.start * 1000 // self.rate

    @property
    def length_ms(self) -> int:
        return self.end * 1000 // self.rate - self.start_ms

    @property
    def is_silent(self) -> bool:
        """Whether nobody speaks: servers hear words in silence that nobody has said."""
        return not self.samples or max(_measure(self.samples, self.rate)) < SILENCE

    def write_wav(self) -> bytes:
        """Return the piece as a file."""
        head = struct.pack("<HHIIHH", _PCM, 1, self.rate, 2 * self.rate, 2, 16)
        body = b"WAVEfmt " + struct.pack("<I", len(head)) + head
        body += b"data" + struct.pack("<I", len(self.samples)) + self.samples
        return b"RIFF" + struct.pack("<I", len(body)) + body


def read_wave(data: bytes) -> Wave | None:
    """Return the sound of a file that can be cut.

    :return: ``None`` if it is another kind of file
    """
    if data[:4] != b"RIFF" or data[8:12] != b"WAVE":
        return None
    place, facts = 12, None
    while place + 8 <= len(data):
        name, length = (
            data[place : place + 4],
            int.from_bytes(data[place + 4 : place + 8], "little"),
        )
        body = place + 8
        if name == b"fmt " and length >= 16 and body + 16 <= len(data):
            facts = _read_format(data[body : body + length])
        if name == b"data":
            return _make_wave(facts, memoryview(data)[body : body + length])
        place = body + length + length % 2
    return None


def cut(wave: Wave, channel: int, start: int) -> Piece | None:
    """Return the piece of a channel that begins at a moment.

    :return: ``None`` at the end
    """
    most = PIECE_SECONDS * wave.rate
    samples = _get_samples(wave, channel, start, start + most)
    if not samples:
        return None
    if start + most < wave.length:
        samples = samples[: 2 * _find_pause(samples, wave.rate)]
    return Piece(channel, start, start + len(samples) // 2, wave.rate, samples)


def _read_format(head: bytes) -> tuple[int, int, int, int]:
    kind, channels, rate = struct.unpack("<HHI", head[:8])
    if kind == _EXTENSIBLE and len(head) >= 26:
        kind = int.from_bytes(head[24:26], "little")
    return kind, channels, rate, int.from_bytes(head[14:16], "little")


def _make_wave(facts, sound: memoryview) -> Wave | None:
    if facts is None:
        return None
    kind, channels, rate, bits = facts
    is_known = bits == {_PCM: 16, _ALAW: 8, _ULAW: 8}.get(kind)
    if not is_known or channels not in (1, 2) or rate not in _RATES:
        return None
    return Wave(kind, channels, rate, sound)


def _get_samples(wave: Wave, channel: int, start: int, end: int) -> bytes:
    """Return some of a channel as PCM of 16 bits."""
    size, width = wave.width * wave.channels, wave.width
    end = min(end, wave.length)
    part = wave.sound[start * size : end * size].tobytes()
    if width == 1:
        low, high = _TABLES[wave.kind]
        heard = part[channel :: wave.channels]
        return _weave(heard.translate(low), heard.translate(high))
    return _weave(part[2 * channel :: size], part[2 * channel + 1 :: size])


def _weave(low: bytes, high: bytes) -> bytes:
    woven = bytearray(2 * len(low))
    woven[::2], woven[1::2] = low, high
    return bytes(woven)


def _measure(samples: bytes, rate: int) -> list[float]:
    """Return how loud each window is."""
    heard = array("h", samples)
    if sys.byteorder == "big":
        heard.byteswap()
    size = int(rate * WINDOW_SECONDS)
    starts = range(0, max(1, len(heard) - size + 1), size)
    windows = (heard[start : start + size : STEP] for start in starts)
    return [sum(map(abs, window)) / len(window) for window in windows]


def _find_pause(samples: bytes, rate: int) -> int:
    """Return the quietest moment near the end; of several, the last one."""
    size = int(rate * WINDOW_SECONDS)
    first = len(samples) // 2 - SEARCHED_SECONDS * rate
    levels = _measure(samples[2 * first :], rate)
    total = sum(levels[:PAUSE_WINDOWS])
    best, quietest = 0, total
    for place in range(1, len(levels) - PAUSE_WINDOWS + 1):
        total += levels[place + PAUSE_WINDOWS - 1] - levels[place - 1]
        if total <= quietest + 1e-6:
            best, quietest = place, total
    return first + (best + PAUSE_WINDOWS // 2) * size


def _expand_ulaw(code: int) -> int:
    """Return a sample of µ-law: ITU-T G.711."""
    code = ~code & 0xFF
    value = (((code & 0x0F) << 3) + 0x84) << (code >> 4 & 7)
    return 0x84 - value if code & 0x80 else value - 0x84


def _expand_alaw(code: int) -> int:
    """Return a sample of A-law: ITU-T G.711."""
    code ^= 0x55
    exponent, value = code >> 4 & 7, (code & 0x0F) << 4
    value = value + 8 if exponent == 0 else (value + 0x108) << (exponent - 1)
    return value if code & 0x80 else -value


def _make_tables(expand) -> tuple[bytes, bytes]:
    """Return the lower and the upper byte for each code."""
    values = [expand(code) & 0xFFFF for code in range(256)]
    return bytes(value & 0xFF for value in values), bytes(value >> 8 for value in values)


_TABLES = {_ULAW: _make_tables(_expand_ulaw), _ALAW: _make_tables(_expand_alaw)}
