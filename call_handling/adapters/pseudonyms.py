"""Replaces numbers, names and ids by others: the same one always by the same one.

Numbers become numbers that are reserved for fiction, written in the same way: with a plus sign,
with the leading 0, without either. Short numbers become others of the same length. Words and ids
become ``w1``, ``w2`` …; what stands between them remains, so that what is part of a longer text,
as an extension is of the name of a channel, is found again there.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import replace

from .event import ANONYMOUS, LONGEST_EXTENSION
from .numbering import NO_READINGS, Numbering, make_plain, read
from .reading import is_nothing, is_withheld

SHORTEST_SHORT = 3  # digits of the shortest number that is replaced

# Numbers for fiction by country: country code, number before what is counted, digits of that
# https://www.ofcom.org.uk/phones-and-broadband/phone-numbers/numbers-for-drama,
# https://www.bundesnetzagentur.de (numbers for media), https://nationalnanpa.com (555 line numbers)
FICTION = {"US": ("1", "20255501", 2), "GB": ("44", "2079460", 3), "DE": ("49", "3023125", 3)}
AREAS = {"US": "202", "GB": "20", "DE": "30"}
NORTH_AMERICA = ("US", "CA")
OUTSIDE = ("GB", "DE", "US")  # whose numbers foreign ones become, the first that is not at home

_BETWEEN = r"[\s().\-/\u2010-\u2015]"
_PART = re.compile(
    rf"(?P<number>(?<!\w)\+?\d(?:{_BETWEEN}{{0,3}}\d){{6,}}(?!\w))|(?P<token>\w+)|(?P<other>.)",
    re.DOTALL,
)
_PREFIXES = ("", "+", "0", "00", "+0", "011", "1", "0011")


def get_country(region: str | None) -> str:
    """Return the country whose numbers for fiction replace those of a country."""
    if region in NORTH_AMERICA:
        return "US"
    return region if region in FICTION else "DE"


class Pseudonyms:
    """What replaces what, in one file.

    :param numbering: how numbers are written at the telephone system
    :param marks: words that may stay
    """

    def __init__(self, numbering: Numbering, marks: frozenset[str] = frozenset()):
        self.numbering = numbering
        self.country = get_country(numbering.region)
        self.marks = marks
        self._numbers: dict[str, tuple[str, str]] = {}  # country code and the rest, by number
        self._used = dict.fromkeys(FICTION, 0)
        self._known: dict[str, dict[str, str]] = {}  # by kind

    @property
    def new_numbering(self) -> Numbering:
        """How the new numbers are written."""
        area = self.numbering.area_code
        if area:
            area = ("0" if area.startswith("0") else "") + AREAS[self.country]
        region = self.country if self.numbering.region else None
        return replace(self.numbering, region=region, area_code=area)

    def replace(self, value: str, *, is_id: bool = False) -> str:
        """Return what replaces a text.

        :param is_id: long numbers in it are not numbers of telephones
        """
        if is_nothing(value):
            return value
        if is_withheld(value):
            return ANONYMOUS
        parts = list(_PART.finditer(value))
        if _is_scattered(part["token"] or "" for part in parts):
            return self._count("word", value)
        return "".join(self._replace_part(part, is_id) for part in parts)

    def replace_tail(self, digits: str) -> str:
        """Return what replaces the end of a channel's name: other digits, as many."""
        known = self._known.setdefault("tail", {})
        return known.setdefault(digits, f"{len(known) + 1:0{len(digits)}d}")

    def _replace_part(self, part: re.Match, is_id: bool) -> str:
        if found := part["number"]:
            return self._replace_parts_of_id(found) if is_id else self._replace_number(found)
        if token := part["token"]:
            return self._replace_token(token)
        other = part["other"]
        return other if other.isascii() and other.isprintable() else " "

    def _replace_parts_of_id(self, found: str) -> str:
        if _is_scattered(re.findall(r"\d+", found)):
            return self._count("word", found)
        return re.sub(r"\d+", lambda match: self._replace_digits(match[0]), found)

    def _replace_token(self, token: str) -> str:
        if token in self.marks:
            return token
        if token.isascii() and token.isdecimal():
            return self._replace_digits(token)
        return self._count("word", token.casefold())

    def _replace_digits(self, digits: str) -> str:
        """Return what replaces digits that are no complete number: others, as many."""
        if len(digits) < SHORTEST_SHORT:
            return digits
        known = self._known.setdefault(f"{len(digits)} digits", {})
        first = 10 ** (len(digits) - 1) + 1 if len(digits) <= LONGEST_EXTENSION else 1
        return known.setdefault(digits, f"{first + len(known):0{len(digits)}}")

    def _count(self, kind: str, text: str) -> str:
        known = self._known.setdefault(kind, {})
        return known.setdefault(text, f"w{len(known) + 1}")

    # --- numbers -----------------------------------------------------------------------------

    def _replace_number(self, written: str) -> str:
        plain = make_plain(written)
        readings = self._read(plain)
        if not readings.candidates:
            return self._replace_digits(re.sub(r"\D", "", plain) or "0")
        number = readings.candidates[0].number
        code, rest = self._get_fiction(number)
        old_code, old_rest = _split(number)
        if old_rest.endswith(plain):  # without area code
            return rest[-len(plain) :] if len(plain) < len(old_rest) else rest
        prefix = plain.removesuffix(old_rest)
        if prefix == plain:
            return f"+{code}{rest}"
        if prefix.endswith(old_code) and prefix.removesuffix(old_code) in self._prefixes:
            return prefix.removesuffix(old_code) + code + rest
        return f"{prefix}{rest}" if prefix in self._prefixes else f"+{code}{rest}"

    @property
    def _prefixes(self) -> tuple[str, ...]:
        line = self.numbering.outside_prefix
        return (*_PREFIXES, *(line + prefix for prefix in _PREFIXES if prefix[:1] != "+"))

    def _read(self, plain: str):
        # A number that was dialled may begin with the prefix of an outside line.
        as_sent = read(plain, self.numbering)
        if as_sent.candidates or not self.numbering.outside_prefix:
            return as_sent
        return read(plain, self.numbering, is_dialled=True) or NO_READINGS

    def _get_fiction(self, number: str) -> tuple[str, str]:
        if number not in self._numbers:
            self._numbers[number] = self._make_fiction(self._find_country(number))
        return self._numbers[number]

    def _find_country(self, number: str) -> str:
        """Return from which country's numbers the new one is: at home or abroad, as the old one."""
        if _region_of(number) == self.numbering.region or self._is_home(number):
            return self.country
        own = get_country(_region_of(number)) if _region_of(number) in FICTION else OUTSIDE[0]
        return own if own != self.country else next(c for c in OUTSIDE if c != self.country)

    def _is_home(self, number: str) -> bool:
        return self.country == "US" and number.startswith("+1")

    def _make_fiction(self, country: str) -> tuple[str, str]:
        code, begin, width = FICTION[country]
        place, self._used[country] = self._used[country], self._used[country] + 1
        if place >= 10**width:
            # There are no more: it is long enough to be seen, and nobody has it.
            return code, f"{begin}{place:0{width + 2}}"
        return code, f"{begin}{place:0{width}}"


def _is_scattered(tokens: Iterable[str]) -> bool:
    """Return whether so many short pieces of digits, which would remain, could be a number."""
    pieces = "".join(token for token in tokens if len(token) < SHORTEST_SHORT)
    return sum(map(str.isdecimal, pieces)) > LONGEST_EXTENSION


def _split(number: str) -> tuple[str, str]:
    """Return country code and the rest of a number in E.164."""
    import phonenumbers  # see numbering.py

    parsed = phonenumbers.parse(number)
    code = str(parsed.country_code)
    return code, number.removeprefix(f"+{code}")


def _region_of(number: str) -> str | None:
    import phonenumbers

    parsed = phonenumbers.parse(number)
    return phonenumbers.region_code_for_country_code(parsed.country_code)
