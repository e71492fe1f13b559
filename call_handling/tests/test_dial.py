from unittest.mock import patch

from odoo import fields
from odoo.exceptions import AccessError, UserError
from odoo.tests import Form, tagged
from odoo.tools import mute_logger

from ..adapters.api import ApiError, Problem
from ..adapters.base import Dial
from ..adapters.demo import DemoAdapter
from .test_card import CardCommon

LOGGER = "odoo.addons.call_handling.models.dial.call_dial"
NUMBER = "+12025550142"


@tagged("post_install", "-at_install")
class TestDial(CardCommon):
    """Click to dial: the user's phone rings, then the number is called, and the call is linked."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.demo = cls._create_pbx("demo", token="simulated", name="Switchboard")
        cls._give_extension(cls.demo, cls.alice, "201")
        cls._give_extension(cls.demo, cls.bob, "202")
        cls.jane = cls._create_contact("Jane Roe", NUMBER)

    def _prepare(self, number=NUMBER, record=None, user=None, **values):
        dials = self.env["call.dial"].with_user(user or self.alice)
        about = (record._name, record.id) if record else ()
        return dials.prepare(number, *about, **values)

    def _dial(self, number=NUMBER, record=None):
        """Click on a number and return the dial, and the answer to the browser."""
        dial = self.env["call.dial"].browse(self._prepare(number, record)["id"])
        return dial, dial.with_user(self.alice).start()

    def _send_script(self, script, count=None):
        for _seconds, event in script[:count]:
            self._send_events(event, pbx=self.demo)

    def _calls(self):
        return self.env["call.call"].search([("pbx_id", "=", self.demo.id)])

    # --- dialling --------------------------------------------------------------------

    def test_the_telephone_system_gets_the_users_extension_and_the_number(self):
        asked = []

        def originate(adapter, dial):
            asked.append(dial)
            return original(adapter, dial)

        original = DemoAdapter.originate
        with patch.object(DemoAdapter, "originate", originate):
            _dial, answer = self._dial("030 23125-610", self.jane)
        self.assertEqual(asked, [Dial("201", "+493023125610")])
        self.assertEqual(answer["state"], "dialling")
        self.assertEqual(answer["message"], "Your phone 201 rings. Answer it to call Jane Roe.")

    def test_a_number_that_odoos_reader_accepts_is_dialled(self):
        for number, expected in (
            ("1-800-FLOWERS", "+18003569377"),
            ("030 23125610 x123", "+493023125610"),
            ("++49 30 23125610", "+493023125610"),
            ("Tel. 030 23125610", "+493023125610"),
            ("+33 6 39 98 00 12", "+33639980012"),
            ("030 23125610 / 0171 3920042", "+493023125610"),
        ):
            with self.subTest(number):
                american = number.startswith("1-")
                self.jane.country_id = self.env.ref("base.us") if american else self.germany
                self.assertEqual(self._dial(number, self.jane)[0].number, expected)

    def test_the_outside_line_and_the_area_code_are_those_of_the_telephone_system(self):
        self.demo.write({"outside_prefix": "9", "area_code": "030"})
        for number in ("9 030 23125610", "23125610", "030 23125610"):
            self.assertEqual(self._dial(number)[0].number, "+493023125610")

    def test_a_click_decides_which_of_several_numbers_was_dialled(self):
        jane = self._create_contact("Jane", "+43 1 5551234")
        dial = self.env["call.dial"].browse(self._prepare("+4315551234", jane)["id"])
        self._send_events(
            {"call": "x1", "leg": "x1", "event": "ringing", "direction": "outgoing",
             "from": "201", "to": "4315551234", "extension": "201"}, pbx=self.demo,
        )  # fmt: skip
        self.assertEqual((self._calls().dial_id, self._calls().partner_id), (dial, jane))

    def test_national_numbers_use_the_country_of_the_contact(self):
        self.jane.country_id = self.env.ref("base.us")
        dial, _answer = self._dial("(202) 555-0142", self.jane)
        self.assertEqual(dial.number, NUMBER)

    def test_colleagues_are_dialled_by_their_extension(self):
        self.bob.partner_id.write({"phone": "+493023125602", "country_id": self.germany.id})
        for number in ("202", "+493023125602"):
            dial, _answer = self._dial(number)
            self.assertEqual(dial.number, "202")

    def test_without_a_telephone_system_that_can_dial_the_number_is_a_link(self):
        self.demo.active = False
        answer = self._prepare("+1 (202) 555-0142")
        self.assertEqual(answer, {"state": "link", "href": "tel:+12025550142"})

    def test_a_user_without_extension_is_referred_to_an_administrator(self):
        answer = self._prepare(user=self.dave)
        self.assertEqual(answer["state"], "failed")
        self.assertIn("Ask an administrator", answer["message"])

    def test_an_invalid_number_is_not_dialled(self):
        for number in ("call me", "12345678901234567890123", ""):
            answer = self._prepare(number)
            self.assertEqual(answer["state"], "failed")
            self.assertIn("not a valid telephone number", answer["message"])

    def test_a_number_on_the_do_not_call_list_needs_confirmation(self):
        self.env["phone.blacklist"].create({"number": NUMBER})
        self.assertEqual(self._prepare()["state"], "ask")
        self.assertFalse(self.env["call.dial"].search([]))
        self.assertEqual(self._prepare(confirmed=True)["state"], "ready")

    def test_errors_of_the_telephone_system_are_reported(self):
        for error, text in (
            (OSError("no route"), "Switchboard cannot be reached. Dial on the phone itself."),
            (ValueError("no such phone"), "Switchboard did not dial: no such phone"),
        ):
            with self.subTest(text), patch.object(DemoAdapter, "originate", side_effect=error):
                dial = self.env["call.dial"].browse(self._prepare()["id"])
                with mute_logger(LOGGER):
                    answer = dial.with_user(self.alice).start()
                self.assertEqual(answer, {"state": "failed", "message": text})

    def test_users_cannot_dial_with_the_phone_of_another_user(self):
        dial = self.env["call.dial"].browse(self._prepare()["id"])
        for user in (self.bob, self.boss, self.admin):
            with self.subTest(user.login), self.assertRaises(AccessError):
                dial.with_user(user).start()

    # --- matching clicks and calls ---------------------------------------------------

    def test_a_dialled_call_is_linked_to_its_record(self):
        project = self.env["project.project"].create({"name": "Help", "company_id": False})
        task = self.env["project.task"].create({"name": "Repair", "project_id": project.id})
        _dial, answer = self._dial(record=task)
        self._send_script(answer["script"])
        call = self._calls()
        self.assertRecordValues(
            call,
            [
                {
                    "direction": "outgoing",
                    "outcome": "answered",
                    "user_id": self.alice.id,
                    "partner_id": self.jane.id,
                    "res_model": "project.task",
                    "res_id": task.id,
                    "task_id": task.id,
                    "project_id": project.id,
                }
            ],
        )
        self.assertEqual(call.record_label, "Repair")
        self.assertEqual(call.action_view_record()["res_id"], task.id)

    def test_events_before_the_answer_are_matched_by_phone_and_number(self):
        dial = self.env["call.dial"].browse(self._prepare(record=self.jane)["id"])
        first = {"call": "x1", "leg": "x1", "event": "ringing", "direction": "outgoing",
                 "from": "201", "to": NUMBER, "extension": "201"}  # fmt: skip
        self._send_events(first, pbx=self.demo)
        self.assertEqual(self._calls().dial_id, dial)

    def test_events_with_another_number_are_matched_by_reference(self):
        dial = self.env["call.dial"].browse(self._prepare(record=self.jane)["id"])
        first = {"call": "x1", "leg": "x1", "event": "ringing", "direction": "outgoing",
                 "from": "201", "to": "0,000", "extension": "201"}  # fmt: skip
        self._send_events(first, pbx=self.demo)
        self.assertFalse(self._calls().dial_id)
        dial.call_ref = "x1"
        self._send_events(first | {"event": "answered"}, pbx=self.demo)
        self.assertEqual(self._calls().res_id, self.jane.id)

    def test_unrelated_calls_are_not_matched(self):
        self._prepare(record=self.jane)
        about = {"event": "ringing", "direction": "outgoing", "to": NUMBER, "extension": "201"}
        for ref, other in (
            ("other phone", {"extension": "202"}),
            ("other number", {"to": "+12025550143"}),
            ("incoming", {"direction": "incoming", "from": NUMBER, "to": "+493023125610"}),
            ("long ago", {"at": "2026-11-20T10:00:00Z"}),
        ):
            self._send_events(about | {"call": ref, "leg": ref} | other, pbx=self.demo)
            self.assertFalse(self._call(ref, self.demo).dial_id, ref)

    def test_two_clicks_are_two_calls(self):
        self.jane.copy({"name": "Second"})
        scripts = [self._dial(record=self.jane)[1]["script"] for _click in range(2)]
        for script in reversed(scripts):
            self._send_script(script)
        self.assertEqual(len(self._calls()), 2)
        self.assertEqual(len(self._calls().dial_id), 2)

    def test_the_dialled_contact_is_chosen_among_several(self):
        other = self._create_contact("Same number", NUMBER)
        _dial, answer = self._dial(record=other)
        self._send_script(answer["script"], 1)
        self.assertEqual((self._calls().partner_id, self._calls().match), (other, "manual"))

    def test_a_record_that_the_user_may_not_see_is_not_linked(self):
        secret = self.env["project.project"].create(
            {"name": "Secret", "privacy_visibility": "followers", "company_id": False}
        )
        dial, _answer = self._dial(record=secret)
        self.assertFalse(dial.res_id)

    def test_without_a_click_no_matching_is_done(self):
        ring = {"call": "c1", "leg": "c1", "event": "ringing", "direction": "outgoing",
                "to": NUMBER, "extension": "101"}  # fmt: skip
        self._send_events(ring | {"call": "c0"})
        self.env.flush_all()
        self.env.invalidate_all()
        with patch.object(type(self.env["call.dial"]), "_link") as link:
            self._send_events(ring)
        link.assert_not_called()

    def test_clicks_are_deleted_after_a_day(self):
        dial, answer = self._dial(record=self.jane)
        self._send_script(answer["script"])
        dial.date = fields.Datetime.subtract(fields.Datetime.now(), days=2)
        self.env["call.dial"]._gc_dials()
        self.assertFalse(dial.exists())
        self.assertEqual(self._calls().res_id, self.jane.id)

    # --- who can be dialled ----------------------------------------------------------

    def _find(self, term):
        found = self.env["call.dial"].with_user(self.alice).find(term)
        return {entry["name"]: [number["number"] for number in entry["numbers"]] for entry in found}

    def test_contacts_are_found_by_name_and_by_any_of_their_numbers(self):
        further = {"partner_id": self.jane.id, "number": "+493023125655", "name": "mobile"}
        self.env["call.number"].create(further)
        expected = {"Jane Roe": ["+1 202-555-0142", "+49 30 23125655"]}
        self.jane.phone = "+1 202-555-0142"
        for term in ("jane r", "555 0142", "030 23125655", "+49 (0)30 23125655"):
            with self.subTest(term):
                self.assertEqual(self._find(term), expected)
        self.assertFalse(self._find("ja"))

    def test_colleagues_are_found_by_their_extension(self):
        self.assertEqual(self._find("202")[self.bob.name], ["102", "202"])

    def test_all_numbers_of_the_contact_of_a_record_are_offered(self):
        project = self.env["project.project"].create({"name": "Help", "company_id": False})
        task = self.env["project.task"].create(
            {"name": "Repair", "project_id": project.id, "partner_id": self.jane.id}
        )
        dials = self.env["call.dial"]
        for record in (self.jane, task):
            [offered] = dials.get_numbers(record._name, record.id)
            self.assertEqual(offered, {"number": NUMBER, "label": ""})

    def test_making_a_call_private_deletes_its_click(self):
        dial, answer = self._dial(NUMBER, self.jane)
        self._send_script(answer["script"], 2)
        call = self._calls()
        self.assertEqual((call.dial_id, call.res_id), (dial, self.jane.id))
        self._make_private(call.with_user(self.alice))
        self.assertFalse(dial.exists())
        self.assertFalse(call.res_id)

    def test_dialling_a_private_number_keeps_no_click(self):
        self.env["call.private.number"].with_user(self.alice).create({"number": NUMBER})
        dial, answer = self._dial(NUMBER, self.jane)
        self._send_script(answer["script"])
        self.assertFalse(dial.exists())
        self.assertTrue(self._calls().is_private)
        self.assertFalse(self._calls().res_id)

    # --- test call -------------------------------------------------------------------

    def _test_dial(self, number=NUMBER):
        action = self.demo.with_user(self.admin).action_test_dial()
        wizard = self.env[action["res_model"]].with_user(self.admin)
        form = Form(wizard.with_context(**action["context"]))
        form.number = number
        return form.save().action_dial()

    def test_an_administrator_can_make_a_test_call(self):
        answer = self._test_dial()
        self.assertEqual(
            (answer["tag"], answer["params"]["pbx_id"]), ("call_handling.play", self.demo.id)
        )
        self._send_script(answer["params"]["steps"])
        self.assertRecordValues(
            self._calls(),
            [{"direction": "outgoing", "remote_number": NUMBER, "user_id": self.alice.id}],
        )

    def test_a_failed_test_call_reports_the_reason(self):
        with self.assertRaises(UserError):
            self._test_dial("Mum")
        refusal = ApiError(Problem.UNREACHABLE, "timeout")
        with patch.object(DemoAdapter, "originate", side_effect=refusal):
            answer = self._test_dial()
        self.assertEqual(answer["params"]["type"], "danger")
        self.assertIn("cannot be reached", answer["params"]["message"])
