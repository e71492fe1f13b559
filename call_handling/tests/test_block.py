import ast

from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.tests import Form, tagged

from .common import CallCommon

NUMBER = "+493023125410"


@tagged("post_install", "-at_install")
class TestBlock(CallCommon):
    """Calls from unwanted numbers are logged separately and disturb nobody."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.unwanted = cls.env.ref("call_handling.call_category_unwanted")

    @classmethod
    def _block(cls, number=NUMBER, **values):
        return cls.env["call.block"].create({"number": number} | values)

    def _listed(self, user):
        action = self.env["ir.actions.act_window"]._for_xml_id("call_handling.call_call_action")
        return self.env["call.call"].with_user(user).search(ast.literal_eval(action["domain"]))

    def test_a_call_from_an_unwanted_number_is_logged_separately(self):
        self._block("030 23125-410")
        call = self._log_call(number=NUMBER)
        other = self._log_call("c2", "+12025550142")
        self.assertTrue(call.is_blocked)
        self.assertEqual(call.category_id, self.unwanted)
        self.assertFalse(other.is_blocked)
        self.assertEqual(self._listed(self.alice), other)

    def test_all_numbers_with_an_unwanted_prefix_are_unwanted(self):
        self._block("030 23125 4", is_prefix=True)
        self.assertTrue(self._log_call(number=NUMBER).is_blocked)
        self.assertFalse(self._log_call("c2", "+493023125510").is_blocked)

    def test_an_unwanted_call_opens_no_callback(self):
        self._block()
        self.env["call.rule"].create(
            {"name": "All", "user_id": self.dave.id, "is_private": False, "domain": "[]"}
        )
        call = self._log_call(number=NUMBER, answered=False, extension="999")
        self.assertFalse(call.user_id)
        self.assertFalse(call.callback_id)
        self.assertFalse(self.env["call.callback"].search([("number", "=", NUMBER)]))

    def test_an_outgoing_call_to_an_unwanted_number_is_an_ordinary_call(self):
        self._block()
        self._send_events(
            {"call": "out", "leg": "out", "event": "ringing", "direction": "outgoing",
             "from": "101", "to": NUMBER, "extension": "101"},
        )  # fmt: skip
        self.assertFalse(self._call("out").is_blocked)

    def test_a_lead_marks_a_number_as_unwanted_and_undoes_it(self):
        older = self._log_call("c2", NUMBER, extension="104")
        call = self._log_call(number=NUMBER, answered=False, at="2026-11-23T12:00:00Z")
        callback = call.callback_id
        self.assertTrue(callback)
        self._mark_unwanted(call, self.lead)
        self.assertEqual((call | older).mapped("is_blocked"), [True, False])
        self.assertEqual(call.category_id, self.unwanted)
        self.assertFalse(callback.exists())
        call.with_user(self.lead).action_unblock_number()
        self.assertEqual((call | older).mapped("is_blocked"), [False, False])
        self.assertFalse(call.category_id)
        self.assertEqual(call.callback_id.state, "open")

    def test_only_leads_and_administrators_unblock_a_number(self):
        block = self._block()
        call = self._log_call(number=NUMBER)
        with self.assertRaisesRegex(AccessError, "Ask one of them"):
            call.with_user(self.alice).action_unblock_number()
        self.assertTrue(call.is_blocked)
        for user in (self.lead, self.boss, self.admin):
            call.with_user(user).action_unblock_number()
            self.assertFalse(call.is_blocked)
            self.assertFalse(block.exists())
            block = self._block()

    def test_an_unblocked_call_is_processed_like_any_other(self):
        self._block()
        self.env["call.rule"].create({"name": "All", "user_id": self.dave.id, "domain": "[]"})
        call = self._log_call(number=NUMBER, answered=False, extension="999")
        call.with_user(self.boss).action_unblock_number()
        self.assertEqual(call.user_id, self.dave)
        self.assertEqual(call.callback_id.missed_count, 1)

    def test_a_lead_cannot_unblock_a_number_with_an_unwanted_prefix(self):
        self._block("+49302312", is_prefix=True)
        call = self._log_call(number=NUMBER)
        with self.assertRaisesRegex(UserError, "prefix"):
            call.with_user(self.lead).action_unblock_number()
        self.assertTrue(call.is_blocked)
        self.env["call.block"].with_user(self.admin).search([]).unlink()
        self.assertTrue(call.is_blocked)
        call.with_user(self.lead).action_unblock_number()
        self.assertFalse(call.is_blocked)

    def test_a_withheld_number_cannot_be_blocked(self):
        call = self._log_call(number="anonymous")
        with self.assertRaises(UserError):
            call.with_user(self.alice).action_block_number()

    def test_all_withheld_numbers_can_be_unwanted(self):
        before = self._log_call("c1", "anonymous", answered=False)
        number = self._log_call("c2", NUMBER)
        block = self._block("withheld")
        self.assertTrue(block.is_withheld)
        spellings = ("PRIVATE NUMBER", "0000000000", "Anonymous <sip:anonymous@anonymous.invalid>")
        for place, spelling in enumerate(spellings):
            self.assertTrue(self._log_call(f"withheld{place}", spelling).is_blocked, spelling)
        self.assertFalse((before | number).filtered("is_blocked"))
        # the placeholder of a system that sent no number
        self.assertFalse(self._log_call("c3", "<unknown>").is_blocked)
        block.unlink()
        self.assertFalse(self._log_call("c4", "anonymous").is_blocked)

    def test_withheld_numbers_are_marked_as_unwanted_by_a_tick(self):
        with Form(self.env["call.block"].with_user(self.admin)) as form:
            form.is_withheld = True
        self.assertTrue(self._log_call(number="anonymous").is_blocked)

    def test_a_very_short_prefix_is_refused(self):
        with self.assertRaises(ValidationError):
            self._block("+49", is_prefix=True)

    def test_a_category_chosen_by_a_user_is_kept(self):
        call = self._log_call(number=NUMBER)
        sales = self.env.ref("call_handling.call_category_sales")
        call.with_user(self.alice).category_id = sales
        self._mark_unwanted(call, self.lead)
        self.assertEqual((call.is_blocked, call.category_id), (True, sales))

    def test_a_number_is_unwanted_in_its_company_only(self):
        sister = self.env["res.company"].create({"name": "Sister"})
        self._block(company_id=sister.id)
        self.assertFalse(self._log_call(number=NUMBER).is_blocked)
