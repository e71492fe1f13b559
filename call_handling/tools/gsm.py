"""Decodes GSM 06.10, which no browser plays, if the library for it is installed.

The library is ``soundfile`` with libsndfile (https://python-soundfile.readthedocs.io/). It is no
requirement of the app: without it, such recordings are downloaded instead of played.
"""

from __future__ import annotations

import io

try:
    import soundfile
except (ImportError, OSError):  # OSError: libsndfile itself is missing
    soundfile = None

RATE = 8000  # samples per second of GSM 06.10, ETSI EN 300 961
FRAMES = 64 * 1024  # samples that are decoded at once
SAMPLE = 2  # bytes


class NotDecoded(ValueError):
    """It is not what it claims to be."""


def can_decode() -> bool:
    """Return whether the library is installed."""
    return soundfile is not None


def decode(data: bytes, sound_format: str) -> bytes:
    """Return GSM as a WAV file with G.711 µ-law, which browsers play.

    :param data: the file
    :param sound_format: ``wav``, or ``gsm`` for frames without a beginning
    :raise NotDecoded: the library cannot read it
    """
    about = {"format": "RAW", "subtype": "GSM610", "samplerate": RATE, "channels": 1}
    target = io.BytesIO()
    buffer = bytearray(FRAMES * SAMPLE)
    try:
        with (
            soundfile.SoundFile(
                io.BytesIO(data), **(about if sound_format == "gsm" else {})
            ) as source,
            soundfile.SoundFile(
                target, "w", source.samplerate, 1, format="WAV", subtype="ULAW"
            ) as wave,
        ):
            if source.subtype != "GSM610" or source.channels != 1:
                raise NotDecoded("it is not GSM")
            if not len(source):
                raise NotDecoded("it is empty")
            while count := source.buffer_read_into(buffer, dtype="int16"):
                wave.buffer_write(bytes(buffer[: count * SAMPLE]), dtype="int16")
    except soundfile.SoundFileError as error:
        raise NotDecoded("libsndfile cannot read it") from error
    return target.getvalue()
