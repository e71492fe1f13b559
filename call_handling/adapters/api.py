"""Uses a telephone system's own API: to dial, and to test the connection.

All requests of all adapters are sent by :meth:`ApiClient.ask`. An adapter overrides the small
methods around it for what is special about its system.
"""

from __future__ import annotations

import re
from enum import Enum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import requests

    from .guide import FormField
    from .settings import Settings
from .reasons import Reason, Why

API_TIMEOUT = 10  # seconds
MAX_DETAIL = 200  # characters of what the system said

_UNPRINTABLE = re.compile(r"[^ -~\u00a0-\ud7ff\ue000-\uffef]+")


class Problem(str, Enum):
    """Why a telephone system did not do what it was asked to do."""

    NOT_SET_UP = "not_set_up"  # detail: the names of the empty settings
    UNREACHABLE = "unreachable"
    UNAUTHORIZED = "unauthorized"  # detail: what the system said, if anything
    REFUSED = "refused"  # detail: what the system said
    NOT_UNDERSTOOD = "not_understood"
    NO_RELAY = "no_relay"
    NO_TARGET = "no_target"  # detail: the extension or number


TEXTS = {
    Problem.NOT_SET_UP: "These settings are missing: {detail}",
    Problem.UNREACHABLE: "The telephone system cannot be reached: {detail}",
    Problem.UNAUTHORIZED: "The telephone system does not accept the user or the password.",
    Problem.REFUSED: "The telephone system refused: {detail}",
    Problem.NOT_UNDERSTOOD: "The answer of the telephone system cannot be understood: {detail}",
    Problem.NO_RELAY: "The relay beside the telephone system does not ask for commands.",
    Problem.NO_TARGET: "The telephone system does not know {detail}.",
}


class ApiError(Exception):
    """The telephone system did not do what it was asked to do. The text says why, for people.

    :param detail: never contains secrets
    :param status: of the answer, if there was one that says so
    """

    def __init__(self, problem: Problem, detail: str = "", status: int | None = None):
        super().__init__(TEXTS[problem].format(detail=detail))
        self.problem = problem
        self.detail = detail
        self.status = status


class BearerAuth:
    """``Authorization: Bearer …`` for ``requests``. Unlike a header, it is never replaced by a
    ``.netrc`` file."""

    def __init__(self, token: str):
        self.token = token

    def __call__(self, request):
        request.headers["Authorization"] = f"Bearer {self.token}"
        return request


class ApiClient:
    """The part of an adapter that sends requests."""

    settings: Settings
    fields: tuple[FormField, ...]
    api_url = ""  # of a system whose API has the same address for everybody

    @property
    def api_needs(self) -> tuple[str, ...]:
        """The settings without which the API cannot be used."""
        return tuple(field.name for field in self.fields if field.required)

    # === HOOKS === #

    def get_api_url(self, path: str) -> str:
        return f"{(self.settings.api_url or self.api_url).rstrip('/')}/{path.lstrip('/')}"

    def get_api_auth(self):
        """Return our credentials, as ``requests`` takes them."""
        return (self.settings.api_user, self.settings.api_secret)

    def get_api_headers(self) -> dict[str, str]:
        return {"Accept": "application/json"}

    def read_body(self, response: requests.Response):
        """Return the content of an answer's body.

        :raise ValueError: it cannot be read
        """
        return response.json() if response.content.strip() else {}

    def find_fault(self, answer) -> str | None:
        """Return what went wrong although the status of the answer reports success."""
        return None

    def describe_refusal(self, response: requests.Response) -> str:
        """Return the reason for a refusal that an answer contains."""
        try:
            return find_message(self.read_body(response)) or ""
        except ValueError:
            return ""

    # === REQUESTS === #

    def is_api_set_up(self) -> bool:
        """Return whether somebody has begun to enter what the API needs."""
        names = [name for name in self.api_needs if name.startswith("api_")]
        return any(getattr(self.settings, name) for name in names)

    def ask(self, method: str, path: str, **content):
        """Send a request to the telephone system.

        :param content: ``json``, ``data``, ``params``, ``auth`` as ``requests`` takes them
        :return: the content of the answer's body
        :raise ApiError: it did not do what it was asked to do
        """
        import requests  # not needed by those who only simulate calls

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
            # The error's own text contains the address, with whatever is secret in it.
            raise ApiError(Problem.UNREACHABLE, type(error).__name__) from None
        return self._read_answer(response)

    def _check_settings(self):
        missing = [name for name in self.api_needs if not getattr(self.settings, name)]
        if missing:
            raise ApiError(Problem.NOT_SET_UP, ", ".join(missing))

    def _read_answer(self, response: requests.Response):
        if response.status_code in (401, 403):
            raise ApiError(Problem.UNAUTHORIZED, self._clean(self.describe_refusal(response)))
        if not 200 <= response.status_code < 300:
            said = self.describe_refusal(response) or response.reason or ""
            text = self._clean(f"{said} ({response.status_code})")
            raise ApiError(Problem.REFUSED, text, response.status_code)
        try:
            answer = self.read_body(response)
        except ValueError:
            raise ApiError(Problem.NOT_UNDERSTOOD, Reason(Why.ANSWER_NO_JSON)) from None
        if fault := self.find_fault(answer):
            raise ApiError(Problem.REFUSED, self._clean(fault))
        return answer

    def required(self, answer, *path: str) -> str:
        """Return a text that an answer must contain at a path.

        :raise ApiError: it is missing
        """
        for name in path:
            answer = answer.get(name) if isinstance(answer, dict) else None
        if answer in (None, ""):
            missing = Reason(Why.MISSING, name=".".join(path))
            raise ApiError(Problem.NOT_UNDERSTOOD, missing)
        return str(answer)

    def _clean(self, said: str) -> str:
        """Shorten what the system said, and remove our secrets, which some systems repeat."""
        if isinstance(said, Reason):
            return said
        for secret in (self.settings.api_secret, self.settings.secret):
            if secret:
                said = said.replace(secret, "…")
        return _UNPRINTABLE.sub(" ", said).strip()[:MAX_DETAIL]


def find_message(answer) -> str | None:
    """Return the text for people in an answer, wherever it is."""
    if isinstance(answer, list):
        return next((text for part in answer if (text := find_message(part))), None)
    if not isinstance(answer, dict):
        return None
    for name in ("message", "detail", "title", "error", "errors", "error_title", "errmsg"):
        value = answer.get(name)
        text = value if isinstance(value, str) else find_message(value)
        if text:
            return text
    return None
