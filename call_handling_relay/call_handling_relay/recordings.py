"""Recordings of calls, and messages in mailboxes: how they become known, and where their files are.

Asterisk sets a variable of the channel when MixMonitor begins, and its manager interface reports
that. The file is complete when all channels of the call are gone: FreePBX appends to it after a
transfer. A message in a mailbox has a text file beside it, which names the channel of the caller.
With its option D, MixMonitor writes two channels: what comes from the recorded channel, and what
goes to it, as plain samples (``.raw``). Those are sent as WAV.

* https://docs.asterisk.org/Latest_API/API_Documentation/Dialplan_Applications/MixMonitor/
* https://docs.asterisk.org/Configuration/Applications/Voicemail/
"""

from __future__ import annotations

import hashlib
import os
import re
import stat
import struct
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from .events import is_mailbox

VARIABLE = "MIXMONITOR_FILENAME"
FILE, MAILBOX = "file", "mailbox"
# What the dial plan calls recordings that somebody has asked for: FreePBX's "ondemand", and the
# feature codes of Asterisk itself.
REQUESTED = ("ondemand-", "auto-")
# Formats in which Asterisk stores messages, those that browsers play first.
SUFFIXES = (".wav", ".mp3", ".ogg", ".WAV", ".gsm")
STEREO = ".raw"  # what MixMonitor requires for its option D
RATE, SAMPLE = 8000, 2  # samples per second and channel, and bytes of each
CLOCKS_DIFFER = 5  # seconds between the event and what the text file of a message says

_NAME = re.compile(r"[\w.+-]{1,80}", re.ASCII)


class NoFile(Exception):
    """A recording has no file that may be sent. The text explains it to the administrator."""


@dataclass(frozen=True)
class Recording:
    """A recording, or a call in which somebody may leave a message in a mailbox.

    :param kind: :data:`FILE` or :data:`MAILBOX`
    :param place: path of the file as Asterisk names it, or the mailboxes as VoiceMail does
    :param uniqueid: id of the channel
    :param linkedid: id of the call
    :param channel: name of the channel
    :param seen: when it began, in Unix seconds; 0 if that is not known
    """

    kind: str
    place: str
    uniqueid: str
    linkedid: str
    channel: str
    seen: float

    @property
    def is_requested(self) -> bool:
        """Whether somebody wanted this one: in the call, or by leaving a message."""
        return self.kind == MAILBOX or Path(self.place).name.startswith(REQUESTED)

    @property
    def is_stereo(self) -> bool:
        """Whether it has two channels, of which the first is what comes from the channel."""
        return self.kind == FILE and Path(self.place).suffix == STEREO

    @property
    def id(self) -> str:
        """What it is called in Odoo. It contains no number, as the name of its file does."""
        digest = hashlib.sha256(self.place.encode("utf-8", "replace")).hexdigest()[:12]
        return f"{self.uniqueid}-{self.kind}-{digest}"


def read_recording(message: Mapping, moment: float) -> Recording | None:
    """Return what a message of Asterisk says about a recording, if it does.

    :param message: values by header
    :param moment: when that began, in Unix seconds; 0 if that is not known
    """
    if message.get("Variable") == VARIABLE and message.get("Value"):
        kind, place = FILE, message["Value"]
    elif message.get("Event") == "Newexten" and is_mailbox(message):
        kind, place = MAILBOX, message.get("AppData")
    else:
        return None
    ids = [message.get(name) for name in ("Uniqueid", "Linkedid", "Channel")]
    if not all(isinstance(value, str) and value for value in (place, *ids)):
        return None
    return Recording(kind, place, *ids, moment)


def find_file(root: Path, place: str, named: Path | None = None) -> Path:
    """Return the file of a recording.

    :param root: the only folder below which files are sent
    :param place: its path, as Asterisk names it: whole, or below the folder
    :param named: how Asterisk names the folder; ``None``: the same
    :raise FileNotFoundError: there is none yet
    :raise NoFile: it is elsewhere, or there is a link in its path
    """
    if named and Path(place).is_relative_to(named):
        place = str(Path(place).relative_to(named))
    path = Path(os.path.normpath(root / place))
    if not path.is_relative_to(root):
        raise NoFile("it is not below the folder of [recordings]")
    if path.suffix == ".wav49":  # Asterisk writes that with another ending
        path = path.with_suffix(".WAV")
    if path.resolve(strict=True) != root.resolve() / path.relative_to(root):
        raise NoFile("there is a link in its path")
    return path


def find_message(root: Path, recording: Recording) -> Path:
    """Return the file of the message that a caller has left.

    :param root: folder of the mailboxes: ``<context>/<mailbox>/<folder>/msg0000.txt``
    :param recording: of the kind :data:`MAILBOX`
    :raise FileNotFoundError: there is none
    :raise NoFile: there is a link in its path
    """
    for box in _find_boxes(root, recording.place):
        for about in sorted(box.glob("*/msg*.txt")):
            values = _read_values(find_file(root, str(about)))
            if _is_of(values, recording):
                for suffix in SUFFIXES:
                    if about.with_suffix(suffix).exists():
                        return find_file(root, str(about.with_suffix(suffix)))
    raise FileNotFoundError(recording.place)


class Sound:
    """The content of a file of sound as it is sent: plain samples get the head of a WAV file.

    :param file: the open file
    :param is_stereo: it has the samples of two channels, and nothing else
    """

    def __init__(self, file: BinaryIO, is_stereo: bool) -> None:
        self._file = file
        length = os.fstat(file.fileno()).st_size
        self._head = _make_wav_head(length) if is_stereo else b""
        self.size = len(self._head) + length

    def read(self, offset: int, count: int) -> bytes:
        """Return some bytes, fewer at the end.

        :param offset: of the first one
        :param count: how many at most
        """
        head = self._head[offset : offset + count]
        self._file.seek(max(0, offset - len(self._head)))
        return head + self._file.read(count - len(head))


def _make_wav_head(length: int) -> bytes:
    """Return what precedes samples of two channels in a WAV file.

    :param length: of the samples, in bytes
    """
    length = min(length, 0xFFFFFFFF - 36)  # what the format can say; Odoo accepts less anyway
    frame = 2 * SAMPLE
    about = struct.pack("<HHIIHH", 1, 2, RATE, RATE * frame, frame, 8 * SAMPLE)
    return (
        struct.pack("<4sI8sI", b"RIFF", 36 + length, b"WAVEfmt ", len(about))
        + about
        + (struct.pack("<4sI", b"data", length))
    )


def open_file(path: Path) -> BinaryIO:
    """Open a file that was found.

    :raise OSError: it cannot be read
    :raise NoFile: it is no ordinary file
    """
    descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):
        os.close(descriptor)
        raise NoFile("it is no ordinary file")
    return os.fdopen(descriptor, "rb")


def _find_boxes(root: Path, place: str) -> Iterator[Path]:
    """Return the folders of mailboxes, as in ``101@default&102,u``."""
    for name in place.split(",", 1)[0].split("&"):
        box, _at, context = name.partition("@")
        if _NAME.fullmatch(box) and _NAME.fullmatch(context or "default"):
            yield root / (context or "default") / box


def _read_values(path: Path) -> dict[str, str]:
    with open_file(path) as file:
        text = file.read(16 * 1024).decode("utf-8", "replace")
    pairs = (line.partition("=") for line in text.splitlines())
    return {name.strip(): value.strip() for name, equals, value in pairs if equals}


def _is_of(values: Mapping[str, str], recording: Recording) -> bool:
    """Return whether a message was left by the caller of a recording, in that call: names of
    channels are used again when Asterisk is restarted."""
    began = values.get("origtime", "")
    return (
        values.get("callerchan") == recording.channel
        and began.isascii()
        and began.isdigit()
        and int(began) >= recording.seen - CLOCKS_DIFFER
    )
