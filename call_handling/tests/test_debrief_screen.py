from odoo.tests import tagged

from .common import CallHttpCommon
from .common_debrief import DebriefCommon


@tagged("post_install", "-at_install")
class TestDebriefScreen(DebriefCommon, CallHttpCommon):
    """What people see of proposals, and do with them, in a browser."""

    def test_proposals_are_taken_over_and_dismissed_with_clicks(self):
        call = self._debrief()
        self.start_tour(f"/odoo/calls/{call.id}", "call_handling_debrief", login="alice")
        self.assertEqual(call.summary, "The heating is cold again.")
        self.assertEqual(call.activity_ids.summary, "Send a technician")
        states = call.debrief_ids.point_ids.mapped("state")
        self.assertEqual(sorted(states), ["dismissed", "open", "open", "taken", "taken"])
