from odoo import api, fields, models

WORK = "timesheet"

# A change of these by hand is followed by the timesheet lines at once.
FOLLOWED = frozenset(
    {
        "category_id",
        "date_start",
        "direction",
        "employee_id",
        "is_private",
        "outcome",
        "partner_id",
        "project_id",
        "summary",
        "talk_seconds",
        "task_id",
        "user_id",
    }
)


class CallTimeMixin(models.AbstractModel):
    """The time of a call on timesheets: a line for each employee who spoke.

    The lines follow the call. What a person has changed on one, or that it was deleted, stays.
    """

    _name = "call.time.mixin"
    _description = "Call Time"

    is_time_wanted = fields.Boolean(
        readonly=True, copy=False, export_string_translation=False, help="Somebody logged it."
    )
    time_made = fields.Json(
        readonly=True,
        copy=False,
        export_string_translation=False,
        help="What the timesheet lines were made of, and for which employees.",
    )

    # === CRUD METHODS === #

    def write(self, vals):
        result = super().write(vals)
        if vals.keys() & FOLLOWED and "call_handling_automatic" not in self.env.context:
            # sudo: what follows from calls by itself is no matter of the user's rights
            for call_sudo in self.sudo():
                if call_sudo.time_made:
                    call_sudo._update_time()
                elif vals.keys() & FOLLOWED - {"summary"}:
                    call_sudo._note_work()
        return result

    # === BUSINESS METHODS === #

    def _get_work(self):
        """Override to have the lines made, and brought in line with the call."""
        work = super()._get_work()
        if self.state == "ended" and (self.time_made or self._wants_time()):
            work.append(WORK)
        return work

    @api.model
    def _get_work_labels(self):
        """Override to name what rules can have made."""
        return super()._get_work_labels() | {WORK: self.env._("Timesheet line")}

    def _check_undo_work(self):
        """Override: lines that are validated or invoiced cannot be undone."""
        # sudo: all lines of the call go, also those that the user does not see
        self.sudo().timesheet_ids._check_follows_call()
        return super()._check_undo_work()

    def _undo_work(self):
        """Override to remove all lines of the call, those made by hand too."""
        call_sudo = self.sudo().with_context(call_handling_automatic=True)
        call_sudo.timesheet_ids.unlink()
        call_sudo.write({"is_time_wanted": False, "time_made": False})
        return super()._undo_work()

    def _work_timesheet(self):
        self.sudo()._update_time()

    def _wants_time(self):
        """Whether the time of the call belongs on timesheets. On the way of every event."""
        if not self.project_id or self.is_private:
            return False
        return self.is_time_wanted or (self.direction != "internal" and self._makes_time())

    def _makes_time(self):
        """Whether a rule or the category lets the time be logged by itself."""
        categories = self.env["call.category"]._get_timesheet_ids()
        return self.category_id.id in categories or WORK in (self.rule_makes or {})

    def _is_length_unknown(self):
        """The end was only assumed, and nobody has corrected the length."""
        return self.is_end_assumed and "talk_seconds" not in (self.reported or {})

    def _update_time(self):
        """Bring the timesheet lines in line with the call.

        :raise UserError: one that must change is validated or invoiced
        """
        self.ensure_one()
        call = self.with_company(self.company_id).with_context(call_handling_automatic=True)
        automatic = call.timesheet_ids.filtered("call_values")
        facts = call._get_time_facts()
        if facts == (call.time_made or {}).get("facts"):
            for line in automatic:
                line._follow_call(call._prepare_line_wording(line.call_values["employee_id"]))
            return
        wanted = call._prepare_timesheets() if call._wants_time() else {}
        call._make_lines(wanted, call._keep_lines(automatic, wanted))
        made = {"facts": facts, "employees": sorted(wanted)} if wanted else False
        call.write({"time_made": made})

    def _get_time_facts(self):
        """What of the call decides how much of its time counts, and where.

        Its lines are counted anew only when this has changed. Rules and settings that were
        changed since then are for other calls.

        :return: as JSON can keep it
        :rtype: dict
        """
        return {
            "project": self.project_id.id,
            "category": self.category_id.id,
            "is_internal": self.direction == "internal",
            "is_private": self.is_private,
            "is_made": self.is_time_wanted or WORK in (self.rule_makes or {}),
            "talks": sorted(
                [employee_id, fields.Datetime.to_string(start), seconds]
                for employee_id, (start, seconds) in self._get_efforts().items()
            ),
        }

    def _keep_lines(self, automatic, wanted):
        """Change or remove the lines that are there.

        :param account.analytic.line automatic: lines that were made by themselves
        :param dict wanted: values by id of the employee
        :return: ids of the employees whose lines are still there
        :rtype: set[int]
        """
        kept, gone = set(), automatic.browse()
        for line in automatic:
            employee_id = line.call_values["employee_id"]
            if employee_id in wanted:
                line._follow_call(wanted[employee_id])
            elif not self.project_id or not line._is_time_by_hand():
                gone += line
                continue
            kept.add(employee_id)
        gone._check_follows_call()
        gone.unlink()
        return kept

    def _make_lines(self, wanted, kept):
        """Make the lines that are not there yet.

        :param dict wanted: values by id of the employee
        :param set kept: ids of the employees whose lines are there
        """
        # Who is known and has no line any more: somebody has deleted it. Who has one of their
        # own making has logged the call already.
        by_hand = self.timesheet_ids.filtered(lambda line: not line.call_values)
        known = {*kept, *by_hand.employee_id.ids, *(self.time_made or {}).get("employees", ())}
        about_call = {"call_id": self.id, "company_id": self.company_id.id}
        self.env["account.analytic.line"].create(
            [
                values | about_call | {"call_values": values}
                for employee_id, values in wanted.items()
                if employee_id not in known
            ]
        )

    def _prepare_timesheets(self):
        """The timesheet lines that the call should have by the rules of today.

        :return: values by id of the employee
        :rtype: dict[int, dict]
        """
        self.ensure_one()
        if self.state != "ended" or not self.project_id.allow_timesheets:
            return {}
        rules = self.project_id._get_call_time_rules(self.company_id)
        if self._is_length_unknown() or not self._is_counted(rules):
            return {}
        return {
            employee_id: self._prepare_line_values(employee_id, start, counted)
            for employee_id, (start, seconds) in self._get_efforts().items()
            if (counted := rules._count_call_time(seconds))
        }

    def _is_counted(self, rules):
        """Whether by these rules a call of this outcome counts."""
        return self.outcome == "answered" or rules.call_time_count_unanswered

    def _prepare_line_values(self, employee_id, start, seconds):
        """What the call decides of a timesheet line, as JSON can keep it.

        :param int employee_id: whose time it is
        :param datetime start: when the employee began
        :param int seconds: time that counts
        :rtype: dict
        """
        employee = self.env["hr.employee"].browse(employee_id)
        local = fields.Datetime.context_timestamp(self.with_context(tz=employee.tz), start)
        company = self.project_id.company_id or self.company_id
        hours = self.env.ref("uom.product_uom_hour")
        unit = company.project_time_mode_id or hours
        return self._prepare_line_wording(employee_id) | {
            "employee_id": employee_id,
            "project_id": self.project_id.id,
            "date": fields.Date.to_string(local.date()),
            "unit_amount": hours._compute_quantity(seconds / 3600, unit, round=False),
        }

    def _prepare_line_wording(self, employee_id):
        """What a timesheet line tells of what the call was about, in the employee's language."""
        lang = self.env["hr.employee"].browse(employee_id).user_id.lang or self.env.lang
        return {
            "task_id": self.task_id.id,
            "name": self.with_context(lang=lang)._get_time_text(),
        }

    def _get_time_text(self):
        """What the timesheet line tells: with whom, and the first line of the summary.

        A mere number is left out: timesheets are read by more people than calls.
        """
        who = self.partner_id.display_name or self.remote_name
        text = self.env._("Call with %s", who) if who else self.env._("Call")
        lines = (self.summary or "").strip().splitlines()
        return f"{text}: {lines[0]}" if lines else text
