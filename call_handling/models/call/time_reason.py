from odoo import api, fields, models


class CallCall(models.Model):
    """Why the time of a call, or of somebody who spoke in it, is not on timesheets although it
    should be.

    Whether something is missing is noted by the job that logs the time, for the filter. Why, is
    found out when somebody looks, or presses the button.
    """

    _inherit = "call.call"

    is_time_missing = fields.Boolean(
        string="Time Not Logged",
        readonly=True,
        copy=False,
        when_joined="any",
        help="Time of this call should be on timesheets, and is not.",
        when_anonymized="keep",
    )
    time_reason = fields.Text(
        string="Why Time Is Not Logged", compute="_compute_time_reason", copy=False
    )

    _time_missing_idx = models.Index("(date_start) WHERE is_time_missing IS TRUE")

    # === COMPUTE METHODS === #

    @api.depends("is_time_missing", "project_id", "state", "timesheet_ids", "employee_id")
    @api.depends_context("lang")
    def _compute_time_reason(self):
        # sudo: who works where is not confidential; the employees' records may be
        for call, call_sudo in zip(self, self.sudo(), strict=True):
            reasons = call_sudo.is_time_missing and (
                call_sudo._get_reasons_against_time()
                or [self.env._("The time can be logged now: click on Log Time.")]
            )
            call.time_reason = reasons and "\n".join(reasons)

    # === BUSINESS METHODS === #

    def _note_missing_time(self):
        """Note whether time is missing that should be logged."""
        self.ensure_one()
        has_time = self.is_time_requested or self._can_have_time()
        is_wanted = has_time and self._is_time_wanted()
        is_missing = is_wanted and bool(self._get_reasons_against_time())
        if is_missing != self.is_time_missing:
            self.is_time_missing = is_missing

    def _can_have_time(self):
        """Return whether somebody of ours may have spoken or waited: of a missed call, nobody
        expects time."""
        return self.outcome == "answered" or self.direction == "outgoing"

    def _get_reason_against_time(self):
        """Return why nothing of the call can be logged now, and what to do about it.

        :return: for people; ``False`` if something can
        """
        self.ensure_one()
        if self.timesheet_ids and not self.is_time_missing:
            return self.env._("The time of the call is already logged.")
        if reason := self._get_reason_of_call():
            return reason
        wanted = self._prepare_timesheets()
        if wanted.keys() - self._get_archived_ids(wanted) - set(self.timesheet_ids.employee_id.ids):
            return False
        return "\n".join(self._get_reasons_of_people())

    def _get_reasons_against_time(self):
        """Return why not all of the call's time is logged, and what to do about it. Override to
        add reasons.

        :return: for people; empty if nothing is missing, or nothing prevents it
        :rtype: list[str]
        """
        self.ensure_one()
        if reason := self._get_reason_of_call():
            return [reason]
        return self._get_reasons_of_people()

    def _get_reason_of_call(self):
        """Return why nobody's time of the call can be logged."""
        if self.is_private:
            return self.env._("Private calls are never logged on timesheets.")
        if self.state != "ended":
            return self.env._("The call is not over yet. Log its time when it has ended.")
        return self._get_reason_of_project() or self._get_reason_against_counting()

    def _get_reason_of_project(self):
        """Return why no time can be logged on the project of the call."""
        project = self.project_id
        if not project:
            return self.env._("Choose the project of the call first, then log its time.")
        if not project.allow_timesheets:
            return self.env._(
                "The project %s has no timesheets. Enable them in its settings, or choose another "
                "project.",
                project.display_name,
            )
        if project.company_id and project.company_id != self.company_id:
            return self.env._(
                "The project %(project)s belongs to %(other)s, but the call to %(company)s. Choose "
                "a project of the same company.",
                project=project.display_name,
                other=project.company_id.name,
                company=self.company_id.name,
            )
        return False

    def _get_reason_against_counting(self):
        """Return why no time of the call counts."""
        if self._is_duration_unknown():
            return self.env._("It is not known when the call ended. Correct its duration first.")
        rules = self.project_id._get_call_time_rules(self.company_id)
        if self._is_counted(rules):
            return False
        if self.direction == "outgoing":
            return self.env._(
                "Nobody has answered. By the rules for call time, such calls are not logged."
            )
        return self._get_reason_of_nobody()

    def _get_reason_of_nobody(self):
        return self.env._(
            "No employee has spoken in the call. If one has, correct its person and duration."
        )

    def _get_reasons_of_people(self):
        """Return whose time is not logged, and why.

        :rtype: list[str]
        """
        efforts, wanted = self._get_efforts(), self._prepare_timesheets()
        strangers = self._get_users_without_employee()
        if not efforts and not strangers:
            return self._unless_logged_by_hand(self._get_reason_of_nobody())
        known = {
            *self.timesheet_ids.employee_id.ids,
            *(self.timesheet_basis or {}).get("employees", ()),
        }
        employees = self.env["hr.employee"].browse(efforts.keys() - known)
        archived_ids = self._get_archived_ids(employees.ids)
        reasons = []
        for user in strangers:
            reasons += self._unless_logged_by_hand(self._get_reason_of_user(user))
        for employee in employees.sorted("id"):
            if employee.company_id != self.company_id:
                reasons.append(self._get_reason_of_other_company(employee))
            elif employee.id in archived_ids:
                reasons.append(self._get_reason_of_archived(employee))
            elif employee.id not in wanted:
                reasons.append(self._get_reason_of_short_time(employee))
        return list(dict.fromkeys(reasons))

    def _unless_logged_by_hand(self, reason):
        """Return a reason that names no employee, unless somebody has logged the call by hand:
        then it is settled.

        :rtype: list[str]
        """
        by_hand = self.timesheet_ids.filtered(lambda line: not line.call_values)
        return [] if by_hand else [reason]

    def _get_users_without_employee(self):
        """Return the users who have spoken and have no employee who could have timesheets.

        :rtype: res.users
        """
        phones = self.leg_ids.filtered("date_answer")
        users = phones.filtered(lambda phone: not phone.employee_id).user_id
        is_manual = "user_id" in (self.manual_fields or ())
        if (is_manual and not self.employee_id) or not phones.user_id:
            has_spoken = is_manual or not self._is_answered_outside()
            users = self.user_id if has_spoken and not self.employee_id else users.browse()
        places = self._get_places(set(users.ids), self.company_id.id)
        return users.filtered(lambda user: user.id not in places)

    def _get_reason_of_user(self, user):
        """Return why a user who has spoken gets no timesheet line."""
        of_company = [("user_id", "=", user.id), ("company_id", "=", self.company_id.id)]
        archived = (
            self.env["hr.employee"].with_context(active_test=False).search(of_company, limit=1)
        )
        if archived:
            return self._get_reason_of_archived(archived)
        return self.env._(
            "%(user)s has no employee in %(company)s. Create one in Employees, then log the time.",
            user=user.name,
            company=self.company_id.name,
        )

    def _get_reason_of_archived(self, employee):
        return self.env._(
            "%s is archived in Employees, and gets no more timesheet lines.", employee.name
        )

    def _get_reason_of_other_company(self, employee):
        return self.env._(
            "%(employee)s is an employee of %(other)s, but the call is one of %(company)s. Create "
            "an employee of %(company)s for the person, then log the time.",
            employee=employee.name,
            other=employee.company_id.name,
            company=self.company_id.name,
        )

    def _get_reason_of_short_time(self, employee):
        return self.env._(
            "The call of %s is too short: by the rules for call time, nothing is logged.",
            employee.name,
        )

    @api.model
    def _get_archived_ids(self, employee_ids):
        """Return which of these employees can have no more timesheet lines.

        :param employee_ids: ids
        :rtype: set[int]
        """
        employees = self.env["hr.employee"].browse(employee_ids)
        return set(employees.filtered(lambda employee: not employee.active).ids)
