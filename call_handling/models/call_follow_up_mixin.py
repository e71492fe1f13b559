from markupsafe import Markup

from odoo import models
from odoo.exceptions import UserError
from odoo.tools import format_datetime


class CallFollowUpMixin(models.AbstractModel):
    """What is made from a call. Other addons add kinds of their own in the same way."""

    _name = "call.follow.up.mixin"
    _description = "Follow-ups of Calls"

    # === ACTION METHODS === #

    def action_make_task(self):
        """Make a task of the call, or open the one that is there.

        :raise UserError: the call has no project yet
        """
        self.ensure_one()
        if not self.task_id:
            if not self.project_id:
                raise UserError(self.env._("Choose the project first, then make the task."))
            self.task_id = self.env["project.task"].create(self._prepare_task_values())
            self._hand_over_to(self.task_id)
        return self.task_id._get_records_action()

    # === BUSINESS METHODS === #

    def _prepare_task_values(self):
        """Values of the task that is made of the call."""
        return {
            "name": self._get_follow_up_title(),
            "project_id": self.project_id.id,
            "partner_id": self.partner_id.id,
            "user_ids": [(6, 0, self.user_id.ids)],
            "description": self._get_follow_up_text(),
        }

    def _get_follow_up_title(self):
        """The first line of the summary, or who called."""
        self.ensure_one()
        lines = (self.summary or "").strip().splitlines()
        return lines[0] if lines else self.env._("Call with %s", self.remote_label)

    def _get_follow_up_text(self):
        """Summary and notes, each note with its author and time.

        :rtype: markupsafe.Markup
        """
        self.ensure_one()
        parts = [Markup("<p>%s</p>") % line for line in (self.summary or "").splitlines() if line]
        for note in self.note_ids:
            when = format_datetime(self.env, note.date, dt_format="short")
            parts.append(Markup("<p><b>%s, %s</b></p>%s") % (note.user_id.name, when, note.body))
        return Markup().join(parts)

    def _hand_over_to(self, record):
        """Give what was made of the call its attachments, and let each tell of the other.

        :param record: has a chatter
        """
        self.ensure_one()
        attachments = self.env["ir.attachment"].search(
            [("res_model", "=", self._name), ("res_id", "=", self.id)]
        )
        for attachment in attachments:
            attachment.copy({"res_model": record._name, "res_id": record.id})
        made_of = self.env._("Made of the call %s", "%s")
        became = self.env._("Became %s", "%s")
        record.message_post(body=Markup.escape(made_of) % self._get_html_link())
        self.message_post(body=Markup.escape(became) % record._get_html_link())
