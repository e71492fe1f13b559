"""Dialled numbers are written as the telephone system expects them, and read as they were meant."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.api import ApiError
from adapters.base import Adapter, Settings
from adapters.numbers import NumberFormat, read_dialled, write_number

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


# --- what was dialled ---------------------------------------------------------------------


def dialled(number, **settings):
    read = read_dialled(number, Settings(**({"country": "DE"} | settings)))
    return read.number, read.is_feature_code


@pytest.mark.parametrize(
    ("number", "prefix", "expected"),
    [
        ("903023125610", "9", GERMAN),
        ("003023125610", "0", GERMAN),
        ("9*31#03023125610", "9", GERMAN),
        ("*31#03023125610", "", "03023125610"),
        ("03023125610", "", "03023125610"),
        ("03023125610", "9", "03023125610"),
        ("101", "1", "101"),
        ("alice", "9", "alice"),
        ("sip:ann@example.com", "9", "sip:ann@example.com"),
        ("0", "0", "0"),
    ],
)
def test_only_what_was_dialled_for_the_system_is_removed(number, prefix, expected):
    assert dialled(number, outside_prefix=prefix) == (expected, False)


def test_digits_that_can_be_the_outside_prefix_or_the_number_remain():
    assert dialled("004315551234", outside_prefix="0") == ("004315551234", False)


@pytest.mark.parametrize("code", ["*97", "**101", "*8", "#72", "*21*493023125610#", "*67"])
def test_codes_with_a_star_or_hash_are_feature_codes(code):
    assert dialled(code) == (code, True)
    assert dialled(f"9{code}", outside_prefix="9")[1]


@pytest.mark.parametrize("code", ["*31#03023125610", "#31#03023125610", "*6703023125610"])
def test_codes_that_hide_the_own_number_are_no_feature_codes(code):
    assert not dialled(code)[1]


def test_the_administrator_names_further_feature_codes():
    codes = {"feature_codes": ("18", "8xx")}
    assert [dialled(number, **codes)[1] for number in ("18", "815", "8150", "180", "118")] == [
        True,
        True,
        False,
        False,
        False,
    ]


@given(st.text("0123456789+*#", max_size=20), st.sampled_from(["", "0", "9", "*9"]))
def test_what_remains_is_read_as_the_same_again(number, prefix):
    settings = Settings(country="DE", outside_prefix=prefix)
    first = read_dialled(number, settings)
    if not first.is_feature_code and first.number.startswith("+"):
        assert read_dialled(first.number, settings).number == first.number
