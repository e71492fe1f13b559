from odoo import models

from ..tools import OWN

CHANNEL = "call_handling.calls"


class IrWebsocket(models.AbstractModel):
    _inherit = "ir.websocket"

    def _build_bus_channel_list(self, channels):
        """Override of `bus` to inform screens that show calls, if their user may see calls."""
        channels = list(channels)
        if CHANNEL in channels:
            channels.remove(CHANNEL)
            if self.env.user.has_group(OWN):
                channels.append((self.env.ref(OWN), CHANNEL))
        return super()._build_bus_channel_list(channels)
