"""sipgate: push messages as documented, with our own test numbers, and dialling."""

from urllib.parse import parse_qsl, urlencode, urlsplit
from xml.etree import ElementTree

import pytest
from control_player import Control, make_adapter, make_running
from stories import Call, events_of, request
from story_player import PHONES, NotReported, PushPlayer, story_tests, story_tests_of

from adapters.api import ApiError, Problem
from adapters.base import Action, Dial, Dialled, Receipt, Settings
from adapters.request import Malformed, Refusal, Refused
from adapters.sipgate import SipgateAdapter

ADDRESS = "https://odoo.example.com/call_handling/pbx/token"
ADAPTER = SipgateAdapter(Settings(webhook_url=ADDRESS))
CUSTOMER, OWN = "12025550142", "493023125610"

IN = {"from": CUSTOMER, "to": OWN, "direction": "in", "callId": "1001"}
OUT = {"from": OWN, "to": CUSTOMER, "direction": "out", "callId": "1002"}
# The call that Doc transfers to Marty has its own id and names the first call only once.
MARTYS = {"from": CUSTOMER, "to": "493023125611", "direction": "in", "callId": "2002"}
TRANSFER = {"origCallId": "1001", "diversion": OWN}


def push(second, event, call, query="", **values):
    fields = [("event", event)]
    for name, value in (call | values).items():
        if isinstance(value, list):
            fields += [(f"{name}[]", entry) for entry in value]
        else:
            fields.append((name, value))
    form = "application/x-www-form-urlencoded"
    return request(urlencode(fields), second, form, fields, query=query)


def ring(second, call, *people, **values):
    names = {"user": [f"name of {person}" for person in people], "userId": list(people)}
    return push(second, "newCall", call, **names, **values)


def answer(second, call, person, **values):
    return push(second, "answer", call, user=f"name of {person}", userId=person, **values)


def later(new_call):
    """Return the query of the address to which sipgate sends the later events of a new call."""
    reply = ElementTree.fromstring(ADAPTER.reply(Receipt(1), new_call).body)
    assert reply.attrib["onAnswer"] == reply.attrib["onHangup"]
    return urlsplit(reply.attrib["onHangup"]).query


def transferred(second):
    new_call = ring(second, MARTYS, "w1", **TRANSFER)
    return new_call, {"query": later(new_call)}


TRANSFERRED, MARTY = transferred(20)
FORWARDED, MARTY_INSTEAD = transferred(3)
TO_MAILBOX = push(15, "newCall", MARTYS, user=["voicemail"], **TRANSFER)
MAILBOX = {"query": later(TO_MAILBOX)}

STORIES = {
    "one of two phones answers": (
        [
            ring(0, IN, "w0", "w1"),
            answer(5, IN, "w1"),
            push(65, "hangup", IN, cause="normalClearing"),
        ],
        Call("incoming", "answered", f"+{CUSTOMER}", "w1", {"w0": "elsewhere", "w1": "answered"},
             f"+{OWN}", 5, 60),
    ),
    "the caller hangs up": (
        [ring(0, IN, "w0"), push(12, "hangup", IN, cause="cancel")],
        Call("incoming", "cancelled", f"+{CUSTOMER}", "w0", {"w0": "cancelled"}, f"+{OWN}", 12),
    ),
    "nobody answers, although the call ends normally": (
        [ring(0, IN, "w0"), push(12, "hangup", IN, cause="normalClearing")],
        Call("incoming", "no_answer", f"+{CUSTOMER}", "w0", {"w0": "no_answer"}, f"+{OWN}", 12),
    ),
    "the mailbox answers": (
        [
            ring(0, IN, "w0"),
            push(15, "answer", IN, user="voicemail"),
            push(40, "hangup", IN, cause="normalClearing"),
        ],
        Call("incoming", "voicemail", f"+{CUSTOMER}", "w0", {"w0": "no_answer"}, f"+{OWN}", 15),
    ),
    "the mailbox answers in a separate call": (
        [
            ring(0, IN, "w0"),
            TO_MAILBOX,
            push(15, "hangup", IN, cause="forwarded"),
            push(16, "answer", MARTYS, user="voicemail", **MAILBOX),
            push(40, "hangup", MARTYS, cause="normalClearing", **MAILBOX),
        ],
        Call("incoming", "voicemail", f"+{CUSTOMER}", "w0", {"w0": "no_answer"}, f"+{OWN}", 16),
    ),
    "a withheld number": (
        [
            ring(0, IN | {"from": "anonymous"}, "w0"),
            push(9, "hangup", IN | {"from": "anonymous"}, cause="noAnswer"),
        ],
        Call("incoming", "no_answer", None, "w0", {"w0": "no_answer"}, f"+{OWN}", 9,
             anonymous=True),
    ),
    "Doc answers and transfers the call to Marty": (
        [
            ring(0, IN, "w0"),
            answer(5, IN, "w0"),
            TRANSFERRED,
            answer(25, MARTYS, "w1", **MARTY),
            push(26, "hangup", IN, cause="normalClearing"),
            push(65, "hangup", MARTYS, cause="normalClearing", **MARTY),
        ],
        Call("incoming", "answered", f"+{CUSTOMER}", "w1",
             {"w0": "transferred", "w1": "answered"}, f"+{OWN}", 5, 60),
    ),
    "Marty does not answer the call that Doc transfers": (
        [
            ring(0, IN, "w0"),
            answer(5, IN, "w0"),
            TRANSFERRED,
            push(30, "hangup", MARTYS, cause="noAnswer", **MARTY),
            push(65, "hangup", IN, cause="normalClearing"),
        ],
        Call("incoming", "answered", f"+{CUSTOMER}", "w0", {"w0": "answered", "w1": "no_answer"},
             f"+{OWN}", 5, 60),
    ),
    "Doc's phone forwards the call to Marty's": (
        [
            ring(0, IN, "w0"),
            push(3, "hangup", IN, cause="forwarded"),
            FORWARDED,
            answer(8, MARTYS, "w1", **MARTY_INSTEAD),
            push(68, "hangup", MARTYS, cause="normalClearing", **MARTY_INSTEAD),
        ],
        Call("incoming", "answered", f"+{CUSTOMER}", "w1", {"w0": "no_answer", "w1": "answered"},
             f"+{OWN}", 8, 60),
    ),
    "an outgoing call is answered": (
        [
            ring(0, OUT, "w0"),
            push(6, "answer", OUT),
            push(66, "hangup", OUT, cause="normalClearing"),
        ],
        Call("outgoing", "answered", f"+{CUSTOMER}", "w0", {"w0": "answered"}, f"+{OWN}", 6, 60),
    ),
    "an outgoing call is busy": (
        [ring(0, OUT, "w0"), push(4, "hangup", OUT, cause="busy")],
        Call("outgoing", "busy", f"+{CUSTOMER}", "w0", {"w0": "busy"}, f"+{OWN}", 4),
    ),
}  # fmt: skip


test_every_story, test_any_order = story_tests(ADAPTER, STORIES)


class SipgatePlayer(PushPlayer):
    """A part of a call that is transferred or forwarded has an id of its own."""

    names = {
        "own": f"+{OWN}", "customer": f"+{CUSTOMER}", "caller2": "+12025550143", "ann": "w0",
        "bo": "w1", "cy": "w2", "mobile": "+493023125699", "service": "+493023125698",
        "stranger": "anonymous",
    }  # fmt: skip

    def calls(self, second, who, whom="own"):
        self.parts = {**getattr(self, "parts", {}), self.call: [(f"{self.call}-0", OWN, {})]}
        self.leaving = None
        super().calls(second, who, whom)

    def push(self, second, event, people=(), part=-1, **fields):
        call_id, to, query = self.parts[self.call][part]
        who = next(name for name, number in self.callers.items() if number == self.call)
        numbers = {"direction": "in", "from": self.names[who].strip("+"), "to": to}
        if who in PHONES:
            numbers = {"direction": "out", "from": OWN, "to": CUSTOMER}
        if people:
            ids = [self.names[name] for name in people]
            fields |= {"userId": ids, "user": [f"name of {id_}" for id_ in ids]}
        sent = push(second, event, numbers | {"callId": call_id}, **query, **fields)
        self.add(sent)
        return sent

    def diverted(self, second, who):
        first = self.parts[self.call][0][0]
        to = self.names[who].strip("+") if who not in PHONES else "493023125611"
        self.parts[self.call].append((f"{self.call}-{len(self.sent)}", to, {}))
        people = [who] if who in PHONES else []
        sent = self.push(second, "newCall", people, origCallId=first, diversion=OWN)
        self.parts[self.call][-1] = (*self.parts[self.call][-1][:2], {"query": later(sent)})
        self.is_diverted = False

    def rings(self, second, who, *whom):
        if who == "service":  # the own number is diverted
            self.push(second, "hangup", cause="forwarded")
            self.diverted(second, who)
        else:
            super().rings(second, who, *whom)

    def left(self, second, who):
        """The part of who transfers ends when the other phone has answered, or with the call."""
        self.leaving = len(self.parts[self.call]) - 1

    def consults(self, second, who, whom):
        self.is_diverted = True

    def connects(self, second, who, whom):
        self.push(second, "hangup", part=-2, cause="normalClearing")

    def answers(self, second, who):
        super().answers(second, who)
        if self.leaving is not None:
            self.push(second, "hangup", part=self.leaving, cause="normalClearing")
            self.leaving = None

    def to_mailbox(self, second):
        self.push(second, "answer", user="voicemail")

    def forwards(self, second, who, whom):
        self.push(second, "hangup", cause="forwarded")
        self.is_diverted = True

    def stops(self, second, who, cause):
        if len(self.parts[self.call]) > 1:
            self.push(second, "hangup", cause="noAnswer")
            self.parts[self.call].pop()

    def gives_up(self, second, who):
        for part in range(len(self.parts[self.call])):
            self.push(second, "hangup", part=part, cause="cancel")

    def waits(self, *_line):
        raise NotReported("a queue")


DIFFERENT = {
    "the phone rejects the call": {"outcome": "no_answer", "phones": {"w0": "no_answer"}},
    "mailbox after busy": {"phones": {"w0": "no_answer"}},
    "blind transfer, answered": {"talk": 65},
    "blind transfer to an outside number": {"talk": 65},
    "two transfers": {"talk": 90},
    "blind transfer, not answered": {
        "talk": 50, "phones": {"w0": "answered", "w1": "cancelled"},
    },
    "attended transfer, refused": {"phones": {"w0": "answered", "w1": "no_answer"}},
}  # fmt: skip

(
    test_what_the_guide_says,
    test_every_shared_story,
    test_shared_stories_in_any_order,
    test_a_lost_message,
) = story_tests_of(ADAPTER, SipgatePlayer, DIFFERENT)


def test_key_presses_of_a_caller_are_ignored():
    assert events_of(ADAPTER, [push(0, "dtmf", {"callId": "1001"}, dtmf="1")]) == []


def test_internal_numbers_are_not_changed():
    (event, *_rest) = events_of(ADAPTER, [ring(0, IN | {"from": "201"}, "w0")])
    assert event.from_number == "201"


def test_the_reply_asks_for_answer_and_end():
    reply = ADAPTER.reply(Receipt(1), ring(0, IN, "w0"))
    assert reply.content_type.startswith("application/xml")
    assert ElementTree.fromstring(reply.body).attrib == {"onAnswer": ADDRESS, "onHangup": ADDRESS}


def test_a_call_that_is_transferred_twice_belongs_to_the_first_call():
    again = push(0, "newCall", MARTYS, query=later(TRANSFERRED), origCallId="1001")
    assert dict(parse_qsl(later(again))) == {"original": "1001"}


@pytest.mark.parametrize(
    ("call", "reason"),
    [
        ({"callId": ""}, "'callId' is missing"),
        ({"callId": "1", "direction": "up"}, "'direction' is 'up'"),
    ],
)
def test_invalid_values_are_reported(call, reason):
    (message,) = ADAPTER.messages(push(0, "newCall", call))
    assert reason in message.error
    (message,) = ADAPTER.messages(push(0, "dance", call))
    assert "'event' is 'dance'" in message.error


def test_only_forms_are_accepted():
    with pytest.raises(Malformed):
        ADAPTER.messages(request("{}"))
    assert "must be an object" in ADAPTER.understand([], request("").received_at).error


# https://github.com/sipgate-io/sipgateio-node/blob/master/lib/webhook/webhook.test.node.ts
PUBLISHED_BODY = (
    b"callId=&direction=in&event=newCall&from=4912354678&fullUserId%5B%5D%5B0%5D=123456789"
    b"&originalCallId=&to=49999999&user%5B%5D%5B0%5D=TestUser&userId%5B%5D%5B0%5D=123456789&xcid="
)
PUBLISHED_SIGNATURE = (
    "hlY7r9Vad0NP/7xJxf+vcDqjWaGWHOcIrj+rcP5aqQQcHtbSLsElp2kRNRPBL5unWbq6bExVPZB49HHM+Y/fWSVL19q"
    "7KSJhYPHfikcME0r0mCYB4S/VnJwnIvpiqz6s7Dpnk3wDCy65B3WQLwBVWA9oh6ojNM/g+87YnoMTKRx1KoFqosKNfB"
    "p1c1I8XjXusGOW/VlGnMb6wHhUVdwi9K7FfUgxj2pnV+M1Xv9rYs6RAi4V1OcUPqdT5geHsxWa09sk+AEHSUm1EFnAv"
    "x7PhIkugpNwST7yPKHf0+iyei4qUQCBZtfQVOI4mLZTRfQuyVo3YuJfvHaNPYY34/1ZCZGCKeu+HS6WHs1vGUyKxSi8"
    "v4JJqog2VOlWruf8pMGg+syuAFwuxiCnWsSXgaaUfe9JrBAFjBxUmNP9DzR1bbkwxkJnthacu7jALXjGsubjSSSl955"
    "QgenV/ZpODHgWDPg0fe6qGILtk+kXLjyfSsoR/qgzE5W5OAyZq8W64h01KAt9Q283N7/2nogy6keiIWL3qjPolWnrch"
    "SP7iJUatM2YiTcpkNKnJ70UE05cdw3swuNe7zqD51MdOX3rAioEOFgOIFMSrxMVX+V4XK7sa5o43smN8lHoa+0AogQM"
    "uIrC7k2axdRbulSSNfyqVAZIT4qS0cItiv3aPXsdDKkkA0="
)


def test_the_published_example_is_accepted():
    ADAPTER.verify(request(PUBLISHED_BODY, headers={"x-sipgate-signature": PUBLISHED_SIGNATURE}))


@pytest.mark.parametrize(
    ("body", "signature", "refusal"),
    [
        (PUBLISHED_BODY.replace(b"in&", b"im&"), PUBLISHED_SIGNATURE, Refusal.WRONG_SIGNATURE),
        (PUBLISHED_BODY, PUBLISHED_SIGNATURE.replace("hlY", "hlZ"), Refusal.WRONG_SIGNATURE),
        (PUBLISHED_BODY, "not base64!", Refusal.WRONG_SIGNATURE),
        (PUBLISHED_BODY, "ü", Refusal.WRONG_SIGNATURE),
        (PUBLISHED_BODY, "", Refusal.UNSIGNED),
    ],
)
def test_a_wrong_or_missing_signature_is_refused(body, signature, refusal):
    with pytest.raises(Refused) as refused:
        ADAPTER.verify(request(body, headers={"x-sipgate-signature": signature}))
    assert refused.value.refusal is refusal


# --- dialling ------------------------------------------------------------------------


@pytest.fixture
def adapter(api):
    return SipgateAdapter(
        Settings(
            api_url=api.url,
            api_user="token-1",
            api_secret="secret",
            caller_number="+493023125610",
        )
    )


def test_dialling_rings_the_own_phone_first(api, adapter):
    api.will_answer({"sessionId": "123456"})
    assert adapter.originate(Dial("e0", "+12025550142")) == Dialled(None)
    (sent,) = api.requests
    assert (sent.method, sent.path) == ("POST", "/sessions/calls")
    assert sent.headers["authorization"] == "Basic dG9rZW4tMTpzZWNyZXQ="
    assert sent.json == {
        "caller": "e0",
        "callee": "+12025550142",
        "callerId": "+493023125610",
    }


def test_the_users_phone_that_is_online_is_rung(api, adapter):
    api.will_answer({"items": [{"id": "e0", "online": False}, {"id": "e7", "online": True}]})
    api.will_answer({"sessionId": "123456"})
    adapter.originate(Dial("w0", "+12025550142", "+493023125611"))
    assert api.requests[0].path == "/w0/devices"
    assert api.requests[1].json["caller"] == "e7"
    assert api.requests[1].json["callerId"] == "+493023125611"


@pytest.mark.parametrize(
    ("answer", "status", "problem"),
    [
        ({"message": "insufficient funds"}, 402, Problem.REFUSED),
        ("", 401, Problem.UNAUTHORIZED),
        ({}, 200, Problem.NOT_UNDERSTOOD),
    ],
)
def test_api_errors_are_reported(api, adapter, answer, status, problem):
    api.will_answer(answer, status)
    with pytest.raises(ApiError) as error:
        adapter.originate(Dial("e0", "+12025550142"))
    assert error.value.problem is problem


def test_a_user_without_a_phone_cannot_dial(api, adapter):
    api.will_answer({"items": []})
    with pytest.raises(ApiError, match="id. is missing"):
        adapter.originate(Dial("w0", "+12025550142"))


def test_the_connection_is_tested(api, adapter):
    api.will_answer({"sub": "w0"})
    adapter.test()
    assert api.requests[0].path == "/authorization/userinfo"


# --- controlling a call ---------------------------------------------------------------

TALKING = [ring(0, IN, "w0", "w1"), answer(5, IN, "w1")]
CONFLICT = (409, {"message": "the call is not established"}, "not established")
NO_SCOPE = (403, {"message": "missing scope rtcm:write"}, "rtcm:write")


def command(action, method, path, content=None, sent=TALKING, call="1001", **values):
    path = f"/calls/{call}{path}"
    refusals = (CONFLICT, NO_SCOPE)
    return Control(action, sent, "w1", method, path, content, refusals=refusals, **values)


CONTROLS = [
    command(Action.HANG_UP, "DELETE", ""),
    command(Action.HOLD, "PUT", "/hold", {"value": True}),
    command(Action.RESUME, "PUT", "/hold", {"value": False}),
    command(Action.TRANSFER, "POST", "/transfer",
            {"phoneNumber": "+493023125699", "attended": False}, target="+493023125699"),
]  # fmt: skip


def test_a_call_that_rings_cannot_be_controlled():
    adapter = make_adapter(SipgateAdapter, "http://192.0.2.1")
    assert not adapter.find_controls(make_running(adapter, TALKING[:1], "w1"))


def test_a_transferred_call_is_controlled_by_its_new_id():
    adapter = make_adapter(SipgateAdapter, "http://192.0.2.1")
    sent = [ring(0, IN, "w0"), answer(5, IN, "w0"), TRANSFERRED, answer(25, MARTYS, "w1", **MARTY)]
    assert adapter.find_handle(make_running(adapter, sent, "w1")) == "2002"
