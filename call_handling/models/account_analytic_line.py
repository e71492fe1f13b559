from odoo import api, fields, models
from odoo.exceptions import UserError

from ..tools import AUTOMATIC


class AccountAnalyticLine(models.Model):
    _name = "account.analytic.line"
    _inherit = ["account.analytic.line", "call.guard.mixin", "call.time.line.mixin"]

    call_id = fields.Many2one(
        index="btree_not_null",
        copy=False,
        ondelete="set null",
        readonly=False,
        writable="create",
    )
    call_label = fields.Char(
        string="About the Call",
        compute="_compute_call_label",
        groups="base.group_user",
        help="With whom the call was and what about, where the description does not say it. Shown "
        "to those who may see the call, never to customers.",
    )
    call_values = fields.Json(
        copy=False,
        readonly=True,
        groups=fields.NO_ACCESS,  # it has the text of the call, whatever the line says now
        export_string_translation=False,
        help="What the line got from the call. Where it differs, a person has changed it.",
    )

    # === COMPUTE METHODS === #

    @api.depends("call_id", "name")
    @api.depends_context("uid", "allowed_company_ids", "lang")
    def _compute_call_label(self):
        # the rights of the user decide, also where lines are read with sudo
        readable = self.call_id.sudo(False)._filtered_access("read")
        # sudo: the contact's name, of calls that the user may see
        calls_sudo = readable.sudo()
        calls_sudo.fetch(["partner_id", "remote_name", "summary"])
        labels = {call_sudo.id: call_sudo._get_time_text() for call_sudo in calls_sudo}
        for line in self:
            label = labels.get(line.call_id.id)
            line.call_label = label if label != line.name else False

    def _compute_field_value(self, field):
        """Override: lines follow their task into another project without `write`."""
        result = super()._compute_field_value(field)
        if field.name == "project_id":
            self.filtered("id")._withdraw_texts()
        return result

    # === CRUD METHODS === #

    @api.model_create_multi
    def create(self, vals_list):
        """Override: a line shows the contact of its call, so the call must not be hidden. A line
        that a person adds to a call has the call's text by default; with it, the time of the call
        may be complete."""
        lines = super().create(vals_list)
        # also those that are defaults in the context
        if calls := lines.sudo().call_id.with_env(self.env):
            calls.check_access("write")
        for line in lines.filtered(lambda line: line.sudo().call_id and line.name in (False, "/")):
            line.name = line.sudo().call_id._get_line_text(line.employee_id, line.project_id)
        if not AUTOMATIC.get(self.env):
            # sudo: what is noted on calls does not depend on the rights of the user
            lines.sudo().call_id.filtered("is_time_missing")._schedule_jobs()
        return lines

    def write(self, vals):
        """Override: in another project, people outside may be able to read the lines."""
        result = super().write(vals)
        if vals.keys() & {"project_id", "task_id"}:
            self._withdraw_texts()
        return result

    def copy_data(self, default=None):
        """Override: a copy does not belong to the call, so nothing would withdraw its text."""
        vals_list = super().copy_data(default)
        # sudo: the text does not depend on who copies the line
        for line_sudo, vals in zip(self.sudo(), vals_list, strict=True):
            call_sudo = line_sudo.call_id
            if call_sudo and vals and vals.get("name") in line_sudo._get_texts_of_call():
                vals["name"] = call_sudo._get_neutral_line_text(line_sudo.employee_id)
        return vals_list

    # === BUSINESS METHODS === #

    def _withdraw_texts(self):
        """Give lines whose text is the call's the one that may be read where they are now. What
        people have written remains."""
        # sudo: the text does not depend on who shares the project
        for line_sudo in self.sudo().filtered("call_id"):
            call_sudo = line_sudo.call_id
            if not line_sudo.project_id._is_time_read_outside():
                continue
            text = call_sudo._get_line_text(line_sudo.employee_id, line_sudo.project_id)
            if line_sudo.name == text or line_sudo.name not in line_sudo._get_texts_of_call():
                continue
            line_sudo.name = text
            if line_sudo.call_values:
                line_sudo.call_values = line_sudo.call_values | {"name": text}

    def _get_texts_of_call(self):
        """Return the texts that the line may have got from its call.

        :rtype: set[str]
        """
        self.ensure_one()
        lang = self.employee_id.user_id.lang or self.env.lang
        texts = {self.call_id.with_context(lang=lang)._get_time_text()}
        return texts | {self.call_values["name"]} if self.call_values else texts

    def _follow_call(self, values):
        """Take over what is new about the call, except where a person has chosen otherwise.

        :param dict values: what the call determines, or some of it
        :raise UserError: the line is validated or invoiced
        """
        self.ensure_one()
        manual = self._get_manual_names()
        values = self._with_text_for_project(values, manual)
        news = {
            name: value
            for name, value in values.items()
            if value != self.call_values[name] and name not in manual
        }
        # A new wording is not worth an error.
        if news.keys() == {"name"} and self._get_reason_against_change():
            return
        if news:
            self._check_follows_call()
            self.write(news | {"call_values": self.call_values | news})

    def _with_text_for_project(self, values, manual):
        """Return the values with the text that may be read in the line's project, in which a
        person may have put it.

        :param dict values: what the call determines, or some of it
        :param set manual: names of the values that a person has changed
        """
        if "project_id" not in manual:
            return values
        text = self.call_id._get_line_text(self.employee_id, self.project_id)
        return values | {"name": text}

    def _get_manual_names(self):
        """Return the names of the values that a person has changed."""
        self.ensure_one()
        now = {
            "employee_id": self.employee_id.id,
            "project_id": self.project_id.id,
            "task_id": self.task_id.id,
            "date": fields.Date.to_string(self.date),
            "name": self.name,
            "unit_amount": self.unit_amount,
        }
        chosen = {name for name, value in self.call_values.items() if now[name] != value}
        place = {"project_id", "task_id"}
        return chosen | place if chosen & place else chosen

    def _is_time_manual(self):
        """Return whether a person has set how much time it was, or whose."""
        return bool(self._get_manual_names() & {"unit_amount", "employee_id"})

    def _is_still_automatic(self):
        """Return whether the line is as its call created it, and may still change."""
        self.ensure_one()
        is_changed = not self.call_values or self._get_manual_names()
        return not is_changed and not self._get_reason_against_change()

    def _check_follows_call(self):
        """:raise UserError: a line is validated or invoiced, with what to do about it"""
        for line in self:
            if reason := line._get_reason_against_change():
                raise UserError(reason)

    def _get_reason_against_change(self):
        """Return why the line can no longer follow its call.

        :return: for people; ``False`` if it can
        """
        self.ensure_one()
        if not self._get_state_against_change():
            return False
        if not (invoice := self._get_invoice()):
            return self.env._(
                "The time of %s for this call is validated. Reset the timesheet line first.",
                self.employee_id.name,
            )
        return self.env._(
            "The time of %(who)s for this call is on the invoice %(invoice)s. Cancel the invoice "
            "or credit it first.",
            who=self.employee_id.name,
            invoice=invoice.display_name,
        )

    def _get_state_against_change(self):
        """Return what the line is, if it can no longer be changed.

        :return: for people, such as "validated"; ``False`` if it can be changed
        """
        self.ensure_one()
        # a field of timesheet_grid, if it is installed
        if not getattr(self, "validated", False) and not self._is_readonly():
            return False
        return self.env._("invoiced") if self._get_invoice() else self.env._("validated")

    def _get_invoice(self):
        """Return the invoice of the line, unless it is validated."""
        # fields of timesheet_grid and sale_timesheet, if these are installed
        is_validated = getattr(self, "validated", False)
        return not is_validated and getattr(self, "timesheet_invoice_id", None)
