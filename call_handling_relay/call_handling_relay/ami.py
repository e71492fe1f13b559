"""A client of Asterisk's manager interface (AMI), limited to what is needed to receive events.

None of the clients on PyPI (November 2026) could be used. panoramisk (last release 2021) decodes
each chunk of the stream separately and drops data that is split between two, pyst2 (2019) and
pyami-asterisk (2023) drop what is not UTF-8, asterisk-ami (2024) keeps only the last of
several headers with the same name; astami (2026) is maintained, but only sends actions and does
not deliver events.

https://docs.asterisk.org/Configuration/Interfaces/Asterisk-Manager-Interface-AMI/
"""

from __future__ import annotations

import contextlib
import socket
import time

Message = dict[str, "str | list[str]"]

GREETING = b"Asterisk Call Manager"
MAX_LINE = 1024 * 1024  # bytes; a longer line is not AMI
CHUNK_SIZE = 65536  # bytes
TIMEOUT = 10  # seconds to connect and to log in
PING_AFTER = 15  # seconds without data
DEAD_AFTER = 45  # seconds without data, despite a ping


class AmiError(Exception):
    """The manager interface cannot be used. The text explains why to the administrator."""


class LoginRefused(AmiError):
    """Asterisk does not know the user, or the secret is wrong."""


class Parser:
    """Splits the stream of bytes into messages, however the chunks divide it."""

    def __init__(self):
        self._rest = b""
        self._headers: Message = {}
        self.greeting = ""

    def feed(self, chunk: bytes) -> list[Message]:
        """Parse the next chunk of the stream.

        :param chunk: the bytes that follow the previous chunk
        :return: the messages that this chunk completes; values by header, a list if a header
            occurs several times
        :raise AmiError: the stream cannot be AMI
        """
        *lines, self._rest = (self._rest + chunk).split(b"\n")
        if len(self._rest) > MAX_LINE:
            raise AmiError(
                "The server does not speak AMI: it sent a line of more than 1 MiB. Check host and "
                "port of [asterisk] in the settings."
            )
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
            return  # the second line of a multi-line value, which calls do not need
        name, value = name.strip(), value.removeprefix(" ")
        if name not in self._headers:
            self._headers[name] = value
        else:
            earlier = self._headers[name]
            values = earlier if isinstance(earlier, list) else [earlier]
            self._headers[name] = [*values, value]


def decode(line: bytes) -> str:
    """Decode a line. Names of callers come in the encoding of the phone that sent them.

    :param line: a line without its end
    :return: its text, read as UTF-8, or as Latin-1 if it is not valid UTF-8
    """
    try:
        return line.decode()
    except UnicodeDecodeError:
        return line.decode("latin-1")


class Ami:
    """A connection to the manager interface. As a context manager, it is closed at the end.

    :param host: name or IP address of the Asterisk server
    :param port: TCP port of the manager interface
    :raise AmiError: the manager interface cannot be reached
    """

    def __init__(self, host: str, port: int):
        self.where = f"{host}:{port}"
        self.parser = Parser()
        self.last_received = time.monotonic()
        self._pinged = False
        self._waiting: list[Message] = []
        try:
            self.socket = socket.create_connection((host, port), timeout=TIMEOUT)
        except OSError as error:
            raise AmiError(
                f"Cannot connect to Asterisk's manager interface at {self.where}: {error}. Check "
                "that Asterisk is running, and that manager.conf has enabled = yes, this port and "
                "a bindaddr that can be reached from here."
            ) from error

    def __enter__(self) -> Ami:
        return self

    def __exit__(self, *_exception) -> None:
        with contextlib.suppress(OSError):
            self.socket.close()

    def send(self, action: str, **headers: str) -> None:
        """Send an action.

        :param action: its name
        :param headers: its other headers
        :raise AmiError: the connection was lost
        """
        lines = [f"Action: {action}", *(f"{name}: {value}" for name, value in headers.items())]
        try:
            self.socket.sendall(("\r\n".join(lines) + "\r\n\r\n").encode())
        except OSError as error:
            raise AmiError(f"The connection to Asterisk was lost: {error}.") from error

    def login(self, username: str, secret: str) -> None:
        """Log in.

        :param username: the section of the user in ``manager.conf``
        :param secret: the secret of that section
        :raise AmiError: the login was refused, or the server does not answer like Asterisk
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
        raise AmiError(
            f"{self.where} did not answer the login within {TIMEOUT} seconds. Check host and port "
            "of [asterisk] in the settings: the port must be that of the manager interface."
        )

    @staticmethod
    def _check_login(answer: Message, username: str) -> None:
        if answer.get("Response") != "Success":
            raise LoginRefused(
                f"Asterisk refused the login of {username!r}: {answer.get('Message')}. Check the "
                "name of the user's section, its secret and its permit lines in manager.conf."
            )

    def read(self, seconds: float) -> list[Message]:
        """Wait for messages.

        :param seconds: how long to wait for data
        :return: the messages that were completed; empty if there are none yet
        :raise AmiError: the connection was lost
        """
        if messages := self._waiting:
            self._waiting = []
            return messages
        self.socket.settimeout(seconds)
        try:
            chunk = self.socket.recv(CHUNK_SIZE)
        except TimeoutError:
            self._keep_alive()
            return []
        except OSError as error:
            raise AmiError(f"The connection to Asterisk was lost: {error}.") from error
        if not chunk:
            raise AmiError("Asterisk closed the connection.")
        self.last_received, self._pinged = time.monotonic(), False
        return self.parser.feed(chunk)

    def _keep_alive(self) -> None:
        silence = time.monotonic() - self.last_received
        if silence > DEAD_AFTER:
            raise AmiError(f"Asterisk has sent nothing for {silence:.0f} seconds.")
        if silence > PING_AFTER and not self._pinged:
            self._pinged = True
            self.socket.settimeout(TIMEOUT)
            self.send("Ping", ActionID="ping")
