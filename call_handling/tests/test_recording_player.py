from odoo.tests import HttpCase, tagged

from .common_recording import make_wav
from .common_transcript import TranscriptCommon


@tagged("post_install", "-at_install")
class TestRecordingPlayer(TranscriptCommon, HttpCase):
    """What people hear and do in a browser."""

    def test_a_recording_is_played_moved_in_and_refused(self):
        self._let_listen(self.alice)
        call = self._log_call()
        self._upload(sound=make_wav(30, filling=b"\x80\xaa\xd5\xff\x55\x2a"))
        note = self.env["call.note"].create({"call_id": call.id, "body": "<p>Ten chairs</p>"})
        note.date = "2026-11-23 10:00:20"
        self.start_tour(f"/odoo/calls/{call.id}", "call_handling_recording", login="alice")
        listened = self.env["call.audit"].search([("act", "=", "listen")])
        self.assertEqual(listened.user_id, self.alice)
        self.assertEqual(len(listened), 1)
        self.assertEqual(self._recording().state, "refused")
        self.assertFalse(self._get_files())

    def test_a_transcript_is_read_in_step_corrected_and_copied(self):
        self._let_listen(self.alice)
        call = self._log_call()
        self._upload(sound=make_wav(30, filling=b"\x80\xaa\xd5\xff\x55\x2a"))
        self._create_transcript(
            self._recording(),
            (1, 3, "outside", "Ten chairs"),
            (20, 25, "inside", "Twenty tables"),
        )
        self.start_tour(f"/odoo/calls/{call.id}", "call_handling_debrief", login="alice")
        self.assertEqual(call.summary, "Caller: Ten chains")
        acts = self.env["call.audit"].search([("act", "in", ("listen", "read_transcript"))])
        self.assertEqual(sorted(acts.mapped("act")), ["listen", "read_transcript"])
        self.assertEqual(acts.user_id, self.alice)
