from odoo.tests import tagged

from .common_handed_over import HandedOverCommon


@tagged("post_install", "-at_install")
class TestTaskHandedOver(HandedOverCommon):
    """What is read of a hidden call on the task that was created from it."""

    kind = "task"
    readers = ("project", "portal")
    lists = ("/my/tasks", "/my/projects")

    def _prepare_call_values(self):
        return {"project_id": self.project.id}

    def _pass_on(self, record):
        record.message_subscribe(self.customer.ids)
        record.partner_id = self.customer
