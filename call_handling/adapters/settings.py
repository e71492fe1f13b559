"""What an adapter must know of a telephone system, and what the system can do."""

from __future__ import annotations

import hashlib
import hmac
from dataclasses import dataclass, field
from datetime import datetime, timezone, tzinfo
from enum import Enum

from .numbers import NumberFormat


@dataclass(frozen=True)
class Settings:
    """What an adapter must know of the telephone system's record.

    :param secret: the shared secret; without one nothing that is signed is let in
    :param old_secret: the one before, while the sender is given the new one
    :param old_secret_until: aware, UTC
    :param unsigned_allowed: the administrator lets requests in by the address alone
    :param tz: time zone of times that are sent without one
    :param trunks: names of connections to the outside, for systems that name channels
    :param webhook_url: our address as the telephone system knows it
    :param api_url: where the system's own API listens, if that is not the same for everybody
    :param api_account: the part of the system that is used: account, application, context
    :param api_user: who we are to the API
    :param api_secret: and the proof of it: password, key, token
    :param phone_address: how the system addresses a phone, with ``{extension}`` in it
    :param caller_number: own number to show when dialling, E.164, unless another is chosen
    :param number_format: how it wants dialled numbers; empty: as its adapter knows it
    :param outside_prefix: what is dialled first to get an outside line
    :param country: ISO 3166 code of where it is
    """

    secret: str | None = field(default=None, repr=False)
    old_secret: str | None = field(default=None, repr=False)
    old_secret_until: datetime | None = None
    unsigned_allowed: bool = False
    tz: tzinfo = timezone.utc
    trunks: frozenset[str] = frozenset()
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

    def secrets(self, moment: datetime) -> tuple[str, ...]:
        """The secrets that are valid at a moment, the newest first."""
        until = self.old_secret_until
        old = self.old_secret if until and moment < until else None
        return tuple(secret for secret in (self.secret, old) if secret)

    def name_call(self, *facts: str | None) -> str:
        """A reference for a call whose system gives none, made from what is told of it.

        Always the same for the same facts. It stays when a call turns private, so a number
        cannot be found out from it: the key is the part of our address that nobody can guess.
        """
        key = self.webhook_url.rsplit("/", 1)[-1].encode()
        told = "/".join(fact or "" for fact in facts).encode()
        return hmac.new(key, told, hashlib.sha256).hexdigest()[:32]


class Proof(str, Enum):
    """How requests prove that they come from the telephone system."""

    OUR_SECRET = "our_secret"  # made here, given to the system
    THEIR_SECRET = "their_secret"  # made by the system, entered here
    PUBLISHED = "published"  # signed with a key of which the public part is known to all
    ADDRESS = "address"  # nothing but that the sender knows the address


@dataclass(frozen=True)
class Capabilities:
    """What a telephone system can do, for the screens to offer no more than that.

    :param live: tells of a call while it goes on, not only when it has ended
    :param transfers: tells that a call went on at another phone
    :param dials: can be asked to dial
    :param local_times: sends times without a time zone
    """

    proof: Proof = Proof.OUR_SECRET
    live: bool = True
    transfers: bool = True
    dials: bool = False
    simulates: bool = False
    names_trunks: bool = False
    local_times: bool = False

    @property
    def signs(self) -> bool:
        return self.proof is not Proof.ADDRESS
