from datetime import datetime, timezone
from unittest.mock import patch

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from odoo.tests import BaseCase, tagged
from odoo.tools import mute_logger

from ..intake import MAX_CALLS, Intake, pace
from ..intake.pace import Pace
from .common import CallCommon, CallHttpCommon

CRON = "ir_cron_process_waiting"
RINGING = {"event": "ringing", "direction": "incoming", "from": "+12025550142", "extension": "101"}
AHEAD = "odoo.addons.call_handling.intake.intake.PACE.is_ahead"


def ring(ref):
    return RINGING | {"call": ref, "leg": f"{ref}-101"}


@tagged("post_install", "-at_install")
class TestPace(BaseCase):
    """Whether a telephone system sends more than is processed in time."""

    @settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
    @given(st.lists(st.tuples(st.floats(0, 20), st.floats(0, 20)), max_size=30))
    def test_whoever_takes_less_than_its_share_is_never_ahead(self, steps):
        now = [0.0]
        measured = Pace(lambda: now[0])
        for taken, pause in steps:
            taken = min(taken, pace.BURST)
            with measured.measured("a"):
                now[0] += taken
            now[0] += max(pause, taken / pace.SHARE)
            self.assertFalse(measured.is_ahead("a"))

    def test_whoever_takes_all_the_time_is_ahead_until_its_share_makes_up_for_it(self):
        now = [0.0]
        measured = Pace(lambda: now[0])
        for second in range(100):
            with measured.measured("a"):
                now[0] += 1
            self.assertEqual(measured.is_ahead("a"), second * pace.SHARE + 1 > pace.BURST)
            self.assertFalse(measured.is_ahead("b"))
        while measured.is_ahead("a"):
            now[0] += 1
        self.assertAlmostEqual(now[0], 100 + (50.5 - pace.BURST) / pace.SHARE, delta=1)


class WaitingCommon(CallCommon):
    def _states(self):
        events = self.env["call.event"].search([("pbx_id", "=", self.pbx.id)])
        return {event.call_ref: event.state for event in events}

    def _triggers(self):
        cron = self.env.ref(f"call_handling.{CRON}")
        return self.env["ir.cron.trigger"].search_count([("cron_id", "=", cron.id)])


@tagged("post_install", "-at_install")
class TestWaitingEvents(WaitingCommon):
    """What takes too long within a request is done at once after it."""

    def _send_waiting(self, *refs):
        adapter = self.pbx._get_adapter()
        messages = [adapter.understand(ring(ref), datetime.now(timezone.utc)) for ref in refs]
        return Intake(self.pbx, adapter).process(messages, max_calls=0)

    def test_a_request_updates_a_bounded_number_of_calls_and_triggers_the_others(self):
        refs = [f"c{n:03}" for n in range(MAX_CALLS + 20)]
        before = self._triggers()
        receipt = self._send_events(*map(ring, refs))
        self.assertEqual((receipt.accepted, receipt.failed), (len(refs), 0))
        states = self._states()
        self.assertEqual([states[ref] for ref in refs], ["done"] * MAX_CALLS + ["waiting"] * 20)
        self.assertEqual(len(self._call("c099")), 1)
        self.assertFalse(self._call("c100"))
        self.assertEqual(self._triggers(), before + 1)
        self._run_scheduled_action(CRON)
        self.assertEqual(set(self._states().values()), {"done"})
        calls = self.env["call.call"].search([("pbx_id", "=", self.pbx.id)], order="id")
        self.assertEqual(calls.mapped("pbx_ref"), refs)
        self.assertEqual(calls.user_id, self.alice)

    def test_nothing_is_triggered_if_nothing_waits(self):
        before = self._triggers()
        self._send_events(ring("c1"))
        self._send_events(ring("c1"))
        self.assertEqual(self._triggers(), before)

    def test_a_repeat_of_what_waits_is_a_duplicate(self):
        self._send_waiting("c1")
        self.assertEqual(self._send_events(ring("c1")).duplicates, 1)
        self.assertEqual(self._states(), {"c1": "waiting"})

    def test_a_later_event_of_the_call_includes_what_waits(self):
        self._send_waiting("c1")
        self._send_events({"call": "c1", "event": "ended", "cause": "no_answer"})
        self.assertEqual(self._call("c1").remote_number, "+12025550142")
        self.assertEqual(set(self._states().values()), {"done"})

    def test_calls_are_the_same_whether_their_events_waited_or_not(self):
        @settings(max_examples=25, deadline=None, database=None)
        @given(st.lists(st.sampled_from([0, 1, MAX_CALLS]), min_size=5, max_size=5))
        def any_bounds(bounds):
            savepoint = self.env.cr.savepoint()
            adapter = self.pbx._get_adapter()
            events = [
                ring("a1") | {"at": "2026-11-23T10:00:00Z"},
                ring("b2") | {"at": "2026-11-23T10:00:02Z", "extension": "102"},
                {"call": "b2", "event": "joined", "with": "a1", "at": "2026-11-23T10:00:05Z"},
                {"call": "a1", "event": "ended", "at": "2026-11-23T10:01:00Z"},
                {"call": "b2", "event": "ended", "at": "2026-11-23T10:01:00Z"},
            ]
            for event, bound in zip(events, bounds, strict=True):
                message = adapter.understand(event, datetime.now(timezone.utc))
                Intake(self.pbx, adapter).process([message], bound)
            self.env["call.event"].search([("state", "=", "waiting")], order="id")._process()
            call = self._call("a1")
            self.assertEqual(call, self._call("b2"))
            self.assertEqual((call.state, len(call.leg_ids)), ("ended", 2))
            self.assertEqual(set(self._states().values()), {"done"})
            self.env.invalidate_all(flush=False)
            savepoint.close(rollback=True)

        self.patch(
            self.env.registry["ir.cron"], "_commit_progress", lambda *args, **kwargs: float("inf")
        )
        any_bounds()

    @mute_logger(
        "odoo.addons.call_handling.models.event.waiting",
        "odoo.addons.call_handling.intake.intake",
    )
    def test_a_call_that_cannot_be_updated_does_not_keep_others_waiting(self):
        self._send_waiting("c1", "bad", "c2")
        original = Intake.update_calls

        def update_calls(intake, history, was_dialled):
            if "bad" in history.names:
                raise RuntimeError("no such luck")
            original(intake, history, was_dialled)

        with patch.object(Intake, "update_calls", update_calls):
            self._run_scheduled_action(CRON)
        self.assertEqual(self._states(), {"c1": "done", "bad": "failed", "c2": "done"})
        self._run_scheduled_action("ir_cron_retry_events")
        self.assertEqual(self._call("bad").state, "ringing")

    @mute_logger("odoo.addons.call_handling.models.event.waiting")
    def test_if_even_that_fails_events_are_marked_as_failed(self):
        self._send_waiting("c1")
        with patch.object(Intake, "update", side_effect=RuntimeError("no such luck")):
            self._run_scheduled_action(CRON)
        self.assertEqual(self._states(), {"c1": "failed"})

    def test_the_administrator_sees_what_waits(self):
        self._send_waiting("c1", "c2")
        pbx = self.pbx.with_user(self.admin)
        self.assertEqual(pbx.waiting_count, 2)
        action = pbx.action_view_waiting()
        events = self.env["call.event"].with_user(self.admin).search(action["domain"])
        self.assertEqual(events.filtered(lambda event: event.state == "waiting"), events)
        self.assertIn("search_default_waiting", action["context"])
        names = [finding["name"] for finding in pbx.findings]
        self.assertNotIn("waiting", names)
        self.env.cr.execute("UPDATE call_event SET create_date = create_date - interval '1 hour'")
        self.env.invalidate_all()
        names = [finding["name"] for finding in pbx.findings]
        self.assertIn("waiting", names)


@tagged("post_install", "-at_install")
class TestTooFast(CallHttpCommon, WaitingCommon):
    """A telephone system that sends more than is processed in time is never refused."""

    def test_its_events_are_stored_and_processed_a_little_later(self):
        with patch(AHEAD, return_value=True):
            for number in range(5):
                answer = self._post(ring(f"c{number}"))
                self.assertEqual((answer.status_code, answer.json()["accepted"]), (200, 1))
        self.env.invalidate_all()
        self.assertEqual(set(self._states().values()), {"waiting"})
        self.assertGreaterEqual(self._triggers(), 1)
        self.env.ref(f"call_handling.{CRON}").method_direct_trigger()
        self.assertEqual(self._states(), {f"c{number}": "done" for number in range(5)})
        self.assertEqual(self._call("c4").state, "ringing")

    def test_how_long_its_calls_take_is_measured(self):
        system = (self.env.cr.dbname, self.pbx.id)
        now = [0]
        measured = Pace(lambda: now[0])
        original = Intake.update

        def update(intake, refs):
            now[0] += 100
            original(intake, refs)

        with (
            patch("odoo.addons.call_handling.intake.intake.PACE", measured),
            patch.object(Intake, "update", update),
        ):
            self._post(ring("c1"))
            self.assertTrue(measured.is_ahead(system))
            self._post(ring("c2"))
        self.env.invalidate_all()
        self.assertEqual(self._states(), {"c1": "done", "c2": "waiting"})
