import base64
import hashlib
import hmac
import json
import re
import time
from unittest.mock import patch
from urllib.parse import urlencode

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import generate_private_key
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from odoo.tests import tagged

from ..adapters.api import ApiError, Problem
from ..adapters.sipgate import SIGNATURE_HEADER as SIPGATE_HEADER
from ..adapters.telnyx import TelnyxAdapter
from ..adapters.twilio.signature import sign as sign_as_twilio
from .common import SECRET, TOKEN, CallHttpCommon

FORM = {"Content-Type": "application/x-www-form-urlencoded"}


class SignedCommon(CallHttpCommon):
    """Sends forms that the telephone system has signed to the webhook."""

    def _send_form(self, body, query="", **headers):
        body = body if isinstance(body, bytes) else urlencode(body).encode()
        token = TOKEN + (f"?{query}" if query else "")
        return self._post(body, token=token, secret=None, headers=FORM | headers)

    def _assert_refused_and_counted(self, answer, count=1):
        self.assertEqual((answer.status_code, answer.json()), (403, {"error": "refused"}))
        self.assertEqual(self._get_refused(), {"wrong_signature": count})


@tagged("post_install", "-at_install")
class TestPlacetel(SignedCommon):
    """Placetel signs the raw body of a form."""

    # https://github.com/Placetel/call-control-notify-api
    PUBLISHED = (
        b"call_id=4a4cbb39578170aed9a2761a7bec8c7e704a541f52291ef603d6f5f152980c3c"
        b"&event=CallAccepted&from=0123456789&to=0987654321"
    )
    SIGNATURE = "c4f823c5b8806432fe2b83b1fc2ee714422e0cdfb4b5129152a7d0bbcd7792d0"

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.pbx.adapter = "placetel"

    def _notify(self, **fields):
        body = urlencode(fields).encode()
        signature = hmac.new(SECRET.encode(), body, hashlib.sha256).hexdigest()
        return self._send_form(body, **{"X-PLACETEL-SIGNATURE": signature})

    def test_the_published_example_is_accepted(self):
        self.pbx.secret = "12345"
        answer = self._send_form(self.PUBLISHED, **{"X-PLACETEL-SIGNATURE": self.SIGNATURE})
        self.assertEqual(answer.status_code, 200)
        call = self._call(self.PUBLISHED[8:72].decode())
        self.assertEqual((call.direction, call.state), ("incoming", "ongoing"))

    def test_a_flipped_byte_is_refused(self):
        self.pbx.secret = "12345"
        flipped = self.PUBLISHED.replace(b"from=0", b"from=1")
        self._assert_refused_and_counted(
            self._send_form(flipped, **{"X-PLACETEL-SIGNATURE": self.SIGNATURE})
        )

    def test_the_user_is_found_by_the_sip_user(self):
        self._give_extension(self.pbx, self.alice, "7777abc@fpbx.de")
        about = {"call_id": "p1", "from": "anonymous", "to": "03023125610", "direction": "in"}
        self._notify(event="IncomingCall", **about)
        self._notify(event="CallAccepted", peer="7777abc@fpbx.de", **about)
        self.assertEqual(self._notify(event="HungUp", type="accepted", **about).status_code, 200)
        self.assertRecordValues(
            self._call("p1"),
            [
                {
                    "outcome": "answered",
                    "is_anonymous": True,
                    "line_number": "+493023125610",
                    "user_id": self.alice.id,
                }
            ],
        )


@tagged("post_install", "-at_install")
class TestSipgate(SignedCommon):
    """sipgate signs the raw body of a form with its own key."""

    # https://github.com/sipgate-io/sipgateio-node/blob/master/lib/webhook/webhook.test.node.ts
    PUBLISHED = (
        b"callId=&direction=in&event=newCall&from=4912354678&fullUserId%5B%5D%5B0%5D=123456789"
        b"&originalCallId=&to=49999999&user%5B%5D%5B0%5D=TestUser"
        b"&userId%5B%5D%5B0%5D=123456789&xcid="
    )
    SIGNATURE = (
        "hlY7r9Vad0NP/7xJxf+vcDqjWaGWHOcIrj+rcP5aqQQcHtbSLsElp2kRNRPBL5unWbq6bExVPZB49HHM+Y/fWSV"
        "L19q7KSJhYPHfikcME0r0mCYB4S/VnJwnIvpiqz6s7Dpnk3wDCy65B3WQLwBVWA9oh6ojNM/g+87YnoMTKRx1Ko"
        "FqosKNfBp1c1I8XjXusGOW/VlGnMb6wHhUVdwi9K7FfUgxj2pnV+M1Xv9rYs6RAi4V1OcUPqdT5geHsxWa09sk+"
        "AEHSUm1EFnAvx7PhIkugpNwST7yPKHf0+iyei4qUQCBZtfQVOI4mLZTRfQuyVo3YuJfvHaNPYY34/1ZCZGCKeu+"
        "HS6WHs1vGUyKxSi8v4JJqog2VOlWruf8pMGg+syuAFwuxiCnWsSXgaaUfe9JrBAFjBxUmNP9DzR1bbkwxkJntha"
        "cu7jALXjGsubjSSSl955QgenV/ZpODHgWDPg0fe6qGILtk+kXLjyfSsoR/qgzE5W5OAyZq8W64h01KAt9Q283N7"
        "/2nogy6keiIWL3qjPolWnrchSP7iJUatM2YiTcpkNKnJ70UE05cdw3swuNe7zqD51MdOX3rAioEOFgOIFMSrxMV"
        "X+V4XK7sa5o43smN8lHoa+0AogQMuIrC7k2axdRbulSSNfyqVAZIT4qS0cItiv3aPXsdDKkkA0="
    )

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.pbx.adapter = "sipgate"
        cls.key = generate_private_key(65537, 2048)

    def _push(self, body, query=""):
        """Send a body as sipgate would, signed with a key of our own."""
        public = self.key.public_key()
        pem = public.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()
        signature = base64.b64encode(self.key.sign(body, PKCS1v15(), SHA256())).decode()
        with patch("odoo.addons.call_handling.adapters.sipgate.PUBLIC_KEY", pem):
            return self._send_form(body, query, **{SIPGATE_HEADER: signature})

    def test_the_published_example_is_accepted(self):
        # it has no call id: it is stored, but no call can be created from it
        answer = self._send_form(self.PUBLISHED, **{SIPGATE_HEADER: self.SIGNATURE})
        self.assertEqual(answer.status_code, 200)
        self.assertEqual(answer.headers["Content-Type"], "application/xml; charset=utf-8")
        event = self.env["call.event"].search([("pbx_id", "=", self.pbx.id)])
        self.assertEqual(event.error, "'callId' is missing")

    def test_a_flipped_byte_is_refused(self):
        flipped = self.PUBLISHED.replace(b"from=4", b"from=5")
        self._assert_refused_and_counted(
            self._send_form(flipped, **{SIPGATE_HEADER: self.SIGNATURE})
        )

    def test_a_transferred_call_is_one_call(self):
        for user, extension in ((self.alice, "w0"), (self.bob, "w1")):
            self._give_extension(self.pbx, user, extension)
        call = b"event=%s&from=12025550142&to=493023125610&direction=in&callId=%s"
        self._push(call % (b"newCall", b"s1") + b"&user[]=Alice&userId[]=w0")
        self._push(call % (b"answer", b"s1") + b"&user=Alice&userId=w0")
        reply = self._push(
            call % (b"newCall", b"s2") + b"&user[]=Bob&userId[]=w1&origCallId=s1"
        ).text
        query = re.search(r'onHangup="[^"?]*[?]([^"]*)"', reply)[1]
        self._push(call % (b"answer", b"s2") + b"&user=Bob&userId=w1", query)
        self._push(call % (b"hangup", b"s1") + b"&cause=normalClearing")
        self._push(call % (b"hangup", b"s2") + b"&cause=normalClearing", query)
        self.assertFalse(self._call("s2"))
        transferred = self._call("s1")
        self.assertEqual((transferred.state, transferred.user_id), ("ended", self.bob))
        self.assertEqual(transferred.leg_ids.user_id, self.alice | self.bob)


@tagged("post_install", "-at_install")
class TestTwilio(SignedCommon):
    """Twilio signs the public address and the fields of a form."""

    # https://github.com/twilio/twilio-python/blob/main/tests/unit/test_request_validator.py
    PUBLISHED = {
        "CallSid": "CA1234567890ABCDE",
        "Digits": "1234",
        "From": "+14158675309",
        "To": "+18005551212",
        "Caller": "+14158675309",
    }
    BASE = "https://pbx.example.com"

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.pbx.adapter = "twilio"
        cls.env["ir.config_parameter"].set_param("web.base.url", cls.BASE)

    def _post_signed(self, query="", algorithm=hashlib.sha1, base=BASE, flip=False, **fields):
        address = f"{base}/call_handling/pbx/{TOKEN}" + (f"?{query}" if query else "")
        signature = sign_as_twilio(SECRET, address, fields.items(), algorithm)
        headers = {"X-Twilio-Signature": signature}
        if algorithm is hashlib.sha256:
            settings = "key=k1,algorithm=HMAC_SHA256"
            headers["X-Twilio-Webhooks-Signature-Settings"] = settings
        if flip:
            fields |= {"From": fields["From"][:-1] + "9"}
        return self._send_form(fields, query, **headers)

    def test_the_published_signature_is_computed(self):
        address = "https://mycompany.com/myapp.php?foo=1&bar=2"
        signature = sign_as_twilio("12345", address, self.PUBLISHED.items(), hashlib.sha1)
        self.assertEqual(signature, "RSOYDt4T1cUTdK1PDd93/VVr8B8=")

    def test_the_signature_of_the_public_address_is_accepted(self):
        about = {"CallSid": "CA1", "CallStatus": "ringing", "From": "client:ann", "Empty": ""}
        for algorithm in (hashlib.sha1, hashlib.sha256):
            with self.subTest(algorithm):
                answer = self._post_signed("click=1", algorithm, Direction="outbound-api", **about)
                self.assertEqual((answer.status_code, answer.text), (200, "<Response/>"))
        self.assertEqual(self._call("CA1").direction, "outgoing")

    def test_the_signature_of_another_address_is_refused(self):
        about = {"CallSid": "CA1", "CallStatus": "ringing", "From": "+12025550142"}
        answer = self._post_signed(base="https://elsewhere.example.com", **about)
        self._assert_refused_and_counted(answer)

    def test_a_flipped_byte_is_refused(self):
        about = {"CallSid": "CA1", "CallStatus": "ringing", "From": "+12025550142"}
        self._assert_refused_and_counted(self._post_signed(flip=True, **about))


@tagged("post_install", "-at_install")
class TestThreeCX(CallHttpCommon):
    """3CX reports calls when they have ended, and looks up contacts by number."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.pbx.adapter = "threecx"

    def _send(self, body, secret=SECRET):
        return self._post(body, secret=None, headers={"X-Call-Handling-Secret": secret})

    def test_a_report_becomes_a_call(self):
        report = {
            "call_type": "Inbound",
            "number": "+12025550142",
            "agent": "101",
            "started_at": "2026-11-23T10:00:00Z",
            "established_at": "2026-11-23T10:00:08Z",
            "ended_at": "2026-11-23T10:01:08Z",
        }
        self.assertEqual(self._send(report).json()["accepted"], 1)
        call = self.env["call.call"].search([("pbx_id", "=", self.pbx.id)])
        self.assertRecordValues(
            call,
            [{"user_id": self.alice.id, "outcome": "answered", "talk_seconds": 60}],
        )

    def test_a_lookup_returns_the_contact(self):
        partner = self._create_contact("Jane Roe", "+1 202-555-0142", email="jane@example.com")
        answer = self._send({"lookup": "+12025550142"}).json()
        self.assertEqual(answer["contact"]["last_name"], "Roe")
        self.assertEqual(answer["contact"]["email"], "jane@example.com")
        self.assertTrue(answer["contact"]["url"].endswith(f"/odoo/res.partner/{partner.id}"))
        self.assertFalse(self.env["call.event"].search([("pbx_id", "=", self.pbx.id)]))

    def test_a_lookup_without_a_unique_match_returns_nothing(self):
        self.assertEqual(self._send({"lookup": "+12025550142"}).json(), {})
        self._create_contact("Jane Roe", "+1 202-555-0142")
        self._create_contact("John Doe", "+1 202-555-0142")
        self.assertEqual(self._send({"lookup": "+12025550142"}).json(), {})

    def test_a_lookup_without_the_secret_is_refused(self):
        self._create_contact("Jane Roe", "+1 202-555-0142")
        answer = self._send({"lookup": "+12025550142"}, secret="guessed")
        self.assertEqual((answer.status_code, answer.json()), (403, {"error": "refused"}))

    def test_the_template_can_be_downloaded_from_the_form(self):
        pbx = self.pbx.with_user(self.admin)
        template = base64.b64decode(pbx.configuration).decode()
        self.assertIn(pbx.webhook_url, template)
        self.assertNotIn(SECRET, template)
        self.assertEqual(pbx.configuration_name, "odoo-3cx-template.xml")


@tagged("post_install", "-at_install")
class TestYeastar(CallHttpCommon):
    """Yeastar signs the raw JSON body, and sends the local time of the telephone system."""

    def test_a_signed_record_becomes_a_call(self):
        self.pbx.adapter = "yeastar"
        record = {
            "call_id": "1.1",
            "time_start": "2026-11-23 11:00:00",
            "call_from": "+12025550142",
            "call_to": "101",
            "call_duration": 67,
            "talk_duration": 60,
            "status": "ANSWERED",
            "type": "Inbound",
            "did_number": "+493023125610",
        }
        body = json.dumps({"type": 30012, "msg": json.dumps(record)}).encode()
        signature = base64.b64encode(hmac.digest(SECRET.encode(), body, "sha256")).decode()
        answer = self._post(body, secret=None, headers={"X-Signature": signature})
        self.assertEqual(answer.status_code, 200)
        call = self._call("1.1")
        self.assertEqual(str(call.date_start), "2026-11-23 10:00:00")
        self.assertEqual((call.user_id, call.talk_seconds), (self.alice, 60))
        flipped = self._post(body + b" ", secret=None, headers={"X-Signature": signature})
        self.assertEqual(flipped.status_code, 403)


@tagged("post_install", "-at_install")
class TestTelnyx(CallHttpCommon):
    """Telnyx signs with its own key. It is asked to call the number when the user answers."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.key = Ed25519PrivateKey.generate()
        public = cls.key.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)
        cls.pbx.write({"adapter": "telnyx", "secret": base64.b64encode(public).decode()})

    def _send(self, kind, timestamp=None, **payload):
        about = {"call_session_id": "t1", "call_leg_id": "leg", "call_control_id": "v3:leg"}
        data = {"id": kind, "event_type": kind, "payload": about | payload}
        body = json.dumps({"data": data}).encode()
        timestamp = timestamp or str(int(time.time()))
        signature = self.key.sign(timestamp.encode() + b"|" + body)
        headers = {
            "telnyx-timestamp": timestamp,
            "telnyx-signature-ed25519": base64.b64encode(signature).decode(),
        }
        return self._post(body, secret=None, headers=headers)

    def _click(self):
        state = {"call_handling": {"dial": "+12025550142", "shown": "+493023125610"}}
        return base64.b64encode(json.dumps(state).encode()).decode()

    def test_a_signed_event_becomes_a_call(self):
        answer = self._send("call.initiated", direction="incoming", **{"from": "+12025550142"})
        self.assertEqual(answer.status_code, 200)
        self.assertEqual(self._call("t1").remote_number, "+12025550142")

    def test_an_old_event_is_refused(self):
        self.assertEqual(self._send("call.initiated", timestamp="1764000000").status_code, 403)
        self.assertEqual(self._get_refused(), {"old": 1})

    def test_the_number_is_called_when_the_user_has_answered(self):
        with patch.object(TelnyxAdapter, "ask", autospec=True, return_value={}) as ask:
            answer = self._send("call.answered", client_state=self._click())
        self.assertEqual(answer.status_code, 200)
        (_adapter, method, path), content = ask.call_args
        self.assertEqual((method, path), ("POST", "calls/v3%3Aleg/actions/transfer"))
        self.assertEqual(content["json"]["to"], "+12025550142")

    def test_the_event_is_kept_even_if_calling_the_number_fails(self):
        problem = ApiError(Problem.UNREACHABLE, "x")
        with (
            patch.object(TelnyxAdapter, "ask", side_effect=problem),
            self.assertLogs("odoo.addons.call_handling.controllers.pbx", "WARNING") as logs,
        ):
            answer = self._send("call.answered", client_state=self._click())
        self.assertEqual(answer.status_code, 200)
        self.assertTrue(self._call("t1"))
        self.assertNotIn("12025550142", logs.output[0])


@tagged("post_install", "-at_install")
class TestOtherSystems(CallHttpCommon):
    """The authentication of the remaining systems, tested with requests to the webhook."""

    def _assert_accepted_and_refused(self, good, bad):
        """Check that of two requests (body and headers) the first is accepted, the second not."""
        for (body, headers), status in ((good, 200), (bad, 403)):
            answer = self._post(body, secret=None, headers=headers)
            self.assertEqual(answer.status_code, status)

    def test_aircall_sends_a_token_that_is_not_stored(self):
        self.pbx.adapter = "aircall"
        body = {
            "resource": "call",
            "event": "call.created",
            "timestamp": int(time.time()),
            "data": {"id": 1, "direction": "inbound", "raw_digits": "+12025550142"},
        }
        self._assert_accepted_and_refused(
            (body | {"token": SECRET}, {}), (body | {"token": "guessed"}, {})
        )
        self.assertEqual(self._call("1").remote_number, "+12025550142")
        events = self.env["call.event"].search([("pbx_id", "=", self.pbx.id)])
        self.assertFalse([event for event in events if SECRET in event.raw])

    def test_freeswitch_sends_a_password(self):
        self.pbx.adapter = "freeswitch"
        self._give_extension(self.pbx, self.alice, "1001")
        record = {"variables": {"uuid": "f1", "user_name": "1001", "direction": "inbound"}}
        body = urlencode({"cdr": json.dumps(record)}).encode()
        good, bad = (
            {"Authorization": f"Basic {base64.b64encode(f'odoo:{secret}'.encode()).decode()}"}
            for secret in (SECRET, "guessed")
        )
        self._assert_accepted_and_refused((body, FORM | good), (body, FORM | bad))
        self.assertEqual(self._call("f1").user_id, self.alice)

    def test_vonage_sends_a_token_with_the_digest_of_the_body(self):
        self.pbx.adapter = "vonage"
        body = json.dumps({"uuid": "l", "conversation_uuid": "v1", "status": "ringing"}).encode()
        claims = {"iat": int(time.time()), "payload_hash": hashlib.sha256(body).hexdigest()}
        parts = [json.dumps(part).encode() for part in ({"alg": "HS256"}, claims)]
        signed = b".".join(base64.urlsafe_b64encode(part).rstrip(b"=") for part in parts)
        digest = hmac.digest(SECRET.encode(), signed, "sha256")
        token = (signed + b"." + base64.urlsafe_b64encode(digest).rstrip(b"=")).decode()
        headers = {"Authorization": f"Bearer {token}"}
        self._assert_accepted_and_refused(
            (body, headers), (body.replace(b"ringing", b"started"), headers)
        )
        self.assertEqual(self._call("v1").state, "ringing")
