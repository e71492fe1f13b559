"""What a telephone system reports about its devices and connections, and what follows from it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from .text import Labelled, _lt


class PeerReason(Labelled):
    """Why a device is held to be a phone or a trunk, or may be one."""

    REGISTERS = "registers", _lt("The telephone system logs in there")
    DEVICE = "device", _lt("Listed as a device of this extension")
    HINT = "hint", _lt("This extension shows whether the device is in use")
    CONTEXT = "context", _lt("All others that call from the same context are trunks")
    CALLER_ID = "caller_id", _lt("It calls with the number of this extension")
    NAME = "name", _lt("Its name ends with this extension")


@dataclass(frozen=True)
class PeerFacts:
    """What the telephone system reports about one device or connection.

    :param name: under which the telephone system knows it
    :param at: when that was so, aware, UTC
    :param facts: in the words of the telephone system, as JSON can store them
    """

    name: str
    at: datetime
    facts: Mapping = field(default_factory=dict)


@dataclass(frozen=True)
class Verdict:
    """What a device is, as far as its telephone system's facts say.

    :param is_certain: it is a phone or a trunk; otherwise only ``extension`` is proposed
    :param extension: of the phone; empty for a trunk
    :param reason: why; empty if nothing speaks for anything
    """

    is_certain: bool = False
    extension: str = ""
    reason: PeerReason | None = None

    @property
    def is_trunk(self) -> bool:
        return self.is_certain and not self.extension
