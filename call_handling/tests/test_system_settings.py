from unittest.mock import patch

from lxml import etree

from odoo.tests import Form, tagged
from odoo.tools import file_open

from ..adapters import ADAPTERS
from ..adapters.api import ApiError, Problem
from ..adapters.base import Proof
from ..adapters.placetel import PlacetelAdapter
from .common import CallHttpCommon

API_SECRET = "password of the API"


@tagged("post_install", "-at_install")
class TestSystemSettings(CallHttpCommon):
    """The settings of telephone systems that an administrator enters."""

    def _assert_unreadable(self, *names):
        values = self.pbx.with_user(self.admin).read()[0]
        self.assertFalse(set(names) & set(values))

    def test_a_secret_can_be_entered_but_not_read(self):
        with Form(self.pbx.with_user(self.admin)) as form:
            form.adapter = "twilio"
            form.new_secret = " entered "
        self.assertEqual(self.pbx.sudo().secret, "entered")
        self.pbx.invalidate_recordset()
        self.assertFalse(self.pbx.with_user(self.admin).new_secret)
        self._assert_unreadable("secret", "previous_secret", "api_secret")

    def test_saving_without_entering_a_secret_keeps_it(self):
        before = self.pbx.sudo().secret
        self.pbx.sudo().api_secret = API_SECRET
        with Form(self.pbx.with_user(self.admin)) as form:
            form.name = "Another name"
        self.assertEqual(self.pbx.sudo().secret, before)
        self.assertEqual(self.pbx.sudo().api_secret, API_SECRET)

    def test_the_adapter_gets_the_settings(self):
        self.pbx.with_user(self.admin).write(
            {
                "api_url": "https://pbx.example.com",
                "api_account": "account",
                "api_user": "user",
                "new_api_secret": API_SECRET,
                "phone_address": "PJSIP/{extension}",
                "caller_number": "030 / 231 25 610",
                "number_format": "national",
                "outside_prefix": "0",
            }
        )
        settings = self.pbx.with_user(self.alice)._get_adapter().settings
        self.assertEqual(settings.webhook_url, self.pbx.webhook_url)
        self.assertEqual(settings.api_secret, API_SECRET)
        self.assertEqual((settings.number_format.value, settings.country), ("national", "DE"))
        self.assertEqual(settings.caller_number, "+493023125610")
        self.assertNotIn(API_SECRET, repr(settings))

    def test_a_neutralized_database_cannot_dial(self):
        self.pbx.sudo().api_secret = API_SECRET
        self.env.flush_all()
        with file_open("call_handling/data/neutralize.sql") as file:
            self.env.cr.execute(file.read())
        self.env.invalidate_all()
        self.assertFalse(self.pbx.sudo().api_secret)

    def test_every_proof_has_a_label(self):
        names = dict(self.pbx._fields["proof"].selection)
        self.assertEqual(set(names), {proof.value for proof in Proof})

    def test_every_problem_has_a_message(self):
        for problem in Problem:
            with self.subTest(problem):
                self.assertTrue(self.pbx._explain_api_error(ApiError(problem, "detail")))

    def test_every_system_has_a_panel_with_instructions(self):
        arch = etree.fromstring(self.env["call.pbx"].get_view(view_type="form")["arch"])
        for code in ADAPTERS.keys() - {"demo"}:
            with self.subTest(code):
                self.assertEqual(
                    len(
                        arch.xpath(f"//div[@name='steps']/div[@invisible=\"adapter != '{code}'\"]")
                    ),
                    1,
                )

    def test_the_connection_test_checks_both_directions(self):
        self.pbx.write({"adapter": "placetel", "new_api_secret": API_SECRET})
        self.env["ir.config_parameter"].set_param("web.base.url", "https://odoo.example.com")
        pbx = self.pbx.with_user(self.admin)
        with patch.object(type(pbx), "_find_problem", return_value=""):
            with patch.object(PlacetelAdapter, "ask") as ask:
                notification = pbx.action_test()["params"]
            self.assertEqual((notification["type"], ask.call_count), ("success", 1))
            self.assertIn("the telephone system answers", notification["message"])
            with patch.object(PlacetelAdapter, "ask", side_effect=ApiError(Problem.UNAUTHORIZED)):
                notification = pbx.action_test()["params"]
        self.assertEqual(notification["type"], "danger")
        self.assertIn("does not accept Odoo", notification["message"])
        self.assertNotIn(API_SECRET, notification["message"])

    def test_the_connection_test_reports_problems_of_the_api(self):
        adapter = self.pbx._get_adapter()
        with patch.object(type(adapter), "test", side_effect=ApiError(Problem.UNREACHABLE, "x")):
            self.assertIn("cannot be reached", self.pbx._find_api_problem(adapter))
        with patch.object(type(adapter), "test", return_value=None):
            self.assertEqual(self.pbx._find_api_problem(adapter), "")
