from hypothesis import given
from hypothesis import strategies as st

from odoo.tests import BaseCase, tagged

from ..tools import prefixes, readable, to_e164, to_prefix

FORMATS = {
    # national and international, with separators
    ("+49 30 23125610", "DE"): "+493023125610",
    ("030 23125-610", "DE"): "+493023125610",
    ("030/23125610", "DE"): "+493023125610",
    ("(030) 231 25 610", "DE"): "+493023125610",
    ("+49 (0)30 23125 610", "DE"): "+493023125610",
    ("0049 30 23125610", "DE"): "+493023125610",
    ("0049 30 23125610", "GB"): "+493023125610",
    ("011 49 30 23125610", "US"): "+493023125610",
    ("\u202a+49\u00a030\u202f23125610", "DE"): None,  # invisible marks are not separators
    ("+49\u00a030\u202f23125\u2011610", "DE"): "+493023125610",
    # without a plus, as many systems send
    ("493023125610", "DE"): "+493023125610",
    ("493023125610", "GB"): "+493023125610",
    ("493023125610", "US"): "+493023125610",
    ("442079460123", "DE"): "+442079460123",
    ("12025550142", "DE"): "+12025550142",
    ("12025550142", "US"): "+12025550142",
    ("2025550142", "US"): "+12025550142",
    ("3023125610", "DE"): "+493023125610",
    # SIP
    ("sip:+493023125610@pbx.example.com;user=phone", "DE"): "+493023125610",
    ('"Jane Roe" <sip:030231256 10@pbx.example.com>', "DE"): "+493023125610",
    ("tel:+12025550142", "DE"): "+12025550142",
    # no numbers: extensions, short codes, names
    ("101", "DE"): None,
    ("110", "DE"): None,
    ("anonymous", "DE"): None,
    ("", "DE"): None,
    ("+", "DE"): None,
    ("*21*49302312561#", "DE"): None,
    ("+999 123456789", "DE"): None,
    # without a country only international numbers are understood
    ("030 23125610", None): None,
    ("+493023125610", None): "+493023125610",
}


@tagged("post_install", "-at_install")
class TestPhone(BaseCase):
    """Numbers in any format are converted to E.164."""

    def test_formats(self):
        for (number, region), expected in FORMATS.items():
            with self.subTest(number=number, region=region):
                self.assertEqual(to_e164(number, region), expected)

    def test_normalized_numbers_are_kept(self):
        for number in ("+493023125610", "+12025550142", "+442079460123"):
            self.assertEqual(to_e164(number, "FR"), number)

    def test_any_text_is_accepted(self):
        @given(st.text(max_size=30), st.sampled_from(["DE", "US", "IT", None, "XX"]))
        def check(text, region):
            number = to_e164(text, region)
            assert number is None or (number[0] == "+" and number[1:].isdigit())
            assert number is None or to_e164(number, region) == number

        check()

    def test_formatted_and_raw_numbers_are_the_same(self):
        @given(st.integers(0, 999), st.sampled_from(["030 23125-%s", "+49 (30) 23125 %s"]))
        def check(extension, form):
            written = form % f"{extension:03}"
            assert to_e164(written, "DE") == to_e164(f"493023125{extension:03}", "DE")

        check()

    def test_the_prefix_of_a_block(self):
        self.assertEqual(to_prefix("030 23125", "DE"), "+493023125")
        self.assertEqual(to_prefix("+49 30 23125-", "US"), "+493023125")
        self.assertIsNone(to_prefix("block", "DE"))

    def test_prefixes_are_returned_longest_first(self):
        self.assertEqual(prefixes("+4930123"), ["+4930123", "+493012", "+49301", "+4930"])
        self.assertEqual(prefixes("101"), [])

    def test_numbers_are_shown_as_people_write_them(self):
        self.assertEqual(readable("+493023125610"), "+49 30 23125610")
        self.assertEqual(readable("+12025550142"), "+1 202-555-0142")
        self.assertEqual(readable("101"), "101")
        self.assertEqual(readable("+abc"), "+abc")
