from odoo import api, models


class CallCall(models.Model):
    """Calls of phones whose owners have left are nobody's, but still of their department: its lead
    sees them, and finds somebody."""

    _inherit = "call.call"

    @api.model
    def _prepare_people_values(self, draft):
        """Override to add the department."""
        values = super()._prepare_people_values(draft)
        if not any(values.values()):
            values["department_id"] = self._get_former_department(draft)
        return values

    @api.model
    def _get_former_department(self, draft):
        """Return the department of those whose phones these were last, if they have only one.

        :param intake.draft.Draft draft: a call that is nobody's
        :return: id of the department
        :rtype: int | bool
        """
        register = self.env["call.peer"]._get_register(draft.intake.pbx.id)
        start = draft.state.date_start
        legs = draft.state.legs
        owners = {register.find_former_owner(leg.extension, start) for leg in legs}
        owners = [owner for owner in owners if any(owner)]
        if not owners:
            return False
        # sudo: in which department somebody worked decides who sees the call
        employees_sudo = self.env["hr.employee"].sudo().with_context(active_test=False)
        of_users = [
            ("user_id", "in", [owner.user_id for owner in owners if owner.user_id]),
            ("company_id", "=", draft.get("company_id")),
        ]
        found_sudo = employees_sudo.search(of_users)
        found_sudo |= employees_sudo.browse(
            owner.employee_id for owner in owners if owner.employee_id
        )
        departments_sudo = found_sudo.department_id
        return departments_sudo.id if len(departments_sudo) == 1 else False
