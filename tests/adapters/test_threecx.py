"""3CX: messages that it sends with our template, and dialling."""

import json
from xml.etree import ElementTree

import pytest
from stories import NOW, Call, calls_of, events_of, request
from story_player import PHONES, NotReported, Player, story_tests, story_tests_of

from adapters.api import ApiError, Problem
from adapters.base import Contact, Dial, Dialled, Settings
from adapters.request import Malformed, Refusal, Refused
from adapters.threecx import ThreeCXAdapter

ADDRESS = "https://odoo.example.com/call_handling/pbx/a&b"
ADAPTER = ThreeCXAdapter(Settings(secret="s3cret", webhook_url=ADDRESS))
CUSTOMER = "+12025550142"
NEVER = "0001-01-01T00:00:00Z"


def report(agent="101", call_type="Inbound", established="10:00:08", end="10:01:08", **values):
    """A report that arrives two minutes after the call began."""
    defaults = {
        "call_type": call_type,
        "number": CUSTOMER,
        "name": "J. Roe",
        "agent": agent,
        "duration": "00:01:00",
        "started_at": "2026-11-23T10:00:00Z",
        "established_at": f"2026-11-23T{established}Z" if established else NEVER,
        "ended_at": f"2026-11-23T{end}Z",
    }
    return request(json.dumps(defaults | values), 120)


STORIES = {
    "a call is answered": (
        [report()],
        Call("incoming", "answered", CUSTOMER, "101", {"101": "answered"}, None, 8, 60,
             name="J. Roe"),
    ),
    "nobody answers": (
        [report(call_type="Missed", established=None, end="10:00:20", duration="00:00:00")],
        Call("incoming", "no_answer", CUSTOMER, "101", {"101": "no_answer"}, None, 20,
             name="J. Roe"),
    ),
    "one of two phones answers": (
        [
            report("102"),
            report("101", "Missed", None, "10:00:08", duration="00:00:00"),
        ],
        Call("incoming", "answered", CUSTOMER, "102", {"101": "elsewhere", "102": "answered"},
             None, 8, 60, name="J. Roe"),
    ),
    "the phones of a group have starts that differ": (
        [
            report("102", started_at="2026-11-23T10:00:03Z"),
            report("101", "Missed", None, "10:00:08", duration="00:00:00"),
            report("103", "Missed", None, "10:00:08", started_at="2026-11-23T10:00:05Z"),
        ],
        Call("incoming", "answered", CUSTOMER, "102",
             {"101": "elsewhere", "102": "answered", "103": "elsewhere"}, None, 8, 60,
             name="J. Roe"),
    ),
    "a withheld number, and only the duration is reported": (
        [report(number="anonymous", name="", established=None)],
        Call("incoming", "answered", None, "101", {"101": "answered"}, None, 8, 60,
             anonymous=True),
    ),
    "an outgoing call is answered": (
        [report(call_type="Outbound", name="")],
        Call("outgoing", "answered", CUSTOMER, "101", {"101": "answered"}, None, 8, 60),
    ),
    "an outgoing call is not answered": (
        [report(call_type="Notanswered", established=None, end="10:00:30", duration="", name="")],
        Call("outgoing", "no_answer", CUSTOMER, "101", {"101": "no_answer"}, None, 30),
    ),
}  # fmt: skip


test_every_story, test_any_order = story_tests(ADAPTER, STORIES)


class ThreeCXPlayer(Player):
    """A report of every agent whose phone was called, or who called."""

    names = {
        "customer": CUSTOMER, "caller2": "+12025550143", "stranger": "anonymous", "ann": "101",
        "bo": "102", "cy": "103",
    }  # fmt: skip

    def calls(self, second, who, whom="own"):
        if whom not in ("own", "customer") or who == "program":
            raise NotReported("an internal call, or one of a program")
        self.facts = getattr(self, "facts", {})
        self.facts[self.call] = {"who": who, "start": second, "legs": {}}
        if who in PHONES:
            self.legs[who] = {"start": second}

    @property
    def legs(self):
        return self.facts[self.call]["legs"]

    def rings(self, second, who, *whom):
        if who == "odoo":
            self.calls(second, whom[0], "customer")
        elif who in PHONES:
            begin = self.facts[self.call]["start"]
            self.legs[who] = {"start": begin if second <= begin + 1 else second}
        elif who != "customer":
            raise NotReported("an outside number")

    def answers(self, second, who):
        if who == "customer":
            self.legs["ann"]["answer"] = second
        elif who in PHONES and self.facts[self.call]["who"] not in PHONES:
            self.legs[who]["answer"] = second

    def stops(self, second, who, _cause):
        if "odoo" in self.callers and who in PHONES:
            raise NotReported("the own phone after a click")
        if who not in self.legs and who in PHONES:
            self.rings(second, who)
        if who in PHONES:
            self.legs[who]["end"] = second

    def transfers(self, second, who, whom):
        if whom not in PHONES:
            raise NotReported("an outside number")
        self.legs[who]["end"] = second

    def ends(self, second, *_line):
        if not self.legs:
            raise NotReported("a call without agents")
        outgoing = self.facts[self.call]["who"] in PHONES
        for name, leg in self.legs.items():
            answered = leg.get("answer")
            types = ("Outbound", "Notanswered") if outgoing else ("Inbound", "Missed")
            who = "customer" if outgoing else self.facts[self.call]["who"]
            end = leg.get("end", second)
            self.add(report(
                self.names[name], types[0 if answered else 1], number=self.names[who],
                established=clock(answered) if answered else None, end=clock(end),
                started_at=f"2026-11-23T{clock(leg['start'])}Z",
                duration=clock(end - answered if answered else 0).replace("10:", "00:", 1),
            ))  # fmt: skip

    hangs_up = gives_up = ends

    def nothing(self, *_line):
        """It is not reported, but no reason not to report the call."""

    holds = resumes = waits = announces = is_closed = nothing


def clock(second):
    return f"10:{second // 60:02}:{second % 60:02}"


NO_ANSWER = {"outcome": "no_answer", "phones": {"101": "no_answer"}}
DIFFERENT = {
    "the caller gives up": NO_ANSWER,
    "the phone is busy": NO_ANSWER,
    "the phone rejects the call": NO_ANSWER,
    "a queue is abandoned": NO_ANSWER | {"wait": 13},
    "a queue hunts": {"wait": 18},
    "one agent of a queue declines": {
        "wait": 18, "phones": {"101": "no_answer", "102": "answered"},
    },
    "a queue times out": {"wait": 20},
    "a menu, and then a queue": {"wait": 8},
    "mailbox after no answer": {"outcome": "no_answer", "wait": 21},
    "mailbox after busy": NO_ANSWER,
    "blind transfer, not answered": {"phones": {"101": "transferred", "102": "no_answer"}},
    "busy": NO_ANSWER,
    "no such number": NO_ANSWER,
    "given up": NO_ANSWER,
    "click to dial, the customer is busy": NO_ANSWER,
    "click to dial, given up": NO_ANSWER,
}  # fmt: skip

(
    test_what_the_guide_says,
    test_every_shared_story,
    test_shared_stories_in_any_order,
    test_a_lost_message,
) = story_tests_of(ADAPTER, ThreeCXPlayer, DIFFERENT)


def test_ids_do_not_contain_the_number_and_differ_between_systems():
    ids = {id for e in events_of(ADAPTER, [report()]) for id in (e.call, e.leg or "", e.uid)}
    assert not [id for id in ids if CUSTOMER.strip("+") in id]
    other = ThreeCXAdapter(Settings(secret="s3cret", webhook_url=f"{ADDRESS}2"))
    assert ids.isdisjoint(e.call for e in events_of(other, [report()]))


def test_two_calls_of_one_customer_are_not_merged():
    later = {"started_at": "2026-11-23T10:01:30Z", "ended_at": "2026-11-23T10:01:50Z"}
    missed = report(call_type="Missed", established=None, **later)
    assert len(calls_of(ADAPTER, [report(), missed])) == 2


def test_callers_who_withhold_their_number_at_the_same_time_are_not_merged():
    one = report(number="anonymous")
    other = report("102", number="anonymous", started_at="2026-11-23T10:00:02Z")
    assert len(calls_of(ADAPTER, [one, other])) == 2


@pytest.mark.parametrize(
    ("values", "reason"),
    [
        ({"call_type": None}, "'call_type' is missing"),
        ({"call_type": "Conference"}, "'call_type' is 'Conference'"),
        ({"duration": "long"}, "not a length in seconds"),
        ({"started_at": "noon"}, "is not a time"),
    ],
)
def test_invalid_values_are_reported(values, reason):
    item = {"call_type": "Inbound", "number": CUSTOMER} | values
    assert reason in ADAPTER.understand(item, NOW).error


def test_only_json_objects_are_accepted():
    with pytest.raises(Malformed):
        ADAPTER.messages(request("[]"))
    assert "must be an object" in ADAPTER.understand([], NOW).error


# --- contact lookup ------------------------------------------------------------------

LOOKUP = request(json.dumps({"lookup": CUSTOMER}))


def test_a_lookup_is_not_an_event():
    assert events_of(ADAPTER, [LOOKUP]) == []
    assert ADAPTER.find_lookup(LOOKUP) == CUSTOMER
    assert ADAPTER.find_lookup(report()) is None
    assert ADAPTER.find_lookup(request("broken")) is None
    assert ADAPTER.find_lookup(request('{"lookup": []}')) is None


def test_the_contact_has_the_fields_of_the_template():
    contact = Contact(7, "Jane M. Roe", "ACME", "jane@example.com", CUSTOMER, "https://o/7")
    answer = json.loads(ADAPTER.reply_contact(contact).body)
    paths = {
        variable.attrib["Path"]
        for variable in ElementTree.fromstring(ADAPTER.make_configuration().content).iter(
            "Variable"
        )
    }
    assert paths == {f"contact.{name}" for name in answer["contact"]}
    assert answer["contact"]["first_name"] == "Jane M."
    assert answer["contact"]["last_name"] == "Roe"


def test_an_unknown_number_gets_an_empty_answer():
    assert json.loads(ADAPTER.reply_contact(None).body) == {}


# --- the template --------------------------------------------------------------------


def test_the_template_contains_the_address_but_no_secret():
    file = ADAPTER.make_configuration()
    requests = list(ElementTree.fromstring(file.content).iter("Request"))
    assert [item.attrib["Url"] for item in requests] == [ADDRESS, ADDRESS]
    assert "s3cret" not in file.content


def test_the_template_sends_the_fields_that_are_read():
    root = ElementTree.fromstring(ADAPTER.make_configuration().content)
    sent = {
        scenario.attrib["Id"]: {value.attrib["Key"] for value in scenario.find(".//PostValues")}
        for scenario in root.iter("Scenario")
    }
    assert sent[""] == {"lookup"}
    assert sent["ReportCall"] == set(report().json())


# --- secret --------------------------------------------------------------------------


def test_the_right_secret_in_the_header_is_accepted():
    ADAPTER.verify(request("{}", headers={"x-call-handling-secret": "s3cret"}))


@pytest.mark.parametrize(
    ("secret", "refusal"), [("S3cret", Refusal.WRONG_SIGNATURE), ("", Refusal.UNSIGNED)]
)
def test_a_wrong_or_missing_secret_is_refused(secret, refusal):
    with pytest.raises(Refused) as refused:
        ADAPTER.verify(request("{}", headers={"x-call-handling-secret": secret}))
    assert refused.value.refusal is refusal


# --- dialling ------------------------------------------------------------------------


@pytest.fixture
def adapter(api):
    api.will_answer({"token_type": "Bearer", "expires_in": 60, "access_token": "t0ken"})
    return ThreeCXAdapter(Settings(api_url=api.url, api_user="901", api_secret="key"))


def test_dialling_rings_the_own_phone_first(api, adapter):
    api.will_answer({"finalstatus": "Success", "result": {"id": 1, "callid": 12345}})
    assert adapter.originate(Dial("101", CUSTOMER)) == Dialled(None)
    login, dial = api.requests
    assert login.path == "/connect/token"
    assert login.body == "grant_type=client_credentials&client_id=901&client_secret=key"
    assert (dial.method, dial.path) == ("POST", "/callcontrol/101/makecall")
    assert dial.headers["authorization"] == "Bearer t0ken"
    assert dial.json == {"destination": CUSTOMER, "timeout": 45}


@pytest.mark.parametrize(
    ("answer", "status", "problem"),
    [
        ({"finalstatus": "Failed", "reasontext": "No device"}, 200, Problem.REFUSED),
        ({"finalstatus": "Failed"}, 200, Problem.REFUSED),
        ({"detail": "bad state"}, 422, Problem.REFUSED),
        ("", 403, Problem.UNAUTHORIZED),
    ],
)
def test_api_errors_are_reported(api, adapter, answer, status, problem):
    api.will_answer(answer, status)
    with pytest.raises(ApiError) as error:
        adapter.originate(Dial("101", CUSTOMER))
    assert error.value.problem is problem


def test_a_wrong_key_is_reported(api):
    api.will_answer({"error": "invalid_client"}, 401)
    with pytest.raises(ApiError, match="does not accept"):
        ThreeCXAdapter(Settings(api_url=api.url, api_user="901", api_secret="key")).test()


def test_the_connection_is_tested(api, adapter):
    api.will_answer([{"dn": "101"}])
    adapter.test()
    assert api.requests[1].path == "/callcontrol"
