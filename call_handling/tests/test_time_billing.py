from datetime import timedelta
from unittest import SkipTest

from freezegun import freeze_time

from odoo import fields
from odoo.exceptions import UserError
from odoo.tests import new_test_user, tagged

from .common_time import NUMBER, CallTimeCommon


@tagged("post_install", "-at_install")
class TestTimeBilling(CallTimeCommon):
    """From the call to the invoice, if Odoo's sale_timesheet bills the project.

    ``./dev test`` installs it; on a database without it these tests are skipped.
    """

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        if cls.env["ir.module.module"]._get("sale_timesheet").state != "installed":
            raise SkipTest("Odoo's sale_timesheet is not installed")
        cls.env["account.chart.template"].try_loading(
            "generic_coa", cls.company, install_demo=False
        )
        cls.company.write({"call_time_step_minutes": 15, "call_time_minimum": 15})
        cls.seller = new_test_user(
            cls.env,
            login="seller",
            groups="sales_team.group_sale_manager,account.group_account_invoice",
            company_id=cls.company.id,
            company_ids=[(6, 0, cls.company.ids)],
        )
        cls.customer = cls._create_contact("Jane Roe", NUMBER)
        cls.order = cls._sell_hours(price=90)
        cls.project.write(
            {
                "allow_billable": True,
                "partner_id": cls.customer.id,
                "sale_line_id": cls.order.order_line.id,
            }
        )

    @classmethod
    def _sell_hours(cls, price):
        """Create an order of hours that are billed by timesheets."""
        service = cls.env["product.product"].create(
            {
                "name": "Support",
                "type": "service",
                "list_price": price,
                "uom_id": cls.env.ref("uom.product_uom_hour").id,
                "invoice_policy": "delivery",
                "service_type": "timesheet",
                "taxes_id": False,
            }
        )
        order = cls.env["sale.order"].create(
            {
                "partner_id": cls.customer.id,
                "company_id": cls.company.id,
                "order_line": [(0, 0, {"product_id": service.id, "product_uom_qty": 10})],
            }
        )
        order.action_confirm()
        return order

    def _invoice(self):
        """Create the invoice as the seller does with the button of the order."""
        context = {"active_model": "sale.order", "active_ids": self.order.ids}
        wizard = self.env["sale.advance.payment.inv"].with_user(self.seller)
        wizard = wizard.with_context(**context).create({"advance_payment_method": "delivered"})
        wizard.create_invoices()
        return self.order.invoice_ids

    def test_a_call_becomes_an_invoice_line(self):
        self.employee_alice.hourly_cost = 40
        call = self._answered_call(seconds=1201)
        line = call.timesheet_ids
        self.assertRecordValues(
            line,
            [
                {
                    "unit_amount": 0.5,
                    "amount": -20,
                    "so_line": self.order.order_line.id,
                    "timesheet_invoice_type": "billable_time",
                    "partner_id": self.customer.id,
                }
            ],
        )
        self.assertRecordValues(
            self.order.order_line, [{"qty_delivered": 0.5, "qty_to_invoice": 0.5}]
        )
        invoice = self._invoice()
        self.assertRecordValues(
            invoice.invoice_line_ids,
            [{"quantity": 0.5, "price_unit": 90, "price_subtotal": 45, "name": "Support"}],
        )
        self.assertEqual(line.timesheet_invoice_id, invoice)
        invoice.action_post()
        self.assertRecordValues(self.order.order_line, [{"qty_invoiced": 0.5, "qty_to_invoice": 0}])

    def test_the_time_of_everybody_who_spoke_is_billed(self):
        self._transferred_call(first=600, second=1200)
        self.assertEqual(self.order.order_line.qty_delivered, 0.25 + 0.5)
        self.assertEqual(self._invoice().amount_untaxed, 67.5)

    def test_a_task_of_another_order_line_bills_the_call_there(self):
        call = self._answered_call(seconds=900)
        other = self._sell_hours(price=120)
        self.task.write({"partner_id": self.customer.id, "sale_line_id": other.order_line.id})
        call.with_user(self.alice).task_id = self.task
        self.assertEqual(self.order.order_line.qty_delivered, 0)
        self.assertEqual(other.order_line.qty_delivered, 0.25)

    def test_a_call_that_becomes_private_before_the_invoice_is_not_billed(self):
        call = self._answered_call(seconds=900)
        self.assertEqual(self.order.order_line.qty_to_invoice, 0.25)
        call._check_undo()
        call._undo()
        self.assertFalse(call.timesheet_ids)
        self.assertRecordValues(self.order.order_line, [{"qty_delivered": 0, "qty_to_invoice": 0}])
        with self.assertRaises(UserError):
            self._invoice()

    def test_a_call_that_leaves_the_project_before_the_invoice_is_not_billed(self):
        call = self._answered_call(seconds=900)
        call.with_user(self.alice).project_id = self.other_project
        self.assertEqual(self.order.order_line.qty_delivered, 0)
        self.assertEqual(call.timesheet_ids.timesheet_invoice_type, "non_billable")

    def test_an_invoiced_call_refuses_changes_and_names_the_invoice(self):
        call = self._answered_call(seconds=900)
        invoice = self._invoice()
        invoice.action_post()
        for values in (
            {"project_id": self.other_project.id},
            {"project_id": False},
            {"talk_seconds": 5000},
            {"outcome": "voicemail"},
        ):
            with self.subTest(values):
                with self.assertRaises(UserError) as refusal:
                    call.with_user(self.alice).write(values)
                self.assertIn(f"on the invoice {invoice.name}", str(refusal.exception))
        [remaining] = call.with_user(self.alice)._get_private_preview()["remains"]
        self.assertIn("(invoiced)", remaining)
        call.with_user(self.alice).summary = "Printer"
        self.assertEqual(call.timesheet_ids.unit_amount, 0.25)

    def test_after_the_invoice_is_cancelled_the_call_can_change_again(self):
        call = self._answered_call(seconds=900)
        invoice = self._invoice()
        invoice.button_cancel()
        call.with_user(self.alice).talk_seconds = 1800
        self.assertEqual(self.order.order_line.qty_to_invoice, 0.5)
        call._check_undo()
        call._undo()
        self.assertEqual(self.order.order_line.qty_delivered, 0)

    def test_events_after_the_invoice_change_nothing_but_are_reported_on_the_call(self):
        call = self._answered_call(seconds=900)
        invoice = self._invoice()
        invoice.action_post()
        self._send_events({"call": "c1", "event": "ended", "at": "2026-11-23T09:59:00Z"})
        self._run_pending_jobs()
        self.assertIn(invoice.name, call.job_error)
        self.assertEqual(self.order.order_line.qty_delivered, 0.25)

    def test_a_posted_invoice_is_untouched_when_its_calls_are_anonymized(self):
        call = self._answered_call(seconds=1201)
        self.company.call_texts_for_customers = True
        call.with_user(self.alice).summary = "Printer of Jane Roe"
        invoice = self._invoice()
        invoice.action_post()
        before = invoice.invoice_line_ids.read(["name", "quantity", "price_subtotal", "product_id"])
        line = call.timesheet_ids
        self.assertIn("Jane Roe", line.name)
        amounts = line.unit_amount, line.amount, line.so_line, line.timesheet_invoice_id
        self.company.write({"call_keep_people_days": 365, "call_keep_raw_days": 365})
        with freeze_time(fields.Datetime.now() + timedelta(days=730)):
            self._run_scheduled_action("ir_cron_retention")
        self.assertTrue(call.is_anonymized)
        self.assertEqual(
            invoice.invoice_line_ids.read(["name", "quantity", "price_subtotal", "product_id"]),
            before,
        )
        self.assertEqual(
            (line.unit_amount, line.amount, line.so_line, line.timesheet_invoice_id), amounts
        )
        self.assertEqual((line.name, line.call_id), ("Call", call))
        self.assertEqual(invoice.state, "posted")
