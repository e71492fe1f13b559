import json
import time
from unittest.mock import patch

from freezegun import freeze_time
from psycopg2.errors import SerializationFailure

from odoo.tests import tagged
from odoo.tools import mute_logger

from ..controllers.pbx import MAX_BODY
from ..intake import Intake
from ..models.health import deliveries as health_log
from ..models.health.deliveries import (
    MAX_STRANGERS,
    MAX_WAITING,
    Deliveries,
    Delivery,
    deliveries,
)
from ..models.pbx.access import WEBHOOK_PATH
from ..tools.refusing import forget_refusals
from .common import TOKEN, CallHttpCommon

RINGING = {"call": "a1", "event": "ringing", "id": "e1", "from": "+12025550142"}
ENDED = {"call": "a1", "event": "ended", "id": "e2"}


class Conflict(SerializationFailure):
    """Another transaction has changed the same row."""

    pgcode = "40001"


@tagged("post_install", "-at_install")
class TestDelivery(CallHttpCommon):
    """Every request of a telephone system is logged with its answer, and nothing of its content."""

    def _assert_logged(self, *expected):
        rows = self._read_log().sorted("id")
        found = [(row.status, row.reason, row.request_count) for row in rows]
        self.assertEqual(sorted(found, key=str), sorted(expected, key=str))

    def test_what_was_accepted_is_counted(self):
        self._post([RINGING, ENDED, {"event": "ended"}])
        self._post([RINGING, ENDED])
        rows = self._read_log().sorted("date")
        self.assertRecordValues(
            rows,
            [
                {"status": 200, "accepted": 2, "duplicates": 0, "failed": 1, "reason": False},
                {"status": 200, "accepted": 0, "duplicates": 2, "failed": 0, "reason": False},
            ],
        )
        self.assertEqual(rows[1].size, len(json.dumps([RINGING, ENDED])))
        self.assertTrue(all(0 <= row.duration < 60_000 for row in rows))

    def test_every_answer_is_logged(self):
        with mute_logger("odoo.http", "odoo.addons.call_handling.intake.intake"):
            answers = {
                200: self._post(RINGING),
                400: self._post(b"broken"),
                403: self._post(RINGING, secret="wrong"),
                405: self.url_open(f"{WEBHOOK_PATH}/{TOKEN}", method="GET"),
                413: self._post(b"x" * MAX_BODY * 2),
            }
            with (
                patch.object(Intake, "receive", side_effect=RuntimeError("broken")),
                self.assertLogs("odoo.addons.call_handling.controllers.pbx", "ERROR"),
            ):
                answers[503] = self._post(ENDED)
        for status, answer in answers.items():
            self.assertEqual(answer.status_code, status)
        self._assert_logged(
            (200, False, 1),
            (400, "malformed", 1),
            (403, "wrong_signature", 1),
            (413, "too_large", 1),
            (503, "failed", 1),
        )

    def test_a_flood_of_refused_requests_is_one_row_per_minute(self):
        with freeze_time("2026-11-23 10:00:10") as clock:
            for _request in range(5):
                self._post(RINGING, secret=None)
            self._assert_logged((403, "unsigned", 5))
            for _request in range(3):
                self._post(RINGING, secret=None)
            self._assert_logged((403, "unsigned", 8))
            clock.tick(60)
            self._post(RINGING, secret=None)
            self._assert_logged((403, "unsigned", 8), (403, "unsigned", 1))

    def test_a_request_that_is_tried_again_is_logged_once(self):
        receive, tries = Intake.receive, []

        def fail_once(intake, request):
            tries.append(request)
            if len(tries) == 1:
                raise Conflict
            return receive(intake, request)

        with (
            patch.object(Intake, "receive", fail_once),
            patch("odoo.service.model.time.sleep"),
            mute_logger("odoo.service.model", "odoo.sql_db"),
        ):
            self.assertEqual(self._post(RINGING).status_code, 200)
        self.assertEqual(len(tries), 2)
        self._assert_logged((200, False, 1))

    def test_requests_to_wrong_addresses_belong_to_no_telephone_system(self):
        before = self.env["call.delivery"].search_count([])
        for token in ("wrong", "%00", "ü", "x" * 300):
            self._post(RINGING, token=token)
        self._wait_remaining_requests()
        deliveries.write_waiting(self.env.cr)
        self.assertEqual(self.env["call.delivery"].search_count([]), before)

    def test_an_archived_system_that_still_sends_is_in_its_log_with_the_reason(self):
        self.pbx.active = False
        for _request in range(3):
            self.assertEqual(self._post(RINGING).status_code, 403)
        self._assert_logged((403, "archived", 3))

    def test_guessed_addresses_displace_nothing_of_real_systems(self):
        self._post(RINGING, secret="wrong")
        forget_refusals()
        self.patch(health_log, "MAX_STRANGERS", 3)
        self.patch(health_log, "MAX_WAITING", 3)
        for number in range(5):
            self._post(RINGING, token=f"guess-{number}")
        self._post(RINGING, secret=None)
        self._post(RINGING)
        self._wait_remaining_requests()
        self.assertEqual(len(deliveries._waiting[self.env.cr.dbname].strangers), 3)
        self._assert_logged((403, "wrong_signature", 1), (403, "unsigned", 1), (200, False, 1))

    def test_the_memory_of_a_process_is_bounded(self):
        log = Deliveries()
        for number in range(MAX_WAITING + 10):
            log.add("x", Delivery(f"guess-{number}", 0), 403)
            log.add("x", Delivery(f"system-{number}", 0, is_known=True), 403)
            log.add("x", Delivery(TOKEN, 0, is_known=True), 200)
        self.assertEqual(len(log._waiting["x"].get_rows()), 2 * MAX_WAITING + MAX_STRANGERS)

    def test_nothing_of_a_database_that_is_gone_remains_in_the_memory(self):
        log = Deliveries()
        log.add("no_such_database", Delivery(TOKEN, 0, is_known=True), 200)
        with self.assertLogs("odoo.addons.call_handling.models.health.deliveries", "WARNING"):
            log.write_all()
        self.assertFalse(log._waiting)
        with self.assertNoLogs("odoo.addons.call_handling.models.health.deliveries"):
            log.write_all()

    def test_nothing_of_a_request_is_in_the_log(self):
        self._post(RINGING)
        names = {"id", "pbx_id", "date", "status", "reason", "request_count", "duration", "size"}
        counts = {"accepted", "duplicates", "failed"}
        self.env.cr.execute("SELECT * FROM call_delivery LIMIT 0")
        columns = {column.name for column in self.env.cr.description}
        self.assertEqual(columns, names | counts)

    # --- what the sender says about itself -------------------------------------------

    def test_the_relay_says_how_it_is(self):
        headers = {
            "User-Agent": "call-handling-relay/1.2.0",
            "X-Call-Handling-Relay": "waiting=7; oldest=61",
        }
        self._post(RINGING, headers=headers)
        self._read_log()
        self.assertRecordValues(
            self.pbx, [{"relay_version": "1.2.0", "relay_waiting": 7, "relay_oldest": 61}]
        )
        self.assertLess(abs(self.pbx.clock_difference), 10)
        self.assertTrue(self.pbx.clock_date)

    def test_it_is_written_at_most_once_a_minute(self):
        for version in ("1.0", "2.0"):
            self._post(RINGING, headers={"User-Agent": f"call-handling-relay/{version}"})
            self._read_log()
        self.assertEqual(self.pbx.relay_version, "1.0")

    def test_a_wrong_clock_is_known_even_if_requests_are_refused_for_it(self):
        with freeze_time("2026-11-23 10:00:00"):
            answer = self._post(RINGING, timestamp=str(int(time.time()) - 400))
            self._read_log()
        self.assertEqual(answer.status_code, 403)
        self.assertEqual(self.pbx.clock_difference, -400)

    def test_who_does_not_prove_to_be_the_system_says_nothing_about_it(self):
        headers = {"User-Agent": "call-handling-relay/6.6.6"}
        self._post(RINGING, secret="wrong", timestamp="1", headers=headers)
        self._read_log()
        self.assertFalse(self.pbx.relay_version or self.pbx.clock_date)

    def test_who_does_not_sign_has_no_clock(self):
        self.pbx.write({"adapter": "zammad", "unsigned_allowed": True})
        body = {"event": "newCall", "callId": "z1", "direction": "in", "from": "12025550142"}
        later = str(round(time.time()) + 100)
        headers = {"X-Call-Handling-Timestamp": later, "X-Call-Handling-Signature": "v1=x"}
        self.assertEqual(self._post(body, secret=None, headers=headers).status_code, 200)
        self._read_log()
        self.assertFalse(self.pbx.clock_date)

    def test_it_is_known_who_still_uses_the_old_secret(self):
        self.pbx.with_user(self.admin).action_new_secret()
        self._post(RINGING, secret=self.pbx.secret)
        self._read_log()
        self.assertFalse(self.pbx.old_secret_date)
        self._post(ENDED)
        self._read_log()
        self.assertTrue(self.pbx.old_secret_date)
