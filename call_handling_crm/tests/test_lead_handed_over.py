from odoo.tests import tagged

from odoo.addons.call_handling.tests.common_handed_over import HandedOverCommon


@tagged("post_install", "-at_install")
class TestLeadHandedOver(HandedOverCommon):
    """What is read of a hidden call on the lead that was created from it.

    A lead of an unknown caller is about that person: it says itself who called.
    """

    kind = "lead"
    readers = ("sales",)
    about_contact = frozenset({"name", "number"})

    def _pass_on(self, record):
        record.user_id = self.users["sales"]
