import hashlib
from unittest.mock import patch

from odoo.tests import tagged
from odoo.tools import mute_logger

from ..models.recording import arriving
from ..tools.sound import HEAD
from .common import CallHttpCommon
from .common_recording import RecordingCommon, UploadCommon, make_wav

SOUND = make_wav(20)  # 160,044 bytes


@tagged("post_install", "-at_install")
class TestRecordingUpload(RecordingCommon, UploadCommon, CallHttpCommon):
    """A telephone system sends the file of a recording, by the real route."""

    def setUp(self):
        super().setUp()
        self.call = self._log_call()

    def _assert_stored(self, data=SOUND, ref="r1"):
        recording = self._recording(ref)
        self.assertEqual(recording.state, "here")
        (file,) = self._get_files(recording)
        self.assertEqual((file.res_field, file.raw), ("file", data))
        return recording

    # --- one request -----------------------------------------------------------------

    def test_a_file_in_one_request(self):
        answer = self._put(SOUND)
        self.assertEqual(answer.status_code, 200, answer.text)
        self.assertEqual(answer.json(), {"state": "here", "offset": len(SOUND), "size": len(SOUND)})
        recording = self._assert_stored()
        self.assertEqual((recording.call_id, recording.duration), (self.call, 20))
        self.assertEqual((recording.size, recording.sound_format), (len(SOUND), "wav"))

    def test_an_announced_recording_needs_no_call(self):
        event = {"call": "c1", "event": "recording", "id": "e1"}
        wave = {"id": "r1", "seconds": 20, "format": "wav", "channels": 1}
        self.assertEqual(self._post(event | {"recording": wave}).json()["accepted"], 1)
        self.assertEqual(self._recording().state, "announced")
        self.assertEqual(self._ask().json()["state"], "announced")
        self.assertEqual(self._put(SOUND, call=None).status_code, 200)
        self._assert_stored()

    def test_one_that_was_not_announced_says_which_call_it_is_of(self):
        self.assertEqual(self._put(SOUND, call=None).status_code, 404)
        self.assertEqual(self._ask().status_code, 404)
        self.assertFalse(self._recording())

    def test_the_same_request_again_changes_nothing(self):
        for _again in range(3):
            self.assertEqual(self._put(SOUND).status_code, 200)
        self._assert_stored()
        self.assertEqual(len(self.call.recording_ids), 1)

    def test_all_kinds_of_sound(self):
        kinds = {
            "pcm": (make_wav(1, kind=1), "wav", "PCM", True),
            "alaw": (make_wav(1, kind=6), "wav", "G.711 A-law", True),
            "wav49": (make_wav(1, kind=49), "wav", "GSM", False),
            "gsm": (b"\xd5" + bytes(32) + b"\xd1" + bytes(32), "gsm", "GSM", False),
            "mp3": (b"\xff\xfb\x90\xc0" + bytes(5000), "mp3", "MP3", True),
            "flac": (b"fLaC" + bytes(60), "flac", "FLAC", True),
        }
        for ref, (sound, *expected) in kinds.items():
            with self.subTest(ref):
                self.assertEqual(self._put(sound, ref=ref).status_code, 200)
                found = self._recording(ref)
                facts = [found.sound_format, found.codec, found.is_playable]
                self.assertEqual(facts, expected)

    def test_who_is_on_the_first_channel_follows_from_who_was_recorded(self):
        sound = make_wav(1, channels=2)
        for ref, leg, side in (("own", "c1-101", "inside"), ("caller", "c1", "outside")):
            with self.subTest(ref):
                self._put(sound, ref=ref, more=f"&leg={leg}&first=leg")
                self.assertEqual(self._recording(ref).first_side, side)
        self._put(sound, ref="some", more="&leg=other&first=leg")
        self.assertFalse(self._recording("some").first_side)

    def test_who_is_on_the_first_channel_may_become_known_later(self):
        self._put(make_wav(1, channels=2), call="c9", more="&leg=c9-101&first=leg")
        self.assertFalse(self._recording().first_side)
        self._log_call("c9")
        self.assertEqual(self._recording().first_side, "inside")

    # --- parts -----------------------------------------------------------------------

    def test_it_goes_on_where_it_was_interrupted(self):
        first = SOUND[:HEAD]
        answer = self._put(first, size=len(SOUND))
        self.assertEqual(answer.json()["offset"], HEAD)
        self.assertEqual(self._recording().state, "fetching")
        # the server dies before it has answered: nothing of this request is stored
        with (
            patch.object(
                type(self.env["call.recording"]),
                "_put_together",
                side_effect=RuntimeError("killed"),
            ),
            mute_logger("odoo.addons.call_handling.controllers.recording"),
        ):
            failed = self._put(SOUND[HEAD:], offset=HEAD, size=len(SOUND))
        self.assertEqual(failed.status_code, 503)
        asked = self._ask().json()
        self.assertEqual(asked, {"state": "fetching", "offset": HEAD, "size": len(SOUND)})
        middle = HEAD + 10000
        # the answer to this one is lost, so its sender goes on with what came before
        self._put(SOUND[HEAD:middle], offset=HEAD, size=len(SOUND))
        answer = self._put(SOUND[HEAD + 500 :], offset=HEAD + 500, size=len(SOUND))
        self.assertEqual(answer.json()["state"], "here")
        self._assert_stored()

    def test_a_part_that_is_missing_is_asked_for(self):
        self._put(SOUND[:HEAD], size=len(SOUND))
        answer = self._put(SOUND[HEAD + 10 :], offset=HEAD + 10, size=len(SOUND))
        self.assertEqual((answer.status_code, answer.json()["offset"]), (409, HEAD))

    def test_a_file_does_not_change_its_size_on_the_way(self):
        self._put(SOUND[:HEAD], size=len(SOUND))
        answer = self._put(SOUND[HEAD:], offset=HEAD, size=len(SOUND) + 1)
        self.assertEqual(answer.status_code, 409)
        answer = self._put(SOUND[HEAD:] + b"x", offset=HEAD, size=len(SOUND))
        self.assertEqual(answer.status_code, 400)
        self.assertEqual(self._recording().received, HEAD)

    # --- what is not stored ----------------------------------------------------------

    def test_what_is_no_sound_is_refused(self):
        for data in (b"<script>alert(1)</script>" * 9, b"MZ" + bytes(99), b"%PDF-1.7" + bytes(99),
                     b"RIFF\0\0\0\0AVI LIST" + bytes(99), b"x"):  # fmt: skip
            with self.subTest(data[:8]):
                self.assertEqual(self._put(data).status_code, 415)
        self.assertFalse(self._get_files())

    def test_what_is_too_large_is_refused(self):
        answer = self._put(SOUND, size=arriving.MAX_SIZE + 1)
        self.assertEqual(answer.status_code, 413)
        self.assertEqual(answer.json()["max_size"], arriving.MAX_SIZE)
        answer = self._put(bytes(arriving.MAX_PART + 1), size=arriving.MAX_PART + 2)
        self.assertEqual(answer.status_code, 413)
        self.assertEqual(answer.json()["max_bytes"], arriving.MAX_PART)
        self.assertFalse(self._recording())

    def test_odd_parameters_are_refused(self):
        for query in (
            "", "id=", "id=r1", "id=r1&size=x", "id=r1&size=-1", "id=r1&size=0",
            "id=r1&size=9&offset=1e3", "id=r1&size=9&call=" + "x" * 300, "id=%00&size=9",
            "id=r1&size=" + "9" * 40, "id=%FF%FE&size=9&call=%ED%A0%80", "&&&=", "id=r1&id=r2",
        ):  # fmt: skip
            with self.subTest(query):
                answer = self._request("PUT", query, SOUND)
                self.assertIn(answer.status_code, (400, 415), answer.text)
        self.assertFalse(self._get_files())

    def test_only_the_telephone_system_sends_files(self):
        good = hashlib.sha256(SOUND).hexdigest()
        for name, options in {
            "unsigned": {"secret": None},
            "wrong secret": {"secret": "wrong"},
            "old": {"timestamp": "1700000000"},
            "another recording": {"signed_query": f"id=r2&offset=0&size={len(SOUND)}&call=c1"},
            "no digest": {"digest": "x"},
        }.items():
            with self.subTest(name):
                self.assertEqual(self._put(SOUND, **options).status_code, 403)
                self.assertEqual(self._ask(**({"digest": good} | options)).status_code, 403)
        self.assertEqual(self._put(SOUND, token="unknown").status_code, 403)
        self.assertEqual(self._put(SOUND[:-1] + b"x", digest=good).status_code, 400)
        self.assertFalse(self._recording())
        self.assertTrue(self._get_refused().keys() >= {"unsigned", "wrong_signature", "old"})

    def test_without_a_rule_it_is_refused_for_good(self):
        self.rule.unlink()
        self.assertEqual(self._put(SOUND).status_code, 410)
        self.assertFalse(self._get_files())

    def test_a_copy_of_the_database_takes_nothing(self):
        parameters = self.env["ir.config_parameter"]
        parameters.set_param("call_handling.database_uuid", "another")
        self.assertEqual(self._put(SOUND).status_code, 403)
        self.assertFalse(self._recording())

    def test_what_is_reported_wrongly_fails_alone(self):
        for wave in ({}, {"id": "x" * 300}, {"id": "r", "seconds": -1}, "r1", {"id": 1.5},
                     {"id": "r", "sides": ["left"]}, {"id": "r", "format": "exe"},
                     {"id": "r", "channels": 9}, {"id": "r", "requested": "yes"}):  # fmt: skip
            with self.subTest(wave=wave):
                event = {"call": "c1", "event": "recording", "recording": wave}
                good = {"call": "c1", "event": "recording", "recording": {"id": "good"}}
                answer = self._post({"events": [event, good]}).json()
                self.assertEqual(answer["failed"], 1, answer)
        self.assertTrue(self._recording("good"))
