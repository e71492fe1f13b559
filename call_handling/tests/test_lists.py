from lxml import etree

from odoo.tests import TransactionCase, tagged


@tagged("post_install", "-at_install")
class TestLists(TransactionCase):
    """Every list of calls, wherever it is, shows what a list of calls has to show."""

    def _get_views(self):
        """Return the whole views in which something of ours is."""
        ours = self.env["ir.model.data"].search(
            [("module", "=like", "call\\_handling%"), ("model", "=", "ir.ui.view")]
        )
        views = self.env["ir.ui.view"].browse(ours.mapped("res_id")).exists()
        while inherited := views.filtered("inherit_id"):
            views = views - inherited | inherited.inherit_id
        return views.filtered(lambda view: view.type in ("list", "form") and view.model in self.env)

    def _get_lists(self, node, model):
        """Return the lists in a view: each with the model of its rows."""
        if node.tag == "list":
            yield node, model
        for child in node:
            if child.get("widget") == "call_timeline":
                continue  # it draws its rows itself
            field = model._fields.get(child.get("name")) if child.tag == "field" else None
            comodel = field and field.comodel_name
            yield from self._get_lists(child, self.env[comodel] if comodel else model)

    def _get_lists_of(self, model=None):
        for view in self._get_views():
            arch = etree.fromstring(view.get_combined_arch())
            for node, found in self._get_lists(arch, self.env[view.model]):
                if model in (None, found._name):
                    yield view, node, found

    def test_lists_of_calls_show_the_outcome(self):
        lists = list(self._get_lists_of("call.call"))
        self.assertGreater(len(lists), 5)
        for view, node, _model in lists:
            with self.subTest(view.key or view.name):
                self.assertTrue(node.xpath("field[@name='progress']"))

    def test_durations_are_shown_as_such_and_not_where_there_is_none(self):
        for view, node, model in self._get_lists_of():
            for field in node.xpath("field"):
                name = field.get("name")
                shown = field.get("column_invisible") != "True"
                if shown and getattr(model._fields.get(name), "unit", None) == "seconds":
                    with self.subTest(view=view.key or view.name, field=name):
                        self.assertEqual(field.get("widget"), "call_duration")
                        if name == "talk_seconds":
                            self.assertEqual(field.get("invisible"), "not talk_seconds")

    def test_people_in_lists_of_calls_have_room_for_their_names(self):
        for view, node, _model in self._get_lists_of("call.call"):
            for field in node.xpath("field[@name='user_id']"):
                with self.subTest(view.key or view.name):
                    self.assertEqual(field.get("widget"), "many2one_avatar_user")
                    self.assertTrue(field.get("width"))
