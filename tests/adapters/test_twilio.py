"""Twilio: callbacks like recorded ones, with our own test numbers, and its API."""

import hashlib
from datetime import timedelta
from email.utils import format_datetime
from urllib.parse import parse_qs, urlencode
from xml.etree import ElementTree

import pytest
from control_player import Control, make_adapter, make_running
from stories import NOW, Call, calls_of, events_of, request
from story_player import OUTSIDE, LegPlayer, story_tests, story_tests_of

from adapters.api import ApiError, Problem
from adapters.base import Action, Dial, Dialled, Receipt, Settings
from adapters.request import Malformed, Refusal, Refused
from adapters.sealing import seal
from adapters.twilio import TwilioAdapter
from adapters.twilio.signature import sign

ADAPTER = TwilioAdapter(Settings(secret="12345"))
CUSTOMER, OWN, MOBILE = "+12025550142", "+493023125610", "+493023125699"
ANN, BO = "client:ann", "sip:bo@example.sip.twilio.com"
SEALED = seal(CUSTOMER, ADAPTER.settings)
PARENT, FIRST, SECOND = "CAaaaa", "CAbbbb", "CAcccc"
ACCOUNT = {"AccountSid": "AC0000", "ApiVersion": "2010-04-01"}


def callback(second, query="", **fields):
    """A form as Twilio sends it. It arrives half a second after the event."""
    fields = ACCOUNT | fields
    body = urlencode(fields)
    form = "application/x-www-form-urlencoded"
    return request(body, second + 0.5, form, fields.items(), query=query)


def status(second, sid, state, number, *, query="", **fields):
    stamp = format_datetime(NOW + timedelta(seconds=second))
    defaults = {"CallSid": sid, "CallStatus": state, "Timestamp": stamp}
    defaults |= {"CallbackSource": "call-progress-events", "SequenceNumber": number}
    return callback(second, query, **(defaults | fields))


def phone(second, sid, to, state, number, **fields):
    """A callback of a phone that rings because a customer calls."""
    defaults = {"ParentCallSid": PARENT, "Direction": "outbound-dial", "From": CUSTOMER, "To": to}
    return status(second, sid, state, number, **(defaults | fields))


def parent(second, state, number=0, **fields):
    """A callback of the number that the customer calls."""
    defaults = {"Direction": "inbound", "From": CUSTOMER, "To": OWN}
    return status(second, PARENT, state, number, **(defaults | fields))


def click(second, state, number):
    """A callback of the own phone that rings after a click."""
    defaults = {"Direction": "outbound-api", "From": OWN, "To": ANN, "query": "click=1"}
    return status(second, PARENT, state, number, **defaults)


def clicked(second, state, number):
    """A callback of the number that is dialled after that."""
    defaults = {"ParentCallSid": PARENT, "Direction": "outbound-dial", "From": OWN, "To": CUSTOMER}
    return status(second, FIRST, state, number, query="click=1", **defaults)


STORIES = {
    "one of two phones answers": (
        [
            phone(0, FIRST, ANN, "initiated", 0),
            phone(0, SECOND, BO, "initiated", 0),
            phone(1, FIRST, ANN, "ringing", 1),
            phone(1, SECOND, BO, "ringing", 1),
            phone(6, SECOND, BO, "in-progress", 2),
            phone(6, FIRST, ANN, "no-answer", 2),
            phone(66, SECOND, BO, "completed", 3, CallDuration="60"),
            parent(66, "completed", CallDuration="66"),
        ],
        Call("incoming", "answered", CUSTOMER, BO, {ANN: "elsewhere", BO: "answered"}, OWN, 6, 60),
    ),
    "the caller hangs up": (
        [
            phone(1, FIRST, ANN, "ringing", 1),
            phone(12, FIRST, ANN, "canceled", 2),
            parent(12, "no-answer", CallDuration="12"),
        ],
        Call("incoming", "cancelled", CUSTOMER, ANN, {ANN: "cancelled"}, OWN, 12),
    ),
    "an announcement answers, but nobody else": (
        [
            parent(0, "in-progress", 1),
            phone(5, FIRST, ANN, "initiated", 0),
            phone(25, FIRST, ANN, "no-answer", 2),
            parent(40, "completed", 2, CallDuration="40"),
        ],
        Call("incoming", "no_answer", CUSTOMER, ANN, {ANN: "no_answer"}, OWN, 40),
    ),
    "an employee's mobile phone, marked in the address of the callback": (
        [
            phone(0, FIRST, MOBILE, "ringing", 0, query="phone=1"),
            phone(8, FIRST, MOBILE, "in-progress", 1, query="phone=1"),
            phone(38, FIRST, MOBILE, "completed", 2, query="phone=1"),
            parent(38, "completed", CallDuration="38"),
        ],
        Call("incoming", "answered", CUSTOMER, MOBILE, {MOBILE: "answered"}, OWN, 8, 30),
    ),
    "the mailbox of the phone answers": (
        [
            phone(0, FIRST, ANN, "ringing", 0),
            phone(8, FIRST, ANN, "in-progress", 1, AnsweredBy="machine_start"),
            phone(38, FIRST, ANN, "completed", 2),
            parent(38, "completed", CallDuration="38"),
        ],
        Call("incoming", "voicemail", CUSTOMER, ANN, {ANN: "no_answer"}, OWN, 8),
    ),
    "a withheld number": (
        [
            phone(0, FIRST, ANN, "ringing", 0, From="+266696687"),
            parent(9, "busy", From="+266696687", CallDuration="9"),
            phone(9, FIRST, ANN, "busy", 1, From="+266696687"),
        ],
        Call("incoming", "busy", None, ANN, {ANN: "busy"}, OWN, 9, anonymous=True),
    ),
    "the TwiML reports the outcome of the phone, the phone does not": (
        [
            parent(0, "ringing"),
            callback(
                70, CallSid=PARENT, CallStatus="in-progress", Direction="inbound", From=CUSTOMER,
                To=OWN, DialCallSid=FIRST, DialCallStatus="completed", DialCallDuration="60",
                Timestamp=format_datetime(NOW + timedelta(seconds=70)),
            ),
            parent(70, "completed", 1, CallDuration="70"),
        ],
        Call("incoming", "answered", CUSTOMER, None, {}, OWN, 10, 60),
    ),
    "one employee calls another": (
        [
            parent(0, "ringing", From=BO, To=ANN),
            phone(0, FIRST, ANN, "ringing", 0, From=BO),
            phone(4, FIRST, ANN, "in-progress", 1, From=BO),
            phone(34, FIRST, ANN, "completed", 2, From=BO),
            parent(34, "completed", 1, From=BO, To=ANN, CallDuration="34"),
        ],
        Call("internal", "answered", ANN, BO, {BO: "answered", ANN: "answered"}, None, 4, 30),
    ),
    "an employee calls a customer from a SIP phone": (
        [
            parent(0, "ringing", From=BO, To=f"sip:{CUSTOMER}@example.sip.twilio.com"),
            phone(1, FIRST, CUSTOMER, "ringing", 0, From=OWN),
            phone(9, FIRST, CUSTOMER, "in-progress", 1, From=OWN),
            phone(69, FIRST, CUSTOMER, "completed", 2, From=OWN),
            parent(69, "completed", 1, From=BO, To=CUSTOMER, CallDuration="69"),
        ],
        Call("outgoing", "answered", CUSTOMER, BO, {BO: "answered"}, OWN, 9, 60),
    ),
    "click to dial: the own phone and then the customer answer": (
        [
            click(0, "initiated", 0),
            click(1, "ringing", 1),
            click(4, "in-progress", 2),
            clicked(4, "initiated", 0),
            clicked(5, "ringing", 1),
            clicked(10, "in-progress", 2),
            clicked(70, "completed", 3),
            click(70, "completed", 3),
        ],
        Call("outgoing", "answered", CUSTOMER, ANN, {ANN: "answered"}, OWN, 10, 60),
    ),
    "click to dial: the customer is busy": (
        [
            click(0, "initiated", 0),
            click(4, "in-progress", 1),
            clicked(4, "initiated", 0),
            clicked(6, "busy", 1),
            click(7, "completed", 2),
        ],
        Call("outgoing", "busy", CUSTOMER, ANN, {ANN: "busy"}, OWN, 7),
    ),
    "click to dial: the own phone does not answer": (
        [click(0, "initiated", 0), click(1, "ringing", 1), click(31, "no-answer", 2)],
        Call("outgoing", "cancelled", None, ANN, {ANN: "cancelled"}, OWN, 31),
    ),
    "a program of the company calls a customer": (
        [
            status(0, PARENT, "ringing", 1, Direction="outbound-api", From=OWN, To=CUSTOMER),
            status(7, PARENT, "in-progress", 2, Direction="outbound-api", From=OWN, To=CUSTOMER),
            status(27, PARENT, "completed", 3, Direction="outbound-api", From=OWN, To=CUSTOMER),
        ],
        Call("outgoing", "answered", CUSTOMER, None, {}, OWN, 7, 20),
    ),
}  # fmt: skip


test_every_story, test_any_order = story_tests(ADAPTER, STORIES)


class TwilioPlayer(LegPlayer):
    """A TwiML that calls phones and numbers, and takes messages with <Record>."""

    names = {
        "own": OWN, "customer": CUSTOMER, "caller2": "+12025550143",
        "ann": "sip:ann@example.sip.twilio.com", "bo": BO, "cy": "+493023125697",
        "mobile": MOBILE, "service": "+493023125698", "stranger": "anonymous",
    }  # fmt: skip
    causes = {
        "busy": "busy", "no_answer": "no-answer", "rejected": "busy", "elsewhere": "no-answer",
        "cancelled": "canceled", "failed": "failed", "normal": "completed",
    }  # fmt: skip
    is_click = False

    def leg(self, second, state, who, **fields):
        begun_by = self._caller_of_call()
        is_first = who == (begun_by or "customer")
        if self.is_click:
            about = {"From": OWN, "Direction": "outbound-api" if is_first else "outbound-dial"}
        elif is_first and begun_by:
            about = {"From": self.names[who], "Direction": "inbound", "To": self.to}
        else:
            from_outside = begun_by in OUTSIDE or (begun_by and who == "bo")
            about = {"From": self.names[begun_by] if from_outside else OWN}
            about |= {"Direction": "outbound-api" if is_first else "outbound-dial"}
        if not is_first:
            about["ParentCallSid"] = f"CA{self.call}{begun_by or 'customer'}"
        query = "phone=1" if who == "cy" else ""
        query = f"click=1&number={SEALED}" if self.is_click else query
        about = {"To": self.names[who]} | about | fields
        number = len(self.sent)
        self.add(status(second, f"CA{self.call}{who}", state, number, query=query, **about))

    def caller_begins(self, second, who, whom):
        self.to = self.names[whom]
        if whom == "customer":
            self.to = f"sip:{CUSTOMER}@example.sip.twilio.com"
        self.leg(second, "ringing", who)
        self.leg(second, "in-progress", who)

    def leg_begins(self, second, who):
        self.leg(second, "initiated", who)

    def click_begins(self, second, who):
        self.is_click = True
        self.leg(second, "initiated", who)

    def leg_answers(self, second, who):
        self.leg(second, "in-progress", who)

    def leg_ends(self, second, who, cause):
        state = self.causes[cause]
        if who == self._caller_of_call() and cause == "cancelled":
            state = "completed" if self.is_click else "no-answer"
        code = {"SipResponseCode": "603"} if cause == "rejected" else {}
        self.leg(second, state, who, **code)

    def is_machine(self, second, who):
        """An asynchronous machine detection does not name the parent of a call."""
        self.add(callback(second - 0.5, CallSid=f"CA{self.call}{who}", AnsweredBy="machine_start"))

    def answers(self, second, who):
        if who != "mailbox":
            super().answers(second, who)

    def hangs_up(self, second, who):
        if "mailbox" in self.talking:
            about = {"CallSid": f"CA{self.call}{who}", "CallStatus": "completed", "To": OWN}
            about |= {"Direction": "inbound", "From": CUSTOMER, "RecordingDuration": "24"}
            self.add(callback(second - 0.5, RecordingUrl="https://x.example", **about))
            self._here.pop("mailbox")
        super().hangs_up(second, who)

    def leg_enters(self, second, who):
        stamp = format_datetime(NOW + timedelta(seconds=second))
        fields = {"StatusCallbackEvent": "participant-join", "FriendlyName": "room"}
        fields |= {"CallSid": f"CA{self.call}{who}", "ConferenceSid": "CF1", "Timestamp": stamp}
        self.add(callback(second, **fields))


(
    test_what_the_guide_says,
    test_every_shared_story,
    test_shared_stories_in_any_order,
    test_a_lost_message,
) = story_tests_of(ADAPTER, TwilioPlayer)


@pytest.mark.parametrize(
    ("values", "reason"),
    [
        ({"CallSid": ""}, "'CallSid' is missing"),
        ({"CallStatus": "dancing"}, "'CallStatus' is 'dancing'"),
        ({"Timestamp": "Fri, 01 Jan 1999 00:00:00 +0000"}, "before the year 2000"),
        ({"Timestamp": "noon"}, "is not a time"),
    ],
)
def test_invalid_values_are_reported(values, reason):
    item = {"CallSid": PARENT, "CallStatus": "ringing", "Direction": "inbound"} | values
    assert reason in ADAPTER.understand(item, NOW).error


def test_only_forms_are_accepted():
    with pytest.raises(Malformed):
        ADAPTER.messages(request("{}"))
    assert "must be an object" in ADAPTER.understand([], NOW).error


def test_times_of_compatible_systems_are_read():
    item = {"CallSid": PARENT, "CallStatus": "ringing", "Timestamp": "2026-11-23 10:00:07.5Z"}
    (event,) = ADAPTER.understand(item, NOW).events
    assert event.at == NOW + timedelta(seconds=7.5)


def test_whatsapp_addresses_are_numbers():
    whatsapp = {"From": f"whatsapp:{CUSTOMER}", "To": f"whatsapp:{OWN}"}
    (folded,) = calls_of(ADAPTER, [parent(0, "ringing", **whatsapp)])
    assert (folded.remote_number, folded.line_number) == (CUSTOMER, OWN)


@pytest.mark.parametrize(("source", "kinds"), [("RecordVerb", ["voicemail"]), ("DialVerb", [])])
def test_only_what_the_caller_records_alone_is_a_message(source, kinds):
    about = {"CallSid": PARENT, "RecordingUrl": "https://x.example", "RecordingSource": source}
    events = events_of(ADAPTER, [callback(9, RecordingDuration="5", **about)])
    assert [event.kind.value for event in events] == kinds


def test_a_message_begins_when_its_recording_does():
    began = format_datetime(NOW + timedelta(seconds=20))
    about = {"CallSid": PARENT, "RecordingUrl": "https://x.example", "RecordingStartTime": began}
    (event,) = events_of(ADAPTER, [callback(99, RecordingDuration="5", **about)])
    assert event.at == NOW + timedelta(seconds=20)


def test_other_events_of_conferences_are_ignored():
    about = {"CallSid": PARENT, "ConferenceSid": "CF1"}
    assert events_of(ADAPTER, [callback(9, StatusCallbackEvent="conference-end", **about)]) == []


def test_a_dial_that_rang_no_phone_is_ignored():
    sent = callback(0, CallSid=PARENT, CallStatus="in-progress", DialCallStatus="failed")
    (message,) = ADAPTER.messages(sent)
    assert (message.events, message.error) == ((), None)


def test_callbacks_are_answered_with_empty_twiml():
    reply = ADAPTER.reply(Receipt(1), parent(0, "completed"))
    assert (reply.status, reply.body) == (200, "<Response/>")
    assert reply.content_type.startswith("text/xml")


def test_a_request_for_twiml_goes_to_the_fallback_address():
    twiml_request = callback(0, CallSid=PARENT, CallStatus="ringing", Direction="inbound")
    assert ADAPTER.reply(Receipt(1), twiml_request).status == 400


# --- signatures ----------------------------------------------------------------------

# https://github.com/twilio/twilio-python/blob/main/tests/unit/test_request_validator.py
HOST = "https://mycompany.com/myapp.php"
QUERY = "foo=1&bar=2"
FORM = (
    ("CallSid", "CA1234567890ABCDE"), ("Digits", "1234"), ("From", "+14158675309"),
    ("To", "+18005551212"), ("Caller", "+14158675309"),
)  # fmt: skip
REPEATED = (("Sid", "CA123"), ("SidAccount", "AC123"), ("Digits", "5678"), ("Digits", "1234"))
JSON = b'{"property": "value", "boolean": true}'
JSON_QUERY = f"{QUERY}&bodySHA256=0a1ff7634d9ab3b95db5c9a2dfe9416e41502b283a80c7cf19632632f96e6620"


def signed(signature, form=FORM, query=QUERY, body=b"", **headers):
    return request(
        body, content_type="application/x-www-form-urlencoded", form=form, query=query,
        headers={"x-twilio-signature": signature} | headers,
    )  # fmt: skip


def verify(signed_request, address=HOST):
    TwilioAdapter(Settings(secret="12345", webhook_url=address)).verify(signed_request)


@pytest.mark.parametrize(
    ("address", "signed_request"),
    [
        (HOST, signed("RSOYDt4T1cUTdK1PDd93/VVr8B8=")),
        (HOST, signed("IK+Dwps556ElfBT0I3Rgjkr1wJU=", REPEATED)),
        (HOST, signed("kvajT1Ptam85bY51eRf/AJRuM3w=")),
        (HOST.replace(".com", ".com:443"), signed("kvajT1Ptam85bY51eRf/AJRuM3w=")),
        (HOST.replace(".com", ".com:443"), signed("RSOYDt4T1cUTdK1PDd93/VVr8B8=")),
        (HOST.replace("https", "http"), signed("0ZXoZLH/DfblKGATFgpif+LLRf4=")),
        (
            HOST.replace("https", "http").replace(".com", ".com:1234"),
            signed("Zmvh+3yNM1Phv2jhDCwEM3q5ebU="),
        ),
        (HOST, signed("a9nBmqA0ju/hNViExpshrM61xv4=", (), JSON_QUERY, JSON)),
    ],
)
def test_the_published_examples_are_accepted(address, signed_request):
    verify(signed_request, address)


def test_the_sha256_scheme_is_accepted():
    # computed as in twilio-python 9.13.0, which publishes no example
    scheme = {"x-twilio-webhooks-signature-settings": "key=k1,algorithm=HMAC_SHA256"}
    verify(signed("033hgUJA9M/hXIZsYjwkerEP/DBm35nEri5FhCYjA5s=", **scheme))


@pytest.mark.parametrize(
    "signed_request",
    [
        signed("RSOYDt4T1cUTdK1PDd93/VVr8B9="),
        signed("RSOYDt4T1cUTdK1PDd93/VVr8B8=", (*FORM, ("Extra", "1"))),
        signed("RSOYDt4T1cUTdK1PDd93/VVr8B8=", query="foo=1&bar=3"),
        signed("a9nBmqA0ju/hNViExpshrM61xv4=", (), JSON_QUERY, JSON + b" "),
        signed("033hgUJA9M/hXIZsYjwkerEP/DBm35nEri5FhCYjA5s="),
    ],
)
def test_a_wrong_signature_is_refused(signed_request):
    with pytest.raises(Refused) as refused:
        verify(signed_request)
    assert refused.value.refusal is Refusal.WRONG_SIGNATURE


def test_an_unsigned_request_is_refused():
    with pytest.raises(Refused) as refused:
        verify(signed(""))
    assert refused.value.refusal is Refusal.UNSIGNED


# --- dialling ------------------------------------------------------------------------


@pytest.fixture
def configured(api):
    return Settings(
        api_url=api.url, api_account="AC0000", secret="12345", caller_number=OWN,
        webhook_url="https://odoo.example.com/call_handling/pbx/t",
    )  # fmt: skip


def test_dialling_rings_the_own_phone_first(api, configured):
    api.will_answer({"sid": PARENT, "status": "queued"}, 201)
    assert TwilioAdapter(configured).originate(Dial(ANN, CUSTOMER)) == Dialled(PARENT)
    (sent,) = api.requests
    assert (sent.method, sent.path) == ("POST", "/Accounts/AC0000/Calls.json")
    assert sent.headers["authorization"] == "Basic QUMwMDAwOjEyMzQ1"
    fields = parse_qs(sent.body)
    (back,) = fields["StatusCallback"]
    assert (fields["To"], fields["From"]) == ([ANN], [OWN])
    assert back.startswith(f"{configured.webhook_url}?click=1&number=")
    assert CUSTOMER.strip("+") not in back
    (item,) = TwilioAdapter(configured).split(callback(0, back.partition("?")[2]))
    assert (item["click"], item["number"]) == ("1", CUSTOMER)
    assert fields["StatusCallbackEvent"] == ["initiated", "ringing", "answered", "completed"]
    dial = ElementTree.fromstring(fields["Twiml"][0]).find("Dial")
    assert dial.attrib == {"callerId": OWN}
    assert dial.find("Number").text == CUSTOMER
    assert dial.find("Number").attrib["statusCallback"] == back


def test_an_api_key_can_be_used_instead_of_the_account(api, configured):
    api.will_answer({"status": "active"})
    key = Settings(api_url=api.url, api_account="AC0", secret="x", api_user="SK0", api_secret="y")
    TwilioAdapter(key).test()
    assert api.requests[0].path == "/Accounts/AC0.json"
    assert api.requests[0].headers["authorization"] == "Basic U0swOnk="


@pytest.mark.parametrize(
    ("answer", "status", "problem"),
    [
        ({"code": 21211, "message": "The 'To' number is not valid."}, 400, Problem.REFUSED),
        ({"code": 20003, "message": "Authenticate"}, 401, Problem.UNAUTHORIZED),
        ({"sid": PARENT, "status": "failed"}, 201, Problem.REFUSED),
        ({"status": "queued"}, 201, Problem.NOT_UNDERSTOOD),
    ],
)
def test_api_errors_are_reported(api, configured, answer, status, problem):
    api.will_answer(answer, status)
    with pytest.raises(ApiError) as error:
        TwilioAdapter(configured).originate(Dial(ANN, CUSTOMER))
    assert error.value.problem is problem


def test_a_suspended_account_is_reported(api, configured):
    api.will_answer({"status": "suspended"})
    with pytest.raises(ApiError, match="suspended"):
        TwilioAdapter(configured).test()


def test_without_an_own_number_nothing_is_dialled(api):
    bare = Settings(api_url=api.url, api_account="AC0000", secret="12345")
    with pytest.raises(ApiError, match="caller_number"):
        TwilioAdapter(bare).originate(Dial(ANN, CUSTOMER))


def test_the_signature_depends_on_the_algorithm():
    assert sign("12345", HOST, FORM, hashlib.sha1) != sign("12345", HOST, FORM, hashlib.sha256)


# --- controlling a call ---------------------------------------------------------------

TALKING = [
    parent(0, "ringing"),
    phone(0, FIRST, ANN, "initiated", 0),
    phone(1, FIRST, ANN, "ringing", 1),
    phone(6, FIRST, ANN, "in-progress", 2),
]
CLICKED = [
    click(0, "initiated", 0),
    click(3, "in-progress", 1),
    clicked(4, "initiated", 0),
    clicked(9, "in-progress", 1),
]
BACK = "https://odoo.example.com/p/t"
ENDED = (400, {"code": 21220, "message": "Call is not in-progress. Cannot redirect."}, "redirect")


def command(action, sid, sent=TALKING, target="", **content):
    path = f"/Accounts/account/Calls/{sid}.json"
    answer = (200, {"sid": sid, "status": "completed"})
    return Control(
        action, sent, ANN, "POST", path, content, target, answer=answer, refusals=(ENDED,)
    )


def twiml(noun, called, back=BACK, caller=""):
    callbacks = (
        f'statusCallback="{back}" statusCallbackEvent="initiated ringing answered completed"'
    )
    return f"<Response><Dial{caller}><{noun} {callbacks}>{called}</{noun}></Dial></Response>"


# What Twilio has accepted about a recording, at a second
STARTED = ((1, Action.RECORD),)
PAUSED = (*STARTED, (2, Action.PAUSE_RECORDING))
NO_RECORDING = (404, {"code": 20404, "message": "The requested resource was not found"}, "found")


def records(action, name, accepted=(), **content):
    path = f"/Accounts/account/Calls/{PARENT}/{name}.json"
    answer = (201 if action is Action.RECORD else 200, {"sid": "RE1", "status": "in-progress"})
    about = {"answer": answer, "refusals": (NO_RECORDING,), "accepted": accepted}
    return Control(action, TALKING, ANN, "POST", path, content, **about)


CURRENT = "Recordings/Twilio.CURRENT"
CONTROL_SETTINGS = {"phones": frozenset({ANN, MOBILE}), "caller_number": OWN}
CONTROLS = [
    records(Action.RECORD, "Recordings", RecordingChannels="dual", RecordingStatusCallback=BACK,
            RecordingStatusCallbackEvent="in-progress completed absent"),
    records(Action.PAUSE_RECORDING, CURRENT, STARTED, Status="paused", PauseBehavior="silence"),
    records(Action.RESUME_RECORDING, CURRENT, PAUSED, Status="in-progress"),
    records(Action.STOP_RECORDING, CURRENT, PAUSED, Status="stopped"),
    command(Action.HANG_UP, FIRST, Status="completed"),
    command(Action.HANG_UP, FIRST, TALKING[:3], Status="completed"),
    command(Action.TRANSFER, PARENT, target="client:bo", Twiml=twiml("Client", "bo")),
    command(Action.TRANSFER, PARENT, target=BO, Twiml=twiml("Sip", BO)),
    command(Action.TRANSFER, PARENT, target=MOBILE,
            Twiml=twiml("Number", MOBILE, f"{BACK}?phone=1")),
    command(Action.TRANSFER, PARENT, target="+442079460123",
            Twiml=twiml("Number", "+442079460123", caller=f' callerId="{OWN}"')),
    command(Action.TRANSFER, FIRST, CLICKED, "client:bo", Twiml=twiml("Client", "bo")),
]  # fmt: skip


def test_nobody_is_transferred_out_of_a_conference_nor_is_it_recorded():
    joined = [
        callback(9, CallSid=sid, ConferenceSid="CF1", StatusCallbackEvent="participant-join")
        for sid in (PARENT, FIRST)
    ]
    adapter = make_adapter(TwilioAdapter, "http://192.0.2.1")
    found = adapter.find_controls(make_running(adapter, [*TALKING, *joined], ANN))
    assert found == {Action.HANG_UP}


def test_a_transferred_call_stays_one_call():
    taken = [
        phone(30, SECOND, BO, "initiated", 0),
        status(30, FIRST, "completed", 3, ParentCallSid=PARENT, CallDuration="24"),
        phone(35, SECOND, BO, "in-progress", 1),
        phone(65, SECOND, BO, "completed", 2, CallDuration="30"),
        parent(65, "completed", 9, CallDuration="65"),
    ]
    (folded,) = calls_of(ADAPTER, [*TALKING, *taken])
    assert (folded.talk_seconds, folded.outcome) == (54, "answered")
    assert {leg.extension for leg in folded.legs if leg.extension} == {ANN, BO}


def test_a_call_that_was_dialled_and_then_transferred_stays_one_call():
    taken = [
        status(30, SECOND, "initiated", 0, ParentCallSid=FIRST, Direction="outbound-dial",
               From=OWN, To=BO),
        click(30, "completed", 2),
        status(35, SECOND, "in-progress", 1, ParentCallSid=FIRST, Direction="outbound-dial",
               From=OWN, To=BO),
    ]  # fmt: skip
    (folded,) = calls_of(ADAPTER, [*CLICKED, *taken])
    assert (folded.state, folded.direction) == ("ongoing", "outgoing")
