from unittest.mock import patch

from odoo import fields
from odoo.exceptions import AccessError
from odoo.tests import tagged

from ..controllers import health
from .common import CallHttpCommon

URL = "/call_handling/health"


@tagged("post_install", "-at_install")
class TestMonitoring(CallHttpCommon):
    """A monitoring program learns nothing but states."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.env["call.pbx"].search([("id", "!=", cls.pbx.id)]).active = False
        cls._create_pbx("demo", token="simulated")

    def setUp(self):
        super().setUp()
        clock = patch.object(health.time, "monotonic", lambda: self.now)
        self.now = 1000.0
        clock.start()
        self.addCleanup(clock.stop)
        health.HealthController._known.clear()
        self.addCleanup(health.HealthController._known.clear)

    def _create_token(self):
        settings = self.env["res.config.settings"].with_user(self.admin)
        return settings.action_new_call_health_token()["context"]["default_secret"]

    def _ask(self, token=None, query="", **headers):
        if token:
            headers["Authorization"] = f"Bearer {token}"
        return self.url_open(URL + query, headers=headers)

    def _report(self, state, *findings):
        system = {"id": self.pbx.id, "state": state, "findings": list(findings)}
        return {"status": state, "systems": [system]}

    def test_all_is_well(self):
        answer = self._ask(self._create_token())
        self.assertEqual((answer.status_code, answer.json()), (200, self._report("ok")))
        self.assertNotIn("Set-Cookie", answer.headers)
        self.assertEqual(answer.headers["Cache-Control"], "no-store")

    def test_a_warning_is_no_error(self):
        self.pbx.clock_difference = 100
        answer = self._ask(self._create_token())
        self.assertEqual(
            (answer.status_code, answer.json()), (200, self._report("warning", "clock"))
        )

    def test_a_system_that_does_not_work_is_an_error(self):
        self.env["call.delivery"].create(
            {"pbx_id": self.pbx.id, "date": fields.Datetime.now(), "status": 403}
            | {"reason": "unsigned", "request_count": 10}
        )
        answer = self._ask(self._create_token())
        self.assertEqual(
            (answer.status_code, answer.json()), (503, self._report("error", "refused"))
        )

    def test_the_answer_contains_nothing_but_states(self):
        self._log_call(number="+12025550142", from_name="Jane Roe")
        text = self._ask(self._create_token()).text
        for secret in (self.pbx.name, self.pbx.token, "12025550142", "Roe", self.company.name):
            self.assertNotIn(secret, text)

    def test_without_the_token_nothing_is_said(self):
        refused = [self._ask(), self._ask("x")]  # there is none yet
        token = self._create_token()
        refused += [self._ask(given) for given in ("", "x", token[:-1], token + "x", "ü")]
        refused += [self._ask(query=f"?token={token[1:]}"), self._ask(Authorization=token)]
        for answer in refused:
            self.assertEqual((answer.status_code, answer.json()), (403, {"error": "refused"}))

    def test_programs_without_headers_send_the_token_in_the_address(self):
        token = self._create_token()
        self.assertEqual(self._ask(query=f"?token={token}").status_code, 200)

    def test_a_new_token_replaces_the_old_one_and_is_stored_nowhere(self):
        old, new = self._create_token(), self._create_token()
        self.assertEqual(self._ask(old).status_code, 403)
        self.assertEqual(self._ask(new).status_code, 200)
        self.env.cr.execute("SELECT count(*) FROM ir_config_parameter WHERE value = %s", (new,))
        self.assertEqual(self.env.cr.fetchone(), (0,))

    def test_only_administrators_of_calls_create_a_token(self):
        system = self.env.ref("base.group_system")
        self.alice.group_ids += system
        with self.assertRaises(AccessError):
            self.env["res.config.settings"].with_user(self.alice).action_new_call_health_token()

    def test_a_report_is_made_once_in_some_seconds(self):
        token = self._create_token()
        self.assertEqual(self._ask(token).json()["status"], "ok")
        self.pbx.clock_difference = 100
        self.now += health.CACHE_SECONDS - 1
        self.assertEqual(self._ask(token).json()["status"], "ok")
        self.now += 2
        self.assertEqual(self._ask(token).json()["status"], "warning")
