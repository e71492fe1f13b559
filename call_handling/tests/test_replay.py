from unittest.mock import patch

from odoo.tests import tagged
from odoo.tools import mute_logger

from ..models.event import replaying
from .common import CallCommon, folding_fails

LOGGER = "odoo.addons.call_handling.intake.intake"


def ringing(number):
    return {"call": f"c{number}", "event": "ringing", "direction": "incoming", "id": f"e{number}",
            "from": "+12025550142", "extension": "101"}  # fmt: skip


@tagged("post_install", "-at_install")
class TestReplay(CallCommon):
    """Many events are read again in the background: nobody waits for it, and nothing is lost if
    it is interrupted."""

    COUNT = 8

    def setUp(self):
        super().setUp()
        self.patch(replaying, "AT_ONCE", 3)

    def _events(self, *domain):
        return self.env["call.event"].search([("pbx_id", "=", self.pbx.id), *domain], order="id")

    def _let_fail(self):
        """Store events of calls that could not be computed, and messages that were not read."""
        with folding_fails(), mute_logger(LOGGER):
            self._send_events(*map(ringing, range(self.COUNT)))
        self._send_events({"event": "ended", "id": "unreadable"})
        for _attempt in range(3):
            self._events()._count_attempt()
        return self._events(("state", "=", "failed"))

    def _replay_all(self):
        """Press *Replay All Failed Events*, and return the notification."""
        events = self.env["call.event"].with_user(self.admin)
        return events.action_replay_failed()["params"]

    def test_all_failed_events_are_read_again_in_batches_of_the_scheduled_action(self):
        failed = self._let_fail()
        with patch.object(type(failed), "_try_again", side_effect=AssertionError("Too long.")):
            notification = self._replay_all()
        self.assertIn(f"{self.COUNT + 1} events", notification["message"])
        self.assertEqual(notification["type"], "info")
        cron = self.env.ref(replaying.RETRY_CRON)
        self.assertTrue(self.env["ir.cron.trigger"].search([("cron_id", "=", cron.id)]))
        self._run_scheduled_action("ir_cron_retry_events")
        self.assertEqual(len(self._events(("state", "=", "done"))), self.COUNT)
        self.assertEqual(self._events(("state", "=", "failed")).attempts, 1)
        self.assertEqual({len(self._call(f"c{number}")) for number in range(self.COUNT)}, {1})

    def test_what_is_not_done_when_it_is_interrupted_is_done_later(self):
        failed = self._let_fail()
        self._replay_all()
        broken = self._events(("state", "=", "failed"), ("call_ref", "!=", False))[:2]
        broken._try_again_or_log(self.pbx)  # as far as it came
        self.assertEqual(len(self._events(("state", "=", "done"))), 2)
        self._run_scheduled_action("ir_cron_retry_events")
        self.assertEqual(len(self._events(("state", "=", "done"))), len(failed) - 1)

    def test_many_selected_events_that_were_understood_update_their_calls_in_the_background(self):
        self._send_events(*map(ringing, range(self.COUNT)))
        calls = self._events().call_id
        self._events().call_id = False  # as if it had been lost
        notification = self._events().with_user(self.admin).action_replay()["params"]
        self.assertIn(f"{self.COUNT} events", notification["message"])
        self.assertEqual(set(self._events().mapped("state")), {"waiting"})
        self._run_scheduled_action("ir_cron_process_waiting")
        self.assertEqual(set(self._events().mapped("state")), {"done"})
        self.assertEqual(self._events().call_id, calls)

    def test_a_few_are_read_again_at_once(self):
        self._send_events({"event": "ended"})
        self.assertIn("1 of 1 events failed again", self._replay_all()["message"])

    def test_an_event_without_text_keeps_its_reason(self):
        self._send_events({"event": "ended"})
        event = self._events()
        event.write({"raw": False, "error": "It is about a private call."})
        self.assertIn("no failed event", self._replay_all()["message"])
        self.assertEqual((event.error, event.attempts), ("It is about a private call.", 0))
