"""What a request says about its sender is read, whatever it contains."""

from datetime import datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.generic import GenericAdapter
from adapters.request import WebhookRequest
from adapters.sender import MAX_NUMBER, RELAY_HEADER, SenderReport, read_report
from adapters.settings import Settings
from adapters.signature import SIGNATURE_HEADER, TIMESTAMP_HEADER, sign

NOW = datetime(2026, 11, 23, 10, tzinfo=timezone.utc)


def test_the_relay_reports_its_version_and_its_queue():
    headers = {"user-agent": "call-handling-relay/1.2.0", RELAY_HEADER: "waiting=12; oldest=34"}
    report = read_report(WebhookRequest(b"", NOW, headers=headers), None)
    assert report == SenderReport(None, "1.2.0", 12, 34)


@pytest.mark.parametrize("seconds", [-400, 0, 7])
def test_the_clocks_are_compared(seconds):
    sent_at = NOW + timedelta(seconds=seconds)
    assert read_report(WebhookRequest(b"{}", NOW), sent_at).clock_difference == seconds


@given(st.text(max_size=40), st.text(max_size=60))
def test_nothing_in_the_headers_fails(agent, queue):
    headers = {"user-agent": agent, RELAY_HEADER: queue}
    report = read_report(WebhookRequest(b"", NOW, headers=headers), None)
    assert len(report.relay_version) <= 20
    assert 0 <= report.oldest <= MAX_NUMBER


def test_huge_numbers_are_limited_to_what_the_database_can_store():
    headers = {RELAY_HEADER: "waiting=9999999999; oldest=9999999999"}
    report = read_report(WebhookRequest(b"", NOW, headers=headers), None)
    assert (report.waiting, report.oldest) == (MAX_NUMBER, MAX_NUMBER)


@pytest.mark.parametrize(
    ("used", "until", "needs"),
    [("old", NOW + timedelta(hours=1), True), ("new", NOW + timedelta(hours=1), False)]
    + [("new", None, False), ("new", NOW - timedelta(hours=1), False)],
)
def test_it_is_known_whether_the_old_secret_is_still_needed(used, until, needs):
    timestamp = str(int(NOW.timestamp()))
    headers = {TIMESTAMP_HEADER: timestamp, SIGNATURE_HEADER: sign(used, timestamp, b"{}")}
    settings = Settings(secret="new", old_secret="old", old_secret_until=until)
    adapter, signed = GenericAdapter(settings), WebhookRequest(b"{}", NOW, headers=headers)
    adapter.verify(signed)
    assert adapter.needs_old_secret(signed) is needs
