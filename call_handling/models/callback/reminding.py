from odoo import api, fields, models
from odoo.fields import Domain
from odoo.tools import format_datetime

from ..res_users_push import LATEST

BATCH = 500  # callbacks
ACTION = "call_handling.call_callback_action"
NAMED = 3  # callbacks


class CallCallback(models.Model):
    """Notifications about callbacks that are due for people who have closed Odoo."""

    _inherit = "call.callback"

    is_reminded = fields.Boolean(
        readonly=True,
        export_string_translation=False,
        help="People were notified that it is due.",
    )

    _due_idx = models.Index("(date_due) WHERE state = 'open' AND is_reminded IS NOT TRUE")

    # === CRUD METHODS === #

    def write(self, vals):
        """Override: the next attempt is due at another time."""
        result = super().write(vals)
        if "date_next" in vals:
            # sudo: the app remembers it
            self.sudo().is_reminded = False
        return result

    # === BUSINESS METHODS === #

    def _get_due(self):
        """Return since when each callback is due: the next attempt, if there is one.

        :return: naive UTC
        :rtype: datetime
        """
        self.ensure_one()
        return self.date_next or self.date_due

    def _get_reminded_people(self):
        """Return who is notified that the callback is due: the people to whom it is assigned or,
        if it is nobody's, the manager of the department.

        :rtype: res.users
        """
        self.ensure_one()
        return self.user_ids or self.department_id.manager_id.user_id

    def _remind(self):
        """Notify people that callbacks are due: each of them once, of all at the same time."""
        self.is_reminded = True
        now = fields.Datetime.now()
        news = self.filtered(lambda callback: callback._get_due() > now - LATEST)
        by_user = {}
        for callback in news:
            for user in callback._get_reminded_people():
                by_user[user] = by_user.get(user, self.browse()) | callback
        for user, own in by_user.items():
            user._push_about(own, lambda callbacks: callbacks._get_due_notification())

    def _get_due_notification(self):
        """Return how a person is notified: title, text, and what a click opens."""
        if len(self) == 1:
            missed = self.env._(
                "Missed %(count)s ×, the last time %(time)s",
                count=self.missed_count,
                time=format_datetime(self.env, self.date_last, dt_format="short"),
            )
            return self.env._("Call back: %s", self.remote_label), missed, self._name, self.id
        names = self[:NAMED].mapped("remote_label")
        if len(self) > NAMED:
            names.append("…")
        title = self.env._("%s callbacks are due", len(self))
        # a path of the web client, as of any model
        return title, ", ".join(names), f"action-{ACTION}", ""

    # === CRON METHODS === #

    @api.model
    def _cron_remind(self):
        """Notify people of the callbacks that have become due."""
        now = fields.Datetime.now()
        until = Domain("date_next", "<=", now)
        until |= Domain("date_next", "=", False) & Domain("date_due", "<=", now)
        domain = Domain("state", "=", "open") & Domain("is_reminded", "=", False) & until
        self.env["ir.cron"]._commit_progress(remaining=self.search_count(domain))
        while due := self.search(domain, limit=BATCH):
            due._remind()
            if not self.env["ir.cron"]._commit_progress(len(due)):
                break
