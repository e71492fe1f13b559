from odoo import api, fields, models
from odoo.exceptions import ValidationError

from ...tools import counted_seconds


class CallTimeRuleMixin(models.AbstractModel):
    """How call time is counted on timesheets, for a company or for one project."""

    _name = "call.time.rule.mixin"
    _description = "Rules for Call Time"

    call_time_minimum = fields.Integer(
        string="Minimum time per call", help="In minutes. Calls that count less are raised to it."
    )
    call_time_free_seconds = fields.Integer(
        string="Free time per call",
        help="In seconds. It is deducted from every call. Calls that are not longer are not "
        "logged.",
    )
    call_time_step_minutes = fields.Integer(
        string="Round to",
        default=1,
        help="In minutes. Call time is rounded to a multiple of it; 0 logs the exact time.",
    )
    call_time_rounding = fields.Selection(
        [("up", "Always up"), ("nearest", "To the nearest")],
        string="Rounding",
        default="up",
        required=True,
    )
    call_time_count_unanswered = fields.Boolean(
        string="Log unanswered outgoing calls",
        help="Logs the time that an outgoing call rang if nobody answered.",
    )

    @api.constrains("call_time_minimum", "call_time_free_seconds", "call_time_step_minutes")
    def _check_call_time(self):
        for rules in self:
            lengths = (
                rules.call_time_minimum,
                rules.call_time_free_seconds,
                rules.call_time_step_minutes,
            )
            if min(lengths) < 0:
                raise ValidationError(
                    self.env._("The minutes and seconds for call time cannot be negative.")
                )

    @api.model
    def _get_call_time_fields(self):
        """Return the names of the fields that make up the rules.

        :rtype: list[str]
        """
        rules = self.env["call.time.rule.mixin"]
        return [name for name in rules._fields if name.startswith("call_time_")]

    def _count_call_time(self, seconds):
        """Return how much of a call's time counts by these rules.

        :param int seconds: the call's time
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
