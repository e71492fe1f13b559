"""Writes dialled numbers as a telephone system expects them."""

from __future__ import annotations

from .text import Labelled, _lt


class NumberFormat(Labelled):
    """A way of writing telephone numbers."""

    E164 = "e164", _lt("+49 30 …: international, with a plus sign")
    DIGITS = "digits", _lt("49 30 …: international, digits only")
    ZEROS = "zeros", _lt("00 49 30 …: international, with two zeros")
    # and for other countries what is dialled from that country
    NATIONAL = "national", _lt("030 …: as dialled within the country")


def write_number(number: str, style: NumberFormat, country: str = "", prefix: str = "") -> str:
    """Return a number as it is dialled.

    :param number: in E.164; anything else, such as an extension, is dialled as it is
    :param country: ISO 3166 code of where the telephone system is, for the national format
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
    import phonenumbers  # not needed by those who only simulate calls

    try:
        parsed = phonenumbers.parse(number)
    except phonenumbers.NumberParseException:
        return number
    # within the country this is the national number, with its leading 0 or 1
    written = phonenumbers.format_out_of_country_calling_number(parsed, country.upper())
    return "".join(character for character in written if character.isdigit())
