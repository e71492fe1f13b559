"""Reads from the first bytes of a file of sound what it is, and whether browsers play it.

Plain Python without a decoder: nothing of what a file claims is trusted with more than a few
comparisons.
"""

from __future__ import annotations

from dataclasses import dataclass

HEAD = 64 * 1024  # bytes that are looked at
ENOUGH = 128  # bytes from which it is known whether it is sound at all
DAY = 86400

# Format tags of RIFF: https://www.rfc-editor.org/rfc/rfc2361. Browsers play the first three.
_WAV_CODECS = {1: "PCM", 6: "G.711 A-law", 7: "G.711 µ-law"}
_FLOAT, _EXTENSIBLE = 3, 0xFFFE
_OTHER_WAV_CODECS = {2: "ADPCM", 17: "IMA ADPCM", 49: "GSM", 85: "MP3"}

_GSM_FRAME, _GSM_SECONDS, _GSM_MARK = 33, 0.02, 0xD  # the first half of the first byte

# Kilobits per second by index, of MPEG 1 and of MPEG 2 and 2.5, layer III.
_MP3_RATES = (
    (0, 32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320),
    (0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160),
)


@dataclass(frozen=True)
class Sound:
    """What a file of sound is.

    :param format: ``wav``, ``mp3``, ``ogg``, ``gsm`` or ``flac``
    :param codec: how the sound is stored, as people call it
    :param channels: how many; 0 if it is not known
    :param seconds: how long; 0 if it is not known
    :param is_playable: browsers play it
    """

    format: str
    codec: str
    channels: int = 0
    seconds: int = 0
    is_playable: bool = True

    @property
    def mimetype(self) -> str:
        return MIMETYPES[self.format]


MIMETYPES = {
    "wav": "audio/x-wav",
    "mp3": "audio/mpeg",
    "ogg": "audio/ogg",
    "gsm": "audio/gsm",
    "flac": "audio/flac",
}


def read_sound(head: bytes, size: int) -> Sound | None:
    """Return what a file is by its first bytes.

    :param head: the first bytes; all that there are up to :data:`HEAD`
    :param size: of the whole file, in bytes
    :return: ``None`` if it is no sound of a kind that is accepted
    """
    for read in (_read_wav, _read_ogg, _read_flac, _read_mp3, _read_gsm):
        if sound := read(head, size):
            return sound
    return None


def _round(seconds: float) -> int:
    return min(max(0, round(seconds)), DAY)


def _read_wav(head: bytes, size: int) -> Sound | None:
    if head[:4] != b"RIFF" or head[8:12] != b"WAVE":
        return None
    place, kind, rate, channels = 12, None, 0, 0
    while place + 8 <= len(head):
        name, length = head[place : place + 4], _little(head, place + 4, 4)
        body = place + 8
        if name == b"fmt " and body + 16 <= len(head):
            kind, channels = _little(head, body, 2), _little(head, body + 2, 2)
            rate = _little(head, body + 8, 4)
            if kind == _EXTENSIBLE and length >= 40:
                kind = _little(head, body + 24, 2)
        if name == b"data":
            return _describe_wav(kind, channels, rate, min(length, max(0, size - body)))
        place = body + length + length % 2
    return None


def _describe_wav(kind, channels: int, rate: int, length: int) -> Sound | None:
    if kind is None:
        return None  # the sound comes before it is said what it is
    codec = _WAV_CODECS.get(kind) or _OTHER_WAV_CODECS.get(kind) or f"WAV {kind}"
    is_playable = kind in _WAV_CODECS or kind == _FLOAT
    codec = "PCM" if kind == _FLOAT else codec
    return Sound("wav", codec, channels, _round(length / rate) if rate else 0, is_playable)


def _read_ogg(head: bytes, _size: int) -> Sound | None:
    if head[:4] != b"OggS" or len(head) < 28:
        return None
    body = 27 + head[26]
    if head[body : body + 8] == b"OpusHead":
        return Sound("ogg", "Opus", head[body + 9] if body + 9 < len(head) else 0)
    if head[body : body + 7] == b"\x01vorbis":
        return Sound("ogg", "Vorbis", head[body + 11] if body + 11 < len(head) else 0)
    return None


def _read_flac(head: bytes, _size: int) -> Sound | None:
    if head[:4] != b"fLaC" or len(head) < 26:
        return None
    bits = int.from_bytes(head[18:26], "big")
    rate, samples = bits >> 44, bits & (1 << 36) - 1
    channels = (bits >> 41 & 7) + 1
    return Sound("flac", "FLAC", channels, _round(samples / rate) if rate else 0)


def _read_mp3(head: bytes, size: int) -> Sound | None:
    start = 0
    if head[:3] == b"ID3" and len(head) >= 10:
        length = 0
        for byte in head[6:10]:
            length = length << 7 | byte & 0x7F
        start = 10 + length
        if start + 4 > len(head):
            return Sound("mp3", "MP3")  # a long title comes before the sound
    frame = head[start : start + 4]
    if len(frame) < 4 or frame[0] != 0xFF or frame[1] & 0xE6 != 0xE2:
        return None
    is_second = not frame[1] & 0x08
    rate_index = frame[2] >> 4
    if rate_index in (0, 15) or frame[2] >> 2 & 3 == 3:
        return None
    bytes_per_second = _MP3_RATES[is_second][rate_index] * 125
    channels = 1 if frame[3] >> 6 == 3 else 2
    return Sound("mp3", "MP3", channels, _round((size - start) / bytes_per_second))


def _read_gsm(head: bytes, size: int) -> Sound | None:
    """GSM has no beginning of its own, but each of its frames begins in the same way."""
    if size < 2 * _GSM_FRAME or size % _GSM_FRAME:
        return None
    if any(byte >> 4 != _GSM_MARK for byte in head[::_GSM_FRAME]):
        return None
    return Sound("gsm", "GSM", 1, _round(size / _GSM_FRAME * _GSM_SECONDS), is_playable=False)


def _little(data: bytes, start: int, length: int) -> int:
    return int.from_bytes(data[start : start + length], "little")
