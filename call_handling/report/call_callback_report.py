from odoo import api, fields, models

from ..tools import public_method
from .definitions import (
    CALLBACK_CONDITION,
    CALLBACK_DIMENSIONS,
    CALLBACK_MEASURES,
    CALLBACK_SOURCE,
    DUE,
)


class CallCallbackReport(models.Model):
    """Callbacks that have fallen due, one fact each, on the day on which they were due."""

    _name = "call.callback.report"
    _description = "Callbacks Analysis"
    _inherit = ["call.report.mixin"]
    _auto = False
    _depends = {
        "call.callback": [
            "company_id", "date_done", "date_due", "department_id", "line_id", "state",
        ],
        "res.company": ["resource_calendar_id"],
        "resource.calendar": ["tz"],
    }  # fmt: skip

    callback_id = fields.Many2one("call.callback", readonly=True)
    date_due = fields.Datetime(string="Due", readonly=True)
    state = fields.Selection(
        [("open", "To call back"), ("done", "Called back"), ("dropped", "Closed by hand")],
        readonly=True,
    )
    due = fields.Integer(
        string="Fell Due",
        readonly=True,
        help="Callbacks whose deadline has passed, whatever became of them.",
    )
    on_time = fields.Integer(readonly=True, help="Called back by the deadline.")
    late = fields.Integer(readonly=True, help="Called back after the deadline.")
    overdue = fields.Integer(
        string="Still Open", readonly=True, help="The deadline has passed, and nobody called back."
    )
    dropped = fields.Integer(string="Closed by Hand", readonly=True)
    on_time_rate = fields.Float(
        string="Called Back on Time",
        unit="share",
        ratio=("on_time", "due"),
        aggregator="avg",
        readonly=True,
        help="Called back by the deadline ÷ all that fell due, also those that are still open or "
        "were closed by hand.",
    )

    # === ACTION METHODS === #

    @public_method(one=True)
    def action_open_callback(self):
        """Open the callback."""
        return {
            "type": "ir.actions.act_window",
            "res_model": "call.callback",
            "res_id": self.callback_id.id,
            "views": [(False, "form")],
        }

    # === BUSINESS METHODS === #

    @api.model
    def _get_facts(self):
        return {
            "dimensions": CALLBACK_DIMENSIONS,
            "measures": CALLBACK_MEASURES,
            "source": CALLBACK_SOURCE,
            "condition": CALLBACK_CONDITION,
            "key": "callback.id",
            "moment": DUE,
        }
