from odoo import models
from odoo.fields import Domain

from ..ir_websocket import CONVERSATION
from .listening import LISTEN

MESSAGE = "call_handling.conversation/changed"


class CallCall(models.Model):
    """Informs screens that there is something else to listen to or to read of a conversation.

    Each call has a channel of its own, which only those get who may listen to it. What has changed
    is not said: each screen reads what its user may see.
    """

    _inherit = "call.call"

    def _may_listen(self):
        """Return whether the user may listen to the call, also if there is no recording yet.

        :rtype: bool
        """
        self.ensure_one()
        if not self.env.user.has_group(LISTEN) or not self.has_access("read"):
            return False
        domain = self.env["ir.rule"]._compute_domain("call.recording", "read")
        # sudo: the rules look at what the user may not read
        recordings_sudo = self.env["call.recording"].sudo()
        return bool(recordings_sudo.new({"call_id": self.id}).filtered_domain(Domain(domain)))

    def _notify_listeners(self):
        """Inform the screens that show the calls, of those who may listen to them."""
        for call in self:
            # Not by `_bus_send`: a call is no user. Nobody can ask for this channel by its name.
            self.env["bus.bus"]._sendone((call, CONVERSATION), MESSAGE, {"call_id": call.id})
