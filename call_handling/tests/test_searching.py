from unittest.mock import patch

from odoo.tests import tagged

from ..models.call import searching, visible
from .common import CallCommon


@tagged("post_install", "-at_install")
class TestSearching(CallCommon):
    """What is typed into the search of calls finds the same, whether few or many calls match."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.house = cls._create_contact("Walderdorff Baskets", is_company=True)
        cls.person = cls._create_contact(
            "Zaphod", parent_id=cls.house.id, email="zaphod@example.com"
        )
        cls.other = cls._create_contact("Trillian", ref="Walderdorff's neighbour")
        cls.by_name = cls._log_call("c1", "+12025550141")
        cls.by_person = cls._log_call("c2", "+12025550142")
        cls.of_other = cls._log_call("c3", "+12025550143")
        cls.by_sent_name = cls._log_call("c4", "+12025550144")
        cls.by_name.partner_id = cls.house
        cls.by_person.partner_id = cls.person
        cls.of_other.partner_id = cls.other
        cls.by_sent_name.remote_name = "Mr. Walderdorff"
        cls.parent, cls.child = cls.env["call.category"].create(
            [{"name": "Orders"}, {"name": "Late Orders"}]
        )
        cls.child.parent_id = cls.parent
        cls.by_name.category_id = cls.parent
        cls.by_person.category_id = cls.child

    def _search(self, user, *domain):
        return self.env["call.call"].with_user(user).search(list(domain))

    def _check(self, expected, *domain, user=None):
        """Check a search with few and with many calls, and with few and many contacts."""
        for few, contacts in ((10_000, 1000), (0, 1000), (10_000, 0), (0, 0)):
            with (
                self.subTest(few=few, contacts=contacts),
                patch.object(visible, "FEW", few),
                patch.object(searching, "MAX_CONTACTS", contacts),
            ):
                self.assertEqual(self._search(user or self.boss, *domain), expected)

    def test_who_is_found_by_number_sent_name_contact_and_company(self):
        named = self.by_name + self.by_person + self.by_sent_name
        self._check(named.sorted(), ("who_search", "ilike", "walderd"))
        self._check(self.by_person, ("who_search", "ilike", "zaph"))
        self._check(self.of_other, ("who_search", "ilike", "202 555 0143"))
        self._check(self.env["call.call"], ("who_search", "ilike", "nobody of this name"))

    def test_a_search_finds_only_calls_that_the_user_may_see(self):
        own = self._log_call("c5", "+12025550145", extension="104")
        own.partner_id = self.house
        self._check(own, ("who_search", "ilike", "walderd"), user=self.dave)
        self._check(own, ("contact_search", "child_of", "walderd"), user=self.dave)
        self._check(own, ("contact_search", "child_of", self.house.id), user=self.dave)

    def test_a_call_is_found_at_once_by_whom_it_was_assigned_to(self):
        self.by_name.user_id = self.dave
        self._check(self.by_name, user=self.dave)

    def test_a_contact_is_typed_or_chosen(self):
        both = (self.by_name + self.by_person).sorted()
        self._check(both, ("contact_search", "child_of", "walderd"))
        self._check(both, ("contact_search", "child_of", self.house.id))
        self._check(self.by_person, ("contact_search", "child_of", self.person.id))

    def test_a_contact_is_found_by_what_is_not_in_its_name(self):
        self._check(self.by_person, ("contact_search", "child_of", "zaphod@example.com"))
        self._check(self.of_other, ("contact_search", "child_of", "neighbour"))

    def test_a_category_is_found_with_those_below_it(self):
        both = (self.by_name + self.by_person).sorted()
        self._check(both, ("category_search", "child_of", self.parent.id))
        self._check(both, ("category_search", "child_of", "orders"))
        self._check(self.by_person, ("category_search", "child_of", self.child.id))
        self._check(self.env["call.call"], ("category_search", "child_of", "no such category"))

    def test_callbacks_are_found_by_number_in_any_format_and_by_contact(self):
        missed = self._log_call("m1", "+12025550149", answered=False)
        missed.partner_id = self.person
        self._log_call("m2", "+12025550148", answered=False)
        callback = missed.callback_id
        self.assertTrue(callback)
        callbacks = self.env["call.callback"].with_user(self.boss)
        for typed in ("zaph", "walderd", "+1 202 555 0149", "202-555-0149", "0149"):
            with self.subTest(typed):
                self.assertEqual(callbacks.search([("who_search", "ilike", typed)]), callback)
