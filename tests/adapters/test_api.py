"""Requests to the API of any telephone system."""

import pytest

from adapters.api import ApiError, Problem
from adapters.base import Adapter, Settings

SECRET = "known to nobody"


class SomeAdapter(Adapter):
    """A system with the minimum that an API needs."""

    code = name = "some"
    api_needs = ("api_url", "api_secret")

    def find_fault(self, answer):
        return answer.get("fault")

    def test(self):
        return self.ask("GET", "ping", params={"key": self.settings.api_secret})


def problem_of(settings):
    with pytest.raises(ApiError) as raised:
        SomeAdapter(settings).test()
    assert SECRET not in str(raised.value)
    assert raised.value.__cause__ is None
    assert raised.value.__suppress_context__ or raised.value.__context__ is None
    return raised.value.problem, raised.value.detail


@pytest.fixture
def settings(api):
    return Settings(api_url=f"{api.url}/v1/", api_user="u", api_secret=SECRET, secret=SECRET)


def test_the_answer_is_returned(api, settings):
    api.will_answer({"pong": True})
    assert SomeAdapter(settings).test() == {"pong": True}
    assert api.requests[0].path.startswith("/v1/ping?")
    assert api.requests[0].headers["authorization"].startswith("Basic ")


def test_an_empty_answer_is_a_success(api, settings):
    api.will_answer("", 204)
    assert SomeAdapter(settings).test() == {}


def test_missing_settings_are_named():
    problem, detail = problem_of(Settings())
    assert (problem, detail) == (Problem.NOT_SET_UP, "api_url, api_secret")


def test_an_unreachable_system_is_reported():
    settings = Settings(api_url="http://127.0.0.1:9", api_secret=SECRET)
    assert problem_of(settings) == (Problem.UNREACHABLE, "ConnectionError")


def test_an_invalid_address_is_reported():
    settings = Settings(api_url="my telephone system", api_secret=SECRET)
    problem, detail = problem_of(settings)
    # the name differs between versions of `requests`
    assert (problem, detail in ("MissingSchema", "InvalidURL")) == (Problem.UNREACHABLE, True)


@pytest.mark.parametrize("status", [401, 403])
def test_a_wrong_password_is_reported(api, settings, status):
    api.will_answer({"message": "no"}, status)
    assert problem_of(settings) == (Problem.UNAUTHORIZED, "no")


@pytest.mark.parametrize(
    ("status", "body", "detail"),
    [
        (400, {"message": "Bad number"}, "Bad number (400)"),
        (422, {"errors": [{"title": "Bad", "detail": "number"}]}, "number (422)"),
        (500, "<html>", "Internal Server Error (500)"),
        (402, {"error": "no money\n\x07left"}, "no money left (402)"),
        (302, "", "Found (302)"),
    ],
)
def test_a_refusal_has_the_reason_that_the_system_gave(api, settings, status, body, detail):
    api.will_answer(body, status, Location="http://127.0.0.1:9/elsewhere")
    assert problem_of(settings) == (Problem.REFUSED, detail)


def test_an_error_in_a_successful_answer_is_a_refusal(api, settings):
    api.will_answer({"fault": "not today"})
    assert problem_of(settings) == (Problem.REFUSED, "not today")


def test_an_answer_that_is_not_json_is_reported(api, settings):
    api.will_answer("<html>hello</html>")
    assert problem_of(settings) == (Problem.NOT_UNDERSTOOD, "no JSON")


def test_secrets_in_an_answer_are_masked(api, settings):
    api.will_answer({"message": f"the key {SECRET} is unknown"}, 400)
    assert problem_of(settings) == (Problem.REFUSED, "the key … is unknown (400)")


def test_a_missing_value_in_the_answer_is_reported(settings):
    adapter = SomeAdapter(settings)
    assert adapter.required({"a": {"b": 7}}, "a", "b") == "7"
    with pytest.raises(ApiError, match="a.c. is missing"):
        adapter.required({"a": {"b": 7}}, "a", "c")


def test_secrets_are_not_shown():
    assert SECRET not in repr(Settings(secret=SECRET, api_secret=SECRET))
