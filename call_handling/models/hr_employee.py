from odoo import models


class HrEmployee(models.Model):
    _name = "hr.employee"
    _inherit = ["hr.employee", "call.count.mixin"]
    _call_link = "employee_id"

    # === CRUD METHODS === #

    def write(self, vals):
        result = super().write(vals)
        if vals.get("user_id"):
            # sudo: whoever manages employees need not see extensions
            of_employees = [("employee_id", "in", self.ids), ("user_id", "=", False)]
            extensions_sudo = self.env["call.extension"].sudo().search(of_employees)
            extensions_sudo.write({"user_id": vals["user_id"]})
        return result
