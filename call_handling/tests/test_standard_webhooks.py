import json
import time

from odoo.tests import tagged

from ..adapters.standard_webhooks import sign_standard, write_secret
from .common import SECRET, CallHttpCommon

RINGING = {"call": "a1", "event": "ringing", "from": "+12025550142", "extension": "101"}


@tagged("post_install", "-at_install")
class TestStandardWebhooks(CallHttpCommon):
    """Senders of the event API can sign with a library of Standard Webhooks."""

    def _post_signed(self, body, identifier, secret=SECRET, ago=0):
        body, timestamp = json.dumps(body).encode(), str(int(time.time()) - ago)
        headers = {
            "webhook-id": identifier,
            "webhook-timestamp": timestamp,
            "webhook-signature": sign_standard(secret, identifier, timestamp, body),
        }
        return self._post(body, secret=None, headers=headers)

    def test_the_same_request_again_gives_duplicates_and_no_new_call(self):
        batch = [RINGING, {"call": "a2", "event": "ringing"}]
        first = self._post_signed(batch, "msg_1", ago=30)
        self.assertEqual(first.json(), {"accepted": 2, "duplicates": 0, "failed": 0})
        again = self._post_signed(batch, "msg_1")
        self.assertEqual(again.json(), {"accepted": 0, "duplicates": 2, "failed": 0})
        self.assertEqual(len(self._call("a1")), 1)

    def test_a_wrong_signature_is_refused_and_its_reason_shown(self):
        self.assertEqual(self._post_signed(RINGING, "msg_1", "wrong").status_code, 403)
        self.assertEqual(self._post_signed(RINGING, "msg_1", ago=400).status_code, 403)
        self.assertEqual(self._get_refused(), {"wrong_signature": 1, "old": 1})

    def test_a_new_secret_is_shown_in_both_ways_and_both_sign(self):
        action = self.pbx.with_user(self.admin).action_new_secret()
        shown = self._open_secret(action)
        self.assertEqual(shown["standard_secret"], write_secret(self.pbx.sudo().secret))
        for number, secret in enumerate((shown["secret"], shown["standard_secret"])):
            self.assertEqual(self._post_signed(RINGING, f"msg_{number}", secret).status_code, 200)

    def test_a_secret_of_the_sender_can_be_entered(self):
        theirs = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
        self.pbx.with_user(self.admin).new_secret = theirs
        self.assertEqual(self._post_signed(RINGING, "msg_1", theirs).status_code, 200)

    def test_other_systems_get_one_secret_only(self):
        self.pbx.adapter = "asterisk"
        action = self.pbx.with_user(self.admin).action_new_secret()
        self.assertFalse(self._open_secret(action)["standard_secret"])

    def _open_secret(self, action):
        """Return what the dialog shows, as the web client gets it."""
        model = self.env[action["res_model"]].with_user(self.admin)
        fields_spec = {"id": {}, "secret": {}, "standard_secret": {}}
        opened = model.with_context(**action["context"]).onchange({}, [], fields_spec)
        return opened["value"]
