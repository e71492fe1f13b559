from odoo import models


class ProjectProject(models.Model):
    _name = "project.project"
    _inherit = ["project.project", "call.count.mixin"]
    _call_link = "project_id"
