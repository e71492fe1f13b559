import json
import re
from urllib.parse import parse_qsl

from odoo import api, models
from odoo.fields import Domain

from ...adapters.event import MAX_ID
from ...tools import digits
from .call_event import HIDDEN, MAX_ATTEMPTS

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
        if not self._names_private_call(pbx, get_texts(message.raw)):
            return row
        error = self.env._(
            "The message was not understood. It is about a private call, or one that was "
            "anonymized, so its text is not stored."
        )
        uid = self._get_hidden_name(message.uid)
        return row | {"uid": uid, "raw": None, "error": error, "attempts": MAX_ATTEMPTS}

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

    @api.model
    def _delete_unreadable(self, call):
        """Delete messages that were not understood and are about a call: they contain one of its
        references, or its number or name and no reference of another call.

        :param call.call call: with its number
        """
        refs = self._get_refs_of(call)
        domain = Domain("pbx_id", "=", call.pbx_id.id) & Domain("state", "=", "failed")
        domain &= Domain("call_ref", "=", False) & Domain("raw", "!=", False)
        self._delete_about(call, self.search(domain), refs)

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
            by_word = {}
            for call in own:
                names = {digits(call.remote_number or "")[-7:], (call.remote_name or "").casefold()}
                for word in (names | self._get_refs_of(call)) - {"", None}:
                    by_word.setdefault(word, set()).add(call)
            pattern = re.compile("|".join(map(re.escape, sorted(by_word, key=len, reverse=True))))
            for event in events:
                texts = (event.raw, event.raw.casefold(), digits(event.raw), *get_texts(event.raw))
                found = {word for text in texts for word in pattern.findall(text)}
                for call in set().union(*(by_word[word] for word in found)):
                    self._delete_about(call, event.exists(), self._get_refs_of(call))

    @api.model
    def _delete_about(self, call, events, refs):
        """Delete those of some messages that were not understood that are about a call.

        :param call.call call: with its number
        :param call.event events: the messages
        :param set refs: all references of the call
        """
        for event in events:
            texts = get_texts(event.raw)
            if self._has_reference(texts, refs) or (
                _names_party(call, event.raw, texts) and not self._names_other_call(call, texts)
            ):
                event.unlink()

    @api.model
    def _has_reference(self, texts, refs):
        """Return whether one of the texts is one of the references, as sent or replaced."""
        if any((ref or "").startswith(HIDDEN) for ref in refs):
            texts = texts.union(map(self._get_hidden_name, texts))
        return not texts.isdisjoint(refs)

    @api.model
    def _names_other_call(self, call, texts):
        """Return whether one of the texts is a reference of another call that is not private."""
        domain = Domain("pbx_id", "=", call.pbx_id.id) & Domain("ref", "in", list(texts))
        domain &= Domain("call_id", "!=", call.id) & Domain("call_id.is_private", "=", False)
        # sudo: only administrators see references
        return bool(self.env["call.reference"].sudo().search_count(domain, limit=1))


def _names_party(call, raw, texts):
    """Return whether a message contains the number or the name of a call."""
    # in any format: the end of the number is the same
    number, name = digits(call.remote_number or "")[-7:], (call.remote_name or "").casefold()
    has_number = len(number) >= 5 and number in digits(raw)
    return has_number or bool(name) and any(name in text.casefold() for text in (raw, *texts))


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
