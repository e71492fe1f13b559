from odoo import models

from ..tools import OWN

CHANNEL = "call_handling.calls"
PHONES = "call_handling.phones"
CONVERSATION = "call_handling.conversation"
CONVERSATION_PREFIX = f"{CONVERSATION}_"


class IrWebsocket(models.AbstractModel):
    _inherit = "ir.websocket"

    def _build_bus_channel_list(self, channels):
        """Override of `bus` to inform screens that show calls or what phones do, if their user may
        see calls; and those that show a conversation, if their user may listen to it."""
        channels = list(channels)
        if CHANNEL in channels:
            channels.remove(CHANNEL)
            if self.env.user.has_group(OWN):
                channels.append((self.env.ref(OWN), CHANNEL))
        if PHONES in channels:
            channels.remove(PHONES)
            if self.env.user.has_group(OWN):
                channels += self.env["call.pbx"]._get_phone_channels()
        return super()._build_bus_channel_list(self._replace_conversations(channels))

    def _replace_conversations(self, channels):
        """Return channels with those of calls, instead of their names, to which the user may
        listen.

        :rtype: list
        """
        names = [
            channel
            for channel in channels
            if isinstance(channel, str) and channel.startswith(CONVERSATION_PREFIX)
        ]
        ids = {name.removeprefix(CONVERSATION_PREFIX) for name in names}
        calls = self.env["call.call"].browse(int(i) for i in ids if i.isascii() and i.isdigit())
        heard = calls.exists().filtered(lambda call: call._may_listen())
        others = [channel for channel in channels if channel not in names]
        return others + [(call, CONVERSATION) for call in heard]
