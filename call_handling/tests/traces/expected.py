"""The form in which an expectation is written down."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Phone:
    """What one phone did. Times are UTC clock times, cut to tenths of a second."""

    extension: str
    outcome: str
    rang: str
    picked_up: str | None
    done: str


@dataclass(frozen=True)
class ExpectedCall:
    """What a person who watched would say about a call."""

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
    also: tuple = ()  # further calls that belong to the story

    @property
    def calls(self):
        """All calls of the story, in the order in which they began."""
        return (self, *self.also)
