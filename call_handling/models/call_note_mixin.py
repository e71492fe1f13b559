from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools import is_html_empty


class CallNoteMixin(models.AbstractModel):
    """Calls that people write about."""

    _name = "call.note.mixin"
    _description = "Calls with Notes"

    note_ids = fields.One2many("call.note", "call_id", string="Notes")
    summary = fields.Text()
    has_note_template = fields.Boolean(compute="_compute_has_note_template")

    @api.depends("category_id")
    def _compute_has_note_template(self):
        for call in self:
            call.has_note_template = not is_html_empty(call.category_id._get_note_template())

    def action_add_template_note(self):
        """Begin a note with the questions of the call's category.

        :raise UserError: the category has none
        """
        self.ensure_one()
        template = self.category_id._get_note_template()
        if is_html_empty(template):
            raise UserError(self.env._("The category of this call has no questions to ask."))
        self.env["call.note"].create({"call_id": self.id, "body": template})
