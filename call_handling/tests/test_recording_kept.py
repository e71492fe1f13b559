from datetime import timedelta

from freezegun import freeze_time

from odoo import fields
from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.tests import tagged

from .common_transcript import TranscriptCommon

LATE = fields.Datetime.to_datetime("2026-11-23 10:00:00") + timedelta(days=12)
# all of them, as nothing is kept longer than what it is part of
DAYS = [f"call_keep_{name}_days" for name in ("recording", "transcript", "raw", "event", "people")]


@tagged("post_install", "-at_install")
class TestRecordingKept(TranscriptCommon):
    """A recording is kept for ever with its transcript, while others go when they are old."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls._let_listen(cls.admin, "all")
        cls._let_listen(cls.alice)

    def _record_and_write(self, ref):
        call, recording = self._record(ref)
        self._create_transcript(recording, (0, 1, "outside", "Hello"))
        return call, recording

    def _keep(self, recording, reason="Legal dispute", user=None):
        recording.with_user(user or self.admin).action_keep(reason)

    def _let_time_pass(self, *names):
        self.company.write(dict.fromkeys(names or DAYS, 10))
        with freeze_time(LATE):
            self._run_scheduled_action("ir_cron_retention")
        self.env.invalidate_all()

    def test_what_is_kept_stays_and_the_rest_goes(self):
        kept_call, kept = self._record_and_write("c1")
        other_call, other = self._record_and_write("c2")
        self._keep(kept)
        self._let_time_pass("call_keep_recording_days", "call_keep_transcript_days")
        self.assertEqual((kept.state, other.state), ("here", "expired"))
        self.assertTrue(kept.transcript_ids.line_ids)
        self.assertFalse(other.transcript_ids)
        self._let_time_pass()
        self.assertFalse(kept_call.is_anonymized)
        self.assertTrue(other_call.is_anonymized)
        self.assertEqual(self._get_files().mapped("res_id"), kept.ids)

    def test_the_preview_counts_what_is_kept(self):
        _call, recording = self._record_and_write("c1")
        self._record_and_write("c2")
        self._keep(recording)
        self.company.call_keep_transcript_days = 10
        with freeze_time(LATE):
            found = self.env["call.call"]._find_due("transcript", self.company)
        self.assertEqual((found.count, found.kept), (1, 1))

    def test_what_is_kept_no_longer_goes_like_the_rest(self):
        _call, recording = self._record_and_write("c1")
        self._keep(recording)
        recording.with_user(self.admin).action_keep_no_longer()
        self._let_time_pass("call_keep_recording_days", "call_keep_transcript_days")
        self.assertEqual(recording.state, "expired")
        self.assertFalse(recording.transcript_ids)

    def test_a_transcript_that_has_outlived_its_recording_can_be_kept(self):
        _call, recording = self._record_and_write("c1")
        recording._end("expired", "It was as old as recordings are kept.")
        self._keep(recording)
        self._let_time_pass("call_keep_transcript_days")
        self.assertTrue(recording.transcript_ids.line_ids)

    def test_everybody_who_listens_reads_why_and_only_administrators_decide(self):
        call, recording = self._record_and_write("c1")
        for user in (self.alice, self.boss, self.bob):
            with self.assertRaises(AccessError):
                self._keep(recording, user=user)
        self._keep(recording)
        for user, may_keep in ((self.alice, False), (self.admin, True)):
            [shown] = call.with_user(user).get_recordings()
            self.assertIn(self.admin.name, shown["kept"])
            self.assertEqual((shown["keep_reason"], shown["may_keep"]), ("Legal dispute", may_keep))
        with self.assertRaises(AccessError):
            recording.with_user(self.alice).action_keep_no_longer()

    def test_an_administrator_who_does_not_listen_does_not_decide(self):
        _call, recording = self._record_and_write("c1")
        deaf = self._create_listener("deaf", "call_handling.group_call_handling_admin")
        with self.assertRaises(AccessError):
            self._keep(recording, user=deaf)

    def test_a_reason_is_needed_and_something_to_keep(self):
        _call, recording = self._record("c1")
        for reason in ("", "   "):
            with self.assertRaises(ValidationError):
                self._keep(recording, reason)
        recording._end("expired", "It was as old as recordings are kept.")
        with self.assertRaises(UserError):
            self._keep(recording)

    def test_the_audit_trail_says_who_has_decided(self):
        _call, recording = self._record_and_write("c1")
        audited = [("act", "=", "keep"), ("user_id", "=", self.admin.id)]
        before = self.env["call.audit"].search_count(audited)
        self._keep(recording)
        recording.with_user(self.admin).action_keep_no_longer()
        self.assertEqual(self.env["call.audit"].search_count(audited), before + 2)

    def test_who_refuses_or_is_private_is_not_kept(self):
        refused, recording = self._record_and_write("c1")
        self._keep(recording)
        refused.with_user(self.alice).action_refuse_recording()
        self.assertEqual(recording.state, "refused")
        self.assertFalse(recording.transcript_ids)
        private, recording = self._record_and_write("c2")
        self._keep(recording)
        self.company.call_private_hours = 10**6
        self._make_private(private.with_user(self.alice))
        self.assertFalse(recording.exists())
