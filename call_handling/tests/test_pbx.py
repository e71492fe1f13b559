import json
from datetime import timedelta
from unittest.mock import patch

import requests

from odoo.exceptions import AccessError, UserError
from odoo.tests import Form, tagged

from ..adapters import ADAPTERS
from ..adapters.demo import SCENARIOS
from ..models.pbx.access import WEBHOOK_PATH
from .common import CallHttpCommon


@tagged("post_install", "-at_install")
class TestPbx(CallHttpCommon):
    """The administrator connects a telephone system."""

    def _test_connection(self):
        return self.pbx.with_user(self.admin).action_test()["params"]

    def test_a_system_needs_only_a_name_and_a_type(self):
        with Form(self.env["call.pbx"].with_user(self.admin)) as form:
            form.name = "Head office"
            form.adapter = "asterisk"
        pbx = form.record
        self.assertEqual(pbx.country_id, self.germany)
        self.assertGreaterEqual(len(pbx.token), 32)
        self.assertIn(f"{WEBHOOK_PATH}/{pbx.token}", pbx.webhook_url)
        self.assertFalse(pbx.has_secret)

    def test_every_type_of_system_can_be_chosen_and_its_form_opened(self):
        for code in ADAPTERS:
            with self.subTest(code):
                self.pbx.adapter = code
                Form(self.pbx.with_user(self.admin))
                self.assertEqual(self.pbx._get_adapter().code, code)

    def test_a_system_whose_addon_is_missing_shows_it_and_refuses_events(self):
        self.pbx.flush_recordset()
        self.env.cr.execute(
            "UPDATE call_pbx SET adapter = 'of_an_addon' WHERE id = %s", [self.pbx.id]
        )
        self.env.invalidate_all()
        self.env.registry.clear_cache()
        form = Form(self.pbx.with_user(self.admin))
        self.assertTrue(form.is_adapter_missing)
        adapters = dict(self.pbx.fields_get(["adapter"])["adapter"]["selection"])
        self.assertEqual(adapters["of_an_addon"], "of_an_addon (not installed)")
        self.assertIn("not installed", self._test_connection()["message"])
        answer = self._post({"call": "c1", "event": "ringing"})
        self.assertEqual((answer.status_code, answer.json()), (403, {"error": "refused"}))
        self.assertEqual(self._get_refused(), {"no_adapter": 1})
        form.adapter = "generic"
        form.save()
        self.assertEqual(self._post({"call": "c1", "event": "ringing"}).status_code, 200)

    def test_the_secret_is_shown_once(self):
        action = self.pbx.with_user(self.admin).action_new_secret()
        shown = action["context"]["default_secret"]
        self.assertEqual(shown, self.pbx.sudo().secret)
        wizard = self.env[action["res_model"]].with_user(self.admin)
        form = Form(wizard.with_context(**action["context"]))
        self.assertEqual(form.secret, shown)
        self.assertGreaterEqual(len(shown), 40)
        self.assertNotEqual(
            shown, self.pbx.with_user(self.admin).action_new_secret()["context"]["default_secret"]
        )

    def test_the_connection_test_succeeds(self):
        with self._own_server():
            self.assertEqual(self._test_connection()["type"], "success")
            self.pbx.write({"adapter": "zammad", "unsigned_allowed": True})
            self.assertEqual(self._test_connection()["type"], "success")

    def _own_server(self):
        """Within this context, requests to our own address reach the test server."""

        def post(url, data=None, headers=None, timeout=None):
            return self.url_open(url, data=data, headers=headers, method="POST")

        def get(url, timeout=None):
            return self.url_open(url)

        self.env["ir.config_parameter"].set_param("web.base.url", self.base_url())
        module = "odoo.addons.call_handling.models.pbx.access.requests"
        return patch.multiple(module, post=post, get=get)

    def test_the_connection_test_reports_what_is_missing(self):
        self.pbx.secret = False
        self.assertIn("There is no secret yet", self._test_connection()["message"])
        self.pbx.adapter = "zammad"
        self.assertIn("Accept unsigned events", self._test_connection()["message"])

    def test_the_connection_test_reports_why_the_address_cannot_be_reached(self):
        module = "odoo.addons.call_handling.models.pbx.access.requests.post"
        with patch(module, side_effect=requests.ConnectionError):
            self.assertIn("cannot be reached from the server", self._test_connection()["message"])
        answer = requests.Response()
        answer.status_code = 404
        with patch(module, return_value=answer):
            self.assertIn("answers with status 404", self._test_connection()["message"])

    def test_the_state_of_a_system_is_shown(self):
        self.assertFalse(self.pbx.last_event_date)
        self._send_events({"call": "c1", "event": "ringing"}, {"event": "ringing"})
        self.pbx.invalidate_recordset()
        self.assertEqual((self.pbx.event_count, self.pbx.failed_count), (2, 1))
        self.assertTrue(self.pbx.last_event_date)
        action = self.pbx.with_user(self.admin).action_view_events()
        self.assertEqual(action["context"], {"search_default_failed": 1})

    def test_only_the_last_events_are_shown(self):
        self._send_events(*({"call": f"c{number}", "event": "ringing"} for number in range(30)))
        with Form(self.pbx.with_user(self.admin)) as form:
            shown = form.last_event_ids.ids
        newest = self.env["call.event"].search([("pbx_id", "=", self.pbx.id)], order="id desc")
        self.assertEqual(shown, newest[:20].ids)

    def test_the_last_contact_is_stored_but_not_for_every_request(self):
        with self._own_server():
            self.assertEqual(self._test_connection()["type"], "success")
        self.assertFalse(self.pbx.last_contact_date, "Our own test of the address does not count.")
        self.assertEqual(self._post({"events": []}).status_code, 200)
        first = self.pbx.last_contact_date
        self.assertTrue(first)
        self._post({"events": []})
        self.assertEqual(self.pbx.last_contact_date, first)
        earlier = first - timedelta(minutes=2)
        self.pbx.last_contact_date = earlier
        self._post({"events": []})
        self.assertGreater(self.pbx.last_contact_date, earlier)

    def test_a_request_with_a_wrong_signature_does_not_count_as_contact(self):
        self._post({"events": []}, secret="wrong")
        self.assertFalse(self.pbx.last_contact_date)

    def test_a_neutralized_database_has_no_active_systems_and_no_secrets(self):
        demo = self._create_pbx("demo", token="demo address")
        self.env.flush_all()
        with self._neutralizing_file() as sql:
            self.env.cr.execute(sql)
        self.env.invalidate_all()
        self.assertFalse(self.pbx.active or self.pbx.sudo().secret)
        self.assertTrue(demo.active and demo.sudo().secret)

    @staticmethod
    def _neutralizing_file():
        from contextlib import contextmanager

        from odoo.tools import file_open

        @contextmanager
        def opened():
            with file_open("call_handling/data/neutralize.sql") as file:
                yield file.read()

        return opened()

    # --- simulation ------------------------------------------------------------------

    def _simulation(self, **values):
        demo = self._create_pbx("demo", token="demo address")
        for user, extension in ((self.alice, "101"), (self.bob, "102"), (self.dave, "104")):
            self._give_extension(demo, user, extension)
        return (
            self.env["call.pbx.simulate"]
            .with_user(self.admin)
            .create({"pbx_id": demo.id, "remote_number": "+12025550142"} | values)
        )

    def test_every_kind_of_call_can_be_simulated(self):
        simulation = self._simulation()
        for scenario in SCENARIOS:
            with self.subTest(scenario):
                simulation.scenario = scenario
                params = json.loads(json.dumps(simulation.action_play()["params"]))
                for _seconds, event in params["steps"]:
                    self.env["call.pbx"].with_user(self.admin).perform(params["pbx_id"], [event])
                call = self._call(params["steps"][0][1]["call"], pbx=simulation.pbx_id)
                self.assertEqual(call.state, "ended")

    def test_a_simulation_needs_enough_phones(self):
        simulation = self._simulation(scenario="ring_group")
        simulation.extension_ids = simulation.extension_ids[:1]
        with self.assertRaisesRegex(UserError, "at least 3 phones"):
            simulation.action_play()

    def test_the_chosen_phone_answers(self):
        simulation = self._simulation(scenario="ring_group")
        for extension in simulation.pbx_id.extension_ids:
            simulation.extension_id = extension
            steps = simulation.action_play()["params"]["steps"]
            answered = [event["extension"] for _s, event in steps if event["event"] == "answered"]
            self.assertEqual(answered, [extension.number])

    def test_real_systems_cannot_be_simulated(self):
        with self.assertRaisesRegex(UserError, "is not a simulated telephone system"):
            self.env["call.pbx"].with_user(self.admin).perform(
                self.pbx.id, [{"call": "x", "event": "ringing"}]
            )

    def test_only_call_users_can_run_a_simulation(self):
        simulation = self._simulation()
        nobody = self.env["res.users"].create({"name": "Nobody", "login": "nobody at all"})
        with self.assertRaises(AccessError):
            self.env["call.pbx"].with_user(nobody).perform(simulation.pbx_id.id, [])
