from odoo.tests import tagged

from .common import CallHttpCommon
from .common_outline import OutlineCommon


@tagged("post_install", "-at_install")
class TestOutlineScreen(OutlineCommon, CallHttpCommon):
    """What people see of proposals, and do with them, in a browser."""

    def test_proposals_are_taken_over_and_dismissed_with_clicks(self):
        call = self._outline()
        self.start_tour(f"/odoo/calls/{call.id}", "call_handling_outline", login="alice")
        self.assertEqual(call.summary, "The heating is cold again.")
        self.assertEqual(call.activity_ids.summary, "Send a technician")
        states = call.outline_ids.point_ids.mapped("state")
        self.assertEqual(sorted(states), ["dismissed", "open", "open", "taken", "taken"])
