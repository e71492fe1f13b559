import json
from datetime import timedelta

from freezegun import freeze_time

from odoo import fields
from odoo.exceptions import AccessError, UserError
from odoo.tests import tagged
from odoo.tools import mute_logger

from .common_recording import make_wav
from .common_transcript import TranscriptCommon, hush, make_pcm, speak


def text(*segments):
    """Return an answer with segments, each a start and end in seconds and a text."""
    found = [{"start": start, "end": end, "text": word} for start, end, word in segments]
    return json.dumps({"text": "x", "segments": found}).encode()


HELLO = text((0.5, 1.5, "Hello"))


@tagged("post_install", "-at_install")
class TestTranscript(TranscriptCommon):
    """Recordings are written down by the server that the company names."""

    def _record_stereo(self, *channels, ref="r1", side="outside"):
        call = self._log_call("c1")
        self._announce("c1", ref, channels=2, sides=[side, _other(side)])
        self._upload("c1", ref, make_pcm(*channels))
        return call

    def _get_lines(self, ref="r1"):
        lines = self._get_transcript(ref).line_ids
        return [(line.start, line.end, line.side, line.text) for line in lines]

    # --- what is sent ----------------------------------------------------------------

    def test_nothing_leaves_before_a_server_is_named(self):
        call, recording = self._record("c1")
        self.assertFalse(recording.transcript_ids)
        self._write_transcripts()
        self.assertFalse(call._get_transcript_text())
        with self._serving(HELLO) as server:
            self.company.call_transcript_url = False
            self._record("c2")
            self._write_transcripts()
            self.assertFalse(server.requests)

    def test_a_server_that_is_taken_away_gets_nothing_more(self):
        with self._serving(HELLO) as server:
            _call, recording = self._record("c1")
            self.company.call_transcript_url = False
            self._write_transcripts()
            self.assertFalse(server.requests)
        self.assertFalse(recording.transcript_ids)

    def test_both_sides_are_heard_apart(self):
        with self._serving(text((0, 1, "Good morning")), text((0, 1.2, "Hello"))) as server:
            call = self._record_stereo(speak(2) + hush(3), hush(3) + speak(2))
            self._write_transcripts()
        self.assertEqual(len(server.requests), 2)
        self.assertEqual(
            self._get_lines(),
            [(0, 1000, "outside", "Good morning"), (0, 1200, "inside", "Hello")],
        )
        self.assertEqual(call._get_transcript_text(), "Caller: Good morning\nOur side: Hello")

    def test_the_first_channel_can_be_ours(self):
        with self._serving(text((0, 1, "Hello")), text((0, 1, "Bye"))):
            self._record_stereo(speak(2), speak(2), side="inside")
            self._write_transcripts()
        self.assertEqual([line[2] for line in self._get_lines()], ["inside", "outside"])

    def test_who_speaks_on_a_single_channel_is_not_guessed(self):
        with self._serving(HELLO):
            call = self._log_call("c1")
            self._upload("c1", "r1", make_pcm(speak(2)))
            self._write_transcripts()
        self.assertEqual(self._get_lines(), [(500, 1500, "unknown", "Hello")])
        self.assertEqual(call._get_transcript_text(), "Hello")

    def test_times_are_those_of_the_recording(self):
        with self._serving(text((0, 1, "One"), (2, 99, "Two")), text((1, 2, "Three"))):
            self._log_call("c1")
            self._upload("c1", "r1", make_pcm(speak(50) + hush(0.6) + speak(10)))
            self._write_transcripts()
        lines = self._get_lines()
        cut = lines[1][1]
        self.assertTrue(50_000 < cut < 50_600, cut)
        self.assertEqual(
            lines,
            [
                (0, 1000, "unknown", "One"),
                (2000, cut, "unknown", "Two"),
                (cut + 1000, cut + 2000, "unknown", "Three"),
            ],
        )

    def test_silence_is_not_sent(self):
        with self._serving(HELLO) as server:
            self._log_call("c1")
            self._upload("c1", "r1", make_pcm(hush(3)))
            self._write_transcripts()
        self.assertFalse(server.requests)
        self.assertEqual(self._get_transcript().state, "here")

    def test_a_compressed_file_is_sent_as_a_whole(self):
        mp3 = (b"\xff\xf3\x44\xc4" + bytes(140)) * 200
        with self._serving(HELLO) as server:
            self._log_call("c1")
            self._upload("c1", "r1", mp3)
            self._write_transcripts()
            self._write_transcripts()
        self.assertEqual(len(server.requests), 1)
        self.assertIn(mp3, server.requests[0][1])
        self.assertEqual(self._get_lines(), [(500, 1500, "unknown", "Hello")])

    def test_what_browsers_do_not_play_is_not_sent(self):
        with self._serving(HELLO) as server:
            self._log_call("c1")
            self._upload("c1", "r1", make_wav(kind=49))
            self._write_transcripts()
            self.assertFalse(server.requests)

    def test_names_and_the_language_are_hints(self):
        customer = self.env["res.partner"].create({"name": "Maria Schneider", "lang": "en_US"})
        self.company.call_transcript_model = "tiny"
        with self._serving(HELLO) as server:
            self._log_call("c1")
            call = self._call("c1")
            call.partner_id = customer
            self._upload("c1", "r1", make_pcm(speak(1)))
            self._write_transcripts()
            values = server.get_values()
        self.assertEqual((values["model"], values["language"]), ("tiny", "en"))
        for hint in (customer.name, self.company.name, call.number_label):
            self.assertIn(hint, values["prompt"])

    def test_the_key_is_sent_to_the_server_and_nobody_reads_it(self):
        settings = self.env["res.config.settings"].with_user(self.admin).sudo()
        with self._serving(HELLO) as server:
            settings.create({"new_call_transcript_key": " s3cret "}).execute()
            self._log_call("c1")
            self._upload("c1", "r1", make_pcm(speak(1)))
            self._write_transcripts()
            self.assertEqual(server.requests[0][0]["Authorization"], "Bearer s3cret")
        with self.assertRaises(AccessError):
            self.company.with_user(self.admin).read(["call_transcript_key"])

    def test_departments_can_be_left_out_with_those_below(self):
        above = self.env["hr.department"].create({"name": "Staff"})
        below = self.env["hr.department"].create({"name": "Works council", "parent_id": above.id})
        self.company.call_transcript_excluded_ids = above
        with self._serving(HELLO) as server:
            call = self._log_call("c1")
            call.department_id = below
            self._upload("c1", "r1", make_pcm(speak(1)))
            self._write_transcripts()
            self.assertFalse(server.requests)

    # --- interruptions ---------------------------------------------------------------

    def test_it_goes_on_where_it_was_interrupted(self):
        long = make_pcm(speak(50) + hush(0.6) + speak(10))
        busy = (b"{}", 503)
        with self._serving(text((0, 1, "One")), busy, text((0, 1, "Two"))) as server:
            self._log_call("c1")
            self._upload("c1", "r1", long)
            self._write_transcripts()
            transcript = self._get_transcript()
            self.assertEqual(transcript.state, "working")
            self.assertEqual([line[3] for line in self._get_lines()], ["One"])
            with freeze_time(fields.Datetime.now() + timedelta(minutes=3)):
                self._write_transcripts()
        self.assertEqual([line[3] for line in self._get_lines()], ["One", "Two"])
        self.assertEqual(len(server.requests), 3)
        self.assertEqual(server.requests[1][1][-900:-100], server.requests[2][1][-900:-100])
        self.assertEqual(self._get_transcript().state, "here")

    def test_what_comes_back_after_somebody_else_was_faster_is_not_stored_twice(self):
        def is_overtaken(_headers, _body):
            self._get_transcript().position = 8000
            self.env.flush_all()
            return HELLO

        with self._serving(is_overtaken):
            self._log_call("c1")
            self._upload("c1", "r1", make_pcm(speak(1)))
            self._write_transcripts()
        self.assertFalse(self._get_lines())

    def test_what_was_refused_meanwhile_is_not_stored(self):
        def is_refused(_headers, _body):
            self._call("c1").action_refuse_recording()
            return HELLO

        with self._serving(is_refused):
            self._log_call("c1")
            self._upload("c1", "r1", make_pcm(speak(1)))
            self._write_transcripts()
        self.assertFalse(self._get_transcript())

    # --- failures --------------------------------------------------------------------

    def test_a_server_that_is_busy_is_asked_again_and_again_and_less_often(self):
        with self._serving((b"{}", 503)) as server:
            self._log_call("c1")
            self._upload("c1", "r1", make_pcm(speak(1)))
            now, dues = fields.Datetime.now(), []
            for _attempt in range(9):
                with freeze_time(now):
                    self._write_transcripts()
                transcript = self._get_transcript()
                if not transcript.date_due:
                    break
                dues.append(transcript.date_due - now)
                now = transcript.date_due + timedelta(seconds=1)
        self.assertEqual(dues, sorted(dues))
        self.assertEqual(len(server.requests), 7)
        self.assertEqual(transcript.state, "failed")
        self.assertIn("does not answer now", transcript.reason)

    def test_what_cannot_succeed_fails_at_once_and_says_why(self):
        for answer, reason in [
            ((b'{"error": {"message": "no such model"}}', 400), "no such model"),
            ((b"{}", 401), "does not accept the key"),
            ((b"{}", 404), "does not know the path"),
            ((b"", 302), "leads elsewhere"),
            ((b"{}", 413), "too large"),
        ]:
            with self.subTest(reason), self._serving(answer):
                ref = f"c{answer[1]}"
                self._log_call(ref)
                self._upload(ref, ref, make_pcm(speak(1)))
                self._write_transcripts()
                transcript = self._get_transcript(ref)
                self.assertEqual(transcript.state, "failed")
                self.assertIn(reason, transcript.reason)

    def test_garbage_is_not_stored_and_asked_for_again(self):
        for place, answer in enumerate([b"<html>", b"[]", b'{"segments": 3}', b"\xff", b""]):
            with self.subTest(answer), self._serving(answer):
                ref = f"g{place}"
                self._log_call(ref)
                self._upload(ref, ref, make_pcm(speak(1)))
                self._write_transcripts()
                transcript = self._get_transcript(ref)
                self.assertEqual((transcript.state, len(transcript.line_ids)), ("working", 0))
                self.assertTrue(transcript.date_due)

    def test_what_has_failed_is_tried_again_on_request(self):
        self._let_listen(self.lead, "all")
        with self._serving((b"{}", 401), HELLO):
            call = self._log_call("c1")
            self._upload("c1", "r1", make_pcm(speak(1)))
            self._write_transcripts()
            self.assertTrue(call.with_user(self.lead).get_transcripts()["can_request"])
            call.with_user(self.lead).action_transcribe()
            self._write_transcripts()
        self.assertEqual(self._get_transcript().state, "here")
        self.assertFalse(call.with_user(self.lead).get_transcripts()["can_request"])

    def test_the_administrator_has_all_that_has_failed_written_again(self):
        settings = self.env["res.config.settings"].with_user(self.admin).sudo().create({})
        with self._serving((b"{}", 401), HELLO):
            self._log_call("c1")
            self._upload("c1", "r1", make_pcm(speak(1)))
            self._write_transcripts()
            self.assertEqual(settings.failed_call_transcripts, 1)
            settings.action_retry_call_transcripts()
            self._write_transcripts()
        self.assertEqual(self._get_transcript().state, "here")
        self.assertFalse(settings.failed_call_transcripts)

    def test_the_administrator_tries_the_server(self):
        settings = self.env["res.config.settings"].with_user(self.admin).sudo().create({})
        for answer, reason in [((b"{}", 401), "key"), ((b"{}", 500), "does not answer now")]:
            with self._serving(answer), self.assertRaisesRegex(UserError, reason):
                settings.action_try_call_transcript_server()
        with self._serving(b'{"text": ""}') as server:
            action = settings.action_try_call_transcript_server()
            self.assertEqual(action["params"]["type"], "success")
            self.assertEqual(len(server.requests), 1)

    def test_a_copy_of_the_database_sends_nothing(self):
        parameters = self.env["ir.config_parameter"].sudo()
        with self._serving(HELLO) as server:
            self._log_call("c1")
            self._upload("c1", "r1", make_pcm(speak(1)))
            parameters.set_param("call_handling.database_uuid", "another")
            self._write_transcripts()
            self.assertFalse(server.requests)

    @mute_logger("odoo.addons.call_handling.models.transcript.transcribing")
    def test_nothing_that_was_said_is_in_the_log(self):
        with self.assertNoLogs("odoo.addons.call_handling", "INFO"):
            self.test_what_cannot_succeed_fails_at_once_and_says_why()


def _other(side):
    return "inside" if side == "outside" else "outside"
