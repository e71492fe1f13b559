"""The settings: a TOML file, the environment, and files with secrets.

A setting is looked up in this order; the first place that has it is used:

1. the environment variable ``CALL_HANDLING_RELAY_<SECTION>_<NAME>``
2. the same variable with ``_FILE``: the name of a file whose first line is the value
3. a systemd credential named ``<section>-<name>``
4. in the TOML file, ``<name>`` of the section, or ``<name>_file``
5. the default
"""

from __future__ import annotations

import re
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

DEFAULT_FILE = Path("/etc/call-handling-relay.toml")
DEFAULT_FOLDER = "/var/lib/call-handling-relay"
PREFIX = "CALL_HANDLING_RELAY"
KNOWN = {
    "asterisk": ("host", "port", "username", "secret", "states"),
    "odoo": ("address", "secret", "database"),
    "relay": ("folder", "heartbeat"),
    "recordings": ("folder", "named", "mailboxes"),
    "commands": ("allow", "username", "secret", "context", "transfer_context", "phones"),
}
RECORD = "record"
COMMANDS = (
    "dial",
    "hang_up",
    "transfer",
    RECORD,
    "pause_recording",
    "resume_recording",
    "stop_recording",
)
_CONTEXT = re.compile(r"[\w.-]{1,80}", re.ASCII)


class ConfigError(Exception):
    """The settings cannot be used. The text explains to the administrator what to correct."""


@dataclass(frozen=True)
class Config:
    """The settings of a relay.

    :param asterisk_host: name or IP address of the Asterisk server
    :param asterisk_port: TCP port of its manager interface
    :param asterisk_username: section of the user in ``manager.conf``
    :param asterisk_secret: secret of that user
    :param address: URL to which the events are sent
    :param odoo_secret: secret of the telephone system in Odoo
    :param database: name of Odoo's database; empty if the address alone is unambiguous
    :param folder: where events are stored until Odoo has confirmed them
    :param heartbeat: seconds between two heartbeats to Odoo; 0: no heartbeats
    :param states: whether the states of phones are reported, too
    :param allowed: what the relay does when Odoo wants it; empty: it does not ask
    :param writer: section of the user in ``manager.conf`` who does it
    :param writer_secret: secret of that user
    :param context: where phones dial
    :param transfer_context: where it is looked up to whom calls are transferred; empty: FreePBX's,
        if there is one, else ``context``
    :param phones: patterns of phones from which Odoo may dial
    :param recordings: below which folder the recordings are that are sent; ``None``: none are
    :param recordings_named: how Asterisk names that folder; ``None``: the same
    :param mailboxes: the folder of the mailboxes whose messages are sent; ``None``: none are
    """

    asterisk_host: str
    asterisk_port: int
    asterisk_username: str
    asterisk_secret: str = field(repr=False)
    address: str = field(repr=False)
    odoo_secret: str = field(repr=False)
    database: str
    folder: Path
    heartbeat: int
    states: bool = True
    allowed: frozenset[str] = frozenset()
    writer: str = ""
    writer_secret: str = field(default="", repr=False)
    context: str = "from-internal"
    transfer_context: str = ""
    phones: tuple[str, ...] = ()
    recordings: Path | None = None
    recordings_named: Path | None = None
    mailboxes: Path | None = None

    @property
    def recordings_address(self) -> str:
        """URL to which files of recordings are sent."""
        return f"{self.address}/recording"

    @property
    def commands_address(self) -> str:
        """URL at which the relay asks for commands."""
        start, path = self.address.split("/call_handling/pbx/", 1)
        return f"{start}/websocket/call_handling/pbx/{path}"


def load(file: Path | None, environment: Mapping[str, str]) -> Config:
    """Read the settings.

    :param file: the TOML file; ``None`` for the default one, which need not exist
    :param environment: the environment variables
    :return: the settings
    :raise ConfigError: a setting is missing or wrong, or a file cannot be read
    """
    source = _Source(_read_toml(file), environment)
    username, secret = source.get("asterisk", "username"), source.get("asterisk", "secret")
    config = Config(
        asterisk_host=source.get("asterisk", "host", "127.0.0.1"),
        asterisk_port=source.number("asterisk", "port", 5038),
        asterisk_username=username,
        asterisk_secret=secret,
        address=source.get("odoo", "address"),
        odoo_secret=source.get("odoo", "secret"),
        database=source.get("odoo", "database", ""),
        folder=Path(source.get("relay", "folder", DEFAULT_FOLDER)),
        heartbeat=source.number("relay", "heartbeat", 60),
        states=source.switch("asterisk", "states", True),
        allowed=frozenset(source.words("commands", "allow", "")),
        writer=source.get("commands", "username", username),
        writer_secret=source.get("commands", "secret", secret),
        context=source.get("commands", "context", "from-internal"),
        transfer_context=source.get("commands", "transfer_context", ""),
        phones=tuple(source.words("commands", "phones", "PJSIP/*")),
        recordings=source.folder("recordings", "folder"),
        recordings_named=source.folder("recordings", "named"),
        mailboxes=source.folder("recordings", "mailboxes"),
    )
    if unknown := config.allowed - set(COMMANDS):
        raise ConfigError(
            f"The setting allow of [commands] has {', '.join(sorted(unknown))}, which the relay "
            f"cannot do. It can: {', '.join(COMMANDS)}."
        )
    if RECORD in config.allowed and not config.recordings:
        raise ConfigError(
            "The setting allow of [commands] has record, but [recordings] names no folder: the "
            "files would be sent to nobody. Add the setting folder there."
        )
    if not all(map(_CONTEXT.fullmatch, (config.context, config.transfer_context or "x"))):
        raise ConfigError("A context in [commands] is not the name of a context.")
    parts = urlsplit(config.address)
    is_web = parts.scheme in ("http", "https") and parts.netloc and "/pbx/" in parts.path
    # that of the example is not
    if not is_web or not config.address.isascii():
        raise ConfigError(
            "The setting address of [odoo] must look like "
            "https://odoo.example.com/call_handling/pbx/…: copy it from the form of the "
            "telephone system in Odoo."
        )
    return config


def _read_toml(file: Path | None) -> dict:
    if file is None and not DEFAULT_FILE.exists():
        return {}
    path = file or DEFAULT_FILE
    try:
        with open(path, "rb") as opened:
            values = tomllib.load(opened)
    except OSError as error:
        raise ConfigError(
            f"The settings file cannot be read: {error}. Check its path and its permissions."
        ) from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ConfigError(f"{path} is not valid TOML: {error}. Correct the file.") from error
    _check_names(path, values)
    return values


def _check_names(path: Path, values: dict) -> None:
    """Refuse unknown names: a misspelt setting must not be ignored."""
    for section, settings in values.items():
        if section not in KNOWN or not isinstance(settings, dict):
            raise ConfigError(
                f"{path} has the unknown section [{section}]. Valid sections: {', '.join(KNOWN)}."
            )
        for name in settings:
            if name.removesuffix("_file") not in KNOWN[section]:
                raise ConfigError(
                    f"{path} has the unknown setting {name!r} in [{section}]. Valid settings: "
                    f"{', '.join(KNOWN[section])}."
                )


class _Source:
    """All the places from which settings are read."""

    def __init__(self, values: dict, environment: Mapping[str, str]):
        self.values = values
        self.environment = environment

    def get(self, section: str, name: str, default: str | None = None) -> str:
        value = self._find(section, name)
        if value is None:
            value = default
        if value is None:
            raise ConfigError(
                f"The setting {name} of [{section}] is missing. Add it to the settings file, or "
                f"set the environment variable {PREFIX}_{section.upper()}_{name.upper()}."
            )
        return value

    def number(self, section: str, name: str, default: int) -> int:
        value = self.get(section, name, str(default))
        if not value.isascii() or not value.isdigit():
            raise ConfigError(f"The setting {name} of [{section}] must be a whole number.")
        return int(value)

    def switch(self, section: str, name: str, default: bool) -> bool:
        value = self.get(section, name, str(default)).lower()
        if value not in ("true", "false"):
            raise ConfigError(f"The setting {name} of [{section}] must be true or false.")
        return value == "true"

    def words(self, section: str, name: str, default: str) -> list[str]:
        """Return the values of a list, or of a text with commas."""
        words = self.get(section, name, default).split(",")
        return [word.strip() for word in words if word.strip()]

    def folder(self, section: str, name: str) -> Path | None:
        """Return a folder; ``None`` if there is none."""
        value = self.get(section, name, "")
        if value and not value.startswith("/"):
            raise ConfigError(f"The setting {name} of [{section}] must begin with a slash.")
        return Path(value) if value else None

    def _find(self, section: str, name: str) -> str | None:
        variable = f"{PREFIX}_{section.upper()}_{name.upper()}"
        if variable in self.environment:
            return self.environment[variable]
        if file := self.environment.get(f"{variable}_FILE"):
            return _first_line(Path(file))
        if folder := self.environment.get("CREDENTIALS_DIRECTORY"):
            credential = Path(folder) / f"{section}-{name}"
            if credential.exists():
                return _first_line(credential)
        settings = self.values.get(section, {})
        if name in settings:
            value = settings[name]
            return ",".join(map(str, value)) if isinstance(value, list) else str(value)
        if file := settings.get(f"{name}_file"):
            return _first_line(Path(file))
        return None


def _first_line(file: Path) -> str:
    try:
        return (file.read_text().splitlines() or [""])[0].strip()
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(
            f"A setting cannot be read from its file: {error}. Check the path and the permissions."
        ) from error
