from odoo import fields, models
from odoo.tools import format_datetime

from ...tools import AUTOMATIC
from ..res_users_push import LATEST
from .passages import Passage


class CallCall(models.Model):
    """Notifications about missed calls for people who have closed Odoo."""

    _inherit = "call.call"

    is_pushed = fields.Boolean(
        readonly=True,
        copy=False,
        export_string_translation=False,
        when_anonymized="keep",
        when_joined="any",
        help="People were notified that the call was missed.",
    )

    def _get_job_names(self):
        return [*super()._get_job_names(), "push"]

    def _needs_job_push(self):
        """Return whether people want to be notified that the call was missed."""
        self.ensure_one()
        is_missed = self.state == "ended" and self.call_type == "unanswered"
        if not is_missed or self.is_pushed or not self._is_processed() or self._is_history():
            return False
        is_new = (self.date_end or self.date_start) > fields.Datetime.now() - LATEST
        return is_new and self.env["res.users"]._wants_push()

    def _run_job_push(self):
        """Notify whose call it was, unless somebody has spoken with the caller meanwhile."""
        self.with_context(**AUTOMATIC.set()).is_pushed = True
        if self.callback_id.state in (False, "open"):
            self._get_missed_people()._push_about(
                self, lambda call: call._get_missed_notification()
            )

    def _get_missed_people(self):
        """Return whose missed call it was, and who is to call back; for calls that were nobody's,
        those whose phones rang.

        :rtype: res.users
        """
        self.ensure_one()
        people = self.user_id | self.callback_id.user_ids | self.line_id.user_ids
        return people or self.leg_ids.user_id

    def _get_missed_notification(self):
        """Return how a person is notified: title, text, and what a click opens."""
        self.ensure_one()
        outcomes = dict(self._fields["outcome"]._description_selection(self.env))
        facts = [
            format_datetime(self.env, self.date_start, dt_format="short"),
            self.line_id.name or self.line_number,
            outcomes[self.outcome],
        ]
        title = self.env._("Missed call: %s", self.remote_label)
        return title, " · ".join(filter(None, facts)), self._name, self.id

    def _get_passages(self):
        """Override: notifications that are not sent yet name the caller."""
        return [*super()._get_passages(), Passage("mail.push", ("payload",))]
