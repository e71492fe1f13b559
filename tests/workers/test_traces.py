"""The same calls are logged, however a trace arrives at two workers."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from traces import load
from traces.asterisk_calls import CALLS

NAMES = sorted(CALLS)


@st.composite
def shuffled_batches(draw, messages):
    """Draw batches for several clients: messages in any order, with any repetitions.

    They consist of the numbers of the messages, so that the report of a failure is readable.
    """
    repeated = draw(st.lists(st.sampled_from(range(len(messages))), max_size=10))
    order = draw(st.permutations([*range(len(messages)), *repeated]))
    fewest = min(3, len(order) - 1)
    cuts = sorted(draw(st.sets(st.integers(1, len(order) - 1), min_size=fewest, max_size=10)))
    edges = [0, *cuts, len(order)]
    batches = [order[start:end] for start, end in zip(edges, edges[1:], strict=False)]
    clients = draw(st.integers(2, 4))
    return [batches[number::clients] for number in range(clients)]


def get_messages(messages, clients):
    """Return the batches of the clients with messages instead of their numbers."""
    return [[[messages[number] for number in batch] for batch in batches] for batches in clients]


@pytest.mark.parametrize("name", NAMES)
def test_the_reference_has_exactly_the_expected_calls(name, reference, owners):
    logged, expected = reference(name), CALLS[name].calls
    calls = logged.rows("call")
    assert [call["outcome"] for call in calls] == [each.outcome for each in expected]
    assert [call["user_id"] for call in calls] == [owners.get(each.speaker) for each in expected]
    assert {call["state"] for call in calls} == {"ended"}
    assert len(logged.rows("phone")) == sum(len(each.phones) for each in expected)
    assert {event["state"] for event in logged.rows("event")} == {"done"}
    # A phone that only speaks with the exchange, for example to listen in, makes no call.
    linked = {event["of_call"] for event in logged.rows("event")} - {None}
    assert linked == {call["pbx_ref"] for call in calls}


@pytest.mark.parametrize("name", NAMES)
@given(data=st.data())
def test_order_repetition_batches_and_clients_do_not_matter(name, data, new_pbx, reference):
    trace = load("asterisk", name)
    clients = data.draw(shuffled_batches(trace))
    pbx = new_pbx("asterisk")
    pbx.send_at_once(*get_messages(trace, clients))
    assert pbx.get_logged() == reference(name)


@given(data=st.data())
def test_calls_that_arrive_interleaved_are_logged_separately(data, new_pbx):
    names = data.draw(st.lists(st.sampled_from(NAMES), min_size=2, max_size=5, unique=True))
    messages = [message for name in names for message in load("asterisk", name)]
    clients = data.draw(shuffled_batches(messages))
    in_order, pbx = new_pbx("asterisk"), new_pbx("asterisk")
    in_order.send(messages)
    pbx.send_at_once(*get_messages(messages, clients))
    assert len(pbx.get_logged().rows("call")) == sum(len(CALLS[name].calls) for name in names)
    assert pbx.get_logged() == in_order.get_logged()


@pytest.mark.parametrize("name", ["blind_transfer", "incoming_ring_group_three_legs"])
def test_events_in_separate_requests_give_the_same_call(name, new_pbx, reference):
    single = [[message] for message in load("asterisk", name)]
    pbx = new_pbx("asterisk")
    pbx.send_at_once(*(single[number::4] for number in range(4)))
    assert pbx.get_logged() == reference(name)
