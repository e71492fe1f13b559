"""What a message can mean whose format is not known."""

import base64
import html
import re
from urllib.parse import unquote_plus

MOST_TOKENS = 20  # of a name or a reference

_TOKEN = re.compile(r"[^\W_]+|\s+|[^\w\s]|_")
_UNICODE = re.compile(r"\\+(?:u([\da-f]{4})|x([\da-f]{2}))", re.IGNORECASE)
_ESCAPED = re.compile(r"\\([\"'/\\])")
_BASE64 = re.compile(r"[A-Za-z0-9+/_-]{12,}")
_BETWEEN_DIGITS = re.compile(r"(?<=\d)[\s().\-/\u00a0\u2010-\u2015\u202f]{1,3}(?=\d)")
_RUN_OF_DIGITS = re.compile(r"\d+")
_DEEPEST = 3  # base64 within base64


def get_readings(text):
    """Return a text as it is and without its escapes (JSON, HTML, addresses), and the texts that
    stand in it as base64. All are in lower case.

    :param str text: in whatever format
    :rtype: set[str]
    """
    readings, new = set(), {text}
    for _depth in range(_DEEPEST):
        plain = {_unescape(reading) for reading in new}
        readings |= {_join_surrogates(reading).casefold() for reading in new | plain}
        new = {decoded for reading in new | plain for decoded in _decode_parts(reading)}
    return readings


def _unescape(text):
    while True:
        plain = _UNICODE.sub(lambda match: chr(int(match[1] or match[2], 16)), text)
        plain = html.unescape(unquote_plus(_ESCAPED.sub(r"\1", plain)))
        # Each of them makes the text shorter, or leaves it as it is but for spaces.
        if len(plain) >= len(text):
            return plain
        text = plain


def _join_surrogates(text):
    """Return a text with the characters that pairs of surrogates stand for. One that is alone
    stands for nothing, and cannot be encoded."""
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")


def _decode_parts(text):
    for token in _BASE64.findall(text):
        part = token.replace("-", "+").replace("_", "/")
        try:
            yield base64.b64decode(part + "=" * (-len(part) % 4)).decode()
        except ValueError:
            continue  # an ordinary word


def join_digits(text):
    """Return a text with numbers as one, however their digits are grouped in it."""
    return _BETWEEN_DIGITS.sub("", text)


def get_ends_of_digits(text, lengths):
    """Return all sequences of digits in a text that can be the end of a number.

    :param text: the text
    :param lengths: how many digits
    :rtype: set[str]
    """
    runs = _RUN_OF_DIGITS.findall(join_digits(text))
    return {
        run[start : start + length]
        for run in runs
        for length in lengths
        for start in range(len(run) - length + 1)
    }


def get_phrases(text):
    """Return everything in a text that can be a name or a reference: up to ``MOST_TOKENS`` words
    and signs beside each other.

    :rtype: set[str]
    """
    tokens = _TOKEN.findall(text)
    phrases = set()
    for start in range(len(tokens)):
        phrase = ""
        for token in tokens[start : start + MOST_TOKENS]:
            phrase += token
            phrases.add(phrase)
    return phrases


def contains_phrase(text, phrase):
    """Return whether a phrase stands in a text, and not only as a part of a longer word."""
    return bool(re.search(rf"(?<![^\W_]){re.escape(phrase)}(?![^\W_])", text))
