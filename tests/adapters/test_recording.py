"""What is reported about recordings, and the signature of their files."""

import hashlib
from datetime import datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.base import Settings
from adapters.event import CallEvent, RecordingState
from adapters.recording import RecordingFacts
from adapters.registry import ADAPTERS
from adapters.request import Refused, WebhookRequest
from adapters.signature import SIGNATURE_HEADER, TIMESTAMP_HEADER, sign
from adapters.uploading import CONTENT_HEADER, describe_upload, is_content_intact, read_upload

NOW = datetime(2026, 11, 23, 12, tzinfo=timezone.utc)
SECRET = "a secret for tests"
ADAPTER = ADAPTERS["generic"](Settings(secret=SECRET))
EVENT = {"call": "a1", "event": "recording"}


def facts_of(recording, **values):
    """Return what a message says about recordings, and why it cannot be read."""
    message = ADAPTER.understand(EVENT | values | {"recording": recording}, NOW)
    return message.recordings, message.error


def test_everything_that_can_be_reported():
    (facts,), error = facts_of(
        {"id": "r1", "start": "2026-11-23T11:00:00Z", "seconds": 61.6, "format": "wav",
         "channels": 2, "sides": ["inside", "outside"], "requested": True, "more": 1},
        leg="a1-101",
    )  # fmt: skip
    assert not error
    start = NOW - timedelta(hours=1)
    assert facts == RecordingFacts("a1", "r1", "a1-101", start, 62, "wav", 2, "inside", True)


def test_only_the_id_is_needed():
    assert facts_of({"id": "r1"}) == ((RecordingFacts("a1", "r1"),), None)
    assert facts_of(None) == ((), None)
    assert facts_of({"id": "r1"}, event="answered") == ((), None)


@pytest.mark.parametrize("state", RecordingState)
def test_what_happens_to_a_recording_that_goes_on(state):
    message = ADAPTER.understand(EVENT | {"leg": "a1-101", "recording": {"state": state}}, NOW)
    (event,) = message.events
    assert (event.recording, event.leg) == (state, "a1-101")
    assert not message.recordings
    assert CallEvent.from_json(event.to_json()) == event


def test_a_state_and_an_announcement_can_come_together():
    (facts,), error = facts_of({"id": "r1", "state": "started", "requested": True})
    assert not error
    assert (facts.ref, facts.is_requested) == ("r1", True)


def test_an_unknown_state_is_explained():
    found, error = facts_of({"id": "r1", "state": "rewound"})
    assert not found
    assert "rewound" in error


@given(
    st.dictionaries(
        st.sampled_from(["id", "seconds", "format", "channels", "sides", "start", "requested"]),
        st.none() | st.booleans() | st.floats() | st.integers() | st.text() | st.lists(st.text()),
    )
)
def test_whatever_is_wrong_is_explained(recording):
    found, error = facts_of(recording)
    assert bool(found) != bool(error)


# --- the signature -----------------------------------------------------------------------


def make_request(method="PUT", query="id=r1&size=3", body=b"abc", *, secret=SECRET, at=NOW):
    timestamp = str(int(at.timestamp()))
    content = hashlib.sha256(body).hexdigest()
    signature = sign(secret, timestamp, describe_upload(method, query, content))
    headers = {TIMESTAMP_HEADER: timestamp, CONTENT_HEADER: content, SIGNATURE_HEADER: signature}
    return WebhookRequest(body, NOW, headers=headers, query=query)


def changed(request, **values):
    return WebhookRequest(**(vars(request) | values))


def test_a_signed_request_is_accepted_for_what_was_signed_only():
    request = make_request()
    ADAPTER.verify_upload(request, "PUT")
    assert is_content_intact(request)
    assert not is_content_intact(changed(request, body=b"abd"))
    for other in (
        changed(request, query="id=r2&size=3"),
        changed(request, headers=request.headers | {CONTENT_HEADER: "0" * 64}),
        changed(request, headers=request.headers | {CONTENT_HEADER: ""}),
        changed(request, headers={}),
        make_request(secret="another"),
        make_request(at=NOW - timedelta(minutes=6)),
    ):
        with pytest.raises(Refused):
            ADAPTER.verify_upload(other, "PUT")
    with pytest.raises(Refused):
        ADAPTER.verify_upload(request, "GET")


@pytest.mark.parametrize("code", sorted(ADAPTERS))
def test_no_system_gets_files_in_without_a_secret(code):
    adapter = ADAPTERS[code](Settings(unsigned_allowed=True))
    with pytest.raises(Refused):
        adapter.verify_upload(make_request(secret=""), "PUT")


@given(st.text(max_size=400))
def test_odd_parameters_are_explained(query):
    request = WebhookRequest(b"abc", NOW, query=query)
    for is_question in (True, False):
        try:
            upload = read_upload(request, is_question)
        except ValueError as error:
            assert str(error)
        else:
            assert upload.ref
            assert upload.offset >= 0


def test_parameters_of_a_part():
    query = "id=a%2Fb&call=c%201&offset=7&size=10&requested=1&leg=l&start=1764237600&first=leg"
    upload = read_upload(WebhookRequest(b"abc", NOW, query=query), False)
    start = datetime(2025, 11, 27, 10, tzinfo=timezone.utc)
    assert upload == ("a/b", "c 1", 7, 10, True, b"abc", "l", start, True)


@pytest.mark.parametrize("start", ["", "x", "0", "9" * 12, "2999-01-01"])
def test_a_start_that_cannot_be_true_is_explained(start):
    with pytest.raises(ValueError, match="time"):
        read_upload(WebhookRequest(b"abc", NOW, query=f"id=a&size=3&start={start}"), False)
