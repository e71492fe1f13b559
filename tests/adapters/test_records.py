"""Records of past calls: the same calls as were reported live, in any order and any mixture."""

import csv
import io
from datetime import datetime, timedelta, timezone
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from adapters.asterisk import AsteriskAdapter, ami
from adapters.call_row import Reader
from adapters.event import CallEvent
from adapters.fold import fold_calls
from adapters.settings import Settings
from traces import FOLDER, load

NOW = datetime(2026, 11, 28, tzinfo=timezone.utc)
UTC = timezone.utc
BERLIN = ZoneInfo("Europe/Berlin")
PHONES = [f"{prefix}{number}" for number in range(101, 105) for prefix in ("", "ext")]
SYSTEM = Settings(phones=frozenset(PHONES), trunks=frozenset({"trunk"}), country="DE")
STORIES = sorted(path.stem for path in (FOLDER / "asterisk_records").glob("*.json"))


def read_file(content, tz=UTC):
    """Return the events of each row of a file, as it is imported."""
    rows = list(csv.reader(io.StringIO(content)))
    table = AsteriskAdapter(SYSTEM).find_table(rows[0])
    return [table.read_row(row, tz, NOW) for row in rows[table.has_header :]]


def read_fixture(name, tz=UTC):
    return read_file((FOLDER / "asterisk_records" / f"{name}.csv").read_text(), tz)


def flat(rows):
    return [event for row in rows for event in row]


def read_live(folder, name):
    return flat(ami.read_event(event, SYSTEM, NOW) for event in load(folder, name))


def describe(call):
    """Return what a person would say about a call."""
    legs = sorted((leg.extension, leg.outcome, leg.talk_seconds) for leg in call.legs)
    about = (call.direction, call.outcome, call.remote_number, call.line_number, call.queue)
    return (*about, call.is_anonymous, call.wait_seconds, call.talk_seconds, legs)


@pytest.mark.parametrize("story", STORIES)
def test_channel_events_give_the_call_that_was_reported_live(story):
    live = fold_calls(read_live("asterisk_records", story), SYSTEM)
    recorded = fold_calls(flat(read_fixture(f"{story}.cel")), SYSTEM)
    assert [describe(call) for call in recorded] == [describe(call) for call in live]


def test_detail_records_say_who_was_connected_with_whom():
    calls = {call.ref: call for call in fold_calls(flat(read_fixture("cdr")), SYSTEM)}
    assert len(calls) == 14
    outcomes = {
        "1795475114.0": ("incoming", "answered", 2, 3, [("ext101", "answered")]),
        "1795475141.10": ("incoming", "no_answer", 3, 0, [("ext102", "no_answer")]),
        "1795475164.24": (
            "incoming",
            "answered",
            4,  # until the other phone of the queue stopped ringing
            4,
            [("ext102", "elsewhere"), ("ext104", "answered")],
        ),
        "1795475155.17": (
            "incoming",
            "answered",
            3,
            3,
            [("ext101", "answered"), ("ext102", "elsewhere"), ("ext104", "elsewhere")],
        ),
        "1795475197.38": ("outgoing", "answered", 2, 3, [("ext101", "answered")]),
        "1795475225.48": ("outgoing", "busy", 0, 0, [("ext101", "busy")]),
        "1795475237.56": (
            "internal",
            "answered",
            4,
            2,
            [("ext101", "answered"), ("ext104", "answered")],
        ),
    }
    for ref, expected in outcomes.items():
        call = calls[ref]
        legs = sorted((leg.extension, leg.outcome) for leg in call.legs)
        found = (call.direction, call.outcome, call.wait_seconds, call.talk_seconds, legs)
        assert found == expected, ref
    anonymous = calls["1795475254.62"]
    assert (anonymous.remote_number, anonymous.is_anonymous) == (None, True)
    transferred = calls["1795475262.65"]
    assert [leg.extension for leg in transferred.legs] == ["ext101", "ext104"]
    assert transferred.talk_seconds == 7
    assert calls["1795475197.38"].remote_number == "03023125111"
    assert calls["1795475114.0"].remote_name == "Max Mustermann"


@settings(max_examples=60, deadline=None)
@given(st.randoms(use_true_random=False), st.sampled_from(STORIES), st.booleans())
def test_order_repeats_and_mixture_with_what_was_live_make_no_difference(chance, story, is_live):
    """What was reported live counts; a record that is imported before or after it adds nothing."""
    live = read_live("asterisk_records", story) if is_live else []
    recorded = flat(read_fixture(f"{story}.cel"))
    whole = [*live, *recorded, *chance.sample(recorded, len(recorded) // 2)]
    expected = fold_calls(live or recorded, SYSTEM)
    chance.shuffle(whole)
    found = fold_calls((CallEvent.from_json(event.to_json()) for event in whole), SYSTEM)
    assert [describe(call) for call in found] == [describe(call) for call in expected]


def test_a_call_whose_end_was_not_reported_is_completed_from_the_record():
    live = [e for e in read_live("asterisk_records", "queue") if e.kind.value != "ended"]
    (running,) = fold_calls(live, SYSTEM)
    assert running.state == "ongoing"
    recorded = flat(read_fixture("queue.cel"))
    (call,) = fold_calls([*live, *recorded], SYSTEM)
    assert (call.state, call.outcome) == ("ended", "answered")
    assert call.date_end == fold_calls(recorded, SYSTEM)[0].date_end


@settings(max_examples=40, deadline=None)
@given(st.randoms(use_true_random=False))
def test_rows_of_a_call_may_stand_anywhere(chance):
    rows = read_fixture("cdr")
    expected = [describe(call) for call in fold_calls(flat(rows), SYSTEM)]
    chance.shuffle(rows)
    assert [describe(call) for call in fold_calls(flat(rows), SYSTEM)] == expected


MASTER = (
    '"","12025550142","493023125610","from-trunk","""Jane Roe"" <12025550142>",'
    '"PJSIP/trunk-00000001","PJSIP/101-00000002","Dial","PJSIP/101,20","2026-10-25 02:30:00",'
    '"2026-10-25 02:30:05","2026-10-25 02:30:25",25,20,"ANSWERED","DOCUMENTATION"'
)


@pytest.mark.parametrize("more", [',"1.1"', ',"1.1",""', ',"1.1","","","1.1",5'])
def test_the_file_without_a_header_is_understood(more):
    (call,) = fold_calls(flat(read_file(MASTER + more)), SYSTEM)
    assert (call.ref, call.wait_seconds, call.talk_seconds) == ("1.1", 5, 20)
    assert call.date_start == datetime(2026, 10, 25, 2, 30, tzinfo=UTC)


def test_a_file_without_ids_of_calls_is_refused_with_what_to_do():
    with pytest.raises(ValueError, match="loguniqueid"):
        read_file(MASTER)


def test_columns_of_the_database_have_their_names_in_any_order_and_null_for_nothing():
    columns = "linkedid,calldate,src,dst,channel,dstchannel,disposition,uniqueid,duration,did,clid"
    row = "7.1,2026-07-01 12:00:00,12025550142,600,PJSIP/trunk-1,NULL,NO ANSWER,7.1,9,4930231,NULL"
    (call,) = fold_calls(flat(read_file(f"{columns}\n{row}", BERLIN)), SYSTEM)
    assert call.date_start == datetime(2026, 7, 1, 10, tzinfo=UTC)  # summer time
    assert (call.line_number, call.outcome, call.wait_seconds) == ("4930231", "no_answer", 9)


def test_a_queue_behind_a_local_channel_has_the_answer_of_the_phone():
    columns = "calldate,clid,src,dst,channel,dstchannel,lastapp,lastdata,duration,billsec,"
    columns += "disposition,uniqueid,linkedid"
    rows = [
        '2026-07-01 12:00:00,,12025550142,600,PJSIP/trunk-1,Local/101@from-queue-1;1,Queue,"600,t",'
        "60,60,ANSWERED,8.1,8.1",
        "2026-07-01 12:00:05,,12025550142,101,Local/101@from-queue-1;2,PJSIP/101-2,Dial,PJSIP/101,"
        "55,40,ANSWERED,8.3,8.1",
    ]
    for part in (rows, rows[::-1]):
        (call,) = fold_calls(flat(read_file("\n".join([columns, *part]))), SYSTEM)
        assert (call.ref, call.queue) == ("8.1", "600")
        assert (call.wait_seconds, call.talk_seconds) == (20, 40)
        assert [leg.extension for leg in call.legs] == ["101"]


def test_a_number_that_only_the_phone_knows_is_no_call():
    row = "2026-07-01 12:00:00,101,*97,PJSIP/101-1,,ANSWERED,9.1,9.1,12,VoiceMailMain"
    columns = "calldate,src,dst,channel,dstchannel,disposition,uniqueid,linkedid,duration,lastapp"
    assert not fold_calls(flat(read_file(f"{columns}\n{row}")), SYSTEM)


# --- tables of any telephone system --------------------------------------------------------


def reader(**values):
    defaults = {
        "tz": BERLIN,
        "now": NOW,
        "is_phone": lambda number, _moment: number in ("101", "102"),
        "is_line": lambda number: number == "+493023125610",
    }
    return Reader(**(defaults | values))


def read_row(**row):
    (call,) = fold_calls(reader().read_row({"start": "2026-07-01 12:00", "talk": "60"} | row))
    return call


@pytest.mark.parametrize(
    ("row", "direction", "remote"),
    [
        ({"from_number": "+12025550142", "to_number": "+493023125610"}, "incoming", "+12025550142"),
        ({"from_number": "+12025550142", "to_number": "101"}, "incoming", "+12025550142"),
        ({"from_number": "101", "to_number": "+12025550142"}, "outgoing", "+12025550142"),
        ({"from_number": "+493023125610", "to_number": "+1202"}, "outgoing", "+1202"),
        ({"from_number": "101", "to_number": "102"}, "internal", "102"),
        ({"direction": "IN", "from_number": "5", "to_number": "6"}, "incoming", "5"),
        ({"direction": "Outbound", "from_number": "5", "to_number": "6"}, "outgoing", "6"),
    ],
)
def test_the_direction_is_entered_or_follows_from_the_numbers(row, direction, remote):
    call = read_row(**row)
    assert (call.direction, call.remote_number, call.outcome) == (direction, remote, "answered")
    assert (call.wait_seconds, call.talk_seconds) == (0, 60)


def test_a_withheld_number_is_none():
    call = read_row(from_number="Anonymous", to_number="101")
    assert (call.remote_number, call.is_anonymous, call.speaker) == (None, True, f"{call.ref}/101")


@pytest.mark.parametrize(
    ("values", "outcome", "wait", "talk"),
    [
        ({"duration": "70", "talk": "60"}, "answered", 10, 60),
        ({"duration": "1:10", "wait": "10", "outcome": "Answered", "talk": ""}, "answered", 10, 60),
        ({"talk": "0", "duration": "25"}, "no_answer", 25, 0),
        ({"outcome": "missed", "talk": "", "wait": "9"}, "no_answer", 9, 0),
        ({"outcome": "BUSY", "talk": ""}, "busy", 0, 0),
        ({"outcome": "abandoned", "talk": "", "duration": "8"}, "cancelled", 8, 0),
        ({"outcome": "voicemail", "wait": "20", "duration": "50"}, "voicemail", 20, 0),
    ],
)
def test_outcome_and_times_complete_each_other(values, outcome, wait, talk):
    call = read_row(from_number="+12025550142", to_number="101", **values)
    assert (call.outcome, call.wait_seconds, call.talk_seconds) == (outcome, wait, talk)


@pytest.mark.parametrize(
    ("start", "clock", "expected"),
    [
        ("2026-10-24 23:59:30", None, "2026-10-24T21:59:30"),
        ("2026-10-25 02:30", None, "2026-10-25T00:30:00"),  # twice: the first one
        ("2026-10-25T02:30:00+01:00", None, "2026-10-25T01:30:00"),
        ("25.10.2026 3:30", None, "2026-10-25T02:30:00"),
        ("11/23/2026 10:42 PM", None, "2026-11-23T21:42:00"),
        ("2026/11/23", "12:05:07 a.m.", "2026-11-22T23:05:07"),
        ("1795470175", None, "2026-11-23T21:42:55"),
    ],
)
def test_times_are_read_as_people_write_them(start, clock, expected):
    moment = reader().read_moment(start, clock, BERLIN)
    assert moment.replace(tzinfo=None).isoformat() == expected


@given(st.datetimes(datetime(2001, 1, 1), datetime(2026, 11, 1)), st.booleans())
def test_days_are_read_in_the_order_of_the_language(moment, day_first):
    moment = moment.replace(second=0, microsecond=0)
    order = "%d/%m/%Y" if day_first else "%m/%d/%Y"
    own = reader(tz=UTC, day_first=day_first)
    for form in (f"{order} %H:%M", f"{order} %I:%M %p", "%d.%m.%Y %H:%M", "%Y-%m-%d %H:%M"):
        assert own.read_moment(moment.strftime(form), None, UTC) == moment.replace(tzinfo=UTC)


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        ({"start": ""}, "the start is missing"),
        ({"start": "yesterday"}, "not a time"),
        ({"start": "2027-01-01 10:00"}, "in the future"),
        ({"from_number": "5", "to_number": "6"}, "enter the direction"),
        ({"direction": "sideways"}, "possible are: incoming, outgoing, internal"),
        ({"direction": "in", "talk": ""}, "enter the outcome"),
        ({"direction": "in", "outcome": "perhaps"}, "possible are: answered"),
        ({"direction": "in", "talk": "", "wait": "9", "duration": "5", "outcome": "answered"},
         "longer than the whole call"),
        ({"direction": "in", "talk": "soon"}, "not a length"),
    ],
)  # fmt: skip
def test_a_wrong_row_says_what_to_enter(row, reason):
    with pytest.raises(ValueError, match=reason):
        read_row(**row)


@given(st.lists(st.sampled_from(["101", "102"]), min_size=1, max_size=4), st.randoms())
def test_phones_of_one_call_may_have_a_row_each(phones, chance):
    """Rows with one reference are one call: a ring group in which the first phone answered."""
    rows = [
        {"pbx_ref": "g1", "start": "2026-07-01 12:00", "direction": "in", "from_number": "+1202"}
        | {"extension": phone, "wait": "5"}
        | ({"talk": "30"} if phone == phones[0] else {"outcome": "missed"})
        for phone in phones
    ]
    chance.shuffle(rows)
    (call,) = fold_calls(flat(reader().read_row(row) for row in rows))
    assert (call.outcome, call.wait_seconds, call.talk_seconds) == ("answered", 5, 30)
    assert {leg.extension for leg in call.legs} == set(phones)
    assert call.date_end - call.date_start == timedelta(seconds=35)


def test_the_same_row_is_the_same_call():
    row = {"start": "2026-07-01 12:00", "talk": "60", "from_number": "5", "direction": "in"}
    events = [reader().read_row(row) for _time in range(2)]
    assert len(fold_calls(flat(events))) == 1
    other = reader().read_row(row | {"from_number": "6"})
    assert len(fold_calls([*events[0], *other])) == 2
