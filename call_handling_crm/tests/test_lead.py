from freezegun import freeze_time

from odoo.exceptions import AccessError, UserError
from odoo.tests import TransactionCase, tagged

from odoo.addons.call_handling.tests.common import load_demo
from odoo.addons.call_handling.tests.common_follow_up import AT_WORK, FollowUpCommon

STRANGER = "+12025550142"
MISSED_STRANGERS = "[('call_type', '=', 'unanswered'), ('partner_id', '=', False)]"


@tagged("post_install", "-at_install")
@freeze_time(AT_WORK)
class TestLead(FollowUpCommon):
    """Leads and opportunities created from calls."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls._give_group(cls.alice, "sales_team.group_sale_salesman")

    def _use_leads(self, use=True):
        users, uses_leads = self.env.ref("base.group_user"), self.env.ref("crm.group_use_lead")
        users.implied_ids = [(4 if use else 3, uses_leads.id)]

    def test_the_card_shows_opportunities_and_a_call_dialled_from_one_is_linked(self):
        call = self._jane_calls()
        values = {"name": "Wants blue", "type": "opportunity", "partner_id": self.jane.id}
        record = self.env["crm.lead"].create(
            values | {"user_id": self.alice.id, "company_id": self.company.id}
        )
        links = call.with_user(self.alice)._get_card_links()
        [shown] = [link for link in links if link["model"] == record._name]
        self.assertEqual([entry["id"] for entry in shown["records"]], record.ids)
        self.assertEqual(call._prepare_dialled_values(record), {"lead_id": record.id})

    def _create_lead(self, phone="+1 (202) 555-0142", **values):
        values = {"name": "Wants blue", "type": "opportunity", "phone": phone} | values
        return self.env["crm.lead"].create(
            values | {"user_id": self.alice.id, "company_id": self.company.id}
        )

    def _get_shown(self, call, user):
        links = call.with_user(user)._get_card_links()
        return [entry["id"] for link in links if link["model"] == "crm.lead"
                for entry in link["records"]]  # fmt: skip

    def test_a_caller_who_is_only_a_lead_is_found_by_number(self):
        lead = self._create_lead(contact_name="J. Roe")
        self._create_lead("+1 (202) 555-0143")
        call = self._log_call(number=STRANGER).with_user(self.alice)
        self.assertEqual((call.partner_id.id, call.match), (False, "none"))
        self.assertEqual(self._get_shown(call, self.alice), lead.ids)
        self.assertEqual(call._get_card_contact()["name"], "J. Roe")
        self.assertEqual(call.possible_lead_ids, lead)
        call.action_choose_lead(lead.id)
        self.assertEqual((call.lead_id, call.possible_lead_ids.ids), (lead, []))

    def test_a_user_without_sales_access_sees_no_lead_of_the_number(self):
        self._create_lead(contact_name="J. Roe")
        call = self._log_call(number=STRANGER, extension="102").with_user(self.bob)
        self.assertEqual(self._get_shown(call, self.bob), [])
        self.assertNotEqual(call._get_card_contact()["name"], "J. Roe")

    def test_only_a_lead_with_the_number_can_be_chosen(self):
        self._create_lead()
        other = self._create_lead("+1 (202) 555-0143")
        with self.assertRaises(UserError):
            self._log_call(number=STRANGER).with_user(self.alice).action_choose_lead(other.id)

    def test_a_contact_with_the_number_comes_before_a_lead(self):
        self._create_lead()
        jane = self._create_contact("Jane", STRANGER)
        call = self._log_call(number=STRANGER)
        self.assertEqual((call.partner_id, call.possible_lead_ids.ids), (jane, []))

    def test_leads_of_all_numbers_that_it_can_be_are_shown(self):
        leads = self._create_lead("+43 1 5551234") | self._create_lead("+49 431 5551234")
        call = self._log_call(number="4315551234")
        self.assertEqual(call.possible_lead_ids, leads)

    def test_a_lead_whose_number_odoos_reader_refuses_is_found(self):
        lead = self._create_lead("Tel. +33 6 39 98 00 12")
        self.assertEqual(self._log_call(number="+33639980012").possible_lead_ids, lead)

    def test_the_button_creates_an_opportunity_and_opens_it(self):
        self._use_leads(False)
        call = self._jane_calls()
        self._fill_in(call)
        action = call.with_user(self.alice).action_create_lead()
        self.assertEqual((action["res_model"], action["res_id"]), ("crm.lead", call.lead_id.id))
        self.assertEqual(call.lead_id.name, "The printer smokes")
        self._assert_content_copied(call, call.lead_id)
        self.assertEqual(call.lead_id.type, "opportunity")
        self.assertEqual(
            (call.lead_id.user_id, call.lead_id.company_id), (self.alice, self.company)
        )
        self.assertEqual(call.lead_id.medium_id, self.env.ref("utm.utm_medium_phone"))

    def test_a_copied_lead_has_no_text_of_the_call(self):
        self.company.call_texts_for_customers = True
        call = self._jane_calls()
        self._fill_in(call)
        call.with_user(self.alice).action_create_lead()
        self.assertIn("this morning", call.lead_id.description)
        copied = call.lead_id.with_user(self.alice).copy()
        self.assertIn("Call of 11/23/26", copied.name)
        for word in ("printer", "morning", "Jane", "2312"):
            self.assertNotIn(word, f"{copied.name} {copied.description}")

    def test_a_copied_lead_of_an_unknown_caller_has_neither_name_nor_number(self):
        call = self._log_call(number=STRANGER, from_name="Mr. Smith")
        call.with_user(self.alice).action_create_lead()
        lead = call.lead_id
        self.assertEqual((lead.contact_name, lead.phone), ("Mr. Smith", STRANGER))
        lead.with_user(self.alice).email_from = "smith@example.com"
        copied = lead.with_user(self.alice).copy()
        self.assertEqual(copied.email_from, "smith@example.com", "A person has entered it.")
        self._make_private(call.with_user(self.alice))
        self._assert_not_revealed(("Mr. Smith", "2025550142", "202 555"), copied)

    def test_a_copied_lead_of_a_contact_keeps_the_contact(self):
        call = self._jane_calls()
        call.with_user(self.alice).action_create_lead()
        copied = call.lead_id.with_user(self.alice).copy()
        self.assertEqual((copied.partner_id, copied.contact_name), (self.jane, "Jane Roe"))

    def test_a_second_click_opens_the_first_opportunity(self):
        call = self._jane_calls().with_user(self.alice)
        self.assertEqual(call.action_create_lead(), call.action_create_lead())
        self.assertEqual(self.env["crm.lead"].search_count([("partner_id", "=", self.jane.id)]), 1)

    def test_the_lead_shows_its_calls(self):
        call = self._jane_calls().with_user(self.alice)
        call.action_create_lead()
        lead = call.lead_id
        self.assertEqual(lead.call_count, 1)
        self.assertEqual(call.search(lead.action_view_calls()["domain"]), call)
        self.assertIn(
            "action_view_calls", self._buttons(self.alice, "crm.lead", "crm.crm_lead_view_form")
        )

    def test_a_rule_creates_leads_from_missed_calls_of_unknown_numbers(self):
        self._use_leads()
        self._create_rule("lead", MISSED_STRANGERS, user_id=self.alice.id)
        call = self._log_call(number=STRANGER, answered=False, extension="999", from_name="J. Roe")
        self._run_pending_jobs()
        lead = call.lead_id
        self.assertEqual((lead.type, lead.user_id), ("lead", self.alice))
        self.assertEqual((lead.contact_name, lead.phone), ("J. Roe", STRANGER))
        self._assert_linked(call, lead)
        self.assertFalse(lead.message_ids.notification_ids)

    def test_users_without_sales_access_have_no_button_and_get_no_leads(self):
        self.assertIn("action_create_lead", self._header_buttons(self.alice))
        self.assertNotIn("action_create_lead", self._header_buttons(self.bob))
        call = self._jane_calls(extension="102")
        with self.assertRaises(AccessError):
            call.with_user(self.bob).action_create_lead()
        self._create_rule("lead")
        other = self._jane_calls("c2", extension="102")
        self._run_pending_jobs()
        self.assertTrue(other.lead_id)
        self.assertFalse(other.lead_id.user_id)

    def test_undoing_a_call_deletes_its_lead(self):
        call = self._jane_calls().with_user(self.alice)
        call.action_create_lead()
        lead = call.lead_id
        call._check_undo()
        call._undo()
        self.assertFalse(lead.exists())

    def test_a_lead_edited_by_others_is_kept_without_details_of_the_call(self):
        call = self._log_call(number=STRANGER, from_name="J. Roe")
        self._fill_in(call)
        call.with_user(self.alice).action_create_lead()
        lead = call.lead_id
        lead.message_post(body="Sent the offer.", author_id=self.boss.partner_id.id)
        call.with_user(self.alice)._undo()
        self.assertTrue(lead.exists())
        self._assert_not_revealed(("Roe", "2025550", "smokes", "plug"), lead)

    def _merge_leads(self, leads):
        """Merge leads as Alice does, with the dialog; return the one that remains."""
        wizard = self.env["crm.merge.opportunity"].with_user(self.alice)
        wizard.create({"opportunity_ids": [(6, 0, leads.ids)]}).action_merge()
        return leads.exists()

    def test_a_call_leads_to_the_lead_into_which_its_own_was_merged(self):
        earlier = self._create_lead("+1 202 555 0143", probability=90)
        call = self._log_call(number=STRANGER, from_name="J. Roe")
        call.with_user(self.alice).action_create_lead()
        remaining = self._merge_leads(earlier + call.lead_id)
        self.assertEqual((remaining, call.lead_id), (earlier, earlier))

    def test_a_merged_lead_keeps_what_it_had_before_a_call_that_becomes_private(self):
        for probability in (90, 0):  # the one that remains has the higher one
            with self.subTest(probability):
                earlier = self._create_lead("+1 202 555 0143", probability=probability)
                call = self._log_call(f"c{probability}", number=STRANGER, from_name="J. Roe")
                self._fill_in(call)
                call.with_user(self.alice).action_create_lead()
                own = call.lead_id
                own.message_post(
                    body="Sent the offer.",
                    author_id=self.boss.partner_id.id,
                    message_type="comment",
                )
                remaining = self._merge_leads(earlier + own)
                call.with_user(self.alice)._undo()
                self.assertEqual(remaining.exists(), remaining)
                if remaining == earlier:
                    self.assertEqual(
                        (remaining.name, remaining.phone), ("Wants blue", "+1 202 555 0143")
                    )
                bodies = self._get_messages(remaining).mapped("body")
                self.assertIn("Sent the offer.", str(bodies))
                self._assert_not_revealed(
                    ("Roe", "2025550142", "202-555-0142", "smokes", "plug"), remaining
                )

    def test_a_merged_lead_keeps_what_it_had_before_a_call_that_is_anonymized(self):
        values = {"contact_name": "M. Smith", "email_from": "smith@example.com"}
        earlier = self._create_lead("+1 202 555 0143", probability=90, **values)
        call = self._log_call(number=STRANGER, from_name="J. Roe")
        self._fill_in(call)
        call.with_user(self.alice).action_create_lead()
        remaining = self._merge_leads(earlier + call.lead_id)
        call.sudo()._anonymize()
        self.assertRecordValues(remaining, [values | {"phone": "+1 202 555 0143"}])
        self._assert_not_revealed(("Roe", "2025550142", "smokes", "plug"), remaining)

    def test_a_merged_lead_keeps_what_it_got_from_one_that_came_from_no_call(self):
        for undo in ("_undo", "_anonymize"):
            with self.subTest(undo):
                call = self._log_call(undo, number=STRANGER, from_name="J. Roe")
                self._fill_in(call)
                call.with_user(self.alice).action_create_lead()
                own = call.lead_id
                own.probability = 90
                earlier = self._create_lead("+1 202 555 0143", email_from="smith@example.com")
                earlier.probability = 10
                remaining = self._merge_leads(earlier + own)
                self.assertEqual(remaining, own)
                getattr(call.sudo(), undo)()
                values = {"email_from": "smith@example.com", "phone": False, "contact_name": False}
                self.assertRecordValues(remaining, [values])


@tagged("post_install", "-at_install")
class TestLeadDemo(TransactionCase):
    """Leads in the demo data."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        load_demo(cls.env, "call_handling", "call_pbx_demo")
        load_demo(cls.env, "call_handling_crm", "call_rule_missed_strangers")

    def test_a_lead_was_created_from_a_call(self):
        call = self.env.ref("call_handling.call_call_reseller")
        self.assertIn("Ben wants to become a reseller", call.lead_id.name)
        self.assertEqual(call.lead_id.user_id, call.user_id)

    def test_the_rule_matches_calls_of_the_demo_data(self):
        rule = self.env.ref("call_handling_crm.call_rule_missed_strangers")
        missed = self.env["call.call"].search([("pbx_ref", "like", "history-")])
        self.assertTrue(missed.filtered_domain(rule._get_domain()))
        self.assertEqual(rule._get_jobs(), ["lead"])
