"""Bellphone: a telephone system that exists only in tests. It sends our own events."""

from odoo.addons.call_handling.adapters.base import Capabilities, FormField, Guide, Tested
from odoo.addons.call_handling.adapters.generic import GenericAdapter
from odoo.addons.call_handling.adapters.text import _lt


class BellphoneAdapter(GenericAdapter):
    """A telephone system with a field of its own."""

    code = "bellphone"
    name = "Bellphone"
    capabilities = Capabilities(dials=True)
    fields = (
        FormField("bell_tenant", _lt("Tenant"), placeholder=_lt("e.g. head-office")),
        FormField("api_secret", _lt("Door Key"), required=True),
    )
    guide = Guide(
        tested=Tested("our own format", "our own signature"),
        steps=(_lt("Ring the bell twice."),),
    )

    def events(self, item, received_at):
        tenant = self.settings.extra["bell_tenant"]
        return super().events(item | {"queue": tenant}, received_at)
