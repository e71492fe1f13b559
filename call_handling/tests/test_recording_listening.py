import json

from odoo import Command
from odoo.exceptions import AccessError
from odoo.tests import new_test_user, tagged

from ..models.recording.listening import RECORDING_PATH
from .common import CallHttpCommon
from .common_recording import RecordingCommon, make_wav
from .common_roles import quiet

SOUND = make_wav()


@tagged("post_install", "-at_install")
class TestRecordingListening(RecordingCommon, CallHttpCommon):
    """Who listens, in which ways, and what the access log has of it."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.call, cls.recording = cls._record("own", extension="101")
        cls.mate, cls.of_mate = cls._record("mate", extension="102")
        cls.other, cls.of_other = cls._record("other", extension="104")
        cls.all = cls.recording + cls.of_mate + cls.of_other

    def _get(self, recording=None, *, path="", headers=None, user=None):
        if user:
            self.authenticate(user.login, user.login)
        url = f"{RECORDING_PATH}/{(recording or self.recording).id}{path}"
        return self.url_open(url, headers=headers)

    def _get_heard(self, user):
        """Return the recordings that somebody hears by the route and sees in players."""
        heard = self.all.filtered(lambda r: self._get(r, user=user).status_code == 200)
        visible = self.all.call_id.with_user(user)._filtered_access("read")
        shown = {values["id"] for values in visible.get_recordings()}
        self.assertEqual(shown, set(heard.ids))
        return heard

    def _get_log(self, act):
        return self.env["call.audit"].search([("act", "=", act)])

    # --- who -------------------------------------------------------------------------

    def test_to_read_calls_is_not_to_listen(self):
        for user in (self.alice, self.lead, self.boss, self.admin):
            with self.subTest(user=user.login):
                self.assertFalse(self._get_heard(user))
        self.assertFalse(self._get_log("listen"))

    def test_each_right_to_listen_has_its_calls(self):
        for user, scope, expected in (
            (self.alice, "own", self.recording),
            (self.lead, "department", self.recording + self.of_mate),
            (self.boss, "all", self.all),
            (self.admin, "own", self.all.browse()),
        ):
            with self.subTest(scope, user=user.login):
                self._let_listen(user, scope)
                self.assertEqual(self._get_heard(user), expected)

    def test_nobody_gets_a_recording_by_what_they_write(self):
        self._let_listen(self.lead)
        self.mate.with_user(self.lead).user_id = self.lead
        self.assertFalse(self._get_heard(self.lead))

    def test_a_phone_that_only_rang_hears_nothing(self):
        ring = {"call": "both", "event": "ringing", "direction": "incoming"}
        self._send_events(
            ring | {"leg": "1", "extension": "101"},
            ring | {"leg": "2", "extension": "102"},
            {"call": "both", "event": "answered", "leg": "2", "extension": "102"},
            {"call": "both", "event": "ended"},
        )
        self._upload("both", "both")
        self._let_listen(self.alice)
        self._let_listen(self.bob)
        both = self._recording("both")
        self.assertTrue(both.call_id.with_user(self.alice).has_access("read"))
        self.assertEqual(self._get(both, user=self.alice).status_code, 404)
        self.assertEqual(self._get(both, user=self.bob).status_code, 200)

    def test_a_message_on_a_missed_call_is_for_whom_it_was(self):
        self.env["call.line"].create(
            {"name": "L", "number": "+493023125620", "user_ids": [Command.set(self.alice.ids)]}
        )
        missed = {"answered": False, "extension": "199", "line": "+493023125620"}
        _call, message = self._record("missed", **missed)
        self._let_listen(self.alice)
        self._let_listen(self.bob)
        self.assertEqual(self._get(message, user=self.alice).status_code, 200)
        self.assertEqual(self._get(message, user=self.bob).status_code, 404)

    def test_managers_of_projects_do_not_listen(self):
        manager = self._create_listener("manager", "project.group_project_manager")
        project = self.env["project.project"].create(
            {"name": "P", "user_id": manager.id, "company_id": self.company.id}
        )
        self.call.project_id = project
        self.assertTrue(self.call.with_user(manager).has_access("read"))
        self.assertFalse(self._get_heard(manager))

    def test_customers_do_not_listen(self):
        customer = new_test_user(self.env, login="customer", groups="base.group_portal")
        self.call.project_id = self.env["project.project"].create(
            {"name": "P", "privacy_visibility": "portal", "partner_id": customer.partner_id.id}
        )
        self.assertEqual(self._get(user=customer).status_code, 404)

    def test_another_company_hears_nothing(self):
        company = self.env["res.company"].create({"name": "Sydlicht GmbH"})
        boss = self._let_listen(self.boss, "all")
        boss.write({"company_ids": [Command.set(company.ids)], "company_id": company.id})
        self.assertEqual(self._get(user=boss).status_code, 404)

    # --- the log ---------------------------------------------------------------------

    def test_a_player_that_asks_for_pieces_is_logged_once(self):
        self._let_listen(self.alice)
        for start in (0, 100, 50):
            answer = self._get(headers={"Range": f"bytes={start}-"}, user=self.alice)
            self.assertEqual(answer.status_code, 206)
        entry = self._get_log("listen")
        self.assertEqual((entry.user_id, entry.res_id), (self.alice, self.recording.id))
        self.assertEqual(entry.company_id, self.company)

    def test_each_download_is_logged(self):
        self._let_listen(self.alice, download=True)
        for _again in range(2):
            answer = self._get(path="/download", user=self.alice)
            self.assertEqual(answer.content, SOUND)
            self.assertIn("attachment", answer.headers["Content-Disposition"])
            self.assertNotIn("2025550142", answer.headers["Content-Disposition"])
        self.assertEqual(len(self._get_log("download")), 2)

    def test_to_listen_is_not_to_download(self):
        self._let_listen(self.alice)
        self.assertEqual(self._get(path="/download", user=self.alice).status_code, 404)
        (shown,) = self.call.with_user(self.alice).get_recordings()
        self.assertFalse(shown["download_url"])
        self.assertFalse(self._get_log("download"))
        self._let_listen(self.alice, download=True)
        (shown,) = self.call.with_user(self.alice).get_recordings()
        self.assertEqual(shown["download_url"], f"{RECORDING_PATH}/{self.recording.id}/download")

    # --- ranges ----------------------------------------------------------------------

    def test_a_player_can_seek(self):
        self._let_listen(self.alice)
        whole = self._get(user=self.alice)
        self.assertEqual((whole.status_code, whole.content), (200, SOUND))
        self.assertEqual(whole.headers["Accept-Ranges"], "bytes")
        self.assertEqual(whole.headers["Content-Type"], "audio/x-wav")
        self.assertEqual(whole.headers["Cache-Control"], "no-store")
        self.assertEqual(whole.headers["X-Content-Type-Options"], "nosniff")
        for span, expected in {
            "bytes=0-": SOUND,
            "bytes=100-199": SOUND[100:200],
            "bytes=-500": SOUND[-500:],
            f"bytes=10-{len(SOUND) * 9}": SOUND[10:],
        }.items():
            with self.subTest(span):
                part = self._get(headers={"Range": span})
                self.assertEqual((part.status_code, part.content), (206, expected))
        past = self._get(headers={"Range": f"bytes={len(SOUND)}-"})
        self.assertEqual(past.status_code, 416)
        same = {"Range": "bytes=5-9", "If-Range": whole.headers["ETag"]}
        self.assertEqual(self._get(headers=same).status_code, 206)
        changed = self._get(headers=same | {"If-Range": '"another"'})
        self.assertEqual((changed.status_code, changed.content), (200, SOUND))

    # --- no other way ----------------------------------------------------------------

    def test_no_other_way_leads_to_the_sound(self):
        """Not even for administrators of Odoo who may listen."""
        (file,) = self._get_files(self.recording)
        root = self._let_listen(self.boss, "all", download=True)
        root.group_ids = [
            Command.link(self.env.ref(group).id)
            for group in ("base.group_system", "base.group_allow_export")
        ]
        self.authenticate(root.login, root.login)
        key = self.env["res.users.apikeys"].with_user(root)._generate("rpc", "key", None)
        with quiet():
            for path in (
                f"/web/content/{file.id}",
                f"/web/content/{file.id}?download=true",
                f"/web/content?model=call.recording&id={self.recording.id}&field=file",
                f"/web/content/call.recording/{self.recording.id}/file",
                f"/web/image/{file.id}",
                f"/web/image/call.recording/{self.recording.id}/file",
            ):
                with self.subTest(path):
                    self.assertNotIn(SOUND[60:90], self.url_open(path).content)
            headers = {"Authorization": f"Bearer {key}", "Content-Type": "application/json"}
            for model, ids, fields in (
                ("ir.attachment", file.ids, ["datas", "raw", "store_fname", "checksum", "url"]),
                ("call.recording", self.recording.ids, ["file"]),
                ("call.recording", self.recording.ids, ["part"]),
            ):
                for field in fields:
                    with self.subTest(model, field=field):
                        body = json.dumps({"ids": ids, "fields": [field]})
                        answer = self.url_open(f"/json/2/{model}/read", data=body, headers=headers)
                        self.assertEqual(answer.status_code, 403, answer.text)
            mine, found = file.with_user(root), self.recording.with_user(root)
            for name, attempt in {
                "read": lambda: mine.read(["raw"]),
                "export": lambda: found.export_data(["file"]),
                "export of files": lambda: mine.export_data(["datas"]),
                "copy": lambda: mine.copy(),
                "move": lambda: mine.write({"res_model": "res.partner", "res_id": 1}),
                "message": lambda: root.partner_id.with_user(root).message_post(
                    body="x", attachment_ids=mine.ids
                ),
                "token": lambda: mine.generate_access_token(),
                "delete": lambda: mine.unlink(),
                "create": lambda: mine.create(
                    {"name": "x", "raw": b"x", "res_model": "call.recording",
                     "res_id": self.recording.id, "res_field": "file"}
                ),
            }.items():  # fmt: skip
                with self.subTest(name), self.assertRaises(AccessError), self.env.cr.savepoint():
                    self.fail(attempt())
        self.assertFalse(self._get_log("listen") + self._get_log("download"))

    def test_what_is_gone_is_not_given_out(self):
        self._let_listen(self.alice)
        self.call.with_user(self.alice).action_refuse_recording()
        self.assertEqual(self._get(user=self.alice).status_code, 404)
        (shown,) = self.call.with_user(self.alice).get_recordings()
        self.assertEqual((shown["state"], bool(shown["reason"])), ("refused", True))

    def test_what_browsers_do_not_play_is_explained(self):
        self._let_listen(self.alice)
        self._upload("own", "gsm", make_wav(kind=49))
        shown = {v["id"]: v for v in self.call.with_user(self.alice).get_recordings()}
        self.assertIn("GSM", shown[self._recording("gsm").id]["reason"])
        self.assertFalse(shown[self.recording.id]["reason"])

    def test_notes_are_marked_where_they_were_written(self):
        self._let_listen(self.alice)
        note = self.env["call.note"].create({"call_id": self.call.id, "body": "<p>Price?</p>"})
        before = note.copy()
        note.sudo().date = "2026-11-23 10:00:06"
        before.sudo().date = "2026-11-23 09:00:00"
        (shown,) = self.call.with_user(self.alice).get_recordings()
        self.assertEqual(shown["markers"], [{"seconds": 1, "text": "Price?"}])
