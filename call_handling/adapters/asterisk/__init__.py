"""Asterisk and what is built on it (FreePBX, Issabel …).

It reports calls in two ways, both signed like the event API or with its secret as a password:

* the relay sends events of the manager interface (:mod:`.ami`);
* the dial plan itself sends forms (:mod:`.dialplan`), without any other program.

It is asked to dial, and to control calls (:mod:`.control`), by its REST interface (ARI), or by its
manager interface over HTTP. The address says which: it ends with ``/ari`` or with ``/arawman``.
Without an address the relay does it, if its settings allow that: it fetches commands
(:mod:`..commands`). All are given an id for the channel of the own phone, which then is the id of
the whole call in Asterisk's events. The manager interface answers with status 200 even if it
refuses.

All answers were recorded on Asterisk 22;
https://docs.asterisk.org/Latest_API/API_Documentation/Asterisk_REST_Interface/
Channels_REST_API/, .../AMI_Actions/Originate/.
"""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from datetime import datetime
from importlib.resources import files

import requests
from requests.auth import HTTPDigestAuth

from ..api import ApiError, Problem
from ..base import (
    RECORDING_ACTIONS,
    Action,
    Capabilities,
    Configuration,
    Controlled,
    Dial,
    Dialled,
    FormField,
    Guide,
    RecordingAbility,
    Running,
    Tested,
)
from ..commands import DIAL
from ..event import CallEvent
from ..generic import GenericAdapter
from ..guide import CALLER_NUMBER, DIALLED_NUMBERS, SystemKind
from ..numbers import NumberFormat
from ..peers import PeerFacts, Verdict
from ..reading import gather
from ..reasons import Reason, Why
from ..recording import SYSTEM_RECORDS
from ..records import Table
from ..request import WebhookRequest
from ..signature import SIGNATURE_HEADER, read_basic_password, require_one_of
from ..states import PhoneReport
from ..text import _lt
from . import ami, dialplan, peers, records, states
from . import control as controls
from .words import VOCABULARY

CONTEXT = "from-internal"  # where phones dial, in FreePBX and many other dial plans
RING_SECONDS = 30  # of the own phone

_MACHINE = "Asterisk does not report whether a person or a machine has answered."
_ANNOUNCED = "If the caller hangs up before the announcement ends, the caller has given up."


class AsteriskAdapter(GenericAdapter):
    """Asterisk by way of a relay, or of its dial plan."""

    code = "asterisk"
    name = "Asterisk / FreePBX"
    standard_webhooks = False
    capabilities = Capabilities(
        names_trunks=True,
        dials=True,
        controls=controls.CONTROLS,
        states=True,
        records=True,
        recordings=SYSTEM_RECORDS,
        reports_recording=True,
    )
    number_format = NumberFormat.NATIONAL
    phone_address = "PJSIP/{extension}"
    fields = (
        FormField(
            "api_url",
            _lt("Address"),
            placeholder=_lt("e.g. https://pbx.example.com:8089/ari"),
            required=True,
        ),
        FormField("api_account", _lt("Context"), placeholder=CONTEXT),
        FormField("transfer_context", _lt("Context of Transfers"), placeholder=controls.TRANSFERS),
        FormField("phone_address", _lt("Phone"), placeholder="PJSIP/{extension}"),
        FormField("api_user", _lt("User"), required=True),
        FormField("api_secret", _lt("Password"), required=True),
        CALLER_NUMBER,
        *DIALLED_NUMBERS,
    )
    guide = Guide(
        kind=SystemKind.PRODUCT,
        tested=Tested(
            messages="recorded by us on a real Asterisk 22, through the relay and with the file "
            "from the form",
            proof="our own signature; password, as Asterisk's `CURL()` sends it",
            api="answers recorded by us on Asterisk 22; ARI and manager interface tried on it",
        ),
        system=_lt("Asterisk or FreePBX"),
        steps=(
            _lt("Create the secret above. The relay beside Asterisk needs it and the address."),
            _lt(
                "Or do without the relay: save this file, enter the secret in it, and use it in "
                "your dial plan as it describes. {file}"
            ),
            _lt(
                "Below, under Extensions, enter the extension numbers, or the names of the phones. "
                "What is still unknown after the first calls is listed under Phones and Trunks."
            ),
            _lt(
                "To dial from Odoo, and to hang up, transfer and record calls from their cards: "
                "allow it in the settings of the relay, which then asks Odoo what to do. Or, "
                "without it, enter the address of the manager interface over HTTP (…/arawman) or "
                "of ARI (…/ari, which only dials and hangs up). Nobody but Odoo should be able to "
                "reach it."
            ),
        ),
        extensions="extension, `101`, or name of the phone, `alice`",
        supported=(
            "with the relay: ring groups, queues, hold, blind and attended transfers, voicemail, "
            "click to dial; hanging up, transferring and recording from the card",
        ),
        not_supported=("holding from the card: no interface of Asterisk does it reliably",),
        details=files(__package__).joinpath("guide.md").read_text("utf-8"),
        transfers="yes (relay)",
        states="free, ringing, talking, not connected; do not disturb as FreePBX and "
        "`CustomPresence` know it (relay)",
        controlling="recordings: the relay; *Record* also the right `system` in Asterisk",
        uncontrolled=dict.fromkeys(
            (Action.HOLD, Action.RESUME), "no interface of Asterisk holds a call reliably"
        ),
        recording="the relay [sends the files](../../call_handling_relay/README.md#recordings), "
        "also those of messages in mailboxes",
        unrecorded={
            RecordingAbility.FETCH: "the relay beside it sends the files",
            RecordingAbility.DELETE: "the files are deleted by whoever has them",
        },
        impossible={
            "the customer's mailbox answers": _MACHINE,
            "a program of the company calls, a machine answers": _MACHINE,
        },
        partly={
            "outside hours": _ANNOUNCED,
            "only an announcement": _ANNOUNCED,
            "click to dial, the own phone is not picked up": "It is a call that was not answered.",
            "attended transfer, refused": "While a phone asks with a code of Asterisk, the "
            "customer waits alone: this time is no talk time.",
        },
        missing={"line_outgoing": "the own number that is shown to the one who is called"},
    )
    vocabulary = VOCABULARY

    # === IN === #

    def verify(self, request: WebhookRequest) -> None:
        password = read_basic_password(request)
        if not password or SIGNATURE_HEADER in request.headers:
            return super().verify(request)
        return require_one_of(password, self.settings.secrets(request.received_at))

    def split(self, request: WebhookRequest) -> list:
        item = gather(request.form)
        return [item] if dialplan.is_message(item) else super().split(request)

    def events(self, item, received_at: datetime) -> list[CallEvent]:
        if not isinstance(item, Mapping):
            raise ValueError(Reason(Why.AMI_NO_OBJECT, kind=type(item).__name__))
        if report := _find_relay_report(item):
            raise ValueError(report)
        read = dialplan.read_message if dialplan.is_message(item) else ami.read_event
        return read(item, self.settings, received_at)

    def peers(self, item, received_at: datetime) -> list[PeerFacts]:
        if not isinstance(item, Mapping) or item.get("Event") != peers.EVENT:
            return []
        return peers.read_facts(item, self.settings, received_at)

    def states(self, item, received_at: datetime) -> list[PhoneReport]:
        if not isinstance(item, Mapping) or item.get("Event") not in states.EVENTS:
            return []
        return states.read_states(item, self.settings, received_at)

    def judge_peers(self, facts: Mapping[str, Mapping], moment: datetime) -> dict[str, Verdict]:
        return peers.judge(facts, self.settings, moment)

    def describe_peer(self, facts: Mapping) -> list[tuple[str, str]]:
        return peers.describe(facts)

    def find_table(self, first: Sequence[str]) -> Table | None:
        return records.find_table(first, self.settings)

    def make_configuration(self) -> Configuration:
        template = files(__package__).joinpath("dialplan.conf").read_text("utf-8")
        content = template.replace("WEBHOOK_URL", self.settings.webhook_url)
        return Configuration("extensions_call_handling.conf", content)

    # === OUT === #

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
            self.act("Ping")

    @property
    def context(self) -> str:
        """Where phones dial."""
        return self.settings.api_account or CONTEXT

    def act(self, action: str, **headers: str) -> dict:
        """Have the manager interface do something.

        :raise ApiError: it does not do it
        """
        return self.ask("GET", "", params={"action": action, **headers})

    def uses_relay(self) -> bool:
        """Return whether the relay is asked, since no address is entered."""
        return bool(self.settings.relay_commands) and not self.is_api_set_up()

    def is_reachable(self) -> bool:
        return self.settings.is_relay_listening if self.uses_relay() else super().is_reachable()

    def is_ready_to_dial(self) -> bool:
        """Override: who opens Odoo while the relay is away can dial once it is back."""
        if self.uses_relay():
            return DIAL in self.settings.relay_commands
        return super().is_ready_to_dial()

    def originate(self, dial: Dial) -> Dialled:
        call = f"odoo-{uuid.uuid4()}"
        phone, called = self.write_phone(dial.extension), self.write_number(dial.number)
        shown = dial.line or self.settings.caller_number
        caller = self.write_number(shown) if shown else dial.extension
        if self.uses_relay():
            self._require_relay()
            about = {"call": call, "phone": phone, "number": called, "caller": caller}
            return Dialled(call, command={"action": DIAL} | about)
        if self.is_rest():
            self._originate_by_rest(call, phone, called, caller)
        else:
            self._originate_by_manager(call, phone, called, caller)
        return Dialled(call)

    def _require_relay(self):
        if not self.settings.is_relay_listening:
            raise ApiError(Problem.NO_RELAY)

    def _originate_by_rest(self, call, phone, called, caller):
        channel = {
            "endpoint": phone,
            "extension": called,
            "context": self.context,
            "priority": 1,
            "callerId": caller,
            "timeout": RING_SECONDS,
            "channelId": call,
        }
        self.ask("POST", "channels", json=channel)

    def _originate_by_manager(self, call, phone, called, caller):
        headers = {
            "ActionID": call,
            "ChannelId": call,
            "Channel": phone,
            "Exten": called,
            "Context": self.context,
            "Priority": "1",
            "CallerID": caller,
            "Timeout": str(RING_SECONDS * 1000),
            "Async": "true",
        }
        self.act("Originate", **headers)

    def find_handle(self, running: Running) -> str | None:
        return controls.find_channel(running)

    def allows(self, action: Action, running: Running) -> bool:
        """Override: ARI only hangs up, and the relay does what its settings allow."""
        if self.uses_relay():
            is_done = action.value in self.settings.relay_commands
        else:
            is_done = action is Action.HANG_UP or not self.is_rest()
        if action is Action.TRANSFER and not controls.find_other_channel(running):
            return False
        is_recorded = action in RECORDING_ACTIONS and action is not Action.RECORD
        if is_recorded and not controls.find_recorded_channel(running):
            return False
        return is_done and super().allows(action, running)

    def control(self, action: Action, running: Running, target: str = "") -> Controlled:
        number = self.write_number(target) if action is Action.TRANSFER else ""
        if not self.allows(action, running):
            raise ApiError(Problem.REFUSED, Reason(Why.CALL_CHANGED))
        if self.uses_relay():
            self._require_relay()
            return Controlled(command=controls.make_command(self, action, running, number))
        if action is Action.HANG_UP:
            controls.hang_up(self, running)
        elif action is Action.TRANSFER:
            controls.transfer(self, running, number)
        else:
            controls.control_recording(self, action, running)
        return Controlled()


def _find_relay_report(item: Mapping) -> Reason | None:
    """Return what the relay reports about itself: somebody must know, so it is a failed event."""
    if item.get("Event") == "RelayDamage":
        return Reason(Why.RELAY_DAMAGE, saved=item.get("Saved"))
    if item.get("Event") == "RelayAside":
        return Reason(Why.RELAY_ASIDE, answer=item.get("Reason"))
    return None
