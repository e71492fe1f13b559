from odoo.tests import Form, tagged

from .common import CallCommon

NUMBER = "+12025550142"


@tagged("post_install", "-at_install")
class TestMatching(CallCommon):
    """The contact of a call is found by its number."""

    def _assert_match(self, call, partner, match, candidates=None):
        self.assertEqual((call.partner_id, call.match), (partner, match))
        if candidates is not None:
            self.assertEqual(call.candidate_ids, candidates)

    def test_the_main_number_in_any_format_finds_the_contact(self):
        for place, (written, sent) in enumerate(
            [
                ("030 23125-611", "+493023125611"),
                ("+49 30 23125 612", "003023125612"[:2] + "493023125612"),
                ("(030) 23125613", "493023125613"),
                ("+1 202-555-0142", "0012025550142"),
                ("+1 202 555 0143", "12025550143"),
            ]
        ):
            with self.subTest(written=written, sent=sent):
                contact = self._create_contact(written, written)
                self._assert_match(self._log_call(f"c{place}", sent), contact, "number")

    def test_any_additional_number_finds_the_contact(self):
        contact = self._create_contact("Jane Roe", "030 23125611")
        numbers = ["0171 3920042", "+44 20 7946 0123", "+1 202 555 0177"]
        contact.call_number_ids = [(0, 0, {"number": number}) for number in numbers]
        self.assertEqual(
            contact.call_number_ids.mapped("number"),
            ["+491713920042", "+442079460123", "+12025550177"],
        )
        self._assert_match(self._log_call("c1", "01713920042"), contact, "extra_number")
        self._assert_match(self._log_call("c2", "442079460123"), contact, "extra_number")

    def test_national_numbers_use_the_country_of_the_telephone_system(self):
        self.pbx.country_id = self.env.ref("base.us")
        contact = self._create_contact("Jane Roe", NUMBER)
        self._assert_match(self._log_call("c1", "202 555 0142"), contact, "number")
        self.pbx.country_id = False
        self._assert_match(self._log_call("c2", "030 23125611"), self.env["res.partner"], "none")
        self.assertEqual(self._call("c2").remote_number, "+493023125611")

    def test_an_unknown_number_has_no_contact(self):
        self._assert_match(self._log_call(number=NUMBER), self.env["res.partner"], "none")

    def test_a_withheld_number_has_no_contact(self):
        self._create_contact("Anonymous", "anonymous")
        call = self._log_call(number="anonymous")
        self._assert_match(call, self.env["res.partner"], "none")
        self.assertTrue(call.is_anonymous)
        self.assertEqual(call.remote_label, "Number withheld")

    def test_several_contacts_of_one_company_match_the_company(self):
        company = self._create_contact("Acme", is_company=True)
        people = self._create_contact("Ann", NUMBER, parent_id=company.id)
        people |= self._create_contact("Bo", NUMBER, parent_id=company.id)
        self._assert_match(self._log_call(number=NUMBER), company, "company_block", people)

    def test_a_company_and_its_contacts_with_one_number_match_the_company(self):
        company = self._create_contact("Acme", NUMBER, is_company=True)
        person = self._create_contact("Ann", NUMBER, parent_id=company.id)
        self._assert_match(
            self._log_call(number=NUMBER), company, "company_block", company | person
        )

    def test_several_unrelated_contacts_are_only_candidates(self):
        people = self._create_contact("Ann", NUMBER) | self._create_contact("Bo", NUMBER)
        nobody = self.env["res.partner"]
        self._assert_match(self._log_call(number=NUMBER), nobody, "ambiguous", people)

    def test_one_click_chooses_among_the_candidates(self):
        ann, bo = self._create_contact("Ann", NUMBER), self._create_contact("Bo", NUMBER)
        call = self._log_call(number=NUMBER).with_user(self.alice)
        call.action_choose_partner(bo.id)
        self._assert_match(call, bo, "manual", self.env["res.partner"])
        nobody = self.env["res.partner"]
        self._assert_match(self._log_call("c2", NUMBER), nobody, "ambiguous", ann | bo)

    def test_a_choice_can_be_remembered_for_the_number(self):
        ann, bo = self._create_contact("Ann", NUMBER), self._create_contact("Bo", NUMBER)
        self.alice.group_ids += self.env.ref("base.group_partner_manager")
        call = self._log_call(number=NUMBER)
        call.with_user(self.alice).action_choose_partner(bo.id, remember=True)
        self._assert_match(call, bo, "manual")
        self._assert_match(self._log_call("c2", NUMBER), bo, "learned")
        self._log_call("c3", NUMBER).action_choose_partner(ann.id, remember=True)
        self._assert_match(self._log_call("c4", NUMBER), ann, "learned")
        self._assert_match(self._call("c2"), bo, "learned")

    def test_a_remembered_choice_completes_calls_without_a_contact(self):
        ann, bo = self._create_contact("Ann", NUMBER), self._create_contact("Bo", NUMBER)
        self.alice.group_ids += self.env.ref("base.group_partner_manager")
        earlier, call = self._log_call("c1", NUMBER), self._log_call("c2", NUMBER)
        call.with_user(self.alice).action_choose_partner(bo.id, remember=True)
        self._assert_match(earlier, bo, "learned", self.env["res.partner"])
        ann.phone = False
        self._assert_match(earlier, bo, "learned")

    def test_a_block_of_numbers_finds_the_company(self):
        company = self._create_contact("Acme", "030 23125 0", is_company=True)
        company.call_number_ids = [(0, 0, {"number": "030 23125", "is_block": True})]
        self._assert_match(self._log_call("c1", "+493023125617"), company, "company_block")
        person = self._create_contact("Ann", "030 23125 617", parent_id=company.id)
        self._assert_match(self._log_call("c2", "+493023125617"), person, "number")

    def test_archived_contacts_are_never_offered(self):
        gone = self._create_contact("Gone", NUMBER)
        gone.active = False
        self._assert_match(self._log_call("c1", NUMBER), self.env["res.partner"], "none")
        here = self._create_contact("Here", NUMBER)
        self._assert_match(self._log_call("c2", NUMBER), here, "number")

    def test_an_archived_company_is_not_offered_for_its_contacts(self):
        company = self._create_contact("Acme", is_company=True)
        people = self._create_contact("Ann", NUMBER, parent_id=company.id)
        people |= self._create_contact("Bo", NUMBER, parent_id=company.id)
        company.with_context(active_test=False).active = False
        people.active = True
        nobody = self.env["res.partner"]
        self._assert_match(self._log_call(number=NUMBER), nobody, "ambiguous", people)

    def test_contacts_of_other_companies_are_never_offered(self):
        other = self.env["res.company"].create({"name": "Other"})
        self._create_contact("Theirs", NUMBER, company_id=other.id)
        self._assert_match(self._log_call("c1", NUMBER), self.env["res.partner"], "none")
        ours = self._create_contact("Ours", NUMBER, company_id=self.company.id)
        self._assert_match(self._log_call("c2", NUMBER), ours, "number")

    def test_contacts_of_the_parent_company_are_offered_to_its_branches(self):
        branch = self.env["res.company"].create(
            {"name": "Branch", "parent_id": self.company.id, "country_id": self.germany.id}
        )
        self.pbx.company_id = branch
        contact = self._create_contact("Ours", NUMBER, company_id=self.company.id)
        self._assert_match(self._log_call(number=NUMBER), contact, "number")

    def test_the_lookup_uses_an_index(self):
        self._create_contact("Jane Roe", NUMBER)
        self.env.flush_all()
        self.env.cr.execute("SET LOCAL enable_seqscan = off")
        self.env.cr.execute(
            "EXPLAIN SELECT id FROM res_partner WHERE phone_sanitized = %s", (NUMBER,)
        )
        plan = "\n".join(row[0] for row in self.env.cr.fetchall())
        self.assertIn("res_partner__phone_sanitized_index", plan)

    # --- contacts change -------------------------------------------------------------

    def test_calls_without_a_contact_are_completed_when_one_gets_their_number(self):
        contact = self._create_contact("Jane Roe", active=False)
        company = self._create_contact("Acme", is_company=True)
        numbers = self.env["call.number"]

        def get_further_number(number):
            numbers.create({"partner_id": contact.id, "number": number})

        def get_block(number):
            numbers.create({"partner_id": company.id, "number": number[:-2], "is_block": True})

        def move_block(number):
            company.call_number_ids.number = number[:-2]

        gains = [
            (lambda number: self._create_contact("New", number), "number"),
            (lambda number: contact.write({"active": True, "phone": number}), "number"),
            (get_further_number, "extra_number"),
            (lambda number: contact.call_number_ids.write({"number": number}), "extra_number"),
            (get_block, "company_block"),
            (move_block, "company_block"),
        ]
        for place, (gain, match) in enumerate(gains):
            with self.subTest(place):
                number = f"+49302312{place}610"
                call = self._log_call(f"c{place}", number)
                self.assertEqual(call.match, "none")
                gain(number)
                self.assertEqual((bool(call.partner_id), call.match), (True, match))

    def test_a_contact_that_is_unarchived_completes_calls_without_contact(self):
        contact = self._create_contact("Jane Roe", NUMBER, active=False)
        call = self._log_call(number=NUMBER)
        contact.active = True
        self._assert_match(call, contact, "number")

    def test_a_contact_chosen_by_hand_is_kept(self):
        contact = self._create_contact("Jane Roe", NUMBER)
        call = self._log_call(number=NUMBER)
        other = self._create_contact("John Doe")
        call.with_user(self.alice).partner_id = other
        contact.phone = False
        contact.phone = NUMBER
        self._assert_match(call, other, "manual")
        self._send_events({"call": "c1", "event": "recording"})
        self._assert_match(call, other, "manual")

    def test_a_call_that_is_not_clear_does_not_become_clear_by_what_contacts_lose(self):
        ann, bo = self._create_contact("Ann", NUMBER), self._create_contact("Bo", NUMBER)
        call, nobody = self._log_call(number=NUMBER), self.env["res.partner"]
        company = self._create_contact("Acme", is_company=True)
        for change in (
            {"active": False}, {"active": True}, {"phone": False}, {"phone": NUMBER},
            {"parent_id": company.id},
        ):  # fmt: skip
            bo.write(change)
            self._assert_match(call, nobody, "ambiguous", ann | bo)
        carla = self._create_contact("Carla", NUMBER)
        self._assert_match(call, nobody, "ambiguous", ann | bo | carla)
        carla.unlink()
        bo.unlink()
        self._assert_match(call, nobody, "ambiguous", ann)

    def test_calls_of_a_deleted_contact_stay_without_one(self):
        chosen = self._create_contact("John Doe")
        self._create_contact("Other", NUMBER)
        call = self._log_call(number=NUMBER)
        call.partner_id = chosen
        chosen.unlink()
        self._assert_match(call, self.env["res.partner"], "manual")
        self.assertEqual(call.remote_number, NUMBER)

    def test_merging_contacts_keeps_their_calls(self):
        kept = self._create_contact("Jane Roe", "+1 202 555 0143")
        merged = self._create_contact("J. Roe", NUMBER)
        merged.call_number_ids = [(0, 0, {"number": "+1 202 555 0144"})]
        call = self._log_call(number=NUMBER)
        self.env["base.partner.merge.automatic.wizard"]._merge((kept | merged).ids, kept)
        self.assertEqual(call.partner_id, kept)
        self._assert_match(self._log_call("c2", NUMBER), kept, "extra_number")
        self._assert_match(self._log_call("c3", "+12025550144"), kept, "extra_number")

    def test_merging_contacts_with_the_same_numbers_decides_their_calls(self):
        ann, bo = self._create_contact("Ann", NUMBER), self._create_contact("Bo", NUMBER)
        other = self._create_contact("Other")
        further = "+12025550144"
        (ann | bo | other).call_number_ids = [(0, 0, {"number": further})]
        unclear, missed = self._log_call("c1", NUMBER), self._log_call("c2", further, False)
        chosen = self._log_call("c3", further)
        chosen.action_choose_partner(bo.id, remember=True)
        self._assert_match(missed, bo, "learned")
        self.env["base.partner.merge.automatic.wizard"]._merge((ann | bo).ids, ann)
        self._assert_match(unclear, ann, "number", self.env["res.partner"])
        self._assert_match(missed, ann, "learned")
        self._assert_match(chosen, ann, "manual")
        self.assertEqual(missed.callback_id.partner_id, ann)
        self.assertEqual(ann.call_number_ids.mapped("number"), [further])
        self._assert_match(self._log_call("c4", further), ann, "learned")

    def test_colleagues_are_found_by_their_extension(self):
        self._send_events(
            {"call": "i1", "leg": "i1", "event": "ringing", "direction": "internal",
             "from": "101", "to": "104", "extension": "101"},
            {"call": "i1", "event": "ended"},
        )  # fmt: skip
        call = self._call("i1")
        self._assert_match(call, self.dave.partner_id, "number")
        self.dave.partner_id.phone = "030 23125611"
        self._assert_match(call, self.dave.partner_id, "number")

    # --- screens ---------------------------------------------------------------------

    def test_a_company_counts_the_calls_of_its_contacts(self):
        company = self._create_contact("Acme", is_company=True)
        person = self._create_contact("Ann", NUMBER, parent_id=company.id)
        call = self._log_call(number=NUMBER)
        for contact in company | person:
            contact = contact.with_user(self.boss)
            self.assertEqual((contact.call_count, contact.last_call_date), (1, call.date_start))
            found = self.env["call.call"].search(contact.action_view_calls()["domain"])
            self.assertEqual(found, call)
        self.assertEqual(company.with_user(self.dave).call_count, 0)

    def test_numbers_are_entered_on_the_contacts_form(self):
        contact = self._create_contact("Jane Roe")
        with Form(contact) as form, form.call_number_ids.new() as line:
            line.number = "0171 3920042"
            line.name = "mobile"
        self.assertEqual(contact.call_number_ids.number, "+491713920042")
