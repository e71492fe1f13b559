from freezegun import freeze_time

from odoo.exceptions import AccessError, UserError
from odoo.tests import TransactionCase, tagged

from odoo.addons.call_handling.tests.common import load_demo
from odoo.addons.call_handling.tests.common_follow_up import AT_WORK, NUMBER, FollowUpCommon


@tagged("post_install", "-at_install")
@freeze_time(AT_WORK)
class TestQuotation(FollowUpCommon):
    """Quotations created from calls."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls._give_group(cls.alice, "sales_team.group_sale_salesman")

    def _create_quotation(self):
        call = self._jane_calls()
        self._fill_in(call)
        call.with_user(self.alice).action_create_quotation()
        return call, call.order_id

    def test_the_card_shows_quotations_and_a_call_dialled_from_one_is_linked(self):
        call = self._jane_calls()
        record = self.env["sale.order"].create(
            {"partner_id": self.jane.id, "user_id": self.alice.id, "company_id": self.company.id}
        )
        links = call.with_user(self.alice)._get_card_links()
        [shown] = [link for link in links if link["model"] == record._name]
        self.assertEqual([entry["id"] for entry in shown["records"]], record.ids)
        self.assertEqual(call._prepare_dialled_values(record), {"order_id": record.id})

    def test_the_button_creates_a_quotation_and_opens_it(self):
        call = self._jane_calls()
        self._fill_in(call)
        action = call.with_user(self.alice).action_create_quotation()
        order = call.order_id
        self.assertEqual((action["res_model"], action["res_id"]), ("sale.order", order.id))
        self.assertEqual((order.state, order.partner_id), ("draft", self.jane))
        self.assertEqual((order.user_id, order.company_id), (self.alice, self.company))
        self._assert_linked(call, order)

    def test_what_was_said_is_internal(self):
        _call, order = self._create_quotation()
        self._assert_internal_only("The printer smokes", order)
        self._assert_internal_only("plug", order)
        self.assertIn("plug", "".join(order.message_ids.mapped("body")))
        self.assertEqual(self._get_files(order).mapped("raw"), [b"smoke"])

    def test_a_second_click_opens_the_first_quotation(self):
        call, order = self._create_quotation()
        self.assertEqual(call.with_user(self.alice).action_create_quotation()["res_id"], order.id)
        self.assertEqual(self.env["sale.order"].search([("partner_id", "=", self.jane.id)]), order)

    def test_the_quotation_shows_its_calls(self):
        call, order = self._create_quotation()
        order = order.with_user(self.alice)
        self.assertEqual(order.call_count, 1)
        found = self.env["call.call"].with_user(self.alice)
        self.assertEqual(found.search(order.action_view_calls()["domain"]), call)
        self.assertIn(
            "action_view_calls", self._buttons(self.alice, "sale.order", "sale.view_order_form")
        )

    def test_a_quotation_needs_a_contact(self):
        call = self._log_call(number="+12025550142").with_user(self.alice)
        with self.assertRaisesRegex(UserError, "A quotation needs a contact"):
            call.action_create_quotation()
        self._create_rule("quotation", "[('direction', '=', 'incoming')]")
        other = self._log_call("c2", "+12025550142")
        self._run_pending_jobs()
        self.assertFalse(other.order_id)
        self.assertIn("A quotation needs a contact", other.job_error)

    def test_a_rule_creates_a_quotation(self):
        self._create_rule("quotation")
        call = self._log_call(number=NUMBER)
        self._run_pending_jobs()
        self.assertEqual((call.order_id.partner_id, call.order_id.user_id), (self.jane, self.alice))
        self.assertFalse(call.order_id.message_ids.notification_ids)
        self.assertNotIn(self.jane, call.order_id.message_partner_ids)

    def test_only_sales_users_have_the_button(self):
        self.assertIn("action_create_quotation", self._header_buttons(self.alice))
        self.assertNotIn("action_create_quotation", self._header_buttons(self.bob))
        call = self._jane_calls(extension="102")
        with self.assertRaises(AccessError):
            call.with_user(self.bob).action_create_quotation()

    def test_undoing_a_call_deletes_its_draft(self):
        call, order = self._create_quotation()
        call.with_user(self.alice)._check_undo()
        call.with_user(self.alice)._undo()
        self.assertFalse(order.exists() or call.order_id)

    def test_a_quotation_in_use_is_only_unlinked(self):
        def add_line(order):
            order.order_line = [(0, 0, {"display_type": "line_note", "name": "Soon"})]

        for change in ("action_confirm", "action_quotation_sent", add_line):
            call, order = self._create_quotation()
            if callable(change):
                change(order)
            else:
                getattr(order, change)()
            with self.subTest(change):
                listed = call.with_user(self.alice)._get_private_preview()
                [remaining] = listed["remains"]
                self.assertIn(order.name, remaining)
                self.assertFalse(listed["prevents"])
                call.with_user(self.alice)._check_undo()
                call.with_user(self.alice)._undo()
                self.assertEqual((order.partner_id, call.order_id.ids), (self.jane, []))
                self.assertFalse(self._get_files(order))
                self._assert_not_revealed(("smokes", "plug"), order)
            call.event_ids.unlink()
            call.unlink()


@tagged("post_install", "-at_install")
class TestQuotationDemo(TransactionCase):
    """Quotations in the demo data."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        load_demo(cls.env, "call_handling", "call_pbx_demo")
        if not cls.env.ref("call_handling.call_call_booking_request").order_id:
            load_demo(cls.env, "call_handling_sale", "none_of_its_own")

    def test_a_quotation_was_created_from_a_call(self):
        call = self.env.ref("call_handling.call_call_booking_request")
        self.assertEqual(call.order_id.partner_id, call.partner_id)
        self.assertEqual(call.order_id.user_id, self.env.ref("call_handling.res_users_chiara"))
