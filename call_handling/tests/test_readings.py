import base64
import html
import json
from urllib.parse import quote, quote_plus

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from odoo.tests import BaseCase, tagged

from ..tools import contains_phrase, get_ends_of_digits, get_phrases, get_readings

NUMBER = "+12025550142"
# A busy machine is no fault.
SETTINGS = settings(deadline=None, database=None, suppress_health_check=[HealthCheck.too_slow])
DISGUISES = {
    "plain": str,
    "JSON": lambda text: json.dumps({"text": text}),
    "JSON in JSON": lambda text: json.dumps({"text": json.dumps({"text": text})}),
    "HTML": lambda text: f"<p>{html.escape(text)}</p>",
    "characters of HTML": lambda text: "".join(f"&#{ord(character)};" for character in text),
    "address": lambda text: f"https://example.com/calls/{quote(text, safe='')}/5",
    "query": lambda text: f"a=b&id={quote_plus(text)}",
    "JSON in base64": lambda text: base64.b64encode(json.dumps([text, "call"]).encode()).decode(),
    "base64 in JSON": lambda text: json.dumps(
        {"id": base64.urlsafe_b64encode(f"the call {text}".encode()).decode()}
    ),
    "upper case": str.upper,
    "longer id": lambda text: f"host-7/{text}:4",
}
# Words with signs between them, as in names and references.
WORD = st.text("abcäøß019", min_size=3, max_size=8)
PHRASES = st.builds("{}{}{}".format, WORD, st.sampled_from([" ", ".", " & ", "-", "'", ": "]), WORD)


@tagged("post_install", "-at_install")
class TestReadings(BaseCase):
    """What stands in a message is found, in whatever format the message is."""

    def test_a_name_or_reference_is_found_in_every_disguise(self):
        @SETTINGS
        @given(PHRASES, st.sampled_from(sorted(DISGUISES)))
        def check(phrase, name):
            readings = get_readings(DISGUISES[name](phrase))
            wanted = phrase.casefold()
            self.assertTrue(any(contains_phrase(text, wanted) for text in readings))
            self.assertIn(wanted, set().union(*map(get_phrases, readings)))

        check()

    def test_a_number_is_found_however_its_digits_are_grouped(self):
        written = (NUMBER, NUMBER[1:], "001 202 555-0142", "(202) 555.01 42", "555\u00a00142")
        for number in written:
            for name, disguise in DISGUISES.items():
                with self.subTest(number=number, disguise=name):
                    text = " ".join(get_readings(disguise(f"from {number}")))
                    self.assertIn("5550142", get_ends_of_digits(text, [7]))

    def test_a_part_of_a_longer_word_is_not_meant(self):
        for text in ("c1234", "xc123", "c12 3"):
            self.assertFalse(contains_phrase(text, "c123"), text)
            self.assertNotIn("c123", get_phrases(text))

    def test_any_text_can_be_read(self):
        @SETTINGS
        @given(st.text(max_size=200))
        def check(text):
            readings = get_readings(text)
            self.assertIn(text.casefold(), readings)
            for reading in readings:
                get_phrases(reading)
                get_ends_of_digits(reading, [5, 7])

        check()

    def test_what_is_read_can_be_encoded(self):
        for text in ('{"a": "\\ud83d"}', '{"a": "\\ude00\\ud83d"}', "\ud83d"):
            for reading in get_readings(text):
                reading.encode()
        self.assertIn("a 😀 b", " ".join(get_readings("a \\ud83d\\ude00 b")))
