from odoo import models


class ResourceResource(models.Model):
    _inherit = "resource.resource"

    def write(self, vals):
        """Override: an employee is archived, or returns, with the resource, whichever of the two is
        written."""
        if "active" not in vals:
            return super().write(vals)
        changed = self.filtered(lambda resource: resource.active != bool(vals["active"]))
        # sudo: whoever manages resources need not see employees
        employees_sudo = changed.sudo().employee_id
        extensions = self.env["call.extension"]
        with extensions._following_people("employee_id", employees_sudo):
            result = super().write(vals)
        self.env.registry.clear_cache()
        return result
