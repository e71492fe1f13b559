"""Searches what a server has left behind: the dump of its database, its files and its log.

What is searched for is marked: each person, text and number of a test has an index in it, that is
found in whatever way it is written or encoded.
"""

import base64
import binascii
import gzip
import html
import io
import re
import subprocess
import zipfile
import zlib
from pathlib import Path
from typing import NamedTuple
from urllib.parse import unquote_plus

DIGITS = "abcdefghij"
_WORD = re.compile(r"(?:quax|wumbr)([a-j]{3})", re.IGNORECASE)
# 020 7946 0xxx, with or without what comes before the local number
_NUMBER = re.compile(r"2079460(\d{3})|(?<!\d)79460(\d{3})(?!\d)")
_BETWEEN_DIGITS = re.compile(r"(?<=\d)[\s().\-/\u00a0\u2010-\u2015\u202f]{1,3}(?=\d)")
_ESCAPED = re.compile(r"\\u([\da-f]{4})|\\x([\da-f]{2})", re.IGNORECASE)
_BASE64 = re.compile(r"[A-Za-z0-9+/_-]{10,}")
_HEX = re.compile(r"[\da-fA-F]{14,}")
_QUOTED_PRINTABLE = re.compile(r"=([\dA-F]{2})")
_WRAPPED = re.compile(r"=?\r?\n")  # lines of an e-mail, which may be broken anywhere
_COPY = re.compile(r"COPY public\.(\S+) \((.*)\) FROM stdin;")
_DEEPEST = 4


def get_letters(index):
    """Return an index as it stands in words."""
    return "".join(DIGITS[int(digit)] for digit in f"{index:03}")


def get_number(index):
    """Return the number with an index, in E.164."""
    return f"+442079460{index:03}"


def find_marks(content):
    """Return the indexes of all that a text or a file contains, also if it is encoded.

    :param content: text or bytes
    :rtype: set[int]
    """
    return {index for text in _read(content, _DEEPEST) for index in _find_in_text(text)}


def _find_in_text(text):
    for letters in _WORD.findall(text):
        yield int("".join(str(DIGITS.index(letter)) for letter in letters.lower()))
    if "7946" in (joined := _BETWEEN_DIGITS.sub("", text)):
        for groups in _NUMBER.findall(joined):
            yield int("".join(groups))


def _read(content, depth):
    """Yield a text or a file, and what is encoded in it."""
    if isinstance(content, bytes):
        for part in _unpack(content):
            text = part.replace(b"\0", b"").decode("utf-8", "replace")
            is_text = text.count("\ufffd") * 4 < len(text)
            yield from _read(text, depth if is_text else 0)
        return
    yield content
    if not depth:
        return
    unwrapped = _WRAPPED.sub("", content)
    for text in {content, unwrapped, _unescape(content), _unescape(unwrapped)}:
        yield text
        for token in _BASE64.findall(text):
            for aligned in _align(token.translate({45: "+", 95: "/"}), 4):
                aligned = aligned[: len(aligned) - (len(aligned) % 4 == 1)]
                yield from _read(base64.b64decode(aligned + "=" * (-len(aligned) % 4)), depth - 1)
        for token in _HEX.findall(text):
            for aligned in _align(token, 2):
                yield from _read(binascii.unhexlify(aligned[: len(aligned) // 2 * 2]), depth - 1)


def _align(token, size):
    """Return a token, which encodes something in groups of characters, from each of the first
    ones on: what comes before it may look as if it belonged to it."""
    return [token[start:] for start in range(size)]


def _unescape(text):
    """Return a text without the escapes of JSON, SQL, HTML and addresses, however often."""
    while True:
        plain = text.replace("\\\\", "\\").replace("\\t", " ").replace("\\n", " ")
        plain = _ESCAPED.sub(lambda match: chr(int(match[1] or match[2], 16)), plain)
        plain = _QUOTED_PRINTABLE.sub(lambda match: chr(int(match[1], 16)), plain)
        plain = html.unescape(unquote_plus(plain))
        if plain == text:
            return plain
        text = plain


def _unpack(data):
    """Return the files in an archive, such as an office document; of any other file, itself."""
    try:
        if data[:2] == b"\x1f\x8b":
            return [gzip.decompress(data)]
        if data[:2] in (b"\x78\x01", b"\x78\x9c", b"\x78\xda"):
            return [zlib.decompress(data)]
        if data[:4] == b"PK\x03\x04":
            with zipfile.ZipFile(io.BytesIO(data)) as archive:
                return [archive.read(name) for name in archive.namelist()]
    except (OSError, zlib.error, zipfile.BadZipFile, EOFError):
        pass  # it only looks like one
    return [data]


class Place(NamedTuple):
    """Where something was found: table and column, or ``file`` or ``log``."""

    index: int
    where: str
    text: str


class Dump:
    """A plain dump of a database.

    :param str program: path of ``pg_dump``
    :param str database: name of the database
    """

    def __init__(self, program, database):
        done = subprocess.run(
            [program, "--no-owner", "--no-privileges", database], stdout=subprocess.PIPE, check=True
        )
        self.rows = {}  # lines by table and first column
        self.columns = {}
        table = None
        for line in done.stdout.decode().splitlines():
            if table is None:
                if match := _COPY.match(line):
                    table = match[1]
                    self.columns[table] = match[2].split(", ")
            elif line == "\\.":
                table = None
            else:
                self.rows.setdefault((table, line.partition("\t")[0]), []).append(line)

    def find_since(self, before):
        """Return what has come into the database since another dump was made.

        :param Dump before: the other dump
        :return: with ``table.column``
        :rtype: list[Place]
        """
        return [
            Place(index, f"{key[0]}.{column}", "\n".join(lines))
            for key, lines in self.rows.items()
            if lines != (known := before.rows.get(key))
            for index, column in self._find(key, lines) - before._find(key, known or ())
        ]

    def _find(self, key, lines):
        columns = self.columns.get(key[0], ())
        return {
            (index, column)
            for line in lines
            for column, text in zip(columns, line.split("\t"), strict=True)
            for index in find_marks(text)
        }


def find_in_files(folder, known):
    """Return what is in files below a folder.

    :param pathlib.Path folder: the folder
    :param set known: paths of files that are not searched
    :rtype: list[Place]
    """
    return [
        Place(index, "file", path.name)
        for path in list_files(folder) - known
        for index in find_marks(path.read_bytes())
    ]


def list_files(folder):
    """Return the paths of all files below a folder."""
    return {path for path in Path(folder).rglob("*") if path.is_file()}


def find_in_log(text):
    """Return what is in a log.

    :rtype: list[Place]
    """
    return [Place(index, "log", line) for line in text.splitlines() for index in find_marks(line)]
