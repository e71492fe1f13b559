import io
from unittest.mock import patch

import soundfile

from odoo.exceptions import AccessError
from odoo.tests import tagged

from ..models.recording.listening import RECORDING_PATH
from ..tools import gsm
from ..tools.sound import read_sound
from .common import CallHttpCommon
from .common_recording import RATE, RecordingCommon

CRON = "ir_cron_convert_recordings"


def make_gsm(sound_format="wav", seconds=2):
    """Return silence as telephone systems store it."""
    kind = "RAW" if sound_format == "gsm" else "WAV"
    target = io.BytesIO()
    with soundfile.SoundFile(target, "w", RATE, 1, format=kind, subtype="GSM610") as file:
        file.buffer_write(bytes(2 * RATE * seconds), dtype="int16")
    return target.getvalue()


@tagged("post_install", "-at_install")
class TestRecordingConverting(RecordingCommon, CallHttpCommon):
    """Recordings with GSM are played in the browser if the library for it is installed."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.call = cls._log_call("c1")
        cls._let_listen(cls.alice, download=True)

    def _store(self, sound, ref="r1"):
        self._upload("c1", ref, sound)
        self._run_scheduled_action(CRON)
        return self._recording(ref).with_user(self.alice)

    def _get_sound(self, recording, is_download=False):
        self.authenticate("alice", "alice")
        url = f"{RECORDING_PATH}/{recording.id}"
        return self.url_open(f"{url}/download" if is_download else url).content

    def test_it_is_played_as_g711_and_downloaded_as_it_was_sent(self):
        for sound_format in ("wav", "gsm"):
            with self.subTest(sound_format):
                sent = make_gsm(sound_format)
                recording = self._store(sent, sound_format)
                self.assertTrue(recording.sudo().is_playable)
                self.assertFalse(recording._prepare_for_player()["reason"])
                played = self._get_sound(recording)
                sound = read_sound(played, len(played))
                self.assertEqual((sound.format, sound.codec), ("wav", "G.711 µ-law"))
                self.assertEqual((sound.seconds, recording.sudo().duration), (2, 2))
                self.assertEqual(self._get_sound(recording, is_download=True), sent)

    def test_it_is_converted_once(self):
        recording = self._store(make_gsm())
        with patch.object(gsm, "decode", side_effect=AssertionError("converted again")):
            self._run_scheduled_action(CRON)
        self.assertEqual(len(self._get_files(recording.sudo())), 2)

    def test_what_the_library_refuses_is_explained_and_not_tried_again(self):
        with patch.object(gsm, "decode", side_effect=gsm.NotDecoded()) as decode:
            recording = self._store(make_gsm())
            self._run_scheduled_action(CRON)
        self.assertEqual(decode.call_count, 1)
        self.assertIn("damaged", recording._prepare_for_player()["reason"])
        self.assertEqual(self._get_sound(recording, is_download=True), make_gsm())

    def test_without_the_library_it_is_offered_for_download(self):
        with patch.object(gsm, "soundfile", None):
            recording = self._store(make_gsm())
            self.assertIn("GSM", recording._prepare_for_player()["reason"])
        self._run_scheduled_action(CRON)  # the library has been installed
        self.assertFalse(recording._prepare_for_player()["reason"])

    def test_both_files_go_when_the_caller_refuses(self):
        recording = self._store(make_gsm())
        self.call.with_user(self.alice).action_refuse_recording()
        self.assertFalse(self._get_files(recording.sudo()))
        with self.assertRaises(AccessError):
            recording._open(is_download=False)

    def test_both_files_go_when_the_call_becomes_private(self):
        self.company.call_private_hours = 10**6  # the calls have fixed dates
        self._store(make_gsm())
        before = self._get_files()
        self._make_private(self.call.with_user(self.alice))
        self.assertFalse(before.exists())
