"""What was decided about devices, and since when it holds."""

from datetime import datetime, timedelta, timezone

from hypothesis import given
from hypothesis import strategies as st

from adapters.settings import Peer, Settings

START = datetime(2026, 11, 24, tzinfo=timezone.utc)
DAYS = st.integers(-50, 50)


def day(number):
    return START + timedelta(days=number)


@given(st.dictionaries(DAYS, st.sampled_from(["", "101", "102"]), min_size=1), DAYS, st.randoms())
def test_the_first_decision_holds_before_and_each_until_the_next(decided, moment, chance):
    peers = [Peer("alice", extension, day(number)) for number, extension in decided.items()]
    chance.shuffle(peers)
    found = Settings(peers=tuple(peers)).find_peer("Alice", day(moment))
    until_then = [number for number in decided if number <= moment]
    assert found.extension == decided[max(until_then, default=min(decided))]


def test_a_decision_holds_for_a_call_that_starts_at_its_very_moment():
    peers = (Peer("alice", "101", day(0)), Peer("alice", "102", day(1)))
    settings = Settings(peers=peers)
    assert settings.find_peer("alice", day(1)).extension == "102"
    assert settings.find_peer("alice", day(1) - timedelta(microseconds=1)).extension == "101"


def test_names_can_be_entered_with_their_technology():
    settings = Settings(phones=frozenset({"PJSIP/alice"}), trunks=frozenset({"IAX2/provider"}))
    assert not settings.find_peer("alice", START).is_trunk
    assert settings.find_peer("Provider", START).is_trunk


def test_what_is_entered_counts_until_something_is_decided():
    settings = Settings(phones=frozenset({"alice", "20"}), trunks=frozenset({"voip10", "20"}))
    assert settings.find_peer("ALICE", START).extension == "alice"
    assert settings.find_peer("voip10", START).is_trunk
    assert settings.find_peer("20", START).is_trunk, "A trunk may be named like a phone."
    assert settings.find_peer("bob", START) is None
    decided = Settings(phones=frozenset({"alice"}), peers=(Peer("alice", "201", day(9)),))
    assert decided.find_peer("alice", START).extension == "201"
