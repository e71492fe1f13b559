"""Data classes for the expected calls of a recorded trace."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Phone:
    """One leg of an expected call. Times are UTC clock times, truncated to tenths of a second.

    An outside party has a number instead of an extension.
    """

    extension: str | None
    outcome: str
    rang: str
    picked_up: str | None
    done: str
    number: str | None = None


@dataclass(frozen=True)
class ExpectedCall:
    """An expected call, as a person who watched it would describe it."""

    story: str
    direction: str
    outcome: str
    remote: str | None
    start: str
    end: str
    wait: int
    talk: int
    answer: str | None = None
    name: str | None = None
    anonymous: bool = False
    line: str | None = None
    queue: str | None = None
    speaker: str | None = None
    phones: tuple = ()
    also: tuple = ()  # further calls of the story

    @property
    def calls(self):
        """All calls of the story, in the order in which they started."""
        return (self, *self.also)
