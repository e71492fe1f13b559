"""The directories that desk phones read over HTTP. Plain Python."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable
from typing import NamedTuple

from lxml import etree

XML = "text/xml; charset=utf-8"
CISCO_ENTRIES = 32  # that such a phone shows of a page
# A spreadsheet must not take a name for a formula.
FORMULA = ("=", "+", "-", "@", "\t")


class Entry(NamedTuple):
    """Somebody in a phonebook.

    :param name: of the person, or of the company
    :param company: may be empty
    :param numbers: in E.164, or as they are stored if they are none
    """

    name: str
    company: str
    numbers: tuple[str, ...]

    @property
    def label(self) -> str:
        """Who it is, in one line."""
        shows_company = self.company and self.company not in self.name
        return f"{self.name} ({self.company})" if shows_company else self.name


class Page(NamedTuple):
    """A part of a phonebook.

    :param title: of the phonebook
    :param entries: on this page
    :param next_url: of the next page; empty if there is none
    """

    title: str
    entries: list[Entry]
    next_url: str = ""


class Format(NamedTuple):
    """How a kind of phones reads a phonebook.

    :param label: for people
    :param page_size: how many entries it takes at once
    :param content_type: of the answer
    :param write: returns the answer
    """

    label: str
    page_size: int
    content_type: str
    write: Callable[[Page], bytes]


def write_yealink(page: Page, root: str = "YealinkIPPhoneDirectory") -> bytes:
    """https://support.yealink.com: "Remote Phone Book" of the administrator's guides."""
    directory = etree.Element(root)
    for entry in page.entries:
        node = _add(directory, "DirectoryEntry")
        _add(node, "Name", entry.label)
        for number in entry.numbers:
            _add(node, "Telephone", number)
    return _to_bytes(directory)


def write_fanvil(page: Page) -> bytes:
    """As Yealink's, with another root."""
    return write_yealink(page, "FanvilIPPhoneDirectory")


def write_cisco(page: Page) -> bytes:
    """Cisco Unified IP Phone Services: `CiscoIPPhoneDirectory`, at most 32 entries a page. Contacts
    have their further numbers as far as there is room."""
    room = max(CISCO_ENTRIES - len(page.entries), 0)
    directory = etree.Element("CiscoIPPhoneDirectory")
    _add(directory, "Title", page.title)
    _add(directory, "Prompt", page.title)
    for entry in page.entries:
        numbers = entry.numbers[: 1 + room]
        room -= len(numbers) - 1
        for number in numbers:
            node = _add(directory, "DirectoryEntry")
            _add(node, "Name", entry.label)
            _add(node, "Telephone", number)
    keys = [("Dial", "SoftKey:Dial"), ("Exit", "SoftKey:Exit")]
    if page.next_url:
        keys.append(("Next", page.next_url))
    for position, (name, url) in enumerate(keys, start=1):
        node = _add(directory, "SoftKeyItem")
        _add(node, "Name", name)
        _add(node, "URL", url)
        _add(node, "Position", str(position))
    return _to_bytes(directory)


def write_snom(page: Page) -> bytes:
    """https://service.snom.com: "XML phonebook", `tbook` from firmware 10.1.178 on."""
    book = etree.Element("tbook", e="2", version="2.0")
    for entry in page.entries:
        node = _add(book, "contact")
        _add(node, "first_name", entry.label)
        numbers = _add(node, "numbers")
        for number in entry.numbers:
            etree.SubElement(numbers, "number", no=_clean(number))
    return _to_bytes(book)


def write_grandstream(page: Page) -> bytes:
    """https://documentation.grandstream.com: "XML phonebook guide"."""
    book = etree.Element("AddressBook")
    for index, entry in enumerate(page.entries, start=1):
        node = _add(book, "Contact")
        _add(node, "id", str(index))
        _add(node, "LastName", entry.name)
        _add(node, "FirstName", "")
        _add(node, "Company", entry.company)
        for number in entry.numbers:
            phone = _add(node, "Phone")
            _add(phone, "phonenumber", number)
            _add(phone, "accountindex", "0")
    return _to_bytes(book)


def write_json(page: Page) -> bytes:
    """Everything else that reads JSON."""
    content = {"title": page.title, "entries": [entry._asdict() for entry in page.entries]}
    if page.next_url:
        content["next"] = page.next_url
    return json.dumps(content, ensure_ascii=False).encode()


def write_csv(page: Page) -> bytes:
    """Everything else: a line per number."""
    file = io.StringIO()
    writer = csv.writer(file)
    writer.writerow(["name", "company", "number"])
    for entry in page.entries:
        for number in entry.numbers:
            writer.writerow([_quote(entry.name), _quote(entry.company), number])
    return file.getvalue().encode()


FORMATS = {
    "yealink": Format("Yealink", 1000, XML, write_yealink),
    "snom": Format("Snom", 1000, XML, write_snom),
    "grandstream": Format("Grandstream", 1000, XML, write_grandstream),
    "cisco": Format("Cisco", CISCO_ENTRIES, XML, write_cisco),
    "fanvil": Format("Fanvil", 1000, XML, write_fanvil),
    "json": Format("JSON", 1000, "application/json; charset=utf-8", write_json),
    "csv": Format("CSV", 1000, "text/csv; charset=utf-8", write_csv),
}


def to_line(text: str, length: int) -> str:
    """Return a text that fits into a SIP header: one line without control characters.

    A line break within it would make Asterisk send a malformed INVITE.

    :param length: the most characters it may have
    """
    return " ".join("".join(c if c.isprintable() else " " for c in text).split())[:length].rstrip()


def _add(parent: etree._Element, name: str, text: str = "") -> etree._Element:
    node = etree.SubElement(parent, name)
    node.text = _clean(text)
    return node


def _clean(text: str) -> str:
    """Return a text without what XML cannot contain."""
    return to_line(text, 200)


def _quote(text: str) -> str:
    text = _clean(text)
    return f"'{text}" if text.startswith(FORMULA) else text


def _to_bytes(root: etree._Element) -> bytes:
    return etree.tostring(root, xml_declaration=True, encoding="UTF-8")
