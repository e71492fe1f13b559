import json
import re
from datetime import timedelta
from urllib.parse import parse_qsl

from odoo import SUPERUSER_ID, api, fields, models
from odoo.fields import Domain

from ...adapters.event import MAX_ID
from ...adapters.reasons import Reason, Why, dump_reason
from ...tools import (
    contains_phrase,
    digits,
    get_ends_of_digits,
    get_phrases,
    get_readings,
    join_digits,
)
from .call_event import HIDDEN, MAX_ATTEMPTS

SIGN_DAYS = 2  # what is repeated later is understood, or recognised by its reference
SHORTEST_END, LONGEST_END = 5, 7  # digits of a number that identify it, in any format
# What a message can contain of a call
_REFERENCE, _NAME, _NUMBER = "reference", "name", "number"

_WORD = re.compile(r"""[^\s"'<>()\[\]{}=&,;\\]+""")
_BETWEEN = re.compile(r'"([^"]*)"|>([^<]*)<')
_UNSTORABLE = re.compile(r"[\x00-\x1f\ud800-\udfff]")


class CallEvent(models.Model):
    """Messages that were not understood, so that nobody knows which call they are about. Their
    text must not reveal what is private."""

    _inherit = "call.event"

    @api.model
    def _prepare_failed_row(self, pbx, message):
        """Override to store nothing of a message that names a private, forgotten or anonymized
        call. That it has come is stored, under a name by which a repeat is recognised; nobody
        tries it again."""
        row = super()._prepare_failed_row(pbx, message)
        if not self._is_about_private_call(pbx, message.raw):
            return row
        error = dump_reason(Reason(Why.PRIVATE_UNREAD))
        uid = self._get_hidden_name(message.uid)
        return row | {"uid": uid, "raw": None, "error": error, "attempts": MAX_ATTEMPTS}

    @api.model
    def _is_about_private_call(self, pbx, raw):
        """Return whether a message is about a call that is private, or of which nothing is kept:
        it contains one of its references, or its number or name and no reference of another call.

        :param call.pbx pbx: the telephone system
        :param str raw: the message as sent
        :rtype: bool
        """
        texts = get_texts(raw)
        if self._names_private_call(pbx, texts):
            return True
        known = self._get_signs_of_private_calls(pbx)
        if not known:
            return False
        readings = get_readings(raw)
        phrases = set().union(*map(get_phrases, readings))
        if not known.isdisjoint(self._hide_all(_REFERENCE, phrases)):
            return True
        ends = get_ends_of_digits(" ".join(readings), range(SHORTEST_END, LONGEST_END + 1))
        parties = self._hide_all(_NAME, phrases) | self._hide_all(_NUMBER, ends)
        return not known.isdisjoint(parties) and not self._names_other_call(pbx, texts)

    @api.model
    def _names_private_call(self, pbx, texts):
        """Return whether one of the texts is a reference of a call that is private or anonymized,
        or of which nothing is kept.

        :param call.pbx pbx: the telephone system
        :param set texts: of a message
        :rtype: bool
        """
        names = [*texts, *map(self._get_hidden_name, texts)]
        of_pbx = Domain("pbx_id", "=", pbx.id)
        is_hidden = Domain("call_id.is_private", "=", True)
        is_hidden |= Domain("call_id.is_anonymized", "=", True)
        of_hidden = of_pbx & Domain("ref", "in", names) & is_hidden
        # sudo: only administrators see references
        if self.env["call.reference"].sudo().search_count(of_hidden, limit=1):
            return True
        named = Domain("call_ref", "in", names) | Domain("joined_ref", "in", names)
        masked = of_pbx & named & Domain("is_masked", "=", True)
        return bool(self.sudo().search_count(masked, limit=1))

    # === SIGNS OF A PRIVATE CALL === #

    @api.model
    def _remember_signs(self, call):
        """Store by what messages that are not understood are recognised as being about a call that
        becomes private, for some time. Only digests are stored; their key is outside of the
        database.

        :param call.call call: with its number and name
        """
        pbx = call.pbx_id
        if not pbx:
            return
        names = set()
        for sign, texts in self._get_signs(call).items():
            names |= self._hide_all(sign, texts)
        known = set(
            self.search([("pbx_id", "=", pbx.id), ("uid", "in", list(names))]).mapped("uid")
        )
        # not by the person: nothing says whose call it was
        self.with_user(SUPERUSER_ID).create(
            [{"pbx_id": pbx.id, "uid": n, "is_masked": True} for n in sorted(names - known)]
        )

    @api.model
    def _get_signs(self, call):
        """Return by what messages about a call are recognised, in lower case.

        :return: texts by the kind of sign; of the number, its end
        :rtype: dict[str, set]
        """
        events = [event.data or {} for event in self.search(self._get_domain_of(call))]
        names = {call.remote_name, *(event.get("from_name") for event in events)}
        refs = {*self._get_refs_of(call), *(event.get("alias") for event in events)} - {None, False}
        return {
            _REFERENCE: {ref.casefold() for ref in refs if _is_specific(ref)},
            _NAME: {name.casefold().strip() for name in names if name and name.strip()},
            _NUMBER: set().union(*map(_get_end, call._get_known_numbers())),
        }

    @api.model
    def _get_signs_of_private_calls(self, pbx):
        """Return the digests that :meth:`_remember_signs` has stored of recent calls.

        :rtype: frozenset[str]
        """
        since = fields.Datetime.now() - timedelta(days=SIGN_DAYS)
        # sudo: only administrators see events
        stored = self.sudo().search_fetch(
            [
                ("pbx_id", "=", pbx.id),
                ("create_date", ">=", since),
                ("is_masked", "=", True),
                ("kind", "=", False),
                ("call_ref", "=", False),
            ],
            ["uid"],
        )
        return frozenset(stored.mapped("uid"))

    @api.model
    def _hide_all(self, sign, texts):
        return {self._get_hidden_name(f"{sign} {text}") for text in texts}

    # === WHAT HAS COME BEFORE === #

    @api.model
    def _delete_unreadable(self, call):
        """Delete messages that were not understood and are about a call: they contain one of its
        references, or its number or name and no reference of another call.

        :param call.call call: with its number
        """
        refs, signs = self._get_refs_of(call), self._get_signs(call)
        # a correction may have moved the call, but not what was sent about it
        begun = {call.date_start, call._get_reported_date("date_start"), call.create_date}
        since = min(begun - {False}) - timedelta(days=1)
        domain = Domain("pbx_id", "=", call.pbx_id.id) & Domain("state", "=", "failed")
        domain &= Domain("call_ref", "=", False) & Domain("raw", "!=", False)
        events = self.search(domain & Domain("create_date", ">=", since))
        self._delete_about(call, events, refs, signs)

    @api.model
    def _delete_unreadable_of(self, calls):
        """Delete messages that were not understood and are about one of many calls. Each message
        is only read once.

        :param call.call calls: of any telephone systems, with their numbers
        """
        for pbx, own in calls.grouped("pbx_id").items():
            domain = Domain("pbx_id", "=", pbx.id) & Domain("state", "=", "failed")
            domain &= Domain("call_ref", "=", False) & Domain("raw", "!=", False)
            if not (events := self.search(domain)):
                continue
            by_word, known = {}, {}
            for call in own:
                known[call] = self._get_refs_of(call), self._get_signs(call)
                words = set().union(known[call][0], *known[call][1].values())
                for word in words - {"", None, False}:
                    by_word.setdefault(word, set()).add(call)
            if not by_word:
                continue
            pattern = re.compile("|".join(map(re.escape, sorted(by_word, key=len, reverse=True))))
            for event in events:
                readings = get_readings(event.raw)
                texts = {*readings, *map(join_digits, readings), *get_texts(event.raw)}
                found = {word for text in texts for word in pattern.findall(text)}
                for call in set().union(*(by_word[word] for word in found)):
                    self._delete_about(call, event.exists(), *known[call])

    @api.model
    def _delete_about(self, call, events, refs, signs):
        """Delete those of some messages that were not understood that are about a call.

        :param call.call call: with its number
        :param call.event events: the messages
        :param set refs: all references of the call
        :param dict signs: as :meth:`_get_signs` returns them
        """
        for event in events:
            texts, readings = get_texts(event.raw), get_readings(event.raw)
            if (
                self._has_reference(texts, refs)
                or _contains(readings, signs[_REFERENCE])
                or (
                    (_contains(readings, signs[_NAME]) or _has_number(readings, signs[_NUMBER]))
                    and not self._names_other_call(call.pbx_id, texts, call)
                )
            ):
                event.unlink()

    @api.model
    def _has_reference(self, texts, refs):
        """Return whether one of the texts is one of the references, as sent or replaced."""
        if any((ref or "").startswith(HIDDEN) for ref in refs):
            texts = texts.union(map(self._get_hidden_name, texts))
        return not texts.isdisjoint(refs)

    @api.model
    def _names_other_call(self, pbx, texts, call=None):
        """Return whether one of the texts is a reference of another call that is not private."""
        domain = Domain("pbx_id", "=", pbx.id) & Domain("ref", "in", list(texts))
        domain &= Domain("call_id", "!=", call.id if call else False)
        domain &= Domain("call_id.is_private", "=", False)
        # sudo: only administrators see references
        return bool(self.env["call.reference"].sudo().search_count(domain, limit=1))


def _is_specific(ref):
    """Return whether a reference that stands somewhere in a text is certainly meant: not a short
    number, which can be anything."""
    return not ref.startswith(HIDDEN) and len(ref) >= (6 if ref.isdigit() else 3)


def _get_end(number):
    """Return the end of a number, the same however it is written; nothing of a short one."""
    end = digits(number or "")[-LONGEST_END:]
    return {end} if len(end) >= SHORTEST_END else set()


def _contains(readings, phrases):
    return any(contains_phrase(text, phrase) for phrase in phrases for text in readings)


def _has_number(readings, ends):
    return any(end in join_digits(text) for end in ends for text in readings)


def get_texts(raw):
    """Return everything in a message that can be a reference, in whatever format it is.

    :param str raw: the message as sent
    :rtype: set[str]
    """
    texts = {*_WORD.findall(raw), *raw.splitlines()}
    texts.update(line.partition(":")[2] for line in raw.splitlines())
    texts.update(text for pair in _BETWEEN.findall(raw) for text in pair)
    texts.update(value for _name, value in parse_qsl(raw))
    texts.update(_get_values(raw))
    stripped = {text.strip() for text in texts}
    return {t for t in stripped if t and len(t) <= MAX_ID and not _UNSTORABLE.search(t)}


def _get_values(raw):
    """Return the texts and numbers of a message in JSON; none if it is of another format."""
    try:
        left = [json.loads(raw)]
    except (ValueError, RecursionError):
        return
    while left:
        value = left.pop()
        if isinstance(value, dict):
            left += [*value, *value.values()]
        elif isinstance(value, list):
            left += value
        elif value is not None:
            yield str(value)
