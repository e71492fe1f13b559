"""What the relay does in Asterisk when Odoo wants it.

Only what is described here is ever sent to Asterisk, and nothing that could mean anything else:
names, numbers and channels consist of harmless characters, and contexts are those of the settings.
For each command the relay logs in to the manager interface, and out again; with ``write = call``
and ``originate`` nothing narrower exists. To start a recording also needs ``system``, since
Asterisk could be told to run a command after it: the relay never sends one.

https://docs.asterisk.org/Latest_API/API_Documentation/AMI_Actions/Originate/, .../Hangup/,
.../Redirect/, .../Getvar/, .../MixMonitor/, .../MixMonitorMute/, .../StopMixMonitor/
"""

from __future__ import annotations

import re
import time
from enum import Enum

from .ami import Ami, AmiError, LoginRefused, Message
from .config import Config

ACTION = "call-handling-command"  # ActionID of our actions
PATIENCE = 5  # seconds for an answer of Asterisk, which is on the same machine
RING_SECONDS = 30  # of the own phone
MAX_DETAIL = 200  # characters of what Asterisk said
TRANSFERS = "from-internal-xfer"  # what can be transferred to, in FreePBX

# Of a channel: a time, perhaps after the name of the system, or what Odoo has chosen. Hangup also
# takes patterns: "/" is not among the characters.
CHANNEL = re.compile(r"[\w.-]{1,150}", re.ASCII)
PHONE = re.compile(r"\w{1,20}/[\w.+@-]{1,80}", re.ASCII)
# What is dialled: no "@", "/", "&" or "," that would lead elsewhere
EXTENSION = re.compile(r"[\w+*#.-]{1,80}", re.ASCII)
# Of a recording: below the folder of the settings
FILE = re.compile(r"ondemand-[\w.-]{1,200}\.wav", re.ASCII)
CAUSE = re.compile(r"\d{1,3}", re.ASCII)
ANYTHING = r"[\w.+-]+"  # in the pattern of a phone, what a star stands for


class Reason(str, Enum):
    """Why something was not done. Odoo knows these words."""

    NOT_ALLOWED = "not_allowed"
    EXPIRED = "expired"
    INTERRUPTED = "interrupted"
    UNREACHABLE = "unreachable"
    UNAUTHORIZED = "unauthorized"
    NO_TARGET = "no_target"
    REFUSED = "refused"


class Failed(Exception):
    """Something was not done.

    :param reason: why
    :param detail: what Asterisk said
    """

    def __init__(self, reason: Reason, detail: str = ""):
        super().__init__(reason.value)
        self.reason = reason
        self.detail = detail[:MAX_DETAIL]


class Actions:
    """Does what is wanted in Asterisk.

    :param config: the settings
    """

    def __init__(self, config: Config):
        self.config = config
        self._actions = {
            "dial": self._dial,
            "hang_up": self._hang_up,
            "transfer": self._transfer,
            "record": self._record,
            "pause_recording": self._pause_recording,
            "resume_recording": self._resume_recording,
            "stop_recording": self._stop_recording,
        }

    def do(self, action: str, command: dict, deadline: float) -> None:
        """Do something.

        :param action: what; the settings allow it
        :param command: with whom
        :param deadline: until when, of the monotonic clock
        :raise Failed: it was not done
        """
        act = self._actions.get(action)
        if not act:
            raise Failed(Reason.NOT_ALLOWED)
        with self._connect() as ami:
            try:
                act(Session(ami, deadline), command)
            except AmiError as error:
                # The connection was lost: it may have been done.
                raise Failed(Reason.INTERRUPTED) from error

    def _connect(self) -> Ami:
        try:
            return open_session(self.config)
        except LoginRefused as error:
            raise Failed(Reason.UNAUTHORIZED) from error
        except AmiError as error:
            raise Failed(Reason.UNREACHABLE) from error

    def _dial(self, session: Session, command: dict) -> None:
        call, number = _take(command, "call", CHANNEL), _take(command, "number", EXTENSION)
        phone = _take(command, "phone", PHONE)
        if not any(_matches(phone, pattern) for pattern in self.config.phones):
            raise Failed(Reason.NOT_ALLOWED)
        session.act(
            "Originate",
            ChannelId=call,
            Channel=phone,
            Exten=number,
            Context=self.config.context,
            Priority="1",
            CallerID=_take(command, "caller", EXTENSION),
            Timeout=str(RING_SECONDS * 1000),
            Async="true",
        )

    def _hang_up(self, session: Session, command: dict) -> None:
        channel, cause = _take(command, "channel", CHANNEL), _take(command, "cause", CAUSE)
        session.act("Hangup", Channel=channel, Cause=cause)

    def _transfer(self, session: Session, command: dict) -> None:
        """Redirect the customer, if the dial plan knows the target: otherwise Asterisk would
        hang up."""
        channel, target = _take(command, "channel", CHANNEL), _take(command, "target", EXTENSION)
        context = self.config.transfer_context
        if not context:
            exists = session.exists(channel, TRANSFERS)
            context = TRANSFERS if exists else self.config.context
        if not session.exists(channel, context, target):
            raise Failed(Reason.NO_TARGET, target)
        session.act("Redirect", Channel=channel, Context=context, Exten=target, Priority="1")

    def _record(self, session: Session, command: dict) -> None:
        channel, file = _take(command, "channel", CHANNEL), _take(command, "file", FILE)
        folder = self.config.recordings_named or self.config.recordings
        session.act("MixMonitor", Channel=channel, File=str(folder / file))

    def _pause_recording(self, session: Session, command: dict) -> None:
        self._mute_recording(session, command, "1")

    def _resume_recording(self, session: Session, command: dict) -> None:
        self._mute_recording(session, command, "0")

    def _mute_recording(self, session: Session, command: dict, state: str) -> None:
        """Silence both directions in the recording, and not what people hear."""
        channel = _take(command, "channel", CHANNEL)
        session.act("MixMonitorMute", Channel=channel, Direction="both", State=state)

    def _stop_recording(self, session: Session, command: dict) -> None:
        session.act("StopMixMonitor", Channel=_take(command, "channel", CHANNEL))


def open_session(config: Config) -> Ami:
    """Log in as the user who does what is wanted.

    :param config: the settings
    :raise AmiError: that is not possible
    """
    ami = Ami(config.asterisk_host, config.asterisk_port)
    try:
        ami.login(config.writer, config.writer_secret)
    except AmiError:
        ami.__exit__()
        raise
    return ami


class Session:
    """A connection for one command.

    :param ami: logged in
    :param deadline: until when actions are sent, of the monotonic clock
    """

    def __init__(self, ami: Ami, deadline: float):
        self.ami = ami
        self.deadline = deadline

    def act(self, action: str, **headers: str) -> Message:
        """Send an action, once, and return the answer.

        :raise Failed: it is too late, or Asterisk refuses it
        :raise AmiError: the connection was lost
        """
        if time.monotonic() >= self.deadline:
            raise Failed(Reason.EXPIRED)
        self.ami.send(action, ActionID=ACTION, **headers)
        answer = self._wait()
        if answer.get("Response") == "Success":
            return answer
        said = str(answer.get("Message", ""))
        is_right_missing = said == "Permission denied"
        raise Failed(Reason.UNAUTHORIZED if is_right_missing else Reason.REFUSED, said)

    def _wait(self) -> Message:
        until = time.monotonic() + PATIENCE
        while time.monotonic() < until:
            for message in self.ami.read(1):
                if message.get("ActionID") == ACTION and "Response" in message:
                    return message
        # It may have been done.
        raise Failed(Reason.INTERRUPTED)

    def exists(self, channel: str, context: str, *extension: str) -> bool:
        """Return whether the dial plan knows a context, or an extension in it.

        :raise Failed: Asterisk does not say it, for example since the channel has ended
        """
        place = ",".join((context, *extension, *("1" for _each in extension)))
        answer = self.act("Getvar", Channel=channel, Variable=f"DIALPLAN_EXISTS({place})")
        return answer.get("Value") == "1"


def _take(command: dict, name: str, pattern: re.Pattern) -> str:
    """Return a value of a command.

    :raise Failed: it could mean something else to Asterisk
    """
    value = command.get(name)
    if not isinstance(value, str) or not pattern.fullmatch(value):
        raise Failed(Reason.NOT_ALLOWED)
    return value


def _matches(phone: str, pattern: str) -> bool:
    """Return whether a phone is one that a pattern of the settings describes. A star stands for a
    name, and not for "@" or "/"."""
    expression = ANYTHING.join(map(re.escape, pattern.split("*")))
    return bool(re.fullmatch(expression, phone, re.ASCII))
