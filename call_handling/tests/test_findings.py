from unittest.mock import patch

from odoo.tests import Form, new_test_user, tagged

from ..adapters import ADAPTERS
from ..models.pbx.severity import DANGER, INFO, SEVERITIES, WARNING
from .common import CallCommon

PUBLIC = "https://odoo.example.com"
LINE = "+493023125610"


@tagged("post_install", "-at_install")
class TestFindings(CallCommon):
    """A telephone system says what is wrong with what is entered, and leads there."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls._set_address(PUBLIC)
        cls.line = cls.env["call.line"].create({"name": "Main", "number": LINE})

    @classmethod
    def _set_address(cls, url):
        cls.env["ir.config_parameter"].set_param("web.base.url", url)

    def _findings(self, pbx=None):
        """Return the severities by name of what the form shows to the administrator."""
        self.env.invalidate_all()
        form = Form((pbx or self.pbx).with_user(self.admin))
        return {finding["name"]: finding["severity"] for finding in form.findings or ()}

    def _text(self, name):
        return next(f["text"] for f in self.pbx.findings if f["name"] == name)

    def _open(self, name):
        """Click on the button of a finding."""
        pbx = self.pbx.with_user(self.admin)
        method = next(f["method"] for f in pbx.findings if f["name"] == name)
        action = getattr(pbx, method)()
        if action.get("res_id"):
            return self.env[action["res_model"]].browse(action["res_id"])
        return self.env[action["res_model"]].search(action.get("domain") or [])

    def _test_connection(self, pbx=None):
        pbx = (pbx or self.pbx).with_user(self.admin)
        with patch.object(type(pbx), "_find_problem", return_value=""):
            return pbx.action_test()["params"]

    def _ring(self, ref="c1", extension="101", line=LINE):
        self._log_call(ref, extension=extension, line=line)

    def test_a_system_that_is_set_up_has_no_findings(self):
        self._ring()
        self.assertEqual(self._findings(), {})
        self.assertFalse(self.pbx.finding_count)
        self.assertEqual(self._test_connection()["type"], "success")

    def test_every_finding_says_what_to_do_and_where(self):
        self.company.country_id = False
        self.pbx.country_id = False
        self._ring(extension="999", line="+493023125699")
        for finding in self.pbx.with_user(self.admin).findings:
            with self.subTest(finding["name"]):
                self.assertIn(finding["severity"], SEVERITIES)
                self.assertTrue(finding["text"].endswith("."))
                self.assertEqual(bool(finding["button"]), bool(finding["method"]))
                if finding["method"]:
                    self._open(finding["name"])
        self.assertGreater(self.pbx.finding_count, 2)

    def test_nothing_is_found_before_a_system_is_saved(self):
        form = Form(self.env["call.pbx"].with_user(self.admin))
        self.assertFalse(form.findings)

    # --- country ---------------------------------------------------------------------

    def test_without_any_country_it_is_not_ready(self):
        self._ring()
        self.company.country_id = self.pbx.country_id = False
        self.assertEqual(self._findings(), {"country": DANGER})
        answer = self._test_connection()
        self.assertEqual((answer["type"], answer["title"]), ("danger", "Not Ready Yet"))
        self.assertIn("match nobody", answer["message"])
        self.assertEqual(self._open("country"), self.company)

    def test_without_a_country_of_the_company_contacts_may_not_be_found(self):
        self._ring()
        self.company.country_id = False
        self.assertEqual(self._findings(), {"country": WARNING})
        self.pbx.country_id = False
        self.company.country_id = self.germany
        self.assertEqual(self._findings(), {})

    # --- address ---------------------------------------------------------------------

    def test_an_address_that_the_system_cannot_reach(self):
        loopback = ("http://localhost:8069", "http://127.0.0.1", "http://[::1]:8069")
        private = (
            "https://192.168.1.5",
            "http://10.0.0.2:8069",
            "https://odoo.local",
            "http://odoo",
        )
        public = (PUBLIC, "https://93.184.215.14")
        unreachable = {
            "generic": (),
            "asterisk": (),
            "demo": (),
            "yeastar": loopback,
            "threecx": loopback,
            "twilio": loopback + private,
            "sipgate": loopback + private,
        }
        for code, addresses in unreachable.items():
            self.pbx.adapter = code
            for address in loopback + private + public:
                with self.subTest(code=code, address=address):
                    self._set_address(address)
                    found = self._findings().get("address")
                    self.assertEqual(found == DANGER, address in addresses)

    def test_an_unreachable_address_is_not_ready(self):
        self.pbx.write({"adapter": "placetel"})
        self._set_address("http://127.0.0.1:8069")
        answer = self._test_connection()
        self.assertEqual(answer["type"], "danger")
        self.assertIn("web.base.url", answer["message"])
        self.pbx.secret = False
        message = self.pbx.with_user(self.admin).action_test()["params"]["message"]
        self.assertEqual(message.count("There is no secret yet"), 1)
        self.assertIn("web.base.url", message)

    def test_an_address_without_https(self):
        self._set_address("http://odoo.example.com")
        for code, severity in (("aircall", DANGER), ("twilio", WARNING), ("generic", None)):
            with self.subTest(code):
                self.pbx.adapter = code
                self.assertEqual(self._findings().get("address"), severity)

    def test_only_who_may_change_the_address_gets_the_button(self):
        self.pbx.adapter = "twilio"
        self._set_address("http://localhost")
        buttons = [f["button"] for f in self.pbx.with_user(self.admin).findings]
        self.assertNotIn("Open the Address", buttons)
        self.admin.group_ids += self.env.ref("base.group_system")
        self.assertEqual(self._open("address").key, "web.base.url")

    # --- phones ----------------------------------------------------------------------

    def test_a_phone_that_nobody_has_entered(self):
        self._ring(extension="999")
        self.assertEqual(self._findings(), {"unknown_phones": WARNING})
        self.assertIn("999", self._text("unknown_phones"))
        self.assertEqual(self._test_connection()["type"], "warning")
        self._give_extension(self.pbx, self.dave, "999")
        self.assertEqual(self._findings(), {})

    def _choose(self, action, user):
        """Choose whose phone it is in the dialog that an action opens; return what follows."""
        dialogs = self.env[action["res_model"]].with_user(self.admin)
        dialog = dialogs.with_context(**action["context"]).create({"user_id": user.id})
        return dialog.action_set()

    def test_it_is_chosen_one_after_another_whose_phones_have_rung(self):
        self._ring(extension="998")
        self._ring("c2", extension="999")
        pbx = self.pbx.with_user(self.admin)
        then = self._choose(pbx.action_choose_phone_owner(), self.dave)
        then = self._choose(then, self.alice)
        self.assertEqual(then, {"type": "ir.actions.act_window_close"})
        self.assertFalse(pbx.action_choose_phone_owner())
        self.assertEqual(self._findings(), {})
        self._run_scheduled_action("ir_cron_complete_calls")
        for ref, user in (("c1", self.dave), ("c2", self.alice)):
            call = self.env["call.call"].search([("pbx_ref", "=", ref)])
            self.assertEqual((call.user_id, call.leg_ids.user_id), (user, user))

    def test_it_is_chosen_on_the_call_whose_phone_rang(self):
        self._ring(extension="999")
        call = self.env["call.call"].search([]).with_user(self.admin)
        self.assertIn("999", call.ownerless_label)
        self._choose(call.action_choose_phone_owner(), self.dave)
        self._run_scheduled_action("ir_cron_complete_calls")
        self.assertEqual((call.user_id, call.ownerless_label), (self.dave, False))
        self.assertFalse(call.action_choose_phone_owner())

    def test_a_phone_is_still_nobodys_if_the_dialog_is_closed_without_a_choice(self):
        self._ring(extension="999")
        call = self.env["call.call"].search([]).with_user(self.admin)
        for asked in (call, self.pbx.with_user(self.admin)):
            self.assertTrue(asked.action_choose_phone_owner())
            call.invalidate_recordset()
            self.assertIn("999", call.ownerless_label)
            self.assertEqual(self._findings(), {"unknown_phones": WARNING})
        self._choose(call.action_choose_phone_owner(), self.dave)
        self.assertEqual(self._findings(), {})

    def test_a_phone_of_nobody_is_not_asked_for_again(self):
        self._ring(extension="999")
        call = self.env["call.call"].search([]).with_user(self.admin)
        self._choose(call.action_choose_phone_owner(), self.env["res.users"])
        self.assertFalse(call.ownerless_label)
        self.assertEqual(self._findings(), {"free_phones": INFO})

    def test_a_phone_that_was_entered_for_nobody(self):
        self.env["call.extension"].create({"pbx_id": self.pbx.id, "number": "900"})
        self._ring()
        self.assertEqual(self._findings(), {}, "It has not rung.")
        self._ring("c2", extension="900")
        self.assertEqual(self._findings(), {"free_phones": INFO})
        self.assertEqual(self._test_connection()["type"], "success")
        self.assertIn("900", self._open("free_phones").mapped("number"))

    # --- people ----------------------------------------------------------------------

    def test_extensions_and_own_numbers_of_people_who_left(self):
        self.line.user_ids = self.alice
        self._ring()
        self.alice.action_archive()
        self.assertEqual(self._findings(), {"left_extensions": WARNING, "left_lines": WARNING})
        self.assertIn("101 alice", self._text("left_extensions"))
        self.assertEqual(self._open("left_extensions").mapped("number"), ["101"])
        self.assertEqual(self._open("left_lines"), self.line)
        answer = self._test_connection()
        self.assertEqual((answer["type"], answer["title"]), ("warning", "Ready"))
        self.assertIn("101 alice", answer["message"])
        self.line.user_ids = self.bob
        self._open("left_extensions").user_id = self.bob
        self.assertEqual(self._findings(), {})

    def test_a_user_with_a_phone_and_no_employee(self):
        guest = new_test_user(self.env, login="guest", name="guest", company_id=self.company.id)
        self._give_extension(self.pbx, guest, "161")
        self._ring()
        self.assertEqual(self._findings(), {"missing_employees": INFO})
        self.env["call.category"].create({"name": "Hotline", "make_timesheet": True})
        self.assertEqual(self._findings(), {"missing_employees": WARNING})
        self.assertIn("guest", self._text("missing_employees"))
        self.env["hr.employee"].create(
            {"name": "guest", "user_id": guest.id, "company_id": self.company.id}
        )
        self.assertEqual(self._findings(), {})

    # --- own numbers and events ------------------------------------------------------

    def test_an_own_number_that_nobody_has_entered(self):
        self._ring(line="+493023125699")
        self.assertEqual(self._findings(), {"unknown_lines": WARNING})
        self.assertIn("+49 30 23125699", self._text("unknown_lines"))
        self.env["call.line"].create({"name": "Second", "number": "+493023125699"})
        self.assertEqual(self._findings(), {})

    def test_no_own_number_at_all(self):
        self.line.unlink()
        self._ring(line=None)
        self.assertIn("missing_lines", self._findings())

    def test_no_event_yet(self):
        self.assertEqual(self._findings(), {"missing_events": INFO})
        self.assertEqual(self._test_connection()["type"], "success")

    def test_a_simulated_system_needs_nothing_but_a_country(self):
        self.line.unlink()
        self._set_address("http://localhost:8069")
        demo = self._create_pbx("demo", token="of demo")
        self.assertEqual(self._findings(demo), {})

    def test_every_system_can_be_checked(self):
        for code in ADAPTERS:
            with self.subTest(code):
                self.pbx.write({"adapter": code, "unsigned_allowed": True})
                self.assertEqual(self._findings().keys() - {"missing_events"}, set())

    def test_a_system_that_cannot_prove_its_identity(self):
        self._ring()
        self.pbx.secret = False
        self.assertEqual(self._findings(), {"proof": DANGER})

    def test_only_administrators_see_findings(self):
        self.assertNotIn("findings", self.pbx.with_user(self.boss).fields_get())
