from odoo import api, fields, models
from odoo.fields import Domain

LISTED = 5  # calls of a kind
CALL_BACK_DAYS = 14  # who was missed before is not waiting for a call any more


class CallMenuMixin(models.AbstractModel):
    """What the telephone in the top bar lists."""

    _name = "call.menu.mixin"
    _description = "Calls in the Top Bar"

    @api.model
    def get_menu(self):
        """What the present user has to do with the telephone now.

        :rtype: dict
        """
        waiting = self._get_call_back_domain()
        shown = self._get_own_domain() & Domain("is_private", "=", False)
        running = shown & Domain("state", "!=", "ended")
        return {
            "running": self._list_for_menu(running),
            "to_call_back": self._list_for_menu(waiting),
            "to_call_back_count": self.search_count(waiting),
            "last": self._list_for_menu(shown & Domain("state", "=", "ended")),
            "extensions": self.env.user.call_extension_label,
        }

    def action_view_call_back(self):
        """Open all calls that wait for being called back by the present user."""
        action = self.env["ir.actions.act_window"]._for_xml_id("call_handling.call_call_action")
        return action | {"domain": list(self._get_call_back_domain()), "context": {}}

    # === BUSINESS METHODS === #

    @api.model
    def _get_own_domain(self):
        """Calls that the user made, took, or was called by."""
        own = Domain("user_id", "=", self.env.uid)
        return own | Domain("leg_ids.user_id", "=", self.env.uid)

    @api.model
    def _get_call_back_domain(self):
        """Calls that wait for being called back by the present user."""
        recent = fields.Datetime.subtract(fields.Datetime.now(), days=CALL_BACK_DAYS)
        domain = self._get_own_domain() & Domain("date_start", ">", recent)
        return domain & Domain("to_call_back", "=", True) & Domain("is_private", "=", False)

    @api.model
    def _list_for_menu(self, domain):
        calls = self.search(domain, limit=LISTED)
        return [call._get_card_line() for call in calls if call._shows_card()]
