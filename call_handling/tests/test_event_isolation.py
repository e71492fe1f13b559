import json
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime, timezone
from unittest.mock import patch

import psycopg2
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from odoo.tests import tagged
from odoo.tools import mute_logger

from ..adapters.event import CallEvent
from ..adapters.generic import GenericAdapter
from ..adapters.request import WebhookRequest
from ..intake import Intake
from .common import CallCommon
from .signing import JSON, Signer

LOGGERS = (
    "odoo.addons.call_handling.intake.intake",
    "odoo.addons.call_handling.models.event.inserting",
    "odoo.addons.call_handling.models.event.retrying",
    "odoo.addons.call_handling.models.event.waiting",
)
RINGING = {
    "event": "ringing", "direction": "incoming", "from": "+12025550142", "to": "+493023125610",
    "extension": "101",
}  # fmt: skip

# What an adapter of another addon could do wrong, for every column of an event.
SPOILED = {
    "null character in an id": {"call": "a\x00b"},
    "half a character in an id": {"leg": "\ud800"},
    "null character in a name": {"from_name": "\x00"},
    "half a character in a number": {"from_number": "+1202\udfff"},
    "no number": {"from_name": float("nan")},
    "infinity": {"queue": float("inf")},
    "list": {"leg": ["a", "b"]},
    "object": {"room": {"a": "b"}},
    "binary": {"leg": b"\xff"},
    "anything": {"from_name": object()},
    "no time": {"at": None},
    "text as time": {"at": "2026-11-23"},
    "no kind": {"kind": None},
    "no call": {"call": None},
    "no id": {"uid": None},
    "number as id": {"uid": 17},
}


def ring(ref, **values):
    return RINGING | {"call": ref, "leg": f"{ref}-101"} | values


@contextmanager
def careless_adapter():
    """Within this context, the event API spoils events whose queue is a key of ``SPOILED``."""
    original = GenericAdapter.events

    def events(self, item, received_at):
        return [
            replace(event, **SPOILED.get(item.get("queue"), {}))
            for event in original(self, item, received_at)
        ]

    with patch.object(GenericAdapter, "events", events):
        yield


class IsolationCommon(CallCommon):
    def _failed(self):
        return self.env["call.event"].search(
            [("pbx_id", "=", self.pbx.id), ("state", "=", "failed")]
        )

    def _refs(self):
        calls = self.env["call.call"].search([("pbx_id", "=", self.pbx.id)])
        return set(calls.mapped("pbx_ref"))


@tagged("post_install", "-at_install")
class TestStoringIsolation(IsolationCommon):
    """An event that cannot be stored or processed never affects others."""

    @mute_logger(*LOGGERS)
    def test_what_the_database_refuses_is_stored_as_failed_and_the_others_are_calls(self):
        for number, name in enumerate(SPOILED):
            with self.subTest(name):
                refs = [f"good{number}-{n}" for n in range(5)]
                batch = [ring(ref) for ref in refs]
                batch.insert(number % 6, ring(f"bad{number}", queue=name))
                before = self._failed()
                with careless_adapter():
                    receipt = self._send_events(*batch)
                    self.assertEqual((receipt.accepted, receipt.failed), (5, 1))
                    self.assertLessEqual(set(refs), self._refs())
                    failed = self._failed() - before
                    self.assertEqual(len(failed), 1)
                    self.assertTrue(failed.error)
                    self.assertEqual(json.loads(failed.raw)["call"], f"bad{number}")
                    receipt = self._send_events(*batch)
                    self.assertEqual((receipt.duplicates, receipt.failed), (5, 1))
                    self._run_scheduled_action("ir_cron_retry_events")
                    self.assertEqual(self._failed() - before, failed)
                    self.assertEqual(failed.attempts, 1)
                # after the correction of the adapter
                failed.with_user(self.admin).action_replay()
                self.assertFalse(failed.exists())
                self.assertIn(f"bad{number}", self._refs())

    @mute_logger(*LOGGERS)
    def test_of_a_large_batch_only_what_is_bad_fails(self):
        bad = {3, 4, 77, 198, 199}
        batch = [
            ring("c1", id=f"e{n}", queue="no number" if n in bad else "support") for n in range(200)
        ]
        with careless_adapter():
            receipt = self._send_events(*batch)
        self.assertEqual((receipt.accepted, receipt.failed), (195, 5))
        failed = {json.loads(event.raw)["id"] for event in self._failed()}
        self.assertEqual(failed, {f"e{n}" for n in bad})

    @mute_logger(*LOGGERS)
    def test_a_message_of_which_one_event_is_refused_keeps_the_others(self):
        original = GenericAdapter.events

        def events(adapter, item, received_at):
            (event,) = original(adapter, item, received_at)
            return [event, replace(event, uid=f"{event.uid}:2", from_name="\x00")]

        with patch.object(GenericAdapter, "events", events):
            receipt = self._send_events(ring("c1"))
            self.assertEqual((receipt.accepted, receipt.failed), (0, 1))
            self.assertEqual(self._call("c1").state, "ringing")
            self.assertEqual(len(self._failed()), 1)

    @mute_logger(*LOGGERS)
    def test_an_addon_that_fails_to_prepare_an_event_does_not_affect_others(self):
        model = self.env.registry["call.event"]
        original = model._prepare_row

        def _prepare_row(records, pbx, raw, event):
            if event.call == "bad":
                raise KeyError("no such luck")
            return original(records, pbx, raw, event)

        with patch.object(model, "_prepare_row", _prepare_row):
            receipt = self._send_events(ring("c1"), ring("bad"), ring("c2"))
        self.assertEqual((receipt.accepted, receipt.failed), (2, 1))
        self.assertEqual(self._refs(), {"c1", "c2"})
        self.assertEqual(self._failed().error, "KeyError: 'no such luck'")

    def test_a_disk_that_is_full_is_no_fault_of_the_event(self):
        with (
            patch.object(
                self.env.registry["call.event"],
                "_insert_together",
                side_effect=psycopg2.errors.DiskFull("no space left"),
            ),
            self.assertRaises(psycopg2.errors.DiskFull),
        ):
            self._send_events(ring("c1"))

    @mute_logger(*LOGGERS, "odoo.sql_db")
    def test_a_step_that_fails_for_one_call_does_not_affect_others(self):
        def raises(_records):
            raise RuntimeError("no such luck\x00 +12025550142")

        def breaks_transaction(records):
            records.env.cr.execute("SELECT 1 / 0")

        steps = {
            "call.call": [
                "_intake_fold", "_intake_join", "_intake_write", "_intake_match", "_intake_assign",
                "_intake_peers", "_intake_save", "_intake_rules", "_intake_private",
                "_intake_jobs", "_intake_announce",
            ],
            "call.event": ["_link"],
            "call.callback": ["_intake_callbacks"],
        }  # fmt: skip
        for model, names in steps.items():
            for name in names:
                for fault in (raises, breaks_transaction):
                    with self.subTest(step=name, fault=fault.__name__):
                        self._check_step(model, name, fault)

    def _check_step(self, model, name, fault):
        model = self.env.registry[model]
        original = getattr(model, name)
        about = f"{name}-{fault.__name__}"

        def step(records, *args):
            if f"bad-{about}" in str(args):
                fault(records)
            return original(records, *args)

        with patch.object(model, name, step):
            receipt = self._send_events(*(ring(f"{n}-{about}") for n in ("a", "bad", "c")))
        self.assertEqual((receipt.accepted, receipt.failed), (3, 0))
        self.assertTrue(self._call(f"a-{about}") and self._call(f"c-{about}"))
        self.assertFalse(self._call(f"bad-{about}"))
        self.assertEqual(self._failed().mapped("call_ref"), [f"bad-{about}"])
        self._run_scheduled_action("ir_cron_retry_events")
        self.assertEqual(self._call(f"bad-{about}").state, "ringing")

    @mute_logger(*LOGGERS)
    def test_a_telephone_system_whose_events_cannot_be_retried_does_not_stop_others(self):
        other = self._create_pbx("generic", token="another address")
        for pbx in (self.pbx, other):
            self._send_events(ring("c1", event="exploded"), pbx=pbx)
        events = self.env["call.event"].search([("pbx_id", "in", (self.pbx | other).ids)])
        for event in events:
            event.raw = event.raw.replace("exploded", "ringing")
        original = Intake.update

        def update(intake, refs):
            if intake.pbx == self.pbx:
                raise RuntimeError("no such luck")
            original(intake, refs)

        with patch.object(Intake, "update", update):
            self._run_scheduled_action("ir_cron_retry_events")
        self.assertTrue(self._call("c1", pbx=other))
        self.assertFalse(self._call("c1"))
        self.assertEqual(self._failed().attempts, 1)

    @mute_logger(*LOGGERS)
    def test_many_events_that_fail_do_not_delay_new_ones(self):
        self._send_events(*(ring("c1", event="exploded", id=f"e{n}") for n in range(400)))
        for _attempt in range(2):
            self._run_scheduled_action("ir_cron_retry_events")
        self._send_events(ring("late", event="burst"))
        late = self._failed().filtered(lambda event: "burst" in event.raw)
        late.raw = late.raw.replace("burst", "ringing")
        self._run_scheduled_action("ir_cron_retry_events")
        self.assertEqual(self._call("late").state, "ringing")
        self.assertEqual(len(self._failed()), 400)

    def test_storing_an_event_needs_no_query_of_its_own_for_that(self):
        event = CallEvent("c1", "ringing", datetime.now(timezone.utc), "u1")
        row = {"pbx_id": self.pbx.id, "uid": event.uid, "state": "done", "attempts": 0}
        with self.assertQueryCount(1):
            self.assertEqual(self.env["call.event"]._insert([row]), ({"u1"}, {}))


GOOD_CALLS = 3
PRIVATE = "+12025550199"  # of nobody else: what names it is erased
BAD_ITEMS = [
    None, 17, "ringing", [], {}, {"call": "x"}, {"event": "ringing"},
    ring(None), ring(["x"]), ring({"x": 1}), ring(1.5), ring(True), ring("x", event="exploded"),
    ring("x", event=None), ring("x", event=["ringing"]), ring("€" * 400), ring("x" * 251),
    ring("x", leg="y" * 300), ring("x", direction="sideways"), ring("x", at="yesterday"),
    ring("x", at="9999-12-31T23:59:59Z"), ring("x", at=-1e300), ring("x", at=[]),
    ring("x", from_name="\x00"), ring("x", from_name="\ud83d"), ring("x", queue="x" * 501),
    ring("x", **{"from": {"number": "1"}}), ring("x", event="ended", cause="boredom"),
    ring("x", event="joined"), ring("x", event="entered", room=""),
    ring("x", extension=json.loads("[" * 18 + "]" * 18)),
]  # fmt: skip
ODD_BUT_GOOD = [
    ring("odd1", from_name="\u202eevil\U0001f4a9 \u0627\u0644"), ring("odd2", id="€" * 400),
    ring("odd3", extension="nobody's"), ring("odd4", unknown={"to": ["us"]}),
    ring("odd5", **{"from": "anonymous"}), ring("odd6", **{"from": "++--"}), ring(77),
]  # fmt: skip


def good_items(number):
    """Return the events of a call that was answered after 5 seconds and lasted a minute."""
    at = f"2026-11-{number + 1:02}T10:0"
    ref = f"good{number}"
    return [
        ring(ref, at=f"{at}0:00Z", **{"from": f"+1202555014{number}"}),
        ring(ref, event="answered", at=f"{at}0:05Z"),
        {"call": ref, "event": "ended", "cause": "normal", "at": f"{at}1:05Z"},
    ]


@st.composite
def requests(draw):
    """Good, odd and bad items in any order, some of them twice, in any split into requests."""
    good = [item for number in range(GOOD_CALLS) for item in good_items(number)]
    others = draw(st.lists(st.sampled_from(BAD_ITEMS + ODD_BUT_GOOD), max_size=8))
    erased = draw(st.lists(st.sampled_from(["private", "deleted", "forgotten"]), max_size=3))
    others += [ring(ref, event="held", id=f"late{n}") for n, ref in enumerate(erased)]
    same_id = [ring("same", id="same", queue=queue) for queue in ("one", "two")]
    repeated = draw(st.lists(st.sampled_from(good), max_size=3))
    items = draw(st.permutations([*good, *others, *same_id, *repeated]))
    cuts = sorted(draw(st.lists(st.integers(0, len(items)), max_size=6)))
    batches = [items[a:b] for a, b in zip([0, *cuts], [*cuts, len(items)], strict=True)]
    return [(batch, draw(st.booleans())) for batch in batches if batch]


@tagged("post_install", "-at_install")
class TestMixedItems(IsolationCommon):
    """Good and bad items of every kind, in any order and split, through the whole intake."""

    def setUp(self):
        super().setUp()
        self.signer = Signer("generic", "")
        self.pbx.secret = self.signer.secret
        self.company.call_private_hours = 24 * 365 * 100
        for mode, ref in (("keep", "private"), ("forget", "forgotten")):
            self.company.call_private_mode = mode
            self._log_call(ref, PRIVATE)
            self._make_private(self._call(ref).with_user(self.alice))
        self._log_call("deleted").with_user(self.admin).unlink()
        self.patch(
            self.env.registry["ir.cron"], "_commit_progress", lambda *args, **kwargs: float("inf")
        )
        path = "odoo.addons.call_handling.models.event.waiting.see_concurrent_commits"
        self.startPatcher(patch(path))

    def _receive(self, batch, is_ahead):
        """Send a batch, or a single item as such, and return the counts of the answer."""
        body = json.dumps(batch[0] if len(batch) == 1 and batch[0] != [] else batch).encode()
        signed = self.signer.sign(body, JSON)
        headers = {name.lower(): value for name, value in signed.headers.items()}
        request = WebhookRequest(body, datetime.now(timezone.utc), JSON, headers)
        path = "odoo.addons.call_handling.intake.intake.PACE.is_ahead"
        with patch(path, return_value=is_ahead):
            reply = Intake(self.pbx).receive(request)
        self.assertEqual(reply.status, 200)
        return json.loads(reply.body)

    @mute_logger(*LOGGERS)
    def test_every_good_event_is_a_call_and_every_bad_one_has_a_reason(self):
        bad_texts = [json.dumps(item) for item in BAD_ITEMS]

        @settings(
            max_examples=40,
            deadline=None,
            database=None,
            suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
        )
        @given(requests())
        def any_mixture(sent):
            savepoint = self.env.cr.savepoint()
            try:
                self._check_mixture(sent, bad_texts)
            finally:
                self.env.invalidate_all(flush=False)
                savepoint.close(rollback=True)

        any_mixture()

    def test_an_event_of_a_private_call_does_not_hide_what_is_new_about_others(self):
        at = "2026-11-01T10:00:"
        self._receive([ring("good", event="answered", at=f"{at}05Z")], False)
        first = ring("good", at=f"{at}00Z", **{"from": "+12025550140"})
        self._receive([ring("private", event="held", id="late"), first], False)
        self.assertEqual(self._call("good").remote_number, "+12025550140")

    def _check_mixture(self, sent, bad_texts):
        for batch, is_ahead in sent:
            counts = self._receive(batch, is_ahead)
            bad = sum(json.dumps(item) in bad_texts for item in batch)
            self.assertEqual(counts["failed"], bad)
            self.assertEqual(counts["accepted"] + counts["duplicates"], len(batch) - bad)
        self.env["call.event"]._cron_process_waiting()
        for number in range(GOOD_CALLS):
            self.assertRecordValues(
                self._call(f"good{number}"),
                [
                    {
                        "outcome": "answered",
                        "remote_number": f"+1202555014{number}",
                        "talk_seconds": 60,
                        "wait_seconds": 5,
                        "user_id": self.alice.id,
                    }
                ],
            )
        self.assertEqual(len(self._call("same")), 1)
        items = [item for batch, _is_ahead in sent for item in batch]
        odd = {str(item["call"]) for item in items if item in ODD_BUT_GOOD}
        self.assertLessEqual(odd, self._refs())
        self.assertFalse(self._call("deleted") | self._call("forgotten"))
        self.assertLessEqual(self._call("private").mapped("remote_number"), ["•••99"])
        failed = self._failed()
        expected = {json.dumps(item) for item in items} & set(bad_texts)
        self.assertEqual(set(failed.mapped("raw")), expected)
        self.assertTrue(all(failed.mapped("error")))
        waiting = [("pbx_id", "=", self.pbx.id), ("state", "=", "waiting")]
        self.assertFalse(self.env["call.event"].search(waiting))
