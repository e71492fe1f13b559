"""Sounds for the phones: people who speak, in G.711 µ-law at 8000 Hz as the phones send it."""

import array
import wave

RATE = 8000  # samples per second
_BIAS, _LOUDEST = 0x84, 32635


def speak(source, target, start=0, seconds=None):
    """Write what a phone sends while somebody speaks.

    :param pathlib.Path source: a WAV file with one channel of 16 bits
    :param pathlib.Path target: gets the sound, without a header
    :param float start: where to begin, in seconds
    :param float seconds: how long; ``None``: to the end
    :return: the target
    """
    with wave.open(str(source)) as file:
        step = file.getframerate() // RATE
        file.setpos(round(start * file.getframerate()))
        count = file.getnframes() if seconds is None else round(seconds * file.getframerate())
        samples = array.array("h", file.readframes(count))
    means = (sum(samples[at : at + step]) // step for at in range(0, len(samples), step))
    target.write_bytes(bytes(map(_encode, means)))
    return target


def _encode(sample):
    """Return a sample in µ-law: https://www.itu.int/rec/T-REC-G.711"""
    size = min(abs(sample), _LOUDEST) + _BIAS
    exponent = size.bit_length() - 8
    mantissa = size >> exponent + 3 & 0xF
    return ~((sample < 0) << 7 | exponent << 4 | mantissa) & 0xFF
