from hypothesis import given
from hypothesis import strategies as st

from odoo.exceptions import UserError
from odoo.tests import BaseCase, tagged

from odoo.addons.phone_validation.tools.phone_validation import phone_format

from ..tools import is_written_as_block, prefixes, readable, to_e164, to_e164_all, to_prefix

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
    ("\u202a+49\u00a030\u202f23125610\u202c", "DE"): "+493023125610",  # with invisible marks
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
    ("23125610", "DE"): "+4923125610",  # as Odoo's reader
    ("4315551234", "DE"): "+494315551234",  # as Odoo's reader
    # SIP
    ("sip:+493023125610@pbx.example.com;user=phone", "DE"): "+493023125610",
    ('"Jane Roe" <sip:030231256 10@pbx.example.com>', "DE"): "+493023125610",
    ("tel:+12025550142", "DE"): "+12025550142",
    # as people write, with what does not belong to the number
    ("++49 30 23125610", "DE"): "+493023125610",
    ("+049 (0)30 23125610", "DE"): "+493023125610",
    ("Tel. 030 23125610", "DE"): "+493023125610",
    ("Telefon: (030) 231 25-610", "DE"): "+493023125610",
    ("030 23125610 x123", "DE"): "+493023125610",
    ("+49 30 23125610 ext. 5", "US"): "+493023125610",
    ("030 23125610 Durchwahl 12", "DE"): "+493023125610",
    ("030 23125610;ext=12", "DE"): "+493023125610",
    ("030 23125610 (office)", "DE"): "+493023125610",
    ("030 23125610 / 0171 3920042", "DE"): "+493023125610",
    ("1-800-FLOWERS", "US"): "+18003569377",
    ("+39 (0)6 1234 5678", "DE"): "+390612345678",
    ("+33 6 39 98 00 12", "FR"): "+33639980012",
    ("06 39 98 00 12", "FR"): "+33639980012",
    ("+52 1 55 1234 5678", "MX"): "+525512345678",
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

    def test_whatever_odoos_reader_accepts_is_accepted(self):
        typed = st.from_regex(r"[+]{0,2}[0-9(][0-9 ()./-]{4,18}( x[0-9]{1,3})?", fullmatch=True)

        @given(typed, st.sampled_from(["DE", "US", "IT", "FR", "AR", "GB"]))
        def check(text, region):
            try:
                phone_format(text, region, None, force_format="E164")
            except UserError:
                return
            assert to_e164(text, region)

        check()

    def test_every_number_in_a_field_is_read(self):
        expected = ["+493023125610", "+491713920042"]
        for text in (
            "030 23125610 / 0171 3920042",
            "030/23125610; +49 171 3920042",
            "030 23125610 oder 0171-3920042",
            "Tel. 030 23125610, mobile 0171 3920042, Fax 030 23125699",
        ):
            with self.subTest(text):
                self.assertEqual(to_e164_all(text, "DE"), expected)
        self.assertEqual(to_e164_all("030/23125610", "DE"), expected[:1])
        # the second one has no area code: it is not one of Dortmund
        self.assertEqual(to_e164_all("030 23125610 / 23125611", "DE"), expected[:1])

    def test_the_prefix_of_a_block(self):
        for text in (
            "030 23125", "+49 30 23125-", "030 23125-0", "030 23125-xx", "030 23125 XXX",
            "+49 30 23125…", "+49 30 23125...", "03023125*", "030 23125-0 bis -99",
            "030 23125-00–99", "030/23125-?", "+49 (0)30 23125-0", "49 30 23125", "(030) 23125 - 0",
        ):  # fmt: skip
            with self.subTest(text):
                self.assertEqual(to_prefix(text, "DE"), "+493023125")
        self.assertEqual(to_prefix("06 23125-0", "IT"), "+390623125")
        self.assertEqual(to_prefix("202 555 01xx", "US"), "+120255501")
        self.assertEqual(to_prefix("0900", "DE"), "+49900")
        self.assertIsNone(to_prefix("block", "DE"))

    def test_a_block_is_recognised_by_how_it_is_written(self):
        for text in ("030 23125-xx", "+49 30 23125…", "03023125*", "030 23125-0 bis -99"):
            self.assertTrue(is_written_as_block(text), text)
        for text in ("030 23125-0", "030 23125610", "030 23125-610", "101", "*", "alex", ""):
            self.assertFalse(is_written_as_block(text), text)

    def test_prefixes_are_returned_longest_first(self):
        self.assertEqual(prefixes("+4930123"), ["+4930123", "+493012", "+49301", "+4930"])
        self.assertEqual(prefixes("101"), [])

    def test_numbers_are_shown_as_people_write_them(self):
        self.assertEqual(readable("+493023125610"), "+49 30 23125610")
        self.assertEqual(readable("+12025550142"), "+1 202-555-0142")
        self.assertEqual(readable("101"), "101")
        self.assertEqual(readable("+abc"), "+abc")
