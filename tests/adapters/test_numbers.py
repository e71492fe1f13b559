"""Dialled numbers are written as the telephone system expects them."""

import pytest

from adapters.api import ApiError
from adapters.base import Adapter, Settings
from adapters.numbers import NumberFormat, write_number

GERMAN, AMERICAN, BRITISH = "+493023125610", "+12025550142", "+442079460018"


@pytest.mark.parametrize(
    ("number", "style", "country", "prefix", "dialled"),
    [
        (GERMAN, NumberFormat.E164, "", "", "+493023125610"),
        (GERMAN, NumberFormat.DIGITS, "", "", "493023125610"),
        (GERMAN, NumberFormat.ZEROS, "", "", "00493023125610"),
        (GERMAN, NumberFormat.ZEROS, "", "9", "900493023125610"),
        (GERMAN, NumberFormat.NATIONAL, "DE", "", "03023125610"),
        (GERMAN, NumberFormat.NATIONAL, "DE", "0", "003023125610"),
        (GERMAN, NumberFormat.NATIONAL, "GB", "", "00493023125610"),
        (GERMAN, NumberFormat.NATIONAL, "US", "9", "9011493023125610"),
        (AMERICAN, NumberFormat.NATIONAL, "US", "", "12025550142"),
        (BRITISH, NumberFormat.NATIONAL, "gb", "", "02079460018"),
        ("101", NumberFormat.ZEROS, "DE", "0", "101"),
        ("sip:ann@example.com", NumberFormat.DIGITS, "DE", "", "sip:ann@example.com"),
        ("+0", NumberFormat.NATIONAL, "DE", "", "+0"),
    ],
)
def test_a_number_is_written_in_each_format(number, style, country, prefix, dialled):
    assert write_number(number, style, country, prefix) == dialled


def test_the_administrators_choice_overrides_the_default_of_the_system():
    assert Adapter(Settings()).write_number(GERMAN) == GERMAN
    chosen = Settings(number_format=NumberFormat.NATIONAL, country="DE", outside_prefix="0")
    assert Adapter(chosen).write_number(GERMAN) == "003023125610"


def test_a_phone_is_addressed_as_the_system_expects():
    assert Adapter(Settings()).write_phone("101") == "101"
    assert Adapter(Settings(phone_address="PJSIP/{extension}")).write_phone("101") == "PJSIP/101"


@pytest.mark.parametrize(
    "unsafe", ["", "1 XML default", "1\r\nAction: Logoff", "1&system(x)", "1,2"]
)
def test_numbers_and_phones_with_unsafe_characters_are_refused(unsafe):
    with pytest.raises(ApiError):
        Adapter(Settings()).write_number(unsafe)
    with pytest.raises(ApiError):
        Adapter(Settings()).write_phone(unsafe)
