from odoo.exceptions import AccessError
from odoo.tests import tagged

from .common import CallCommon


@tagged("post_install", "-at_install")
class TestAccess(CallCommon):
    """Who sees which calls, and secrets; `test_roles_access` has the table of all rights."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.call = cls._log_call()

    # --- own, department, all --------------------------------------------------------

    def _visible(self, user):
        calls = self.env["call.call"].with_user(user).search([("pbx_id", "=", self.pbx.id)])
        return set(calls.mapped("pbx_ref"))

    def test_users_see_a_call_that_only_rang_at_their_phone(self):
        ring = {"call": "g", "event": "ringing", "direction": "incoming", "from": "+12025550142"}
        self._send_events(
            ring | {"leg": "g1", "extension": "101"},
            ring | {"leg": "g2", "extension": "104"},
            {"call": "g", "leg": "g1", "event": "answered", "extension": "101"},
        )
        self.assertIn("g", self._visible(self.alice))
        self.assertIn("g", self._visible(self.dave))
        self.assertNotIn("g", self._visible(self.bob))

    def test_a_lead_sees_the_calls_of_the_department_and_its_subdepartments(self):
        below = self.env["hr.department"].create(
            {"name": "Second level", "parent_id": self.support.id, "company_id": self.company.id}
        )
        self._create_user("carol", "own", below, "107")
        self._log_call("bobs", extension="102")
        self._log_call("carols", extension="107")
        self._log_call("daves", extension="104")
        self.assertEqual(self._visible(self.lead), {"c1", "bobs", "carols"})

    def test_a_lead_sees_the_calls_of_a_managed_department(self):
        self._log_call("daves", extension="104")
        self.sales.manager_id = self.lead.employee_ids
        self.assertEqual(self._visible(self.lead), {"c1", "daves"})

    # --- secrets ---------------------------------------------------------------------

    def test_secrets_and_addresses_are_not_readable(self):
        for user in (self.alice, self.admin, self.env.ref("base.user_admin")):
            for field in ("secret", "previous_secret"):
                with self.subTest(user=user.login, field=field), self.assertRaises(AccessError):
                    self.pbx.with_user(user).read([field])
        with self.assertRaises(AccessError):
            self.pbx.with_user(self.boss).read(["token"])
        self.assertTrue(self.pbx.with_user(self.admin).read(["token"]))

    def test_only_administrators_create_secrets_and_addresses(self):
        for method in ("action_new_secret", "action_new_address", "action_end_old_secret"):
            with self.subTest(method), self.assertRaises(AccessError):
                getattr(self.pbx.with_user(self.boss), method)()

    def test_a_copy_of_a_telephone_system_has_its_own_address_and_no_secret(self):
        copy = self.pbx.copy()
        self.assertNotEqual(copy.token, self.pbx.token)
        self.assertFalse(copy.secret)

    def test_numbers_of_another_companys_contacts_are_hidden(self):
        other = self.env["res.company"].create({"name": "Other"})
        theirs = self._create_contact("Theirs", company_id=other.id)
        number = self.env["call.number"].create({"partner_id": theirs.id, "number": "+12025550177"})
        self.assertFalse(number.with_user(self.boss).has_access("read"))

    def test_events_cannot_be_created_by_hand(self):
        with self.assertRaises(AccessError):
            self.env["call.event"].with_user(self.admin).create(
                {"pbx_id": self.pbx.id, "uid": "invented"}
            )
