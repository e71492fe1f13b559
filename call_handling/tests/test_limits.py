import json
import socket
import time
from unittest.mock import patch
from urllib.parse import urlsplit

from odoo.tests import tagged
from odoo.tools import config

from ..models.pbx.access import WEBHOOK_PATH
from ..tools.refusing import BY_SOURCE, BY_SYSTEM
from .common import TOKEN, CallHttpCommon

RINGING = {"call": "a1", "event": "ringing", "from": "+12025550142", "extension": "101"}


@tagged("post_install", "-at_install")
class TestLimits(CallHttpCommon):
    """Who is refused too often is asked to wait; who proves its identity never is."""

    def setUp(self):
        super().setUp()
        # Nobody waits: a slow machine must not let anyone have another try.
        for limit in (BY_SOURCE, BY_SYSTEM):
            self.patch(limit, "clock", lambda: 0.0)

    def _post_from(self, source, *args, **kwargs):
        """Send a request through a proxy that Odoo trusts."""
        headers = {"X-Forwarded-For": source, "X-Forwarded-Host": "odoo.example.com"}
        with patch.dict(config.options, proxy_mode=True):
            return self._post(*args, headers=headers, **kwargs)

    def _assert_must_wait(self, answer):
        self.assertEqual(answer.status_code, 429)
        self.assertGreaterEqual(int(answer.headers["Retry-After"]), 1)
        self.assertEqual(answer.json(), {"error": "too many refused"})

    def test_a_source_that_is_refused_too_often_must_wait(self):
        for wrong in ({"token": "wrong"}, {"secret": "wrong"}, {"secret": None}):
            with self.subTest(wrong):
                BY_SOURCE.clear()
                answers = [self._post(RINGING, **wrong) for _ in range(BY_SOURCE.burst + 1)]
                self.assertEqual({answer.status_code for answer in answers[:-1]}, {403})
                self._assert_must_wait(answers[-1])

    def test_a_verified_event_is_accepted_whatever_its_source_has_sent_before(self):
        for wrong in ({"token": "wrong"}, {"secret": "wrong"}):
            for _ in range(BY_SOURCE.burst + 1):
                refused = self._post(RINGING, **wrong)
            self._assert_must_wait(refused)
            self.assertEqual(self._post(RINGING).status_code, 200)

    def test_verified_events_are_never_too_many(self):
        count = max(BY_SOURCE.burst, BY_SYSTEM.burst) + 10
        answers = [self._post({"events": []}) for _ in range(count)]
        self.assertEqual({answer.status_code for answer in answers}, {200})

    def test_one_source_does_not_use_up_the_limit_of_another_one(self):
        for _ in range(BY_SOURCE.burst + 1):
            refused = self._post_from("203.0.113.1", RINGING, token="wrong")
        self._assert_must_wait(refused)
        other = self._post_from("203.0.113.2", RINGING, token="wrong")
        self.assertEqual(other.status_code, 403)

    def test_a_system_is_limited_whatever_the_sources(self):
        answers = [
            self._post_from(f"203.0.113.{number}", RINGING, secret="wrong")
            for number in range(BY_SYSTEM.burst + 1)
        ]
        self.assertEqual({answer.status_code for answer in answers[:-1]}, {403})
        self._assert_must_wait(answers[-1])
        self.assertEqual(self._post_from("203.0.113.250", RINGING).status_code, 200)

    def test_refusals_are_counted_beyond_the_limit_too(self):
        count = BY_SOURCE.burst + 5
        for _ in range(count):
            self._post(RINGING, secret="wrong")
        self.assertEqual(self._get_refused(), {"wrong_signature": count})

    # --- slow bodies -----------------------------------------------------------------

    def _connect(self, token, length):
        """Send the headers of a request, and return the connection."""
        address = urlsplit(self.base_url())
        self.cr.flush()
        self.cr.clear()
        connection = socket.create_connection((address.hostname, address.port), timeout=10)
        self.addCleanup(connection.close)
        cookies = "; ".join(f"{name}={value}" for name, value in self.opener.cookies.items())
        head = [
            f"POST {WEBHOOK_PATH}/{token} HTTP/1.1",
            f"Host: {address.netloc}",
            f"Cookie: {cookies}",
            "Content-Type: application/x-www-form-urlencoded",
            f"Content-Length: {length}" if length else "Transfer-Encoding: chunked",
        ]
        connection.sendall("\r\n".join([*head, "", ""]).encode())
        return connection

    def _read(self, connection):
        """Return the status and the content of an answer, once the server has closed it."""
        parts = iter(lambda: connection.recv(65536), b"")
        head, _blank, body = b"".join(parts).partition(b"\r\n\r\n")
        return int(head.split()[1]), json.loads(body)

    def test_an_unknown_address_is_refused_without_waiting_for_the_body(self):
        for length in (1000, None):
            with self.subTest(length=length), self.allow_requests():
                started = time.monotonic()
                answer = self._read(self._connect("wrong", length))
                self.assertEqual(answer, (403, {"error": "refused"}))
                self.assertLess(time.monotonic() - started, 3)

    def test_a_slow_sender_does_not_keep_an_unknown_address_busy(self):
        with self.allow_requests():
            connection = self._connect("wrong", 1000)
            with self.assertRaises(OSError, msg="The server has closed the connection."):
                for _ in range(100):
                    time.sleep(0.05)
                    connection.sendall(b"x")

    def test_a_body_that_comes_slowly_to_a_known_address_is_waited_for(self):
        with self.allow_requests():
            connection = self._connect(TOKEN, 4)
            for byte in b"null":
                time.sleep(0.05)
                connection.sendall(bytes([byte]))
            self.assertEqual(self._read(connection), (403, {"error": "refused"}))
