from odoo import api, fields, models, tools
from odoo.exceptions import ValidationError
from odoo.tools import is_html_empty


class CallCategory(models.Model):
    """What calls are about, as a tree."""

    _name = "call.category"
    _description = "Call Category"
    _inherit = ["call.cached.mixin", "call.guard.mixin"]
    _parent_store = True
    _rec_name = "complete_name"
    _order = "sequence, complete_name"

    name = fields.Char(required=True, translate=True, writable="admin")
    complete_name = fields.Char(
        string="Full Name", compute="_compute_complete_name", recursive=True, store=True
    )
    parent_id = fields.Many2one("call.category", index=True, ondelete="restrict", writable="admin")
    parent_path = fields.Char(index=True, export_string_translation=False)
    child_ids = fields.One2many("call.category", "parent_id", string="Subcategories")
    sequence = fields.Integer(default=10, writable="admin")
    color = fields.Integer(writable="admin")
    active = fields.Boolean(default=True, writable="admin")
    note_template = fields.Html(
        string="Questions to Ask",
        translate=True,
        help="Notes about such calls begin with it. Subcategories without questions of their own "
        "use these.",
        writable="admin",
    )
    make_timesheet = fields.Boolean(
        string="Log on timesheets",
        help="Logs the time of calls of this category and its subcategories on the timesheets of "
        "their projects automatically.",
        writable="admin",
    )

    @api.depends("name", "parent_id.complete_name")
    def _compute_complete_name(self):
        for category in self:
            parent = category.parent_id.complete_name
            category.complete_name = f"{parent} / {category.name}" if parent else category.name

    @api.constrains("parent_id")
    def _check_parent_id(self):
        if self._has_cycle():
            raise ValidationError(self.env._("A category cannot be a part of itself."))

    # === BUSINESS METHODS === #

    @api.model
    @tools.ormcache()
    def _get_timesheet_ids(self):
        """Return the categories whose calls are logged on timesheets, with their subcategories.
        Cached, since every event needs it.

        :return: ids
        :rtype: frozenset[int]
        """
        # sudo: what happens to calls does not depend on who changes one
        categories_sudo = self.sudo().with_context(active_test=False)
        marked = categories_sudo.search([("make_timesheet", "=", True)])
        return frozenset(categories_sudo.search([("id", "child_of", marked.ids)]).ids)

    def _get_note_template(self):
        """Return the questions to ask: the category's own, or those of its nearest parent."""
        category = self
        while category and is_html_empty(category.note_template):
            category = category.parent_id
        return category.note_template
