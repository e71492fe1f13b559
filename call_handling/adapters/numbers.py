"""Writes dialled numbers as a telephone system expects them, and reads what was dialled."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from .text import Labelled, _lt

if TYPE_CHECKING:
    from .settings import Settings


class NumberFormat(Labelled):
    """A way of writing telephone numbers."""

    E164 = "e164", _lt("+49 30 …: international, with a plus sign")
    DIGITS = "digits", _lt("49 30 …: international, digits only")
    ZEROS = "zeros", _lt("00 49 30 …: international, with two zeros")
    # and for other countries what is dialled from that country
    NATIONAL = "national", _lt("030 …: as dialled within the country")


class NationalNumbers(Labelled):
    """How a telephone system writes national numbers."""

    UNKNOWN = "unknown", _lt("Not known")
    WITH_TRUNK = "with_trunk", _lt("030 …: with the leading 0")
    WITHOUT_TRUNK = "without_trunk", _lt("30 …: without the leading 0")


@dataclass(frozen=True)
class DialledNumber:
    """What a phone dialled.

    :param number: without codes that show or hide the own number; in E.164 if an outside prefix
        was removed; else as it was dialled
    :param is_feature_code: it asks the telephone system for something, and calls nobody
    """

    number: str
    is_feature_code: bool = False


def read_dialled(dialled: str, settings: Settings) -> DialledNumber:
    """Return what a phone dialled, without what only concerns the telephone system.

    The outside prefix is removed where only that makes sense of the digits. Where it can also be
    part of the number (``0 0431 …`` or ``00 43 1 …``), the digits remain as they are.

    :param dialled: as the telephone system reports it
    :param settings: with the outside prefix, the country and the feature codes
    """
    from .numbering import make_plain, read, strip_codes  # needs a library, as below

    plain = make_plain(dialled)
    rest = strip_codes(plain)
    prefix = settings.outside_prefix
    inside = rest.removeprefix(prefix)
    has_prefix = bool(prefix) and inside not in ("", rest)
    codes = {plain, rest} | ({inside} if has_prefix and inside[0] in "*#" else set())
    if any(_is_feature_code(code, settings) for code in codes):
        return DialledNumber(dialled, is_feature_code=True)
    certain = has_prefix and read(rest, settings.numbering, is_dialled=True).certain
    return DialledNumber(certain or (dialled if rest == plain else rest))


def _is_feature_code(plain: str, settings: Settings) -> bool:
    """Return whether digits are a code of the telephone system: with a star or hash, unless it
    only shows or hides the own number, or one that the administrator has entered."""
    from .numbering import strip_codes

    private = settings.private_prefix
    if private and plain.startswith(private) and plain != private:
        return False
    if plain.startswith(("*", "#")):
        return strip_codes(plain) == plain
    return any(
        re.fullmatch(re.escape(code.lower()).replace("x", r"\d"), plain.lower())
        for code in settings.feature_codes
    )


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
