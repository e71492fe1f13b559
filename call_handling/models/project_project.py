from odoo import api, fields, models
from odoo.tools import format_duration


class ProjectProject(models.Model):
    _name = "project.project"
    _inherit = ["project.project", "call.count.mixin", "call.time.rule.mixin"]
    _call_link = "project_id"

    call_time_own_rules = fields.Boolean(
        string="Own rules for call time",
        help="Count the time of this project's calls differently from the company's settings.",
    )

    # === ONCHANGE METHODS === #

    @api.onchange("call_time_own_rules")
    def _onchange_call_time_own_rules(self):
        """Start own rules with those of the company."""
        if self.call_time_own_rules:
            # sudo: how the company counts is not confidential
            company_sudo = (self.company_id or self.env.company).sudo()
            for name in self._get_call_time_fields():
                self[name] = company_sudo[name]

    # === BUSINESS METHODS === #

    def _get_call_time_rules(self, company):
        """Return the rules by which the time of the project's calls counts.

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
