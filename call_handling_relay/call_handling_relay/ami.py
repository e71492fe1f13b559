"""Asterisk's manager interface (AMI), as much of it as is needed to listen.

Of the clients on PyPI (November 2026) none fits. panoramisk (last release 2021) decodes each
piece of the stream by itself and drops what is cut in two, pyst2 (2019) and pyami-asterisk
(2023) drop what is not UTF-8, asterisk-ami (2024) keeps only the last of several headers of one
name; astami (2026) is kept, but only sends actions and does not hand out events.

https://docs.asterisk.org/Configuration/Interfaces/Asterisk-Manager-Interface-AMI/
"""

from __future__ import annotations

import contextlib
import socket
import time

Message = dict[str, "str | list[str]"]

GREETING = b"Asterisk Call Manager"
MAX_LINE = 1024 * 1024  # bytes; more without an end of line is not AMI
PIECE = 65536  # bytes read at once
TIMEOUT = 10  # seconds to connect and to log in
PING_AFTER = 15  # seconds of silence
DEAD_AFTER = 45  # seconds of silence, although pinged


class AmiError(Exception):
    """The manager interface cannot be used. The text says why, for people."""


class Parser:
    """Makes messages of the stream of bytes, wherever the pieces are cut."""

    def __init__(self):
        self._rest = b""
        self._headers: Message = {}
        self.greeting = ""

    def feed(self, piece: bytes) -> list[Message]:
        """Take the next piece of the stream; return the messages that it completes.

        :raise AmiError: the stream cannot be AMI
        """
        *lines, self._rest = (self._rest + piece).split(b"\n")
        if len(self._rest) > MAX_LINE:
            raise AmiError("What answers does not speak AMI: a line has no end.")
        messages = []
        for line in lines:
            line = line.removesuffix(b"\r")
            if line:
                self._add(line)
            elif self._headers:
                messages.append(self._headers)
                self._headers = {}
        return messages

    def _add(self, line: bytes) -> None:
        if line.startswith(GREETING):
            self.greeting = decode(line)
            return
        name, colon, value = decode(line).partition(":")
        if not colon:
            return  # the second line of a value that has several: of no use for calls
        name, value = name.strip(), value.removeprefix(" ")
        if name not in self._headers:
            self._headers[name] = value
        else:
            earlier = self._headers[name]
            several = earlier if isinstance(earlier, list) else [earlier]
            self._headers[name] = [*several, value]


def decode(line: bytes) -> str:
    """The text of a line: names of callers come in whatever encoding their phone had."""
    try:
        return line.decode()
    except UnicodeDecodeError:
        return line.decode("latin-1")


class Ami:
    """A connection to the manager interface.

    :raise AmiError: it cannot be reached
    """

    def __init__(self, host: str, port: int):
        self.where = f"{host}:{port}"
        self.parser = Parser()
        self.heard = time.monotonic()
        self._pinged = False
        self._waiting: list[Message] = []
        try:
            self.socket = socket.create_connection((host, port), timeout=TIMEOUT)
        except OSError as error:
            raise AmiError(
                f"Asterisk's manager interface is not reached at {self.where}: {error}. Is "
                "Asterisk running, and has manager.conf enabled = yes, this port and bindaddr?"
            ) from error

    def __enter__(self) -> Ami:
        return self

    def __exit__(self, *_exception) -> None:
        with contextlib.suppress(OSError):
            self.socket.close()

    def send(self, action: str, **headers: str) -> None:
        """Send an action.

        :raise AmiError: the connection is lost
        """
        lines = [f"Action: {action}", *(f"{name}: {value}" for name, value in headers.items())]
        try:
            self.socket.sendall(("\r\n".join(lines) + "\r\n\r\n").encode())
        except OSError as error:
            raise AmiError(f"The connection to Asterisk is lost: {error}.") from error

    def login(self, username: str, secret: str) -> None:
        """Log in.

        :raise AmiError: refused, or what answers is no Asterisk
        """
        self.send("Login", ActionID="login", Username=username, Secret=secret)
        until = time.monotonic() + TIMEOUT
        while time.monotonic() < until:
            messages = self.read(1)
            for position, message in enumerate(messages):
                if message.get("ActionID") == "login":
                    self._waiting = messages[position + 1 :]
                    self._check_login(message, username)
                    return
        raise AmiError(f"{self.where} answers, but not as Asterisk's manager interface does.")

    @staticmethod
    def _check_login(answer: Message, username: str) -> None:
        if answer.get("Response") != "Success":
            raise AmiError(
                f"Asterisk refuses the log-in of {username!r}: {answer.get('Message')}. Check "
                "the user's section, its secret and its permit lines in manager.conf."
            )

    def read(self, seconds: float) -> list[Message]:
        """Messages that come within some seconds; none if nothing comes.

        :raise AmiError: the connection is lost
        """
        if messages := self._waiting:
            self._waiting = []
            return messages
        self.socket.settimeout(seconds)
        try:
            piece = self.socket.recv(PIECE)
        except TimeoutError:
            self._keep_alive()
            return []
        except OSError as error:
            raise AmiError(f"The connection to Asterisk is lost: {error}.") from error
        if not piece:
            raise AmiError("Asterisk closed the connection.")
        self.heard, self._pinged = time.monotonic(), False
        return self.parser.feed(piece)

    def _keep_alive(self) -> None:
        silence = time.monotonic() - self.heard
        if silence > DEAD_AFTER:
            raise AmiError(f"Asterisk has said nothing for {silence:.0f} seconds.")
        if silence > PING_AFTER and not self._pinged:
            self._pinged = True
            self.socket.settimeout(TIMEOUT)
            self.send("Ping", ActionID="ping")
