from datetime import timedelta

from odoo import fields
from odoo.exceptions import AccessError, UserError
from odoo.tests import tagged

from .common_transcript import TranscriptCommon


@tagged("post_install", "-at_install")
class TestTranscriptReading(TranscriptCommon):
    """Who may listen reads, searches and corrects the transcript, and nobody else."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.call, cls.recording = cls._record("c1")
        cls.transcript = cls._create_transcript(
            cls.recording,
            (0, 2, "outside", "The heating smells of marzipan"),
            (2, 4, "inside", "Since when"),
        )
        cls._let_listen(cls.lead, "all")

    def _get_entries(self):
        return self.env["call.audit"].search([("act", "=", "read_transcript")])

    def _search(self, user, typed):
        domain = [("transcript_search", "ilike", typed)]
        return self.env["call.call"].with_user(user).search(domain)

    # --- rights ----------------------------------------------------------------------

    def test_who_may_listen_reads_it_and_that_is_noted_once(self):
        call = self.call.with_user(self.lead)
        for _reading in range(2):
            (found,) = call.get_transcripts()["transcripts"]
        self.assertEqual(
            [(line["speaker"], line["text"]) for line in found["lines"]],
            [("Caller", "The heating smells of marzipan"), ("Our side", "Since when")],
        )
        self.assertEqual(self._get_entries().user_id, self.lead)
        self.assertEqual(len(self._get_entries()), 1)

    def test_who_may_only_read_the_call_reads_nothing_of_it(self):
        for user in (self.admin, self.boss):
            self.env.ref("base.group_allow_export").user_ids += user
            with self.subTest(user.login):
                call = self.call.with_user(user)
                self.assertTrue(call.has_access("read"))
                self.assertEqual(call.get_transcripts()["transcripts"], [])
                self.assertFalse(self._search(user, "marzipan"))
                for records in (self.transcript, self.transcript.line_ids):
                    with self.assertRaises(AccessError):
                        records.with_user(user).read(["display_name"])
                    with self.assertRaises(AccessError):
                        records.with_user(user).export_data(["display_name"])
                with self.assertRaises(AccessError):
                    call.read(["transcript_ids"])
                with self.assertRaises(AccessError):
                    call.search([("transcript_ids.line_ids.text", "ilike", "marzipan")])
        self.assertFalse(self._get_entries())

    def test_it_is_nowhere_in_the_chatter(self):
        self.assertNotIn("marzipan", str(self.call.message_ids.mapped("body")))

    # --- search ----------------------------------------------------------------------

    def test_calls_are_found_by_what_was_said(self):
        other, _recording = self._record("c2")
        for typed in ("marzipan", "MARZIPAN", "smells of"):
            self.assertEqual(self._search(self.lead, typed), self.call)
        self.assertNotIn(other, self._search(self.lead, "marzipan"))
        self.assertFalse(self._search(self.lead, "100%"))

    def test_words_are_offered_to_be_searched_where_there_are_transcripts_and_listeners(self):
        calls, view = self.env["call.call"], self.env.ref("call_handling.call_call_view_search").id

        def is_offered(user):
            arch = calls.with_user(user).get_view(view, "search")["arch"]
            return "transcript_search" in arch

        self.assertFalse(is_offered(self.lead))
        self.company.call_transcript_url = "https://speech.example.com"
        self.assertTrue(is_offered(self.lead))
        self.assertFalse(is_offered(self.boss))

    def test_who_hears_own_calls_finds_only_those(self):
        self._let_listen(self.bob)
        self._let_listen(self.alice)
        self.assertEqual(self._search(self.alice, "marzipan"), self.call)
        self.assertFalse(self._search(self.bob, "marzipan"))

    # --- corrections and passages ----------------------------------------------------

    def test_a_correction_stands_beside_what_was_heard(self):
        line = self.transcript.line_ids[0].with_user(self.lead)
        shown = line.correct("The heating smells of gas")
        self.assertEqual(shown["original"], "The heating smells of marzipan")
        self.assertEqual(shown["corrected_by"], self.lead.name)
        self.assertEqual(line.text, "The heating smells of marzipan")
        self.assertIn("Caller: The heating smells of gas", self.call._get_transcript_text())
        self.assertEqual(self._search(self.lead, "gas"), self.call)
        self.assertFalse(self._search(self.lead, "marzipan"))
        self.assertFalse(line.correct("")["original"])
        self.assertFalse(line.corrected_user_id)

    def test_only_who_may_edit_the_call_corrects_it(self):
        line = self.transcript.line_ids[0]
        with self.assertRaises(AccessError):
            line.with_user(self.boss).correct("x")
        with self.assertRaises(AccessError):
            line.with_user(self.lead).write({"text": "x"})

    def test_a_passage_becomes_a_note_or_part_of_the_summary(self):
        call, ids = self.call.with_user(self.lead), self.transcript.line_ids.ids
        call.add_from_transcript("note", ids)
        self.assertIn("Caller: The heating smells of marzipan", call.note_ids.body)
        call.summary = "Heating"
        call.add_from_transcript("summary", ids[1:])
        self.assertEqual(call.summary, "Heating\nOur side: Since when")
        with self.assertRaises(UserError):
            call.add_from_transcript("elsewhere", ids)

    def test_a_passage_of_another_call_is_not_copied(self):
        other, recording = self._record("c2")
        foreign = self._create_transcript(recording, (0, 1, "outside", "Secret"))
        with self.assertRaises(UserError):
            self.call.with_user(self.lead).add_from_transcript("note", foreign.line_ids.ids)
        with self.assertRaises(UserError):
            other.with_user(self.boss).add_from_transcript("note", foreign.line_ids.ids)

    def test_text_is_only_text(self):
        line = self.transcript.line_ids[0].with_user(self.lead)
        line.correct("<b>Ignore all orders</b>")
        self.call.with_user(self.lead).add_from_transcript("note", line.ids)
        self.assertIn("&lt;b&gt;", self.call.note_ids.body)

    # --- when it goes ----------------------------------------------------------------

    def _assert_gone(self):
        self.env.flush_all()
        self.env.cr.execute("SELECT count(*) FROM call_transcript_line")
        self.assertEqual(self.env.cr.fetchone()[0], 0)
        self.env.invalidate_all()

    def test_it_goes_when_the_caller_refuses(self):
        self.call.with_user(self.lead).action_refuse_recording()
        self._assert_gone()

    def test_it_goes_when_the_recording_is_deleted(self):
        self.call.with_user(self.admin).action_delete_recordings()
        self._assert_gone()

    def test_it_goes_when_the_call_becomes_private(self):
        self.company.call_private_hours = 10**6
        self._make_private(self.call.with_user(self.alice))
        self._assert_gone()

    def test_it_goes_when_the_call_is_anonymized(self):
        self.call._anonymize()
        self._assert_gone()

    def test_it_goes_with_the_call(self):
        self.call.with_user(self.admin).unlink()
        self._assert_gone()

    def test_it_has_days_of_its_own(self):
        self.company.write({"call_keep_recording_days": 10, "call_keep_transcript_days": 30})
        self.recording.reported_start = fields.Datetime.now() - timedelta(days=20)
        self.recording._note_start()
        self._run_scheduled_action("ir_cron_retention")
        self.assertEqual((self.recording.state, self.transcript.state), ("expired", "here"))
        self.recording.date_start = fields.Datetime.now() - timedelta(days=40)
        self._run_scheduled_action("ir_cron_retention")
        self._assert_gone()

    def test_it_moves_with_its_recording(self):
        other = self._log_call("c2")
        self.recording.call_id = other
        self.assertEqual(self.transcript.call_id, other)
        self.assertEqual(self.transcript.line_ids.call_id, other)

    def test_calls_that_become_one_keep_both(self):
        _call, recording = self._record("c2")
        self._create_transcript(recording, (0, 1, "outside", "Goodbye"))
        self._send_events({"call": "c2", "event": "joined", "with": "c1"})
        self.env.invalidate_all()
        found = self.call.with_user(self.lead).get_transcripts()["transcripts"]
        self.assertEqual([len(transcript["lines"]) for transcript in found], [2, 1])
        self.assertIn("Caller: Goodbye", self.call._get_transcript_text())
        self.assertEqual(self._search(self.lead, "goodbye"), self.call)

    def test_the_data_of_a_contact_contains_it(self):
        (exported,) = self.call._prepare_export()["transcripts"]
        self.assertEqual(exported["lines"][0]["text"], "The heating smells of marzipan")
