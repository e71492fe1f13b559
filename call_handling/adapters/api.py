"""Asks a telephone system's own API: to dial, and to test the connection.

All requests of all adapters leave through :meth:`ApiClient.ask`. An adapter says what is
special about its system by overriding the small methods around it.
"""

from __future__ import annotations

import re
from enum import Enum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import requests

API_TIMEOUT = 10  # seconds
MAX_DETAIL = 200  # characters of what the system said

_UNPRINTABLE = re.compile(r"[^ -~\u00a0-\ud7ff\ue000-\uffef]+")


class Problem(str, Enum):
    """Why a telephone system did not do what it was asked."""

    NOT_SET_UP = "not_set_up"  # detail: the fields of the settings that are empty
    UNREACHABLE = "unreachable"
    NOT_LET_IN = "not_let_in"
    REFUSED = "refused"  # detail: what the system said
    NOT_UNDERSTOOD = "not_understood"


TEXTS = {
    Problem.NOT_SET_UP: "These settings are missing: {detail}",
    Problem.UNREACHABLE: "The telephone system cannot be reached: {detail}",
    Problem.NOT_LET_IN: "The telephone system does not accept the user or the password.",
    Problem.REFUSED: "The telephone system refused: {detail}",
    Problem.NOT_UNDERSTOOD: "The telephone system gave an answer that is not understood: {detail}",
}


class ApiError(Exception):
    """The telephone system did not do what it was asked. The text says why, for people.

    :param detail: never with secrets in it
    """

    def __init__(self, problem: Problem, detail: str = ""):
        super().__init__(TEXTS[problem].format(detail=detail))
        self.problem = problem
        self.detail = detail


class BearerAuth:
    """``Authorization: Bearer …``, as ``requests`` takes it; unlike a header it is never
    replaced by a ``.netrc``."""

    def __init__(self, token: str):
        self.token = token

    def __call__(self, request):
        request.headers["Authorization"] = f"Bearer {self.token}"
        return request


class ApiClient:
    """The part of an adapter that asks. Needs ``settings``."""

    api_url = ""  # of a system that is the same for everybody
    api_needs: tuple[str, ...] = ()  # fields of the settings without which nothing can be asked

    # === HOOKS === #

    def get_api_url(self, path: str) -> str:
        return f"{(self.settings.api_url or self.api_url).rstrip('/')}/{path.lstrip('/')}"

    def get_api_auth(self):
        """Who asks, as ``requests`` takes it."""
        return (self.settings.api_user, self.settings.api_secret)

    def get_api_headers(self) -> dict[str, str]:
        return {"Accept": "application/json"}

    def read_body(self, response: requests.Response):
        """What the body of an answer says.

        :raise ValueError: nothing that can be read
        """
        return response.json() if response.content.strip() else {}

    def find_fault(self, answer) -> str | None:
        """What went wrong although the status of the answer says that all is well."""
        return None

    def describe_refusal(self, response: requests.Response) -> str:
        """What an answer says about why it refuses."""
        try:
            return _find_message(self.read_body(response)) or ""
        except ValueError:
            return ""

    # === ASKING === #

    def is_api_set_up(self) -> bool:
        """Somebody has begun to enter what is needed to ask."""
        names = [name for name in self.api_needs if name.startswith("api_")]
        return any(getattr(self.settings, name) for name in names)

    def ask(self, method: str, path: str, **content):
        """Send a request to the telephone system.

        :param content: ``json``, ``data``, ``params``, ``auth`` as ``requests`` takes them
        :return: what the body of the answer says
        :raise ApiError: it did not do what it was asked
        """
        import requests  # not there for those who only simulate calls

        self._check_settings()
        content.setdefault("auth", self.get_api_auth())
        try:
            response = requests.request(
                method,
                self.get_api_url(path),
                headers=self.get_api_headers(),
                timeout=API_TIMEOUT,
                allow_redirects=False,
                **content,
            )
        except requests.RequestException as error:
            # The error's own text has the address in it, with whatever is secret there.
            raise ApiError(Problem.UNREACHABLE, type(error).__name__) from None
        return self._read_answer(response)

    def _check_settings(self):
        missing = [name for name in self.api_needs if not getattr(self.settings, name)]
        if missing:
            raise ApiError(Problem.NOT_SET_UP, ", ".join(missing))

    def _read_answer(self, response: requests.Response):
        if response.status_code in (401, 403):
            raise ApiError(Problem.NOT_LET_IN, self._clean(self.describe_refusal(response)))
        if not 200 <= response.status_code < 300:
            said = self.describe_refusal(response) or response.reason or ""
            raise ApiError(Problem.REFUSED, self._clean(f"{said} ({response.status_code})"))
        try:
            answer = self.read_body(response)
        except ValueError:
            raise ApiError(Problem.NOT_UNDERSTOOD, "no JSON") from None
        if fault := self.find_fault(answer):
            raise ApiError(Problem.REFUSED, self._clean(fault))
        return answer

    def required(self, answer, *path: str) -> str:
        """A text that must be at a place in an answer.

        :raise ApiError: it is not there
        """
        for name in path:
            answer = answer.get(name) if isinstance(answer, dict) else None
        if answer in (None, ""):
            raise ApiError(Problem.NOT_UNDERSTOOD, f"{'.'.join(path)} is missing")
        return str(answer)

    def _clean(self, said: str) -> str:
        """What the system said, short, and without our own secrets, which some repeat."""
        for secret in (self.settings.api_secret, self.settings.secret):
            if secret:
                said = said.replace(secret, "…")
        return _UNPRINTABLE.sub(" ", said).strip()[:MAX_DETAIL]


def _find_message(answer) -> str | None:
    """The text in an answer that was meant for people, wherever it stands."""
    if isinstance(answer, list):
        return next((text for part in answer if (text := _find_message(part))), None)
    if not isinstance(answer, dict):
        return None
    for name in ("message", "detail", "title", "error", "errors", "error_title", "errmsg"):
        value = answer.get(name)
        text = value if isinstance(value, str) else _find_message(value)
        if text:
            return text
    return None
