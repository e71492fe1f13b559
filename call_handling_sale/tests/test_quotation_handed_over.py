from odoo.tests import tagged

from odoo.addons.call_handling.tests.common_handed_over import OUTSIDE, HandedOverCommon


@tagged("post_install", "-at_install")
class TestQuotationHandedOver(HandedOverCommon):
    """What is read of a hidden call on the quotation that was created from it."""

    kind = "quotation"
    readers = ("sales", "portal")
    lists = ("/my/quotes", "/my/orders")
    is_printed = True

    def _prepare_call_values(self):
        return {"partner_id": self.customer.id}

    def _pass_on(self, record):
        record.user_id = self.users["sales"]
        record.action_quotation_sent()

    def _get_allowed(self, role, *setting):
        """Override: nothing is written where customers read, and the caller is a contact."""
        if role in OUTSIDE:
            return set()
        return super()._get_allowed(role, *setting) - {"name"}
