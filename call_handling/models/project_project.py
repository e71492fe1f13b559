from odoo import api, fields, models
from odoo.tools import format_duration

from .call_time_rule_mixin import TIME_RULES


class ProjectProject(models.Model):
    _name = "project.project"
    _inherit = ["project.project", "call.count.mixin", "call.time.rule.mixin"]
    _call_link = "project_id"

    call_time_own_rules = fields.Boolean(
        string="Own Rules for Call Time",
        help="Count the time of this project's calls in another way than the company does.",
    )

    # === ONCHANGE METHODS === #

    @api.onchange("call_time_own_rules")
    def _onchange_call_time_own_rules(self):
        """Own rules begin as those of the company."""
        if self.call_time_own_rules:
            # sudo: how the company counts is no secret of its settings
            company_sudo = (self.company_id or self.env.company).sudo()
            for name in TIME_RULES:
                self[name] = company_sudo[name]

    # === BUSINESS METHODS === #

    def _get_call_time_rules(self, company):
        """By which rules the time of the project's calls counts.

        :param res.company company: of the call
        :return: the project, or the company
        :rtype: call.time.rule.mixin
        """
        self.ensure_one()
        return self if self.call_time_own_rules else company

    def _get_stat_buttons(self):
        """Override of `project` to show the calls on the dashboard."""
        buttons = super()._get_stat_buttons()
        if self.env["call.call"].has_access("read"):
            number = self.env._(
                "%(count)s (%(hours)s h)",
                count=self.call_count,
                hours=format_duration(self.call_hours),
            )
            buttons.append(
                {
                    "icon": "phone",
                    "text": self.env._("Calls"),
                    "number": number,
                    "action_type": "object",
                    "action": "action_view_calls",
                    "show": True,
                    "sequence": 4,
                }
            )
        return buttons
