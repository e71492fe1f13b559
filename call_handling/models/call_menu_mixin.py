from odoo import api, models
from odoo.fields import Domain

LISTED = 5  # calls of a kind


class CallMenuMixin(models.AbstractModel):
    """What the telephone in the top bar lists."""

    _name = "call.menu.mixin"
    _description = "Calls in the Top Bar"

    @api.model
    def get_menu(self):
        """What the present user has to do with the telephone now.

        :rtype: dict
        """
        waiting = self.env["call.callback"].search(self._get_waiting_domain())
        shown = self._get_own_domain() & Domain("is_private", "=", False)
        running = shown & Domain("state", "!=", "ended")
        return {
            "running": self._list_for_menu(running),
            "to_call_back": [
                callback.call_ids[:1]._get_card_line() for callback in waiting[:LISTED]
            ],
            "to_call_back_count": len(waiting),
            "last": self._list_for_menu(shown & Domain("state", "=", "ended")),
            "extensions": self.env.user.call_extension_label,
        }

    def action_view_call_back(self):
        """Open all numbers that wait for being called back by the present user."""
        action = self.env["ir.actions.act_window"]._for_xml_id("call_handling.call_callback_action")
        return action | {"domain": self._get_waiting_domain(), "context": {}}

    # === BUSINESS METHODS === #

    @api.model
    def _get_own_domain(self):
        """Calls that the user made, took, or was called by."""
        own = Domain("user_id", "=", self.env.uid)
        return own | Domain("leg_ids.user_id", "=", self.env.uid)

    @api.model
    def _get_waiting_domain(self):
        """Numbers that the present user is to call back."""
        return [("state", "=", "open"), ("user_ids", "in", self.env.uid)]

    @api.model
    def _list_for_menu(self, domain):
        calls = self.search(domain, limit=LISTED)
        return [call._get_card_line() for call in calls if call._shows_card()]
