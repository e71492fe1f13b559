"""Dialling with Asterisk. The answers were recorded on Asterisk 22."""

from urllib.parse import parse_qs, urlsplit

import pytest

from adapters.api import ApiError, Problem
from adapters.asterisk import AsteriskAdapter
from adapters.base import Dial, Settings

CUSTOMER = "+12025550142"
DIGEST = 'Digest algorithm=MD5, realm="asterisk", nonce="52c1b556", qop="auth", opaque="52c1b556"'
QUEUED = "Response: Success\r\nActionID: x\r\nMessage: Originate successfully queued\r\n\r\n"


def adapter(api, path, **values):
    defaults = {"api_url": api.url + path, "api_user": "odoo", "api_secret": "s3cret"}
    return AsteriskAdapter(Settings(**(defaults | {"country": "DE", "outside_prefix": "0"}
                                             | values)))  # fmt: skip


# --- the REST interface --------------------------------------------------------------


def test_dialling_rings_the_own_phone_first(api):
    api.will_answer({"id": "odoo-1", "name": "PJSIP/101-00000001", "state": "Down"})
    dialled = adapter(api, "/ari/").originate(Dial("101", CUSTOMER))
    (sent,) = api.requests
    assert (sent.method, sent.path) == ("POST", "/ari/channels")
    assert sent.headers["authorization"] == "Basic b2RvbzpzM2NyZXQ="
    assert sent.json == {
        "endpoint": "PJSIP/101",
        "extension": "00012025550142",
        "context": "from-internal",
        "priority": 1,
        "callerId": "101",
        "timeout": 30,
        "channelId": dialled.call,
    }


def test_phone_context_and_caller_id_can_be_configured(api):
    api.will_answer({"id": "odoo-1"})
    other = {"phone_address": "SIP/phone{extension}", "api_account": "office"}
    adapter(api, "/ari", **other).originate(Dial("101", "102", "+493023125610"))
    body = api.requests[0].json
    assert (body["endpoint"], body["context"]) == ("SIP/phone101", "office")
    assert (body["extension"], body["callerId"]) == ("102", "003023125610")


@pytest.mark.parametrize(
    ("answer", "status", "problem", "detail"),
    [
        ({"message": "Authentication required"}, 401, Problem.UNAUTHORIZED,
         "Authentication required"),
        ({"message": "Invalid endpoint specified"}, 400, Problem.REFUSED,
         "Invalid endpoint specified (400)"),
        ({"message": "Channel with given unique ID already exists"}, 409, Problem.REFUSED,
         "Channel with given unique ID already exists (409)"),
        ({"error": "Allocation failed"}, 500, Problem.REFUSED, "Allocation failed (500)"),
    ],
)  # fmt: skip
def test_api_errors_are_reported(api, answer, status, problem, detail):
    api.will_answer(answer, status)
    with pytest.raises(ApiError) as error:
        adapter(api, "/ari").originate(Dial("101", CUSTOMER))
    assert (error.value.problem, error.value.detail) == (problem, detail)


def test_the_connection_is_tested(api):
    api.will_answer({"asterisk_id": "x", "ping": "pong", "timestamp": "x"})
    adapter(api, "/ari").test()
    assert api.requests[0].path == "/ari/asterisk/ping"


# --- the manager interface over HTTP -------------------------------------------------


def test_the_manager_interface_can_dial_too(api):
    api.will_answer("", 401, WWW_Authenticate=DIGEST)
    api.will_answer(QUEUED, Content_Type="text/plain")
    dialled = adapter(api, "/arawman").originate(Dial("101", CUSTOMER))
    sent = api.requests[1]
    assert urlsplit(sent.path).path == "/arawman"
    assert sent.headers["authorization"].startswith('Digest username="odoo"')
    assert {name: value for name, (value,) in parse_qs(urlsplit(sent.path).query).items()} == {
        "action": "Originate",
        "ActionID": dialled.call,
        "ChannelId": dialled.call,
        "Channel": "PJSIP/101",
        "Exten": "00012025550142",
        "Context": "from-internal",
        "Priority": "1",
        "CallerID": "101",
        "Timeout": "30000",
        "Async": "true",
    }


@pytest.mark.parametrize(
    "message",
    ["Originate failed", "Extension does not exist.", "Channel not specified", "Permission denied"],
)
def test_an_error_in_a_successful_answer_is_a_refusal(api, message):
    api.will_answer(f"Response: Error\r\nMessage: {message}\r\n\r\n", Content_Type="text/plain")
    with pytest.raises(ApiError) as error:
        adapter(api, "/arawman").originate(Dial("101", CUSTOMER))
    assert (error.value.problem, error.value.detail) == (Problem.REFUSED, message)


def test_a_wrong_password_is_reported(api):
    api.will_answer("<html>", 401, WWW_Authenticate=DIGEST)
    api.will_answer("<html>", 401, WWW_Authenticate=DIGEST)
    with pytest.raises(ApiError) as error:
        adapter(api, "/arawman").test()
    assert error.value.problem is Problem.UNAUTHORIZED


def test_the_connection_to_the_manager_interface_is_tested(api):
    api.will_answer("Response: Success\r\nPing: Pong\r\n\r\n", Content_Type="text/plain")
    adapter(api, "/arawman").test()
    assert api.requests[0].path == "/arawman?action=Ping"
    api.will_answer("<html>hello</html>")
    with pytest.raises(ApiError, match="not the manager interface"):
        adapter(api, "/arawman").test()
