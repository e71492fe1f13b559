"""What a scenario is, and the numbers that are used in all of them."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from dataclasses import dataclass

MOBILE = "+12025550142"
MOBILE_SENT = "12025550142"
LINE = "+4930231256"  # without the last two digits
SENT_LINE = "4930231256"
CUSTOMER = "+493023125111"
CUSTOMER_DIALLED = "03023125111"
OWN_MOBILE = "+493023125142"  # of an employee
OWN_MOBILE_DIALLED = "03023125142"


@dataclass(frozen=True)
class Phone:
    """A leg of a call. Times are seconds since the beginning of the call.

    :param extension: of an own phone
    :param number: of an outside party other than the remote one
    """

    extension: str | None
    outcome: str
    rang: float
    picked_up: float | None
    done: float
    number: str | None = None


@dataclass(frozen=True)
class Scenario:
    """A scenario, and the call that must be logged for it.

    :param direction: ``None`` if no call must be logged
    :param mailbox: seconds that the caller speaks to the mailbox
    :param alone: seconds in which the remote party, after the first answer, was connected with
        nobody: parked, or while another phone rang
    :param also: further calls of the same scenario
    """

    story: str
    play: Callable = dataclasses.field(repr=False)
    direction: str | None = "incoming"
    outcome: str = "answered"
    remote: str | None = MOBILE
    anonymous: bool = False
    line: str | None = None
    queue: str | None = None
    wait: float = 0
    mailbox: float = 0
    talk: float = 0
    alone: float = 0
    speaker: str | None = None
    phones: tuple[Phone, ...] = ()
    also: tuple[Scenario, ...] = ()

    @property
    def calls(self) -> list[Scenario]:
        """All calls that must be logged."""
        return [each for each in (self, *self.also) if each.direction]


SCENARIOS: dict[str, Scenario] = {}


def scenario(*phones, **values):
    """Register a function as a scenario. Its name and docstring become name and story."""

    def register(play):
        SCENARIOS[play.__name__] = Scenario(play.__doc__, play, phones=phones, **values)
        return play

    return register
