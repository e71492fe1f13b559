from markupsafe import Markup

from odoo import models
from odoo.tools import format_datetime


class CallHandOverMixin(models.AbstractModel):
    """What goes along from a call to the record that is made of it."""

    _name = "call.hand.over.mixin"
    _description = "What Calls Hand Over"

    def _get_follow_up_title(self):
        """The first line of the summary, or who called.

        :rtype: str
        """
        self.ensure_one()
        lines = (self.summary or "").strip().splitlines()
        return lines[0] if lines else self.env._("Call with %s", self.remote_label)

    def _get_follow_up_text(self):
        """Who called, when and what about, in an element of its own.

        The contact may get to read it in time. Notes are for colleagues, see
        :meth:`_get_notes_text`.

        :rtype: markupsafe.Markup
        """
        self.ensure_one()
        when = format_datetime(self.env, self.date_start, dt_format="short")
        number = self.number_label if self.number_label != self.remote_label else ""
        head = ", ".join(part for part in (self.remote_label, number, when) if part)
        lines = [line for line in (self.summary or "").splitlines() if line.strip()]
        text = Markup().join(Markup("<p>%s</p>") % line for line in (head, *lines))
        return Markup('<div class="%s">%s</div>') % (self._get_text_class(), text)

    def _get_text_class(self):
        """By what the call's text is known again within a record's description."""
        return f"o_call_handling_text_{self.id}"

    def _get_notes_text(self):
        """The notes, each with its author and time.

        :rtype: markupsafe.Markup
        """
        parts = []
        for note in self.note_ids:
            when = format_datetime(self.env, note.date, dt_format="short")
            parts.append(Markup("<p><b>%s, %s</b></p>%s") % (note.user_id.name, when, note.body))
        return Markup().join(parts)

    def _hand_over_to(self, record):
        """Give a record the call's notes and files, and let each tell of the other.

        :param record: has a chatter
        :return: what must go when the call is nobody's business any more
        :rtype: dict
        """
        self.ensure_one()
        told = self.env._("Made from the call %s.", self._get_html_link())
        if "description" not in record._fields or not self._has_text(record.description):
            told += self._get_follow_up_text()
        message = record.message_post(body=told + self._get_notes_text())
        self.message_post(body=self.env._("%s was made from this call.", record._get_html_link()))
        copies = self._get_attachments_to_hand_over().copy(
            {"res_model": record._name, "res_id": record.id}
        )
        return {"message_ids": message.ids, "attachment_ids": copies.ids}

    def _has_text(self, description):
        """Whether a description holds the call's text."""
        return self._get_text_class() in (description or "")

    def _get_attachments_to_hand_over(self):
        """Files of the call's chatter."""
        return self.env["ir.attachment"].search(
            [("res_model", "=", self._name), ("res_id", "=", self.id), ("res_field", "=", False)]
        )
