"""Converts telephone numbers into one format, however they were sent or typed."""

import re
from functools import lru_cache

import phonenumbers

from odoo.exceptions import UserError

from odoo.addons.phone_validation.tools.phone_validation import phone_format

_SIP = re.compile(r"(?:sips?|tel):([^@;?>]+)", re.IGNORECASE)
_BETWEEN_DIGITS = re.compile(r"[\s()\[\]./\-\u2010-\u2015\u00a0\u202f]")


@lru_cache(maxsize=16384)
def to_e164(number, region):
    """Return a telephone number in the format of ITU-T E.164, ``+`` and digits.

    Understands national and international formats, ``00`` and other international prefixes,
    international numbers without any prefix, ``(0)`` after a country code, and SIP addresses.

    :param str number: as sent or typed
    :param str region: ISO 3166 code of the country of national numbers
    :return: ``None`` if it is not a valid number: an extension, a short code, a name
    :rtype: str | None
    """
    plain = _plain(number)
    for candidate in _candidates(plain, region):
        try:
            return phone_format(candidate, region, None, force_format="E164")
        except UserError:
            continue
    return None


def digits(text):
    """Return the digits of a text.

    :rtype: str
    """
    return re.sub(r"\D", "", text)


def _plain(number):
    """Remove what only makes a number readable: ``+49 (0)30 / 231-25`` is ``+493023125``."""
    if sip := _SIP.search(number):
        number = sip[1]
    number = number.strip()
    if number.startswith("+"):
        number = number.replace("(0)", "")
    return _BETWEEN_DIGITS.sub("", number)


def _candidates(plain, region):
    """Return the possible meanings of a number, the most likely first."""
    if not re.fullmatch(r"\+?\d{4,20}", plain):
        return []
    if plain.startswith("+"):
        return [plain]
    # Where national numbers are dialled with a leading 0, a number without it is an
    # international one without its prefix; elsewhere it is more likely a national one.
    has_trunk_prefix = phonenumbers.ndd_prefix_for_region(region or "", True) == "0"
    if has_trunk_prefix and not plain.startswith("0"):
        return [f"+{plain}", plain]
    return [plain, f"+{plain}"] if not plain.startswith("0") else [plain]


def to_prefix(number, region):
    """Return a prefix in E.164, for a block of numbers such as ``030 23125``.

    :param str number: as typed
    :param str region: ISO 3166 code of the country of national numbers
    :return: ``None`` if no number can begin like this
    :rtype: str | None
    """
    try:
        parsed = phonenumbers.parse(_plain(number), region)
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
