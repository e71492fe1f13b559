"""What telephone systems send about recordings is understood, and their files are asked for as
documented."""

import json
from dataclasses import replace
from datetime import datetime, timedelta, timezone

import pytest
from control_player import make_adapter
from cryptography.hazmat.primitives.asymmetric.rsa import generate_private_key
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from adapters import ADAPTERS
from adapters.api import ApiError, Problem
from adapters.base import Adapter, Settings
from adapters.event import RecordingState
from adapters.fetching import Failure, FetchError, check_place, read_place
from adapters.recording import RecordingAbility, RecordingFacts
from adapters.request import WebhookRequest

NOW = datetime(2026, 11, 23, 12, tzinfo=timezone.utc)
START = datetime(2026, 11, 23, 11, 0, 5, tzinfo=timezone.utc)
TOKEN = "X-Amz-Signature=secret"

TELNYX = {
    "data": {
        "event_type": "call.recording.saved", "id": "e1", "occurred_at": "2026-11-23T11:02:00Z",
        "payload": {
            "call_control_id": "v3:c", "call_leg_id": "L1", "call_session_id": "S1",
            "recording_id": "R-1", "channels": "dual", "client_state": None,
            "recording_started_at": "2026-11-23T11:00:05Z",
            "recording_ended_at": "2026-11-23T11:01:07Z",
            "recording_urls": {"wav": f"https://s3.amazonaws.com/b/r.wav?{TOKEN}"},
            "public_recording_urls": {},
        },
    }
}  # fmt: skip
VONAGE = {
    "start_time": "2026-11-23T11:00:05Z", "end_time": "2026-11-23T11:01:07Z", "size": 12222,
    "recording_url": "https://api.nexmo.com/v1/files/bbbb-1", "recording_uuid": "aaaa-1",
    "conversation_uuid": "CON-1", "timestamp": "2026-11-23T11:01:08Z",
}  # fmt: skip
AIRCALL = {
    "resource": "call", "event": "call.ended", "timestamp": 1763895700, "token": "t",
    "data": {
        "id": 812, "direction": "inbound", "status": "done", "answered_at": 1795431605,
        "started_at": 1795431600, "ended_at": 1795431667, "raw_digits": "+1 202-555-0142",
        "recording": f"https://bucket.s3.eu-1.amazonaws.com/a.mp3?{TOKEN}",
        "recording_short_url": "https://short.aircall.io/secret", "voicemail": None,
    },
}  # fmt: skip
YEASTAR_FILE = "20261123120005-1795431605.362-2005-2002-Internal.wav"
YEASTAR = {
    "type": 30012,
    "msg": json.dumps(
        {
            "call_id": "1795431605.362", "time_start": "2026-11-23 12:00:00", "call_from": "2005",
            "call_to": "2002", "call_duration": 62, "talk_duration": 60, "status": "ANSWERED",
            "type": "Internal", "recording": YEASTAR_FILE,
        }
    ),
}  # fmt: skip


def understand(code, body, **values):
    """Return the messages of a body in JSON, or of a form."""
    adapter = ADAPTERS[code](Settings(secret="s"))
    request = WebhookRequest(json.dumps(body).encode(), NOW)
    if values:
        request = replace(request, form=tuple(values.items()))
    return adapter.messages(request)


def twilio(**values):
    about = {"CallSid": "CA1", "AccountSid": "AC1", "RecordingSid": "RE1"}
    return understand("twilio", {}, **(about | values))


# --- what is reported ------------------------------------------------------------------------

FACTS = {
    "telnyx": (TELNYX, RecordingFacts("S1", "R-1", "L1", START, 62, "wav", 2, is_offered=True)),
    "vonage": (
        VONAGE,
        RecordingFacts("CON-1", "aaaa-1", None, START, 62, is_offered=True,
                       place="api.nexmo.com/bbbb-1"),
    ),
    "aircall": (
        AIRCALL, RecordingFacts("812", "812/recording", None, START, format="mp3", is_offered=True)
    ),
    "yeastar": (
        YEASTAR, RecordingFacts("1795431605.362", YEASTAR_FILE, format="wav", is_offered=True)
    ),
}  # fmt: skip


@pytest.mark.parametrize("code", FACTS)
def test_what_the_documented_message_says(code):
    body, expected = FACTS[code]
    (message,) = understand(code, body)
    assert not message.error
    assert message.recordings == (expected,)


@pytest.mark.parametrize("code", [code for code in FACTS if code != "yeastar"])
def test_links_are_not_kept(code):
    (message,) = understand(code, FACTS[code][0])
    assert TOKEN not in message.raw
    assert "short.aircall.io" not in message.raw
    adapter = ADAPTERS[code](Settings())
    again = adapter.understand(json.loads(message.raw), NOW)
    assert again.recordings == message.recordings, "A replay finds the same."


def test_a_status_of_twilio():
    started = START.strftime("%a, %d %b %Y %H:%M:%S +0000")
    (message,) = twilio(
        RecordingStatus="completed", RecordingUrl="https://api.twilio.com/x/RE1",
        RecordingDuration="62", RecordingChannels="2", RecordingStartTime=started,
        RecordingSource="DialVerb",
    )  # fmt: skip
    expected = RecordingFacts("CA1", "RE1", "CA1", START, 62, "wav", 2, is_offered=True)
    assert message.recordings == (expected,)
    (event,) = message.events
    assert (event.recording, event.at) == (RecordingState.STOPPED, START + timedelta(seconds=62))
    assert "api.twilio.com" not in message.raw


def test_twilio_reports_that_a_conversation_is_recorded():
    started = START.strftime("%a, %d %b %Y %H:%M:%S +0000")
    (message,) = twilio(
        RecordingStatus="in-progress", RecordingSource="DialVerb", RecordingStartTime=started
    )
    (event,) = message.events
    assert (event.recording, event.at) == (RecordingState.STARTED, START)


@pytest.mark.parametrize(("status", "count"), [("in-progress", 1), ("absent", 0)])
def test_a_recording_of_twilio_without_a_file(status, count):
    (message,) = twilio(RecordingStatus=status, RecordingSource="RecordVerb")
    assert not message.error
    assert not message.events
    assert len(message.recordings) == count
    assert not any(facts.is_offered for facts in message.recordings)


def test_a_message_left_is_a_recording():
    (message,) = twilio(RecordingUrl="https://x", RecordingDuration="5", RecordingSource="")
    assert [event.kind.value for event in message.events] == ["voicemail"]
    assert [facts.is_offered for facts in message.recordings] == [True]
    left = {"voicemail": f"https://a/b?{TOKEN}", "recording": None, "answered_at": None}
    (message,) = understand("aircall", AIRCALL | {"data": AIRCALL["data"] | left})
    assert [facts.ref for facts in message.recordings] == ["812/voicemail"]
    assert "voicemail" in {event.kind.value for event in message.events}


def test_messages_about_anything_else_name_no_recordings():
    created = AIRCALL["data"] | {"recording": None, "recording_short_url": None}
    for code, body in (
        ("telnyx", {"data": TELNYX["data"] | {"event_type": "call.hangup"}}),
        ("telnyx", {"data": TELNYX["data"] | {"event_type": "call.recording.error"}}),
        ("aircall", AIRCALL | {"data": created}),
        ("yeastar", YEASTAR | {"msg": YEASTAR["msg"].replace(YEASTAR_FILE, "")}),
    ):
        assert not understand(code, body)[0].recordings


@pytest.mark.parametrize(
    "url", ["https://evil.example/v1/files/a", "https://api.nexmo.com/other/a", "", None, "x"]
)
def test_a_file_of_vonage_elsewhere_is_not_fetched(url):
    (message,) = understand("vonage", VONAGE | {"recording_url": url})
    (facts,) = message.recordings
    assert (facts.is_offered, facts.place) == (False, None)


# --- where the file is -----------------------------------------------------------------------


@pytest.fixture(scope="module")
def pem():
    key = generate_private_key(65537, 2048)
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()


def connect(code, api, **values):
    adapter = make_adapter(ADAPTERS[code], api.url)
    return ADAPTERS[code](replace(adapter.settings, **values))


def test_a_file_of_twilio(api):
    adapter = connect("twilio", api)
    source = adapter.find_recording("RE1")
    assert source.url == f"{api.url}/Accounts/account/Recordings/RE1.wav"
    assert source.auth == ("user", "secret")
    cloud = ADAPTERS["twilio"](replace(adapter.settings, api_url=""))
    source = cloud.find_recording("RE1")
    assert source.url == "https://api.twilio.com/2010-04-01/Accounts/account/Recordings/RE1.wav"
    assert not check_place(read_place(source.url), source)


@pytest.mark.parametrize(
    "host",
    ["s3.amazonaws.com", "s3.eu-central-1.amazonaws.com", "telephony-recorder.s3.amazonaws.com"],
)
def test_a_file_of_telnyx(api, host):
    url = f"https://{host}/b/r.wav?{TOKEN}"
    api.will_answer({"data": {"download_urls": {"wav": url, "mp3": "x"}}})
    source = connect("telnyx", api).find_recording("R-1")
    assert (source.url, source.auth, source.is_temporary) == (url, None, True)
    assert not check_place(read_place(url), source)
    (request,) = api.requests
    assert (request.method, request.path) == ("GET", "/recordings/R-1")
    assert request.headers["authorization"] == "Bearer secret"


@pytest.mark.parametrize("kind", ["recording", "voicemail"])
def test_a_file_of_aircall(api, kind):
    url = f"https://bucket.s3.eu-1.amazonaws.com/a.mp3?{TOKEN}"
    api.will_answer({"call": {"id": 812, "recording": None, "voicemail": None, kind: url}})
    source = connect("aircall", api).find_recording(f"812/{kind}")
    assert (source.url, source.auth, source.is_temporary) == (url, None, True)
    assert not check_place(read_place(url), source)
    assert api.requests[0].path == "/calls/812"


def test_a_file_of_vonage(api, pem):
    adapter = connect("vonage", api, api_secret=pem)
    source = adapter.find_recording("aaaa-1", "api.nexmo.com/bbbb-1")
    assert source.url == f"{api.url}/files/bbbb-1"
    assert source.auth.token.count(".") == 2
    cloud = ADAPTERS["vonage"](replace(adapter.settings, api_url=""))
    source = cloud.find_recording("aaaa-1", "api-us-1.nexmo.com/bbbb-1")
    assert source.url == "https://api-us-1.nexmo.com/v1/files/bbbb-1"
    assert not check_place(read_place(source.url), source)
    for place in (None, "evil.example/b", "api.nexmo.com/../x", "api.nexmo.com/b?x=1"):
        with pytest.raises(ApiError):
            cloud.find_recording("aaaa-1", place)


@pytest.mark.parametrize("path", ["/api/download/x.wav", "api/download/x.wav"])
def test_a_file_of_yeastar(api, path):
    api.will_answer({"errcode": 0, "access_token": "T1"})
    api.will_answer({"errcode": 0, "download_resource_url": path})
    source = connect("yeastar", api).find_recording(YEASTAR_FILE)
    assert source.url == f"{api.url}/api/download/x.wav?access_token=T1"
    assert check_place(read_place(source.url), source), "It may be a machine of the house."
    assert source.headers == {"User-Agent": "OpenAPI"}
    expected = f"/openapi/v1.0/recording/download?file={YEASTAR_FILE}&access_token=T1"
    assert api.requests[1].path == expected
    assert "T1" not in repr(source)


@pytest.mark.parametrize(
    ("code", "ref"), [("telnyx", "R-1"), ("aircall", "812/recording"), ("aircall", "812/other")]
)
def test_a_file_that_is_not_there_yet(api, code, ref):
    for answer in ({}, {"data": {"download_urls": {}}}, {"call": {"recording": None}}):
        api.will_answer(answer)
        with pytest.raises(FetchError) as caught:
            connect(code, api).find_recording(ref)
        assert caught.value.failure is Failure.MISSING


@pytest.mark.parametrize("code", ["twilio", "telnyx"])
def test_a_recording_is_deleted_there(api, code):
    adapter = connect(code, api)
    api.will_answer("", 204)
    adapter.delete_recording("R1")
    api.will_answer({"errors": [{"detail": "gone"}]}, 404)
    with pytest.raises(ApiError) as caught:
        adapter.delete_recording("R1")
    assert caught.value.status == 404
    paths = {"twilio": "/Accounts/account/Recordings/R1.json", "telnyx": "/recordings/R1"}
    assert {(r.method, r.path) for r in api.requests} == {("DELETE", paths[code])}


@pytest.mark.parametrize("ref", ["../Calls/CA1", "a/b", "a?b", "a%2Fb", "", "a b", ".."])
def test_ids_lead_nowhere_else(api, ref):
    for code in ("twilio", "telnyx", "aircall"):
        adapter = connect(code, api)
        for act in (adapter.find_recording, adapter.delete_recording):
            with pytest.raises((ApiError, NotImplementedError, FetchError)):
                act(ref)
    assert not [r for r in api.requests if r.path != "/calls/a"]


def test_what_is_not_entered_is_said():
    for code in ("twilio", "telnyx", "aircall", "yeastar", "vonage"):
        with pytest.raises(ApiError) as caught:
            ADAPTERS[code](Settings()).find_recording("R1", "api.nexmo.com/b")
        assert caught.value.problem is Problem.NOT_SET_UP


# --- what is declared ------------------------------------------------------------------------


@pytest.mark.parametrize("adapter", ADAPTERS.values(), ids=ADAPTERS)
def test_everything_is_possible_or_has_a_reason(adapter):
    possible = adapter.capabilities.recordings
    assert set(adapter.guide.unrecorded) == set(RecordingAbility) - possible
    does = {
        RecordingAbility.FETCH: adapter.find_recording is not Adapter.find_recording,
        RecordingAbility.DELETE: adapter.delete_recording is not Adapter.delete_recording,
    }
    assert {ability for ability, is_done in does.items() if is_done} == possible & set(does)
    if RecordingAbility.FETCH in possible and not any(f.name == "api_url" for f in adapter.fields):
        assert adapter.recording_hosts


def test_lengths_are_possible():
    ended = {"recording_ended_at": (START - timedelta(hours=1)).isoformat()}
    payload = TELNYX["data"]["payload"] | ended
    (message,) = understand("telnyx", {"data": TELNYX["data"] | {"payload": payload}})
    assert message.recordings[0].seconds == 0
