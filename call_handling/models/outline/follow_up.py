from odoo import Command, models

from ...tools import POINT


class CallCall(models.Model):
    """Follow-ups that are about one point of an outline, and not about the whole call."""

    _inherit = "call.call"

    def _get_subject(self):
        """Override: the point is what it is about."""
        point_sudo = POINT.get(self.env)
        return point_sudo.text if point_sudo else super()._get_subject()

    def _get_content_lines(self):
        """Override: colleagues read the point also where the title may not name it."""
        point_sudo, lines = POINT.get(self.env), super()._get_content_lines()
        return [point_sudo.text, *lines] if point_sudo else lines

    def _prepare_task_values(self):
        """Override: it is due when the point says, for whom the point names."""
        values = super()._prepare_task_values()
        if point_sudo := POINT.get(self.env):
            values["date_deadline"] = point_sudo.date_due
            if user := point_sudo._find_person():
                values["user_ids"] = [Command.set(user.ids)]
        return values

    def _link_follow_up(self, kind, record):
        """Override: of several follow-ups of a kind, the first one remains that of the call."""
        link = self._get_follow_ups()[kind].link
        first = self.sudo()[link] if POINT.get(self.env) else False
        result = super()._link_follow_up(kind, record)
        if first:
            # sudo: users cannot write what leads to it
            self.sudo()[link] = first
        return result
