"""Stands in for a telephone system whose addon is not installed (any more)."""

from __future__ import annotations

from .base import Adapter, Capabilities
from .request import Refusal, Refused, WebhookRequest


class MissingAdapter(Adapter):
    """Refuses everything, with the reason for the administrator.

    It has no ``code``: it cannot be chosen.
    """

    name = "–"
    capabilities = Capabilities(transfers=False)

    def verify(self, request: WebhookRequest) -> None:
        raise Refused(Refusal.NO_ADAPTER)
