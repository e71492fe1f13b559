"""Yeastar P-Series: events as documented, with our own test numbers, and its API."""

import base64
import hashlib
import hmac
import json
from zoneinfo import ZoneInfo

import pytest
from control_player import Control, make_adapter, make_running
from stories import NOW, Call, calls_of, events_of, request
from story_player import OUTSIDE, PHONES, NotReported, Player, story_tests, story_tests_of

from adapters.api import ApiError, Problem
from adapters.base import Action, Dial, Dialled, Settings
from adapters.request import Malformed, Refusal, Refused
from adapters.yeastar import YeastarAdapter

SECRET = "0123456789abcdef0123456789abcdef"
ADAPTER = YeastarAdapter(Settings(secret=SECRET, tz=ZoneInfo("Europe/Berlin")))
CUSTOMER, OWN = "+12025550142", "+493023125610"
CALL = "1650012665.266"


def report(second, kind, content):
    body = {"type": kind, "sn": "3631A2124XXX", "msg": json.dumps({"call_id": CALL} | content)}
    return request(json.dumps(body), second)


def extension(extension_number, status, **values):
    channel = f"PJSIP/{extension_number}-0000008a"
    member = {"number": extension_number, "channel_id": channel, "call_path": ""}
    return {"extension": member | {"member_status": status} | values}


def inbound(status):
    member = {"from": CUSTOMER, "to": OWN, "trunk_name": "provider", "channel_id": "PJSIP/p-01"}
    return {"inbound": member | {"member_status": status, "call_path": ""}}


def outbound(status, to=CUSTOMER):
    member = {"from": "1005", "to": to, "trunk_name": "provider", "channel_id": "PJSIP/p-02"}
    return {"outbound": member | {"member_status": status, "call_path": ""}}


def state(second, *members):
    return report(second, 30011, {"members": list(members)})


def transfer(second, *members):
    return report(second, 30013, {"members": list(members)})


def record(second, start, kind, call_from, call_to, status, length, talk=0, **values):
    """A call record. Its time is in the time zone of Berlin, an hour ahead of UTC."""
    defaults = {
        "time_start": f"2026-11-23 11:{start}", "call_from": call_from, "call_to": call_to,
        "call_duration": length, "talk_duration": talk, "src_trunk_name": " ",
        "dst_trunk_name": " ", "pin_code": " ", "status": status, "type": kind,
        "recording": "", "did_number": OWN if kind == "Inbound" else " ",
        "agent_ring_time": 0, "uid": f"20261123{start}",
    }  # fmt: skip
    return report(second, 30012, defaults | values)


STORIES = {
    "one of two phones answers": (
        [
            state(0, inbound("ALERT"), extension("1000", "RING"), extension("1001", "RING")),
            state(7, inbound("ANSWERED"), extension("1001", "ANSWER")),
            state(67, inbound("BYE"), extension("1001", "BYE")),
            record(68, "00:00", "Inbound", CUSTOMER, "1001", "ANSWERED", 67, 60),
        ],
        Call("incoming", "answered", CUSTOMER, "1001", {"1000": "elsewhere", "1001": "answered"},
             OWN, 7, 60),
    ),
    "only the record": (
        [record(68, "00:00", "Inbound", CUSTOMER, "1001", "ANSWERED", 67, 60)],
        Call("incoming", "answered", CUSTOMER, "1001", {"1001": "answered"}, OWN, 7, 60),
    ),
    "nobody answers": (
        [
            state(0, inbound("ALERT"), extension("1000", "RING")),
            record(20, "00:00", "Inbound", CUSTOMER, "1000", "NO ANSWER", 20),
        ],
        Call("incoming", "no_answer", CUSTOMER, "1000", {"1000": "no_answer"}, OWN, 20),
    ),
    "a queue answers, but nobody else": (
        [
            state(0, inbound("ANSWERED"), extension("1000", "RING", call_path="6400")),
            record(30, "00:00", "Inbound", CUSTOMER, "6400", "ABANDONED", 30),
        ],
        Call("incoming", "cancelled", CUSTOMER, "1000", {"1000": "cancelled"}, OWN, 30,
             queue="6400"),
    ),
    "the mailbox answers": (
        [
            state(0, inbound("ALERT"), extension("1000", "RING")),
            record(45, "00:00", "Inbound", CUSTOMER, "1000", "VOICEMAIL", 45, 20),
        ],
        Call("incoming", "voicemail", CUSTOMER, "1000", {"1000": "no_answer"}, OWN, 25),
    ),
    "the phone is busy": (
        [record(3, "00:00", "Inbound", "anonymous", "1000", "BUSY", 3)],
        Call("incoming", "busy", None, "1000", {"1000": "busy"}, OWN, 3, anonymous=True),
    ),
    "the first phone transfers the call to the second": (
        [
            state(0, inbound("ALERT"), extension("1000", "RING")),
            state(5, inbound("ANSWERED"), extension("1000", "ANSWER")),
            transfer(35, inbound("ANSWERED"), extension("1000", "ANSWER")),
            state(35, extension("1001", "RING")),
            state(36, extension("1000", "BYE")),
            state(40, extension("1001", "ANSWER")),
            record(36, "00:00", "Inbound", CUSTOMER, "1000", "ANSWERED", 36, 31),
            record(70, "00:35", "Inbound", CUSTOMER, "1001", "ANSWERED", 35, 30),
        ],
        Call("incoming", "answered", CUSTOMER, "1001", {"1000": "transferred", "1001": "answered"},
             OWN, 5, 60),
    ),
    "an outgoing call is put on hold and resumed": (
        [
            state(0, extension("1005", "ALERT"), outbound("RING")),
            state(6, extension("1005", "ANSWERED"), outbound("ANSWER")),
            state(20, extension("1005", "HOLD")),
            state(30, extension("1005", "ANSWERED")),
            state(66, extension("1005", "BYE"), outbound("BYE")),
            record(66, "00:00", "Outbound", "1005", CUSTOMER, "ANSWERED", 66, 60),
        ],
        Call("outgoing", "answered", CUSTOMER, "1005", {"1005": "answered"}, None, 6, 60),
    ),
    "an outgoing call is busy": (
        [
            state(0, extension("1005", "ALERT"), outbound("RING")),
            record(4, "00:00", "Outbound", "1005", CUSTOMER, "BUSY", 4),
        ],
        Call("outgoing", "busy", CUSTOMER, "1005", {"1005": "busy"}, None, 4),
    ),
    "one employee calls another": (
        [
            state(0, extension("2005", "ALERT"), extension("2002", "RING")),
            state(3, extension("2005", "ANSWERED"), extension("2002", "ANSWER")),
            record(24, "00:00", "Internal", "2005", "2002", "ANSWERED", 24, 21),
        ],
        Call("internal", "answered", "2002", "2005", {"2005": "answered", "2002": "answered"},
             None, 3, 21),
    ),
}  # fmt: skip


test_every_story, test_any_order = story_tests(ADAPTER, STORIES)


class YeastarPlayer(Player):
    """Live events of the members, and a record at the end."""

    names = {
        "own": OWN, "customer": CUSTOMER, "caller2": "+12025550143", "stranger": "anonymous",
        "ann": "1000", "bo": "1001", "cy": "1002", "mobile": "+493023125699",
        "service": "+493023125698", "support": "support 6400",
    }  # fmt: skip
    ids = ""

    def state(self, second, *members):
        self.add(report(second, 30011, {"call_id": str(self.call), "members": list(members)}))

    def inbound(self, status):
        who = next(name for name, number in self.callers.items() if number == self.call)
        member = {"from": self.names[who], "to": OWN, "channel_id": "PJSIP/p-01"}
        return {"inbound": member | {"member_status": status}}

    def of(self, who, status):
        if who in PHONES:
            return extension(self.names[who], status, call_path=self.facts[self.call]["path"])
        return outbound(status, self.names[who])

    def calls(self, second, who, whom="own"):
        if who == "program" or whom.startswith("*"):
            raise NotReported("calls of programs, feature codes")
        self.facts = getattr(self, "facts", {})
        self.facts[self.call] = {"who": who, "whom": whom, "start": second, "path": ""}
        self.facts[self.call] |= {"answer": None, "kind": "Inbound", "to": OWN}
        if whom == "own":
            return self.state(second, self.inbound("ALERT"))
        self.facts[self.call] |= {"kind": "internal" if whom in PHONES else "outbound"}
        self.facts[self.call] |= {"to": self.names[whom]}
        return self.state(second, self.of(who, "ALERT"), self.of(whom, "RING"))

    def waits(self, second, who, queue):
        self.facts[self.call] |= {"path": self.names[queue], "to": "6400"}
        self.state(second, self.inbound("ANSWERED"))

    def rings(self, second, who, *_whom):
        if who == "odoo":
            raise NotReported("a click")
        if who not in self._here and self.facts[self.call]["whom"] == "own":
            self.state(second, self.of(who, "RING"))
        if self.facts[self.call]["to"] == OWN:
            self.facts[self.call]["to"] = self.names[who]

    def answers(self, second, who):
        about = self.facts[self.call]
        if who == "mailbox":
            about |= {"mailbox": second}
            return
        about["answer"] = about["answer"] or second
        about["to"] = self.names[who]
        other = self.inbound("ANSWERED")
        if about["who"] in PHONES:
            other = self.of(about["who"], "ANSWERED")
        self.state(second, other, self.of(who, "ANSWER"))

    def stops(self, second, who, cause):
        if cause != "elsewhere":
            if who not in self._here:
                self.rings(second, who)
            self.state(second, self.of(who, "BYE"))

    def forwards(self, second, who, _whom):
        self.stops(second, who, "no_answer")

    def transfers(self, second, who, whom):
        members = [self.inbound("ANSWERED"), self.of(who, "ANSWER")]
        self.add(report(second, 30013, {"call_id": str(self.call), "members": members}))
        self.state(second, self.of(who, "BYE"))
        self.record(second, "ANSWERED")
        self.facts[self.call] |= {"start": second, "answer": None, "to": self.names[whom]}

    def holds(self, second, who):
        self.state(second, self.of(who, "HOLD"))

    def resumes(self, second, who):
        self.state(second, self.of(who, "ANSWER"))

    def over(self, second, status):
        about = self.facts[self.call]
        people = [self.of(name, "BYE") for name in self._here if name in (*PHONES, *OUTSIDE)]
        is_own = about["who"] in PHONES
        people.append(self.of(about["who"], "BYE") if is_own else self.inbound("BYE"))
        self.state(second, *people)
        self.record(second, status)

    def record(self, second, status):
        """Each part of a call that is transferred has a record of its own."""
        about = self.facts[self.call]
        talk = second - about.get("mailbox", about["answer"] or second)
        status = "ANSWERED" if about["answer"] else status
        status = "VOICEMAIL" if "mailbox" in about else status
        begin, who = about["start"], self.names[about["who"]]
        clock = f"{begin // 60:02}:{begin % 60:02}"
        facts = {"call_id": str(self.call), "did_number": OWN if about["kind"] == "Inbound" else ""}
        length = second - begin
        self.add(record(second + 1, clock, about["kind"], who, about["to"], status, length, talk,
                        **facts))  # fmt: skip

    def hangs_up(self, second, _who):
        self.over(second, "NO ANSWER")

    def gives_up(self, second, _who):
        self.over(second, "ABANDONED" if self.facts[self.call]["path"] else "NO ANSWER")

    def ends(self, second, _who, cause):
        statuses = {"busy": "BUSY", "failed": "FAILED"}
        own = self.facts[self.call]["kind"] != "internal"
        self.over(second, statuses.get(cause, "NO ANSWER") if own else "NO ANSWER")

    def nothing(self, *_line):
        """It is not reported, but no reason not to report the call."""

    announces = is_closed = nothing


NO_ANSWER = {"outcome": "no_answer", "phones": {"1000": "no_answer"}}
DIFFERENT = {
    "the caller gives up": NO_ANSWER,
    "given up": NO_ANSWER,
    "the phone rejects the call": NO_ANSWER,
    "one agent of a queue declines": {"phones": {"1000": "no_answer", "1001": "answered"}},
    "mailbox after busy": {"phones": {"1000": "no_answer"}},
    "blind transfer, not answered": {"phones": {"1000": "transferred", "1001": "no_answer"}},
    "the colleague's phone is not connected": {
        "outcome": "no_answer", "phones": {"1000": "no_answer", "1001": "no_answer"},
    },
}  # fmt: skip

(
    test_what_the_guide_says,
    test_every_shared_story,
    test_shared_stories_in_any_order,
    test_a_lost_message,
) = story_tests_of(ADAPTER, YeastarPlayer, DIFFERENT)


@pytest.mark.parametrize("called", [OWN, "6500", "Support"])
def test_what_is_no_phone_in_the_register_is_none_in_a_record(called):
    adapter = YeastarAdapter(Settings(tz=ADAPTER.settings.tz, phones=frozenset({"1000"})))
    sent = [record(20, "00:00", "inbound", CUSTOMER, called, "NO ANSWER", 20)]
    (folded,) = calls_of(adapter, sent)
    assert (folded.legs, folded.direction) == ((), "incoming")


def test_callers_abandon_queues_and_not_phones():
    sent = [record(20, "00:00", "Inbound", CUSTOMER, "6400", "ABANDONED", 20)]
    (folded,) = calls_of(ADAPTER, sent)
    assert (folded.legs, folded.outcome) == ((), "cancelled")


def test_the_phone_that_is_reached_is_not_the_number_that_was_called():
    member = {"from": CUSTOMER, "to": "1000", "member_status": "ALERT"}
    (folded,) = calls_of(ADAPTER, [state(0, {"inbound": member})])
    assert folded.line_number is None


def test_a_slow_clock_does_not_change_the_call():
    sent, _call = STORIES["one of two phones answers"]
    slow = record(68, "00:00", "Inbound", CUSTOMER, "1001", "ANSWERED", 67, 60,
                  time_start="2026-11-23 10:59:30")  # fmt: skip
    (folded,) = calls_of(ADAPTER, [*sent[:-1], slow])
    assert (folded.wait_seconds, folded.talk_seconds) == (7, 60)


def test_the_time_on_hold_is_counted():
    sent, _call = STORIES["an outgoing call is put on hold and resumed"]
    (folded,) = calls_of(ADAPTER, sent)
    assert [leg.hold_seconds for leg in folded.legs] == [10]


def test_the_message_may_be_an_object():
    body = {"type": 30011, "msg": {"call_id": CALL, "members": [extension("1000", "RING")]}}
    (event,) = events_of(ADAPTER, [request(json.dumps(body))])
    assert event.extension == "1000"


def test_other_events_are_ignored():
    other = {"type": 30008, "msg": json.dumps({"extension": "2002", "status": "Ringing"})}
    assert events_of(ADAPTER, [request(json.dumps(other)), transfer(0, inbound("ANSWERED"))]) == []
    assert events_of(ADAPTER, [state(0, {"conference": {"member_status": "RING"}})]) == []


@pytest.mark.parametrize(
    ("item", "reason"),
    [
        ({}, "'type' is missing"),
        ({"type": 30011, "msg": '{"call_id": "1'}, "'msg' is not JSON"),
        ({"type": 30011, "msg": []}, "'msg' must be an object"),
        ({"type": 30011, "msg": {}}, "'call_id' is missing"),
        ({"type": 30011, "msg": {"call_id": "1", "members": {}}}, "must be a list of objects"),
        (
            {"type": 30011, "msg": {"call_id": "1", "members": [extension("1", "SLEEP")]}},
            "'member_status' is 'SLEEP'",
        ),
        ({"type": 30012, "msg": {"call_id": "1", "type": "Odd"}}, "'type' is 'odd'"),
        (
            {"type": 30012, "msg": {"call_id": "1", "type": "Inbound", "status": "BUSY"}},
            "a time must be",
        ),
    ],
)
def test_invalid_values_are_reported(item, reason):
    assert reason in ADAPTER.understand(item, NOW).error


def test_only_json_objects_are_accepted():
    with pytest.raises(Malformed):
        ADAPTER.messages(request("[]"))
    assert "must be an object" in ADAPTER.understand([], NOW).error


def test_the_signature_follows_the_documentation():
    # computed: the developer guide describes the algorithm but has no example
    body = (
        b'{"type":30012,"sn":"3631A2124XXX","msg":"{\\"call_id\\":\\"1651057476.362\\"}"}'
    )  # fmt: skip
    signature = "YzqdNu0WeeG1QqVeHu0UxO1pvNOeX/TtSjNG2B4sAWE="
    ADAPTER.verify(request(body, headers={"x-signature": signature}))
    with pytest.raises(Refused):
        ADAPTER.verify(request(body + b" ", headers={"x-signature": signature}))


def test_an_unsigned_request_is_refused():
    with pytest.raises(Refused) as refused:
        ADAPTER.verify(request("{}"))
    assert refused.value.refusal is Refusal.UNSIGNED
    digest = hmac.digest(b"another", b"{}", hashlib.sha256)
    with pytest.raises(Refused):
        ADAPTER.verify(request("{}", headers={"x-signature": base64.b64encode(digest).decode()}))


# --- dialling ------------------------------------------------------------------------

TOKEN = {"errcode": 0, "errmsg": "SUCCESS", "access_token": "t0ken"}


@pytest.fixture
def adapter(api):
    return YeastarAdapter(
        Settings(api_url=api.url, api_user="client", api_secret="key", country="DE")
    )


def test_dialling_rings_the_own_phone_first(api, adapter):
    api.will_answer(TOKEN)
    api.will_answer({"errcode": 0, "errmsg": "SUCCESS", "call_id": CALL})
    assert adapter.originate(Dial("1001", "+493023125642")) == Dialled(CALL)
    login, dial = api.requests
    assert login.path == "/openapi/v1.0/get_token"
    assert login.json == {"username": "client", "password": "key"}
    assert login.headers["user-agent"] == "OpenAPI"
    assert "authorization" not in login.headers
    assert dial.path == "/openapi/v1.0/call/dial?access_token=t0ken"
    assert dial.json == {
        "caller": "1001",
        "callee": "03023125642",
        "dial_permission": "1001",
        "auto_answer": "no",
    }


@pytest.mark.parametrize(
    ("answer", "detail"),
    [
        ({"errcode": 10004, "errmsg": "TOKEN EXPIRED"}, "TOKEN EXPIRED (10004)"),
        ({"errcode": 60002}, "no reason (60002)"),
        ({}, "no reason (None)"),
    ],
)
def test_an_error_in_a_successful_answer_is_a_refusal(api, adapter, answer, detail):
    api.will_answer(TOKEN)
    api.will_answer(answer)
    with pytest.raises(ApiError) as error:
        adapter.originate(Dial("1001", CUSTOMER))
    assert (error.value.problem, error.value.detail) == (Problem.REFUSED, detail)


def test_the_connection_is_tested(api, adapter):
    api.will_answer({"errcode": 40002, "errmsg": "INVALID USER AGENT"})
    with pytest.raises(ApiError, match="INVALID USER AGENT"):
        adapter.test()
    api.will_answer(TOKEN)
    adapter.test()


# --- controlling a call ---------------------------------------------------------------

TALKING = [
    state(0, inbound("ALERT"), extension("1000", "RING"), extension("1001", "RING")),
    state(7, inbound("ANSWERED"), extension("1001", "ANSWER")),
]
HELD = [*TALKING, state(9, extension("1001", "HOLD"))]
ASKED = {"query": {"access_token": "t0ken"}, "login": (TOKEN,)}
DONE = {"answer": (200, {"errcode": 0, "errmsg": "SUCCESS", "call_id": CALL})}
PHONE, CALLER = "PJSIP/1001-0000008a", "PJSIP/p-01"
REFUSED = ((200, {"errcode": 60014, "errmsg": "CHANNEL NOT EXIST"}, "CHANNEL NOT EXIST (60014)"),)


def command(action, name, content, sent=TALKING, **values):
    path = f"/openapi/v1.0/call/{name}"
    values = {"refusals": REFUSED} | ASKED | DONE | values
    return Control(action, sent, "1001", "POST", path, content, **values)


def blind(number):
    content = {"type": "blind", "channel_id": CALLER, "dial_permission": "1001"}
    return content | {"number": number}


CONTROL_SETTINGS = {"country": "DE", "tz": ZoneInfo("Europe/Berlin")}
# What Yeastar has accepted about a recording, at a second
STARTED = ((10, Action.RECORD),)
PAUSED = (*STARTED, (12, Action.PAUSE_RECORDING))
OF_PHONE = {"channel_id": PHONE}

CONTROLS = [
    command(Action.RECORD, "record_start", OF_PHONE),
    command(Action.PAUSE_RECORDING, "record_pause", OF_PHONE, accepted=STARTED),
    command(Action.RESUME_RECORDING, "record_unpause", OF_PHONE, accepted=PAUSED),
    command(Action.HANG_UP, "hangup", {"channel_id": PHONE}),
    command(Action.HANG_UP, "hangup", {"channel_id": PHONE}, TALKING[:1]),
    command(Action.HOLD, "hold", {"channel_id": PHONE}),
    command(Action.RESUME, "unhold", {"channel_id": PHONE}, HELD),
    command(Action.TRANSFER, "transfer", blind("1002"), target="1002"),
    command(Action.TRANSFER, "transfer", blind("03023125699"), target="+493023125699"),
]


def test_a_phone_that_has_left_cannot_be_controlled():
    left = [*TALKING, state(30, extension("1001", "BYE"))]
    adapter = make_adapter(YeastarAdapter, "http://192.0.2.1")
    assert adapter.find_handle(make_running(adapter, left, "1001")) is None


def test_a_phone_that_speaks_with_several_parties_transfers_nobody():
    three = [*TALKING, state(20, outbound("ANSWER"))]
    adapter = make_adapter(YeastarAdapter, "http://192.0.2.1")
    found = adapter.find_controls(make_running(adapter, three, "1001"))
    assert found == {Action.HANG_UP, Action.HOLD, Action.RECORD}
