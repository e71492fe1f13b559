from odoo.exceptions import AccessError
from odoo.tests import tagged

from ..models.endpoint.res_company import KINDS
from .common import CallCommon

ADDRESS, ELSEWHERE = "https://models.example.com", "https://elsewhere.example.com"
KEY = "s3cret-of-the-server"


@tagged("post_install", "-at_install")
class TestEndpointKeys(CallCommon):
    """The key of a server that the company names is stored, replaced and forgotten, never shown."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.admin.group_ids += cls.env.ref("base.group_system")

    def _enter(self, **values):
        """Enter settings as an administrator of both calls and Odoo does."""
        settings = self.env["res.config.settings"].with_user(self.admin)
        settings = settings.with_company(self.company).create(values)
        settings.execute()
        self.env.invalidate_all()
        return settings

    def _get_key(self, kind):
        self.env.invalidate_all()
        return self.company[f"{kind}_key"]

    def test_an_address_and_its_key_are_entered_together(self):
        for kind in KINDS:
            entered = {f"{kind}_url": ADDRESS, f"new_{kind}_key": f" {KEY} "}
            for values in (entered, dict(reversed(entered.items()))):
                with self.subTest(values=list(values)):
                    self.company[f"{kind}_url"] = False
                    self._enter(**values)
                    self.assertEqual(self._get_key(kind), KEY)

    def test_nobody_reads_a_key(self):
        for kind in KINDS:
            settings = self._enter(**{f"{kind}_url": ADDRESS, f"new_{kind}_key": KEY})
            self.assertTrue(settings[f"has_{kind}_key"])
            self.assertNotIn(KEY, str(settings.read()))
            self.assertNotIn(KEY, str(self._enter().read()))
            with self.assertRaises(AccessError):
                self.company.with_user(self.admin).read([f"{kind}_key"])

    def test_a_key_is_forgotten_with_one_click_and_the_other_one_stays(self):
        for kind, other in (KINDS, KINDS[::-1]):
            with self.subTest(kind=kind):
                self._enter(**{f"new_{name}_key": KEY for name in KINDS})
                settings = self._enter()
                getattr(settings, f"action_forget_{kind}_key")()
                self.assertFalse(self._get_key(kind))
                self.assertFalse(settings[f"has_{kind}_key"])
                self.assertEqual(self._get_key(other), KEY)

    def test_only_administrators_of_calls_forget_a_key(self):
        self._enter(**{f"new_{name}_key": KEY for name in KINDS})
        settings = self._enter().with_user(self.boss)
        for kind in KINDS:
            with self.assertRaises(AccessError):
                getattr(settings.sudo(), f"action_forget_{kind}_key")()
            self.assertEqual(self._get_key(kind), KEY)

    def test_a_key_does_not_follow_to_another_address(self):
        for kind in KINDS:
            self._enter(**{f"{kind}_url": ADDRESS, f"new_{kind}_key": KEY})
            self._enter(**{f"{kind}_model": "another"})
            self.assertEqual(self._get_key(kind), KEY)
            self._enter(**{f"{kind}_url": ELSEWHERE})
            self.assertFalse(self._get_key(kind))

    def test_each_change_of_a_key_is_in_the_audit_trail(self):
        for kind in KINDS:
            with self.subTest(kind=kind):
                before = self._count_entries()
                self._enter(**{f"new_{kind}_key": KEY})
                self.assertEqual(self._count_entries(), before + 1)
                getattr(self._enter(), f"action_forget_{kind}_key")()
                self.assertEqual(self._count_entries(), before + 2)

    def _count_entries(self):
        return self.env["call.audit"].search_count(
            [("act", "=", "secret"), ("user_id", "=", self.admin.id)]
        )
