"""What an adapter says about itself: the fields of its form, its set-up steps, its limits.

The form of the telephone system, the pages in ``docs/telephone-systems`` and the tables of
capabilities are made from it. Texts of the form are marked for translation; the docs are
English only.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import IntEnum

from .text import _lt


class SystemKind(IntEnum):
    """In which order telephone systems are offered."""

    PRODUCT = 0  # a telephone system that can be bought or installed
    FORMAT = 1  # a format that several telephone systems can send
    SIMULATION = 2


@dataclass(frozen=True)
class FormField:
    """A field of the telephone system's form, in the system's own words.

    :param name: field of `call.pbx`. What is entered reaches the adapter as the setting of the
        same name; the name of a secret is that of the setting, ``api_secret``
    :param label: what the system calls it
    :param help: shown when the mouse rests on the label; empty for the field's own help
    :param placeholder: an example of what to enter
    :param required: without it the API cannot be used
    :param after: name of a field that must be filled in before this one is shown
    :param is_about_numbers: it is about how numbers are dialled, and not about the API
    """

    name: str
    label: str
    help: str = ""
    placeholder: str = ""
    required: bool = False
    after: str = ""
    is_about_numbers: bool = False


# How numbers are dialled, for systems that leave the choice to the administrator.
CALLER_NUMBER = FormField(
    "caller_number",
    _lt("Number to Show"),
    placeholder=_lt("e.g. +49 30 23125610"),
    is_about_numbers=True,
)
DIALLED_NUMBERS = (
    FormField(
        "number_format",
        _lt("Dialled Numbers"),
        placeholder=_lt("As the system usually expects them"),
        is_about_numbers=True,
    ),
)


# Stories of `tests/adapters/stories.py` that a system reports together or not at all.
PROGRAM_STORIES = (
    "a program of the company calls, answered",
    "a program of the company calls, a machine answers",
    "a program of the company calls, no answer",
    "callback: the customer's phone rings first",
)
CLICK_STORIES = (
    "click to dial, answered",
    "click to dial, the customer is busy",
    "click to dial, given up",
    "click to dial, the own phone is not picked up",
    "click to dial, the own phone is busy",
)
INTERNAL_STORIES = (
    "a colleague answers",
    "the colleague's phone is not connected",
    "a feature code",
)


@dataclass(frozen=True)
class Tested:
    """What the three parts of an adapter were tested against.

    *By the documents* means: built and tested as the vendor describes it, not yet seen working
    with the real system.

    :param messages: what the system sends
    :param proof: how it proves its identity
    :param api: how it is asked to dial, and to control calls
    """

    messages: str
    proof: str
    api: str = "–"


@dataclass(frozen=True)
class Guide:
    """How to connect a telephone system, for its form and its page in the docs.

    :param tested: what it was tested against
    :param steps: what to do in the telephone system, in order; marked for translation.
        ``{file}`` stands for the file that :meth:`Adapter.make_configuration` returns
    :param system: what the form calls the system in "What to do in …"; empty for its name
    :param extensions: what to enter under *Extensions*
    :param supported: what works
    :param not_supported: what does not
    :param not_confirmed: what nobody has seen with the real system
    :param details: further Markdown for the page in the docs
    :param impossible: stories of ``tests/adapters/stories.py`` that it cannot report, and why
    :param partly: stories of which it does not report everything, and what is missing
    :param missing: what it never reports, by ``rang``, ``queue``, ``line_incoming`` and so on
    :param transfers: what is reported of a transferred call, if there is something to say
    :param dialling: what dialling from Odoo needs, if there is something to say
    :param controlling: what controlling a running call needs, if there is something to say
    :param uncontrolled: why something cannot be done with a running call, by the value of its
        :class:`.control.Action`
    :param states: what is reported about phones, if they are reported
    :param recording: what recordings need, if there is something to say
    :param unrecorded: why something cannot be done about recordings, by the value of its
        :class:`.recording.RecordingAbility`
    """

    tested: Tested
    steps: tuple[str, ...] = ()
    system: str = ""
    extensions: str = "as the system sends them"
    supported: tuple[str, ...] = ()
    not_supported: tuple[str, ...] = ()
    not_confirmed: tuple[str, ...] = ()
    impossible: Mapping[str, str] = field(default_factory=dict)
    partly: Mapping[str, str] = field(default_factory=dict)
    missing: Mapping[str, str] = field(default_factory=dict)
    details: str = ""
    transfers: str = ""
    dialling: str = ""
    controlling: str = ""
    uncontrolled: Mapping[str, str] = field(default_factory=dict)
    states: str = ""
    recording: str = ""
    unrecorded: Mapping[str, str] = field(default_factory=dict)
    kind: SystemKind = SystemKind.PRODUCT
