from odoo import api, models

# Who sets these by hand has the last word.
ASSIGNED = frozenset({"user_id", "department_id", "line_id", "project_id", "category_id"})


class CallAssignment(models.AbstractModel):
    """Whose call it is, and where it belongs."""

    _name = "call.assignment"
    _description = "Assignment of Calls"

    @api.model
    def _prepare_values(self, pbx, call, state, changed):
        """Values for a call that is new or of which something has changed.

        :param call.pbx pbx: the telephone system
        :param call.call call: empty for a new one
        :param adapters.fold.CallState state: all that happened
        :param dict changed: new values of the call's facts
        :return: without what somebody has set by hand
        :rtype: dict
        """
        values = {}
        if not call or "line_number" in changed:
            values |= self._prepare_line_values(pbx, changed.get("line_number"))
        if not call or self._people_changed(pbx, call, state):
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
    def _people_changed(self, pbx, call, state):
        owners = self.env["call.extension"]._get_owners(pbx.id)
        present = {leg.leg_ref: leg.user_id.id for leg in call.leg_ids}
        future = {leg.ref: owners.get(leg.extension.lower(), False) for leg in state.legs}
        return present != future or call.user_id.id != future.get(state.speaker, False)

    @api.model
    def _prepare_people_values(self, pbx, call, state, line_values):
        """The person who spoke or, unanswered, whose call it was; and the department."""
        owners = self.env["call.extension"]._get_owners(pbx.id)
        users = {leg.ref: owners.get(leg.extension.lower(), False) for leg in state.legs}
        user_id = users.get(state.speaker, False)
        line = self.env["call.line"].browse(line_values.get("line_id", call.line_id.id))
        company_id = line_values.get("company_id", call.company_id.id)
        concerned = [user_id] if user_id else [user for user in users.values() if user]
        department = line.department_id or self._get_common_department(concerned, company_id)
        return {"user_id": user_id, "department_id": department.id}

    @api.model
    def _get_common_department(self, user_ids, company_id):
        """The department in which all of these people are, if there is one.

        :rtype: hr.department
        """
        # sudo: in which department somebody works decides who sees the call
        employees_sudo = (
            self.env["hr.employee"]
            .sudo()
            .search([("user_id", "in", user_ids), ("company_id", "=", company_id)])
            if user_ids
            else self.env["hr.employee"].sudo()
        )
        departments_sudo = employees_sudo.department_id
        return departments_sudo if len(departments_sudo) == 1 else departments_sudo.browse()
