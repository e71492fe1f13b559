from odoo import api, fields, models
from odoo.exceptions import ValidationError

from ..tools import counted_seconds

TIME_RULES = (
    "call_time_minimum",
    "call_time_free_seconds",
    "call_time_step_minutes",
    "call_time_rounding",
    "call_time_count_unanswered",
)


class CallTimeRuleMixin(models.AbstractModel):
    """How much time of a call counts on timesheets: of a company, or of one project."""

    _name = "call.time.rule.mixin"
    _description = "Rules for Call Time"

    call_time_minimum = fields.Integer(
        string="Minimum Length", help="Minutes. A call that counts, counts at least so much."
    )
    call_time_free_seconds = fields.Integer(
        string="Free Seconds",
        help="The first seconds of every call do not count. A call that is not longer gives no "
        "timesheet line.",
    )
    call_time_step_minutes = fields.Integer(
        string="Round to Minutes",
        default=1,
        help="Call time is rounded to a multiple of so many minutes. 0 counts exact seconds.",
    )
    call_time_rounding = fields.Selection(
        [("up", "Always up"), ("nearest", "To the nearest")],
        string="Rounding",
        default="up",
        required=True,
    )
    call_time_count_unanswered = fields.Boolean(
        string="Unanswered Attempts Count",
        help="An outgoing call that nobody answers counts with the time that it rang.",
    )

    @api.constrains("call_time_minimum", "call_time_free_seconds", "call_time_step_minutes")
    def _check_call_time(self):
        for rules in self:
            if min(rules[name] for name in TIME_RULES[:3]) < 0:
                raise ValidationError(
                    self.env._("Minutes and seconds of the rules for call time start at 0.")
                )

    def _count_call_time(self, seconds):
        """How much of a call's length counts by these rules.

        :param int seconds: the length
        :return: seconds
        :rtype: int
        """
        self.ensure_one()
        return counted_seconds(
            seconds,
            free=self.call_time_free_seconds,
            minimum=self.call_time_minimum * 60,
            step=self.call_time_step_minutes * 60,
            up=self.call_time_rounding == "up",
        )
