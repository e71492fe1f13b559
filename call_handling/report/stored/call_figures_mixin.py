from odoo import fields, models


class CallFiguresMixin(models.AbstractModel):
    """What the analysis of calls counts, added up."""

    _name = "call.figures.mixin"
    _description = "Sums of the Analysis of Calls"
    _inherit = ["call.sums.mixin"]
    _report = "call.report"

    outcome = fields.Char(readonly=True)
    missed_reason = fields.Char(readonly=True)
    offered = fields.Integer(readonly=True)
    answered = fields.Integer(readonly=True)
    missed = fields.Integer(readonly=True)
    abandoned = fields.Integer(readonly=True)
    short_abandons = fields.Integer(readonly=True)
    lasting_abandons = fields.Integer(readonly=True)
    lasting = fields.Integer(readonly=True)
    answered_in_time = fields.Integer(readonly=True)
    service_base = fields.Integer(readonly=True)
    strict_base = fields.Integer(readonly=True)
    goal_points = fields.Float(readonly=True, digits=(16, 2))  # a sum of whole percents
    waits = fields.Integer(readonly=True)
    wait_seconds = fields.Integer(readonly=True)
    answered_waits = fields.Integer(readonly=True)
    answered_wait_seconds = fields.Integer(readonly=True)
    longest_wait = fields.Integer(readonly=True)
    outgoing = fields.Integer(readonly=True)
    outgoing_answered = fields.Integer(readonly=True)
    first_contact_base = fields.Integer(readonly=True)
    first_contacts = fields.Integer(readonly=True)
