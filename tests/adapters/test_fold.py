"""Folding the events of a call gives the same result in any order."""

from dataclasses import replace
from datetime import datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.event import ANONYMOUS, CallEvent, Cause, Direction, Kind
from adapters.fold import fold_calls
from adapters.settings import Settings

START = datetime(2026, 11, 23, 10, 0, tzinfo=timezone.utc)


def fold(events):
    """Return the one call of these events."""
    (state,) = fold_calls(events)
    return state


def event(kind, second=0, leg=None, **values):
    """An event some seconds after the start."""
    moment = START + timedelta(seconds=second)
    uid = f"{kind}-{second}-{leg}-{sorted(values)}"
    return CallEvent(call="c", kind=Kind(kind), at=moment, uid=uid, leg=leg, **values)


def ring(second, extension, **values):
    return event("ringing", second, f"l{extension}", extension=extension, **values)


def phone(kind, second, extension, **values):
    return event(kind, second, f"l{extension}", extension=extension, **values)


INCOMING = {"direction": Direction.INCOMING, "from_number": "+12025550142", "to_number": "610"}


@st.composite
def any_event(draw):
    """Any event. Several of them need not be consistent with each other."""
    return event(
        draw(st.sampled_from(list(Kind))).value,
        draw(st.integers(0, 60)),
        draw(st.sampled_from([None, "c", "l101", "l102"])),
        part=draw(st.sampled_from([None, "c", "l101"])),
        extension=draw(st.sampled_from([None, "101", "102"])),
        direction=draw(st.sampled_from([None, *Direction])),
        from_number=draw(st.sampled_from([None, "+12025550142", "101", ANONYMOUS])),
        to_number=draw(st.sampled_from([None, "+493023125610", "102"])),
        cause=draw(st.sampled_from([None, *Cause])),
        number=draw(st.sampled_from([None, None, "+493023125699", "+493023125610"])),
        queue=draw(st.sampled_from([None, None, "support", "102"])),
        room=draw(st.sampled_from([None, "r"])),
        is_caller=draw(st.booleans()),
        is_machine=draw(st.sampled_from([False, False, True])),
        assumed=draw(st.booleans()),
    )


@given(st.lists(any_event(), min_size=1, max_size=12), st.randoms())
def test_any_events_give_the_same_call_in_any_order(events, rng):
    state = fold(events)
    again = events + rng.choices(events, k=3)
    rng.shuffle(again)
    assert fold(again) == state


@given(st.lists(any_event(), min_size=1, max_size=12))
def test_any_events_give_a_consistent_call(events):
    state = fold(events)
    assert state.wait_seconds >= 0
    assert state.talk_seconds >= 0
    assert (state.date_end is not None) == (state.state == "ended") == (state.outcome is not None)
    assert not state.talk_seconds or state.outcome == "answered"
    for leg in state.legs:
        assert leg.extension or leg.number
        assert leg.hold_seconds >= 0
        assert not (leg.date_answer and leg.date_end) or leg.date_answer <= leg.date_end


def test_events_of_two_calls_give_two_calls_the_oldest_first():
    other = CallEvent(call="d", kind=Kind.RINGING, at=START - timedelta(seconds=9), uid="x")
    states = fold_calls([event("ringing"), other])
    assert [state.refs for state in states] == [("d",), ("c",)]


def test_an_end_that_arrives_first_ends_the_call():
    state = fold([event("ended", 5, cause=Cause.CANCELLED)])
    assert (state.state, state.outcome, state.direction) == ("ended", "cancelled", "incoming")


def test_an_answer_after_the_end_counts_without_reopening_the_call():
    state = fold([ring(0, "101", **INCOMING), event("ended", 8), phone("answered", 9, "101")])
    assert (state.state, state.outcome, state.talk_seconds) == ("ended", "answered", 0)


def test_a_normal_end_without_an_answer_has_the_outcome_no_answer():
    state = fold([ring(0, "101", **INCOMING), event("ended", 8, cause=Cause.NORMAL)])
    assert (state.outcome, state.talk_seconds, state.wait_seconds) == ("no_answer", 0, 8)


def test_a_mailbox_is_not_an_answer_but_a_person_after_it_is():
    mailbox = [ring(0, "101", **INCOMING), event("voicemail", 8), event("ended", 20)]
    assert fold(mailbox).outcome == "voicemail"
    assert fold([*mailbox, phone("answered", 12, "101")]).outcome == "answered"


def test_the_waiting_time_ends_with_the_mailbox_or_a_later_answer():
    mailbox = [ring(0, "101", **INCOMING), event("voicemail", 8), event("ended", 20)]
    assert (fold(mailbox).wait_seconds, fold(mailbox).talk_seconds) == (8, 0)
    assert fold([*mailbox, phone("answered", 12, "101")]).wait_seconds == 12


def test_a_call_is_busy_only_if_every_phone_is_busy():
    busy = [
        ring(0, "101", **INCOMING),
        phone("ended", 1, "101", cause=Cause.BUSY),
        event("ended", 20),
    ]
    assert fold(busy).outcome == "busy"
    rang = [ring(1, "102"), phone("ended", 20, "102", cause=Cause.NO_ANSWER)]
    assert fold(busy + rang).outcome == "no_answer"


def test_the_other_phones_of_an_answered_call_did_not_miss_it():
    state = fold(
        [
            ring(0, "101", **INCOMING),
            ring(0, "102"),
            ring(0, "103"),
            phone("answered", 5, "102"),
            phone("ended", 5, "101", cause=Cause.CANCELLED),
            event("ended", 30),
        ]
    )
    outcomes = {leg.extension: leg.outcome for leg in state.legs}
    assert outcomes == {"101": "elsewhere", "102": "answered", "103": "elsewhere"}


def test_a_transfer_that_is_not_answered_is_not_answered_elsewhere():
    state = fold(
        [
            ring(0, "101", **INCOMING),
            phone("answered", 2, "101"),
            phone("transferred", 30, "101"),
            ring(30, "102"),
            phone("ended", 30, "101"),
            phone("ended", 50, "102", cause=Cause.CANCELLED),
            event("ended", 50, cause=Cause.CANCELLED),
        ]
    )
    outcomes = {leg.extension: leg.outcome for leg in state.legs}
    assert outcomes == {"101": "transferred", "102": "cancelled"}
    assert state.outcome == "answered"


def test_a_call_belongs_to_the_last_speaker():
    state = fold(
        [
            ring(0, "101", **INCOMING),
            phone("answered", 2, "101"),
            phone("transferred", 30, "101"),
            ring(30, "102"),
            phone("answered", 33, "102"),
            event("ended", 50),
        ]
    )
    assert state.speaker == "l102"


def test_a_missed_call_belongs_to_its_phone_only_if_there_is_just_one():
    assert fold([ring(0, "101", **INCOMING), event("ended", 9)]).speaker == "l101"
    both = [ring(0, "101", **INCOMING), ring(0, "102"), event("ended", 9)]
    assert fold(both).speaker is None


def test_an_outgoing_call_belongs_to_the_caller():
    out = {"direction": Direction.OUTGOING, "from_number": "101", "to_number": "+12025550142"}
    state = fold([ring(0, "101", **out), phone("answered", 4, "101"), event("ended", 9)])
    assert (state.remote_number, state.line_number) == ("+12025550142", None)
    assert (state.speaker, state.talk_seconds) == ("l101", 5)


def test_a_call_that_an_own_phone_starts_is_outgoing():
    start = event("ringing", 0, "c", extension="101", to_number="+12025550142")
    assert fold([start]).direction == "outgoing"


def test_a_call_with_a_withheld_number_is_anonymous():
    state = fold([ring(0, "101", **(INCOMING | {"from_number": ANONYMOUS}))])
    assert (state.remote_number, state.is_anonymous) == (None, True)


def test_a_call_that_a_leg_started_ends_with_its_last_leg():
    legs = [
        event("ringing", 0, "c", **INCOMING),
        ring(1, "101"),
        phone("answered", 3, "101"),
        event("ended", 9, "c"),
    ]
    assert fold(legs).state == "ongoing"
    assert fold([*legs, phone("ended", 12, "101")]).date_end == START + timedelta(seconds=12)


def test_the_end_of_a_phone_does_not_end_the_call():
    events = [ring(0, "101", **INCOMING), phone("ended", 9, "101", cause=Cause.NO_ANSWER)]
    assert fold(events).state == "ringing"


def test_any_later_event_overrides_an_assumed_end():
    answered = [ring(0, "101", **INCOMING), phone("answered", 2, "101")]
    assumed = event("ended", 2, assumed=True)
    state = fold([*answered, assumed])
    assert (state.state, state.is_end_assumed, state.talk_seconds) == ("ended", True, 0)
    ongoing = fold([*answered, assumed, phone("held", 700, "101")])
    assert (ongoing.state, ongoing.is_end_assumed) == ("ongoing", False)
    ended = fold([*answered, assumed, event("ended", 900)])
    assert (ended.state, ended.is_end_assumed, ended.talk_seconds) == ("ended", False, 898)


def test_times_on_hold_are_added_up():
    state = fold(
        [
            ring(0, "101", **INCOMING),
            phone("answered", 2, "101"),
            phone("held", 10, "101"),
            phone("resumed", 15, "101"),
            phone("held", 20, "101"),
            event("ended", 32),
        ]
    )
    assert state.legs[0].hold_seconds == 17


def test_a_resume_without_a_hold_is_ignored():
    state = fold([ring(0, "101", **INCOMING), phone("resumed", 3, "101"), event("ended", 9)])
    assert state.legs[0].hold_seconds == 0


def test_events_with_the_same_id_count_once():
    first = event("ringing", 0, **INCOMING)
    second = CallEvent(**(first.__dict__ | {"from_name": "J. Roe"}))
    assert fold([first, second]) == fold([second, first])


def test_the_end_of_a_leg_ends_the_legs_that_depend_on_it():
    state = fold(
        [
            event(Kind.RINGING, 0, leg="c1"),
            event(Kind.RINGING, 0, leg="c1/101", part="c1", extension="101"),
            event(Kind.RINGING, 20, leg="c2/102", part="c2", extension="102"),
            event(Kind.ENDED, 10, leg="c1", cause=Cause.NO_ANSWER),
        ]
    )
    assert [leg.outcome for leg in state.legs] == ["no_answer", None]
    assert state.state == "ringing"


def test_an_answer_without_a_phone_belongs_to_the_only_phone():
    single = [event(Kind.RINGING, 0, leg="a", extension="101"), event(Kind.ANSWERED, 4)]
    (leg,) = fold([*single, event(Kind.ENDED, 9)]).legs
    assert leg.outcome == "answered"
    assert leg.date_answer
    two = [*single, event(Kind.RINGING, 0, leg="b", extension="102"), event(Kind.ENDED, 9)]
    assert {leg.outcome for leg in fold(two).legs} == {"elsewhere"}


# --- what was dialled ----------------------------------------------------------------------


@pytest.mark.parametrize("dialled", ["*97", "#31", "**101", "18", "4711"])
def test_feature_codes_are_no_calls_unless_they_are_to_be_logged(dialled):
    events = [ring(0, "101", direction=Direction.OUTGOING, to_number=dialled), event("ended", 9)]
    codes = Settings(feature_codes=("18", "47xx"))
    assert fold_calls(events, codes) == []
    (state,) = fold_calls(events, replace(codes, logs_feature_codes=True))
    assert state.remote_number == dialled


def test_a_colleague_who_answers_a_code_makes_it_a_call():
    events = [
        ring(0, "101", direction=Direction.INTERNAL, to_number="*80"),
        ring(1, "102"),
        phone("answered", 3, "102"),
        event("ended", 9),
    ]
    (state,) = fold_calls(events)
    assert (state.direction, state.talk_seconds) == ("internal", 6)


def test_a_number_behind_the_code_for_private_calls_is_a_call():
    events = [ring(0, "101", direction=Direction.OUTGOING, to_number="*70012025550142")]
    (state,) = fold_calls(events, Settings(private_prefix="*7"))
    assert state.remote_number == "*70012025550142"
    assert fold_calls(events, Settings(private_prefix="*9")) == []


# --- systems that report only answers and ends -----------------------------------------


def outside(kind, second, number="+493023125699", **values):
    return event(kind, second, f"l{number}", number=number, **values)


def test_a_machine_that_answered_is_nobody():
    answered = [phone("answered", 5, "101"), phone("voicemail", 7, "101", is_machine=True)]
    state = fold([ring(0, "101", **INCOMING), *answered, event("ended", 20)])
    assert (state.outcome, state.talk_seconds) == ("voicemail", 0)
    assert [leg.outcome for leg in state.legs] == ["no_answer"]


def test_the_leg_of_who_calls_is_answered_by_the_telephone_system():
    caller = event("ringing", 0, "l-in", is_caller=True, **INCOMING)
    state = fold([caller, event("answered", 1, "l-in"), ring(2, "101"), event("ended", 20)])
    assert (state.outcome, state.date_answer) == ("no_answer", None)


def test_an_own_phone_that_called_in_has_answered_in_a_room():
    caller = event("ringing", 0, "l-in", is_caller=True, **INCOMING)
    joined = ring(5, "101", is_caller=True), phone("answered", 6, "101", room="r")
    state = fold([caller, *joined, event("ended", 20)])
    assert (state.speaker, state.talk_seconds) == ("l101", 14)


def test_a_customer_who_was_called_first_is_connected_when_a_phone_answers():
    called = {"direction": Direction.OUTGOING, "to_number": "+12025550142"}
    customer = outside("ringing", 0, "+12025550142", **called)
    events = [customer, outside("answered", 5, "+12025550142"), ring(6, "101")]
    assert fold([*events, event("ended", 20)]).outcome == "no_answer"
    state = fold([*events, phone("answered", 9, "101"), event("ended", 20)])
    assert (state.wait_seconds, state.talk_seconds, state.speaker) == (9, 11, "l101")


def test_who_calls_somebody_outside_is_connected_when_that_one_answers():
    begin = ring(0, "101", direction=Direction.OUTGOING, to_number="0012025550142")
    customer = [outside(kind, at, "+12025550142") for kind, at in (("ringing", 1), ("answered", 5))]
    state = fold([begin, *customer, event("ended", 20)])
    assert [(leg.extension, leg.outcome) for leg in state.legs] == [("101", "answered")]
    assert (state.wait_seconds, state.talk_seconds) == (5, 15)


def test_a_call_that_begins_with_somebody_outside_being_called_is_outgoing():
    assert fold([outside("ringing", 0), event("ended", 9)]).direction == "outgoing"
    from_customer = ring(0, "101", from_number="+12025550142")
    assert fold([from_customer, outside("ringing", 5), event("ended", 9)]).direction == "incoming"


def test_a_phone_that_leaves_while_another_takes_over_has_transferred():
    first = ring(0, "101", **INCOMING), phone("answered", 2, "101"), phone("ended", 12, "101")
    second = ring(12, "102"), phone("answered", 15, "102")
    state = fold([*first, *second, event("ended", 25)])
    assert [leg.outcome for leg in state.legs] == ["transferred", "answered"]
    assert state.talk_seconds == 20


def test_who_has_called_a_customer_can_transfer_too():
    begin = ring(0, "101", direction=Direction.OUTGOING, to_number="+12025550142")
    customer = [outside(kind, at, "+12025550142") for kind, at in (("ringing", 1), ("answered", 5))]
    second = phone("ended", 15, "101"), ring(15, "102"), phone("answered", 18, "102")
    state = fold([begin, *customer, *second, event("ended", 30)])
    assert [leg.outcome for leg in state.legs] == ["transferred", "answered"]
    assert (state.speaker, state.talk_seconds) == ("l102", 22)


def test_a_colleague_who_hangs_up_first_has_not_transferred():
    begin = (
        ring(0, "101", direction=Direction.INTERNAL),
        ring(0, "102"),
        phone("answered", 3, "102"),
    )
    state = fold([*begin, phone("ended", 9, "102"), phone("ended", 15, "101"), event("ended", 15)])
    assert [leg.outcome for leg in state.legs] == ["answered", "answered"]


def test_a_phone_that_only_rang_has_not_transferred():
    begin = event("ringing", 0, "c", **INCOMING), ring(0, "101", part="c")
    passed_on = event("transferred", 3, "c"), event("ended", 3, "c")
    later = ring(4, "102"), phone("answered", 6, "102")
    state = fold([*begin, *passed_on, *later, event("ended", 9)])
    assert [leg.outcome for leg in state.legs] == ["no_answer", "answered"]


def test_a_transfer_that_fails_returns_the_call():
    kinds = (("answered", 2), ("transferred", 10), ("answered", 15))
    events = [phone(kind, at, "101") for kind, at in kinds]
    state = fold([ring(0, "101", **INCOMING), *events, event("ended", 20)])
    assert [leg.outcome for leg in state.legs] == ["answered"]
    assert state.talk_seconds == 13


def test_the_phone_that_rang_in_vain_is_not_whose_call_it_is():
    begin = ring(0, "101", **INCOMING), phone("ended", 9, "101")
    assert fold([*begin, event("ended", 20)]).speaker == "l101"
    for somebody in (event("answered", 10, "l-unknown"), outside("answered", 10)):
        state = fold([*begin, somebody, event("ended", 20)])
        assert (state.speaker, state.talk_seconds) == (None, 10)


def test_a_phone_that_is_rung_again_has_not_ended():
    declined = ring(0, "101", **INCOMING), phone("ended", 3, "101", cause=Cause.REJECTED)
    again = ring(10, "101"), phone("answered", 12, "101")
    (leg,) = fold([*declined, *again, event("ended", 20)]).legs
    assert (leg.outcome, leg.date_end) == ("answered", START + timedelta(seconds=20))


def test_a_queue_is_no_phone():
    queued = ring(2, "101", queue="support 6400")
    events = [event("ringing", 0, **INCOMING), queued, ring(2, "6400"), event("ended", 9)]
    assert [leg.extension for leg in fold(events).legs] == ["101"]


def of(call, kind, second, **values):
    moment = START + timedelta(seconds=second)
    return CallEvent(call, Kind(kind), moment, f"{call}-{kind}-{second}", call, **values)


def test_calls_that_met_are_one_though_nobody_says_who_was_heard():
    def stays(call, start, end):
        moments = [of(call, "ringing", start, **INCOMING), of(call, "ended", end)]
        room = [of(call, "entered", start, room="r"), of(call, "left", end, room="r")]
        return [*moments, *room]

    assert len(fold_calls([*stays("a", 0, 10), *stays("b", 9, 20)])) == 1
    assert len(fold_calls([*stays("a", 0, 10), *stays("b", 11, 20)])) == 2
    talk = of("b", "answered", 12)
    (state,) = fold_calls([*stays("a", 0, 10), *stays("b", 9, 20), talk])
    assert (state.refs, state.talk_seconds) == (("a", "b"), 8)
