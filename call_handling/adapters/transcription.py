"""Asks a server for the text of a recording, in the form of OpenAI's transcription API.

Speaches, LocalAI, vLLM, whisper.cpp's server and clouds speak it. What they return differs: with
segments and times, or only a text. Whatever comes back is data, and is bounded to the sound that
was sent.
"""

from __future__ import annotations

import math
import re
from typing import NamedTuple

from .endpoint import Bounds, Endpoint, EndpointError, File, Trouble, post_form
from .fetching import Network
from .reasons import Reason, Why

MAX_FILE = 25 * 1024**2  # bytes that such servers accept
MAX_PROMPT = 400  # characters; more than about 200 words are ignored by them
MAX_SEGMENTS = 1000  # of one answer
MAX_TEXT = 5000  # characters of one segment

# https://platform.openai.com/docs/api-reference/audio/createTranscription
DETAILED, PLAIN = "verbose_json", "json"
# Servers that do not know the detailed form refuse it
_NOT_KNOWN = (400, 415, 422, 501)

_BLANKS = re.compile(r"[\x00-\x20\x7f-\xa0\u2028\u2029]+")


class Said(NamedTuple):
    """Something that was said.

    :param start: milliseconds from the beginning of what was sent
    :param end: milliseconds, not before ``start``
    """

    start: int
    end: int
    text: str


class Transcriber:
    """Asks one server, and remembers which form it speaks.

    :param endpoint: the server
    :param bounds: what is waited for
    """

    def __init__(self, endpoint: Endpoint, bounds: Bounds, network: Network | None = None):
        self.endpoint = endpoint
        self.bounds = bounds
        self.network = network
        self.form = DETAILED

    def transcribe(
        self, file: File, length: int, language: str = "", prompt: str = ""
    ) -> list[Said]:
        """Return what is said in a file.

        :param length: of the sound, in milliseconds
        :param language: ISO 639-1 code, if it is known
        :param prompt: words that may come, such as names
        :raise EndpointError: the server does not say it
        """
        if len(file.content) > MAX_FILE:
            raise EndpointError(Trouble.TOO_LARGE)
        try:
            answer = self._ask(file, language, prompt)
        except EndpointError as error:
            if self.form == PLAIN or error.status not in _NOT_KNOWN:
                raise
            self.form = PLAIN
            answer = self._ask(file, language, prompt)
        return read_answer(answer, length)

    def _ask(self, file: File, language: str, prompt: str) -> object:
        values = {
            "model": self.endpoint.model,
            "language": language,
            "prompt": prompt[:MAX_PROMPT],
            "response_format": self.form,
        }
        given = [(name, value) for name, value in values.items() if value]
        return post_form(self.endpoint, given, file, self.bounds, self.network)


def read_answer(answer: object, length: int) -> list[Said]:
    """Return what an answer says was said, in the order of time and within the sound.

    :param length: of the sound, in milliseconds
    :raise EndpointError: it is no such answer
    """
    if not isinstance(answer, dict):
        raise EndpointError(Trouble.NOT_UNDERSTOOD, Reason(Why.ANSWER_NO_TEXT))
    segments = answer.get("segments")
    found = _read_segments(segments, length) if isinstance(segments, list) else []
    if found:
        return found
    if not isinstance(answer.get("text"), str):
        raise EndpointError(Trouble.NOT_UNDERSTOOD, Reason(Why.ANSWER_NO_TEXT))
    text = clean(answer["text"], MAX_TEXT * 4)
    return [Said(0, length, text)] if text else []


def clean(text: object, most: int = MAX_TEXT) -> str:
    """Return a text on one line, as it can be stored and shown."""
    if not isinstance(text, str):
        return ""
    storable = text[: 2 * most].encode("utf-8", "replace").decode()
    return _BLANKS.sub(" ", storable).strip()[:most]


def _read_segments(segments: list, length: int) -> list[Said]:
    found, last = [], 0
    for segment in segments[:MAX_SEGMENTS]:
        if isinstance(segment, dict) and (text := clean(segment.get("text"))):
            start = _read_time(segment.get("start"), last, length)
            last = max(start, _read_time(segment.get("end"), length, length))
            found.append(Said(start, last, text))
    return sorted(found, key=lambda said: said.start)


def _read_time(value: object, otherwise: int, length: int) -> int:
    """Return seconds as milliseconds within the sound."""
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not math.isfinite(value):
        return otherwise
    return round(min(max(value, 0), length / 1000) * 1000)
