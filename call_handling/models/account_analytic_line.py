from odoo import api, fields, models
from odoo.exceptions import UserError


class AccountAnalyticLine(models.Model):
    _name = "account.analytic.line"
    _inherit = ["account.analytic.line", "call.guard.mixin"]

    call_id = fields.Many2one("call.call", index="btree_not_null", copy=False, writable="create")
    call_category_id = fields.Many2one(related="call_id.category_id", string="Call Category")
    call_partner_id = fields.Many2one(related="call_id.partner_id", string="Contact of the Call")
    call_values = fields.Json(
        copy=False,
        readonly=True,
        export_string_translation=False,
        help="What the line got from the call. Where it differs, a person has changed it.",
    )

    # === CRUD METHODS === #

    @api.model_create_multi
    def create(self, vals_list):
        """Override: a line shows the contact of its call, so the call must not be hidden."""
        call_ids = {vals["call_id"] for vals in vals_list if vals.get("call_id")}
        self.env["call.call"].browse(sorted(call_ids)).check_access("write")
        return super().create(vals_list)

    # === BUSINESS METHODS === #

    def _follow_call(self, values):
        """Take over what is new about the call, except where a person has chosen otherwise.

        :param dict values: what the call determines, or some of it
        :raise UserError: the line is validated or invoiced
        """
        self.ensure_one()
        manual = self._get_manual_names()
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
        # fields of timesheet_grid and sale_timesheet, if these are installed
        invoice = getattr(self, "timesheet_invoice_id", None)
        is_readonly = self._is_readonly()
        if getattr(self, "validated", False) or (is_readonly and not invoice):
            return self.env._(
                "The time of %s for this call is validated. Reset the timesheet line first.",
                self.employee_id.name,
            )
        if not is_readonly:
            return False
        return self.env._(
            "The time of %(who)s for this call is on the invoice %(invoice)s. Cancel the invoice "
            "or credit it first.",
            who=self.employee_id.name,
            invoice=invoice.display_name,
        )
