import json
import logging
from unittest.mock import patch

from odoo.tests import tagged
from odoo.tools import mute_logger

from ..adapters import ADAPTERS
from ..adapters.generic import MAX_EVENTS
from ..models.ir_http import MAX_BODY
from ..models.pbx.access import WEBHOOK_PATH
from ..tools.refusing import forget_refusals
from .common import CallHttpCommon
from .signing import FORM, JSON, Signer, make_sipgate_key

MULTIPART = "multipart/form-data; boundary=x"
PUBLIC_KEY = "odoo.addons.call_handling.adapters.sipgate.PUBLIC_KEY"
NUMBER = "+12025550199"  # must not get into the log

BODIES = {
    "empty": b"",
    "blank": b" \n ",
    "no JSON": b'{"call": "%s' % NUMBER.encode(),
    "number": b"17",
    "nothing": b"null",
    "text": b'"%s"' % NUMBER.encode(),
    "list": b"[1, null, [], {}]",
    "object": b"{}",
    "deep": b"[" * 20_000,
    "binary": bytes(range(256)),
    "null characters": b'{"call": "\\u0000", "event": "a\\u0000b", "callId": "\\u0000"}',
    "half a character": b'{"call": "\\ud800", "event": "\\ud800", "uuid": "\\udfff"}',
    "another encoding": b'{"call": "M\xfcller", "event": "ended"}',
    "huge number": b'{"call": %s, "event": "ended"}' % (b"9" * 5000),
    "no number": b'{"call": NaN, "event": Infinity, "at": 1e999}',
    "form": b"event=ringing&callId=%00&call_id=%ff&CallStatus=x&cdr={}",
    "form without values": b"&&&===&",
    "form with brackets": b"user[=1&user]=2&user[][]=3&[]=4",
    "parts": b'--x\r\nContent-Disposition: form-data; name="event"\r\n\r\nx\r\n--x--\r\n',
    "parts cut off": b"--x\r\nContent-Disposition: form-data",
    "thousands of parts": b'--x\r\nContent-Disposition: form-data; name="a"\r\n\r\n\r\n' * 3000,
    "too large": b" " * (MAX_BODY + 1),
}
TYPES = (JSON, FORM, MULTIPART, "text/xml", "", "application/json; charset=nonsense", "x" * 500)


@tagged("post_install", "-at_install")
class TestWebhookAnswers(CallHttpCommon):
    """Every request gets one of the documented answers, and never a traceback."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        key, public = make_sipgate_key()
        cls.startClassPatcher(patch(PUBLIC_KEY, public))
        cls.signers = {}
        for code in ADAPTERS:
            token = f"address-of-{code}"
            signer = Signer(code, "", sipgate_key=key)
            pbx = cls._create_pbx(code, token, secret=signer.secret, unsigned_allowed=True)
            signer.address = pbx.webhook_url
            cls.signers[code] = signer

    def _send(self, code, body, content_type=JSON, **headers):
        signed = self.signers[code].sign(body, content_type)
        address = f"{WEBHOOK_PATH}/address-of-{code}" + (signed.query and f"?{signed.query}")
        headers = signed.headers | headers
        forget_refusals()  # each is the first one
        return self.url_open(address, data=signed.body, headers=headers, method="POST")

    def _assert_documented(self, answer, *statuses):
        self.assertIn(answer.status_code, statuses)
        self.assertNotIn("Traceback", answer.text)
        self.assertNotIn(NUMBER, answer.text)
        if answer.status_code in (403, 413, 503):
            self.assertTrue(answer.json()["error"])

    def test_every_kind_of_body_gets_a_documented_answer_from_every_system(self):
        with self.assertLogs("odoo", "INFO") as logs:
            logging.getLogger("odoo").error("nothing else has to be logged")
            for code in ADAPTERS:
                for name, body in BODIES.items():
                    for content_type in TYPES if name in ("object", "form", "parts") else TYPES[:3]:
                        with self.subTest(system=code, body=name, content_type=content_type[:40]):
                            answer = self._send(code, body, content_type)
                            # the token of Aircall is in the body
                            self._assert_documented(answer, 200, 400, 403, 413)
                            if code != "aircall":
                                self.assertNotEqual(answer.status_code, 403)
        logged = "\n".join(logs.output)
        self.assertNotIn("Traceback", logged)
        self.assertNotIn(NUMBER[1:], logged)
        for signer in self.signers.values():
            self.assertNotIn(signer.secret, logged)

    def test_every_refusal_of_every_system_is_403(self):
        for code in set(ADAPTERS) - {"zammad"}:
            for body in (b"", b"{}", b"event=x"):
                with self.subTest(system=code, body=body):
                    forget_refusals()
                    answer = self.url_open(
                        f"{WEBHOOK_PATH}/address-of-{code}", data=body or b" ", method="POST"
                    )
                    self._assert_documented(answer, 403)

    def test_addresses_beside_the_right_one_are_refused(self):
        for path in ("", "/", "/a/b", "/a/", "/a?x=1", "/../pbx/x", "/%2e%2e", "/%ff", "x"):
            with self.subTest(path), mute_logger("odoo.http"):
                answer = self.url_open(WEBHOOK_PATH + path, data=b"{}", method="POST")
                self._assert_documented(answer, 403, 404 if path == "x" else 403)

    def test_too_large_a_body_is_answered_with_the_limit(self):
        answer = self._send("generic", BODIES["too large"])
        self.assertEqual(answer.status_code, 413)
        self.assertEqual(answer.json()["max_bytes"], MAX_BODY)

    def test_too_many_events_are_answered_with_the_limit_and_nothing_is_stored(self):
        event = {"call": "c1", "event": "ended"}
        for code in ("generic", "asterisk"):
            many = json.dumps([event] * (MAX_EVENTS + 1)).encode()
            answer = self._send(code, many)
            self.assertEqual(answer.status_code, 413)
            self.assertEqual(answer.json()["max_events"], MAX_EVENTS)
            pbx = self.env["call.pbx"].search([("token", "=", f"address-of-{code}")])
            self.assertFalse(self.env["call.event"].search([("pbx_id", "=", pbx.id)]))
            self.assertEqual(self._get_refused(pbx), {"too_many": 1})
            as_many = json.dumps({"events": [event] * MAX_EVENTS}).encode()
            self.assertEqual(self._send(code, as_many).status_code, 200)

    def test_what_fails_unexpectedly_is_to_be_sent_again_and_the_log_names_nobody(self):
        path = "odoo.addons.call_handling.intake.intake.Intake.process"
        body = json.dumps({"call": "c1", "event": "ended"}).encode()
        for error in (RuntimeError, ValueError, KeyError):
            with patch(path, side_effect=error(NUMBER)), self.assertLogs("odoo") as logs:
                answer = self._send("generic", body)
            self._assert_documented(answer, 503)
            self.assertNotIn(NUMBER[1:], "\n".join(logs.output))
        self.assertEqual(self._send("generic", body).json()["accepted"], 1)

    def test_what_fails_after_storing_does_not_undo_it(self):
        body = json.dumps({"call": "c1", "event": "ended"}).encode()
        adapter = ADAPTERS["generic"]
        for name in ("react", "reply"):
            with (
                patch.object(adapter, name, side_effect=RuntimeError(NUMBER)),
                self.assertLogs("odoo") as logs,
            ):
                answer = self._send("generic", body)
            self.assertEqual(answer.status_code, 200)
            self.assertNotIn(NUMBER[1:], "\n".join(logs.output))
        self.assertEqual(self._send("generic", body).json()["duplicates"], 1)
