"""The interface of every adapter: translates between one telephone system and us."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime

from .api import ApiClient, ApiError, Problem
from .control import RECORDING_ACTIONS, Accepted, Action, Controlled, Running
from .event import CallEvent, is_outside_number
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
from .fetching import Source
from .guide import FormField, Guide, Tested
from .numbers import NumberFormat, write_number
from .peers import PeerFacts, Verdict
from .reading import dump
from .reasons import Reason, Why, get_reason
from .recording import RecordingAbility, RecordingFacts
from .records import Table
from .request import Malformed, Refused, TooMany, WebhookRequest, require_flat
from .settings import Capabilities, Proof, Sender, Settings, Target
from .signature import verify_signature
from .states import PhoneReport
from .text import _lt
from .uploading import verify_upload
from .vocabulary import Vocabulary

__all__ = [
    "RECORDING_ACTIONS",
    "Action",
    "Adapter",
    "Capabilities",
    "Configuration",
    "Contact",
    "Controlled",
    "Dial",
    "Dialled",
    "FormField",
    "Guide",
    "Message",
    "Probe",
    "Proof",
    "Receipt",
    "RecordingAbility",
    "RecordingFacts",
    "Reply",
    "Running",
    "Sender",
    "Settings",
    "Source",
    "Target",
    "Tested",
]

# Numbers, and names of phones such as "sip:ann@example.com": nothing that ends a value.
_ID = re.compile(r"[\w-]{1,200}", re.ASCII)
_DIALLABLE = re.compile(r"[\w+*#.:@-]{1,100}", re.ASCII)


class Adapter(ApiClient):
    """One telephone system. Stateless: knows only its settings and the message at hand.

    :cvar code: stored as `adapter` of `call.pbx`; never changes
    :cvar name: what people call the system
    :cvar capabilities: what it can do
    :cvar secret_label: what the system calls the secret that it makes, with
        :attr:`Proof.THEIR_SECRET`
    :cvar fields: the fields of its form that are about its API
    :cvar names_calls: the system reports no ids of calls, so references are derived from facts
        about them; see :meth:`.settings.Settings.name_call`
    :cvar recording_hosts: where the files of its recordings are, as of :class:`.fetching.Source`;
        not for systems whose address is entered
    :cvar standard_webhooks: it can sign with a library of Standard Webhooks instead
    :cvar guide: how to connect it, and what it was tested against
    :cvar max_messages: how many messages a request may have; only for senders that send smaller
        batches when they are asked to
    :cvar vocabulary: which of its words name nobody, for diagnosis files; without it, all are
        replaced
    """

    code: str
    name: str
    capabilities = Capabilities()
    secret_label = _lt("Secret")
    fields: tuple[FormField, ...] = ()
    guide = Guide(Tested("–", "–"))
    number_format = NumberFormat.E164
    phone_address = "{extension}"
    names_calls = False
    max_messages: int | None = None
    vocabulary = Vocabulary()
    recording_hosts: tuple[str, ...] = ()
    standard_webhooks = False

    def __init__(self, settings: Settings):
        self.settings = settings

    # === IN: REQUESTS OF THE SYSTEM === #

    def verify(self, request: WebhookRequest) -> None:
        """Check that the request comes from the telephone system.

        :raise Refused: the sender did not prove it
        """
        verify_signature(request, self.settings.secrets(request.received_at))

    def read_clock(self, request: WebhookRequest) -> datetime | None:
        """Return when a request was sent, by the clock of its sender, if the proof covers that.

        :return: aware, UTC
        """
        return None

    def needs_old_secret(self, request: WebhookRequest) -> bool:
        """Return whether a request that was accepted is accepted only until the previous secret
        ends: the telephone system does not have the new one yet.
        """
        if len(self.settings.secrets(request.received_at)) < 2:
            return False
        try:
            type(self)(replace(self.settings, old_secret=None)).verify(request)
        except Refused:
            return True
        return False

    def messages(self, request: WebhookRequest) -> list[Message]:
        """Read the body of a request.

        :raise Malformed: it cannot be split into messages
        :raise TooMany: it has more messages than are accepted at once
        """
        try:
            items = self.split(request)
        except Malformed:
            raise
        except Exception as error:
            # Our own mistake: the body is kept, and can be read again after the correction.
            raise Malformed(Reason(Why.BODY_UNREADABLE, error=type(error).__name__)) from error
        if self.max_messages and len(items) > self.max_messages:
            raise TooMany(self.max_messages)
        return [self.understand(item, request.received_at) for item in items]

    def split(self, request: WebhookRequest) -> list:
        """Return the JSON values of the single messages in a request.

        :raise Malformed: it cannot be split
        """
        raise NotImplementedError

    def understand(self, item, received_at: datetime) -> Message:
        """Read one message. What is wrong with it is part of the result and not raised.

        :param item: JSON value, as :meth:`split` returned it
        :param received_at: when it arrived, aware, UTC
        """
        raw = dump(item)
        try:
            require_flat(item)
            events = tuple(e.with_bounded_ids() for e in self.events(item, received_at))
            return Message(
                raw,
                events,
                peers=tuple(self.peers(item, received_at)),
                states=tuple(
                    # nothing is so from a moment on that is still to come
                    replace(report, at=min(report.at, received_at))
                    for report in self.states(item, received_at)
                ),
                recordings=tuple(self.recordings(item, received_at)),
            )
        except ValueError as error:
            return Message(raw, error=get_reason(error))
        except Exception as error:
            # Our own mistake: the message is kept, and can be read again after the correction.
            return Message(raw, error=f"{type(error).__name__}: {error}")

    def events(self, item, received_at: datetime) -> list[CallEvent]:
        """Return the events that one message reports.

        :raise ValueError: it cannot be understood, with a reason for people
        """
        raise NotImplementedError

    def peers(self, item, received_at: datetime) -> list[PeerFacts]:
        """Return what one message reports about devices and connections, if it names them.

        :raise ValueError: it cannot be understood, with a reason for people
        """
        return []

    def states(self, item, received_at: datetime) -> list[PhoneReport]:
        """Return what one message reports about phones, whether there is a call or not.

        :raise ValueError: it cannot be understood, with a reason for people
        """
        return []

    def recordings(self, item, received_at: datetime) -> list[RecordingFacts]:
        """Return what one message reports about recordings.

        :raise ValueError: it cannot be understood, with a reason for people
        """
        return []

    def verify_upload(self, request: WebhookRequest, method: str) -> None:
        """Check that a request about the file of a recording comes from the telephone system, or
        from a program beside it. It is the same for all systems: they have the secret.

        :param method: of the request, ``PUT`` or ``GET``
        :raise Refused: the sender did not prove it
        """
        verify_upload(request, method, self.settings.secrets(request.received_at))

    def judge_peers(self, facts: Mapping[str, Mapping], moment: datetime) -> dict[str, Verdict]:
        """Return what the devices and connections are that nobody has decided.

        :param facts: all that is known about each, by its name
        :param moment: aware, UTC; decisions until then count
        """
        return {name: Verdict() for name in facts if not self.settings.find_peer(name, moment)}

    def describe_peer(self, facts: Mapping) -> list[tuple[str, str]]:
        """Return what is known about a device, as labels and values for people."""
        return []

    def find_table(self, first: Sequence[str]) -> Table | None:
        """Return how the rows of a file with the system's own records of past calls are read;
        ``None`` if it is no such file. Only for systems with :attr:`Capabilities.records`.

        :param first: cells of the first row, which may be the names of the columns
        """
        return None

    def reply(self, receipt: Receipt, request: WebhookRequest | None = None) -> Reply:
        """Return the answer to a request that was accepted and stored."""
        counts = {
            "accepted": receipt.accepted,
            "duplicates": receipt.duplicates,
            "failed": receipt.failed,
        }
        return Reply(json.dumps(counts | ({"errors": receipt.errors} if receipt.errors else {})))

    def react(self, request: WebhookRequest) -> None:
        """Ask the telephone system to do what it waits for after this request, if anything.

        :raise ApiError: it does not do it, with a reason for people
        """

    def find_lookup(self, request: WebhookRequest) -> str | None:
        """Return the number whose owner the telephone system asks for, if the request asks."""
        return None

    def reply_contact(self, contact: Contact | None) -> Reply:
        """Return the answer to the question whose number it is.

        :param contact: ``None`` if it is unknown
        """
        raise NotImplementedError(f"{self.name} does not ask.")

    def make_configuration(self) -> Configuration | None:
        """Return the file that makes the telephone system send its events, if there is one."""
        return None

    def make_probe(self, now: datetime) -> Probe | None:
        """Return a request to test our own address with; ``None`` if only the system can sign."""
        return None

    # === OUT: REQUESTS TO THE SYSTEM === #

    def test(self) -> None:
        """Ask the system whether it would let us dial.

        :raise ApiError: it would not, with a reason for people
        """
        raise NotImplementedError(f"{self.name} has no API to ask.")

    def is_ready_to_dial(self) -> bool:
        """Return whether it can dial and its API is set up, if it needs one."""
        return self.capabilities.dials and self.is_reachable()

    def is_reachable(self) -> bool:
        """Return whether its API is set up, if it needs one."""
        asks = any(name.startswith("api_") for name in self.api_needs)
        return self.is_api_set_up() or not asks

    def originate(self, dial: Dial) -> Dialled:
        """Have the telephone system ring the own phone, and then the number.

        :raise ApiError: it does not do it, with a reason for people
        :raise NotImplementedError: it cannot; see :attr:`capabilities`
        """
        raise NotImplementedError(f"{self.name} cannot dial.")

    def find_controls(self, running: Running) -> frozenset[Action]:
        """Return what can be done with a call now. Override :meth:`find_handle` for where the
        system's id of the call is, and :meth:`allows` for what it does not do in some states.
        """
        if not self.capabilities.controls or not self.is_reachable():
            return frozenset()
        if not self.find_handle(running):
            return frozenset()
        return frozenset(a for a in self.capabilities.controls if self.allows(a, running))

    def find_handle(self, running: Running) -> str | None:
        """Return the id by which the system is asked to control the phone's part of a call;
        ``None`` if its messages have not named one."""
        return running.leg.ref

    def allows(self, action: Action, running: Running) -> bool:
        """Return whether the system does something with a call in its present state."""
        return running.allows(action)

    def take_accepted(self, running: Running, accepted: Sequence[Accepted]) -> Running:
        """Return a call with what the system has accepted about recording, if it sends no events
        about that. Override it if another leg is recorded than that of who wanted it.

        :param accepted: of :meth:`.control.Running.with_accepted`
        """
        return running.with_accepted(accepted)

    def control(self, action: Action, running: Running, target: str = "") -> Controlled:
        """Ask the system to do something with a running call. It is asked once, never again.

        :param target: to whom to transfer: an extension, or a number in E.164
        :raise ApiError: it does not do it, with a reason for people
        :raise NotImplementedError: it cannot; see :attr:`capabilities`
        """
        raise NotImplementedError(f"{self.name} cannot control calls.")

    def find_recording(self, ref: str, place: str | None = None) -> Source:
        """Return where the file of a recording is now. The system is asked each time, since such
        addresses end.

        :param ref: the system's id of the recording, as its message named it
        :param place: what its message named beside that
        :raise ApiError: the system does not say where
        :raise FetchError: the file is not there
        :raise NotImplementedError: it cannot be fetched; see :attr:`capabilities`
        """
        raise NotImplementedError(f"The recordings of {self.name} cannot be fetched.")

    def delete_recording(self, ref: str) -> None:
        """Have the telephone system delete a recording.

        :param ref: its id of the recording
        :raise ApiError: it does not do it; with the status 404, there is none
        :raise NotImplementedError: it cannot; see :attr:`capabilities`
        """
        raise NotImplementedError(f"{self.name} deletes no recordings.")

    def make_source(self, url: str, **values) -> Source:
        """Return where a file is, with the hosts of this telephone system.

        :param values: of :class:`.fetching.Source`
        """
        return Source(url, hosts=self.recording_hosts, base=self.settings.api_url, **values)

    def write_id(self, ref: str) -> str:
        """Return an id as part of an address.

        :raise ApiError: it has characters that could mean something else there
        """
        if not _ID.fullmatch(ref):
            raise ApiError(Problem.REFUSED, Reason(Why.NOT_ITS_ID))
        return ref

    def is_phone(self, target: str) -> bool:
        """Return whether a call is transferred to a phone of the house, and not to somebody
        outside. Some systems name phones by numbers."""
        names = {name.lower() for name in self.settings.phones}
        return target.lower() in names or not is_outside_number(target)

    def get_handle(self, running: Running) -> str:
        """Return what :meth:`find_handle` does.

        :raise ApiError: there is none any more
        """
        if handle := self.find_handle(running):
            return handle
        raise ApiError(Problem.REFUSED, Reason(Why.PHONE_LEFT))

    def get_other_leg(self, running: Running) -> str:
        """Return the reference of the only leg that the phone is connected with.

        :raise ApiError: there is none, or there are several
        """
        if running.other_leg:
            return running.other_leg
        raise ApiError(Problem.REFUSED, Reason(Why.OTHER_UNKNOWN))

    def write_number(self, number: str) -> str:
        """Return a number as the telephone system dials it.

        :raise ApiError: it has characters that could mean something else to the system
        """
        if not _DIALLABLE.fullmatch(number):
            raise ApiError(Problem.REFUSED, Reason(Why.NOT_DIALLABLE))
        settings = self.settings
        style = settings.number_format or self.number_format
        return write_number(number, style, settings.country, settings.outside_prefix)

    def write_phone(self, extension: str) -> str:
        """Return a phone as the telephone system addresses it.

        :raise ApiError: its name has characters that could mean something else to the system
        """
        if not _DIALLABLE.fullmatch(extension):
            raise ApiError(Problem.REFUSED, Reason(Why.NOT_A_PHONE))
        return (self.settings.phone_address or self.phone_address).replace("{extension}", extension)
