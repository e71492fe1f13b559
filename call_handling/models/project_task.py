from contextlib import contextmanager

from odoo import models


class ProjectTask(models.Model):
    _name = "project.task"
    _inherit = ["project.task", "call.count.mixin"]
    _call_link = "task_id"

    # === COMPUTE METHODS === #

    def _compute_field_value(self, field):
        """Override: subtasks follow their parent into another project without `write`."""
        if field.name != "project_id":
            return super()._compute_field_value(field)
        with self.filtered("id")._withdraw_texts_if_moved():
            return super()._compute_field_value(field)

    # === CRUD METHODS === #

    def write(self, vals):
        """Override: in another project, people outside may be able to read the tasks."""
        if "project_id" not in vals:
            return super().write(vals)
        with self._withdraw_texts_if_moved():
            return super().write(vals)

    def copy_data(self, default=None):
        """Override: copies, also the next task of a recurrence, have no texts of calls."""
        return self.env["call.call"]._remove_from_copies(self, super().copy_data(default))

    # === BUSINESS METHODS === #

    @contextmanager
    def _withdraw_texts_if_moved(self):
        """Remove what calls have written into tasks that are moved meanwhile to where people
        outside can read them."""
        inside = self.filtered(lambda task: not task.project_id._is_read_outside())
        yield
        outside = inside.filtered(lambda task: task.project_id._is_read_outside())
        self.env["call.call"]._withdraw_texts(outside)
