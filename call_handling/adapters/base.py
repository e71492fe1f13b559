"""What every adapter is: the way between one telephone system's words and ours."""

from __future__ import annotations

import json
import re
from datetime import datetime

from .api import ApiClient, ApiError, Problem
from .event import CallEvent
from .exchange import (
    Configuration,
    Contact,
    Dial,
    Dialled,
    Message,
    Probe,
    Receipt,
    Reply,
)
from .numbers import NumberFormat, write_number
from .reading import dump
from .request import WebhookRequest
from .settings import Capabilities, Proof, Settings
from .signature import verify_signature

__all__ = [
    "Adapter",
    "Capabilities",
    "Configuration",
    "Contact",
    "Dial",
    "Dialled",
    "Message",
    "Probe",
    "Proof",
    "Receipt",
    "Reply",
    "Settings",
]

# Numbers, and names of phones such as "sip:ann@example.com": nothing that ends a value.
_DIALLABLE = re.compile(r"[\w+*#.:@-]{1,100}", re.ASCII)


class Adapter(ApiClient):
    """One telephone system. Stateless: knows its settings and the message at hand only."""

    code: str
    name: str
    capabilities = Capabilities()
    number_format = NumberFormat.E164
    phone_address = "{extension}"

    def __init__(self, settings: Settings):
        self.settings = settings

    def verify(self, request: WebhookRequest) -> None:
        """Let the request in, or not.

        :raise Refused: the sender did not prove to be the telephone system
        """
        verify_signature(request, self.settings.secrets(request.received_at))

    def messages(self, request: WebhookRequest) -> list[Message]:
        """Read a request's body.

        :raise Malformed: it cannot be taken apart into messages
        """
        return [self.understand(item, request.received_at) for item in self.split(request)]

    def split(self, request: WebhookRequest) -> list:
        """The JSON values of the single messages in a request.

        :raise Malformed: it cannot be taken apart
        """
        raise NotImplementedError

    def understand(self, item, received_at: datetime) -> Message:
        """Read one message; what is wrong with it is told in the result, not raised.

        :param item: JSON value, as :meth:`split` gave it
        :param received_at: when it arrived, aware, UTC
        """
        raw = dump(item)
        try:
            return Message(raw, tuple(self.events(item, received_at)))
        except ValueError as error:
            return Message(raw, error=str(error))
        except Exception as error:
            # A fault of ours: what was sent is kept, and can be read again when it is mended.
            return Message(raw, error=f"{type(error).__name__}: {error}")

    def events(self, item, received_at: datetime) -> list[CallEvent]:
        """The events that one message tells.

        :raise ValueError: it cannot be understood, with a reason for people
        """
        raise NotImplementedError

    def reply(self, receipt: Receipt, request: WebhookRequest | None = None) -> Reply:
        """The answer to a request that was let in and stored."""
        counts = {
            "accepted": receipt.accepted,
            "duplicates": receipt.duplicates,
            "failed": receipt.failed,
        }
        return Reply(json.dumps(counts | ({"errors": receipt.errors} if receipt.errors else {})))

    def react(self, request: WebhookRequest) -> None:
        """Tell the telephone system what to do now, if it waits for that.

        :raise ApiError: it does not, with a reason for people
        """

    def find_question(self, request: WebhookRequest) -> str | None:
        """The number of which the telephone system asks whose it is, if that is the request."""
        return None

    def reply_contact(self, contact: Contact | None) -> Reply:
        """The answer to a question whose a number is.

        :param contact: ``None`` if nobody knows
        """
        raise NotImplementedError(f"{self.name} does not ask.")

    def make_configuration(self) -> Configuration | None:
        """A file by which the telephone system learns where to send, if there is such a thing."""
        return None

    def make_probe(self, now: datetime) -> Probe | None:
        """A request to try our own address with; ``None`` if we cannot sign like the system."""
        return None

    # --- asking the system -----------------------------------------------------------

    def test(self) -> None:
        """Ask the system whether it would let us dial.

        :raise ApiError: it would not, with a reason for people
        """
        raise NotImplementedError(f"{self.name} has no API to ask.")

    def is_ready_to_dial(self) -> bool:
        """It can dial, and somebody has entered what it needs for that."""
        asks = any(name.startswith("api_") for name in self.api_needs)
        return self.capabilities.dials and (self.is_api_set_up() or not asks)

    def originate(self, dial: Dial) -> Dialled:
        """Have the telephone system ring the own phone, and then the number.

        :raise ApiError: it does not, with a reason for people
        :raise NotImplementedError: it cannot; see :attr:`capabilities`
        """
        raise NotImplementedError(f"{self.name} cannot dial.")

    def write_number(self, number: str) -> str:
        """A number as the telephone system wants it dialled.

        :raise ApiError: it has characters that could mean something else to the system
        """
        if not _DIALLABLE.fullmatch(number):
            raise ApiError(Problem.REFUSED, "this number cannot be dialled")
        settings = self.settings
        style = settings.number_format or self.number_format
        return write_number(number, style, settings.country, settings.outside_prefix)

    def write_phone(self, extension: str) -> str:
        """A phone as the telephone system addresses it.

        :raise ApiError: its name has characters that could mean something else to the system
        """
        if not _DIALLABLE.fullmatch(extension):
            raise ApiError(Problem.REFUSED, "this phone cannot be dialled from")
        return (self.settings.phone_address or self.phone_address).replace("{extension}", extension)
