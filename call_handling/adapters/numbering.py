"""Reads telephone numbers: every reading that a number can have, each with its reason.

Most numbers have one. One without its prefix has several: ``431 5551234`` is Kiel to a German
system that leaves out the 0, and Vienna to one that leaves out the plus sign. What is known of
the telephone system decides; what remains undecided stays undecided.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass, replace
from enum import Enum
from functools import lru_cache
from urllib.parse import unquote

from .numbers import NationalNumbers
from .reading import LONGEST_EXTENSION

LONGEST_LOCAL = 8  # digits of a number without its area code
SHORTEST_UNKNOWN = 7  # digits of a national number that the library does not know

# In some countries the library accepts far longer numbers than exist: digits of the longest.
_LONGEST_NATIONAL = {"DE": 11}

# Where the 0 after the country code, which others write in brackets, belongs to the number.
_KEEPS_ZERO = ("39", "378", "379")

_SIP = re.compile(r"(?:sips?|tel):([^@;?>]+)([^?>]*)", re.IGNORECASE)
_ADDRESS = re.compile(r"<([^<>]+)>\s*$")
_CONTEXT = re.compile(r";phone-context=(\+\d+)", re.IGNORECASE)
_ZERO_IN_BRACKETS = re.compile(r"[(\[]\s*0\s*[)\]]")
_EXTENSION = re.compile(
    r"(?<=\d)[\s,;/(]*(?:;\s*(?:ext|isub|postd)=|\b(?:extension|extn?|durchwahl|dw|nebenstelle|nst"
    r"|klappe|poste|interno|int|anexo|ramal|toestel|wew)\b\.?|x|(?<=\d{4})#|\s#)[\s.:\-]*\d{1,7}\s*\)?\s*$",
    re.IGNORECASE,
)
_VANITY = re.compile(r"\+?\d[\d\s().\-]{2,}(?=(?:[\s\-]*[A-Za-z]){3})(?:[A-Za-z]+[\s\-]?)+\d*")
_LABEL = re.compile(
    r"^(?:tel|telefon|telephone|t[eé]l[eé]phone|tel[eé]fono|telefono|phone|ph|fon|mobil|mobile|mob"
    r"|cell|handy|gsm)\b[\s.:]*(?=[+\d(])",
    re.IGNORECASE,
)
# A pause, and what is dialled after it: a menu or an extension, unless little is before it.
_AFTER_PAUSE = re.compile(r"(?<=\d{5})[,wp]+[\d#*]{1,7}$", re.IGNORECASE)
_PAUSE = re.compile(r"(?<=[\d#])[,wp]+(?=[\d+*#])", re.IGNORECASE)
_SEPARATORS = re.compile(r"[\s()\[\]./\\_\-\u2010-\u2015\u2212\u00b7\u2022]")
_KEYS = {
    letter: str(digit)
    for digit, letters in enumerate(("abc", "def", "ghi", "jkl", "mno", "pqrs", "tuv", "wxyz"), 2)
    for letter in letters
}

# Dialled first to show or hide the own number: standard codes, and those of some countries,
# which are only recognised where a complete number follows.
_STAR_CODES = re.compile(r"(?:[*#]3[01]#|\*31\*|#31\*)(?=\+?\d)|\*(?:67|82)(?=\+?\d{7})")
_DIGIT_CODES = ("1831", "1832", "1470", "141", "142", "3651", "1167", "1182", "184", "186", "133")

# The same phone, written with a digit that only mobile numbers have from abroad (Argentina), or
# had until 2019 (Mexico).
_OPTIONAL_DIGITS = {"+54": "9", "+52": "1"}


class Reason(str, Enum):
    """Why a number can be read in a way."""

    INTERNATIONAL = "international"
    NATIONAL = "national"
    WITHOUT_TRUNK = "without_trunk"  # national, without the leading 0
    WITHOUT_PLUS = "without_plus"  # international, without its prefix
    LOCAL = "local"  # without area code


@dataclass(frozen=True)
class Numbering:
    """How numbers are written at a place.

    :param region: ISO 3166 code of the country of national numbers
    :param area_code: of numbers that are written without one, with or without the leading 0
    :param national: how national numbers are written
    :param outside_prefix: what is dialled first to get an outside line
    """

    region: str | None = None
    area_code: str = ""
    national: NationalNumbers = NationalNumbers.UNKNOWN
    outside_prefix: str = ""


@dataclass(frozen=True)
class Reading:
    """What a number can mean.

    :param number: in E.164
    :param reason: why
    :param is_valid: whether the library knows such numbers; else they are only possible
    """

    number: str
    reason: Reason
    is_valid: bool = True


@dataclass(frozen=True)
class Readings:
    """All readings of a number.

    :param candidates: the most likely first, each number once
    :param is_open: it can also be a number whose prefix nobody knows, or a phone
    """

    candidates: tuple[Reading, ...] = ()
    is_open: bool = False

    @property
    def certain(self) -> str | None:
        """The number in E.164, if there is only one reading."""
        if self.is_open or len(self.candidates) != 1:
            return None
        return self.candidates[0].number

    @property
    def numbers(self) -> tuple[str, ...]:
        """The numbers of all readings, in E.164."""
        return tuple(reading.number for reading in self.candidates)


NO_READINGS = Readings()


@lru_cache(maxsize=16384)
def read(number: str, numbering: Numbering, *, is_dialled: bool = False) -> Readings:
    """Return all readings of a number.

    :param number: as a telephone system sent it, or as a person typed it
    :param numbering: how numbers are written there
    :param is_dialled: it is what a phone dialled, so it can begin with the outside prefix
    """
    plain = strip_codes(make_plain(number))
    found = _read_with_outside_line(plain, numbering, is_dialled)
    if found.candidates:
        return found
    for code in _DIGIT_CODES:
        rest = plain.removeprefix(code)
        if rest != plain and _is_complete(rest, numbering.region):
            read_rest = _read_with_outside_line(rest, numbering, is_dialled)
            if any(reading.is_valid for reading in read_rest.candidates):
                return read_rest
    return found


@lru_cache(maxsize=16384)
def make_plain(number: str) -> str:
    """Return a number without what only makes it readable, and without an extension:
    ``+49 (0)30 / 231-25 ext. 7`` is ``+493023125``. Anything else remains in it."""
    text = "".join(
        str(unicodedata.decimal(character)) if character.isdecimal() else character
        for character in unicodedata.normalize("NFKC", number)
        if unicodedata.category(character) != "Cf"  # invisible marks
    ).strip()
    if address := _ADDRESS.search(text):
        text = address[1]
    if sip := _SIP.search(text):
        text, rest = unquote(sip[1]), sip[2]
        if context := _CONTEXT.search(rest):
            text = context[1] + text
    elif re.fullmatch(r"[+\d][\d\s().\-]*@\S+", text):
        text = text.partition("@")[0]
    text = _PAUSE.sub("", _AFTER_PAUSE.sub("", _LABEL.sub("", text)))
    if not text.startswith(("*", "#")):
        text = _EXTENSION.sub("", text)
    if _VANITY.fullmatch(text):
        text = "".join(_KEYS.get(character.lower(), character) for character in text)
    text = re.sub(r"^(?:\+\s*)+", "+", text)
    if text.startswith(("+", "00")) and not text.lstrip("+0").startswith(_KEEPS_ZERO):
        text = _ZERO_IN_BRACKETS.sub("", text)
    return _SEPARATORS.sub("", text)


def strip_codes(plain: str) -> str:
    """Return a number without the code that shows or hides the own number, such as ``*31#``."""
    return _STAR_CODES.sub("", plain, count=1) if _STAR_CODES.match(plain) else plain


def same_numbers(number: str) -> tuple[str, ...]:
    """Return a number in every form in which it is the same phone: in Argentina with and without
    9, in Mexico with and without 1.

    :param number: in E.164; anything else is only itself
    """
    country, national = number[:3], number[3:]
    if optional := _OPTIONAL_DIGITS.get(country):
        if len(national) == 10:
            return (number, f"{country}{optional}{national}")
        if len(national) == 11 and national.startswith(optional):
            return (number, f"{country}{national[1:]}")
    return (number,)


def written_forms(number: str, shortest: int = LONGEST_EXTENSION - 2) -> list[str]:
    """Return how a number can have been written by systems that leave out its prefix, for a
    search among numbers that were stored as they were sent.

    :param number: in E.164
    :param shortest: digits of the shortest form
    """
    digits = number.lstrip("+")
    ends = [digits[start:] for start in range(len(digits) - shortest + 1)]
    return [zeros + end for end in ends for zeros in ("", "0", "00")]


def complete_beginning(plain: str, region: str | None) -> str:
    """Return the beginning of a number with its country code, as far as that is certain: where
    national numbers begin with a 0, they have one, and others begin with their country code."""
    if not _has_trunk_prefix(region) or not plain.isdigit() or plain.startswith("00"):
        return plain
    rest = plain.removeprefix(_get_trunk_prefix(region))
    if rest != plain:
        return f"+{_library().country_code_for_region(region)}{rest}"
    return f"+{plain}" if _is_own_country(plain, region) else plain


# --- outside line and its number ----------------------------------------------------------


def _read_with_outside_line(plain: str, numbering: Numbering, is_dialled: bool) -> Readings:
    """Read a number that may begin with the outside prefix, if the place has one."""
    prefix = numbering.outside_prefix
    whole = _read_plain(plain, numbering)
    if not prefix or not plain.startswith(prefix) or len(plain) == len(prefix):
        return whole
    rest = strip_codes(plain[len(prefix) :])
    inner = _read_after_outside_line(rest, numbering)
    is_whole_valid = any(reading.is_valid for reading in whole.candidates)
    if not inner.candidates or (is_whole_valid and not is_dialled):
        # Callers dial no prefix; some systems put it in front of their numbers nevertheless.
        return replace(whole, is_open=whole.is_open or (is_dialled and inner.is_open))
    if is_whole_valid and _is_complete(plain, numbering.region):
        # With the prefix 0: 0 43 15…, or 0 0431 5… without a 0 of its own?
        return _together(whole.candidates + inner.candidates)
    return inner


def _read_after_outside_line(rest: str, numbering: Numbering) -> Readings:
    """Read what follows the outside prefix: people dial complete numbers, or local ones."""
    if _is_complete(rest, numbering.region):
        found = _read_plain(rest, numbering)
        return _together(tuple(r for r in found.candidates if r.is_valid))
    if not _has_trunk_prefix(numbering.region):
        return _together(_local(rest, numbering) or _national(rest, numbering.region))
    if local := _local(rest, numbering):
        return _together(local)
    return Readings((), is_open=rest.isdigit() and len(rest) <= LONGEST_LOCAL)


# --- numbers ------------------------------------------------------------------------------


def _read_plain(plain: str, numbering: Numbering) -> Readings:
    if not re.fullmatch(r"\+?\d{4,20}", plain):
        return NO_READINGS
    region = numbering.region
    if plain.startswith("+0"):  # a plus sign before what is complete without it
        found = _read_plain(plain[1:], numbering).candidates
        return _together(found + _checked(f"+{plain.lstrip('+0')}", None, Reason.INTERNATIONAL))
    if plain.startswith("+"):
        return _together(_checked(plain, None, Reason.INTERNATIONAL))
    if plain.startswith("00"):
        found = _checked(f"+{plain[2:]}", None, Reason.INTERNATIONAL)
        return _together(_from_abroad(plain, region) or found)
    if _is_complete(plain, region):
        found = _from_abroad(plain, region) or _checked(plain, region, Reason.NATIONAL)
        if found:
            return _together(found)
    return _read_without_prefix(plain, numbering)


def _read_without_prefix(plain: str, numbering: Numbering) -> Readings:
    """Read digits without plus sign, international prefix and leading 0."""
    region = numbering.region
    local = _local(plain, numbering)
    national = _national(plain, region)
    abroad = _checked(f"+{plain}", None, Reason.WITHOUT_PLUS)
    if abroad and not abroad[0].is_valid and not _is_own_country(plain, region):
        abroad = ()  # digits of which nothing is known
    is_short = len(plain) <= LONGEST_EXTENSION
    if not _has_trunk_prefix(region):
        if abroad and not _is_own_country(plain, region) and national:
            abroad = ()  # here national numbers are never written in another way
        found = _together(national + abroad)
        return found if found.candidates else Readings(local, is_open=is_short)
    if local and numbering.national is not NationalNumbers.WITHOUT_TRUNK:
        # Whoever leaves out the area code writes a 0 before the others.
        return Readings(local, is_open=is_short)
    if numbering.national is NationalNumbers.WITHOUT_TRUNK:
        return replace(_together(national or abroad or local), is_open=is_short)
    is_open = is_short or (len(plain) <= LONGEST_LOCAL and not numbering.area_code)
    if numbering.national is NationalNumbers.WITH_TRUNK:
        return replace(_together(abroad), is_open=is_open)
    return replace(_together(abroad + national), is_open=is_open)


def _local(plain: str, numbering: Numbering) -> tuple[Reading, ...]:
    """Read a number without its area code."""
    area, region = numbering.area_code, numbering.region
    if not area or not plain.isdigit() or plain.startswith("0") or len(plain) > LONGEST_LOCAL:
        return ()
    trunk = _get_trunk_prefix(region)
    if _has_trunk_prefix(region) and not area.startswith(trunk):
        area = trunk + area
    return _only_valid(_checked(area + plain, region, Reason.LOCAL))


def _national(plain: str, region: str | None) -> tuple[Reading, ...]:
    """Read a national number without its leading 0."""
    if not region or len(plain) > _LONGEST_NATIONAL.get(region, 15):
        return ()
    code = _library().country_code_for_region(region)
    reason = Reason.WITHOUT_TRUNK if _has_trunk_prefix(region) else Reason.NATIONAL
    return _only_valid(_checked(f"+{code}{plain}", None, reason)) or (
        _only_valid(_checked(plain, region, reason)) if reason is Reason.NATIONAL else ()
    )


def _from_abroad(plain: str, region: str | None) -> tuple[Reading, ...]:
    """Read a number with the international prefix of the country, such as 011."""
    library = _library()
    try:
        parsed = library.parse(plain, region, keep_raw_input=True)
    except library.NumberParseException:
        return ()
    if parsed.country_code_source != library.CountryCodeSource.FROM_NUMBER_WITH_IDD:
        return ()
    return _checked(plain, region, Reason.INTERNATIONAL)


def _checked(text: str, region: str | None, reason: Reason) -> tuple[Reading, ...]:
    """Return the reading of a complete number, if such numbers are possible."""
    library = _library()
    try:
        parsed = library.parse(text, region)
    except library.NumberParseException:
        return ()
    number = library.format_number(parsed, library.PhoneNumberFormat.E164)
    if number.startswith("+521") and len(number) == 14:
        number = f"+52{number[4:]}"
        parsed = library.parse(number)
    if library.is_valid_number(parsed):
        return (Reading(number, reason),)
    national = library.national_significant_number(parsed)
    is_possible = library.is_possible_number_with_reason(parsed) == (
        library.ValidationResult.IS_POSSIBLE
    )
    if is_possible and len(national) >= SHORTEST_UNKNOWN:
        return (Reading(number, reason, is_valid=False),)
    return ()


def _only_valid(readings: tuple[Reading, ...]) -> tuple[Reading, ...]:
    return tuple(reading for reading in readings if reading.is_valid)


def _together(readings: tuple[Reading, ...]) -> Readings:
    """Return the readings that the library knows, or else those that are possible."""
    best = _only_valid(readings) or readings
    by_number: dict[str, Reading] = {}
    for reading in best:
        by_number.setdefault(reading.number, reading)
    return Readings(tuple(by_number.values()))


# --- countries ----------------------------------------------------------------------------


def _library():
    """Return the library that knows the numbers of all countries. Those who only simulate calls,
    or write the docs, do not need it."""
    import phonenumbers

    return phonenumbers


def _get_trunk_prefix(region: str | None) -> str:
    """Return what begins national numbers within a country: mostly 0."""
    return _library().ndd_prefix_for_region(region or "", True) or ""


def _has_trunk_prefix(region: str | None) -> bool:
    """Return whether national numbers begin with a digit that is not part of them. In North
    America it is their country code, and may be left out."""
    prefix = _get_trunk_prefix(region)
    return bool(prefix) and prefix != str(_library().country_code_for_region(region))


def _is_complete(plain: str, region: str | None) -> bool:
    """Return whether a number begins as the public network needs it: with a plus sign, an
    international prefix, or the leading digit of national numbers."""
    return plain.startswith(("+", "0")) or (
        bool(prefix := _get_trunk_prefix(region)) and plain.startswith(prefix)
    )


def _is_own_country(plain: str, region: str | None) -> bool:
    return bool(region) and plain.startswith(str(_library().country_code_for_region(region)))
