from odoo import models


class HrEmployee(models.Model):
    _name = "hr.employee"
    _inherit = ["hr.employee", "call.count.mixin"]
    _call_link = "employee_id"
