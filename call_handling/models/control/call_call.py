from odoo import models

from ...adapters.control import Action


class CallCall(models.Model):
    """What the card offers to do with the running call."""

    _inherit = "call.call"

    def _get_card_data(self):
        return super()._get_card_data() | {"control": self._get_card_control()}

    def _get_card_control(self):
        """Return what the current user can do with the call of their phone now.

        :return: ``actions`` in the order of their buttons, and whether the other side ``is_held``
        :rtype: dict
        """
        controls = self.env["call.control"]
        leg = controls._find_own_leg(self)
        running = controls._get_running(self, leg) if leg else None
        if not running:
            return {"actions": [], "is_held": False}
        possible = controls._get_actions(self, running)
        return {
            "actions": [action.value for action in Action if action in possible],
            "is_held": running.is_held,
        }
