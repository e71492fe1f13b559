import ast

from odoo.exceptions import UserError, ValidationError
from odoo.tests import tagged

from .common import CallCommon

NUMBER = "+493023125410"


@tagged("post_install", "-at_install")
class TestBlock(CallCommon):
    """Unwanted callers are logged apart and disturb nobody."""

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

    def test_a_call_of_an_unwanted_number_is_logged_apart(self):
        self._block("030 23125-410")
        call = self._log_call(number=NUMBER)
        other = self._log_call("c2", "+12025550142")
        self.assertTrue(call.is_blocked)
        self.assertEqual(call.category_id, self.unwanted)
        self.assertFalse(other.is_blocked)
        self.assertEqual(self._listed(self.alice), other)

    def test_all_numbers_that_begin_so_are_unwanted(self):
        self._block("030 23125 4", is_prefix=True)
        self.assertTrue(self._log_call(number=NUMBER).is_blocked)
        self.assertFalse(self._log_call("c2", "+493023125510").is_blocked)

    def test_an_unwanted_call_opens_nothing(self):
        self._block()
        self.env["call.rule"].create(
            {"name": "All", "user_id": self.dave.id, "is_private": False, "domain": "[]"}
        )
        call = self._log_call(number=NUMBER, answered=False, extension="999")
        self.assertFalse(call.user_id)
        self.assertFalse(call.callback_id)
        self.assertFalse(self.env["call.callback"].search([("number", "=", NUMBER)]))

    def test_calling_an_unwanted_number_is_an_ordinary_call(self):
        self._block()
        self._send_events(
            {"call": "out", "leg": "out", "event": "ringing", "direction": "outgoing",
             "from": "101", "to": NUMBER, "extension": "101"},
        )  # fmt: skip
        self.assertFalse(self._call("out").is_blocked)

    def test_whoever_takes_a_call_says_that_its_number_is_unwanted_and_takes_it_back(self):
        call = self._log_call(number=NUMBER, answered=False)
        older = self._log_call("c2", NUMBER, extension="104")
        callback = call.callback_id
        self.assertTrue(callback)
        call.with_user(self.alice).action_block_number()
        self.assertEqual((call | older).mapped("is_blocked"), [True, True])
        self.assertEqual(call.category_id, self.unwanted)
        self.assertFalse(callback.exists())
        call.with_user(self.alice).action_unblock_number()
        self.assertEqual((call | older).mapped("is_blocked"), [False, False])
        self.assertFalse(call.category_id)

    def test_what_becomes_wanted_again_is_sorted_like_any_other(self):
        self._block()
        self.env["call.rule"].create({"name": "All", "user_id": self.dave.id, "domain": "[]"})
        call = self._log_call(number=NUMBER, answered=False, extension="999")
        call.with_user(self.boss).action_unblock_number()
        self.assertEqual(call.user_id, self.dave)
        self.assertEqual(call.callback_id.missed_count, 1)

    def test_one_number_of_many_that_are_unwanted_is_a_matter_of_the_administrator(self):
        self._block("+49302312", is_prefix=True)
        call = self._log_call(number=NUMBER)
        with self.assertRaises(UserError):
            call.with_user(self.alice).action_unblock_number()

    def test_a_caller_without_number_cannot_be_unwanted(self):
        call = self._log_call(number="anonymous")
        with self.assertRaises(UserError):
            call.with_user(self.alice).action_block_number()

    def test_half_the_world_cannot_be_unwanted(self):
        with self.assertRaises(ValidationError):
            self._block("+49", is_prefix=True)

    def test_a_category_that_somebody_chose_stays(self):
        call = self._log_call(number=NUMBER)
        sales = self.env.ref("call_handling.call_category_sales")
        call.with_user(self.alice).category_id = sales
        self._block()
        self.assertEqual((call.is_blocked, call.category_id), (True, sales))

    def test_what_is_unwanted_in_one_company_may_be_wanted_in_another(self):
        sister = self.env["res.company"].create({"name": "Sister"})
        self._block(company_id=sister.id)
        self.assertFalse(self._log_call(number=NUMBER).is_blocked)
