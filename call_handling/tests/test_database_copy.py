from unittest.mock import patch

from odoo.exceptions import AccessError
from odoo.tests import tagged
from odoo.tools import file_open

from ..models.pbx.original import ORIGINAL_PARAMETER
from .common import CallHttpCommon

RINGING = {
    "call": "c1", "leg": "c1-101", "event": "ringing", "direction": "incoming",
    "from": "+12025550142", "to": "+493023125610", "extension": "101",
}  # fmt: skip


@tagged("post_install", "-at_install")
class TestDatabaseCopy(CallHttpCommon):
    """A copy of a database leaves the telephone systems to the original."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.parameters = cls.env["ir.config_parameter"]
        cls.pbx._declare_original()
        cls.asterisk = cls._create_pbx(
            "asterisk",
            token="asterisk-address",
            api_url="https://pbx.example.com:8089/ari",
            api_user="odoo",
            api_secret="s3cret",
            phone_address="PJSIP/{extension}",
        )
        cls._give_extension(cls.asterisk, cls.alice, "301")

    def _duplicate(self):
        """Give the database another uuid, as Odoo does with a copy."""
        self.parameters.init(force=True)
        self.env.registry.clear_cache()

    def _neutralize(self):
        self.env.flush_all()
        with file_open("call_handling/data/neutralize.sql") as file:
            self.env.cr.execute(file.read())
        self.env.invalidate_all()
        self.env.registry.clear_all_caches()

    def _dial(self):
        return self.env["call.dial"].with_user(self.alice).prepare("+12025550142")

    def test_the_database_in_which_the_app_was_installed_is_the_original(self):
        uuid = self.parameters.get_param("database.uuid")
        self.assertEqual(self.parameters.get_param(ORIGINAL_PARAMETER), uuid)
        self.assertEqual(self._post(RINGING).status_code, 200)
        self.assertFalse(self.pbx.is_database_copy)
        self.assertEqual(self._dial()["state"], "ready")

    def test_a_duplicate_refuses_events_and_says_why(self):
        self._duplicate()
        answer = self._post(RINGING)
        self.assertEqual((answer.status_code, answer.json()), (403, {"error": "refused"}))
        self.assertFalse(self._call("c1"))
        self.assertFalse(self.env["call.event"].search([("call_ref", "=", "c1")]))
        self.assertEqual(self._get_refused(), {"database_copy": 1})
        self.assertTrue(self.pbx.with_user(self.admin).is_database_copy)

    def test_a_duplicate_asks_nothing_of_a_telephone_system(self):
        dial = self.env["call.dial"].with_user(self.alice).browse(self._dial()["id"])
        self._duplicate()
        with patch("requests.request", side_effect=AssertionError("It must not ask.")):
            self.assertEqual(self._dial()["state"], "link", "The number is dialled elsewhere.")
            result = dial.start()
            self.assertEqual(result["state"], "failed")
            self.assertIn("copy", result["message"])
            tested = self.asterisk.with_user(self.admin).action_test()
            self.assertIn("copy", tested["params"]["message"])
        self.assertEqual(self.asterisk.sudo().api_secret, "s3cret", "The original needs it again.")

    def test_a_neutralized_database_refuses_events_even_if_somebody_sets_it_up_again(self):
        self._neutralize()
        self.assertEqual(self._post(RINGING).status_code, 403)
        self.pbx.write({"active": True, "token": "another-address", "secret": "another secret"})
        answer = self._post(RINGING, token="another-address", secret="another secret")
        self.assertEqual(answer.status_code, 403)
        self.assertEqual(self._get_refused(), {"database_copy": 1})

    def test_the_health_page_of_a_copy_says_that_it_is_one_and_nothing_else(self):
        self.pbx.clock_difference = 400
        self.pbx.relay_version = "1.0"
        self.pbx.last_contact_date = "2026-01-01 00:00:00"
        self.pbx.secret = False
        pbx = self.pbx.with_user(self.admin)
        self.assertEqual(pbx.health_state, "error")
        for make_copy in (self._duplicate, self._neutralize):
            make_copy()
            pbx.invalidate_recordset()
            self.assertEqual([f["name"] for f in pbx.findings], ["database_copy"])
            self.assertEqual((pbx.health_state, pbx.finding_count), ("ok", 0))
            self.assertIn("This Is the New Original", pbx.findings[0]["text"])
            action = getattr(pbx, pbx.findings[0]["method"])()
            self.assertEqual(action["res_id"], self.pbx.id)

    def test_monitoring_of_a_copy_is_not_alarmed(self):
        self.pbx.clock_difference = 400
        self.assertEqual(self.env["call.pbx"]._get_health_report()["status"], "error")
        self._duplicate()
        report = self.env["call.pbx"]._get_health_report()
        own = next(system for system in report["systems"] if system["id"] == self.pbx.id)
        self.assertEqual(own, {"id": self.pbx.id, "state": "ok", "findings": ["database_copy"]})
        self.assertEqual(report["status"], "ok")

    def test_alerts_that_a_copy_has_brought_along_are_over(self):
        self.pbx.clock_difference = 400
        self._run_scheduled_action("ir_cron_check_health")
        is_open = [("pbx_id", "=", self.pbx.id), ("date_end", "=", False)]
        self.assertEqual(self.env["call.alert"].search(is_open).kind, "clock")
        self._duplicate()
        self._run_scheduled_action("ir_cron_check_health")
        self.assertFalse(self.env["call.alert"].search(is_open))
        self.assertFalse(self.pbx.activity_ids)

    def test_a_restored_backup_goes_on(self):
        uuid = self.parameters.get_param("database.uuid")
        self.parameters.set_param("database.uuid", uuid)
        self.assertEqual(self._post(RINGING).status_code, 200)

    def test_an_administrator_declares_a_copy_the_original(self):
        self._duplicate()
        self._post(RINGING)
        for user in (self.alice, self.boss):
            with self.assertRaises(AccessError):
                self.pbx.with_user(user).action_declare_original()
        self.assertEqual(self._post(RINGING).status_code, 403)
        self.pbx.with_user(self.admin).action_declare_original()
        self.assertEqual(self._post(RINGING).status_code, 200)
        self.assertEqual(len(self._call("c1")), 1)
        self.assertEqual(self._dial()["state"], "ready")
        entry = self.env["call.audit"].search([], limit=1)
        self.assertEqual((entry.act, entry.user_id), ("original", self.admin))

    def test_an_event_costs_no_query_more(self):
        self._post(RINGING)  # what is cached is read
        with self.assertQueryCount(0):
            self.pbx._check_original()
