"""A simulated telephone system, to see and try everything without a telephone.

It uses the event API, has scripts of typical calls, and dials: the own phone rings and is
answered, then the other side rings and answers or not.
"""

from __future__ import annotations

import random
import uuid
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

from .base import (
    RECORDING_ACTIONS,
    Action,
    Capabilities,
    Controlled,
    Dial,
    Dialled,
    Guide,
    RecordingAbility,
    Running,
    Tested,
)
from .event import ANONYMOUS, Kind, is_outside_number
from .generic import GenericAdapter
from .guide import SystemKind
from .outcome import Outcome
from .states import PhoneReport, PhoneState, make_report
from .text import _lt

Step = tuple[float, dict]  # seconds from the start, event of the event API without time


@dataclass(frozen=True)
class Scene:
    """Who takes part in a simulated call.

    :param remote: number of the other side
    :param line: own number that is dialled or shown
    :param phones: extensions of the employees; the first one answers
    :param queue: name of the group that rings, if any
    :param talk: seconds of conversation
    :param name: name of the other side, as a telephone system may send it
    """

    remote: str
    line: str
    phones: Sequence[str]
    queue: str | None = None
    talk: float = 12
    name: str | None = None


class DemoAdapter(GenericAdapter):
    """The simulated telephone system."""

    code = "demo"
    name = _lt("Simulated telephone system")
    capabilities = Capabilities(
        dials=True,
        controls=frozenset(Action),
        states=True,
        reports_recording=True,
        simulates=True,
    )
    guide = Guide(
        kind=SystemKind.SIMULATION,
        tested=Tested("our own format", "our own signature", "itself"),
        details="*Simulate a Call* on its form plays a call step by step. Numbers that end in 9 "
        "never answer when they are dialled.",
        unrecorded=dict.fromkeys(RecordingAbility, "nobody speaks"),
        states="free, after the phone was in a call",
    )

    def states(self, item, received_at: datetime) -> list[PhoneReport]:
        """Report that a phone is free when it has left a call."""
        events = self.events(item, received_at)
        left = [e for e in events if e.kind is Kind.ENDED and e.extension]
        free = [make_report(e.extension, e.at, PhoneState.FREE) for e in left]
        return super().states(item, received_at) + free

    def originate(self, dial: Dial) -> Dialled:
        call = new_reference()
        # The number decides, so that users who try it can choose: …9 never answers.
        script = dialled_unanswered if dial.number.endswith("9") else dialled
        scene = Scene(dial.number, dial.line or "", [dial.extension])
        return Dialled(call, tuple(script(call, scene)))

    def control(self, action: Action, running: Running, target: str = "") -> Controlled:
        return Controlled(tuple(_SCRIPTS[action](running, target)))


def new_reference() -> str:
    """Return an id for a simulated call."""
    return f"demo-{uuid.uuid4().hex[:16]}"


def _incoming(call: str, scene: Scene) -> dict:
    event = {"call": call, "direction": "incoming", "from": scene.remote, "to": scene.line}
    event |= {"line": scene.line}
    if scene.name:
        event |= {"from_name": scene.name}
    return event | ({"queue": scene.queue} if scene.queue else {})


def _phone(call: str, extension: str) -> dict:
    return {"leg": f"{call}-{extension}", "extension": extension}


def _ring(call: str, scene: Scene, phones: Sequence[str]) -> list[Step]:
    about = _incoming(call, scene)
    return [(0, about | _phone(call, phone) | {"event": "ringing"}) for phone in phones]


def answered(call: str, scene: Scene) -> list[Step]:
    """A customer calls, the employee answers after some seconds."""
    phone = _phone(call, scene.phones[0])
    return [
        *_ring(call, scene, scene.phones[:1]),
        (4, {"call": call, "event": "answered"} | phone),
        (4 + scene.talk, {"call": call, "event": "ended", "cause": "normal"} | phone),
        (4 + scene.talk, {"call": call, "event": "ended", "cause": "normal"}),
    ]


def _unanswered(call: str, scene: Scene, seconds: float, outcome: Outcome) -> list[Step]:
    """One phone rings for some seconds, and nobody answers."""
    end = {"call": call, "event": "ended", "cause": outcome.value}
    return [
        *_ring(call, scene, scene.phones[:1]),
        (seconds, end | _phone(call, scene.phones[0])),
        (seconds, end),
    ]


def missed(call: str, scene: Scene) -> list[Step]:
    """A customer calls and nobody answers."""
    return _unanswered(call, scene, 10, Outcome.NO_ANSWER)


def busy(call: str, scene: Scene) -> list[Step]:
    """The employee is in another conversation."""
    return _unanswered(call, scene, 1, Outcome.BUSY)


def rejected(call: str, scene: Scene) -> list[Step]:
    """The employee rejects the call."""
    return _unanswered(call, scene, 3, Outcome.REJECTED)


def abandoned(call: str, scene: Scene) -> list[Step]:
    """A customer calls a group and gives up before anybody can answer."""
    return [
        *_ring(call, scene, scene.phones),
        (6, {"call": call, "event": "ended", "cause": Outcome.CANCELLED.value}),
    ]


def ring_group(call: str, scene: Scene) -> list[Step]:
    """All phones of a group ring, one is answered, the others stop ringing."""
    winner, *losers = (_phone(call, extension) for extension in scene.phones)
    elsewhere = {"call": call, "event": "ended", "cause": Outcome.ELSEWHERE.value}
    return [
        *_ring(call, scene, scene.phones),
        (5, {"call": call, "event": "answered"} | winner),
        *((5, elsewhere | leg) for leg in losers),
        (5 + scene.talk, {"call": call, "event": "ended"} | winner),
        (5 + scene.talk, {"call": call, "event": "ended"}),
    ]


def transfer(call: str, scene: Scene) -> list[Step]:
    """The first employee answers and transfers the call to the second."""
    first, second = (_phone(call, extension) for extension in scene.phones[:2])
    half = scene.talk / 2
    return [
        *_ring(call, scene, scene.phones[:1]),
        (3, {"call": call, "event": "answered"} | first),
        (3 + half, {"call": call, "event": "transferred"} | first),
        (3 + half, {"call": call, "event": "ringing"} | second),
        (3 + half, {"call": call, "event": "ended"} | first),
        (6 + half, {"call": call, "event": "answered"} | second),
        (6 + scene.talk, {"call": call, "event": "ended"}),
    ]


def voicemail(call: str, scene: Scene) -> list[Step]:
    """Nobody answers, and the caller leaves a message in the mailbox."""
    phone = _phone(call, scene.phones[0])
    return [
        *_ring(call, scene, scene.phones[:1]),
        (8, {"call": call, "event": "ended", "cause": "no_answer"} | phone),
        (8, {"call": call, "event": "voicemail"}),
        (8 + scene.talk, {"call": call, "event": "ended"}),
    ]


def withheld(call: str, scene: Scene) -> list[Step]:
    """Somebody calls with a withheld number."""
    unknown = Scene(ANONYMOUS, scene.line, scene.phones, scene.queue, scene.talk)
    return answered(call, unknown)


def _outgoing(call: str, scene: Scene) -> dict:
    phone = {"leg": call, "extension": scene.phones[0]}
    about = {"call": call, "direction": "outgoing", "from": scene.phones[0]}
    return about | phone | {"to": scene.remote} | ({"line": scene.line} if scene.line else {})


def outgoing(call: str, scene: Scene) -> list[Step]:
    """The employee calls a customer, who answers."""
    about = _outgoing(call, scene)
    return [
        (0, about | {"event": "ringing"}),
        (5, about | {"event": "answered"}),
        (5 + scene.talk, {"call": call, "event": "ended", "cause": "normal"}),
    ]


def outgoing_unanswered(call: str, scene: Scene) -> list[Step]:
    """The employee calls a customer, who does not answer."""
    return [
        (0, _outgoing(call, scene) | {"event": "ringing"}),
        (9, {"call": call, "event": "ended", "cause": "no_answer"}),
    ]


def outgoing_failed(call: str, scene: Scene) -> list[Step]:
    """The employee calls a number that does not exist any more."""
    return [
        (0, _outgoing(call, scene) | {"event": "ringing"}),
        (2, {"call": call, "event": "ended", "cause": "failed"}),
    ]


def dialled(call: str, scene: Scene) -> list[Step]:
    """After a click: the own phone rings for two seconds, then the other side."""
    return [(0, _outgoing(call, scene) | {"event": "ringing"}), *_later(2, outgoing(call, scene))]


def dialled_unanswered(call: str, scene: Scene) -> list[Step]:
    """After a click: the own phone is answered, the other side does not answer."""
    own_phone = (0, _outgoing(call, scene) | {"event": "ringing"})
    return [own_phone, *_later(2, outgoing_unanswered(call, scene))]


def internal(call: str, scene: Scene) -> list[Step]:
    """One employee calls another."""
    caller, callee = scene.phones[:2]
    about = {"call": call, "direction": "internal", "from": caller, "to": callee}
    return [
        (0, about | {"event": "ringing", "leg": call, "extension": caller}),
        (0, about | {"event": "ringing"} | _phone(call, callee)),
        (3, {"call": call, "event": "answered"} | _phone(call, callee)),
        (3, {"call": call, "event": "answered", "leg": call, "extension": caller}),
        (3 + scene.talk, {"call": call, "event": "ended"}),
    ]


def _hang_up(running: Running, target: str) -> list[Step]:
    """The employee hangs up or rejects the call, which ends if nobody else is in it."""
    leg, call = running.leg, {"call": running.state.ref, "event": "ended"}
    cause = "normal" if leg.date_answer else "rejected"
    if running.state.direction == "outgoing" and not leg.date_answer:
        cause = "cancelled"
    own = (0, call | {"leg": leg.ref, "extension": leg.extension, "cause": cause})
    others = [other for other in running.state.legs if other != leg and not other.date_end]
    return [own] if others and not leg.date_answer else [own, (0, call | {"cause": cause})]


def _hold(running: Running, target: str) -> list[Step]:
    return [(0, _of_leg(running, "held"))]


def _resume(running: Running, target: str) -> list[Step]:
    return [(0, _of_leg(running, "resumed"))]


def _transfer(running: Running, target: str) -> list[Step]:
    """The call rings at the other phone, which answers. Outside numbers answer, too."""
    call = running.state.ref
    is_outside = is_outside_number(target)
    other = {"leg": f"{call}-{target}", "number" if is_outside else "extension": target}
    return [
        (0, _of_leg(running, "transferred")),
        (0, {"call": call, "event": "ringing"} | other),
        (0, _of_leg(running, "ended")),
        (3, {"call": call, "event": "answered"} | other),
        (15, {"call": call, "event": "ended"}),
    ]


def _record(action: Action) -> Callable[[Running, str], list[Step]]:
    """Return what happens to a recording of which nothing remains: nobody speaks."""
    state = RECORDING_ACTIONS[action].value

    def script(running: Running, target: str) -> list[Step]:
        event = _of_leg(running, "recording") | {"recording": {"state": state}}
        if action is not Action.RECORD and running.recorded_leg not in (None, running.leg.ref):
            del event["extension"]
            event["leg"] = running.recorded_leg
        return [(0, event)]

    return script


def _of_leg(running: Running, event: str) -> dict:
    leg = running.leg
    return {"call": running.state.ref, "leg": leg.ref, "extension": leg.extension, "event": event}


_SCRIPTS = {
    Action.HANG_UP: _hang_up,
    Action.HOLD: _hold,
    Action.RESUME: _resume,
    Action.TRANSFER: _transfer,
    **{action: _record(action) for action in RECORDING_ACTIONS},
}


def _later(seconds: float, steps: Sequence[Step]) -> list[Step]:
    return [(delay + seconds, event) for delay, event in steps]


@dataclass(frozen=True)
class Scenario:
    """A kind of call that can be simulated.

    :param script: makes its steps from a reference and a scene
    :param label: what the user chooses
    :param outcome: how it ends
    :param weight: how often it happens in a random stream, compared with the others
    :param phones: how many phones it needs
    :param asks_remote: the number of the other side can be chosen
    :param asks_line: the own number can be chosen
    """

    script: Callable[[str, Scene], list[Step]]
    label: str
    outcome: Outcome
    weight: int
    phones: int = 1
    asks_remote: bool = True
    asks_line: bool = True


SCENARIOS: dict[str, Scenario] = {
    "answered": Scenario(answered, _lt("Incoming, answered"), Outcome.ANSWERED, 30),
    "missed": Scenario(missed, _lt("Incoming, nobody answers"), Outcome.NO_ANSWER, 10),
    "abandoned": Scenario(
        abandoned, _lt("Incoming to a group, the caller gives up"), Outcome.CANCELLED, 5, 2
    ),
    "ring_group": Scenario(
        ring_group, _lt("Incoming to a group, one phone answers"), Outcome.ANSWERED, 12, 3
    ),
    "transfer": Scenario(
        transfer, _lt("Incoming, transferred to a colleague"), Outcome.ANSWERED, 6, 2
    ),
    "busy": Scenario(busy, _lt("Incoming, busy"), Outcome.BUSY, 4),
    "rejected": Scenario(rejected, _lt("Incoming, rejected"), Outcome.REJECTED, 2),
    "voicemail": Scenario(voicemail, _lt("Incoming, voicemail"), Outcome.VOICEMAIL, 4),
    "withheld": Scenario(
        withheld, _lt("Incoming, number withheld"), Outcome.ANSWERED, 4, asks_remote=False
    ),
    "outgoing": Scenario(
        outgoing, _lt("Outgoing, answered"), Outcome.ANSWERED, 22, asks_line=False
    ),
    "outgoing_unanswered": Scenario(
        outgoing_unanswered, _lt("Outgoing, nobody answers"), Outcome.NO_ANSWER, 6, asks_line=False
    ),
    "outgoing_failed": Scenario(
        outgoing_failed,
        _lt("Outgoing, the number does not exist"),
        Outcome.FAILED,
        1,
        asks_line=False,
    ),
    "internal": Scenario(
        internal,
        _lt("Between colleagues"),
        Outcome.ANSWERED,
        5,
        phones=2,
        asks_remote=False,
        asks_line=False,
    ),
}


def play(name: str, scene: Scene, call: str | None = None) -> list[Step]:
    """Return the steps of a call, in order of time.

    :param name: a key of :data:`SCENARIOS`
    :raise ValueError: the scene has too few phones for it
    """
    scenario = SCENARIOS[name]
    if len(scene.phones) < scenario.phones:
        raise ValueError(f"{name} needs {scenario.phones} phones, there are {len(scene.phones)}")
    return sorted(scenario.script(call or new_reference(), scene), key=lambda step: step[0])


def any_scenario(chance: random.Random, phones: int) -> str:
    """Return a scenario for that many phones, each as often as in an ordinary office."""
    possible = {
        name: scenario.weight for name, scenario in SCENARIOS.items() if scenario.phones <= phones
    }
    return chance.choices(list(possible), list(possible.values()))[0]
