from odoo.tests import tagged

from odoo.addons.call_handling.tests.common_follow_up import FollowUpCommon


@tagged("post_install", "-at_install")
class TestUnpaid(FollowUpCommon):
    """The card shows the unpaid amount of the caller to users who may see invoices."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.env["account.chart.template"].try_loading(
            "generic_coa", cls.company, install_demo=False
        )
        cls._give_group(cls.alice, "account.group_account_invoice")

    def _invoice(self, partner, price):
        line = {"name": "Chairs", "price_unit": price, "tax_ids": False}
        return self.env["account.move"].create(
            {
                "move_type": "out_invoice",
                "partner_id": partner.id,
                "company_id": self.company.id,
                "invoice_date": "2026-11-01",
                "invoice_line_ids": [(0, 0, line)],
            }
        )

    def test_only_users_who_may_see_invoices_see_the_unpaid_amount(self):
        self._invoice(self.jane, 1000).action_post()
        self._invoice(self.acme, 240).action_post()
        self._invoice(self.jane, 77)  # drafts do not count
        call = self._jane_calls()
        unpaid = call.with_user(self.alice)._get_card_unpaid()
        self.assertEqual(unpaid["count"], 2)
        self.assertIn("1,240.00", unpaid["amount"])
        self.assertFalse(call.with_user(self.bob)._get_card_unpaid())

    def test_without_unpaid_invoices_nothing_is_shown(self):
        self.assertFalse(self._jane_calls().with_user(self.alice)._get_card_unpaid())
