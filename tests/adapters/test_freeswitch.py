"""FreeSWITCH: records of mod_json_cdr like published ones, with our own numbers; dialling."""

import base64
import json
from datetime import timedelta
from urllib.parse import quote, unquote
from xml.etree import ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st
from stories import NOW, Call, calls_of, describe, events_of, request
from story_player import OUTSIDE, PHONES, NotReported, Player, story_tests, story_tests_of

from adapters.api import ApiError, Problem
from adapters.base import Dial, Settings
from adapters.freeswitch import FreeSwitchAdapter
from adapters.freeswitch.record import FILES, name_file
from adapters.request import Malformed, Refusal, Refused

ADAPTER = FreeSwitchAdapter(Settings(secret="s3cret"))
CUSTOMER, OWN = "+12025550142", "+493023125610"
ANYTHING = st.none() | st.booleans() | st.integers() | st.text()
A, ANNS, BOS = "aaaa-1", "bbbb-1", "bbbb-2"


def stamp(second):
    """Microseconds since 1970, as FreeSWITCH writes them; 0 for never."""
    return "0" if second is None else str(int((NOW + timedelta(seconds=second)).timestamp() * 1e6))


def times(start=0, bridged=None, end=0, transfer=None):
    return {
        "profile_created_time": stamp(start),
        "answered_time": stamp(bridged),
        "bridged_time": stamp(bridged),
        "hangup_time": stamp(end),
        "transfer_time": stamp(transfer),
    }


def profile(caller, dialled, *legs, name=None):
    caller_id = {"caller_id_number": caller, "caller_id_name": name or caller}
    rung = {"originatee_caller_profiles": [{"uuid": leg} for leg in legs]}
    return caller_id | {"destination_number": dialled} | ({"originatee": rung} if legs else {})


def array(*entries):
    return "ARRAY::" + "|:".join(";".join(entry) for entry in entries) if entries else ""


def record(variables, flow, end, start=0, bridged=None):
    defaults = {
        "start_uepoch": stamp(start),
        "bridge_uepoch": stamp(bridged),
        "end_uepoch": stamp(end),
        "start_stamp": "2026-11-23 11:00:00",
        "switch_r_sdp": "v=0\r\n",
    }
    body = {"core-uuid": "x", "variables": defaults | variables, "callflow": flow}
    return request(json.dumps(body), end + 1)


def call(end, rung=(), bridged=None, cause="NORMAL_CLEARING", flow=None, **values):
    """The record of the leg that started the call. ``rung`` has (leg, extension, cause)."""
    variables = {
        "uuid": A,
        "call_uuid": A,
        "direction": "inbound",
        "hangup_cause": cause,
        "originated_legs": array(*((leg, "Outbound Call", to) for leg, to, _cause in rung)),
        "originate_causes": array(*((leg, why) for leg, _to, why in rung)),
    }
    legs = [leg for leg, _to, _cause in rung]
    flow = flow or [
        {"caller_profile": profile(CUSTOMER, OWN, *legs), "times": times(0, bridged, end)}
    ]
    return record(variables | values, flow, end, bridged=bridged)


def phone(leg, extension, start, end, cause, answer=None):
    """The record of a phone that rang."""
    variables = {
        "uuid": leg, "call_uuid": A, "direction": "outbound", "dialed_user": extension,
        "hangup_cause": cause, "answer_uepoch": stamp(answer),
    }  # fmt: skip
    return record(variables, [], end, start=start)


def outgoing(end, cause, answered=None, **values):
    why = "NONE" if answered else cause
    flow = [{"caller_profile": profile("101", CUSTOMER, ANNS), "times": times(0, answered, end)}]
    rung = [(ANNS, CUSTOMER, why)]
    values = {"user_name": "101"} | values
    return call(end, rung, answered, cause=cause, flow=flow, **values)


GROUP = [(ANNS, "101", "LOSE_RACE"), (BOS, "102", "NONE"), (BOS, "102", "NONE")]

STORIES = {
    "one of two phones answers": (
        [call(68, GROUP, bridged=8)],
        Call("incoming", "answered", CUSTOMER, "102", {"101": "elsewhere", "102": "answered"},
             OWN, 8, 60),
    ),
    "one of two phones answers, and the phones have their own records": (
        [
            call(68, GROUP, bridged=8),
            phone(ANNS, "101", 1, 8, "LOSE_RACE"),
            phone(BOS, "102", 1, 68, "NORMAL_CLEARING", answer=8),
        ],
        Call("incoming", "answered", CUSTOMER, "102", {"101": "elsewhere", "102": "answered"},
             OWN, 8, 60),
    ),
    "the caller hangs up": (
        [call(12, [(ANNS, "101", "ORIGINATOR_CANCEL")], cause="ORIGINATOR_CANCEL")],
        Call("incoming", "cancelled", CUSTOMER, "101", {"101": "cancelled"}, OWN, 12),
    ),
    "an announcement answers, but nobody else": (
        [call(40, [(ANNS, "101", "NO_ANSWER")], answer_uepoch=stamp(1))],
        Call("incoming", "no_answer", CUSTOMER, "101", {"101": "no_answer"}, OWN, 40),
    ),
    "the mailbox answers": (
        [call(45, [(ANNS, "101", "NO_ANSWER")], last_app="voicemail", answer_uepoch=stamp(20))],
        Call("incoming", "voicemail", CUSTOMER, "101", {"101": "no_answer"}, OWN, 45),
    ),
    "the phone is busy": (
        [call(3, [(ANNS, "101", "USER_BUSY")], cause="USER_BUSY")],
        Call("incoming", "busy", CUSTOMER, "101", {"101": "busy"}, OWN, 3),
    ),
    "a withheld number with a name": (
        [
            call(3, [(ANNS, "101", "CALL_REJECTED")], cause="CALL_REJECTED", flow=[
                {"caller_profile": profile("anonymous", OWN, ANNS, name="Anonymous")},
            ]),
        ],
        Call("incoming", "rejected", None, "101", {"101": "rejected"}, OWN, 3, anonymous=True),
    ),
    "an employee's mobile phone rings too": (
        [call(68, [(ANNS, "101", "LOSE_RACE"), (BOS, "+493023125699", "NONE")], bridged=8)],
        Call("incoming", "answered", CUSTOMER, None, {"101": "elsewhere"}, OWN, 8, 60,
             outside={"+493023125699": "answered"}),
    ),
    "the first phone transfers the call to the second": (
        [
            call(70, [(ANNS, "101", "NONE"), (BOS, "102", "NONE")], bridged=40, flow=[
                {"caller_profile": profile(CUSTOMER, "102", BOS), "times": times(30, 40, 70)},
                {"caller_profile": profile(CUSTOMER, OWN, ANNS), "times": times(0, 5, 0, 30)},
            ]),
        ],
        Call("incoming", "answered", CUSTOMER, "102", {"101": "transferred", "102": "answered"},
             OWN, 5, 55),
    ),
    "an outgoing call is answered": (
        [outgoing(66, "NORMAL_CLEARING", 6)],
        Call("outgoing", "answered", CUSTOMER, "101", {"101": "answered"}, None, 6, 60),
    ),
    "an outgoing call from FusionPBX is busy": (
        [outgoing(4, "USER_BUSY", call_direction="outbound")],
        Call("outgoing", "busy", CUSTOMER, "101", {"101": "busy"}, None, 4),
    ),
    "a number that does not exist is called": (
        [outgoing(2, "UNALLOCATED_NUMBER")],
        Call("outgoing", "failed", CUSTOMER, "101", {"101": "failed"}, None, 2),
    ),
    "one employee calls another": (
        [
            call(30, [(BOS, "102", "NONE")], bridged=9, user_name="101", flow=[
                {"caller_profile": profile("101", "102", BOS), "times": times(0, 9, 30)},
            ]),
        ],
        Call("internal", "answered", "102", "101", {"101": "answered", "102": "answered"},
             None, 9, 21),
    ),
    "click to dial: the customer answers": (
        [
            call(
                70, [(ANNS, CUSTOMER, "NONE")], bridged=10, direction="outbound",
                dialed_user="101", call_handling_number=CUSTOMER,
                flow=[{"caller_profile": profile("0000", "0012025550142", ANNS),
                       "times": times(0, 10, 70)}],
            ),
        ],
        Call("outgoing", "answered", CUSTOMER, "101", {"101": "answered"}, None, 10, 60),
    ),
}  # fmt: skip


test_every_story, test_any_order = story_tests(ADAPTER, STORIES)


class FreeSwitchPlayer(Player):
    """Records at the end of every leg; those of a call that is transferred come last."""

    names = {
        "own": OWN, "customer": CUSTOMER, "caller2": "+12025550143", "stranger": "anonymous",
        "ann": "101", "bo": "102", "cy": "103", "mobile": "+493023125699",
        "service": "+493023125698", "*97": "*97",
    }  # fmt: skip
    is_known_from_last = True
    causes = {
        "no_answer": "NO_ANSWER", "busy": "USER_BUSY", "rejected": "CALL_REJECTED",
        "elsewhere": "LOSE_RACE", "failed": "SUBSCRIBER_ABSENT", "cancelled": "ORIGINATOR_CANCEL",
    }  # fmt: skip

    def calls(self, second, who, whom="own"):
        self.calls_of = {**getattr(self, "calls_of", {})}
        self.calls_of[self.call] = {
            "uuid": f"call-{self.call}", "who": who, "whom": whom, "start": second, "legs": {},
            "values": {}, "queue": False, "bridged": None, "cause": "NORMAL_CLEARING",
        }  # fmt: skip
        if who in PHONES:
            self.now["values"]["user_name"] = self.names[who]
            if whom in OUTSIDE:
                self.now["values"]["effective_caller_id_number"] = OWN
        if who == "program":
            self.now["values"] |= {"direction": "outbound", "sip_to_user": self.names[whom]}
        elif whom in OUTSIDE:
            self.rings(second, whom)

    @property
    def now(self):
        return self.calls_of[self.call]

    def rings(self, second, who, *whom):
        if who == "odoo":
            self.calls(second, "odoo", whom[0])
            clicked = {"direction": "outbound", "call_handling_number": CUSTOMER}
            clicked |= {"effective_caller_id_number": OWN}
            self.now["values"] |= clicked | {"dialed_user": self.names[whom[0]]}
        elif who not in self.now["legs"]:
            self.now["legs"][who] = {"start": second, "call": self.now["uuid"], "of": self.call}

    def answers(self, second, who):
        if who == "mailbox":
            self.now["mailbox"] = second
        elif self.now["who"] == "odoo" and who in PHONES:
            return
        elif who not in self.now["legs"]:
            self.now["values"]["answer_uepoch"] = stamp(second)
        else:
            self.now["legs"][who]["answer"] = second
            self.now["bridged"] = self.now["bridged"] or second

    def stops(self, second, who, cause):
        if self.now["who"] in ("odoo", "program") and who not in self.now["legs"]:
            self.now["cause"] = self.causes[cause]
            return
        if cause == "rejected" and self.now.get("consulted"):
            raise NotReported("a question that is refused")
        if who not in self.now["legs"]:
            self.rings(second, who)
        self.now["legs"][who] |= {"end": second, "cause": self.causes[cause]}

    def forwards(self, second, who, _whom):
        self.stops(second, who, "no_answer")

    def transfers(self, second, who, _whom="park"):
        self.now["legs"][who] |= {"end": second, "transfer": second}

    parks = transfers

    def consults(self, second, who, whom):
        self.now["consulted"] = {"start": second, "who": who, "whom": whom}

    def connects(self, second, who, whom):
        self.now["consulted"]["end"] = second
        self.now["legs"][who] |= {"end": second, "cause": "ATTENDED_TRANSFER"}

    def picks_up(self, second, who, whom, dialled="**101"):
        """The phone of who fetches the call has a record of its own."""
        self.now["fetched"] = {"who": who, "at": second, "dialled": dialled}
        if whom:
            self.now["legs"][whom] |= {"end": second, "cause": "PICKED_OFF"}

    def retrieves(self, second, who):
        self.picks_up(second, who, None, "5901")

    def waits(self, _second, _who, queue):
        self.now["queue"] = queue

    def enters_room(self, second, who):
        if who in PHONES:
            self.callers[who] = self.call = len(self.callers) + 1
            self.calls(second, who, "cy")
        self.now["values"] |= {"conference_uuid": "room-1", "answer_uepoch": stamp(second)}

    def announces(self, second, _who):
        self.now["values"]["answer_uepoch"] = stamp(second + 1)

    is_closed = announces

    def is_machine(self, second, _who):
        if self.now["who"] in PHONES:
            raise NotReported("machine detection")
        self.now["values"]["amd_result"] = "MACHINE"

    def holds(self, *_line):
        """It is not reported."""

    resumes = holds

    def hangs_up(self, second, _who):
        is_room = "conference_uuid" in self.now["values"]
        for call_number in self.calls_of if is_room else [self.call]:
            self.call = call_number
            self.over(second)

    def gives_up(self, second, _who):
        in_queue = self.now["queue"] or self.now["who"] == "odoo"
        self.now["cause"] = "NORMAL_CLEARING" if in_queue else "ORIGINATOR_CANCEL"
        if self.now["queue"]:
            self.now["values"]["cc_cancel_reason"] = "BREAK_OUT"
        self.over(second)

    def ends(self, second, _who, cause):
        if self.now["queue"]:
            self.now["values"]["cc_cancel_reason"] = "TIMEOUT"
        elif self.now["cause"] == "NORMAL_CLEARING":
            self.now["cause"] = self.causes[cause]
        self.over(second)

    def over(self, end):
        about, uuid_ = self.now, self.now["uuid"]
        for name, leg in about["legs"].items():
            ringing = name in self.ringing and "end" not in leg
            leg.setdefault("cause", "ORIGINATOR_CANCEL" if ringing else "NORMAL_CLEARING")
            leg.setdefault("end", end)
            self.add(self.leg_record(name, leg))
        values = dict(about["values"])
        if "mailbox" in about:
            values |= {"voicemail_action": "save", "answer_uepoch": stamp(about["mailbox"])}
            values |= {"voicemail_message_seconds": str(end - about["mailbox"])}
        if about["queue"]:
            values |= self.of_queue(end)
        if fetched := about.get("fetched"):
            values |= {"bridge_uuid": f"{uuid_}-fetcher", "bridge_uepoch": stamp(fetched["at"])}
            self.add(self.fetcher(fetched, end))
        if consulted := about.get("consulted"):
            self.add(self.consulting(consulted))
            answer = about["legs"][consulted["whom"]]["answer"]
            values["bridge_uuid"] = f"{uuid_}-{consulted['whom']}"
            values["bridge_uepoch"] = stamp(max(answer, consulted["end"]))
        own = [name for name in about["legs"] if not about["queue"]]
        consulted_leg = about.get("consulted", {}).get("whom")
        own = [name for name in own if name != consulted_leg]
        self.add(self.call_record(own, values, end))

    def leg_record(self, name, leg):
        uuid_ = self.now["uuid"]
        values = {"uuid": f"{uuid_}-{name}", "call_uuid": uuid_, "direction": "outbound"}
        # Numbers are written in another way on the line than in the dial plan.
        dialled = self.names[name].replace("+1", "001") if name in OUTSIDE else self.names[name]
        values |= {"dialed_user": dialled, "hangup_cause": leg["cause"]}
        values |= {"answer_uepoch": stamp(leg.get("answer"))}
        if self.now["queue"]:
            values |= {"call_uuid": f"agent-{name}", "cc_side": "agent", "cc_member_uuid": "m1"}
            values |= {"cc_member_session_uuid": uuid_}
        if name == self.now.get("consulted", {}).get("whom"):
            values |= {"call_uuid": f"{uuid_}-question", "bridge_uuid": uuid_}
        return record(values, [], leg["end"], start=leg["start"])

    def of_queue(self, end):
        values = {
            "cc_side": "member",
            "cc_queue": f"{self.now['queue']}@default",
            "cc_member_uuid": "m1",
        }
        for name, leg in self.now["legs"].items():
            if "answer" in leg:
                values |= {"cc_agent": f"{self.names[name]}@default"}
                values |= {"cc_agent_uuid": f"{self.now['uuid']}-{name}"}
                epoch = str(int(stamp(leg["answer"])) // 1_000_000)
                values |= {"cc_queue_answered_epoch": epoch, "bridge_uepoch": stamp(leg["answer"])}
        return values

    def fetcher(self, fetched, end):
        extension = self.names[fetched["who"]]
        values = {"uuid": f"{self.now['uuid']}-fetcher", "direction": "inbound"}
        values |= {"user_name": extension, "bridge_uuid": self.now["uuid"]}
        values |= {"hangup_cause": "NORMAL_CLEARING"}
        flow = [{"caller_profile": profile(extension, fetched["dialled"]), "times": {}}]
        return record(values, flow, end, start=fetched["at"], bridged=fetched["at"])

    def consulting(self, consulted):
        """The call of who asks a colleague before the transfer."""
        asked, start = consulted["whom"], consulted["start"]
        leg = (f"{self.now['uuid']}-{asked}", "Outbound Call", self.names[asked])
        answer = self.now["legs"][asked]["answer"]
        bridged = answer if answer < consulted["end"] else None
        values = {"uuid": f"{self.now['uuid']}-question", "direction": "inbound"}
        values |= {"user_name": self.names[consulted["who"]], "originated_legs": array(leg)}
        values |= {"originate_causes": array((leg[0], "NONE")), "hangup_cause": "ATTENDED_TRANSFER"}
        who, whom = self.names[consulted["who"]], self.names[asked]
        flow = [{"caller_profile": profile(who, whom, leg[0]), "times": {}}]
        return record(values, flow, consulted["end"], start=start, bridged=bridged)

    def call_record(self, rung, values, end):
        about = self.now
        caller = OWN if about["who"] in ("program", "odoo") else self.names[about["who"]]
        dialled = CUSTOMER if about["who"] == "odoo" else self.names[about["whom"]]
        legs = {name: (f"{about['uuid']}-{name}", about["legs"][name]) for name in rung}
        flow = [
            {
                "caller_profile": profile(caller, dialled, uuid_),
                "times": times(leg["start"], leg.get("answer"), leg["end"], leg.get("transfer")),
            }
            for uuid_, leg in reversed(legs.values())
        ] or [{"caller_profile": profile(caller, dialled), "times": times(about["start"])}]
        tried = [
            (uuid_, self.names[name], "NONE" if "answer" in leg else leg["cause"])
            for name, (uuid_, leg) in legs.items()
        ]
        sent = {"uuid": about["uuid"], "call_uuid": about["uuid"]} | values
        return call(end, tried, about["bridged"], about["cause"], flow,
                    start_uepoch=stamp(about["start"]), **sent)  # fmt: skip


DIFFERENT = {
    "a program of the company calls, a machine answers": {"wait": 7},
}

(
    test_what_the_guide_says,
    test_every_shared_story,
    test_shared_stories_in_any_order,
    test_a_lost_message,
) = story_tests_of(ADAPTER, FreeSwitchPlayer, DIFFERENT)


def test_an_agents_record_is_part_of_the_callers_call():
    """It has its own call_uuid, and names only the member of the queue."""
    queue = {"cc_queue": "support@default", "cc_member_uuid": "m1"}
    epoch = str(int(stamp(20)) // 1_000_000)
    answered = {"cc_agent_uuid": BOS, "cc_queue_answered_epoch": epoch, "cc_side": "member"}
    members = call(80, **queue, **answered)
    about = {"direction": "outbound", "hangup_cause": "NORMAL_CLEARING", "dialed_user": "102"}
    about |= {"uuid": BOS, "call_uuid": BOS, "cc_side": "agent", "answer_uepoch": stamp(20)}
    agents = record(about | queue, [], 80, start=12)
    for sent in ([members, agents], [agents, members]):
        (folded,) = calls_of(ADAPTER, sent)
        assert describe(folded) == Call(
            "incoming", "answered", CUSTOMER, "102", {"102": "answered"}, OWN, 20, 60,
            queue="support",
        )  # fmt: skip


FORM = "application/x-www-form-urlencoded"
BASE64 = "application/x-www-form-base64-encoded"


def encodings():
    text = call(12, [(ANNS, "101", "NO_ANSWER")]).body.decode()
    encoded = base64.b64encode(text.encode()).decode()
    return {
        "JSON": request(text),
        "JSON that says it is a form": request(text, content_type=FORM, form=[(text, "")]),
        "a form": request(f"cdr={quote(text)}", content_type=FORM, form=[("cdr", text)]),
        "a form that was not parsed": request(f"cdr={encoded}", content_type=BASE64),
        "a form with base64": request(f"cdr={encoded}", content_type=FORM, form=[
            ("cdr", unquote(encoded.replace("+", " "))),
        ]),
    }  # fmt: skip


@pytest.mark.parametrize("name", encodings())
def test_every_encoding_gives_the_same_events(name):
    requests = encodings()
    assert events_of(ADAPTER, [requests[name]]) == events_of(ADAPTER, [requests["JSON"]])


def test_values_may_be_encoded_too():
    values = {"user_name": "ann%20lee", "call_direction": "outbound"}
    state = calls_of(ADAPTER, [call(3, **values)])[0]
    assert describe(state).phones == {"ann lee": "no_answer"}


def test_technical_details_are_not_stored():
    (message,) = ADAPTER.messages(call(3))
    assert "sdp" not in message.raw
    assert "core-uuid" not in message.raw


@pytest.mark.parametrize(
    "invalid",
    [request(""), request("cdr=%%%", content_type=BASE64), request("cdr={", form=[("cdr", "{")]),
     request("cdr=W10=", content_type=BASE64)],
)  # fmt: skip
def test_a_request_without_a_record_is_refused(invalid):
    with pytest.raises(Malformed):
        ADAPTER.messages(invalid)


@pytest.mark.parametrize(
    ("body", "reason"),
    [("{}", "'variables' is missing"), ('{"variables": {}}', "'uuid' is missing")],
)
def test_missing_values_are_reported(body, reason):
    (message,) = ADAPTER.messages(request(body))
    assert reason in message.error


def basic(password, user="odoo"):
    return "Basic " + base64.b64encode(f"{user}:{password}".encode()).decode()


def test_the_right_password_is_accepted():
    ADAPTER.verify(request("{}", headers={"authorization": basic("s3cret")}))


@pytest.mark.parametrize(
    ("header", "refusal"),
    [
        (basic("S3cret"), Refusal.WRONG_SIGNATURE),
        ("", Refusal.UNSIGNED),
        ("Bearer s3cret", Refusal.UNSIGNED),
        ("Basic %%%", Refusal.UNSIGNED),
    ],
)
def test_a_wrong_or_missing_password_is_refused(header, refusal):
    with pytest.raises(Refused) as refused:
        ADAPTER.verify(request("{}", headers={"authorization": header}))
    assert refused.value.refusal is refusal


def test_the_configuration_contains_the_address_but_no_secret():
    address = "https://odoo.example.com/call_handling/pbx/a&b"
    file = FreeSwitchAdapter(Settings(secret="s3cret", webhook_url=address)).make_configuration()
    params = {param.attrib["name"]: param.attrib["value"] for param in
              ElementTree.fromstring(file.content).iter("param")}  # fmt: skip
    assert params["url"] == address
    assert "s3cret" not in file.content


# --- dialling ------------------------------------------------------------------------


@pytest.fixture
def adapter(api):
    return FreeSwitchAdapter(
        Settings(
            api_url=api.url, api_user="freeswitch", api_secret="works", caller_number=OWN,
            country="DE", api_account="office", phone_address="user/{extension}@pbx.example.com",
        )
    )  # fmt: skip


def test_dialling_rings_the_own_phone_first(api, adapter):
    api.will_answer("+OK Job-UUID: 0b2e4f3a\n", Content_Type="text/plain")
    dialled = adapter.originate(Dial("101", CUSTOMER))
    (sent,) = api.requests
    assert sent.headers["authorization"] == basic("works", "freeswitch")
    path, _mark, command = sent.path.partition("?")
    assert path == "/txtapi/bgapi"
    assert unquote(command) == (
        f"originate {{origination_uuid={dialled.call},call_handling_number={CUSTOMER},"
        f"effective_caller_id_number={OWN}}}user/101@pbx.example.com {CUSTOMER} XML office"
    )


@pytest.mark.parametrize(
    ("answer", "status", "problem"),
    [
        ("-ERR NORMAL_TEMPORARY_FAILURE\n", 200, Problem.REFUSED),
        ("-ERR", 200, Problem.REFUSED),
        ("", 401, Problem.UNAUTHORIZED),
    ],
)
def test_api_errors_are_reported(api, adapter, answer, status, problem):
    api.will_answer(answer, status)
    with pytest.raises(ApiError) as error:
        adapter.originate(Dial("101", CUSTOMER))
    assert error.value.problem is problem


def test_nothing_can_be_injected_into_the_command(adapter):
    for number in ("1 &system(reboot)", "1}user/102", "1,x=y"):
        with pytest.raises(ApiError, match="cannot be dialled"):
            adapter.originate(Dial("101", number))


def test_the_connection_is_tested(api, adapter):
    api.will_answer("UP 0 years, 3 days\n")
    adapter.test()
    assert api.requests[0].path == "/txtapi/status"


# --- recordings -----------------------------------------------------------------------------

ANSWERED = {"uuid": A, "direction": "inbound", "answer_uepoch": stamp(3)}
STORED = "/var/lib/freeswitch/recordings/example.com/archive/2026/Nov/27"


def facts_of(**variables):
    (message,) = ADAPTER.messages(record(ANSWERED | variables, [], 60))
    assert not message.error
    return message


@pytest.mark.parametrize(
    ("variables", "name"),
    [
        ({"record_path": STORED, "record_name": f"{A}.mp3"}, A),
        ({"record_path": quote(STORED, safe=""), "record_name": f"{A}.mp3"}, A),
        ({"record_path": STORED, "record_ext": "wav"}, A),
        ({"cc_record_filename": f"{STORED}/queue-1.wav"}, "queue-1"),
        ({"last_app": "record_session", "last_arg": f"{STORED}/x.wav"}, "x"),
        ({"sofia_record_file": f"{STORED}/y.wav"}, "y"),
    ],
)
def test_a_record_names_the_file_of_its_recording(variables, name):
    (facts,) = facts_of(**variables).recordings
    assert (facts.call, facts.leg, facts.ref) == (A, A, name_file(f"{name}.wav"))
    assert not facts.is_requested


@pytest.mark.parametrize(
    "variables",
    [
        {},
        {"record_name": f"{A}.mp3"},
        {"last_app": "bridge", "last_arg": "user/101"},
        {"record_path": STORED, "record_name": f"{A}.mp3", "answer_uepoch": "0"},
    ],
)
def test_what_was_not_recorded_is_not_announced(variables):
    assert not facts_of(**variables).recordings


def test_a_message_left_counts_as_requested():
    message = facts_of(answer_uepoch="0", voicemail_message_seconds="7")
    (facts,) = message.recordings
    assert (facts.ref, facts.is_requested) == (name_file(f"msg_{A}.wav"), True)


def test_the_name_of_a_file_is_not_kept_since_it_may_contain_a_number():
    message = facts_of(sofia_record_file=f"{STORED}/12025550142.wav")
    assert "12025550142" not in message.raw
    again = ADAPTER.understand(json.loads(message.raw), NOW)
    assert again.recordings == message.recordings


@given(st.dictionaries(st.sampled_from([*FILES, "record_path", "record_ext"]), ANYTHING))
def test_whatever_a_record_names_it_is_read(variables):
    assert len(facts_of(last_app="record_session", **variables).recordings) <= 1
