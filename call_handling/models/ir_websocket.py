from odoo import models

from ..tools import OWN

CHANNEL = "call_handling.calls"
PHONES = "call_handling.phones"


class IrWebsocket(models.AbstractModel):
    _inherit = "ir.websocket"

    def _build_bus_channel_list(self, channels):
        """Override of `bus` to inform screens that show calls or what phones do, if their user may
        see calls."""
        channels = list(channels)
        if CHANNEL in channels:
            channels.remove(CHANNEL)
            if self.env.user.has_group(OWN):
                channels.append((self.env.ref(OWN), CHANNEL))
        if PHONES in channels:
            channels.remove(PHONES)
            if self.env.user.has_group(OWN):
                channels += self.env["call.pbx"]._get_phone_channels()
        return super()._build_bus_channel_list(channels)
