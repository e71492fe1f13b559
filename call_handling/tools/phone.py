"""Converts telephone numbers that people have written into one format.

What telephone systems send is read by ``adapters/numbering.py``; here is what people write
besides, and what Odoo's own reader understands.
"""

import re
from functools import lru_cache

import phonenumbers

from odoo.exceptions import UserError

from odoo.addons.phone_validation.tools.phone_validation import phone_format

from ..adapters.numbering import Numbering, complete_beginning, make_plain, read

# Between two numbers in one field.
_BETWEEN_NUMBERS = re.compile(r"[;,|&\n]|\b(?:or|oder|und|and|ou|et|o|y|e)\b", re.IGNORECASE)
_IS_FAX = re.compile(r"\W*(?:tele)?fax", re.IGNORECASE)
_LABEL = re.compile(r"^[^\d+*#(]+")  # "Tel. 030 …"
_LEADING_NUMBER = re.compile(r"\+?[\d\s().\-/]{7,}")
_SHORTEST = 7  # digits of one of several numbers in a field

# How people write that a number goes on: "-xx", "…", "*".
_GOES_ON = re.compile(r"[\s\-\u2010-\u2015/(]*(?:[xX*?#\u2026]+|\.{2,}|[\-\u2010-\u2015]+)\)?\s*$")
# The reception of a company's numbers, "-0", or all of them, "-0 to -99".
_RECEPTION = re.compile(
    r"(?<=\d)\s*[\-\u2010-\u2015/(]\s*0+(?:\s*(?:to|bis|\.{2,}|[\-\u2010-\u2015\u2026])+\s*"
    r"[\-\u2010-\u2015]?9+)?\)?\s*$",
    re.IGNORECASE,
)


def to_e164(number, region):
    """Return a telephone number that a person has written, in the format of ITU-T E.164.

    Whatever Odoo's own reader accepts is accepted, too.

    :param str number: as typed; the first one if there are several
    :param str region: ISO 3166 code of the country of national numbers
    :return: ``None`` if it is no number: an extension, a short code, a name
    :rtype: str | None
    """
    return read_typed(number, Numbering(region or None))


@lru_cache(maxsize=16384)
def read_typed(number, numbering):
    """Return a number that a person has written, in E.164, as :func:`to_e164` does.

    :param str number: as typed
    :param adapters.numbering.Numbering numbering: how numbers are written at the place; a number
        can begin with its outside prefix
    :rtype: str | None
    """
    text = _split(number)[0]
    text = _LABEL.sub("", text) if re.search(r"\d", text) else text
    plain = make_plain(text)
    has_local_rules = numbering.outside_prefix or numbering.area_code
    if has_local_rules and (certain := read(plain, numbering, is_dialled=True).certain):
        return certain
    known = read(plain, Numbering(numbering.region))
    accepted = _read_as_odoo(plain if re.fullmatch(r"\+?\d+", plain) else text, numbering.region)
    if accepted and (accepted in known.numbers or not known.certain):
        return accepted
    if known.certain or not (start := _LEADING_NUMBER.match(text)) or start[0] == text:
        return known.certain
    return read_typed(start[0], numbering)  # "030 23125610 (office)"


def to_e164_all(text, region):
    """Return all numbers that a person has written into one field, in E.164.

    :param str text: as typed
    :param str region: ISO 3166 code of the country of national numbers
    :rtype: list[str]
    """
    first, *others = _split(text)
    found = [to_e164(first, region)]
    # What has no prefix may have the area code of the number before.
    found += [read(_LABEL.sub("", part), Numbering(region or None)).certain for part in others]
    return list(dict.fromkeys(number for number in found if number))


def _split(text):
    """Return the numbers in a text, or the text if there is only one: ``030/23125610``."""
    parts = _keep_if_complete(_BETWEEN_NUMBERS.split(text), text)
    parts = [part for whole in parts for part in _keep_if_complete(whole.split("/"), whole)]
    return [part for part in parts if not _IS_FAX.match(part)] or [text]


def _keep_if_complete(parts, whole):
    """Return the parts of a text if each of them is long enough for a number, else the whole."""
    parts = [part.strip() for part in parts if part.strip()]
    are_complete = all(len(digits(part)) >= _SHORTEST for part in parts)
    return parts if parts and are_complete else [whole]


def _read_as_odoo(number, region):
    try:
        return phone_format(number, region, None, force_format="E164")
    except UserError:
        return None


def digits(text):
    """Return the digits of a text.

    :rtype: str
    """
    return re.sub(r"\D", "", text)


def is_written_as_block(text):
    """Return whether somebody has written that a number goes on: ``030 231257-xx``.

    :param str text: as typed
    """
    reception = _RECEPTION.search(text)
    goes_on = _GOES_ON.search(text) or (reception and "9" in reception[0])
    return len(digits(text)) > 3 and bool(goes_on)


def to_prefix(number, region):
    """Return a prefix in E.164, for a block of numbers such as ``030 23125``, ``030 23125-0`` or
    ``030 23125-xx``.

    :param str number: as typed
    :param str region: ISO 3166 code of the country of national numbers
    :return: ``None`` if no number can begin like this
    :rtype: str | None
    """
    beginning = _GOES_ON.sub("", number)
    if beginning == number:
        beginning = _RECEPTION.sub("", number)
    plain = make_plain(_LABEL.sub("", beginning))
    plain = complete_beginning(plain, region)
    try:
        parsed = phonenumbers.parse(plain, region)
    except phonenumbers.NumberParseException:
        return None
    return phonenumbers.format_number(parsed, phonenumbers.PhoneNumberFormat.E164)


def prefixes(number, shortest=5):
    """Return all prefixes of a number, including itself, the longest first.

    :param str number: in E.164
    :param int shortest: the least number of characters of a prefix
    :rtype: list[str]
    """
    return [number[:length] for length in range(len(number), shortest - 1, -1)]


@lru_cache(maxsize=16384)
def readable(number):
    """Return a number as people write it, with spaces: ``+49 30 23125610``.

    :param str number: in E.164; anything else is returned as it is
    :rtype: str
    """
    if not number.startswith("+"):
        return number
    try:
        parsed = phonenumbers.parse(number)
    except phonenumbers.NumberParseException:
        return number
    return phonenumbers.format_number(parsed, phonenumbers.PhoneNumberFormat.INTERNATIONAL)
