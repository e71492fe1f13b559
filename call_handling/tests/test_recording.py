import itertools
from datetime import timedelta

from freezegun import freeze_time

from odoo import fields
from odoo.exceptions import AccessError, UserError
from odoo.tests import tagged

from .common_recording import RecordingCommon, make_wav

AT = "2026-11-23T10:0"


@tagged("post_install", "-at_install")
class TestRecording(RecordingCommon):
    """A recording finds its call, and goes where it must not be."""

    def _get_steps(self):
        phone = {"call": "c1", "leg": "c1-101", "extension": "101"}
        ring = {"event": "ringing", "direction": "incoming", "from": "+12025550142"}
        wave = {"id": "r1", "start": f"{AT}0:05Z", "channels": 2, "sides": ["outside", "inside"]}
        events = [
            phone | ring | {"at": f"{AT}0:00Z", "to": "+493023125610"},
            phone | {"event": "answered", "at": f"{AT}0:05Z"},
            {"call": "c1", "event": "ended", "cause": "normal", "at": f"{AT}1:05Z"},
            {"call": "c1", "event": "recording", "recording": wave, "at": f"{AT}1:06Z"},
        ]
        steps = [lambda event=event: self._send_events(event) for event in events]
        return [*steps, lambda: self._upload(sound=make_wav(3, channels=2))]

    # --- it finds its call -----------------------------------------------------------

    def test_it_is_the_same_in_whatever_order_it_comes(self):
        results = set()
        for order in itertools.permutations(range(5)):
            steps = self._get_steps()
            with self.env.cr.savepoint() as savepoint:
                for index in order:
                    steps[index]()
                recording = self._recording()
                results.add(
                    (
                        recording.state, recording.call_id.pbx_ref, recording.duration,
                        recording.channels, recording.first_side, recording.codec,
                        str(recording.date_start), recording.call_id.recording_state,
                        len(self._get_files(recording)),
                    )
                )  # fmt: skip
                savepoint.rollback()
                self.env.invalidate_all(flush=False)
        expected = ("here", "c1", 3, 2, "outside", "G.711 µ-law", "2026-11-23 10:00:05", "here", 1)
        self.assertEqual(results, {expected})

    def test_several_reports_complete_each_other(self):
        self._log_call()
        reports = [{"seconds": 20}, {"seconds": 62, "channels": 1}, {"format": "mp3"}]
        for order in itertools.permutations(reports):
            with self.env.cr.savepoint() as savepoint:
                for report in order:
                    recording = self._announce(**report)
                self.assertEqual(recording.state, "announced")
                self.assertEqual((recording.duration, recording.channels), (62, 1))
                self.assertEqual(recording.sound_format, "mp3")
                savepoint.rollback()
                self.env.invalidate_all(flush=False)

    def test_a_call_can_have_several(self):
        call = self._log_call()
        self._upload(ref="r1")
        self._upload(ref="r2", sound=make_wav(1, kind=1))
        self.assertEqual(set(call.recording_ids.mapped("ref")), {"r1", "r2"})

    def test_calls_that_become_one_keep_all(self):
        first, _recording = self._record("c1")
        self._record("c2")
        self._send_events({"call": "c2", "event": "joined", "with": "c1"})
        self.assertEqual(len(self._call("c1")), 1)
        call = self._call("c1")
        self.assertEqual(call, first)
        self.assertEqual(set(call.recording_ids.mapped("ref")), {"r-c1", "r-c2"})
        self.assertEqual(set(call.recording_ids.mapped("state")), {"here"})
        self.assertEqual(len(self._get_files(call.recording_ids)), 2)

    def test_it_comes_long_after_its_call(self):
        with freeze_time("2026-11-23 10:02:00"):
            call = self._log_call()
        self.assertEqual(self._upload().status, 200)
        self.assertEqual(call.recording_state, "here")

    def test_one_whose_call_never_comes_is_deleted(self):
        self._upload(call="never")
        self.assertEqual(self._recording().state, "fetching")
        self._run_scheduled_action("ir_cron_decide_recordings")
        self.assertTrue(self._recording())
        self._let_pass(timedelta(days=8))
        self._run_scheduled_action("ir_cron_decide_recordings")
        self.assertFalse(self._recording())
        self.assertFalse(self._get_files())

    def test_a_file_that_never_becomes_complete_is_deleted(self):
        call = self._log_call()
        sound = make_wav(20)
        self._upload(sound=sound, data=sound[:70000])
        self.assertEqual(call.recording_state, "pending")
        self._let_pass(timedelta(days=8))
        self._run_scheduled_action("ir_cron_decide_recordings")
        self.assertEqual(self._recording().state, "expired")
        self.assertFalse(self._get_files())

    def _let_pass(self, time):
        """Let the recordings be older than they are."""
        self.env.flush_all()
        self.env.cr.execute(
            "UPDATE call_recording SET create_date = create_date - %s, "
            "write_date = write_date - %s", [time, time]
        )  # fmt: skip
        self.env.invalidate_all()

    # --- only what the rules want ----------------------------------------------------

    def test_without_a_rule_nothing_is_stored(self):
        self.rule.unlink()
        call = self._log_call()
        self.assertEqual(self._upload().status, 410)
        recording = self._announce()
        self.assertEqual((recording.state, call.recording_state), ("refused", "gone"))
        self.assertTrue(recording.reason)
        self.assertFalse(self._get_files())

    def test_the_first_rule_that_fits_counts(self):
        line = self.env["call.line"].create({"name": "L", "number": "+493023125610"})
        never = {"mode": "never", "sequence": 1}
        below = self.env["hr.department"].create(
            {"name": "Below", "parent_id": self.support.id, "company_id": self.company.id}
        )
        self.bob.employee_ids.department_id = below
        for name, values, expected in (
            ("line", {"line_id": line.id}, "refused"),
            ("department", {"department_id": self.support.id}, "refused"),
            ("other", {"department_id": self.sales.id}, "here"),
            ("incoming", {"direction": "incoming"}, "refused"),
            ("outgoing", {"direction": "outgoing"}, "here"),
            ("system", {"pbx_id": self.pbx.id}, "refused"),
            ("last", {"sequence": 99}, "here"),
        ):
            with self.subTest(name):
                rule = self.env["call.recording.rule"].create(never | values)
                self._log_call(name, extension="102")
                self._upload(name, name)
                self._let_pass(timedelta(minutes=20))
                self._run_scheduled_action("ir_cron_decide_recordings")
                self.assertEqual(self._recording(name).state, expected)
                files = self._get_files(self._recording(name))
                self.assertEqual(len(files), expected == "here")
                rule.unlink()

    def test_on_request_only_those_that_somebody_asked_for(self):
        self.rule.mode = "request"
        call = self._log_call()
        self._announce(ref="asked", requested=True)
        self._upload(ref="asked")
        self._upload(ref="also", is_requested=True)
        self._upload(ref="not")
        self.assertEqual(self._recording("asked").state, "here")
        self.assertEqual(self._recording("also").state, "here")
        self.assertEqual(self._recording("not").state, "fetching", "It may still be asked for.")
        self._let_pass(timedelta(minutes=20))
        self._run_scheduled_action("ir_cron_decide_recordings")
        self.assertEqual(self._recording("not").state, "refused")
        self.assertEqual(call.recording_state, "here")
        self.assertEqual(len(self._get_files()), 2)

    def test_a_department_that_becomes_known_late_decides(self):
        self.env["call.recording.rule"].create(
            {"mode": "never", "sequence": 1, "department_id": self.support.id}
        )
        self._send_events({"call": "c1", "event": "ringing", "direction": "incoming"})
        self._upload()
        self.assertEqual(self._recording().state, "here")
        self._log_call()
        self.assertEqual(self._recording().state, "refused")
        self.assertFalse(self._get_files())

    def test_rules_that_change_later_leave_what_is_recorded(self):
        call, recording = self._record()
        self.rule.mode = "never"
        self._send_events({"call": "c1", "event": "recording", "at": f"{AT}2:00Z"})
        self._log_call()
        self.assertEqual((recording.state, call.recording_state), ("here", "here"))

    # --- the caller refuses ----------------------------------------------------------

    def test_what_the_caller_refuses_is_deleted_and_does_not_come_back(self):
        call, recording = self._record()
        self.assertTrue(call.with_user(self.alice).can_refuse_recording)
        call.with_user(self.alice).action_refuse_recording()
        self.assertEqual((recording.state, call.recording_state), ("refused", "gone"))
        self.assertFalse(self._get_files())
        self.assertEqual(self._upload(ref="r-c1").status, 410)
        self.assertEqual(self._upload(ref="another").status, 410)
        self.assertFalse(self._get_files())
        self.assertFalse(call.with_user(self.alice).can_refuse_recording)
        entry = self.env["call.audit"].search([("act", "=", "refuse_recording")])
        self.assertEqual((entry.user_id, entry.res_id), (self.alice, call.id))

    def test_a_caller_can_refuse_while_the_call_goes_on(self):
        self._send_events(
            {"call": "c1", "leg": "a", "event": "ringing", "direction": "incoming",
             "extension": "101"},
        )  # fmt: skip
        call = self._call("c1").with_user(self.alice)
        self.assertTrue(call.can_refuse_recording)
        call.action_refuse_recording()
        self.assertEqual(self._upload().status, 410)
        self.assertEqual(self._recording().state, "refused")

    def test_a_refusal_holds_for_calls_that_become_one(self):
        self._record("c1")
        other, _recording = self._record("c2")
        other.with_user(self.alice).action_refuse_recording()
        self._send_events({"call": "c2", "event": "joined", "with": "c1"})
        self.assertEqual(set(self._call("c1").recording_ids.mapped("state")), {"refused"})
        self.assertFalse(self._get_files())

    def test_who_may_not_write_the_call_refuses_nothing(self):
        call, recording = self._record()
        with self.assertRaises(AccessError):
            call.with_user(self.dave).action_refuse_recording()
        self.assertEqual(recording.state, "here")

    def test_administrators_delete_recordings_without_listening(self):
        call, recording = self._record()
        with self.assertRaises(AccessError):
            call.with_user(self.alice).action_delete_recordings()
        call.with_user(self.admin).action_delete_recordings()
        self.assertEqual(recording.state, "deleted")
        self.assertFalse(self._get_files())
        self.assertEqual(self._upload(ref="r-c1").status, 410)

    # --- private and deleted calls ---------------------------------------------------

    def test_a_call_that_becomes_private_loses_its_recordings(self):
        for mode in ("keep", "count", "forget"):
            with self.subTest(mode):
                self.company.call_private_mode = mode
                self.company.call_private_hours = 10**6
                call, recording = self._record(mode)
                self._make_private(call.with_user(self.alice))
                self.assertFalse(recording.exists())
                self.assertFalse(self._get_files())
                for ref in (f"r-{mode}", "another"):
                    self.assertEqual(self._upload(mode, ref).status, 410)
                    self.assertFalse(self._announce(mode, ref))
                self.assertFalse(self._get_files())

    def test_one_that_waits_for_a_call_that_is_private_is_deleted(self):
        number = {"number": "+12025550142"}
        self.env["call.private.number"].with_user(self.alice).create(number)
        for mode in ("keep", "forget"):
            with self.subTest(mode):
                self.company.call_private_mode = mode
                self._upload(mode, mode)
                self.assertTrue(self._recording(mode))
                self._log_call(mode)
                self.assertFalse(self._recording(mode))
                self.assertFalse(self._get_files())

    def test_nothing_is_refused_on_a_private_call(self):
        call, _recording = self._record()
        self.company.call_private_hours = 10**6
        self._make_private(call.with_user(self.alice))
        with self.assertRaises(UserError):
            call.with_user(self.alice).action_refuse_recording()

    def test_a_deleted_call_takes_its_recordings_with_it(self):
        call, recording = self._record()
        call.with_user(self.admin).unlink()
        self.assertFalse(recording.exists())
        self.assertFalse(self._get_files())
        self.assertEqual(self._upload(ref="r-c1").status, 410)

    def test_a_recording_of_what_turns_out_to_be_no_call_waits(self):
        call, recording = self._record()
        call._remove_keeping_events()
        self.assertEqual((recording.state, recording.call_id), ("here", call.browse()))
        self.assertTrue(self._get_files(recording))

    # --- age, export and erasure -----------------------------------------------------

    def test_recordings_are_kept_as_long_as_the_company_wants(self):
        old, recording = self._record()
        kept, of_kept = self._record("c2")
        kept.with_user(self.admin).write({"is_call_kept": True, "call_keep_reason": "Dispute"})
        self.company.call_keep_recording_days = 10
        late = fields.Datetime.to_datetime("2026-11-23 10:00:00") + timedelta(days=12)
        with freeze_time(late):
            self._run_scheduled_action("ir_cron_retention")
        self.assertEqual((recording.state, old.recording_state), ("expired", "gone"))
        self.assertEqual((of_kept.state, kept.recording_state), ("here", "here"))
        self.assertEqual(self._get_files().mapped("res_id"), of_kept.ids)

    def test_an_anonymized_call_has_no_recording_and_gets_none(self):
        call, recording = self._record()
        call._anonymize()
        self.assertFalse(recording.exists())
        self.assertFalse(self._get_files())
        self.assertEqual(self._upload(ref="late").status, 410)

    def test_a_contact_gets_its_recordings(self):
        contact = self._create_contact("Zaphod", "+12025550142")
        call, _recording = self._record()
        self.assertEqual(call.partner_id, contact)
        facts = call._prepare_export()["recordings"]
        self.assertEqual([values["duration"] for values in facts], [2])
        self.assertEqual([file.raw for file in call._get_files_sudo()], [make_wav()])
        contact._erase_call_data()
        self.assertFalse(self._get_files())

    # --- nobody but the app ----------------------------------------------------------

    def test_nobody_writes_what_is_recorded(self):
        self._let_listen(self.alice)
        _call, recording = self._record()
        for operation in ("write", "create", "unlink"):
            self.assertFalse(recording.with_user(self.alice).has_access(operation))

    def test_rules_are_for_administrators(self):
        values = {"mode": "all", "company_id": self.company.id}
        self.env["call.recording.rule"].with_user(self.admin).create(values)
        with self.assertRaises(AccessError):
            self.env["call.recording.rule"].with_user(self.boss).create(values)
        with self.assertRaises(AccessError):
            self.rule.with_user(self.boss).read(["mode"])

    def test_what_the_rules_name_is_not_deleted(self):
        self.rule.department_id = self.support
        with self.assertRaises(UserError):
            self.support.unlink()
