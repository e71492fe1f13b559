"""Asterisk is asked to dial: by its REST interface (ARI), or its manager interface over HTTP.

The address says which: it ends with ``/ari`` or with ``/arawman``. Both are given an id for
the channel of the own phone, which then is the id of the whole call in Asterisk's events.

The manager interface answers with status 200 even if it refuses. All answers were recorded on
Asterisk 22; https://docs.asterisk.org/Latest_API/API_Documentation/Asterisk_REST_Interface/
Channels_REST_API/, .../AMI_Actions/Originate/.
"""

from __future__ import annotations

import uuid

import requests
from requests.auth import HTTPDigestAuth

from .asterisk_dialplan import DialPlanAdapter
from .base import Capabilities, Dial, Dialled
from .numbers import NumberFormat

CONTEXT = "from-internal"  # where phones dial, in FreePBX and many other dial plans
RING_SECONDS = 30  # of the own phone


class AsteriskSystemAdapter(DialPlanAdapter):
    """Asterisk with all that it can do."""

    capabilities = Capabilities(names_trunks=True, dials=True)
    number_format = NumberFormat.NATIONAL
    phone_address = "PJSIP/{extension}"
    api_needs = ("api_url", "api_user", "api_secret")

    def is_rest(self) -> bool:
        return self.settings.api_url.rstrip("/").endswith("/ari")

    def get_api_auth(self):
        credentials = (self.settings.api_user, self.settings.api_secret)
        return credentials if self.is_rest() else HTTPDigestAuth(*credentials)

    def get_api_url(self, path: str) -> str:
        return super().get_api_url(path).rstrip("/")

    def read_body(self, response: requests.Response):
        if self.is_rest():
            return super().read_body(response)
        lines = (line.partition(":") for line in response.text.splitlines())
        return {name.strip(): value.strip() for name, colon, value in lines if colon}

    def find_fault(self, answer) -> str | None:
        if self.is_rest() or answer.get("Response") == "Success":
            return None
        return answer.get("Message") or "this is not the manager interface"

    def test(self) -> None:
        if self.is_rest():
            self.required(self.ask("GET", "asterisk/ping"), "ping")
        else:
            self.ask("GET", "", params={"action": "Ping"})

    def originate(self, dial: Dial) -> Dialled:
        call = f"odoo-{uuid.uuid4()}"
        phone, called = self.write_phone(dial.extension), self.write_number(dial.number)
        shown = dial.line or self.settings.caller_number
        caller = self.write_number(shown) if shown else dial.extension
        context = self.settings.api_account or CONTEXT
        if self.is_rest():
            self._originate_by_rest(call, phone, called, caller, context)
        else:
            self._originate_by_manager(call, phone, called, caller, context)
        return Dialled(call)

    def _originate_by_rest(self, call, phone, called, caller, context):
        wish = {
            "endpoint": phone,
            "extension": called,
            "context": context,
            "priority": 1,
            "callerId": caller,
            "timeout": RING_SECONDS,
            "channelId": call,
        }
        self.ask("POST", "channels", json=wish)

    def _originate_by_manager(self, call, phone, called, caller, context):
        wish = {
            "action": "Originate",
            "ActionID": call,
            "ChannelId": call,
            "Channel": phone,
            "Exten": called,
            "Context": context,
            "Priority": "1",
            "CallerID": caller,
            "Timeout": str(RING_SECONDS * 1000),
            "Async": "true",
        }
        self.ask("GET", "", params=wish)
