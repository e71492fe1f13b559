import json
import time
from datetime import timedelta

from odoo import fields
from odoo.tests import tagged
from odoo.tools import mute_logger

from ..adapters.signature import SIGNATURE_HEADER, TIMESTAMP_HEADER
from ..controllers.pbx import MAX_BODY
from ..models.pbx.access import WEBHOOK_PATH
from .common import SECRET, TOKEN, CallHttpCommon, folding_fails

RINGING = {
    "call": "a1", "leg": "a1-101", "event": "ringing", "id": "e1", "direction": "incoming",
    "from": "+12025550142", "from_name": "J. Roe", "to": "+493023125610", "extension": "101",
}  # fmt: skip
RINGING_BODY = json.dumps(RINGING).encode()
ENDED = {"call": "a1", "event": "ended", "cause": "no_answer"}


@tagged("post_install", "-at_install")
class TestWebhook(CallHttpCommon):
    """The webhook to which telephone systems send their events."""

    def _assert_refused(self, answer, reason=None):
        self.assertEqual((answer.status_code, answer.json()), (403, {"error": "refused"}))
        if reason:
            self.assertEqual(self._get_refused(), {reason: 1})
        self.assertFalse(self.env["call.event"].search([("pbx_id", "=", self.pbx.id)]))

    def _failed_events(self):
        return self.env["call.event"].search(
            [("pbx_id", "=", self.pbx.id), ("state", "=", "failed")]
        )

    # --- accepted requests -----------------------------------------------------------

    def test_a_signed_event_becomes_a_call(self):
        answer = self._post(RINGING)
        self.assertEqual(answer.status_code, 200)
        self.assertEqual(answer.json(), {"accepted": 1, "duplicates": 0, "failed": 0})
        self.assertRecordValues(
            self._call("a1"),
            [
                {
                    "state": "ringing",
                    "direction": "incoming",
                    "remote_number": "+12025550142",
                    "remote_name": "J. Roe",
                    "line_number": "+493023125610",
                    "user_id": self.alice.id,
                    "department_id": self.support.id,
                    "company_id": self.company.id,
                }
            ],
        )

    def test_a_batch_is_counted_and_repeats_are_duplicates(self):
        self.assertEqual(
            self._post({"events": [RINGING, ENDED, {"event": "ended"}]}).json(),
            {"accepted": 2, "duplicates": 0, "failed": 1, "errors": ["'call' is missing"]},
        )
        self.assertEqual(
            self._post([RINGING, ENDED]).json(), {"accepted": 0, "duplicates": 2, "failed": 0}
        )
        self.assertEqual(self._call("a1").outcome, "no_answer")

    def test_json_with_the_content_type_of_a_form_is_accepted(self):
        # the default of curl -d
        form = {"Content-Type": "application/x-www-form-urlencoded"}
        self.assertEqual(self._post(RINGING, headers=form).json()["accepted"], 1)

    def test_form_fields_named_like_parameters_do_no_harm(self):
        self.pbx.write({"adapter": "zammad", "unsigned_allowed": True})
        form = {"Content-Type": "application/x-www-form-urlencoded"}
        body = b"event=newCall&callId=z1&direction=in&from=12025550142&user=101&token=x&self=y"
        answer = self._post(body, secret=None, headers=form)
        self.assertEqual((answer.status_code, answer.text), (200, "{}"))
        self.assertEqual(self._call("z1").user_id, self.alice)

    # --- refused requests ------------------------------------------------------------

    def test_a_wrong_address_is_refused(self):
        for token in ("wrong", "x" * 300, "%00", "ü", TOKEN.upper()):
            with self.subTest(token):
                self._assert_refused(self._post(RINGING, token=token))

    def test_an_archived_system_is_refused(self):
        self.pbx.active = False
        self._assert_refused(self._post(RINGING))

    def test_a_missing_signature_is_refused_and_counted(self):
        self._assert_refused(self._post(RINGING, secret=None), "unsigned")

    def test_a_wrong_signature_is_refused_and_counted(self):
        self._assert_refused(self._post(RINGING, secret="wrong"), "wrong_signature")

    def test_a_changed_body_is_refused(self):
        answer = self._post(RINGING)
        sent = answer.request.headers
        headers = {name: sent[name] for name in (TIMESTAMP_HEADER, SIGNATURE_HEADER)}
        changed = json.dumps(RINGING | {"from": "+12025550143", "id": "e2"}).encode()
        refused = self._post(changed, secret=None, headers=headers)
        self.assertEqual(refused.status_code, 403)

    def test_an_old_timestamp_is_refused_and_counted(self):
        old = str(int(time.time()) - 301)
        self._assert_refused(self._post(RINGING, timestamp=old), "old")

    def test_unsigned_systems_are_refused_until_the_administrator_allows_them(self):
        self.pbx.adapter = "zammad"
        message = {"event": "newCall", "callId": "z1", "direction": "in", "from": "12025550142"}
        self._assert_refused(self._post(message, secret=None), "not_allowed_unsigned")
        self.pbx.unsigned_allowed = True
        self.assertEqual(self._post(message, secret=None).status_code, 200)

    def test_a_system_that_signs_is_refused_unsigned_even_if_allowed(self):
        self.pbx.unsigned_allowed = True
        self._assert_refused(self._post(RINGING, secret=None), "unsigned")

    def test_a_system_without_a_secret_refuses_everything(self):
        self.pbx.secret = False
        self._assert_refused(self._post(RINGING, secret=SECRET), "wrong_signature")

    def test_every_refusal_has_the_same_response(self):
        answers = [
            self._post(RINGING, token="wrong"),
            self._post(RINGING, secret=None),
            self._post(RINGING, secret="wrong"),
            self._post(RINGING, timestamp="0"),
        ]
        responses = {
            (answer.status_code, answer.text, answer.headers["Content-Type"]) for answer in answers
        }
        self.assertEqual(len(responses), 1)

    def test_during_a_rotation_both_secrets_are_valid(self):
        self.pbx.with_user(self.admin).action_new_secret()
        new = self.pbx.secret
        self.assertEqual(self._post(RINGING, secret=SECRET).status_code, 200)
        self.assertEqual(self._post(ENDED, secret=new).status_code, 200)
        self.pbx.previous_secret_until = fields.Datetime.now() - timedelta(seconds=1)
        self.assertEqual(self._post(RINGING, secret=SECRET).status_code, 403)
        self.assertEqual(self._post(RINGING, secret=new).status_code, 200)

    def test_an_old_secret_can_be_ended_immediately(self):
        self.pbx.with_user(self.admin).action_new_secret()
        self.pbx.with_user(self.admin).action_end_old_secret()
        self.assertEqual(self._post(RINGING, secret=SECRET).status_code, 403)

    def test_a_new_address_replaces_the_old_one(self):
        self.pbx.with_user(self.admin).action_new_address()
        self.assertEqual(self._post(RINGING).status_code, 403)
        self.assertEqual(self._post(RINGING, token=self.pbx.token).status_code, 200)

    # --- bad input -------------------------------------------------------------------

    def test_an_empty_body_is_reported(self):
        answer = self._post(b"")
        self.assertEqual((answer.status_code, answer.json()["error"]), (400, "the body is empty"))

    def test_broken_json_is_reported_and_kept(self):
        for body in (b'{"call": "a1"', b"\xff\xfe\x00\x01", b"[" * 5000):
            with self.subTest(body[:20]):
                answer = self._post(body)
                self.assertEqual(answer.status_code, 400)
                self.assertTrue(answer.json()["error"])
        answer = self._post(b'"\\ud800"')  # valid JSON, but no event
        self.assertEqual((answer.status_code, answer.json()["failed"]), (200, 1))
        self.assertEqual(len(self._failed_events()), 4)

    def test_the_same_broken_body_is_kept_once(self):
        self._post(b"broken")
        self._post(b"broken")
        self.assertEqual(len(self._failed_events()), 1)
        self.assertEqual(self._failed_events().raw, "broken")

    def test_invalid_events_are_reported_and_kept(self):
        bad = {
            "unknown event": RINGING | {"event": "exploded"},
            "wrong type": RINGING | {"from": ["+12025550142"]},
            "absurd past": RINGING | {"at": "0001-01-01T00:00:00Z"},
            "absurd future": RINGING | {"at": "2999-12-31T00:00:00Z"},
            "no date": RINGING | {"at": "31.02.2026"},
            "null character": RINGING | {"from_name": "a\u0000b"},
            "lone surrogate": RINGING | {"from_name": "\ud800"},
            "too long": RINGING | {"from_name": "x" * 600},
        }
        for name, event in bad.items():
            with self.subTest(name):
                answer = self._post(event)
                self.assertEqual(answer.status_code, 200)
                self.assertEqual(answer.json()["failed"], 1)
                self.assertTrue(answer.json()["errors"][0])
        self.assertEqual(len(self._failed_events()), len(bad))
        self.assertFalse(self._call("a1"))

    def test_ten_megabytes_are_refused(self):
        answer = self._post(b"x" * 10 * 1024 * 1024)
        self.assertEqual(answer.status_code, 413)
        self.assertIn("too large", answer.json()["error"])
        self.assertEqual(answer.json()["max_bytes"], MAX_BODY)
        self.assertFalse(self._failed_events())
        self.assertEqual(self._get_refused(), {"too_large": 1})

    def test_a_large_body_without_content_length_is_refused(self):
        pieces = [b" " * MAX_BODY, RINGING_BODY]
        answer = self.url_open(f"{WEBHOOK_PATH}/{TOKEN}", data=iter(pieces), method="POST")
        self.assertEqual(answer.status_code, 413)

    def test_a_small_body_without_content_length_is_accepted(self):
        sent = self._post(RINGING).request.headers
        proof = {name: sent[name] for name in (TIMESTAMP_HEADER, SIGNATURE_HEADER)}
        pieces = [RINGING_BODY[:10], RINGING_BODY[10:]]
        answer = self.url_open(
            f"{WEBHOOK_PATH}/{TOKEN}", data=iter(pieces), headers=proof, method="POST"
        )
        self.assertEqual((answer.status_code, answer.json()["duplicates"]), (200, 1))

    def test_256_kib_are_the_limit(self):
        filler = {"call": "a1", "event": "ended", "queue": "q"}
        body = json.dumps(filler).encode()
        fitting = body + b" " * (MAX_BODY - len(body))
        self.assertEqual(self._post(fitting).status_code, 200)
        self.assertEqual(self._post(fitting + b" ").status_code, 413)

    def test_other_methods_are_refused(self):
        for method in ("GET", "PUT", "DELETE", "PATCH", "HEAD"):
            with self.subTest(method), mute_logger("odoo.http"):
                answer = self.url_open(f"{WEBHOOK_PATH}/{TOKEN}", method=method)
                self.assertEqual(answer.status_code, 405)

    def test_a_failed_call_loses_no_event_and_returns_no_stack_trace(self):
        with (
            folding_fails("secret detail"),
            mute_logger("odoo.addons.call_handling.intake.intake"),
        ):
            answer = self._post([RINGING, ENDED])
        self.assertEqual(answer.status_code, 200)
        self.assertEqual(answer.json()["accepted"], 2)
        self.assertNotIn("secret detail", answer.text)
        self.assertEqual(len(self._failed_events()), 2)
        self.assertIn("secret detail", self._failed_events()[0].error)
