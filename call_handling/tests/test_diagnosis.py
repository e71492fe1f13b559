import base64
import json

from odoo.exceptions import AccessError, UserError
from odoo.tests import tagged
from odoo.tools import mute_logger

from .common import SECRET, TOKEN, CallHttpCommon
from .common_private import forms_of_number, forms_of_text
from .traces import load

NUMBER = "+442079460907"
NAME = "Zoë O'Quaxjah"
TEXT = "wumbrjah-token"
REFERENCE = "quaxjah.9"
PHONES = ("101", "102", "103", "104")
NEEDLES = {*forms_of_number(NUMBER), *forms_of_text(NAME), *forms_of_text(TEXT), "quaxjah"}
AT = "2026-11-23T10:00:0{}Z"


def _sort_legs(course):
    return course | {"legs": sorted(course["legs"], key=str)}


@tagged("post_install", "-at_install")
class TestDiagnosis(CallHttpCommon):
    """Administrators make files for bug reports, in which nobody is named."""

    def setUp(self):
        super().setUp()
        self.pbx.write({"api_url": f"https://{TEXT}.example", "trunk_names": f"{TEXT}, other"})
        self.pbx.sudo().api_secret = TEXT

    def _ring(self, ref=REFERENCE, **values):
        """A call with marks in everything that a telephone system sends arrives."""
        about = {"call": ref, "leg": f"{ref}/101", "extension": "101"}
        caller = {"from": NUMBER, "from_name": NAME, "to": "+493023125610", "queue": TEXT}
        further = {"note": TEXT, TEXT: {"b64": base64.b64encode(NUMBER.encode()).decode()}}
        events = [
            about | {"event": "ringing", "at": AT.format(0), "direction": "incoming"} | caller,
            about | {"event": "answered", "at": AT.format(2)} | further,
            {"call": ref, "event": "ended", "at": AT.format(8), "cause": "normal"},
            {"call": ref, "event": f"{TEXT} {NUMBER}"},
        ]
        response = self._post({"events": events} | values)
        self.assertEqual(response.status_code, 200, response.text)
        return self.env["call.call"].search([("pbx_ref", "=", ref)])

    def _download(self, record):
        self.authenticate("admin_of_calls", "admin_of_calls")
        action = record.with_user(self.admin).action_export_diagnosis()
        response = self.url_open(action["url"])
        self.assertEqual(response.status_code, 200, response.text)
        return response

    def _assert_names_nobody(self, text):
        found = sorted(needle for needle in (*NEEDLES, SECRET, TOKEN) if needle in text)
        self.assertEqual(found, [])
        self.assertNotIn(self.pbx.name, text)
        self.assertNotIn(self.company.name, text)

    def test_the_file_of_a_call_names_nobody_and_says_what_happened(self):
        call = self._ring()
        response = self._download(call)
        self._assert_names_nobody(response.text)
        self.assertIn("attachment", response.headers["Content-Disposition"])
        content = response.json()
        self.assertEqual(content["call"]["outcome"], "answered")
        self.assertEqual(content["call"]["talk_seconds"], 6)
        (leg,) = content["call"]["legs"]
        self.assertEqual(leg["outcome"], "answered")
        self.assertIn(leg["extension"], content["system"]["phones"])
        ringing, answered, ended = content["events"]
        self.assertEqual(ringing["message"]["event"], "ringing")
        self.assertEqual(ringing["message"]["from"], content["call"]["remote_number"])
        self.assertEqual(answered["message"]["leg"], ringing["message"]["leg"])
        self.assertEqual(ended["message"]["at"], AT.format(8))
        self.assertEqual(content["counts"]["events"], {"done": 3, "failed": 1})
        self.assertIn("call_handling", content["versions"]["addons"])

    def test_the_file_of_a_telephone_system_has_what_failed_with_codes(self):
        self._ring()
        response = self._download(self.pbx)
        self._assert_names_nobody(response.text)
        content = response.json()
        (failed,) = [event for event in content["events"] if event["state"] == "failed"]
        self.assertEqual(failed["reason"], {"code": "unknown_word", "field": "event"})
        self.assertEqual(content["counts"]["failed"], [failed["reason"] | {"count": 1}])
        self.assertEqual(len(content["events"]), 4)

    def test_who_made_a_file_is_in_the_access_log(self):
        call = self._ring()
        self._download(call)
        entry = self.env["call.audit"].search([("act", "=", "diagnosis")])
        self.assertEqual((entry.user_id, entry.res_model, entry.res_id), (
            self.admin, "call.call", call.id,
        ))  # fmt: skip

    def test_there_is_no_file_of_a_private_call(self):
        call = self._ring()
        call.with_user(self.alice)._make_private()
        with self.assertRaises(UserError):
            call.with_user(self.admin)._make_diagnosis()
        content = json.dumps(self.pbx.with_user(self.admin)._make_diagnosis())
        self._assert_names_nobody(content)
        self.assertNotIn('"understood"', content)

    def test_nobody_else_makes_files(self):
        call = self._ring()
        for record in (call, self.pbx):
            for user in (self.boss, self.alice):
                with self.subTest(record=record._name, user=user.login):
                    with self.assertRaises(AccessError):
                        record.with_user(user).action_export_diagnosis()
                    self.authenticate(user.login, user.login)
                    path = f"/call_handling/diagnosis/{record._name}/{record.id}"
                    with mute_logger("odoo.http"):
                        self.assertIn(self.url_open(path).status_code, (403, 404))
        self.assertFalse(self.env["call.audit"].search([("act", "=", "diagnosis")]))

    def test_a_file_made_from_a_trace_is_the_same_call_when_it_is_replayed(self):
        for name in ("incoming_ring_group_three_legs", "blind_transfer", "incoming_queue_answered"):
            with self.subTest(name):
                token = f"address-of-{name}"
                pbx = self._create_pbx("asterisk", token=token, trunk_names="trunk")
                pbx.extension_ids = [(0, 0, {"number": number}) for number in PHONES]
                response = self._post({"events": load("asterisk", name)}, token=token)
                self.assertEqual(response.status_code, 200, response.text)
                call = self.env["call.call"].search([("pbx_id", "=", pbx.id)])
                content = call.with_user(self.admin)._make_diagnosis()
                replayed = self.env["call.pbx"]._replay_diagnosis(json.loads(json.dumps(content)))
                again = self.env["call.call"].search([("pbx_id", "=", replayed.id)])
                self.assertEqual(_sort_legs(again._describe_course()), _sort_legs(content["call"]))
                self.assertNotIn(call.remote_number[1:], str(content))
