from odoo import api, models

# Who sets these by hand has the last word.
ASSIGNED = frozenset({"user_id", "department_id", "line_id", "project_id", "category_id"})


class CallAssignment(models.AbstractModel):
    """Whose call it is, and where it belongs."""

    _name = "call.assignment"
    _description = "Assignment of Calls"

    @api.model
    def _prepare_values(self, pbx, call, legs, state, changed):
        """Values for a call that is new or of which something has changed.

        :param call.pbx pbx: the telephone system
        :param call.call call: empty for a new one
        :param dict legs: rows of its phones by reference, as they are now
        :param adapters.fold.CallState state: all that happened
        :param dict changed: new values of the call's facts
        :return: without what somebody has set by hand
        :rtype: dict
        """
        values = {}
        line_changed = not call or "line_number" in changed
        if line_changed:
            values |= self._prepare_line_values(pbx, changed.get("line_number"))
        # The line has a say in the department and the company, so people follow it.
        if line_changed or self._people_changed(pbx, call, legs, state):
            values |= self._prepare_people_values(pbx, call, state, values)
        by_hand = set(call.by_hand or ())
        return {name: value for name, value in values.items() if name not in by_hand}

    @api.model
    def _prepare_line_values(self, pbx, number):
        """What the own number that was dialled stands for."""
        line = self.env["call.line"]._find(number, pbx.company_id)
        return {
            "line_id": line.id,
            "company_id": (line.company_id or pbx.company_id).id,
            "project_id": line.project_id.id,
            "category_id": line.category_id.id,
        }

    @api.model
    def _people_changed(self, pbx, call, legs, state):
        owners = self.env["call.extension"]._get_owners(pbx.id)
        present = {ref: leg.user_id.id for ref, leg in legs.items()}
        future = {leg.ref: owners.get(leg.extension.lower(), False) for leg in state.legs}
        user_id = self._get_user_id(state, future, call.line_id)
        return present != future or call.user_id.id != user_id

    @api.model
    def _get_user_id(self, state, users, line):
        """Who spoke; of a call that came in and reached nobody, whose number it is.

        :param dict users: ids of users by reference of the phone
        """
        user_id = users.get(state.speaker, False)
        if user_id or state.direction != "incoming":
            return user_id
        return line._get_only_person()

    @api.model
    def _prepare_people_values(self, pbx, call, state, line_values):
        """The person who spoke or, unanswered, whose call it was; and the department."""
        owners = self.env["call.extension"]._get_owners(pbx.id)
        users = {leg.ref: owners.get(leg.extension.lower(), False) for leg in state.legs}
        line = self.env["call.line"].browse(line_values.get("line_id", call.line_id.id))
        user_id = self._get_user_id(state, users, line)
        company_id = line_values.get("company_id", call.company_id.id)
        places = self._get_places({*users.values(), user_id} - {False}, company_id)
        employee_id, department_id = places.get(user_id, (False, False))
        if not user_id:
            department_id = self._get_common_department(places)
        return {
            "user_id": user_id,
            "employee_id": employee_id,
            "department_id": line.department_id.id or department_id,
        }

    @api.model
    def _get_places(self, user_ids, company_id):
        """Where people work.

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
        """The department in which all of these people are, if there is one."""
        departments = {department_id for _employee_id, department_id in places.values()}
        return departments.pop() if len(departments) == 1 else False
