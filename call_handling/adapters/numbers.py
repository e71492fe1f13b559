"""Writes the numbers that are dialled as a telephone system wants them."""

from __future__ import annotations

from enum import Enum


class NumberFormat(str, Enum):
    """A way of writing telephone numbers."""

    E164 = "e164"  # +493023125610
    DIGITS = "digits"  # 493023125610
    ZEROS = "zeros"  # 00493023125610
    NATIONAL = "national"  # 03023125610, and what is dialled for abroad in that country


def write_number(number: str, style: NumberFormat, country: str = "", prefix: str = "") -> str:
    """A number as it is to be dialled.

    :param number: in E.164; anything else, such as an extension, is dialled as it is
    :param country: ISO 3166 code of where the telephone system is, for national writing
    :param prefix: what is dialled first to get an outside line
    """
    if not number.startswith("+"):
        return number
    if style is NumberFormat.E164:
        return prefix + number
    if style is NumberFormat.NATIONAL:
        return prefix + _national(number, country)
    return prefix + ("00" if style is NumberFormat.ZEROS else "") + number[1:]


def _national(number: str, country: str) -> str:
    import phonenumbers  # not there for those who only simulate calls

    try:
        parsed = phonenumbers.parse(number)
    except phonenumbers.NumberParseException:
        return number
    # within the country that is the national number, with its leading 0 or 1
    written = phonenumbers.format_out_of_country_calling_number(parsed, country.upper())
    return "".join(character for character in written if character.isdigit())
