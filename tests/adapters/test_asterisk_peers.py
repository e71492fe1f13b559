"""What Asterisk reports about its devices decides which are phones and which are trunks."""

import json
from datetime import datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.asterisk import AsteriskAdapter
from adapters.base import Settings
from adapters.fold import fold_calls
from adapters.peers import PeerReason
from adapters.settings import Peer
from traces import load, rename
from traces.asterisk_calls import CALLS

NUMBERS = ("101", "102", "103", "104")
NOW = datetime(2026, 11, 24, tzinfo=timezone.utc)


def endpoint(name, context, **facts):
    return {"Channel": f"PJSIP/{name}", "Context": context, **facts}


def hints(*pairs):
    return {"Hints": [{"Exten": extension, "Hint": hint} for extension, hint in pairs]}


def phone(name, extension, caller=None, **facts):
    hint = f"PJSIP/{name}&Custom:DND{extension},CustomPresence:{extension}"
    caller = f'"Somebody" <{caller or extension}>'
    own = endpoint(name, "from-internal", CallerID=caller, **facts)
    return own | hints((extension, hint))


# As a user with the right "reporting" sees the endpoints of a real Asterisk 22.
LAB = [
    phone("101", "101"),
    phone("102", "102"),
    phone("103", "103"),
    phone("104", "104"),
    phone("alice", "201", caller="199", Auth=True, MaxContacts="2"),
    phone("tenant1_101", "301"),
    phone("001122aabbcc", "302", Auth=True, MaxContacts="1"),
    endpoint("provider", "from-trunk", OutboundAuth=True, Registers=True)
    | hints(("900", "PJSIP/provider")),
    endpoint("provider2", "from-pstn", OutboundAuth=True),
    endpoint("carrier", "from-trunk", CallerID="<unknown>"),
    endpoint("trunk", "from-trunk", CallerID="<unknown>"),
    endpoint("door", "from-internal", CallerID="<unknown>"),
    endpoint("nowhere", "from-internal", CallerID="<unknown>"),
    endpoint("branch", "from-internal", Auth=True, MaxContacts="1"),
    endpoint("198", "from-internal", MaxContacts="1"),
]
PHONES = {
    **{number: number for number in ("101", "102", "103", "104")},
    "alice": "201",
    "tenant1_101": "301",
    "001122aabbcc": "302",
}
TRUNKS = {"provider", "provider2", "carrier", "trunk"}
ASKED = {"door", "nowhere", "branch", "198"}


def read(peers, settings=None):
    """Return the facts by name, as the relay's message reports them."""
    item = {"Event": "PeerFacts", "Timestamp": "1795475114.25", "Peers": peers}
    message = AsteriskAdapter(settings or Settings()).understand(item, NOW)
    assert message.error is None
    assert message.events == ()
    return {peer.name: json.loads(json.dumps(peer.facts)) for peer in message.peers}


def judge(peers, **known):
    settings = Settings(**known)
    return AsteriskAdapter(settings).judge_peers(read(peers, settings), NOW)


def certain(verdicts):
    phones = {n: v.extension for n, v in verdicts.items() if v.is_certain and v.extension}
    trunks = {name for name, verdict in verdicts.items() if verdict.is_trunk}
    return phones, trunks


def test_of_fifteen_endpoints_eleven_are_decided_and_none_is_wrong():
    verdicts = judge(LAB)
    assert certain(verdicts) == (PHONES, TRUNKS)
    assert {name for name, verdict in verdicts.items() if not verdict.is_certain} == ASKED


@given(st.permutations(LAB))
def test_the_order_of_the_endpoints_does_not_matter(peers):
    assert judge(peers) == judge(LAB)


@given(st.sets(st.sampled_from(range(len(LAB)))))
def test_with_fewer_endpoints_less_is_decided_but_nothing_differently(chosen):
    phones, trunks = certain(judge([LAB[place] for place in chosen]))
    assert phones.items() <= PHONES.items()
    assert trunks <= TRUNKS


@pytest.mark.parametrize("names", [("voip10", "0049301234567"), ("101", "102"), ("alice", "bob")])
def test_names_do_not_matter(names):
    trunk, device = names
    verdicts = judge([
        endpoint(trunk, "from-pstn", OutboundAuth=True),
        phone(device, "4711"),
    ])  # fmt: skip
    assert certain(verdicts) == ({device: "4711"}, {trunk})


NAMINGS = {
    "words": ("ann", "bob", "carol", "dave", "provider"),
    "mac": ("001122aabb01", "001122aabb02", "001122aabb03", "001122aabb04", "voip10"),
    "tenants": ("tenant3_101", "tenant3_102", "tenant4_101", "tenant4_102", "sip.provider-1"),
    "long": ("4711001", "4711002", "4711003", "4711004", "49301234567"),
    "crossed": ("104", "103", "102", "101", "voip-110"),
}


@pytest.mark.parametrize("naming", NAMINGS)
@pytest.mark.parametrize("trace", CALLS)
def test_recorded_calls_are_the_same_whatever_devices_are_called(trace, naming):
    *phones, trunk = NAMINGS[naming]
    named = dict(zip(NUMBERS, phones, strict=True))
    new_names = {"trunk": trunk} | named | {f"ext{number}": named[number] for number in NUMBERS}
    decided = [Peer(name, number) for number, name in named.items()]
    others = frozenset({"alice", "tenant1_101"})
    outside = frozenset({"nowhere"})
    renamed = Settings(phones=others, trunks=outside, peers=(*decided, Peer(trunk)))
    plain = Settings(
        phones=others | frozenset(NUMBERS),
        trunks=outside | {"trunk"},
        peers=tuple(Peer(f"ext{number}", number) for number in NUMBERS),
    )
    events = load("asterisk", trace)
    assert fold(rename(events, new_names), renamed) == fold(events, plain)


def fold(events, settings):
    adapter = AsteriskAdapter(settings)
    read = [event for item in events for event in adapter.understand(item, NOW).events]
    return fold_calls(read, settings)


def test_what_the_administrator_has_decided_is_not_judged():
    decided = (Peer("Alice", "", NOW - timedelta(days=1)),)
    settings = Settings(phones=frozenset({"provider"}), peers=decided)
    verdicts = AsteriskAdapter(settings).judge_peers(read(LAB), NOW)
    assert not {"alice", "provider"} & verdicts.keys()


def test_a_context_of_trunks_that_the_administrator_named_decides_about_others():
    peers = [endpoint("old", "from-pstn"), endpoint("new", "from-pstn")]
    assert certain(judge(peers)) == ({}, set())
    verdicts = judge(peers, trunks=frozenset({"old"}))
    assert verdicts["new"].is_trunk
    assert verdicts["new"].reason is PeerReason.CONTEXT


@pytest.mark.parametrize("login", [{"Auth": True}, {"MaxContacts": "1"}])
def test_a_context_in_which_a_device_can_log_in_decides_nothing(login):
    peers = [
        endpoint("provider", "default", OutboundAuth=True),
        endpoint("door", "default"),
        endpoint("desk", "default", **login),
    ]
    assert certain(judge(peers)) == ({}, {"provider"})


def test_a_lamp_for_something_among_trunks_decides_nothing():
    peers = [
        endpoint("provider", "from-pstn", OutboundAuth=True),
        endpoint("carrier", "from-pstn") | hints(("901", "PJSIP/carrier")),
    ]
    verdicts = judge(peers)
    assert certain(verdicts) == ({}, {"provider"})
    assert verdicts["carrier"].extension == "901", "It is proposed."


def test_a_phone_in_several_hints_is_that_of_its_own_number():
    several = hints(("200", "PJSIP/desk&PJSIP/mobile"), ("201", "PJSIP/desk"))
    own = endpoint("desk", "from-internal", CallerID="<200>") | several
    assert certain(judge([own])) == ({"desk": "200"}, set())
    verdict = judge([endpoint("desk", "from-internal") | several])["desk"]
    assert (verdict.is_certain, verdict.extension) == (False, "201")


def test_in_freepbx_the_list_of_devices_decides():
    def device(name, user, kind="fixed"):
        return endpoint(name, "from-internal", Device={"User": user, "Type": kind})

    verdicts = judge([device("9001", "301"), device("9002", "none", "adhoc")])
    assert certain(verdicts) == ({"9001": "301", "9002": "9002"}, set())


@pytest.mark.parametrize("name", ["ext101", "SIP-101", "phone_101"])
def test_a_name_that_ends_like_an_extension_is_only_proposed(name):
    settings = Settings(phones=frozenset({"101"}))
    verdict = AsteriskAdapter(settings).judge_peers({name: {}}, NOW)[name]
    assert (verdict.is_certain, verdict.extension) == (False, "101")
    assert not AsteriskAdapter(Settings()).judge_peers({name: {}}, NOW)[name].extension


def test_facts_are_described_in_words():
    facts = read(LAB)["alice"]
    assert AsteriskAdapter(Settings()).describe_peer(facts) == [
        ("Caller ID", '"Somebody" <199>'),
        ("Context", "from-internal"),
        ("Must log in to call", ""),
        ("Devices that may register", "2"),
        ("Shown as", "201"),
        ("Channel", "PJSIP/alice"),
    ]
    assert "Caller ID" not in dict(AsteriskAdapter(Settings()).describe_peer(read(LAB)["door"]))


@pytest.mark.parametrize(
    ("peers", "reason"),
    [
        (None, "'Peers' must be a list"),
        (["alice"], "must be an object"),
        ([{}], "'Channel' is missing"),
        ([{"Channel": "Local/1@x-1;1"}], "is no device"),
    ],
)
def test_invalid_facts_are_reported(peers, reason):
    message = AsteriskAdapter(Settings()).understand({"Event": "PeerFacts", "Peers": peers}, NOW)
    assert reason in message.error


ANYTHING = st.recursive(
    st.none() | st.booleans() | st.text(max_size=5),
    lambda part: st.lists(part) | st.dictionaries(st.sampled_from(["Exten", "Hint", "User"]), part),
)
FACTS = st.dictionaries(
    st.sampled_from(["Hints", "Device", "CallerID", "Context", "Auth", "MaxContacts"]), ANYTHING
)


@given(st.lists(FACTS, max_size=4))
def test_strange_facts_are_refused_or_decide_something(many):
    peers = [{"Channel": f"PJSIP/peer{n}"} | facts for n, facts in enumerate(many)]
    adapter = AsteriskAdapter(Settings())
    message = adapter.understand({"Event": "PeerFacts", "Peers": peers}, NOW)
    assert (message.error is None) == (len(message.peers) == len(peers) or not peers)
    facts = {peer.name: peer.facts for peer in message.peers}
    assert adapter.judge_peers(facts, NOW).keys() == facts.keys()
    for each in facts.values():
        assert dict(adapter.describe_peer(each))["Channel"].startswith("PJSIP/")
