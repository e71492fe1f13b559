from odoo import api, fields, models
from odoo.exceptions import UserError


class CallTimeLogMixin(models.AbstractModel):
    """The button that puts the time of calls on timesheets."""

    _name = "call.time.log.mixin"
    _description = "Logging Call Time by Hand"

    can_log_time = fields.Boolean(compute="_compute_can_log_time")

    # === COMPUTE METHODS === #

    @api.depends("state", "project_id", "is_private", "timesheet_ids")
    def _compute_can_log_time(self):
        # sudo: lines of colleagues count too, whether the user sees them or not
        for call, call_sudo in zip(self, self.sudo(), strict=True):
            ended = call.state == "ended" and not call.is_private
            call.can_log_time = ended and call.project_id and not call_sudo.timesheet_ids

    # === ACTION METHODS === #

    def action_log_time(self):
        """Put the time of the calls on timesheets, for everybody who spoke in them.

        :return: a message about those with which it is not possible, if there are any
        :rtype: dict | Literal[False]
        :raise UserError: it is possible with none of them
        """
        self.check_access("write")
        refused = {}
        for call in self:
            # sudo: whoever may say what a call was about, logs it for all who spoke in it;
            # whose time it is and how long, is not theirs to choose
            call_sudo = call.sudo()
            if reason := call_sudo._get_reason_against_time():
                refused.setdefault(reason, []).append(call)
            else:
                # A line that somebody has deleted may come again now.
                call_sudo.write({"is_time_wanted": True, "time_made": False})
                call_sudo._update_time()
        left_out = sum(len(calls) for calls in refused.values())
        if left_out == len(self):
            raise UserError("\n".join(refused))
        return self._tell_left_out(left_out, refused) if refused else False

    def _tell_left_out(self, count, reasons):
        """A message about calls whose time could not be logged."""
        text = self.env._(
            "Calls logged: %(done)s, left out: %(count)s. %(reasons)s",
            done=len(self) - count,
            count=count,
            reasons=" ".join(reasons),
        )
        return {
            "type": "ir.actions.client",
            "tag": "display_notification",
            "params": {
                "type": "warning",
                "sticky": True,
                "message": text,
                "next": {"type": "ir.actions.client", "tag": "soft_reload"},
            },
        }

    def _get_reason_against_time(self):
        """Why the time of the call cannot be logged now, and what to do about it.

        :return: for people; ``False`` if it can
        """
        self.ensure_one()
        if self.is_private:
            return self.env._("A private call stands on no timesheet.")
        if self.state != "ended":
            return self.env._("The call is not over yet. Log its time when it has ended.")
        if not self.project_id:
            return self.env._("Choose the project of the call first, then log its time.")
        if not self.project_id.allow_timesheets:
            return self.env._(
                "The project %s has no timesheets. Turn them on in its settings, or choose "
                "another project.",
                self.project_id.display_name,
            )
        if self.timesheet_ids:
            return self.env._("The time of the call is on timesheets already.")
        return self._get_reason_against_counting()

    def _get_reason_against_counting(self):
        """Why the call has no time that counts."""
        if self._is_length_unknown():
            return self.env._("It is not known when the call ended. Correct its length first.")
        rules = self.project_id._get_call_time_rules(self.company_id)
        if not self._get_efforts() or not self._is_counted(rules):
            return self.env._(
                "No employee has spoken in the call. If one has, correct its person and length."
            )
        if not self._prepare_timesheets():
            return self.env._("The call is too short: by the rules for call time nothing counts.")
        return False
