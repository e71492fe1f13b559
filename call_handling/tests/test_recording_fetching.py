import hashlib
import json
from contextlib import contextmanager, suppress
from datetime import timedelta
from unittest.mock import patch
from urllib.parse import urlencode

from cryptography.hazmat.primitives.asymmetric.rsa import generate_private_key
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from freezegun import freeze_time

from odoo import fields
from odoo.tests import tagged
from odoo.tools import SQL, mute_logger

from ..adapters.twilio.signature import sign
from ..models.recording import fetching
from ..models.recording.fetching import PAUSES
from .common_fetching import SOUND, FetchingCommon
from .signing import FORM

FILE = "/Accounts/AC1/Recordings/RE1.wav"
CALL = {
    "CallSid": "CA1", "Direction": "inbound", "From": "+12025550142", "To": "+493023125610",
    "CallbackSource": "call-progress-events",
}  # fmt: skip
PHONE = CALL | {
    "CallSid": "CA2", "ParentCallSid": "CA1", "Direction": "outbound-dial", "To": "client:alice",
}  # fmt: skip
RECORDED = {
    "AccountSid": "AC1", "CallSid": "CA1", "RecordingSid": "RE1", "RecordingStatus": "completed",
    "RecordingUrl": "https://api.twilio.com/2010-04-01/Accounts/AC1/Recordings/RE1",
    "RecordingDuration": "20", "RecordingChannels": "1", "RecordingSource": "DialVerb",
    "RecordingStartTime": "Mon, 23 Nov 2026 10:00:05 +0000", "ErrorCode": "0",
}  # fmt: skip


@tagged("post_install", "-at_install")
class TestRecordingFetching(FetchingCommon):
    """A telephone system announces a recording, and Odoo fetches it."""

    def setUp(self):
        super().setUp()
        self.twilio = self._connect("twilio")
        self._give_extension(self.twilio, self.alice, "client:alice")
        self.provider.answers["GET", FILE] = (200, SOUND)

    def _form(self, values):
        body = urlencode(values).encode()
        signer = self.signers[self.twilio]
        signer.address = self.twilio.webhook_url
        signature = sign(signer.secret, signer.address, values.items(), hashlib.sha1)
        answer = self.url_open(
            f"/call_handling/pbx/{self.twilio.token}",
            data=body,
            headers={"Content-Type": FORM, "X-Twilio-Signature": signature},
        )
        self.assertEqual(answer.status_code, 200, answer.text)
        self.env.invalidate_all()

    def _call_in(self):
        self._form(CALL | {"CallStatus": "ringing"})
        for status in ("in-progress", "completed"):
            self._form(PHONE | {"CallStatus": status, "CallDuration": "60"})
        self._form(CALL | {"CallStatus": "completed", "CallDuration": "60"})
        return self._call("CA1", self.twilio)

    def _announce_file(self, **values):
        self._form(RECORDED | values)
        return self._of(self.twilio)

    def _later(self, **time):
        """Let the fetching that is planned be due, as after some time."""
        now = fields.Datetime.now() + timedelta(**time)
        with freeze_time(now):
            self._fetch()

    # --- before, after and long after the call ---------------------------------------

    def test_it_is_fetched_whenever_it_is_announced(self):
        steps = {"call": self._call_in, "announced": self._announce_file, "fetch": self._fetch}
        for order in (
            ("call", "announced", "fetch"),
            ("announced", "call", "fetch"),
            ("announced", "fetch", "call", "fetch"),
            ("call", "announced", "announced", "fetch", "announced", "fetch"),
        ):
            with self.subTest(order), self.env.cr.savepoint() as savepoint:
                self.provider.requests.clear()
                for step in order:
                    steps[step]()
                recording = self._of(self.twilio)
                self.assertEqual((recording.state, recording.duration), ("here", 20))
                self.assertEqual(recording.call_id, self._call("CA1", self.twilio))
                self.assertEqual(recording._get_files_sudo("file").raw, SOUND)
                self.assertEqual(recording.date_start.isoformat(), "2026-11-23T10:00:05")
                self.assertFalse(recording.date_fetch)
                self.assertEqual(self.provider.asked(), [FILE], "Once, and not by the webhook.")
                savepoint.rollback()
                self.env.invalidate_all()

    def test_who_may_listen_hears_what_was_fetched(self):
        self._let_listen(self.lead, "all")
        self._call_in()
        recording = self._announce_file()
        self._fetch()
        self.authenticate("lead", "lead")
        answer = self.url_open(f"/call_handling/recording/{recording.id}")
        self.assertEqual((answer.status_code, answer.content), (200, SOUND))

    def test_one_that_is_only_announced_is_not_fetched_yet(self):
        self._call_in()
        recording = self._announce_file(RecordingStatus="in-progress", RecordingUrl="")
        self._fetch()
        self.assertEqual((recording.state, self.provider.asked()), ("announced", []))
        self._announce_file()
        self._fetch()
        self.assertEqual(recording.state, "here")

    def test_a_message_is_a_recording_on_the_missed_call(self):
        self._form(CALL | {"CallStatus": "ringing"})
        self._announce_file(RecordingSource="RecordVerb")
        self._form(CALL | {"CallStatus": "completed", "CallDuration": "60"})
        self._fetch()
        call = self._call("CA1", self.twilio)
        self.assertEqual((call.outcome, call.recording_ids.state), ("voicemail", "here"))
        self.assertTrue(call.callback_id)

    def test_no_link_is_stored(self):
        self._call_in()
        self._announce_file(RecordingSource="RecordVerb")
        self.assertFalse(self.env["call.event"].search([("raw", "like", "api.twilio.com")]))

    # --- only what a rule wants ------------------------------------------------------

    def test_nothing_is_asked_for_that_no_rule_wants(self):
        for mode in ("never", "request"):
            with self.subTest(mode), self.env.cr.savepoint() as savepoint:
                self.rule.mode = mode
                self._call_in()
                recording = self._announce_file()
                self._later(days=1)
                self._run_scheduled_action("ir_cron_decide_recordings")
                self.assertIn(recording.state, ("refused", "announced"))
                self.assertFalse(self.provider.requests)
                savepoint.rollback()
                self.env.invalidate_all()

    def test_what_is_refused_or_private_before_is_not_asked_for(self):
        self.company.call_private_hours = 10**6
        for act in ("action_refuse_recording", "private", "rule"):
            with self.subTest(act), self.env.cr.savepoint() as savepoint:
                call = self._call_in()
                self._announce_file()
                self._end_by(act, call)
                self._fetch()
                self.assertFalse(self.provider.requests)
                self.assertNotIn("here", self._of(self.twilio).mapped("state"))
                savepoint.rollback()
                self.env.invalidate_all()

    def test_what_is_refused_or_private_meanwhile_is_not_stored(self):
        self.company.call_private_hours = 10**6
        for act in ("action_refuse_recording", "private", "rule"):
            with self.subTest(act), self.env.cr.savepoint() as savepoint:
                self.provider.requests.clear()
                call = self._call_in()
                self._announce_file()
                with self._during_download(lambda act=act, call=call: self._end_by(act, call)):
                    self._fetch()
                self.assertEqual(self.provider.asked(), [FILE])
                self.assertNotIn("here", self._of(self.twilio).mapped("state"))
                self.assertFalse(self._get_files())
                savepoint.rollback()
                self.env.invalidate_all()

    def _end_by(self, act, call):
        if act == "rule":
            self.rule.mode = "never"
        elif act == "private":
            self._make_private(call.with_user(self.alice))
        else:
            getattr(call, act)()

    @contextmanager
    def _during_download(self, act):
        """Do something after the file was downloaded, and before it is stored."""
        fetch = fetching.fetch

        def fetch_and_act(*args):
            data = fetch(*args)
            act()
            self.env.flush_all()
            return data

        with patch.object(fetching, "fetch", fetch_and_act):
            yield

    # --- what goes wrong -------------------------------------------------------------

    def test_a_file_that_comes_late_is_waited_for_but_not_for_ever(self):
        self._call_in()
        recording = self._announce_file()
        self.provider.answers["GET", FILE] = (404, b"")
        self._fetch()
        self.assertEqual((recording.state, recording.attempts), ("fetching", 1))
        self._later(minutes=20)
        self.assertEqual((recording.state, recording.attempts), ("failed", 2))
        self.assertIn("does not have the file", recording.reason)
        self.assertEqual(recording.call_id.recording_state, "gone")
        self._later(days=30)
        self.assertEqual(len(self.provider.requests), 2)

    def test_pauses_grow(self):
        self._call_in()
        recording = self._announce_file()
        for status in (500, 429, 503, 401):
            self.provider.answers["GET", FILE] = (status, b"")
            start = recording.date_fetch
            with freeze_time(start):
                self._fetch()
            pause = recording.date_fetch - start
            self.assertEqual(pause, PAUSES[recording.attempts - 1])
            with freeze_time(start + pause - timedelta(seconds=1)):
                self._fetch()
        self.assertEqual((recording.attempts, len(self.provider.requests)), (4, 4))
        self.assertTrue(recording.reason)
        self.provider.answers["GET", FILE] = (200, SOUND)
        self._later(days=1)
        self.assertEqual((recording.state, recording.reason), ("here", False))

    def test_it_asks_as_late_as_it_is_told_and_ends_after_the_last_pause(self):
        self._call_in()
        recording = self._announce_file()
        self.provider.answers["GET", FILE] = (429, b"", {"Retry-After": "7200"})
        with freeze_time("2026-11-30 10:00:00"):
            self._fetch()
        self.assertEqual(str(recording.date_fetch), "2026-11-30 12:00:00")
        for _pause in PAUSES:
            if recording.date_fetch:
                with freeze_time(recording.date_fetch):
                    self._fetch()
        self.assertEqual((recording.state, recording.attempts), ("failed", len(PAUSES)))

    def test_what_is_no_sound_fails_for_good(self):
        self._call_in()
        self.provider.answers["GET", FILE] = (200, b"<html>Please log in</html>")
        recording = self._announce_file()
        self._fetch()
        self.assertEqual((recording.state, recording.date_fetch), ("failed", False))
        self.assertFalse(self._get_files())

    def test_a_redirect_into_the_house_fails_for_good(self):
        self._call_in()
        place = "http://169.254.169.254/latest/secret-path"
        self.provider.answers["GET", FILE] = (302, b"", {"Location": place})
        recording = self._announce_file()
        self._fetch()
        self.assertEqual(recording.state, "failed")
        self.assertIn("169.254.169.254", recording.reason)
        self.assertNotIn("secret-path", recording.reason)

    @mute_logger("odoo.addons.base.models.ir_cron")
    def test_a_server_that_is_stopped_loses_nothing_and_fetches_nothing_twice(self):
        self._call_in()
        recording = self._announce_file()
        # as if the process ended during the download: what is not committed is lost
        with (
            patch.object(type(recording), "_is_still_wanted", side_effect=KeyboardInterrupt),
            suppress(KeyboardInterrupt),  # assertRaises would undo what is committed
        ):
            self._fetch()
        self.env.invalidate_all()
        self.assertEqual((recording.state, recording.attempts), ("fetching", 1))
        self.assertTrue(recording.date_fetch > fields.Datetime.now())
        self._fetch()
        self.assertEqual(len(self.provider.requests), 1, "The next attempt is later.")
        self._later(minutes=2)
        self.assertEqual((recording.state, len(self._get_files(recording))), ("here", 1))

    def test_others_do_not_wait_for_a_system_that_is_silent(self):
        self._call_in()
        for ref in ("RE1", "RE2", "RE3"):
            self._announce_file(RecordingSid=ref)
        self.provider.answers["GET", FILE] = (503, b"")
        self._fetch()
        self.assertEqual(len(self.provider.requests), 1)
        for recording in self._of(self.twilio):
            self.assertTrue(recording.date_fetch > fields.Datetime.now())

    def test_a_copy_of_the_database_asks_nobody(self):
        self._call_in()
        self._announce_file()
        parameters = self.env["ir.config_parameter"]
        parameters.set_param("call_handling.database_uuid", "another")
        self._fetch()
        self._run_scheduled_action("ir_cron_remove_recordings")
        self.assertFalse(self.provider.requests)

    def test_an_administrator_is_informed_and_tries_again(self):
        self._call_in()
        self.provider.answers["GET", FILE] = (400, b"")
        recording = self._announce_file()
        self._fetch()
        pbx = self.twilio.with_user(self.admin)
        found = {finding["name"]: finding for finding in pbx.findings}
        self.assertIn(recording.reason, found["unfetched_recordings"]["text"])
        self.provider.answers["GET", FILE] = (200, SOUND)
        pbx.action_fetch_again()
        self._fetch()
        self.assertEqual(recording.state, "here")
        self.env.invalidate_all()
        self.assertNotIn("unfetched_recordings", [f["name"] for f in pbx.findings])

    # --- deleted there, too ----------------------------------------------------------

    def _remove(self):
        self._run_scheduled_action("ir_cron_remove_recordings")

    def _get_removals(self):
        return self.env["call.recording.removal"].search([])

    def test_nothing_is_deleted_there_unless_the_administrator_allows_it(self):
        call = self._call_in()
        self._announce_file()
        call.action_refuse_recording()
        self._remove()
        self.assertFalse(self._get_removals())
        self.assertFalse(self.provider.asked("DELETE"))

    def test_what_goes_here_goes_there(self):
        self.twilio.with_user(self.admin).deletes_recordings = True
        self.company.call_private_hours = 10**6
        place = FILE.replace(".wav", ".json")
        self.provider.answers["DELETE", place] = (204, b"")
        acts = {
            "action_refuse_recording": lambda call: call.action_refuse_recording(),
            "deleted": lambda call: call.with_user(self.admin).action_delete_recordings(),
            "private": lambda call: self._end_by("private", call),
            "call": lambda call: call.with_user(self.admin).unlink(),
            "anonymized": lambda call: call._anonymize(),
        }
        for name, act in acts.items():
            for is_late in (False, True):
                with self.subTest(name, late=is_late), self.env.cr.savepoint() as savepoint:
                    self.provider.requests.clear()
                    call = self._call_in()
                    if is_late:
                        act(call)
                    self._announce_file()
                    self._fetch()
                    if not is_late:
                        act(call)
                    if name != "deleted" or not is_late:
                        self._remove()
                        self.assertEqual(self.provider.asked("DELETE"), [place])
                    self.assertFalse(self._get_removals())
                    savepoint.rollback()
                    self.env.invalidate_all()

    def test_what_no_rule_stores_remains_there(self):
        self.twilio.deletes_recordings = True
        self.rule.mode = "never"
        self._call_in()
        self._announce_file()
        self._later(days=1)
        self._remove()
        self.assertFalse(self.provider.requests)

    def test_deleting_is_tried_again(self):
        self.twilio.deletes_recordings = True
        call = self._call_in()
        self._announce_file()
        place = FILE.replace(".wav", ".json")
        self.provider.answers["DELETE", place] = (500, b"")
        call.action_refuse_recording()
        self._remove()
        removal = self._get_removals()
        self.assertEqual(removal.attempts, 1)
        self.assertTrue(removal.error)
        self.assertFalse(removal.create_uid, "Nothing says who it was.")
        self._remove()
        self.assertEqual(len(self.provider.asked("DELETE")), 1)
        while removal.date_due:
            with freeze_time(removal.date_due):
                self._remove()
        pbx = self.twilio.with_user(self.admin)
        found = {finding["name"]: finding for finding in pbx.findings}
        self.assertIn("RE1", found["unremoved_recordings"]["text"])
        self.provider.answers["DELETE", place] = (404, b"")
        pbx.action_remove_again()
        self._remove()
        self.assertFalse(self._get_removals())


@tagged("post_install", "-at_install")
class TestRecordingProviders(FetchingCommon):
    """Each telephone system announces a recording by its documented message, to the real route,
    and its file is asked for as documented."""

    def _assert_fetched(self, pbx, ref, *paths):
        recording = self._of(pbx)
        self.assertEqual((recording.ref, recording.state), (ref, "announced"))
        self.assertFalse(self.provider.requests, "Nothing is fetched by the webhook.")
        self._fetch()
        self.assertEqual((recording.state, recording.reason), ("here", False))
        self.assertEqual(recording._get_files_sudo("file").raw, SOUND)
        self.assertEqual(self.provider.asked(), list(paths))
        self._assert_no_secrets()

    def _assert_no_secrets(self):
        """Nothing that opens a file is stored anywhere."""
        self.env.flush_all()
        secrets = "(Amz-Signature|short-secret|access_token|token-of-yeastar)"
        for table, column in (
            ("call_event", "raw"), ("call_event", "error"), ("call_event", "data::text"),
            ("call_recording", "place"), ("call_recording", "ref"), ("call_recording", "reason"),
            ("call_delivery", "reason"),
        ):  # fmt: skip
            self.env.cr.execute(f"SELECT count(*) FROM {table} WHERE {column} ~ %s", [secrets])
            self.assertEqual(self.env.cr.fetchone(), (0,), column)

    def test_telnyx_asks_for_a_link_that_has_ended_anew(self):
        pbx = self._connect("telnyx")
        about = {"call_control_id": "v3:c", "call_leg_id": "L1", "call_session_id": "S1"}

        def event(kind, **payload):
            at = {"occurred_at": "2026-11-23T10:00:00Z", "id": kind}
            return {"data": at | {"event_type": kind, "payload": about | payload}}

        ring = {"direction": "incoming", "from": "+12025550142", "to": "+493023125610"}
        self._send(pbx, event("call.initiated", **ring))
        self._send(pbx, event("call.hangup", **ring))
        link = f"{self.provider.url}/old?X-Amz-Signature=1"
        self._send(
            pbx,
            event(
                "call.recording.saved", recording_id="R-1", channels="single",
                recording_urls={"wav": link}, recording_started_at="2026-11-23T10:00:05Z",
                recording_ended_at="2026-11-23T10:00:25Z",
            ),
        )  # fmt: skip
        links = [
            (
                200,
                {"data": {"download_urls": {"wav": f"{self.provider.url}/{name}?X-Amz-Signature"}}},
            )
            for name in ("old", "new")
        ]
        self.provider.answers |= {
            ("GET", "/recordings/R-1"): links,
            ("GET", "/old"): (403, b"expired"),
            ("GET", "/new"): (200, SOUND),
        }
        self._assert_fetched(pbx, "R-1", "/recordings/R-1", "/old", "/recordings/R-1", "/new")
        of_files = [headers for _m, path, headers in self.provider.requests if "Amz" in path]
        self.assertFalse([headers for headers in of_files if "Authorization" in headers])

    def test_vonage(self):
        key = generate_private_key(65537, 2048).private_bytes(
            Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()
        )
        pbx = self._connect("vonage", api_secret=key.decode())
        about = {"conversation_uuid": "CON-1", "timestamp": "2026-11-23T10:00:00Z"}
        leg = {"uuid": "u1", "direction": "inbound", "from": "12025550142", "to": "493023125610"}
        self._send(pbx, about | leg | {"status": "started"})
        recorded = {
            "recording_url": "https://api.nexmo.com/v1/files/bbbb-1", "recording_uuid": "aaaa-1",
            "start_time": "2026-11-23T10:00:05Z", "end_time": "2026-11-23T10:00:25Z",
            "size": len(SOUND),
        }  # fmt: skip
        self._send(pbx, about | recorded)
        self._send(pbx, about | leg | {"status": "completed"})
        self.provider.answers["GET", "/files/bbbb-1"] = (200, SOUND)
        self._assert_fetched(pbx, "aaaa-1", "/files/bbbb-1")
        self.assertFalse(self._of(pbx).place)

    def test_aircall(self):
        pbx = self._connect("aircall")
        data = {
            "id": 812, "direction": "inbound", "started_at": 1795428000, "status": "done",
            "answered_at": None, "ended_at": 1795428060, "raw_digits": "+1 202-555-0142",
            "missed_call_reason": "no_available_agent", "recording": None,
            "voicemail": f"{self.provider.url}/a?X-Amz-Signature=1",
            "voicemail_short_url": "https://short.aircall.io/short-secret",
        }  # fmt: skip
        message = {"resource": "call", "event": "call.ended", "timestamp": 1795428060}
        self._send(pbx, message | {"data": data})
        fresh = {"call": data | {"voicemail": f"{self.provider.url}/b?X-Amz-Signature=2"}}
        self.provider.answers |= {
            ("GET", "/calls/812"): (200, fresh),
            ("GET", "/b"): (200, SOUND),
        }
        self._assert_fetched(pbx, "812/voicemail", "/calls/812", "/b")
        call = self._of(pbx).call_id
        self.assertEqual((call.outcome, call.recording_state), ("voicemail", "here"))

    def test_yeastar(self):
        pbx = self._connect("yeastar", tz="UTC")
        name = "20261123100005-1795428005.362-2005-101-Internal.wav"
        record = {
            "call_id": "1795428005.362", "time_start": "2026-11-23 10:00:00", "call_from": "2005",
            "call_to": "101", "call_duration": 62, "talk_duration": 60, "status": "ANSWERED",
            "type": "Internal", "recording": name,
        }  # fmt: skip
        self._send(pbx, {"type": 30012, "sn": "1", "msg": json.dumps(record)})
        api = "/openapi/v1.0"
        login = {"errcode": 0, "access_token": "token-of-yeastar"}
        found = {"errcode": 0, "download_resource_url": "/api/download/x.wav"}
        self.provider.answers |= {
            ("POST", f"{api}/get_token"): (200, login),
            ("GET", f"{api}/recording/download"): (200, found),
            ("GET", "/api/download/x.wav"): (200, SOUND),
        }
        with self.assertNoLogs("odoo.addons.call_handling", "WARNING"):
            self._assert_fetched(pbx, name, f"{api}/recording/download", "/api/download/x.wav")

    def test_nothing_remains_of_the_file_of_a_private_call(self):
        """Its name has the caller's number."""
        self.company.call_private_hours = 10**6
        self.company.call_private_mode = "count"
        pbx = self._connect("yeastar", tz="UTC")
        record = {
            "call_id": "c1", "time_start": "2026-11-23 10:00:00", "call_from": "+12025550142",
            "call_to": "101", "call_duration": 62, "talk_duration": 60, "status": "ANSWERED",
            "type": "Inbound", "recording": "20261123-c1-+12025550142-101-Inbound.wav",
        }  # fmt: skip
        for is_late in (False, True):
            self._send(pbx, {"type": 30012, "sn": str(is_late), "msg": json.dumps(record)})
            if not is_late:
                self.assertTrue(self._find_number())
                self._make_private(self._call("c1", pbx).with_user(self.alice))
            self._fetch()
            self.assertFalse(self._find_number())

    def _find_number(self):
        """Return the tables of the app that have the caller's number."""
        self.env.flush_all()
        self.env.cr.execute(
            "SELECT table_name FROM information_schema.tables"
            " WHERE table_name LIKE 'call%' AND table_type = 'BASE TABLE'"
        )
        found = []
        for (table,) in self.env.cr.fetchall():
            name = SQL.identifier(table)
            self.env.cr.execute(SQL("SELECT FROM %s t WHERE t::text LIKE '%%2025550142%%'", name))
            found += [table] if self.env.cr.rowcount else []
        return found

    def test_what_is_missing_is_said_and_no_secret_with_it(self):
        pbx = self._connect("telnyx", api_secret=False)
        about = {"call_control_id": "c", "call_leg_id": "L1", "call_session_id": "S1"}
        for kind in ("call.initiated", "call.recording.saved"):
            payload = about | {"recording_id": "R-1", "direction": "incoming"}
            self._send(pbx, {"data": {"id": kind, "event_type": kind, "payload": payload}})
        self._fetch()
        recording = self._of(pbx)
        self.assertEqual((recording.state, recording.attempts), ("fetching", 1))
        self.assertIn("missing", recording.reason)
        pbx.api_secret = "a-key-of-ours"
        link = f"{self.provider.url}/x?X-Amz-Signature=1"
        answer = {"data": {"download_urls": {"wav": link}}}
        self.provider.answers["GET", "/recordings/R-1"] = (200, answer)
        for status in (400, 401, 404, 500):
            self.provider.answers["GET", "/x"] = (status, b"a-key-of-ours X-Amz-Signature=1")
            recording.write({"state": "announced", "date_fetch": fields.Datetime.now()})
            self.env.flush_all()
            with self.assertNoLogs("odoo.addons.call_handling", "WARNING"):
                self._fetch()
            self.assertTrue(recording.reason)
            self.assertNotIn("a-key-of-ours", recording.reason)
            self._assert_no_secrets()

    def test_the_form_says_what_is_possible(self):
        admin = self.env["call.pbx"].with_user(self.admin)
        for code, can_fetch, can_delete in (
            ("twilio", True, True), ("yeastar", True, False), ("placetel", False, False),
        ):  # fmt: skip
            pbx = admin.browse(self._connect(code).id)
            self.assertEqual("Fetched by Odoo" in (pbx.recording_label or ""), can_fetch)
            self.assertEqual(pbx.can_delete_recordings, can_delete)
