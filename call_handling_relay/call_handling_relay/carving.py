"""Reads rows out of a damaged SQLite file, page by page, without its header and its indexes.

SQLite itself reads nothing behind a damaged header, and skips rows silently behind a damaged page.
The format is described on https://sqlite.org/fileformat.html; section numbers refer to it.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from pathlib import Path

PAGE_SIZE = 4096  # what SQLite uses unless told otherwise, and so does the relay
MAGIC = b"SQLite format 3\0"
FILE_HEADER = 100  # bytes at the beginning of the first page (1.3)
LEAF_OF_TABLE = 0x0D  # (1.6)
WAL_HEADER, FRAME_HEADER = 32, 24  # bytes (4.1)
_INTEGERS = {1: 1, 2: 2, 3: 3, 4: 4, 5: 6, 6: 8}  # bytes by serial type (2.1)

Row = tuple[int, tuple]


def read_rows(file: Path, wal: Path) -> Iterator[Row]:
    """Yield all rows of all tables that can be read, the latest version of a row last.

    Rows that were deleted can be among them, as long as SQLite has not used their page again.

    :param file: the database
    :param wal: its write-ahead log; need not exist
    :return: for each row, its row id and its values: int, float, str, bytes or ``None``
    """
    content = file.read_bytes()
    pages = {
        number + 1: content[start : start + PAGE_SIZE]
        for number, start in enumerate(range(0, len(content), PAGE_SIZE))
    }
    yield from _read_pages(pages.values(), pages)
    if wal.exists():
        frames = _frames(wal.read_bytes())
        yield from _read_pages((page for _number, page in frames), pages | dict(frames))


def _frames(wal: bytes) -> list[tuple[int, bytes]]:
    """Return the number and content of each page in a write-ahead log."""
    size = FRAME_HEADER + PAGE_SIZE
    starts = range(WAL_HEADER, len(wal) - size + 1, size)
    return [
        (int.from_bytes(wal[start : start + 4], "big"), wal[start + FRAME_HEADER : start + size])
        for start in starts
    ]


def _read_pages(leaves, pages: dict[int, bytes]) -> Iterator[Row]:
    for page in leaves:
        first = FILE_HEADER if page.startswith(MAGIC) else 0
        if len(page) != PAGE_SIZE or page[first] != LEAF_OF_TABLE:
            continue
        count = int.from_bytes(page[first + 3 : first + 5], "big")
        for position in range(first + 8, min(first + 8 + 2 * count, PAGE_SIZE - 1), 2):
            start = int.from_bytes(page[position : position + 2], "big")
            try:
                yield _read_cell(page, start, pages)
            except (IndexError, KeyError, ValueError, struct.error):
                continue  # damaged


def _read_cell(page: bytes, start: int, pages: dict[int, bytes]) -> Row:
    """Return the row of a cell of a leaf (1.6).

    :raise IndexError: it is damaged; so are those of the other kinds
    """
    size, start = _varint(page, start)
    row_id, start = _varint(page, start)
    local = _local_size(size)
    payload = page[start : start + local]
    if local < size:
        number = int.from_bytes(page[start + local : start + local + 4], "big")
        payload += _overflow(number, size - local, pages)
    if len(payload) != size:
        raise ValueError("incomplete")
    return row_id, _read_record(payload)


def _local_size(size: int) -> int:
    """Return how many bytes of a row are on the leaf itself (1.6)."""
    most, least = PAGE_SIZE - 35, (PAGE_SIZE - 12) * 32 // 255 - 23
    if size <= most:
        return size
    local = least + (size - least) % (PAGE_SIZE - 4)
    return local if local <= most else least


def _overflow(number: int, size: int, pages: dict[int, bytes]) -> bytes:
    """Return what of a row is on further pages (1.6)."""
    found, seen = b"", set()
    while len(found) < size:
        if number in seen:
            raise ValueError("a circle of pages")
        seen.add(number)
        page = pages[number]
        found += page[4 : 4 + size - len(found)]
        number = int.from_bytes(page[:4], "big")
    return found


def _read_record(payload: bytes) -> tuple:
    """Return the values of a row (2.1)."""
    end, position = _varint(payload, 0)
    types, values, start = [], [], end
    while position < end:
        serial, position = _varint(payload, position)
        types.append(serial)
    for serial in types:
        value, start = _read_value(payload, start, serial)
        values.append(value)
    if start != len(payload):
        raise ValueError("lengths do not fit")
    return tuple(values)


def _read_value(payload: bytes, start: int, serial: int) -> tuple[object, int]:
    """Return a value, and where the next one begins."""
    if serial in (0, 8, 9):
        return {0: None, 8: 0, 9: 1}[serial], start
    if size := _INTEGERS.get(serial):
        return int.from_bytes(payload[start : start + size], "big", signed=True), start + size
    if serial == 7:
        return struct.unpack(">d", payload[start : start + 8])[0], start + 8
    if serial < 12:
        raise ValueError("no such type")
    size = (serial - 12) // 2
    content = payload[start : start + size]
    return (content.decode() if serial % 2 else content), start + size


def _varint(content: bytes, start: int) -> tuple[int, int]:
    """Return an integer of variable length (1.6), and where the next value begins."""
    value = 0
    for position in range(start, start + 8):
        byte = content[position]
        value = value << 7 | byte & 0x7F
        if byte < 0x80:
            return value, position + 1
    return value << 8 | content[start + 8], start + 9
