"""How calls and their legs end. Outcomes are defined here, and nowhere else.

The end causes of the event API, the fold, the selection fields and the docs are derived from
:class:`Outcome`; the simulated telephone system plays a call for each.
"""

from __future__ import annotations

from enum import Enum

from .text import Labelled, _lt


class Outcome(Labelled):
    """How a call, or one phone's part in it, ended.

    When several phones were tried and nobody answered, the call has the first of these that
    one of the phones had: the order of definition is the order of precedence.

    :param value: as it is stored
    :param label: as screens show it
    :param is_cause: a telephone system can report it as the cause of an end
    :param is_leg_only: a phone can end like this, a call as a whole cannot
    """

    ANSWERED = "answered", _lt("Answered"), False, False
    NO_ANSWER = "no_answer", _lt("No answer"), True, False
    REJECTED = "rejected", _lt("Rejected"), True, False
    BUSY = "busy", _lt("Busy"), True, False
    FAILED = "failed", _lt("Failed"), True, False
    CANCELLED = "cancelled", _lt("Caller gave up"), True, False
    VOICEMAIL = "voicemail", _lt("Voicemail"), False, False
    ELSEWHERE = "elsewhere", _lt("Answered elsewhere"), True, True
    TRANSFERRED = "transferred", _lt("Transferred"), False, True

    def __init__(self, _value: str, _label: str, is_cause: bool, is_leg_only: bool):
        self.is_cause = is_cause
        self.is_leg_only = is_leg_only

    @classmethod
    def of_calls(cls) -> list[Outcome]:
        """The outcomes that a call as a whole can have."""
        return [outcome for outcome in cls if not outcome.is_leg_only]


# Why a leg or a call ended, as events report it: an outcome, or NORMAL, which does not say
# whether anybody answered. Callers who give up end "normally" too.
Cause = Enum(
    "Cause",
    {"NORMAL": "normal"} | {outcome.name: outcome.value for outcome in Outcome if outcome.is_cause},
    type=str,
    module=__name__,
)

# When several phones were tried and nobody answered, the call has the first of these.
CAUSES_BY_PRECEDENCE = tuple(
    Cause(outcome.value) for outcome in Outcome.of_calls() if outcome.is_cause
)
