from odoo.exceptions import ValidationError
from odoo.tests import Form, tagged

from .common import CallCommon

NUMBER = "+493023125610"
BY_PARTNER = "[('partner_id.name', '=', 'Jane Roe')]"


@tagged("post_install", "-at_install")
class TestRule(CallCommon):
    """Rules sort calls automatically, and do not overwrite the choices of users."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.supplier = cls.env.ref("call_handling.call_category_supplier")
        cls.accounting = cls.env.ref("call_handling.call_category_accounting")
        cls.jane = cls._create_contact("Jane Roe", NUMBER)

    @classmethod
    def _create_rule(cls, domain=BY_PARTNER, **values):
        values = values or {"category_id": cls.supplier.id}
        return cls.env["call.rule"].create({"name": "Suppliers", "domain": domain} | values)

    def test_a_call_is_sorted_when_it_arrives(self):
        self._create_rule(category_id=self.supplier.id, user_id=self.dave.id)
        call = self._log_call(number=NUMBER, answered=False, extension="999")
        self.assertEqual((call.category_id, call.user_id), (self.supplier, self.dave))
        self.assertEqual(call.department_id, self.sales)
        self.assertEqual(call.rule_label, "Category (Suppliers), Person (Suppliers)")

    def test_a_call_that_does_not_match_is_not_changed(self):
        self._create_rule()
        call = self._log_call(number="+12025550142")
        self.assertFalse(call.category_id)
        self.assertFalse(call.rule_label)

    def test_the_first_rule_wins_and_later_rules_see_its_values(self):
        by_category = f"[('category_id', '=', {self.supplier.id})]"
        self._create_rule(by_category, department_id=self.sales.id, sequence=3)
        self._create_rule(sequence=1, category_id=self.supplier.id)
        self._create_rule(sequence=2, category_id=self.accounting.id)
        call = self._log_call(number=NUMBER, extension="999")
        self.assertEqual((call.category_id, call.department_id), (self.supplier, self.sales))

    def test_values_of_the_own_number_or_a_user_are_not_overwritten(self):
        self._create_rule()
        self.env["call.line"].create(
            {"name": "Main", "number": "+493023125610", "category_id": self.accounting.id}
        )
        self.assertEqual(self._log_call(number=NUMBER).category_id, self.accounting)
        chosen = self._log_call("c2", NUMBER, to="+493023125777")
        chosen.with_user(self.alice).category_id = False
        self._send_events({"call": "c2", "event": "ended", "at": "2026-11-23T10:00:30Z"})
        self.assertFalse(chosen.category_id)
        self.assertFalse(chosen.rule_label)

    def test_values_of_a_rule_that_no_longer_matches_are_removed(self):
        self._create_rule("[('state', '=', 'ringing')]")
        self._create_rule("[('outcome', '=', 'busy')]", category_id=self.accounting.id)
        self._send_events({"call": "c1", "event": "ringing", "from": NUMBER})
        call = self._call("c1")
        self.assertEqual(call.category_id, self.supplier)
        self._send_events({"call": "c1", "event": "answered"})
        self.assertFalse(call.category_id)
        self._send_events({"call": "c2", "event": "ended", "cause": "busy", "from": NUMBER})
        self.assertEqual(self._call("c2").category_id, self.accounting)

    def test_an_own_number_reported_late_replaces_the_values_of_a_rule(self):
        self._create_rule()
        self.env["call.line"].create(
            {"name": "Main", "number": "+493023125777", "category_id": self.accounting.id}
        )
        self._send_events(
            {"call": "c1", "event": "ringing", "direction": "incoming", "from": NUMBER}
        )
        self.assertEqual(self._call("c1").category_id, self.supplier)
        self._send_events({"call": "c1", "event": "ended", "line": "+493023125777"})
        self.assertEqual(self._call("c1").category_id, self.accounting)
        self.assertFalse(self._call("c1").rule_label)

    def test_rules_apply_to_running_calls_whose_contact_is_found_later(self):
        self._create_rule("[('partner_id.name', '=', 'Richard Roe')]")
        self._send_events({"call": "c1", "event": "ringing", "from": "+12025550142"})
        self._create_contact("Richard Roe", "+12025550142")
        self.assertEqual(self._call("c1").category_id, self.supplier)

    def test_rules_apply_when_a_contact_is_chosen_by_hand(self):
        self._create_rule()
        call = self._log_call(number="+12025550142")
        call.with_user(self.alice).partner_id = self.jane
        self.assertEqual(call.category_id, self.supplier)
        manual_call = (
            self.env["call.call"].with_user(self.alice).create({"partner_id": self.jane.id})
        )
        self.assertEqual(manual_call.category_id, self.supplier)

    def test_rules_of_other_companies_and_archived_rules_do_nothing(self):
        sister = self.env["res.company"].create({"name": "Sister"})
        self._create_rule(company_id=sister.id, category_id=self.supplier.id)
        self._create_rule().active = False
        self.assertFalse(self._log_call(number=NUMBER).category_id)

    def test_a_changed_rule_applies_immediately(self):
        rule = self._create_rule()
        self._log_call(number=NUMBER)
        rule.category_id = self.accounting
        self.assertEqual(self._log_call("c2", NUMBER).category_id, self.accounting)

    def test_the_form_shows_which_calls_an_unsaved_rule_would_change(self):
        fits = self._log_call(number=NUMBER)
        full = self._log_call("c2", NUMBER)
        full.category_id = self.accounting
        self._log_call("c3", "+12025550142")
        form = Form(self.env["call.rule"].with_user(self.admin))
        form.name = "Suppliers"
        form.domain = BY_PARTNER
        form.category_id = self.supplier
        self.assertEqual(form.try_call_ids.ids, fits.ids)
        self.assertIn("2 meet the condition, and the rule would change 1 of them", form.try_label)
        self.assertFalse(fits.category_id)
        form.is_private = True
        self.assertIn("the rule would change 2 of them", form.try_label)
        self.assertFalse(fits.is_private)

    def test_an_invalid_condition_is_refused(self):
        for domain in ("[('no_such_field', '=', 1)]", "[(", "nonsense"):
            with self.subTest(domain), self.assertRaises(ValidationError):
                self._create_rule(domain)

    def test_without_rules_no_query_is_run(self):
        call = self._log_call(number=NUMBER)
        call._apply_rules()
        self.env.flush_all()
        with self.assertQueryCount(0):
            call._apply_rules()
