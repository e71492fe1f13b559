from unittest.mock import patch

from odoo.tests import Form, tagged
from odoo.tools import SQL

from ..adapters.numbers import NationalNumbers
from .common import CallCommon
from .test_matching import NUMBER

BERLIN, DORTMUND = "+493023125610", "+4923125610"
KIEL, VIENNA = "+494315551234", "+4315551234"
KIEL_OR_VIENNA = "4315551234"


@tagged("post_install", "-at_install")
class TestNumbers(CallCommon):
    """A number that can be several is not used as certain, and one phone is always the same."""

    def setUp(self):
        super().setUp()
        self.nobody = self.env["res.partner"]

    def _assert_match(self, call, partner, match, candidates=None):
        self.assertEqual((call.partner_id, call.match), (partner, match))
        self.assertEqual(call.candidate_ids, self.nobody if candidates is None else candidates)

    def _dial(self, ref, number, extension="101"):
        leg = {"call": ref, "leg": ref, "extension": extension, "direction": "outgoing"}
        self._send_events(
            leg | {"event": "ringing", "from": extension, "to": number},
            {"call": ref, "event": "ended", "cause": "no_answer"},
        )
        return self._call(ref)

    # --- several readings ------------------------------------------------------------

    def test_without_the_leading_0_both_readings_are_candidates(self):
        kiel = self._create_contact("Kiel", KIEL)
        vienna = self._create_contact("Vienna", VIENNA)
        call = self._log_call("c1", KIEL_OR_VIENNA)
        self._assert_match(call, self.nobody, "ambiguous", kiel | vienna)
        self.assertEqual(call.remote_number, KIEL_OR_VIENNA)
        self.assertIn("+49 431 5551234 (national, without the leading 0)", call.readings_label)
        self.assertIn("+43 1 5551234 (international, without the plus sign)", call.readings_label)

    def test_a_reading_is_not_certain_because_nobody_has_the_other(self):
        vienna = self._create_contact("Vienna", VIENNA)
        self._assert_match(self._log_call(number=KIEL_OR_VIENNA), self.nobody, "ambiguous", vienna)

    def test_readings_that_lead_to_the_same_contact_are_certain(self):
        both = self._create_contact("Both", KIEL)
        self.env["call.number"].create({"partner_id": both.id, "number": VIENNA})
        self._assert_match(self._log_call(number=KIEL_OR_VIENNA), both, "extra_number")

    def test_the_setting_of_the_telephone_system_decides(self):
        kiel, vienna = self._create_contact("Kiel", KIEL), self._create_contact("Vienna", VIENNA)
        self.pbx.national_numbers = NationalNumbers.WITHOUT_TRUNK.value
        self._assert_match(self._log_call("c1", KIEL_OR_VIENNA), kiel, "number")
        self.pbx.national_numbers = NationalNumbers.WITH_TRUNK.value
        call = self._log_call("c2", KIEL_OR_VIENNA)
        self._assert_match(call, vienna, "number")
        self.assertEqual((call.remote_number, call.readings_label), (VIENNA, ""))

    def test_contacts_that_are_entered_later_become_candidates(self):
        call = self._log_call(number=KIEL_OR_VIENNA)
        self._assert_match(call, self.nobody, "none")
        kiel = self._create_contact("Kiel", KIEL)
        self._assert_match(call, self.nobody, "ambiguous", kiel)
        vienna = self._create_contact("Vienna", VIENNA)
        self._assert_match(call, self.nobody, "ambiguous", kiel | vienna)
        vienna.phone = False
        self._assert_match(call, self.nobody, "ambiguous", kiel | vienna)
        kiel.unlink()
        self._assert_match(call, self.nobody, "ambiguous", vienna)

    def test_a_person_chooses_among_the_candidates(self):
        kiel = self._create_contact("Kiel", KIEL)
        call = self._log_call(number=KIEL_OR_VIENNA)
        call.with_user(self.alice).action_choose_partner(kiel.id)
        self._assert_match(call, kiel, "manual")

    def test_a_choice_is_remembered_for_what_was_sent(self):
        kiel = self._create_contact("Kiel", KIEL)
        self._create_contact("Vienna", VIENNA)
        call = self._log_call("c1", KIEL_OR_VIENNA).with_user(self.alice)
        self.alice.group_ids += self.env.ref("base.group_partner_manager")
        call.action_choose_partner(kiel.id, remember=True)
        self._assert_match(self._log_call("c2", KIEL_OR_VIENNA), kiel, "learned")

    def test_what_was_sent_can_be_unwanted(self):
        call = self._log_call("c1", KIEL_OR_VIENNA)
        self._mark_unwanted(call, self.lead)
        self.assertTrue(call.is_blocked)
        self.assertFalse(self._log_call("c2", KIEL).is_blocked)
        call.with_user(self.lead).action_unblock_number()
        self.assertFalse(call.is_blocked)

    def test_every_branch_of_the_lookup_is_answered_by_an_index(self):
        executed = []
        execute = self.env.cr.execute
        numbers = self.env["call.number"]
        numbers._search_owners("+5491123456789", self.company)  # flushes
        with patch.object(
            self.env.cr, "execute", lambda query, *args: executed.append(query) or execute(query)
        ):
            numbers._search_owners("+5491123456789", self.company)
        [query] = executed
        execute("SET LOCAL enable_seqscan = off")
        execute(SQL("EXPLAIN %s", query))
        plan = "\n".join(row[0] for row in self.env.cr.fetchall())
        self.assertNotIn("Seq Scan", plan)

    def test_a_number_without_area_code_needs_the_area_code(self):
        berlin = self._create_contact("Berlin", BERLIN)
        dortmund = self._create_contact("Dortmund", "+49 231 25610")
        call = self._log_call("c1", "23125610")
        self._assert_match(call, self.nobody, "ambiguous", dortmund)
        self.pbx.area_code = "030"
        self._assert_match(self._log_call("c2", "23125610"), berlin, "number")

    def test_the_own_number_is_the_reading_that_is_an_own_number(self):
        line = self.env["call.line"].create({"name": "Hotline", "number": BERLIN})
        self.pbx.area_code = "030"
        self.assertEqual(self._log_call("c1", to="23125610").line_id, line)
        kiel = self.env["call.line"].create({"name": "Kiel", "number": KIEL})
        self.assertEqual(self._log_call("c2", to=KIEL_OR_VIENNA).line_id, kiel)

    def test_a_telephone_system_that_asks_gets_no_uncertain_contact(self):
        self._create_contact("Vienna", VIENNA)
        self.assertIsNone(self.pbx._find_contact(KIEL_OR_VIENNA))
        self.pbx.national_numbers = NationalNumbers.WITH_TRUNK.value
        self.assertEqual(self.pbx._find_contact(KIEL_OR_VIENNA).name, "Vienna")

    # --- what was dialled ------------------------------------------------------------

    def test_the_outside_line_is_not_part_of_a_dialled_number(self):
        berlin = self._create_contact("Berlin", BERLIN)
        for prefix in ("9", "0"):
            self.pbx.outside_prefix = prefix
            for place, dialled in enumerate((f"{prefix}03023125610", f"{prefix}*31#03023125610")):
                call = self._dial(f"{prefix}-{place}", dialled)
                self._assert_match(call, berlin, "number")
                self.assertEqual(call.remote_number, BERLIN)

    def test_digits_that_can_be_the_outside_line_or_the_number_are_shown_as_both(self):
        self.pbx.outside_prefix = "0"
        contacts = self._create_contact("Kiel", KIEL) | self._create_contact("Vienna", VIENNA)
        call = self._dial("out", "004315551234")
        self._assert_match(call, self.nobody, "ambiguous", contacts)
        self.assertEqual(self._log_call("in", "004315551234").remote_number, VIENNA)

    def test_the_outside_line_is_removed_from_numbers_that_people_type(self):
        self.pbx.outside_prefix = "9"
        calls = self.env["call.call"].with_user(self.bob)
        call = calls.create({"remote_number": "9 030 23125610", "direction": "outgoing"})
        self.assertEqual(call.remote_number, BERLIN)
        reported = self._log_call().with_user(self.alice)
        reported.remote_number = "903023125610"
        self.assertEqual(reported.remote_number, BERLIN)
        self.assertEqual(call.search([("number_search", "=", "9 030 23125610")]), call)

    def test_the_settings_reach_the_adapter(self):
        with Form(self.pbx.with_user(self.admin)) as form:
            form.area_code = "(030)"
            form.outside_prefix = "0"
            form.national_numbers = "with_trunk"
            form.feature_codes = "18, 8xx\n99"
            form.logs_feature_codes = True
        settings = self.pbx._get_adapter().settings
        self.assertEqual(settings.area_code, "030")
        self.assertEqual(settings.outside_prefix, "0")
        self.assertEqual(settings.national_numbers, NationalNumbers.WITH_TRUNK)
        self.assertEqual(settings.feature_codes, ("18", "8xx", "99"))
        self.assertTrue(settings.logs_feature_codes)
        self.assertEqual(settings.numbering, self.pbx._get_numbering())

    # --- the same phone --------------------------------------------------------------

    def test_argentina_and_mexico_have_one_phone_in_two_forms(self):
        ann = self._create_contact("Ann", "+54 9 11 2345-6789", country_id=False)
        bo = self._create_contact("Bo", "+52 1 55 1234 5678", country_id=False)
        for place, (number, contact) in enumerate(
            [
                ("+541123456789", ann),
                ("+5491123456789", ann),
                ("+525512345678", bo),
                ("+5215512345678", bo),
            ]
        ):
            self._assert_match(self._log_call(f"c{place}", number), contact, "number")
        self.env["call.block"].create({"number": "+54 11 2345 6789"})
        self.assertTrue(self._log_call("blocked", "+5491123456789").is_blocked)

    def test_a_callback_of_the_same_phone_is_closed_in_any_form(self):
        missed = self._log_call("c1", "+5491123456789", answered=False)
        self._log_call("c2", "+541123456789", at="2026-11-23T11:00:00Z")
        self._send_events({"call": "c2", "event": "answered", "at": "2026-11-23T11:00:05Z"})
        self.assertEqual(missed.callback_id.state, "done")

    # --- contacts --------------------------------------------------------------------

    def test_what_odoos_reader_refuses_is_found_too(self):
        for place, (written, sent) in enumerate(
            [
                ("+33 6 39 98 00 12", "+33639980012"),
                ("++49 30 23125-611", "+493023125611"),
                ("Tel. 030 23125612", "+493023125612"),
                ("030 23125613 Durchwahl 4", "+493023125613"),
                ("\u202a+49\u00a030\u200b23125614\u202c", "03023125614"),
                ("+39 (0)6 1234 5678", "+390612345678"),
                ("030 23125615 x123", "+49 (0)30 23125615"),
            ]
        ):
            with self.subTest(written):
                contact = self._create_contact(written, written)
                self._assert_match(self._log_call(f"c{place}", sent), contact, "number")

    def test_both_numbers_in_one_field_are_found(self):
        contact = self._create_contact("Jane", "030 23125610 / 0171 3920042")
        self._assert_match(self._log_call("c1", BERLIN), contact, "number")
        self._assert_match(self._log_call("c2", "+491713920042"), contact, "extra_number")
        self.assertTrue(contact.call_number_ids.is_from_phone)
        contact.phone = "030 23125610 / 0171 3920043"
        self.assertEqual(contact.call_number_ids.number, "+491713920043")
        self._assert_match(self._log_call("c3", "+491713920042"), self.nobody, "none")
        contact.call_number_ids = [(0, 0, {"number": NUMBER})]
        contact.phone = "030 23125610"
        self.assertEqual(contact.call_number_ids.number, NUMBER)

    def test_numbers_entered_before_the_app_are_read_when_it_is_installed(self):
        contact = self._create_contact("Old", "Tel. +33 6 39 98 00 12, +49 171 3920042")
        contact.call_number_ids.unlink()
        self.env.flush_all()
        self.env.cr.execute(
            "UPDATE res_partner SET phone_sanitized = NULL WHERE id = %s", [contact.id]
        )
        self.env.invalidate_all()
        self.env["res.partner"]._read_refused_phones()
        self.assertEqual(contact.phone_sanitized, "+33639980012")
        self.assertEqual(contact.call_number_ids.number, "+491713920042")

    def test_blocks_are_entered_as_people_write_them(self):
        company = self._create_contact("Acme", is_company=True)
        for written, is_ticked in (
            ("030 231257-0", True),
            ("030 231257-xx", False),
            ("+49 30 231257…", False),
            ("030231257*", False),
        ):
            with self.subTest(written):
                block = self.env["call.number"].create(
                    {"partner_id": company.id, "number": written, "is_block": is_ticked}
                )
                self.assertEqual((block.number, block.is_block), ("+4930231257", True))
                call = self._log_call("c1", "+493023125799")
                self._assert_match(call, company, "company_block")
                block.unlink()
        unwanted = self.env["call.block"].create({"number": "0900*"})
        self.assertEqual((unwanted.number, unwanted.is_prefix), ("+49900", True))

    # --- colleagues ------------------------------------------------------------------

    def test_a_colleague_who_calls_from_a_mobile_is_named(self):
        employee = self.bob.employee_id
        for field, number in (
            ("mobile_phone", "+491713920042"),
            ("work_phone", "+493023125612"),
            ("private_phone", "+491713920044"),
        ):
            with self.subTest(field):
                employee[field] = number
                call = self._log_call(field, number, extension="104").with_user(self.dave)
                self.assertEqual(call.remote_employee_id.name, "bob")
                self.assertIn("bob", call.remote_label)
                self.assertEqual(call.direction, "incoming")
        self.assertEqual(self._dial("out", "0171 3920042").remote_employee_id, employee)

    def test_a_number_that_several_colleagues_have_names_nobody(self):
        (self.alice | self.bob).employee_id.mobile_phone = "+491713920042"
        call = self._log_call(number="+491713920042")
        self.assertFalse(call.remote_employee_id)

    def test_the_private_phone_of_a_colleague_is_shown_to_nobody(self):
        self.bob.employee_id.private_phone = "+491713920044"
        self.env.flush_all()
        dials = self.env["call.dial"].with_user(self.dave)
        shown = str(dials.find("bob")) + str(dials.find("0171 3920044"))
        self.assertNotIn("3920044", shown.replace(" ", ""))
