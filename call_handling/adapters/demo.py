"""A simulated telephone system: everything can be seen and tried without a telephone.

It speaks the event API, knows scripts of typical calls, and dials: the own phone rings and
is picked up, then the other side rings, and answers or not.
"""

from __future__ import annotations

import random
import uuid
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from .base import Capabilities, Dial, Dialled
from .event import ANONYMOUS
from .generic import GenericAdapter

Step = tuple[float, dict]  # seconds from the start, event of the event API without time


@dataclass(frozen=True)
class Scene:
    """Who takes part in a simulated call.

    :param remote: number of the other side
    :param line: own number that is dialled or shown
    :param phones: extensions of the employees; the first is the one who speaks
    :param queue: name of the group that is rung, if any
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
    name = "Simulated telephone system"
    capabilities = Capabilities(dials=True, simulates=True)

    def originate(self, dial: Dial) -> Dialled:
        call = new_reference()
        # The number decides, so that whoever tries it out can choose: …9 never answers.
        script = dialled_in_vain if dial.number.endswith("9") else dialled
        scene = Scene(dial.number, dial.line or "", [dial.extension])
        return Dialled(call, tuple(script(call, scene)))


def new_reference() -> str:
    """An id for a simulated call."""
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
    """A customer calls, the employee picks up after some seconds."""
    phone = _phone(call, scene.phones[0])
    return [
        *_ring(call, scene, scene.phones[:1]),
        (4, {"call": call, "event": "answered"} | phone),
        (4 + scene.talk, {"call": call, "event": "ended", "cause": "normal"} | phone),
        (4 + scene.talk, {"call": call, "event": "ended", "cause": "normal"}),
    ]


def _in_vain(call: str, scene: Scene, seconds: float, cause: str) -> list[Step]:
    """One phone rings for some seconds, and nobody speaks."""
    end = {"call": call, "event": "ended", "cause": cause}
    return [
        *_ring(call, scene, scene.phones[:1]),
        (seconds, end | _phone(call, scene.phones[0])),
        (seconds, end),
    ]


def missed(call: str, scene: Scene) -> list[Step]:
    """A customer calls and nobody picks up."""
    return _in_vain(call, scene, 10, "no_answer")


def busy(call: str, scene: Scene) -> list[Step]:
    """The employee is in another conversation."""
    return _in_vain(call, scene, 1, "busy")


def rejected(call: str, scene: Scene) -> list[Step]:
    """The employee presses the call away."""
    return _in_vain(call, scene, 3, "rejected")


def abandoned(call: str, scene: Scene) -> list[Step]:
    """A customer calls a group and gives up before anybody can pick up."""
    return [
        *_ring(call, scene, scene.phones),
        (6, {"call": call, "event": "ended", "cause": "cancelled"}),
    ]


def ring_group(call: str, scene: Scene) -> list[Step]:
    """All phones of a group ring, one is picked up, the others fall silent."""
    winner, *losers = (_phone(call, extension) for extension in scene.phones)
    return [
        *_ring(call, scene, scene.phones),
        (5, {"call": call, "event": "answered"} | winner),
        *((5, {"call": call, "event": "ended", "cause": "elsewhere"} | leg) for leg in losers),
        (5 + scene.talk, {"call": call, "event": "ended"} | winner),
        (5 + scene.talk, {"call": call, "event": "ended"}),
    ]


def transfer(call: str, scene: Scene) -> list[Step]:
    """The first employee answers and passes the call on to the second."""
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
    """Nobody picks up, and the caller speaks to the mailbox."""
    phone = _phone(call, scene.phones[0])
    return [
        *_ring(call, scene, scene.phones[:1]),
        (8, {"call": call, "event": "ended", "cause": "no_answer"} | phone),
        (8, {"call": call, "event": "voicemail"}),
        (8 + scene.talk, {"call": call, "event": "ended"}),
    ]


def withheld(call: str, scene: Scene) -> list[Step]:
    """Somebody calls without showing a number."""
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


def outgoing_in_vain(call: str, scene: Scene) -> list[Step]:
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
    """After a click: two seconds for the own phone, then the other side rings."""
    return [(0, _outgoing(call, scene) | {"event": "ringing"}), *_later(2, outgoing(call, scene))]


def dialled_in_vain(call: str, scene: Scene) -> list[Step]:
    """After a click: the own phone is picked up, the other side does not answer."""
    own_phone = (0, _outgoing(call, scene) | {"event": "ringing"})
    return [own_phone, *_later(2, outgoing_in_vain(call, scene))]


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


def _later(seconds: float, steps: Sequence[Step]) -> list[Step]:
    return [(delay + seconds, event) for delay, event in steps]


# Name of the scenario, how often it happens in a random stream, how many phones it needs.
SCENARIOS: dict[str, tuple[Callable[[str, Scene], list[Step]], int, int]] = {
    "answered": (answered, 30, 1),
    "missed": (missed, 10, 1),
    "abandoned": (abandoned, 5, 2),
    "ring_group": (ring_group, 12, 3),
    "transfer": (transfer, 6, 2),
    "busy": (busy, 4, 1),
    "rejected": (rejected, 2, 1),
    "voicemail": (voicemail, 4, 1),
    "withheld": (withheld, 4, 1),
    "outgoing": (outgoing, 22, 1),
    "outgoing_in_vain": (outgoing_in_vain, 6, 1),
    "outgoing_failed": (outgoing_failed, 1, 1),
    "internal": (internal, 5, 2),
}


def play(scenario: str, scene: Scene, call: str | None = None) -> list[Step]:
    """The steps of a call, in order of time.

    :param scenario: a key of :data:`SCENARIOS`
    :raise ValueError: the scene has too few phones for it
    """
    script, _weight, phones = SCENARIOS[scenario]
    if len(scene.phones) < phones:
        raise ValueError(f"{scenario} needs {phones} phones, there are {len(scene.phones)}")
    return sorted(script(call or new_reference(), scene), key=lambda step: step[0])


def any_scenario(chance: random.Random, phones: int) -> str:
    """A scenario for that many phones, each as often as in an ordinary office."""
    possible = {name: weight for name, (_s, weight, need) in SCENARIOS.items() if need <= phones}
    return chance.choices(list(possible), list(possible.values()))[0]
