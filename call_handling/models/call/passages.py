import html
import json
from typing import NamedTuple

import lxml.html

from odoo import models
from odoo.tools import SQL
from odoo.tools.sql import escape_psql

from ...tools import digits, readable
from .undo import SCOPE

SHORTEST_WORD = 4  # characters; shorter words do not identify anybody


class Passage(NamedTuple):
    """Records of a model that can contain texts of calls although nothing leads from them to a
    call. They are nobody's documents: what they say stands elsewhere, or is of no use later.

    :param model: the model, of any addon
    :param fields: its stored texts. The records in which one of them reveals a call are deleted;
        without any, all of them are
    :param condition: which records count
    :param is_of_people: people have created them. Only a number or name in them reveals a call:
        what was said can be any word
    """

    model: str
    fields: tuple
    condition: SQL = SQL("TRUE")
    is_of_people: bool = False


class CallCall(models.Model):
    """Finds what is said about a call where nothing leads to it: messages to screens, results of
    the profiler, searches, and the like."""

    _inherit = "call.call"

    def _get_passages(self):
        """Return the records that can contain texts of the call without a link to it. Override for
        further ones.

        :rtype: list[Passage]
        """
        self.ensure_one()
        imported = SQL("res_model = %s AND create_uid = %s", self._name, self.create_uid.id)
        return [
            Passage("bus.bus", ("message",)),
            Passage("ir.logging", ("message",)),
            Passage("ir.profile", ("name", "sql", "others", "qweb")),
            # searches that people have saved
            Passage(
                "ir.filters",
                ("name", "domain", "context"),
                SQL("model_id LIKE 'call.%%'"),
                is_of_people=True,
            ),
            # files of messages that are not sent yet
            Passage(
                "ir.attachment",
                ("name", "index_content"),
                SQL("res_model = 'mail.compose.message' AND COALESCE(res_id, 0) = 0"),
                is_of_people=True,
            ),
            # files of calls that the person who has imported this one has imported
            Passage("base_import.import", (), imported),
        ]

    def _get_party_words(self):
        """Return the number and the names by which the call can be recognised.

        :rtype: set[str]
        """
        self.ensure_one()
        words = self._get_identifying_words({"title": False})
        for number in self._get_known_numbers():
            words |= {readable(number), readable(number).partition(" ")[2], digits(number)[-7:]}
        return _get_specific(words)

    def _get_revealing_words(self):
        """Return all texts by which the call can be recognised, also what was said.

        :rtype: set[str]
        """
        words = self._get_party_words()
        words.update((self.summary or "").splitlines())
        messages = self.env["mail.message"].search(
            [("model", "=", self._name), ("res_id", "=", self.id)]
        )
        for body in (*self.note_ids.mapped("body"), *messages.mapped("body")):
            words.update(_get_texts(body))
        return _get_specific(words)

    def _erase_from_passages(self, words, party_words):
        """Delete what reveals something where nothing leads to the call, and messages to screens
        that are about to be sent. A screen that was not reached reads again what it shows.

        :param set words: texts that must not remain
        :param set party_words: those that must not remain in what people have created
        """
        self.ensure_one()
        forms, party_forms = _get_all_forms(words), _get_all_forms(party_words)
        values = self.env.cr.precommit.data.get("bus.bus.values", [])
        values[:] = [v for v in values if not any(form in v["message"] for form in forms)]
        for passage in self._get_passages():
            if passage.model in self.env:
                own_forms = party_forms if passage.is_of_people else forms
                patterns = [f"%{escape_psql(form)}%" for form in own_forms]
                self._erase_from_passage(passage, patterns)

    def _erase_from_passage(self, passage, patterns):
        # sudo: they are deleted whoever has them
        records_sudo = self.env[passage.model].sudo()
        condition = passage.condition
        if passage.fields:
            records_sudo.flush_model(passage.fields)
            revealing = SQL(" OR ").join(
                SQL("%s LIKE ANY(%s)", SQL.identifier(name), patterns) for name in passage.fields
            )
            since = SQL("create_date >= %s", self.create_date)
            condition = SQL("%s AND %s AND (%s)", since, condition, revealing)
        self.env.cr.execute(
            SQL(
                # the name of our table keeps the values out of the log, see `tools.log_values`
                "SELECT /* call_call */ id FROM %s WHERE %s",
                SQL.identifier(records_sudo._table),
                condition,
            )
        )
        ids = [record_id for (record_id,) in self.env.cr.fetchall()]
        records_sudo.with_context(**SCOPE).browse(ids).unlink()


def _get_texts(body):
    """Return the texts between the tags."""
    root = lxml.html.fragment_fromstring(body or "", create_parent="div")
    return [text for text in root.itertext() if text.strip()]


def _get_specific(words):
    """Return the words that are long enough to identify somebody."""
    return {word.strip() for word in words if word and len(word.strip()) >= SHORTEST_WORD}


def _get_all_forms(words):
    """Return how texts can stand in what is stored: as they are, in HTML, in a statement, in JSON.

    :param set words: the texts
    :rtype: set[str]
    """
    texts = {f for w in words for f in (w, html.escape(w, quote=False), html.escape(w))}
    texts |= {text.replace("'", "''") for text in texts}
    return texts | {json.dumps(text)[1:-1] for text in texts}
