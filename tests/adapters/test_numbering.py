"""Every reading of a number is found, and only one reading is certain."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.numbering import Numbering, Reason, make_plain, read, same_numbers, written_forms
from adapters.numbers import NationalNumbers

WITH, WITHOUT = NationalNumbers.WITH_TRUNK, NationalNumbers.WITHOUT_TRUNK
BERLIN = "+493023125610"
KIEL, VIENNA = "+494315551234", "+4315551234"
PLACES = st.builds(
    Numbering,
    st.sampled_from(["DE", "AT", "US", "IT", "IN", "RU", "GB", "AR", None]),
    st.sampled_from(["", "030", "30", "202"]),
    st.sampled_from(NationalNumbers),
    st.sampled_from(["", "0", "9", "00", "*9"]),
)


def certain(number, region="DE", is_dialled=False, **place):
    return read(number, Numbering(region, **place), is_dialled=is_dialled).certain


def candidates(number, region="DE", is_dialled=False, **place):
    return set(read(number, Numbering(region, **place), is_dialled=is_dialled).numbers)


@pytest.mark.parametrize(
    ("number", "region", "expected"),
    [
        ("+49 30 23125610", "US", BERLIN),
        ("030 23125-610", "DE", BERLIN),
        ("0049 30 23125610", "DE", BERLIN),
        ("011 49 30 23125610", "US", BERLIN),
        ("0011 49 30 23125610", "AU", BERLIN),
        ("+49 (0)30 23125610", "DE", BERLIN),
        ("0049(0)30 23125610", "DE", BERLIN),
        ("+49 0 30 23125610", "GB", BERLIN),
        ("++49 30 23125610", "DE", BERLIN),
        ("+0049 30 23125610", "DE", BERLIN),
        ("+030 23125610", "DE", BERLIN),
        ("493023125610", "DE", BERLIN),
        ("\u202a+49\u00a030\u202f23125610\u202c", "DE", BERLIN),
        ("+49\u200b30\u200e23125610\ufeff", "DE", BERLIN),
        ("+４９ ３０ ２３１２５６１０", "DE", BERLIN),
        ("sip:+493023125610@pbx.example.com;user=phone", "DE", BERLIN),
        ('"Jane Roe" <sip:03023125610@pbx.example.com>', "DE", BERLIN),
        ("sip:%2B493023125610@pbx.example.com", "DE", BERLIN),
        ("tel:23125610;phone-context=+4930", "US", BERLIN),
        ("03023125610@pbx.example.com", "DE", BERLIN),
        ("030 23125610 x7", "DE", BERLIN),
        ("030 23125610 ext. 123", "DE", BERLIN),
        ("030 23125610 Durchwahl: 12", "DE", BERLIN),
        ("+493023125610;ext=5", "DE", BERLIN),
        ("+39 (0)6 1234 5678", "DE", "+390612345678"),
        ("0039 (0)6 1234 5678", "DE", "+390612345678"),
        ("06 1234 5678", "IT", "+390612345678"),
        ("1-800-FLOWERS", "US", "+18003569377"),
        ("+1 800 flowers", "DE", "+18003569377"),
        ("1-800-GO-FEDEX", "US", "+18004633339"),
        ("Tel. 030 23125610", "DE", BERLIN),
        ("03023125610,,12", "DE", BERLIN),
        ("03023125610p12#", "DE", BERLIN),
        ("2025550142", "US", "+12025550142"),
        ("12025550142", "DE", "+12025550142"),
        ("84951234567", "RU", "+74951234567"),
        ("+52 1 55 1234 5678", "DE", "+525512345678"),
        ("011 15 2345 6789", "AR", "+5491123456789"),
    ],
)
def test_a_number_in_any_format_is_read(number, region, expected):
    assert certain(number, region) == expected


@pytest.mark.parametrize("number", ["+33 6 39 98 00 12", "0033639980012"])
def test_numbers_that_the_library_does_not_know_are_read_too(number):
    assert certain(number) == "+33639980012"
    assert certain("06 39 98 00 12", "FR") == certain("33639980012", "FR") == "+33639980012"


@pytest.mark.parametrize(
    "number",
    ["", "+", "101", "110", "0110", "alice", "PJSIP/alice", "tenant1_101", "0004F2ABCDEF", "mac"]
    + ["*21*493023125610#", "**101", "+999 123456789", "12345678901234567890123", "20123"],
)
def test_phones_codes_and_names_are_no_numbers(number):
    assert candidates(number) == set()


# --- national numbers without their 0 -----------------------------------------------------


def test_kiel_without_0_is_not_vienna():
    assert candidates("4315551234") == {KIEL, VIENNA}
    assert certain("4315551234") is None
    assert certain("4315551234", national=WITHOUT) == KIEL
    assert certain("4315551234", national=WITH) == VIENNA
    reasons = {r.number: r.reason for r in read("4315551234", Numbering("DE")).candidates}
    assert reasons == {KIEL: Reason.WITHOUT_TRUNK, VIENNA: Reason.WITHOUT_PLUS}


def test_an_indian_number_without_0_is_not_in_singapore():
    assert candidates("6562234567", "IN") == {"+916562234567", "+6562234567"}
    assert certain("6562234567", "IN", national=WITHOUT) == "+916562234567"
    assert certain("9812345678", "IN") == "+919812345678"


def test_where_national_numbers_have_no_0_they_are_certain():
    assert certain("6562234567", "US") == "+16562234567"
    assert certain("612345678", "ES") == "+34612345678"


@given(st.integers(2_000_000, 9_999_999))
def test_a_certain_reading_never_depends_on_what_is_not_known(number):
    for area in ("431", "331", "30", "441"):
        sent = f"{area}{number}"
        known = {certain(sent, national=WITH), certain(sent, national=WITHOUT)} - {None}
        if one := certain(sent):
            assert known <= {one}


# --- area codes ---------------------------------------------------------------------------


def test_a_berlin_number_without_area_code_is_not_in_dortmund():
    assert certain("23125610") is None
    assert candidates("23125610") == {"+4923125610"}
    assert certain("23125610", area_code="030") == certain("23125610", area_code="30") == BERLIN
    assert certain("23125610", national=WITHOUT) == "+4923125610"
    assert certain("23125610", national=WITH, area_code="030") == BERLIN
    assert certain("5550142", "US", area_code="202") == "+12025550142"


def test_an_area_code_does_not_make_numbers_of_phones():
    for number in ("20123", "231256"):
        assert certain(number, area_code="030") is None


def test_other_numbers_are_read_as_without_an_area_code():
    for number in ("03023125610", "+4315551234", "4315551234", "2025550142"):
        assert candidates(number, area_code="030") == candidates(number)


# --- outside line -------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("dialled", "prefix", "expected"),
    [
        ("003023125610", "0", BERLIN),
        ("03023125610", "0", BERLIN),
        ("000493023125610", "0", BERLIN),
        ("0+493023125610", "0", BERLIN),
        ("903023125610", "9", BERLIN),
        ("9 00 43 1 5551234", "9", VIENNA),
        ("*31#903023125610", "9", BERLIN),
        ("9,03023125610", "9", BERLIN),
        ("0w03023125610", "0", BERLIN),
        ("9*31#03023125610", "9", BERLIN),
        ("00004315551234"[1:], "0", VIENNA),
        ("03023125610", "9", BERLIN),
    ],
)
def test_the_outside_prefix_is_not_part_of_the_number(dialled, prefix, expected):
    assert certain(dialled, is_dialled=True, outside_prefix=prefix) == expected


@pytest.mark.parametrize(
    ("dialled", "expected"),
    [
        ("92025550142", "+12025550142"),
        ("912025550142", "+12025550142"),
        ("9185550142", "+19185550142"),
        ("95550142", "+12025550142"),
        ("9011493023125610", BERLIN),
    ],
)
def test_the_outside_prefix_9_in_north_america(dialled, expected):
    place = {"outside_prefix": "9", "area_code": "202"}
    assert certain(dialled, "US", is_dialled=True, **place) == expected


def test_a_0_that_can_be_the_outside_line_or_the_number_stays_open():
    dialled = {"is_dialled": True, "outside_prefix": "0"}
    assert candidates("004315551234", **dialled) == {KIEL, VIENNA}
    assert certain("023125610", **dialled) is None
    assert candidates("023125610", area_code="030", **dialled) == {"+4923125610", BERLIN}


def test_callers_dial_no_outside_prefix_but_some_systems_write_it():
    assert certain("004315551234", outside_prefix="0") == VIENNA
    assert certain("003023125610", outside_prefix="0") == BERLIN


@pytest.mark.parametrize(
    ("number", "region", "expected"),
    [
        ("*31#03023125610", "DE", BERLIN),
        ("#31#+493023125610", "DE", BERLIN),
        ("*672025550142", "US", "+12025550142"),
        ("*82 1 202 555 0142", "US", "+12025550142"),
        ("141 020 7946 0018", "GB", "+442079460018"),
        ("1831 02 9123 4567", "AU", "+61291234567"),
    ],
)
def test_codes_that_hide_or_show_the_own_number_are_not_part_of_the_number(
    number, region, expected
):
    assert certain(number, region) == expected
    assert certain(number, region, is_dialled=True, outside_prefix="8") == expected


# --- the same phone -----------------------------------------------------------------------


def test_argentina_with_and_without_9_and_mexico_with_and_without_1_are_the_same():
    assert set(same_numbers("+5491123456789")) == {"+5491123456789", "+541123456789"}
    assert set(same_numbers("+541123456789")) == set(same_numbers("+5491123456789"))
    assert set(same_numbers("+5215512345678")) == {"+5215512345678", "+525512345678"}
    assert same_numbers(BERLIN) == (BERLIN,)


@given(st.from_regex(r"\+5[24][19]?[0-9]{10}", fullmatch=True))
def test_being_the_same_phone_is_mutual(number):
    for other in same_numbers(number):
        assert number in same_numbers(other)


# --- any input ----------------------------------------------------------------------------


@given(st.text("0123456789+*#() -x.@:;<>/extsip\u200b", max_size=40), PLACES, st.booleans())
def test_any_text_is_read(text, place, is_dialled):
    found = read(text, place, is_dialled=is_dialled)
    for number in found.numbers:
        assert number[0] == "+"
        assert number[1:].isdigit()
        again = read(number, place)
        assert again.certain == number
    assert found.certain in (None, *found.numbers)


@given(st.sampled_from([BERLIN, KIEL, VIENNA, "+442079460018", "+12025550142"]), PLACES)
def test_a_number_in_e164_is_the_same_everywhere(number, place):
    assert read(number, place).certain == number
    assert make_plain(number) == number


@given(st.sampled_from([BERLIN, KIEL, VIENNA, "+442079460018", "+12025550142"]), PLACES)
def test_what_a_number_can_have_been_written_as_contains_every_form_that_stays_open(number, place):
    forms = set(written_forms(number))
    digits = number[1:]
    for sent in (digits, digits[2:], digits[4:], f"00{digits}", f"0{digits[2:]}"):
        found = read(sent, place, is_dialled=True)
        if number in found.numbers and not found.certain:
            assert sent in forms
