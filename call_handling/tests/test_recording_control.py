from dataclasses import replace
from unittest.mock import patch

from odoo.tests import tagged

from ..adapters.api import ApiError, Problem
from ..adapters.base import Action
from ..adapters.demo import DemoAdapter
from .common_control import ControlCommon
from .common_recording import RecordingCommon

# A telephone system that sends no events about recording: what it accepts is all that is known.
SILENT = replace(DemoAdapter.capabilities, reports_recording=False)
RECORDING = {"record", "pause_recording", "resume_recording", "stop_recording"}


@tagged("post_install", "-at_install")
class TestRecordingControl(ControlCommon, RecordingCommon):
    """Recording is started, paused, resumed and stopped from the card, as far as the rules want
    it, and the card says whether the call is recorded."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.rule.mode = "request"

    def _offered(self, call, user=None):
        return RECORDING & set(self._get_control(call, user)["actions"])

    def _report(self, state):
        """Send what a telephone system reports about a recording that goes on."""
        event = {"call": "c1", "leg": "c1-201", "event": "recording"}
        self._send_events(event | {"recording": {"state": state}}, pbx=self.demo)

    def _commit(self):
        """Let happen what follows when the transaction is committed."""
        self.env.flush_all()
        self.env.cr.postcommit.run()
        self.env.invalidate_all()

    # --- what is offered, and what the card says -------------------------------------

    def test_recording_is_controlled_from_the_card(self):
        call = self._talk()
        self.assertEqual(self._offered(call), {"record"})
        for action, recording, offered in (
            ("record", "running", {"pause_recording", "stop_recording"}),
            ("pause_recording", "paused", {"resume_recording", "stop_recording"}),
            ("resume_recording", "running", {"pause_recording", "stop_recording"}),
            ("stop_recording", "", {"record"}),
        ):
            with self.subTest(action=action):
                self._pop_messages(self.alice)
                self._control(call, action)
                self.assertEqual(self._states(self.alice), ["ongoing"])
                self.assertEqual(self._get_control(call)["recording"], recording)
                self.assertEqual(self._offered(call), offered)

    def test_the_card_shows_what_somebody_else_has_started(self):
        call = self._talk()
        self._report("started")
        self.assertEqual(self._get_control(call)["recording"], "running")
        self._report("paused")
        self.assertEqual(self._get_control(call)["recording"], "paused")

    def test_a_call_that_rings_is_not_recorded(self):
        self.assertFalse(self._offered(self._ring()))

    def test_a_rule_that_stores_nothing_offers_no_recording(self):
        call = self._talk()
        for mode, offered in (("all", {"record"}), ("request", {"record"}), ("never", set())):
            with self.subTest(mode=mode):
                self.rule.mode = mode
                self.assertEqual(self._offered(call), offered)
        self.rule.active = False
        self.assertFalse(self._offered(call))
        self.assertEqual(self._prepare(call, "record")["state"], "failed")

    def test_what_is_recorded_against_a_rule_can_be_paused_and_stopped(self):
        self.rule.mode = "never"
        call = self._talk()
        self._report("started")
        self.assertEqual(self._offered(call), {"pause_recording", "stop_recording"})

    def test_a_private_call_says_nothing_about_recording(self):
        call = self._talk()
        self._report("started")
        self._make_private(call.with_user(self.alice))
        running = self.env["call.control"].with_user(self.alice)
        self.assertIsNone(running._get_running(call, call.leg_ids[:1]))

    # --- systems that report nothing -------------------------------------------------

    @patch.object(DemoAdapter, "capabilities", SILENT)
    def test_without_events_what_was_accepted_counts(self):
        call = self._talk()
        with patch.object(DemoAdapter, "control") as control:
            control.return_value.command, control.return_value.script = None, ()
            for action, recording in (
                ("record", "running"),
                ("pause_recording", "paused"),
                ("resume_recording", "running"),
                ("stop_recording", ""),
            ):
                with self.subTest(action=action):
                    self._pop_messages(self.alice)
                    self._control(call, action)
                    self.assertEqual(self._states(self.alice), ["changed"])
                    self.assertEqual(self._get_control(call)["recording"], recording)

    @patch.object(DemoAdapter, "capabilities", SILENT)
    def test_what_was_refused_has_not_happened(self):
        call = self._talk()
        refused = ApiError(Problem.REFUSED, "no permission")
        with patch.object(DemoAdapter, "control", side_effect=refused):
            self._control(call, "record")
        self.assertEqual(self._get_control(call)["recording"], "")

    # --- what is stored --------------------------------------------------------------

    def _store(self, ref="r1", **values):
        event = {"call": "c1", "event": "recording", "recording": {"id": ref} | values}
        self._send_events(event, pbx=self.demo)
        return self.env["call.recording"].search([("ref", "=", ref)])

    def test_what_was_started_from_the_card_counts_as_requested(self):
        call = self._talk()
        self._control(call, "record")
        self.assertTrue(self._store().is_requested)

    def test_what_nobody_has_started_does_not_count_as_requested(self):
        self._talk()
        self.assertFalse(self._store().is_requested)

    def test_what_was_recorded_before_somebody_asked_does_not_count_as_requested(self):
        call = self._talk()
        self._control(call, "record")
        self.assertFalse(self._store(start="2026-11-23T10:00:00Z").is_requested)

    # --- the caller refuses ----------------------------------------------------------

    def test_who_refuses_is_not_recorded_any_more(self):
        call = self._talk()
        self._control(call, "record")
        call.with_user(self.alice).action_refuse_recording()
        self.assertEqual(self._get_control(call)["recording"], "running")
        self._commit()
        self.assertEqual(self._get_control(call)["recording"], "")
        self.assertFalse(self._offered(call))

    def test_a_paused_recording_is_stopped_and_not_resumed(self):
        call = self._talk()
        self._report("started")
        self._report("paused")
        call.with_user(self.alice).action_refuse_recording()
        self.assertEqual(self._offered(call), {"stop_recording"})
        self._commit()
        self.assertFalse(self._offered(call))

    def test_somebody_who_is_not_in_the_call_can_have_it_stopped(self):
        call = self._talk()
        self._control(call, "record")
        call.with_user(self.admin).action_refuse_recording()
        self._commit()
        self.assertEqual(self._get_control(call)["recording"], "")

    def test_a_system_that_cannot_stop_pauses(self):
        call = self._talk()
        self._control(call, "record")
        controls = SILENT.controls - {Action.STOP_RECORDING}
        capabilities = replace(DemoAdapter.capabilities, controls=controls)
        with patch.object(DemoAdapter, "capabilities", capabilities):
            call.with_user(self.alice).action_refuse_recording()
            self._commit()
        self.assertEqual(self._get_control(call)["recording"], "paused")

    def _warnings(self):
        """Return the texts of the notifications that were sent."""
        self.env.cr.precommit.run()
        sent = self.env["bus.bus"].search([("message", "like", "simple_notification")])
        return sent.mapped("message")

    def test_whoever_refuses_learns_that_the_recording_goes_on(self):
        call = self._talk()
        self._control(call, "record")
        with patch.object(DemoAdapter, "control", side_effect=ApiError(Problem.REFUSED, "no")):
            call.with_user(self.alice).action_refuse_recording()
            self._commit()
        [message] = self._warnings()
        self.assertIn("Switchboard goes on recording", message)

    def test_a_system_that_can_do_nothing_is_said_to_go_on(self):
        call = self._talk()
        self._report("started")
        capabilities = replace(DemoAdapter.capabilities, controls=frozenset())
        with patch.object(DemoAdapter, "capabilities", capabilities):
            self.assertEqual(self._get_control(call)["recording"], "running")
            call.with_user(self.alice).action_refuse_recording()
        self.assertEqual(len(self._warnings()), 1)

    def test_nothing_is_asked_of_a_call_that_is_not_recorded(self):
        call = self._talk()
        call.with_user(self.alice).action_refuse_recording()
        self.assertFalse(self.env["call.control"].search([]))
        self.assertFalse(self._warnings())
