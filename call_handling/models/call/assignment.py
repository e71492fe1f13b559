from odoo import api, models


class CallCall(models.Model):
    """Determines whose call it is, and where it belongs."""

    _inherit = "call.call"

    # === STEPS OF THE INTAKE === #

    @api.model
    def _intake_assign(self, draft):
        """Set person, employee and department, and what the dialled own number stands for.

        :param intake.draft.Draft draft: a call with its new facts, not a private one
        """
        line = draft.line
        if line is not None:
            draft.set_unless_manual("project_id", line.project_id.id)
            if not draft.get("is_blocked"):
                draft.set_unless_manual("category_id", line.category_id.id)
        # The own number determines the department and the company, so people depend on it.
        if line is not None or draft.is_joined or self._are_people_changed(draft):
            for name, value in self._prepare_people_values(draft).items():
                draft.set_unless_manual(name, value)

    # === BUSINESS METHODS === #

    @api.model
    def _are_people_changed(self, draft):
        present = {ref: (leg.user_id.id, leg.employee_id.id) for ref, leg in draft.legs.items()}
        user_id = self._get_person_id(draft, draft.call.line_id)
        employee_id = self._get_employee_without_user_id(draft, user_id)
        return (
            present != draft.get_owners()
            or draft.call.user_id.id != user_id
            or draft.call.reported_user_id.id != user_id
            or employee_id not in (False, draft.call.employee_id.id)
        )

    @api.model
    def _get_person_id(self, draft, line):
        """Return who spoke or, of an incoming call that reached nobody, whose number it is.

        :rtype: int | bool
        """
        user_id = draft.get_speaker_id()
        if user_id or draft.state.direction != "incoming":
            return user_id
        return line._get_only_person()

    @api.model
    def _get_employee_without_user_id(self, draft, user_id):
        """Return who spoke, if it is an employee without a user.

        :param int user_id: of the user who spoke, if it was one
        :rtype: int | bool
        """
        speaker = draft.get_speaker()
        return speaker.employee_id if speaker and not user_id else False

    @api.model
    def _prepare_people_values(self, draft):
        """Return the person who spoke or, if missed, whose call it was, and the department.

        :rtype: dict
        """
        line = draft.call.line_id if draft.line is None else draft.line
        user_id = self._get_person_id(draft, line)
        user_ids = {*draft.get_users().values(), user_id} - {False}
        places = self._get_places(user_ids, draft.get("company_id"))
        employee_id, department_id = places.get(user_id, (False, False))
        if employee_without_user_id := self._get_employee_without_user_id(draft, user_id):
            employee_id = employee_without_user_id
            # sudo: in which department somebody works decides who sees the call
            employee_sudo = self.env["hr.employee"].sudo().browse(employee_id)
            department_id = employee_sudo.department_id.id
        elif not user_id:
            department_id = self._get_common_department(places)
        return {
            "user_id": user_id,
            "reported_user_id": user_id,
            "employee_id": employee_id,
            "department_id": line.department_id.id or department_id,
        }

    @api.model
    def _get_places(self, user_ids, company_id):
        """Return where people work.

        :param set user_ids: ids of users
        :param int company_id: the company in which the call is
        :return: (id of the employee, id of the department) by user
        :rtype: dict
        """
        if not user_ids:
            return {}
        # sudo: in which department somebody works decides who sees the call
        groups = (
            self.env["hr.employee"]
            .sudo()
            ._read_group(
                [("user_id", "in", list(user_ids)), ("company_id", "=", company_id)],
                ["user_id", "department_id"],
                ["id:min"],
            )
        )
        return {user.id: (employee_id, department.id) for user, department, employee_id in groups}

    @api.model
    def _get_common_department(self, places):
        """Return the department of all of these people, if they have only one."""
        departments = {department_id for _employee_id, department_id in places.values()}
        return departments.pop() if len(departments) == 1 else False
