import itertools
from dataclasses import replace
from unittest.mock import patch

from hypothesis import given, settings
from hypothesis import strategies as st

from odoo.tests import tagged

from ..adapters.api import ApiError, Problem
from ..adapters.control import Action
from ..adapters.demo import DemoAdapter
from ..adapters.exchange import Message
from ..adapters.generic import GenericAdapter
from ..adapters.recording import RecordingAbility, RecordingFacts
from ..intake import Intake
from .common_control import ControlCommon
from .common_recording import RecordingCommon

# A telephone system that sends no events about recording: what it accepts is all that is known.
SILENT = replace(DemoAdapter.capabilities, reports_recording=False)
KEEPING = replace(
    GenericAdapter.capabilities,
    recordings=frozenset({RecordingAbility.DELETE}) | GenericAdapter.capabilities.recordings,
)
WAYS = ("announced", "uploaded", "failed", "expired")


@tagged("post_install", "-at_install")
class TestRecordingRefused(RecordingCommon):
    """What a caller refuses is kept nowhere, whatever has come of it, and when."""

    def setUp(self):
        super().setUp()
        self.pbx.deletes_recordings = True
        capabilities = patch.object(GenericAdapter, "capabilities", KEEPING)
        capabilities.start()
        self.addCleanup(capabilities.stop)

    def _offer(self, call, ref):
        """Announce a recording that the telephone system keeps."""
        facts = RecordingFacts(ref=ref, call=call, is_offered=True)
        message = Message("", recordings=(facts,))
        intake = Intake(self.pbx, self.pbx._get_adapter())
        self.env["call.recording"]._intake_announce(intake, [message])
        self.env.invalidate_all()
        return self._recording(ref)

    def _bring(self, call, ref, way):
        """Let a recording come, or what there can be of it."""
        recording = self._offer(call, ref)
        if way == "uploaded":
            self._upload(call, ref)
        elif recording.state in ("announced", "here"):
            if way == "failed":
                recording._end("failed", "The telephone system does not give it.")
            elif way == "expired":
                self._upload(call, ref)
                self._write_down(recording)
                recording._end("expired", "It was as old as recordings are kept.")

    def _write_down(self, recording):
        if recording.state == "here":
            transcript = self.env["call.transcript"].create({"recording_id": recording.id})
            transcript.write({"state": "here", "line_ids": [(0, 0, {"text": "Hello"})]})

    def _check_nothing_is_left(self, call, refs):
        recordings = self.env["call.recording"].search([("pbx_id", "=", self.pbx.id)])
        self.assertEqual(set(recordings.mapped("call_id").ids) - set(call.ids), set())
        self.assertFalse(self._get_files(recordings))
        self.assertFalse(set(recordings.mapped("state")) & {"announced", "fetching", "here"})
        self.assertFalse(call.transcript_ids)
        self.assertFalse(call.outline_ids)
        removals = self.env["call.recording.removal"].search([("pbx_id", "=", self.pbx.id)])
        self.assertEqual(set(removals.mapped("ref")), refs)

    def test_nothing_is_left_of_any_number_of_recordings_in_any_order(self):
        times = st.lists(st.tuples(st.sampled_from(WAYS), st.booleans()), max_size=5)

        numbers = itertools.count()

        @settings(max_examples=25, deadline=None, database=None)
        @given(times, times, st.booleans())
        def any_recordings(before, after, has_rule):
            self._forget()
            call_ref, refs = f"any-{next(numbers)}", set()
            call = self._log_call(call_ref)
            for place, (way, is_proposed) in enumerate(before):
                ref = f"before-{place}"
                refs.add(ref)
                self._bring(call_ref, ref, way)
                self._write_down(self._recording(ref))
                if is_proposed and not call.outline_ids:
                    self.env["call.outline"].create({"call_id": call.id, "state": "here"})
            call.with_user(self.alice).action_refuse_recording()
            self.rule.active = has_rule
            for place, (way, is_again) in enumerate(after):
                ref = f"after-{place}"
                refs.add(ref)
                self._bring(call_ref, ref, way)
                if is_again and before:
                    self._bring(call_ref, "before-0", "uploaded")
            self._check_nothing_is_left(call, refs)

        any_recordings()

    def _forget(self):
        self.rule.active = True
        of_pbx = [("pbx_id", "=", self.pbx.id)]
        self.env["call.call"].search(of_pbx).unlink()
        for model in ("call.event", "call.recording", "call.recording.removal"):
            self.env[model].search(of_pbx).unlink()

    def test_what_came_before_the_call_and_was_not_stored_is_deleted_there(self):
        self.rule.mode = "never"
        self._offer("c1", "r1")
        self.rule.mode = "all"
        call = self._log_call("c1")
        call.with_user(self.alice).action_refuse_recording()
        self._check_nothing_is_left(call, {"r1"})

    def test_a_call_that_is_joined_with_a_refused_one_loses_its_transcript(self):
        first, second = self._log_call("c1"), self._log_call("c2")
        self._bring("c2", "r2", "expired")
        self.assertTrue(second.transcript_ids)
        first.with_user(self.alice).action_refuse_recording()
        self._send_events({"call": "c2", "event": "joined", "with": "c1"})
        call = (first | second).exists()
        self.assertTrue(call.is_recording_refused)
        self._check_nothing_is_left(call, {"r2"})


@tagged("post_install", "-at_install")
class TestRecordingsStopped(ControlCommon, RecordingCommon):
    """All that is recorded of a call is stopped when its caller refuses."""

    def _talk_with(self, *phones):
        call = self._ring(*phones)
        for phone in phones:
            self._tell(phone, event="answered")
        return call

    def _tell(self, phone, **values):
        about = {"call": "c1", "leg": f"c1-{phone}", "extension": phone}
        self._send_events(about | values, pbx=self.demo)

    def _report(self, state, *phones):
        for phone in phones:
            self._tell(phone, event="recording", recording={"state": state})

    def _refuse(self, call):
        call.with_user(self.alice).action_refuse_recording()
        self._commit()

    def _commit(self):
        """Let happen what follows when the transaction is committed."""
        self.env.flush_all()
        self.env.cr.postcommit.run()
        self.env.invalidate_all()

    def _get_recorded(self, call):
        """Return the references of the phones that are still recorded."""
        running = self.env["call.control"]._get_running(call, call.leg_ids[:1])
        return set(running.recorded_legs)

    def test_two_phones_that_are_recorded_are_both_stopped(self):
        call = self._talk_with("201", "202")
        self._report("started", "201", "202")
        self.assertEqual(self._get_recorded(call), {"c1-201", "c1-202"})
        self._refuse(call)
        self.assertFalse(self._get_recorded(call))

    def test_a_recording_that_is_paused_is_stopped_with_the_one_that_goes_on(self):
        call = self._talk_with("201", "202")
        self._report("started", "201", "202")
        self._report("paused", "201")
        self._refuse(call)
        self.assertFalse(self._get_recorded(call))

    def test_what_begins_after_the_refusal_is_stopped_too(self):
        call = self._talk_with("201", "202")
        self._refuse(call)
        self._report("started", "202")
        self._commit()
        self.assertFalse(self._get_recorded(call))

    def test_one_that_is_not_stopped_leaves_the_others_and_is_said_once(self):
        call = self._talk_with("201", "202")
        self._report("started", "201", "202")
        real = DemoAdapter.control

        def control(adapter, action, running, target=""):
            if running.recorded_leg == "c1-202":
                raise ApiError(Problem.REFUSED, "no")
            return real(adapter, action, running, target)

        with patch.object(DemoAdapter, "control", control):
            self._refuse(call)
        self.assertEqual(self._get_recorded(call), {"c1-202"})
        self.env.cr.precommit.run()
        sent = self.env["bus.bus"].search([("message", "like", "simple_notification")])
        self.assertEqual(len(sent), 1)

    @patch.object(DemoAdapter, "capabilities", SILENT)
    def test_without_events_each_recording_that_was_started_is_stopped(self):
        call = self._talk_with("201", "202")
        accepted = {"call_id": call.id, "action": Action.RECORD.value, "state": "accepted"}
        for leg in call.leg_ids:
            values = {"user_id": leg.user_id.id, "leg_id": leg.id}
            self.env["call.control"].create(accepted | values)
        self.assertEqual(self._get_recorded(call), {"c1-201", "c1-202"})
        with patch.object(DemoAdapter, "control") as control:
            control.return_value.command, control.return_value.script = None, ()
            self._refuse(call)
        asked = {running.recorded_leg for _action, running, _target in
                 (one.args for one in control.call_args_list)}  # fmt: skip
        self.assertEqual(asked, {"c1-201", "c1-202"})
        self.assertFalse(self._get_recorded(call))
