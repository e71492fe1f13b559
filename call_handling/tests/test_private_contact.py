from odoo.exceptions import AccessError
from odoo.tests import new_test_user, tagged

from .test_proposal import NUMBER, ProposalCommon


@tagged("post_install", "-at_install")
class TestPrivateContact(ProposalCommon):
    """That all calls with a contact are private is decided by administrators of calls."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.admin.group_ids += cls.env.ref("base.group_partner_manager")
        cls.seller.group_ids += cls.env.ref("base.group_allow_export")
        cls.mum = cls._create_contact("Mum", NUMBER)

    def _contacts(self, user):
        return self.env["res.partner"].with_user(user)

    def test_an_administrator_decides_it_and_sees_which_contacts_they_are(self):
        self.mum.with_user(self.admin).calls_are_private = True
        self.assertTrue(self._log_call(number=NUMBER).is_private)
        private = [("calls_are_private", "=", True)]
        self.assertIn(self.mum, self._contacts(self.admin).search(private))
        action = self.env.ref("call_handling.res_partner_action_private")
        self.assertEqual(action.domain, "[('calls_are_private', '=', True)]")
        self.assertIn("calls_are_private", self._contacts(self.admin).get_view()["arch"])

    def test_nobody_else_sets_or_sees_it(self):
        values = {"calls_are_private": True}
        contacts = self._contacts(self.seller)
        self.assertNotIn("calls_are_private", contacts.fields_get())
        self.assertNotIn("calls_are_private", contacts.get_view()["arch"])
        mum = self.mum.with_user(self.seller)
        # Commands about children are run as the user of the request.
        self.patch(self.env.transaction, "default_env", mum.env)
        ways = {
            "write": lambda: mum.write(values),
            "save": lambda: mum.web_save(values, {}),
            "create": lambda: contacts.create({"name": "X"} | values),
            "default": lambda: contacts.with_context(default_calls_are_private=True).create(
                {"name": "X"}
            ),
            "copy": lambda: mum.copy(values),
            "child": lambda: mum.write({"child_ids": [(0, 0, {"name": "X"} | values)]}),
            "user": lambda: self.seller.with_user(self.seller).write(values),
            "search": lambda: contacts.search([("calls_are_private", "=", True)]),
            "order": lambda: contacts.search([], order="calls_are_private", limit=1),
            "group": lambda: contacts.formatted_read_group([], ["calls_are_private"]),
            "read": lambda: mum.read(["calls_are_private"]),
            "export": lambda: mum.export_data(["calls_are_private"]),
        }
        for way, act in ways.items():
            with self.subTest(way), self.assertRaises(AccessError):
                act()
        self.assertFalse(self.mum.calls_are_private)

    def test_customers_never_see_it(self):
        portal = new_test_user(self.env, login="customer", groups="base.group_portal")
        for user in (portal, self.env.ref("base.public_user")):
            self.assertNotIn(
                "calls_are_private",
                self._contacts(user).with_context(allowed_company_ids=[]).fields_get(),
            )
            with self.assertRaises(AccessError):
                user.partner_id.with_user(user).read(["calls_are_private"])

    def test_it_is_not_set_by_an_import(self):
        result = self._contacts(self.seller).load(["name", "calls_are_private"], [["X", "1"]])
        self.assertFalse(result["ids"])
        self.assertTrue(result["messages"])

    def test_it_is_not_set_by_a_default_value(self):
        self.env["ir.default"].set("res.partner", "calls_are_private", True, self.seller.id)
        with self.assertRaisesRegex(AccessError, "administrators of calls"):
            self._contacts(self.seller).create({"name": "X"})
        self.env["ir.default"].set("res.partner", "calls_are_private", True, self.admin.id)
        contact = self._contacts(self.admin).create({"name": "Y", "phone": "+12025550142"})
        self.assertTrue(contact.calls_are_private)
        self.assertTrue(self._log_call("c2", "+12025550142").is_private)

    def test_a_contact_can_still_be_copied(self):
        self.mum.calls_are_private = True
        copied = self.mum.with_user(self.seller).copy()
        self.assertFalse(copied.sudo().calls_are_private)

    def test_a_merge_does_not_decide_it(self):
        other = self._create_contact("Mother")
        self.mum.calls_are_private = True
        merge = self.env["base.partner.merge.automatic.wizard"]
        for target in (self.mum | other).with_user(self.seller):
            with self.subTest(target.name), self.assertRaisesRegex(AccessError, "private"):
                merge.with_user(self.seller)._merge((self.mum | other).ids, target)
        merge.with_user(self.admin)._merge((self.mum | other).ids, other.with_user(self.admin))
        self.assertTrue(other.calls_are_private)
        self.assertFalse(self.mum.exists())

    def test_contacts_whose_calls_are_all_private_are_merged_by_anybody(self):
        other = self._create_contact("Mother", calls_are_private=True)
        self.mum.calls_are_private = True
        merge = self.env["base.partner.merge.automatic.wizard"].with_user(self.seller)
        merge._merge((self.mum | other).ids, other.with_user(self.seller))
        self.assertTrue(other.calls_are_private)
