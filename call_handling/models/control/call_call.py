from odoo import models

from ...adapters.control import Action


class CallCall(models.Model):
    """What the card offers to do with the running call."""

    _inherit = "call.call"

    def _get_card_data(self):
        return super()._get_card_data() | {"control": self._get_card_control()}

    def _get_card_control(self):
        """Return what the current user can do with the call of their phone now.

        :return: ``actions`` in the order of their buttons; whether the other side ``is_held``;
            and ``recording``: ``running``, ``paused``, or empty if nothing is known to be recorded
        :rtype: dict
        """
        controls = self.env["call.control"]
        leg = controls._find_own_leg(self)
        running = controls._get_running(self, leg) if leg else None
        if not running:
            return {"actions": [], "is_held": False, "recording": ""}
        possible = controls._get_actions(self, running)
        paused = "paused" if running.is_recording_paused else ""
        return {
            "actions": [action.value for action in Action if action in possible],
            "is_held": running.is_held,
            "recording": "running" if running.is_recorded else paused,
        }
