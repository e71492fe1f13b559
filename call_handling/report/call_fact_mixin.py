from odoo import api, fields, models

from ..tools import category_domain, person_domain, public_method


def _selection_of_calls(name):
    return lambda self: self.env["call.call"]._fields[name]._description_selection(self.env)


class CallFactMixin(models.AbstractModel):
    """A fact about one call: what reports about calls, and about people in them, have in common."""

    _name = "call.fact.mixin"
    _description = "Fact About a Call"
    _inherit = ["call.report.mixin"]
    _auto = False

    call_id = fields.Many2one("call.call", readonly=True)
    date_start = fields.Datetime(string="Start", readonly=True)
    pbx_id = fields.Many2one("call.pbx", string="Telephone System", readonly=True)
    user_id = fields.Many2one("res.users", string="Person", readonly=True)
    employee_id = fields.Many2one("hr.employee", readonly=True)
    person_department_id = fields.Many2one(
        "hr.department",
        string="Department of the Person",
        readonly=True,
        help="Where the person worked who has the call, if it was not in the department of the "
        "call.",
    )
    person_search = fields.Char(
        string="Name of a Person", store=False, search="_search_person_search"
    )
    project_id = fields.Many2one("project.project", readonly=True)
    category_id = fields.Many2one("call.category", readonly=True)
    category_search = fields.Many2one(
        "call.category",
        string="Category, With Those Below It",
        store=False,
        search="_search_category_search",
    )
    direction = fields.Selection(_selection_of_calls("direction"), readonly=True)
    call_type = fields.Selection(_selection_of_calls("call_type"), string="Type", readonly=True)
    conversations = fields.Integer(readonly=True)
    talk_seconds = fields.Integer(string="Talk Time", unit="seconds", readonly=True)
    hold_seconds = fields.Integer(
        string="On Hold", unit="seconds", readonly=True, help="Part of the talk time."
    )
    average_talk = fields.Float(
        string="Average Talk Time",
        unit="seconds",
        ratio=("talk_seconds", "conversations"),
        aggregator="avg",
        readonly=True,
    )

    # === SEARCH METHODS === #

    @api.model
    def _search_person_search(self, operator, value):
        """Find what a person did, as a user or employee, by a part of the name."""
        return person_domain(self.env, operator, value)

    @api.model
    def _search_category_search(self, operator, value):
        """Find what has a category or one below it."""
        return category_domain(self.env, operator, value)

    # === ACTION METHODS === #

    @public_method(one=True)
    def action_open_call(self):
        """Open the call."""
        return {
            "type": "ir.actions.act_window",
            "res_model": "call.call",
            "res_id": self.call_id.id,
            "views": [(False, "form")],
        }
