"""Reads single values of messages, and explains what is wrong with them."""

from __future__ import annotations

import json
import re
import unicodedata
from collections.abc import Mapping
from enum import Enum

from .event import ANONYMOUS, LONGEST_EXTENSION
from .reasons import Reason, Why

DAY = 86400  # seconds; no call is longer
MAX_TEXT = 500  # characters in one value; numbers and names are far shorter


_LENGTH = re.compile(r"(\d{1,3}:)?(\d{1,2}:)?\d{1,9}(\.\d*)?")


def dump(item) -> str:
    """Return a message as text that the database can store: pure ASCII JSON."""
    return json.dumps(item, ensure_ascii=True)


def text(values: Mapping, name: str) -> str | None:
    """Return a value that should be a text; a whole number is converted.

    :return: stripped; ``None`` if it is missing or empty
    :raise ValueError: it is of another type, too long, or has control characters
    """
    value = values.get(name)
    if value is None:
        return None
    if isinstance(value, int) and not isinstance(value, bool):
        value = str(value)
    if not isinstance(value, str):
        raise ValueError(Reason(Why.NO_TEXT, name=name, kind=type(value).__name__))
    if len(value) > MAX_TEXT:
        raise ValueError(Reason(Why.TOO_LONG, name=name, most=MAX_TEXT))
    if not value.isprintable() and any(ord(c) < 32 or 0xD800 <= ord(c) < 0xE000 for c in value):
        raise ValueError(Reason(Why.UNPRINTABLE, name=name))
    return value.strip() or None


def required_text(values: Mapping, name: str) -> str:
    """Return a text that must be present; see :func:`text`.

    :raise ValueError: it is missing
    """
    if (value := text(values, name)) is None:
        raise ValueError(Reason(Why.MISSING, name=name))
    return value


def choice(values: Mapping, name: str, choices: type[Enum]):
    """Return a value that must be one of an enumeration's, or ``None``.

    :raise ValueError: it is none of them
    """
    value = text(values, name)
    if value is None:
        return None
    try:
        return choices(value)
    except ValueError as error:
        known = ", ".join(member.value for member in choices)
        reason = Reason(Why.UNKNOWN, name=name, value=repr(value[:40]), known=known)
        raise ValueError(reason) from error


# What systems send if no number was sent at all: a placeholder of their own.
_NOTHING = {"", "<unknown>", "<none>", "(null)", "<null>", "none", "null", "nil", "undefined", "-"}

# What systems and networks send, or show, instead of a number that was withheld.
_HIDDEN = """
anonymous withheld private restricted blocked hidden suppressed masked secret confidential
anonym anonyme anonimo anonima anoniem anonymt anonymni anonimowy anoniminis privat privater prive
privee privado privada privato privata prywatny privatni unterdruckt
unterdruckte unterdruckter unterdrueckt unterdrueckte verborgen
gesperrt geheim masque cache secrete restreint oculto oculta ocultado retenido secreto restringido
riservato nascosto skjult hemligt hemlig dolt dold salainen zastrzezony zastrzeżony ukryty skryty
skryte tajne rejtett titkos gizli ozel скрыт скрытый скрыто анонимный аноним частный 匿名 非通知
非公開 私人 비공개
"""
_UNKNOWN = """
unknown unavailable unbekannt unbekannte unbekannter inconnu indisponible desconocido desconocida
indisponivel desconhecido sconosciuto sconosciuta onbekend ukendt ukjent okand okant nieznany
neznamy nezname ismeretlen tuntematon necunoscut bilinmeyen неизвестный неизвестно неизвестен
неизвестный 未知 不明
"""
# What stands beside such a word: "Unknown Number", "Numéro masqué".
_NOISE = """
number numbers no nr caller call calls callerid cid id name user phone line by subscriber
nummer rufnummer telefonnummer anrufer anruf teilnehmer numero num appel appelant llamada chiamata
chiamante chamada opkald nomor numer cislo szam номер абонент
"""
_PHRASES = """
p|not available|not disclosed|not provided|no caller id|no callerid|no number|out of area
ohne rufnummer|keine rufnummer|sans numero|sin numero
"""
_SCHEME = re.compile(r"^(?:sips?|tel):", re.IGNORECASE)
_HIDDEN_HOST = re.compile(r"@(?:anonymous|unknown|unavailable)\.invalid\b", re.IGNORECASE)


def _simplify(value: str) -> str:
    """Return the words of a text in lower case, without accents and punctuation."""
    decomposed = unicodedata.normalize("NFKD", value.casefold())
    bare = "".join(c for c in decomposed if not unicodedata.combining(c))
    return " ".join(re.findall(r"[^\W_]+", bare))


_HIDDEN_WORDS = frozenset(_simplify(_HIDDEN).split())
_WITHHELD_WORDS = _HIDDEN_WORDS | frozenset(_simplify(_UNKNOWN).split())
_NOISE_WORDS = frozenset(_simplify(_NOISE).split())
_WITHHELD_PHRASES = frozenset(_PHRASES.strip().replace("\n", "|").split("|"))


def is_withheld(value: str) -> bool:
    """Return whether a text stands for a number that was withheld, in any system's words.

    :param value: as sent; also an address of SIP with the name of the caller
    """
    if _HIDDEN_HOST.search(value):
        return True
    name, bracket, address = value.rpartition("<")
    user = _SCHEME.sub("", address.strip(" >")).partition("@")[0]
    if re.fullmatch(r"-[123]|\+?0{6,}", user) or _simplify(user) in _WITHHELD_PHRASES:
        return True
    # A name can be unknown although the number was sent.
    return _has_only(user, _WITHHELD_WORDS) or bool(bracket and _has_only(name, _HIDDEN_WORDS))


def _has_only(value: str, meant: frozenset[str]) -> bool:
    """Return whether a text consists of some of the meant words and what stands beside them."""
    words = [word for word in _simplify(value).split() if word not in _NOISE_WORDS]
    # "Privatnummer" and "Privénummer" are one word
    return bool(words) and all(word.removesuffix("nummer") in meant for word in words)


def is_nothing(value: str) -> bool:
    """Return whether a text says that no number was sent at all."""
    return value.strip().lower() in _NOTHING


def number(values: Mapping, name: str) -> str | None:
    """Return a telephone number as sent; :data:`ANONYMOUS` if it was withheld.

    :return: ``None`` if no number was sent
    :raise ValueError: it is not a text
    """
    value = text(values, name)
    if value is None or is_nothing(value):
        return None
    return ANONYMOUS if is_withheld(value) else value


def international(values: Mapping, name: str) -> str | None:
    """Return a number of a system that sends international numbers without the plus sign; see
    :func:`number`."""
    value = number(values, name)
    if value and value.isdigit() and len(value) > LONGEST_EXTENSION and not value.startswith("0"):
        return f"+{value}"
    return value


def seconds(values: Mapping, name: str) -> int:
    """Return a duration in seconds, sent as a number or as ``hh:mm:ss``; 0 for none, at most a
    day.

    :raise ValueError: it is something else
    """
    value = text(values, name) or "0"
    if not _LENGTH.fullmatch(value):
        raise ValueError(Reason(Why.NO_LENGTH, name=name, value=repr(value[:40])))
    total = 0
    for part in value.split(".")[0].split(":"):
        total = 60 * total + int(part)
    return min(total, DAY)


def gather(form: tuple[tuple[str, str], ...]) -> dict:
    """Return the fields of a form as one object; ``user``, ``user[]``, ``user[0]`` are one list."""
    gathered: dict = {}
    for name, value in form:
        base, bracket, _rest = name.partition("[")
        if bracket or base in gathered:
            earlier = gathered.get(base, [])
            gathered[base] = [*(earlier if isinstance(earlier, list) else [earlier]), value]
        else:
            gathered[base] = value
    return gathered


def translate(value: str | None, name: str, table: Mapping):
    """Return what a word of the system means; ``None`` for none.

    :raise ValueError: the word is not in the table
    """
    if value is None:
        return None
    if value not in table:
        known = ", ".join(table)
        raise ValueError(Reason(Why.UNKNOWN, name=name, value=repr(value[:40]), known=known))
    return table[value]
