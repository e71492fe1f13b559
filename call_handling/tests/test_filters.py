from itertools import combinations, product

from lxml import etree

from odoo.tests import TransactionCase, tagged
from odoo.tools.safe_eval import safe_eval

MODULE = "call_handling"


@tagged("post_install", "-at_install")
class TestFilters(TransactionCase):
    """Filters that are chosen together mean what their names say together: those of one group
    exclude each other, so that each call is found by one of them; all others are in a group of
    their own, so that they restrict each other."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.calls = cls.env["call.call"].create(
            [
                {
                    "direction": direction,
                    "state": "ended",
                    "outcome": outcome,
                    "date_start": "2026-11-23 10:00:00",
                    "remote_number": number,
                    "is_anonymous": not number,
                    "user_id": user,
                    "match": match,
                }
                for direction, outcome, number, user, match in product(
                    ["incoming", "outgoing", "internal"],
                    ["answered", "no_answer"],
                    ["+12025550142", False],
                    [cls.env.uid, False],
                    ["none", "ambiguous"],
                )
            ]
        )

    def _get_groups(self, view):
        """Return the visible filters of a search view, by group: those between two separators."""
        groups = [[]]
        for node in etree.fromstring(self.env[view.model].get_view(view.id, "search")["arch"]):
            if node.tag == "separator":
                groups.append([])
            elif node.tag == "filter" and node.get("domain") and not node.get("invisible"):
                groups[-1].append(node)
        return groups

    def _get_views(self):
        owned = self.env["ir.model.data"].search(
            [("module", "=", MODULE), ("model", "=", "ir.ui.view")]
        )
        views = self.env["ir.ui.view"].browse(owned.mapped("res_id"))
        return views.filtered(lambda view: view.type == "search" and view.mode == "primary")

    def _evaluate(self, node):
        return safe_eval(node.get("domain"), {"uid": self.env.uid})

    def test_filters_of_one_group_exclude_each_other(self):
        view = self.env.ref("call_handling.call_call_view_search")
        calls = self.env["call.call"]
        own = [("id", "in", self.calls.ids)]
        pairs = [pair for group in self._get_groups(view) for pair in combinations(group, 2)]
        self.assertGreater(len(pairs), 5)
        for one, other in pairs:
            both = calls.search(self._evaluate(one) + self._evaluate(other) + own)
            self.assertFalse(both, f"{one.get('name')} and {other.get('name')}")

    def test_filters_of_one_group_are_about_the_same(self):
        views = self._get_views()
        self.assertIn("call.callback", views.mapped("model"))
        for view in views:
            for group in self._get_groups(view):
                for one, other in combinations(group, 2):
                    about = [
                        {leaf[0] for leaf in self._evaluate(node) if not isinstance(leaf, str)}
                        for node in (one, other)
                    ]
                    names = f"{view.model}: {one.get('name')}, {other.get('name')}"
                    self.assertTrue(about[0] & about[1], names)

    def test_filters_of_different_groups_restrict_each_other(self):
        view = self.env.ref("call_handling.call_call_view_search")
        groups = self._get_groups(view)
        place = {node.get("name"): index for index, group in enumerate(groups) for node in group}
        for one, other in [
            ("mine", "today"),
            ("mine", "missed"),
            ("missed", "closed"),
            ("today", "running"),
            ("no_time", "time_missing"),
        ]:
            self.assertNotEqual(place[one], place[other], f"{one} and {other}")

    def test_calls_of_a_person_are_found_by_a_part_of_the_name(self):
        name = "Zoe Quartz"
        employee = self.env["hr.employee"].create({"name": name})
        as_user = self.calls[0]
        as_user.user_id = self.env["res.users"].create({"name": name, "login": "zoe.quartz"})
        as_employee = self.calls[-1]
        as_employee.write({"user_id": False, "employee_id": employee.id})
        view = self.env["call.call"].get_view(
            self.env.ref("call_handling.call_call_view_search").id, "search"
        )
        [field] = etree.fromstring(view["arch"]).xpath("//field[@name='user_id']")
        domain = safe_eval(field.get("filter_domain"), {"self": "quart"})
        self.assertEqual(self.env["call.call"].search(domain), as_user + as_employee)
