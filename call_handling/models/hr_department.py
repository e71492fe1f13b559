from odoo import models


class HrDepartment(models.Model):
    _name = "hr.department"
    _inherit = ["hr.department", "call.count.mixin"]
    _call_link = "department_id"
    _call_total_is_shown = False  # as of its employees
