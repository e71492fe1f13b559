"""Vonage: events of the Voice API as documented, with our own test numbers, and its API."""

import hashlib
import hmac
import json
from datetime import timedelta

import pytest
from control_player import Control
from cryptography.hazmat.primitives.asymmetric import ed25519
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import generate_private_key
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from stories import NOW, Call, events_of, request
from story_player import LegPlayer, story_tests, story_tests_of

from adapters import web_token
from adapters.api import ApiError, Problem
from adapters.base import Action, Dial, Dialled, Receipt, Settings
from adapters.request import Malformed, Refusal, Refused
from adapters.sealing import seal
from adapters.vonage import VonageAdapter

SECRET = "qwertyuiopasdfghjklzxcvbnm123456"
ADAPTER = VonageAdapter(Settings(secret=SECRET))
CUSTOMER, OWN, MOBILE = "12025550142", "493023125610", "493023125699"
SEALED = seal(f"+{CUSTOMER}", ADAPTER.settings)
IN, ANN, BO, OUT = "leg-in", "leg-ann", "leg-bo", "leg-out"


def event(second, status, leg=IN, query="", **values):
    moment = NOW + timedelta(seconds=second)
    defaults = {
        "from": CUSTOMER, "to": OWN, "uuid": leg, "conversation_uuid": "CON-1", "status": status,
        "direction": "inbound" if leg == IN else "outbound",
        "timestamp": f"{moment:%Y-%m-%dT%H:%M:%S}.000Z",
    }  # fmt: skip
    return request(json.dumps(defaults | values), second + 1, query=query)


def phone(second, status, leg, to, **values):
    return event(second, status, leg, "phone=1", to=to, **values)


def own(second, status):
    return event(second, status, ANN, "click=own", **{"from": OWN, "to": MOBILE})


def called(second, status):
    return event(second, status, OUT, "click=called", **{"from": OWN, "to": CUSTOMER})


STORIES = {
    "the application answers, and then one of two phones": (
        [
            event(0, "started"),
            event(0, "ringing"),
            event(1, "answered", start_time=None, rate=None, network=None),
            phone(2, "started", ANN, "4930231256"),
            phone(2, "started", BO, MOBILE),
            phone(8, "answered", BO, MOBILE),
            phone(8, "cancelled", ANN, "4930231256"),
            phone(68, "completed", BO, MOBILE, duration="60"),
            event(68, "completed", duration="68"),
        ],
        Call("incoming", "answered", f"+{CUSTOMER}", f"+{MOBILE}",
             {"+4930231256": "elsewhere", f"+{MOBILE}": "answered"}, f"+{OWN}", 8, 60),
    ),
    "the application answers, but nobody else": (
        [
            event(0, "started"),
            event(1, "answered"),
            phone(2, "started", BO, MOBILE),
            phone(22, "unanswered", BO, MOBILE, detail="timeout"),
            event(30, "completed"),
        ],
        Call("incoming", "no_answer", f"+{CUSTOMER}", f"+{MOBILE}", {f"+{MOBILE}": "no_answer"},
             f"+{OWN}", 30),
    ),
    "the mailbox of the phone answers": (
        [
            event(0, "started"),
            phone(2, "started", BO, MOBILE),
            phone(9, "machine", BO, MOBILE),
            phone(20, "completed", BO, MOBILE),
            event(20, "completed"),
        ],
        Call("incoming", "voicemail", f"+{CUSTOMER}", f"+{MOBILE}", {f"+{MOBILE}": "no_answer"},
             f"+{OWN}", 9),
    ),
    "click to dial: the own phone and then the customer answer": (
        [
            own(0, "started"),
            own(1, "ringing"),
            own(4, "answered"),
            called(4, "started"),
            called(10, "answered"),
            called(70, "completed"),
            own(70, "completed"),
        ],
        Call("outgoing", "answered", f"+{CUSTOMER}", f"+{MOBILE}", {f"+{MOBILE}": "answered"},
             f"+{OWN}", 10, 60),
    ),
    "click to dial: the customer rejects the call": (
        [
            own(0, "started"),
            own(4, "answered"),
            called(4, "started"),
            called(7, "rejected"),
            own(8, "completed"),
        ],
        Call("outgoing", "rejected", f"+{CUSTOMER}", f"+{MOBILE}", {f"+{MOBILE}": "rejected"},
             f"+{OWN}", 8),
    ),
    "click to dial: the own phone does not answer": (
        [own(0, "started"), own(45, "timeout")],
        Call("outgoing", "cancelled", None, f"+{MOBILE}", {f"+{MOBILE}": "cancelled"},
             f"+{OWN}", 45),
    ),
}  # fmt: skip


test_every_story, test_any_order = story_tests(ADAPTER, STORIES)


class VonagePlayer(LegPlayer):
    """A program that answers who calls, and calls phones and numbers one by one."""

    names = {
        "own": f"+{OWN}", "customer": f"+{CUSTOMER}", "caller2": "+12025550143",
        "ann": "sip:ann@example.com", "bo": "sip:bo@example.com", "cy": "+493023125697",
        "mobile": f"+{MOBILE}", "service": "+493023125698", "stranger": "anonymous",
    }  # fmt: skip
    causes = {
        "busy": "busy", "no_answer": "timeout", "rejected": "rejected", "elsewhere": "cancelled",
        "cancelled": "cancelled", "failed": "failed", "normal": "completed",
    }  # fmt: skip
    is_click = False
    moved = False

    def leg(self, second, status, who, direction="outbound", **values):
        query = "phone=1" if who == "cy" else ""
        conversation = "CON-room" if self.moved else f"CON-{self.call}"
        if self.is_click:
            query = {"ann": f"click=own&number={SEALED}", "customer": "click=called"}[who]
            values |= {"from": OWN}
        values = {"to": self.names[who]} | values
        values = {name: value.lstrip("+") for name, value in values.items()}
        if who == self._caller_of_call() and not self.is_click:
            direction = "inbound"
        self.add(event(second, status, f"leg-{self.call}-{who}", query, direction=direction,
                       conversation_uuid=conversation, **values))  # fmt: skip

    def caller_begins(self, second, who, whom):
        numbers = {"from": self.names[who], "to": self.names[whom]}
        for status in ("started", "ringing", "answered"):
            self.leg(second, status, who, **numbers)

    def leg_begins(self, second, who):
        shown = OWN if self.caller in (None, "ann") and who != "bo" else self.names[self.caller]
        self.leg(second, "started", who, **{"from": shown})

    def click_begins(self, second, who):
        self.is_click = True
        self.leg(second, "started", who)

    def leg_answers(self, second, who):
        self.leg(second, "answered", who)

    def leg_ends(self, second, who, cause):
        is_caller = who == self._caller_of_call()
        numbers = {"from": self.names[who], "to": OWN} if is_caller else {}
        self.leg(second, self.causes[cause], who, **numbers)

    def is_machine(self, second, who):
        self.leg(second, "machine", who)

    def leg_enters(self, second, who):
        self.moved = True
        self.add(request(json.dumps({
            "status": "transfer", "uuid": f"leg-{self.call}-{who}",
            "conversation_uuid_from": f"CON-{self.call}", "conversation_uuid_to": "CON-room",
            "timestamp": f"{NOW + timedelta(seconds=second):%Y-%m-%dT%H:%M:%S}.000Z",
        }), second + 1))  # fmt: skip


(
    test_what_the_guide_says,
    test_every_shared_story,
    test_shared_stories_in_any_order,
    test_a_lost_message,
) = story_tests_of(ADAPTER, VonagePlayer)


def test_other_events_are_ignored():
    assert events_of(ADAPTER, [event(0, "human"), event(0, "record")]) == []


@pytest.mark.parametrize(
    ("item", "reason"),
    [
        ({}, "'conversation_uuid' is missing"),
        ({"conversation_uuid": "1"}, "'uuid' is missing"),
        ({"conversation_uuid": "1", "uuid": "2", "timestamp": "noon"}, "is not a time"),
    ],
)
def test_invalid_values_are_reported(item, reason):
    assert reason in ADAPTER.understand(item, NOW).error


def test_only_json_objects_are_accepted():
    with pytest.raises(Malformed):
        ADAPTER.messages(request("[]"))
    assert "must be an object" in ADAPTER.understand([], NOW).error


def test_a_request_for_an_ncco_goes_to_the_fallback_address():
    ncco_request = request(json.dumps({"from": CUSTOMER, "to": OWN, "uuid": "u",
                                   "conversation_uuid": "c"}))  # fmt: skip
    assert ADAPTER.reply(Receipt(1), ncco_request).status == 400
    assert ADAPTER.reply(Receipt(1), event(0, "ringing")).status == 200
    assert [event.kind.value for event in events_of(ADAPTER, [ncco_request])] == ["ringing"] * 2


# --- signature -----------------------------------------------------------------------

# https://github.com/Vonage/vonage-python-sdk/blob/main/jwt/tests/test_verify_jwt.py
PUBLISHED = (
    "eyJ0eXAiOiJKV1QiLCJhbGciOiJIUzI1NiJ9.eyJpc3MiOiJPbmxpbmUgSldUIEJ1aWxkZXIiLCJpYXQiOjE2OTc2"
    "MzQ2ODAsImV4cCI6MzMyNTQ1NDA4MjgsImF1ZCI6IiIsInN1YiI6IiJ9.88vJc3I2HhuqEDixHXVhc9R30tA6U_HQH"
    "ZTC29y6CGM"
)


def token(body, secret=SECRET, algorithm="HS256", **claims):
    defaults = {"iss": "Vonage", "iat": int(NOW.timestamp()), "jti": "1"}
    defaults["payload_hash"] = hashlib.sha256(body).hexdigest()
    parts = [{"alg": algorithm, "typ": "JWT"}, defaults | claims]
    signed = ".".join(web_token.encode(json.dumps(part).encode()) for part in parts)
    digest = hmac.digest(secret.encode(), signed.encode(), "sha256")
    return f"{signed}.{web_token.encode(digest)}"


def bearer(body, value):
    return request(body, headers={"authorization": f"Bearer {value}"})


def test_the_published_token_is_read():
    assert web_token.read_token(PUBLISHED, (SECRET,))["iss"] == "Online JWT Builder"
    with pytest.raises(Refused):
        web_token.read_token(PUBLISHED.replace(".88v", ".89v"), (SECRET,))


def test_a_signed_request_is_accepted():
    ADAPTER.verify(bearer(b"{}", token(b"{}")))


@pytest.mark.parametrize(
    ("sent", "refusal"),
    [
        (bearer(b"{ }", token(b"{}")), Refusal.WRONG_SIGNATURE),
        (bearer(b"{}", token(b"{}", secret="another")), Refusal.WRONG_SIGNATURE),
        (bearer(b"{}", token(b"{}", algorithm="none")), Refusal.WRONG_SIGNATURE),
        (bearer(b"{}", token(b"{}", iat=None)), Refusal.WRONG_SIGNATURE),
        (bearer(b"{}", token(b"{}", payload_hash="ü")), Refusal.WRONG_SIGNATURE),
        (bearer(b"{}", token(b"{}", iat=int(NOW.timestamp()) - 301)), Refusal.OLD),
        (bearer(b"{}", PUBLISHED), Refusal.WRONG_SIGNATURE),
        (bearer(b"{}", "no token"), Refusal.WRONG_SIGNATURE),
        (request(b"{}", headers={"authorization": "Basic eDp5"}), Refusal.UNSIGNED),
        (request(b"{}"), Refusal.UNSIGNED),
    ],
)
def test_a_wrong_or_missing_token_is_refused(sent, refusal):
    with pytest.raises(Refused) as refused:
        ADAPTER.verify(sent)
    assert refused.value.refusal is refusal


def test_a_signed_text_that_is_not_a_token_is_refused():
    digest = hmac.digest(SECRET.encode(), b"a.b", "sha256")
    with pytest.raises(Refused):
        web_token.read_token(f"a.b.{web_token.encode(digest)}", (SECRET,))


# --- dialling ------------------------------------------------------------------------

KEY = generate_private_key(65537, 2048)
PEM = KEY.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()


def settings_for(api, **values):
    defaults = {"api_url": api.url, "api_account": "app-1", "api_secret": PEM}
    defaults |= {"caller_number": f"+{OWN}", "webhook_url": "https://odoo.example.com/p/t"}
    return Settings(**(defaults | values))


def assert_signed_by_the_application(header):
    scheme, _blank, value = header.partition(" ")
    signed, _dot, signature = value.rpartition(".")
    KEY.public_key().verify(web_token.decode(signature), signed.encode(), PKCS1v15(), SHA256())
    claims = json.loads(web_token.decode(signed.split(".")[1]))
    assert scheme == "Bearer"
    assert claims["application_id"] == "app-1"
    assert claims["exp"] - claims["iat"] == 300


@pytest.mark.parametrize("pem", [PEM, PEM.replace("\n", ""), PEM.replace("\n", " ")])
def test_dialling_rings_the_own_phone_first(api, pem):
    api.will_answer({"uuid": "u", "status": "started", "conversation_uuid": "CON-1"}, 201)
    adapter = VonageAdapter(settings_for(api, api_secret=pem))
    assert adapter.originate(Dial(f"+{MOBILE}", f"+{CUSTOMER}")) == Dialled("CON-1")
    (sent,) = api.requests
    assert (sent.method, sent.path) == ("POST", "/calls")
    assert_signed_by_the_application(sent.headers["authorization"])
    (event_url,) = sent.json["event_url"]
    assert event_url.startswith("https://odoo.example.com/p/t?click=own&number=")
    assert CUSTOMER not in event_url
    (item,) = adapter.split(request("{}", query=event_url.partition("?")[2]))
    assert item == {"click": "own", "number": f"+{CUSTOMER}"}
    assert sent.json == {
        "to": [{"type": "phone", "number": MOBILE}],
        "from": {"type": "phone", "number": OWN},
        "event_url": [event_url],
        "ncco": [
            {
                "action": "connect",
                "from": OWN,
                "endpoint": [{"type": "phone", "number": CUSTOMER}],
                "eventUrl": ["https://odoo.example.com/p/t?click=called"],
            }
        ],
    }


@pytest.mark.parametrize(
    ("extension", "endpoint"),
    [
        ("sip:ann@example.com", {"type": "sip", "uri": "sip:ann@example.com"}),
        ("ann", {"type": "app", "user": "ann"}),
    ],
)
def test_sip_and_app_phones_can_be_rung(api, extension, endpoint):
    api.will_answer({"conversation_uuid": "CON-1"}, 201)
    VonageAdapter(settings_for(api)).originate(Dial(extension, f"+{CUSTOMER}"))
    assert api.requests[0].json["to"] == [endpoint]


def test_an_invalid_key_is_reported(api):
    other = ed25519.Ed25519PrivateKey.generate()
    others = other.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()
    for invalid in ("no key", others):
        with pytest.raises(ApiError, match="api_secret"):
            VonageAdapter(settings_for(api, api_secret=invalid)).test()


@pytest.mark.parametrize(
    ("answer", "status", "problem"),
    [
        ({"title": "Bad request", "detail": "The number is invalid"}, 400, Problem.REFUSED),
        ({"title": "Unauthorized"}, 401, Problem.UNAUTHORIZED),
        ({"status": "started"}, 201, Problem.NOT_UNDERSTOOD),
    ],
)
def test_api_errors_are_reported(api, answer, status, problem):
    api.will_answer(answer, status)
    with pytest.raises(ApiError) as error:
        VonageAdapter(settings_for(api)).originate(Dial("ann", f"+{CUSTOMER}"))
    assert error.value.problem is problem


def test_without_an_own_number_nothing_is_dialled(api):
    with pytest.raises(ApiError, match="caller_number"):
        VonageAdapter(settings_for(api, caller_number="")).originate(Dial("ann", f"+{CUSTOMER}"))


def test_the_connection_is_tested(api):
    api.will_answer({"count": 0})
    VonageAdapter(settings_for(api)).test()
    assert api.requests[0].path == "/calls?page_size=1"


# --- controlling a call ---------------------------------------------------------------

TALKING = [
    event(0, "started"),
    event(1, "answered", start_time=None, rate=None, network=None),
    phone(2, "started", BO, MOBILE),
    phone(8, "answered", BO, MOBILE),
]
ENDED = (400, {"title": "Bad Request", "detail": "Call has already ended"}, "already ended")
UNKNOWN = (404, {"title": "Not Found", "detail": "No such call"}, "No such call")


def command(action, leg, content, sent=TALKING, target=""):
    path = f"/calls/{leg}"
    return Control(
        action, sent, f"+{MOBILE}", "PUT", path, content, target, refusals=(ENDED, UNKNOWN)
    )


def moved(endpoint, address="https://odoo.example.com/p/t"):
    connect = {"action": "connect", "from": OWN, "endpoint": [endpoint], "eventUrl": [address]}
    return {"action": "transfer", "destination": {"type": "ncco", "ncco": [connect]}}


CONTROL_SETTINGS = {"api_secret": PEM, "caller_number": f"+{OWN}"}
OWN_PHONE = "https://odoo.example.com/p/t?phone=1"
CONTROLS = [
    command(Action.HANG_UP, BO, {"action": "hangup"}),
    command(Action.HANG_UP, BO, {"action": "hangup"}, TALKING[:3]),
    command(Action.TRANSFER, IN, moved({"type": "app", "user": "ann"}, OWN_PHONE), target="ann"),
    command(Action.TRANSFER, IN, moved({"type": "phone", "number": "442079460123"}),
            target="+442079460123"),
]  # fmt: skip
