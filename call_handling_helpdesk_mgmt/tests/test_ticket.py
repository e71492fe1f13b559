from freezegun import freeze_time

from odoo.exceptions import AccessError
from odoo.tests import TransactionCase, tagged

from odoo.addons.call_handling.tests.common import load_demo
from odoo.addons.call_handling.tests.common_follow_up import AT_WORK, NUMBER, FollowUpCommon


@tagged("post_install", "-at_install")
@freeze_time(AT_WORK)
class TestTicket(FollowUpCommon):
    """Tickets created from calls, and calls attached to open tickets."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls._give_group(cls.alice, "helpdesk_mgmt.group_helpdesk_user_own")

    def _create_ticket(self, name="Printer", **values):
        return self.env["helpdesk.ticket"].create(
            {
                "name": name,
                "description": "x",
                "partner_id": self.jane.id,
                "company_id": self.company.id,
                "user_id": self.alice.id,
            }
            | values
        )

    def _jane_calls_and_jobs_run(self, ref="c1"):
        call = self._log_call(ref, NUMBER)
        self._run_pending_jobs()
        return call

    # --- creating --------------------------------------------------------------------

    def test_the_card_shows_tickets_and_a_call_dialled_from_one_is_linked(self):
        call = self._jane_calls()
        record = self.env["helpdesk.ticket"].create(
            {
                "name": "Smoke",
                "description": "Much",
                "partner_id": self.jane.id,
                "user_id": self.alice.id,
                "company_id": self.company.id,
            }
        )
        links = call.with_user(self.alice)._get_card_links()
        [shown] = [link for link in links if link["model"] == record._name]
        self.assertEqual([entry["id"] for entry in shown["records"]], record.ids)
        self.assertEqual(call._prepare_dialled_values(record), {"ticket_id": record.id})

    def test_the_button_creates_a_ticket_and_opens_it(self):
        call = self._jane_calls()
        self._fill_in(call)
        action = call.with_user(self.alice).action_create_ticket()
        ticket = call.ticket_id
        self.assertEqual((action["res_model"], action["res_id"]), ("helpdesk.ticket", ticket.id))
        self._assert_content_copied(call, ticket)
        for word in ("printer", "morning", "Jane", "2312"):  # the contact reads these
            self.assertNotIn(word, f"{ticket.name} {ticket.description}")
        self.assertEqual((ticket.user_id, ticket.company_id), (self.alice, self.company))
        self.assertEqual(
            ticket.channel_id, self.env.ref("helpdesk_mgmt.helpdesk_ticket_channel_phone")
        )

    def test_a_second_click_opens_the_first_ticket(self):
        call = self._jane_calls().with_user(self.alice)
        self.assertEqual(call.action_create_ticket(), call.action_create_ticket())
        self.assertEqual(self.jane.helpdesk_ticket_ids, call.ticket_id)

    def test_an_unknown_caller_gets_a_ticket_too(self):
        call = self._log_call(number="+12025550142", from_name="J. Roe").with_user(self.alice)
        call.action_create_ticket()
        self.assertEqual(call.ticket_id.partner_name, "J. Roe")
        self.assertNotIn("202", call.ticket_id.description)
        self.assertIn("+1 202-555-0142", str(call.ticket_id.message_ids.mapped("body")))

    def test_customers_read_the_summary_in_the_ticket_if_the_company_shows_it(self):
        self.company.call_texts_for_customers = True
        call = self._jane_calls()
        self._fill_in(call)
        call.with_user(self.alice).action_create_ticket()
        self.assertEqual(call.ticket_id.name, "The printer smokes")
        self.assertIn("this morning", call.ticket_id.description)
        self._assert_content_copied(call, call.ticket_id)

    def test_a_copied_ticket_has_no_text_of_the_call(self):
        self.company.call_texts_for_customers = True
        call = self._jane_calls()
        self._fill_in(call)
        call.with_user(self.alice).action_create_ticket()
        copied = call.ticket_id.with_user(self.alice).copy()
        self.assertIn("Call of 11/23/26", copied.name)
        for word in ("printer", "morning", "Jane", "2312"):
            self.assertNotIn(word, f"{copied.name} {copied.description}")

    def test_a_copied_ticket_of_an_unknown_caller_has_no_name(self):
        call = self._log_call(number="+12025550142", from_name="Mr. Smith")
        call.with_user(self.alice).action_create_ticket()
        self.assertEqual(call.ticket_id.partner_name, "Mr. Smith")
        copied = call.ticket_id.with_user(self.alice).copy()
        self._make_private(call.with_user(self.alice))
        self._assert_not_revealed(("Mr. Smith", "2025550142"), copied)

    def test_a_rule_creates_a_ticket(self):
        self._create_rule("ticket")
        before = self.env["mail.mail"].search([])
        call = self._jane_calls_and_jobs_run()
        self.assertEqual(
            (call.ticket_id.partner_id, call.ticket_id.user_id), (self.jane, self.alice)
        )
        self.assertFalse(call.ticket_id.message_ids.notification_ids)
        self.assertEqual(self.env["mail.mail"].search([]), before)
        self.assertNotIn(self.jane, call.ticket_id.message_partner_ids)

    def test_the_ticket_shows_its_calls(self):
        call = self._jane_calls().with_user(self.alice)
        call.action_create_ticket()
        self.assertEqual(call.ticket_id.call_count, 1)
        self.assertEqual(call.search(call.ticket_id.action_view_calls()["domain"]), call)
        buttons = self._buttons(self.alice, "helpdesk.ticket", "helpdesk_mgmt.ticket_view_form")
        self.assertIn("action_view_calls", buttons)

    def test_only_helpdesk_users_have_the_button(self):
        self.assertIn("action_create_ticket", self._header_buttons(self.alice))
        self.assertNotIn("action_create_ticket", self._header_buttons(self.bob))
        call = self._jane_calls(extension="102")
        with self.assertRaises(AccessError):
            call.with_user(self.bob).action_create_ticket()

    # --- attaching -------------------------------------------------------------------

    def test_a_call_is_attached_to_the_only_open_ticket_of_its_contact(self):
        ticket = self._create_ticket()
        done = self.env.ref("helpdesk_mgmt.helpdesk_ticket_stage_done")
        self._create_ticket("Done", stage_id=done.id)
        self._create_ticket("Of somebody else", partner_id=self._create_contact("Richard Roe").id)
        elsewhere = self.env["res.company"].create({"name": "Elsewhere"})
        self._create_ticket("Elsewhere", company_id=elsewhere.id, user_id=False)
        self.assertEqual(self._jane_calls_and_jobs_run().ticket_id, ticket)

    def test_several_open_tickets_are_offered_and_a_click_chooses(self):
        tickets = self._create_ticket() | self._create_ticket("Scanner")
        call = self._jane_calls_and_jobs_run().with_user(self.alice)
        self.assertFalse(call.ticket_id)
        self.assertEqual(call.ticket_candidate_ids, tickets)
        arch = call.get_view(self.env.ref("call_handling.call_call_view_form").id)["arch"]
        self.assertIn("action_choose_ticket", arch)
        call.action_choose_ticket(tickets[-1].id)
        self.assertEqual(call.ticket_id, tickets[-1])
        self.assertFalse(call.ticket_candidate_ids)

    def test_tickets_that_a_user_may_not_see_are_not_offered(self):
        tickets = self._create_ticket() | self._create_ticket("Scanner", user_id=self.boss.id)
        call = self._jane_calls_and_jobs_run()
        self.assertEqual(call.ticket_candidate_ids, tickets)
        self.env.invalidate_all()
        shown = call.with_user(self.alice).web_read({"ticket_candidate_ids": {"fields": {}}})
        self.assertEqual([row["id"] for row in shown[0]["ticket_candidate_ids"]], tickets[:1].ids)

    def test_a_ticket_and_a_task_are_both_attached(self):
        ticket, task = self._create_ticket(), self._create_task()
        call = self._jane_calls()
        self._run_pending_jobs()
        self.assertEqual((call.ticket_id, call.task_id), (ticket, task))

    # --- undoing ---------------------------------------------------------------------

    def test_undoing_a_call_deletes_its_ticket(self):
        call = self._jane_calls().with_user(self.alice)
        call.action_create_ticket()
        ticket = call.ticket_id
        call._check_undo()
        call._undo()
        self.assertFalse(ticket.exists())

    def test_a_ticket_edited_by_others_is_kept_without_details_of_the_call(self):
        call = self._jane_calls()
        self._fill_in(call)
        call.with_user(self.alice).action_create_ticket()
        ticket = call.ticket_id
        ticket.message_post(body="Ordered one.", author_id=self.boss.partner_id.id)
        call.with_user(self.alice)._undo()
        self.assertTrue(ticket.exists())
        self._assert_not_revealed(("Jane", "jane@", "2312", "smokes", "plug"), ticket)

    def test_an_attached_ticket_is_not_changed(self):
        ticket = self._create_ticket()
        call = self._jane_calls_and_jobs_run()
        call._undo()
        self.assertFalse(call.ticket_id)
        self.assertEqual((ticket.name, ticket.partner_id), ("Printer", self.jane))


@tagged("post_install", "-at_install")
class TestTicketDemo(TransactionCase):
    """Tickets in the demo data."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        load_demo(cls.env, "call_handling", "call_pbx_demo")
        load_demo(cls.env, "call_handling_helpdesk_mgmt", "call_rule_printer")

    def test_a_ticket_was_created_from_a_call(self):
        call = self.env.ref("call_handling.call_call_printer_first")
        self.assertIn("The label printer", str(call.ticket_id.message_ids.mapped("body")))
        self.assertEqual(call.ticket_id.user_id, self.env.ref("call_handling.res_users_tom"))

    def test_the_rule_is_valid(self):
        rule = self.env.ref("call_handling_helpdesk_mgmt.call_rule_printer")
        self.env["call.call"].search(rule._get_domain())
        self.assertEqual(rule._get_jobs(), ["ticket"])
