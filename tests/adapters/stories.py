"""The one list of stories: what can happen to a call, and what a person would say about it.

Every telephone system's tests say what it sends for each of them, or its guide says why it
cannot report it; see ``story_player.py``. The table in the docs is made from it.

A story is a script. Each line has the second, who does something, and what; who takes part:

``customer``, ``stranger``
    outside. A stranger withholds the number
``ann``, ``bo``, ``cy``
    employees at their phones
``mobile``, ``service``
    outside numbers to which calls are forwarded: nobody's phone as far as Odoo knows
``program``, ``odoo``, ``exchange``
    a program of the company that calls, a click in Odoo, the telephone system itself
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta, timezone

from hypothesis import strategies as st

from adapters.fold import fold_calls
from adapters.request import WebhookRequest

NOW = datetime(2026, 11, 23, 10, 0, tzinfo=timezone.utc)


@dataclass(frozen=True)
class Call:
    """The call that a person would describe.

    :param remote: number of the other side; empty if it was withheld
    :param speaker: extension of the phone whose call it is: that which spoke, or else, if nobody
        answered, the only one that rang
    :param phones: outcome of each phone by extension
    :param line: own number that was dialled or shown
    :param wait: seconds until it was answered or ended
    :param talk: seconds
    :param name: of the other side, as sent
    :param outside: outcome of each outside party other than the remote one, by number
    """

    direction: str
    outcome: str
    remote: str | None
    speaker: str | None = None
    phones: dict = field(default_factory=dict)
    line: str | None = None
    wait: int = 0
    talk: int = 0
    anonymous: bool = False
    queue: str | None = None
    name: str | None = None
    outside: dict = field(default_factory=dict)


def request(body: str | bytes, second=0, content_type="application/json", form=(), **values):
    """Return a request that arrives some seconds after :data:`NOW`."""
    body = body if isinstance(body, bytes) else body.encode()
    return WebhookRequest(
        body, NOW + timedelta(seconds=second), content_type, form=tuple(form), **values
    )


def events_of(adapter, requests):
    """Return the events of requests and check that every message could be read."""
    messages = [message for sent in requests for message in adapter.messages(sent)]
    assert [message.error for message in messages if message.error] == []
    return [event for message in messages for event in message.events]


def calls_of(adapter, requests):
    """Return the folded calls, sorted by reference."""
    states = fold_calls(events_of(adapter, requests), adapter.settings)
    return sorted(states, key=lambda state: state.ref)


def describe(state) -> Call:
    speaker = [leg.extension for leg in state.legs if leg.ref == state.speaker]
    return Call(
        direction=state.direction,
        outcome=state.outcome,
        remote=state.remote_number,
        speaker=speaker[0] if speaker else None,
        phones={leg.extension: leg.outcome for leg in state.legs if leg.extension},
        line=state.line_number,
        wait=state.wait_seconds,
        talk=state.talk_seconds,
        anonymous=state.is_anonymous,
        queue=state.queue,
        name=state.remote_name,
        outside={leg.number: leg.outcome for leg in state.legs if leg.number},
    )


@st.composite
def any_order(draw, sent):
    """The requests in any order, each at least once."""
    repeated = draw(st.lists(st.sampled_from(sent), max_size=5))
    return draw(st.permutations([*sent, *repeated]))


@dataclass(frozen=True)
class Story:
    """What happened, and the calls that a person would describe.

    Numbers and phones in the calls are the names of those who take part.

    :param name: title, as in the docs
    :param group: heading in the docs
    :param script: see above; times are seconds
    :param calls: in the order in which they began
    """

    name: str
    group: str
    script: tuple[tuple[int, str, str, tuple[str, ...]], ...]
    calls: tuple[Call, ...]


STORIES: dict[str, Story] = {}


def _story(name, group, script, *calls):
    lines = (line.split() for line in script.splitlines() if line.strip())
    steps = tuple((int(at), who, what, tuple(rest)) for at, who, what, *rest in lines)
    STORIES[name] = Story(name, group, steps, calls)


def _incoming(outcome, speaker, phones, wait, talk=0, **values):
    return Call("incoming", outcome, "customer", speaker, phones, "own", wait, talk, **values)


def _outgoing(outcome, speaker, phones, wait, talk=0, **values):
    return Call("outgoing", outcome, "customer", speaker, phones, "own", wait, talk, **values)


# fmt: off
# --- incoming --------------------------------------------------------------------------

_story("answered", "Incoming", """
    0 customer calls
    1 ann rings
    8 ann answers
    68 customer hangs_up
""", _incoming("answered", "ann", {"ann": "answered"}, 8, 60))

_story("put on hold", "Incoming", """
    0 customer calls
    1 ann rings
    8 ann answers
    20 ann holds
    30 ann resumes
    68 customer hangs_up
""", _incoming("answered", "ann", {"ann": "answered"}, 8, 60))

_story("missed", "Incoming", """
    0 customer calls
    1 ann rings
    31 ann stops no_answer
    31 exchange ends no_answer
""", _incoming("no_answer", "ann", {"ann": "no_answer"}, 31))

_story("the caller gives up", "Incoming", """
    0 customer calls
    1 ann rings
    12 customer gives_up
""", _incoming("cancelled", "ann", {"ann": "cancelled"}, 12))

_story("the phone is busy", "Incoming", """
    0 customer calls
    1 ann stops busy
    1 exchange ends busy
""", _incoming("busy", "ann", {"ann": "busy"}, 1))

_story("the phone rejects the call", "Incoming", """
    0 customer calls
    1 ann rings
    4 ann stops rejected
    4 exchange ends rejected
""", _incoming("rejected", "ann", {"ann": "rejected"}, 4))

_story("the number is withheld", "Incoming", """
    0 stranger calls
    1 ann rings
    8 ann answers
    68 stranger hangs_up
""", Call("incoming", "answered", None, "ann", {"ann": "answered"}, "own", 8, 60, anonymous=True))

_story("outside hours", "Incoming", """
    0 customer calls
    0 exchange is_closed
    20 customer hangs_up
""", _incoming("no_answer", None, {}, 20))

_story("only an announcement", "Incoming", """
    0 customer calls
    0 exchange announces
    20 customer hangs_up
""", _incoming("no_answer", None, {}, 20))

_story("two phones ring, one answers", "Incoming", """
    0 customer calls
    1 ann rings
    1 bo rings
    8 bo answers
    8 ann stops elsewhere
    68 customer hangs_up
""", _incoming("answered", "bo", {"ann": "elsewhere", "bo": "answered"}, 8, 60))

_story("call waiting", "Incoming", """
    0 customer calls
    1 ann rings
    5 ann answers
    20 caller2 calls
    21 ann rings
    30 ann answers
    50 caller2 hangs_up
    80 customer hangs_up
""", _incoming("answered", "ann", {"ann": "answered"}, 5, 75),
    Call("incoming", "answered", "caller2", "ann", {"ann": "answered"}, "own", 10, 20))

# --- queues and mailboxes --------------------------------------------------------------

_story("a queue hunts", "Queues, menus, mailboxes", """
    0 customer calls
    0 customer waits support
    2 ann rings
    12 ann stops no_answer
    13 bo rings
    20 bo answers
    80 customer hangs_up
""", _incoming("answered", "bo", {"ann": "no_answer", "bo": "answered"}, 20, 60, queue="support"))

_story("one agent of a queue declines", "Queues, menus, mailboxes", """
    0 customer calls
    0 customer waits support
    2 ann rings
    5 ann stops rejected
    6 bo rings
    20 bo answers
    80 customer hangs_up
""", _incoming("answered", "bo", {"ann": "rejected", "bo": "answered"}, 20, 60, queue="support"))

_story("a queue is abandoned", "Queues, menus, mailboxes", """
    0 customer calls
    0 customer waits support
    2 ann rings
    15 customer gives_up
""", _incoming("cancelled", "ann", {"ann": "cancelled"}, 15, queue="support"))

_story("a queue times out", "Queues, menus, mailboxes", """
    0 customer calls
    0 customer waits support
    2 ann rings
    22 ann stops no_answer
    30 exchange ends no_answer
""", _incoming("no_answer", "ann", {"ann": "no_answer"}, 30, queue="support"))

_story("a menu, and then a queue", "Queues, menus, mailboxes", """
    0 customer calls
    0 exchange announces
    10 customer waits support
    12 ann rings
    20 ann answers
    80 customer hangs_up
""", _incoming("answered", "ann", {"ann": "answered"}, 20, 60, queue="support"))

_story("mailbox after no answer", "Queues, menus, mailboxes", """
    0 customer calls
    1 ann rings
    21 ann stops no_answer
    21 mailbox answers
    45 customer hangs_up
""", _incoming("voicemail", "ann", {"ann": "no_answer"}, 21))

_story("mailbox after busy", "Queues, menus, mailboxes", """
    0 customer calls
    1 ann stops busy
    1 mailbox answers
    25 customer hangs_up
""", _incoming("voicemail", "ann", {"ann": "busy"}, 1))

# --- transfers and the like ------------------------------------------------------------

_ANSWERED = """
    0 customer calls
    1 ann rings
    5 ann answers
"""

_story("blind transfer, answered", "Transfers", _ANSWERED + """
    35 ann transfers bo
    35 bo rings
    40 bo answers
    70 customer hangs_up
""", _incoming("answered", "bo", {"ann": "transferred", "bo": "answered"}, 5, 60))

_story("blind transfer, not answered", "Transfers", _ANSWERED + """
    35 ann transfers bo
    35 bo rings
    55 customer gives_up
""", _incoming("answered", "ann", {"ann": "transferred", "bo": "cancelled"}, 5, 30))

_story("blind transfer to an outside number", "Transfers", _ANSWERED + """
    35 ann transfers mobile
    35 mobile rings
    40 mobile answers
    70 customer hangs_up
""", _incoming("answered", "ann", {"ann": "transferred"}, 5, 60, outside={"mobile": "answered"}))

_story("attended transfer", "Transfers", _ANSWERED + """
    30 ann consults bo
    30 bo rings
    35 bo answers
    45 ann connects bo
    75 customer hangs_up
""", _incoming("answered", "bo", {"ann": "transferred", "bo": "answered"}, 5, 70))

_story("attended transfer, refused", "Transfers", _ANSWERED + """
    30 ann consults bo
    30 bo rings
    38 bo stops rejected
    38 ann resumes
    68 customer hangs_up
""", _incoming("answered", "ann", {"ann": "answered", "bo": "rejected"}, 5, 63))

_story("transfer while the other phone rings", "Transfers", _ANSWERED + """
    30 ann consults bo
    30 bo rings
    33 ann connects bo
    40 bo answers
    70 customer hangs_up
""", _incoming("answered", "bo", {"ann": "transferred", "bo": "answered"}, 5, 58))

_story("two transfers", "Transfers", _ANSWERED + """
    35 ann transfers bo
    35 bo rings
    40 bo answers
    60 bo transfers cy
    60 cy rings
    65 cy answers
    95 customer hangs_up
""", _incoming("answered", "cy", {"ann": "transferred", "bo": "transferred", "cy": "answered"},
               5, 80))

_story("pickup", "Transfers", """
    0 customer calls
    1 ann rings
    9 bo picks_up ann
    69 customer hangs_up
""", _incoming("answered", "bo", {"ann": "elsewhere", "bo": "answered"}, 9, 60))

_story("parking", "Transfers", _ANSWERED + """
    25 ann parks
    55 bo retrieves
    85 customer hangs_up
""", _incoming("answered", "bo", {"ann": "transferred", "bo": "answered"}, 5, 50))

_story("conference", "Transfers", """
    0 customer calls
    0 customer enters_room
    10 ann enters_room
    70 customer hangs_up
""", _incoming("answered", "ann", {"ann": "answered"}, 10, 60))

# --- outside parties -------------------------------------------------------------------

_story("forwarded to an outside number", "Forwarding", """
    0 customer calls
    1 ann rings
    11 ann forwards mobile
    11 mobile rings
    18 mobile answers
    78 customer hangs_up
""", _incoming("answered", None, {"ann": "no_answer"}, 18, 60, outside={"mobile": "answered"}))

_story("follow-me: phone and mobile ring together", "Forwarding", """
    0 customer calls
    1 ann rings
    1 mobile rings
    8 mobile answers
    8 ann stops elsewhere
    68 customer hangs_up
""", _incoming("answered", None, {"ann": "elsewhere"}, 8, 60, outside={"mobile": "answered"}))

_story("answering service", "Forwarding", """
    0 customer calls
    1 service rings
    5 service answers
    65 customer hangs_up
""", _incoming("answered", None, {}, 5, 60, outside={"service": "answered"}))

# --- outgoing --------------------------------------------------------------------------

_CALLED = """
    0 ann calls customer
"""

_story("answered (outgoing)", "Outgoing", _CALLED + """
    6 customer answers
    66 ann hangs_up
""", _outgoing("answered", "ann", {"ann": "answered"}, 6, 60))

_story("busy", "Outgoing", _CALLED + """
    4 customer stops busy
    4 exchange ends busy
""", _outgoing("busy", "ann", {"ann": "busy"}, 4))

_story("no answer", "Outgoing", _CALLED + """
    30 customer stops no_answer
    30 exchange ends no_answer
""", _outgoing("no_answer", "ann", {"ann": "no_answer"}, 30))

_story("no such number", "Outgoing", _CALLED + """
    2 customer stops failed
    2 exchange ends failed
""", _outgoing("failed", "ann", {"ann": "failed"}, 2))

_story("given up", "Outgoing", _CALLED + """
    12 ann gives_up
""", _outgoing("cancelled", "ann", {"ann": "cancelled"}, 12))

_story("the customer's mailbox answers", "Outgoing", _CALLED + """
    6 customer answers
    8 customer is_machine
    30 ann hangs_up
""", _outgoing("voicemail", "ann", {"ann": "voicemail"}, 8))

# --- outgoing, begun by a program ------------------------------------------------------

_PROGRAM = """
    0 program calls customer
"""

_story("a program of the company calls, answered", "Programs and clicks", _PROGRAM + """
    7 customer answers
    27 customer hangs_up
""", _outgoing("answered", None, {}, 7, 20))

_story("a program of the company calls, a machine answers", "Programs and clicks", _PROGRAM + """
    7 customer answers
    9 customer is_machine
    27 program hangs_up
""", _outgoing("voicemail", None, {}, 9))

_story("a program of the company calls, no answer", "Programs and clicks", _PROGRAM + """
    30 customer stops no_answer
    30 exchange ends no_answer
""", _outgoing("no_answer", None, {}, 30))

_story("callback: the customer's phone rings first", "Programs and clicks", _PROGRAM + """
    6 customer answers
    6 ann rings
    10 ann answers
    70 customer hangs_up
""", _outgoing("answered", "ann", {"ann": "answered"}, 10, 60))

_CLICK = """
    0 odoo rings ann customer
"""

_story("click to dial, answered", "Programs and clicks", _CLICK + """
    4 ann answers
    4 customer rings
    10 customer answers
    70 customer hangs_up
""", _outgoing("answered", "ann", {"ann": "answered"}, 10, 60))

_story("click to dial, the customer is busy", "Programs and clicks", _CLICK + """
    4 ann answers
    4 customer rings
    6 customer stops busy
    6 exchange ends busy
""", _outgoing("busy", "ann", {"ann": "busy"}, 6))

_story("click to dial, given up", "Programs and clicks", _CLICK + """
    4 ann answers
    4 customer rings
    14 ann gives_up
""", _outgoing("cancelled", "ann", {"ann": "cancelled"}, 14))

_story("click to dial, the own phone is not picked up", "Programs and clicks", _CLICK + """
    45 ann stops no_answer
    45 exchange ends no_answer
""", _outgoing("cancelled", "ann", {"ann": "cancelled"}, 45))

_story("click to dial, the own phone is busy", "Programs and clicks", _CLICK + """
    1 ann stops busy
    1 exchange ends busy
""", _outgoing("busy", "ann", {"ann": "busy"}, 1))

# --- internal --------------------------------------------------------------------------

_story("a colleague answers", "Internal", """
    0 ann calls bo
    1 bo rings
    4 bo answers
    34 bo hangs_up
""", Call("internal", "answered", "bo", "ann", {"ann": "answered", "bo": "answered"}, None, 4, 30))

_story("the colleague's phone is not connected", "Internal", """
    0 ann calls bo
    1 bo stops failed
    1 exchange ends failed
""", Call("internal", "failed", "bo", "ann", {"ann": "failed", "bo": "failed"}, None, 1))

_story("a feature code", "Internal", """
    0 ann calls *97
    10 ann hangs_up
""")
# fmt: on
