from odoo import api, fields, models
from odoo.tools import format_duration

from ..tools import OWN

# Whom a project is shared with, or who pays for its time.
AUDIENCE_FIELDS = frozenset({"privacy_visibility", "allow_billable"})


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

    # === CRUD METHODS === #

    def write(self, vals):
        """Override: people outside may be able to read from now on what calls have written."""
        if not vals.keys() & AUDIENCE_FIELDS:
            return super().write(vals)
        inside = self.filtered(lambda project: not project._is_read_outside())
        time_inside = self.filtered(lambda project: not project._is_time_read_outside())
        result = super().write(vals)
        inside.filtered(lambda project: project._is_read_outside())._withdraw_titles()
        time_inside.filtered(lambda project: project._is_time_read_outside())._withdraw_times()
        return result

    # === BUSINESS METHODS === #

    def _is_read_outside(self):
        """Return whether people outside the company can read the tasks of the project, or may be
        invited to at any time.

        :rtype: bool
        """
        # sudo: whom a project is shared with, whoever asks
        project_sudo = self.sudo()
        if project_sudo.privacy_visibility in ("invited_users", "portal"):
            return True
        return self.env["call.call"]._is_followed_outside(project_sudo)

    def _is_time_read_outside(self):
        """Return whether people outside the company can read the timesheets of the project: in
        the portal, or on reports about the time they pay for.

        :rtype: bool
        """
        # a field of sale_project, if this is installed
        is_billable = getattr(self.sudo(), "allow_billable", False)
        return is_billable or self.sudo().privacy_visibility in ("invited_users", "portal")

    def _withdraw_titles(self):
        """Remove from the tasks what calls have written there for colleagues only."""
        # sudo: all tasks, also those that the user may not see
        tasks_sudo = self.env["project.task"].sudo().with_context(active_test=False)
        self.env["call.call"]._withdraw_texts(tasks_sudo.search([("project_id", "in", self.ids)]))

    def _withdraw_times(self):
        """Remove from the timesheets what calls have written there for colleagues only."""
        # sudo: all timesheet lines, also those that the user may not see
        of_calls = [("project_id", "in", self.ids), ("call_id", "!=", False)]
        self.env["account.analytic.line"].sudo().search(of_calls)._withdraw_texts()

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
        if self.call_count or self.env.user.has_group(OWN):
            number = self.env._(
                "%(count)s (%(hours)s h)",
                count=self.call_count_label,
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
