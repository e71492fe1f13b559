import re

from odoo import models
from odoo.tools import html2plaintext, plaintext2html

_PLAIN_TAGS = re.compile(r"</?(?:p|br)\s*/?>")
WRITTEN_ON_CARD = ("summary", "category_id", "project_id", "task_id")


class CallCardEntryMixin(models.AbstractModel):
    """What people write on the card, saved as they type."""

    _name = "call.card.entry.mixin"
    _description = "Entries on Cards"

    # === ACTION METHODS === #

    def save_card(self, values, screen=None):
        """Save what was written on the card.

        :param dict values: some of :data:`WRITTEN_ON_CARD`; ``note`` with ``base``, the text
            from which the writer went on
        :param str screen: the one that asks, which need not be told of it
        :return: the note as it is now
        :rtype: dict
        """
        self.ensure_one()
        self.check_access("write")
        call = self.with_context(call_handling_screen=screen)
        about = {name: values[name] for name in WRITTEN_ON_CARD if name in values}
        if about:
            call.write(about)
        if "note" in values:
            call._save_note(values["note"], values.get("base") or "")
            call._tell_user(self.env.user, "changed")
        return call._get_card_note()

    def action_create_contact(self):
        """Open a new contact with what is known of the other side."""
        self.ensure_one()
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("New Contact"),
            "res_model": "res.partner",
            "views": [(False, "form")],
            "target": "new",
            "context": {"default_name": self.remote_name, "default_phone": self.number_label},
        }

    def action_add_number(self, partner_id):
        """Give the number to a contact that has other ones so far. Its calls follow.

        :param int partner_id: the contact
        """
        self.ensure_one()
        self.check_access("write")
        values = {"partner_id": partner_id, "number": self.remote_number}
        self.env["call.number"].create(values)
        self._tell_owners()

    # === BUSINESS METHODS === #

    def _get_card_note(self):
        return {"note": self._to_text(self._find_card_note())}

    def _find_card_note(self):
        """The own note that the card goes on with: the last one, if it is plain text, so that
        nothing formatted is lost."""
        own = self.note_ids.filtered(lambda note: note.user_id == self.env.user)
        last = own.sorted()[-1:]
        formatted = "<" in _PLAIN_TAGS.sub("", last.body or "")
        return last.browse() if formatted else last

    def _to_text(self, note):
        return html2plaintext(note.body or "").strip()

    def _save_note(self, text, base):
        """Save a text as the own note. What was written elsewhere meanwhile is kept: then it
        becomes a further note.

        :param str text: what stands on the card
        :param str base: what stood there before it was typed
        """
        text, note = text.strip(), self._find_card_note()
        present = self._to_text(note)
        if text == present:
            return
        if note and not (present in ("", base.strip()) or text.startswith(present)):
            note = note.browse()
        if note and text:
            note.body = plaintext2html(text)
        elif note:
            note.unlink()
        elif text:
            self.env["call.note"].create({"call_id": self.id, "body": plaintext2html(text)})
