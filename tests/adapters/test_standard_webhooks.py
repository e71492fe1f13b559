"""Standard Webhooks: the event API accepts what its ready libraries sign, and nothing else."""

import base64
import dataclasses
import hashlib
import hmac
import json
import string
from datetime import datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.asterisk import AsteriskAdapter
from adapters.base import Settings
from adapters.generic import GenericAdapter
from adapters.request import Refusal, Refused, WebhookRequest
from adapters.signature import SIGNATURE_HEADER, TIMESTAMP_HEADER, sign
from adapters.standard_webhooks import sign_standard, write_secret

# The test vector of the project's own libraries
VECTOR_SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
VECTOR_ID = "msg_p5jXN8AQM9LWM0D4loKWxJek"
VECTOR_TIME = 1614265330
VECTOR_BODY = b'{"test": 2432232314}'
VECTOR_SIGNATURE = "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="

NOW = datetime(2026, 11, 23, 22, 43, tzinfo=timezone.utc)
SECRET = "our own secret, as the form shows it"
OLD_SECRET = "the secret before"
ROTATING = Settings(secret=SECRET, old_secret=OLD_SECRET, old_secret_until=NOW + timedelta(hours=1))
EVENT = {"call": "a1", "event": "ringing", "from": "+12025550142"}

identifiers = st.text(string.ascii_letters + string.digits + "_-", min_size=1, max_size=80)
own_secrets = st.text(st.characters(codec="utf-8", exclude_categories=["C"]), min_size=1)
their_secrets = st.binary(min_size=24, max_size=64).map(
    lambda key: "whsec_" + base64.b64encode(key).decode()
)


def sign_as_specified(secret, identifier, timestamp, body):
    """Return a signature as the specification describes it, from a secret with the prefix."""
    key = base64.b64decode(secret.removeprefix("whsec_"))
    signed = f"{identifier}.{timestamp}.".encode() + body
    return "v1," + base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest()).decode()


def request(body, signatures, identifier="msg_1", moment=NOW, **headers):
    """Return a request with the given signatures."""
    body = body if isinstance(body, bytes) else json.dumps(body).encode()
    headers |= {
        "webhook-id": identifier,
        "webhook-timestamp": str(int(moment.timestamp())),
        "webhook-signature": signatures,
    }
    return WebhookRequest(body, NOW, "application/json", headers)


def signed(body, secret=SECRET, identifier="msg_1", moment=NOW):
    """Return a request that is signed with our secret, as a library gets it from the form."""
    body = body if isinstance(body, bytes) else json.dumps(body).encode()
    timestamp = str(int(moment.timestamp()))
    signature = sign_as_specified(write_secret(secret), identifier, timestamp, body)
    return request(body, signature, identifier, moment)


def verify(request, settings=ROTATING):
    GenericAdapter(settings).verify(request)


def refusal_of(request, settings=ROTATING):
    with pytest.raises(Refused) as caught:
        verify(request, settings)
    return caught.value.refusal


def uids(request):
    messages = GenericAdapter(ROTATING).messages(request)
    return [event.uid for message in messages for event in message.events]


def test_the_projects_own_vector_is_accepted():
    assert sign_standard(VECTOR_SECRET, VECTOR_ID, str(VECTOR_TIME), VECTOR_BODY) == (
        VECTOR_SIGNATURE
    )
    moment = datetime.fromtimestamp(VECTOR_TIME, timezone.utc)
    vector = request(VECTOR_BODY, VECTOR_SIGNATURE, VECTOR_ID, moment)
    verify(dataclasses.replace(vector, received_at=moment), Settings(secret=VECTOR_SECRET))


@given(own_secrets | their_secrets, identifiers, st.binary(max_size=200))
def test_what_a_library_signs_with_the_secret_of_the_form_is_accepted(secret, identifier, body):
    verify(signed(body, secret, identifier), Settings(secret=secret))


@given(own_secrets)
def test_a_secret_keeps_its_key_however_often_it_is_written(secret):
    written = write_secret(secret)
    assert written.startswith("whsec_")
    assert write_secret(written) == written


@given(st.lists(st.sampled_from(["v1,AAAA", "v1a,AAAA", "v2,x", ",", "v1", "ü"]), max_size=5))
def test_one_good_signature_among_several_is_enough(others):
    good = signed(EVENT).headers["webhook-signature"]
    for place in range(len(others) + 1):
        verify(request(EVENT, " ".join([*others[:place], good, *others[place:]])))


def test_during_a_replacement_both_secrets_are_valid():
    verify(signed(EVENT, SECRET))
    verify(signed(EVENT, OLD_SECRET))
    after = dataclasses.replace(ROTATING, old_secret_until=NOW - timedelta(seconds=1))
    assert refusal_of(signed(EVENT, OLD_SECRET), after) == Refusal.WRONG_SIGNATURE


@given(
    st.fixed_dictionaries(
        {
            "body": st.binary(max_size=100),
            "webhook-id": identifiers,
            "webhook-timestamp": st.integers(0, 10**11).map(str) | st.text(max_size=12),
            "webhook-signature": st.text(min_size=1, max_size=60),
        }
    ),
    st.sampled_from(["body", "webhook-id", "webhook-timestamp", "webhook-signature"]),
)
def test_whatever_is_changed_the_request_is_refused(values, changed):
    original = signed(EVENT)
    headers = dict(original.headers)
    if changed == "body":
        forged = dataclasses.replace(original, body=values["body"])
        is_changed = values["body"] != original.body
    else:
        headers[changed] = values[changed]
        forged = dataclasses.replace(original, headers=headers)
        is_changed = values[changed].split() != original.headers[changed].split()
    if is_changed:
        assert refusal_of(forged) in (Refusal.WRONG_SIGNATURE, Refusal.UNSIGNED)


@given(st.integers(-1000, 1000))
def test_the_time_may_differ_by_five_minutes(seconds):
    then = signed(EVENT, moment=NOW + timedelta(seconds=seconds))
    if abs(seconds) <= 300:
        verify(then)
    else:
        assert refusal_of(then) == Refusal.OLD


@pytest.mark.parametrize("header", ["webhook-id", "webhook-timestamp", "webhook-signature"])
def test_a_missing_header_is_an_unsigned_request(header):
    complete = signed(EVENT)
    headers = {name: value for name, value in complete.headers.items() if name != header}
    assert refusal_of(dataclasses.replace(complete, headers=headers)) == Refusal.UNSIGNED


def test_an_id_with_a_full_stop_is_refused():
    assert refusal_of(signed(EVENT, identifier="a.b")) == Refusal.WRONG_SIGNATURE


def test_without_a_secret_everything_is_refused():
    assert refusal_of(signed(EVENT), Settings()) == Refusal.WRONG_SIGNATURE


def test_our_own_signature_remains_valid_beside_it():
    body, timestamp = json.dumps(EVENT).encode(), str(int(NOW.timestamp()))
    headers = {TIMESTAMP_HEADER: timestamp, SIGNATURE_HEADER: sign(SECRET, timestamp, body)}
    verify(WebhookRequest(body, NOW, headers=headers))
    # a library that adds its headers does not change what the own signature proves
    verify(WebhookRequest(body, NOW, headers=headers | {"webhook-signature": "v1,wrong"}))


# --- the id of the request ---------------------------------------------------------------


@given(st.lists(st.fixed_dictionaries({"call": st.sampled_from("ab"), "event": st.just("held")})))
def test_events_without_an_id_have_the_one_of_the_request(batch):
    first, again = uids(signed(batch)), uids(signed(batch, moment=NOW + timedelta(seconds=60)))
    assert first == again
    assert len(set(first)) == len(batch)
    assert not set(first) & set(uids(signed(batch, identifier="msg_2")))


def test_an_event_keeps_its_own_id():
    own = EVENT | {"id": "e1"}
    assert uids(signed(own)) == uids(signed(own, identifier="msg_2"))


def test_an_id_that_is_not_signed_does_not_count():
    body, timestamp = json.dumps(EVENT).encode(), str(int(NOW.timestamp()))
    ours = {TIMESTAMP_HEADER: timestamp, SIGNATURE_HEADER: sign(SECRET, timestamp, body)}
    replays = [
        WebhookRequest(body, NOW, headers=ours | {"webhook-id": name, "webhook-signature": "v1,x"})
        for name in ("msg_1", "msg_2")
    ]
    assert uids(replays[0]) == uids(replays[1])


def test_what_is_read_again_from_its_text_has_the_same_id():
    adapter = GenericAdapter(ROTATING)
    (message,) = adapter.messages(signed(EVENT))
    again = adapter.understand(json.loads(message.raw), NOW)
    assert again.events[0].uid == message.events[0].uid


def test_asterisk_does_not_sign_like_this():
    with pytest.raises(Refused):
        AsteriskAdapter(ROTATING).verify(signed(EVENT))
