"""What an adapter knows about its telephone system, and what the system can do."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timezone, tzinfo
from enum import IntEnum
from functools import cached_property
from typing import TYPE_CHECKING

from .numbers import NationalNumbers, NumberFormat
from .text import Labelled, _lt

if TYPE_CHECKING:
    from .control import Action
    from .numbering import Numbering
    from .recording import RecordingAbility


@dataclass(frozen=True)
class Peer:
    """What a telephone system's device or connection is, as somebody decided it.

    :param name: under which the telephone system knows it
    :param extension: of the phone; empty for a trunk
    :param since: when it was decided, aware, UTC. The first decision about a name holds for all
        earlier calls too, a later one only for calls that start after it
    """

    name: str
    extension: str = ""
    since: datetime | None = None

    @property
    def is_trunk(self) -> bool:
        return not self.extension


@dataclass(frozen=True)
class Settings:
    """What an adapter needs from the telephone system's record.

    :param secret: the shared secret; without one no signed request is accepted
    :param old_secret: the previous one, while the sender is given the new one
    :param old_secret_until: aware, UTC
    :param unsigned_allowed: the administrator accepts requests by the address alone
    :param tz: time zone of times that are sent without one
    :param phones: names of own phones, for systems that name channels
    :param trunks: names of connections to the outside, for systems that name channels
    :param peers: what is known about names that are neither in ``phones`` nor in ``trunks``
    :param webhook_url: our address as the telephone system knows it
    :param api_url: where the system's own API listens, unless it is the same for everybody
    :param api_account: which part of the system is used: account, application, context
    :param api_user: our user name in the API
    :param api_secret: its proof: password, key, token
    :param phone_address: how the system addresses a phone, with ``{extension}`` in it
    :param caller_number: own number to show when dialling, E.164, unless another is chosen
    :param number_format: how it expects dialled numbers; empty: the adapter's own default
    :param outside_prefix: what is dialled first to get an outside line
    :param country: ISO 3166 code of where it is
    :param area_code: of numbers that are sent or dialled without one
    :param national_numbers: how it writes national numbers
    :param feature_codes: what is dialled to use a function of the system, besides codes with a
        star or hash; ``x`` stands for any digit
    :param private_prefix: what is dialled before a number to make the call private
    :param logs_feature_codes: calls to feature codes are logged as well
    :param transfer_context: where the system looks up to whom a call is transferred
    :param relay_commands: what the relay beside the system does for us, as values of
        :class:`.control.Action`, or ``dial``
    :param is_relay_listening: whether it waits for commands now
    :param extra: fields that the addon of an adapter has added to `call.pbx`
    """

    secret: str | None = field(default=None, repr=False)
    old_secret: str | None = field(default=None, repr=False)
    old_secret_until: datetime | None = None
    unsigned_allowed: bool = False
    tz: tzinfo = timezone.utc
    phones: frozenset[str] = frozenset()
    trunks: frozenset[str] = frozenset()
    peers: tuple[Peer, ...] = ()
    webhook_url: str = ""
    api_url: str = ""
    api_account: str = ""
    api_user: str = ""
    api_secret: str = field(default="", repr=False)
    phone_address: str = ""
    caller_number: str = ""
    number_format: NumberFormat | None = None
    outside_prefix: str = ""
    country: str = ""
    area_code: str = ""
    national_numbers: NationalNumbers = NationalNumbers.UNKNOWN
    feature_codes: tuple[str, ...] = ()
    private_prefix: str = ""
    logs_feature_codes: bool = False
    transfer_context: str = ""
    relay_commands: frozenset[str] = frozenset()
    is_relay_listening: bool = False
    extra: Mapping[str, str] = field(default_factory=dict, repr=False)

    @property
    def numbering(self) -> Numbering:
        """How numbers are written at the telephone system."""
        from .numbering import Numbering  # needs a library that simulated systems do not

        return Numbering(
            self.country or None, self.area_code, self.national_numbers, self.outside_prefix
        )

    def secrets(self, moment: datetime) -> tuple[str, ...]:
        """Return the secrets that are valid at a moment, the newest first."""
        until = self.old_secret_until
        old = self.old_secret if until and moment < until else None
        return tuple(secret for secret in (self.secret, old) if secret)

    def find_peer(self, name: str, moment: datetime) -> Peer | None:
        """Return what a name stood for when a call started; ``None`` if nobody knows.

        :param name: as the telephone system writes it; case does not matter
        :param moment: aware, UTC
        """
        decisions = self._decisions.get(_plain_name(name), ())
        valid = [peer for peer in decisions if not peer.since or peer.since <= moment]
        return (valid[-1:] or decisions[:1] or [None])[0]

    @cached_property
    def _decisions(self) -> dict[str, list[Peer]]:
        """What is known about each name, in the order in which it was decided."""
        always = [Peer(name) for name in self.trunks] + [Peer(name, name) for name in self.phones]
        beginning = datetime.min.replace(tzinfo=timezone.utc)
        found: dict[str, list[Peer]] = {}
        for peer in sorted(self.peers, key=lambda peer: peer.since or beginning):
            found.setdefault(_plain_name(peer.name), []).append(peer)
        for peer in always:
            found.setdefault(_plain_name(peer.name), [peer])
        return found

    def name_call(self, *facts: str | None) -> str:
        """Return a reference for a call whose system gives none, derived from facts about it.

        It is the same for the same facts. The key is the part of our address that nobody can
        guess. It is in the database, so adapters that use it set `names_calls`, and the reference
        of a call that becomes private is replaced.
        """
        key = self.webhook_url.rsplit("/", 1)[-1].encode()
        content = "/".join(fact or "" for fact in facts).encode()
        return hmac.new(key, content, hashlib.sha256).hexdigest()[:32]


def _plain_name(name: str) -> str:
    """Return a name to compare: people may enter ``PJSIP/Alice`` for ``alice``."""
    return name.rpartition("/")[2].lower()


class Proof(Labelled):
    """How requests prove that they come from the telephone system."""

    OUR_SECRET = "our_secret", _lt("A secret made by Odoo")
    THEIR_SECRET = "their_secret", _lt("A secret made by the telephone system")
    PUBLISHED = "published", _lt("The vendor's public key")
    ADDRESS = "address", _lt("The address alone")


class Sender(IntEnum):
    """From where requests come, so from where our address must be reachable."""

    ANYWHERE = 0  # perhaps from the same machine: a script, or a program beside Odoo
    OTHER_MACHINE = 1
    INTERNET = 2  # the vendor's servers


class Target(Labelled):
    """To whom a telephone system can transfer a call."""

    EXTENSION = "extension", _lt("Colleagues")
    NUMBER = "number", _lt("Telephone numbers")


@dataclass(frozen=True)
class Capabilities:
    """What a telephone system can do, so that screens offer no more than that.

    :param live: reports a call while it goes on, not only when it has ended
    :param transfers: reports that a call continued at another phone
    :param dials: can be asked to dial
    :param controls: what can be done with a running call; see :mod:`.control`
    :param targets: to whom it can be transferred
    :param states: reports whether phones are free, also while nobody calls
    :param recordings: what can be done about its recordings. What the system itself can, such as
        pausing, is declared as well
    :param reports_recording: its events say what is recorded while a call goes on. Of others, only
        what was asked for from a card is known
    :param sender: from where its requests come
    :param needs_https: sends to addresses with ``https`` only
    :param records: its own records of past calls can be imported; see :mod:`.records`
    """

    proof: Proof = Proof.OUR_SECRET
    live: bool = True
    transfers: bool = True
    dials: bool = False
    controls: frozenset[Action] = frozenset()
    targets: frozenset[Target] = frozenset(Target)
    states: bool = False
    recordings: frozenset[RecordingAbility] = frozenset()
    reports_recording: bool = False
    simulates: bool = False
    names_trunks: bool = False
    sender: Sender = Sender.ANYWHERE
    needs_https: bool = False
    records: bool = False

    @property
    def signs(self) -> bool:
        return self.proof is not Proof.ADDRESS
