from odoo import models

CHANNEL = "call_handling.calls"
GROUP = "call_handling.group_call_handling_own"


class IrWebsocket(models.AbstractModel):
    _inherit = "ir.websocket"

    def _build_bus_channel_list(self, channels):
        """Override of `bus` to inform screens that show calls, if their user may see calls."""
        channels = list(channels)
        if CHANNEL in channels:
            channels.remove(CHANNEL)
            if self.env.user.has_group(GROUP):
                channels.append((self.env.ref(GROUP), CHANNEL))
        return super()._build_bus_channel_list(channels)
