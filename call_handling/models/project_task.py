from odoo import models


class ProjectTask(models.Model):
    _name = "project.task"
    _inherit = ["project.task", "call.count.mixin"]
    _call_link = "task_id"
