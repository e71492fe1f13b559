"""Controls a call of Asterisk: hangs it up, transfers or records it.

A channel's ``Uniqueid`` is its id in all interfaces: REST (ARI), manager (AMI) and our relay.

* Hanging up ends the phone's channel, and with it the conversation; other phones that ring go on.
* A transfer redirects the channel of the *other* side, which works in whatever way the call came
  to the phone, also out of a queue. Asterisk answers "Redirect successful" for an extension that
  its dial plan does not know, and hangs up: so it is asked first whether it does. ARI cannot
  redirect channels that it did not make (409).
* Holding is not offered: no interface holds a channel of the dial plan. Parking the other side and
  fetching it again works while nobody hangs up; a phone that does leaves it in the parking lot, and
  the events report a call that was passed on. Redirecting both channels and bridging them again
  leaves the phone connected with nobody when the other side hangs up meanwhile.
* A recording is started at the phone's own channel: it ends when this phone leaves the call, also
  by a transfer. It is paused and stopped at the channel where it goes on, whoever has begun it.
  While it is paused, silence is recorded. To start one needs the right ``system``, since Asterisk
  could run a command afterwards; the other three only need ``call``.

Tried on Asterisk 22; https://docs.asterisk.org/Latest_API/API_Documentation/AMI_Actions/Hangup/,
.../Redirect/, .../Getvar/, .../MixMonitor/, .../MixMonitorMute/, .../StopMixMonitor/ and
.../Dialplan_Functions/DIALPLAN_EXISTS/;
.../Asterisk_REST_Interface/Channels_REST_API/#hangup.
"""

from __future__ import annotations

import re
import secrets
from typing import TYPE_CHECKING

from ..api import ApiError, Problem
from ..control import RECORDING_ACTIONS, Action, Running

if TYPE_CHECKING:
    from . import AsteriskAdapter

CONTROLS = frozenset({Action.HANG_UP, Action.TRANSFER, *RECORDING_ACTIONS})

TRANSFERS = "from-internal-xfer"  # what can be transferred to, in FreePBX
# 16 is the end of a conversation, 21 a call that is not wanted:
# https://docs.asterisk.org/Configuration/Miscellaneous/Hangup-Cause-Mappings/
NORMAL, REJECTED = "16", "21"

# Of a channel: a time, perhaps after the name of the system, or what we have chosen. Hangup also
# takes patterns: "/" is not among the characters.
_UNIQUEID = re.compile(r"[\w.-]{1,150}", re.ASCII)
# What the dial plan is asked about: nothing that could be more than an extension.
_EXTENSION = re.compile(r"[\w+*#.-]{1,80}", re.ASCII)
_CONTEXT = re.compile(r"[\w.-]{1,80}", re.ASCII)


def find_channel(running: Running) -> str | None:
    """Return the channel of the phone of who acts."""
    return _check_channel(running.leg.ref)


def find_other_channel(running: Running) -> str | None:
    """Return the channel of who speaks with the phone; ``None`` if it is not certain which."""
    own = running.leg.ref
    others = [ref for ref in running.state.remote_legs if ref != own]
    if not others:
        # A conversation of colleagues has no outside.
        legs = (leg for leg in running.state.legs if leg.date_answer and not leg.date_end)
        others = [leg.ref for leg in legs if leg.ref != own]
    return _check_channel(others[0]) if len(others) == 1 else None


def find_recorded_channel(running: Running) -> str | None:
    """Return the channel at which a recording goes on or is paused."""
    return _check_channel(running.recorded_leg or "")


def _check_channel(ref: str) -> str | None:
    return ref if _UNIQUEID.fullmatch(ref) else None


def get_cause(running: Running) -> str:
    """Return why a phone hangs up."""
    return NORMAL if running.leg.date_answer else REJECTED


def hang_up(adapter: AsteriskAdapter, running: Running) -> None:
    """Hang up the phone.

    :raise ApiError: Asterisk does not do it
    """
    channel, cause = find_channel(running), get_cause(running)
    if adapter.is_rest():
        adapter.ask("DELETE", f"channels/{channel}", params={"reason_code": cause})
    else:
        adapter.act("Hangup", Channel=channel, Cause=cause)


def transfer(adapter: AsteriskAdapter, running: Running, target: str) -> None:
    """Transfer the other side.

    :param target: extension or number, as it is dialled
    :raise ApiError: Asterisk does not do it, or does not know the target
    """
    channel = find_other_channel(running)
    context = _find_context(adapter, channel)
    if not _EXTENSION.fullmatch(target) or not _exists(adapter, channel, context, target):
        raise ApiError(Problem.NO_TARGET, target)
    where = {"Context": context, "Exten": target, "Priority": "1"}
    adapter.act("Redirect", Channel=channel, **where)


def control_recording(adapter: AsteriskAdapter, action: Action, running: Running) -> None:
    """Start, pause, resume or stop a recording.

    :raise ApiError: Asterisk does not do it
    """
    if action is Action.RECORD:
        channel = find_channel(running)
        adapter.act("MixMonitor", Channel=channel, File=name_recording(channel))
        return
    channel = find_recorded_channel(running)
    if action is Action.STOP_RECORDING:
        adapter.act("StopMixMonitor", Channel=channel)
    else:
        state = "1" if action is Action.PAUSE_RECORDING else "0"
        adapter.act("MixMonitorMute", Channel=channel, Direction="both", State=state)


def name_recording(channel: str | None) -> str:
    """Return the name of a file in Asterisk's folder of recordings. As the relay knows by its
    beginning, somebody has asked for it; it has no number and no name of anybody."""
    return f"ondemand-{channel}-{secrets.token_hex(4)}.wav"


def _find_context(adapter: AsteriskAdapter, channel: str) -> str:
    """Return where the dial plan looks up whom to transfer to."""
    if given := adapter.settings.transfer_context:
        return given
    return TRANSFERS if _exists(adapter, channel, TRANSFERS) else adapter.context


def _exists(adapter: AsteriskAdapter, channel: str, context: str, *extension: str) -> bool:
    """Return whether the dial plan knows a context, or an extension in it."""
    if not _CONTEXT.fullmatch(context):
        return False
    place = ",".join((context, *extension, *("1" for _each in extension)))
    answer = adapter.act("Getvar", Channel=channel, Variable=f"DIALPLAN_EXISTS({place})")
    return answer.get("Value") == "1"


def make_command(
    adapter: AsteriskAdapter, action: Action, running: Running, target: str
) -> dict[str, str]:
    """Return what the relay must do."""
    if action is Action.HANG_UP:
        about = {"channel": find_channel(running), "cause": get_cause(running)}
    elif action is Action.TRANSFER:
        about = {"channel": find_other_channel(running), "target": target}
    elif action is Action.RECORD:
        channel = find_channel(running)
        about = {"channel": channel, "file": name_recording(channel)}
    else:
        about = {"channel": find_recorded_channel(running)}
    return {"action": action.value} | about
