from odoo import models


class ProjectTask(models.Model):
    _name = "project.task"
    _inherit = ["project.task", "call.count.mixin"]
    _call_link = "task_id"

    # === CRUD METHODS === #

    def write(self, vals):
        """Override: in another project, people outside may be able to read the tasks."""
        if "project_id" not in vals:
            return super().write(vals)
        inside = self.filtered(lambda task: not task.project_id._is_read_outside())
        result = super().write(vals)
        outside = inside.filtered(lambda task: task.project_id._is_read_outside())
        self.env["call.call"]._withdraw_texts(outside)
        return result
