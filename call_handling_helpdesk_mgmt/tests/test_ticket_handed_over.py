from odoo.tests import Form, tagged

from odoo.addons.call_handling.tests.common_handed_over import HandedOverCommon, find_parts_in
from odoo.addons.call_handling.tests.common_roles import quiet


@tagged("post_install", "-at_install")
class TestTicketHandedOver(HandedOverCommon):
    """What is read of a hidden call on the ticket that was created from it."""

    kind = "ticket"
    readers = ("helpdesk", "portal")
    lists = ("/my/tickets",)

    def _pass_on(self, record):
        """Override: somebody finds out who called."""
        with Form(record.with_user(self.users["helpdesk"])) as form:
            form.partner_id = self.customer

    def test_colleagues_read_the_name_of_an_unknown_caller_and_nothing_else(self):
        self.patch(type(self), "_pass_on", lambda self, record: None)
        _call, record = self._hand_over("link", True)
        for role, parts in (("helpdesk", {"name"}), ("nobody", set()), ("portal", set())):
            attempts = self._get_attempts(self._env_of(role)[record._name].browse(record.id))
            with self.subTest(role=role), quiet():
                self.assertEqual(find_parts_in([*map(self._attempt, attempts)]), parts)
