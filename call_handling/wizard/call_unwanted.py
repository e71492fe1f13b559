from odoo import api, fields, models
from odoo.fields import Domain

from ..adapters.numbering import same_numbers
from ..tools import public_method


class CallUnwanted(models.TransientModel):
    """Asks before a number is marked as unwanted, and says what follows from it."""

    _name = "call.unwanted"
    _description = "Mark a Number as Unwanted"

    call_id = fields.Many2one("call.call", required=True, ondelete="cascade")
    number_label = fields.Char(string="Number", compute="_compute_about")
    past_count = fields.Integer(string="Past Calls", compute="_compute_about")
    partner_label = fields.Char(string="Contacts", compute="_compute_about")
    is_reported = fields.Boolean(compute="_compute_about")
    can_decide = fields.Boolean(compute="_compute_about")
    is_filed = fields.Boolean(compute="_compute_about", export_string_translation=False)
    loses_time = fields.Boolean(compute="_compute_about", export_string_translation=False)

    @api.depends("call_id")
    @api.depends_context("uid")
    def _compute_about(self):
        can_decide = self.env["call.block"]._may_decide()
        self.number_label = self.partner_label = False
        self.is_reported = self.can_decide = self.past_count = False
        self.is_filed = self.loses_time = False
        for wizard in self.filtered("call_id"):
            call = wizard.call_id
            wizard.can_decide = can_decide
            wizard.number_label = call.number_label
            wizard.is_reported = call._is_number_reported()
            wizard.is_filed = call._is_filed_when_marked()
            # sudo: whoever decides need not see the lines of colleagues
            lines_sudo = call.sudo().timesheet_ids.filtered("call_values")
            wizard.loses_time = bool(lines_sudo) and call._is_category_automatic()
            wizard.past_count = wizard._count_past_calls()
            contacts = wizard._get_contacts()
            wizard.partner_label = ", ".join(contacts.mapped("display_name"))

    def _count_past_calls(self):
        """Return how many calls of the number there are: all that the decision is about or, for
        a proposal, those that the user sees."""
        call = self.call_id
        # sudo: who decides about all calls of the number need not see each of them
        calls = self.env["call.call"].sudo(self.can_decide)
        return calls.search_count(
            Domain("remote_number", "in", same_numbers(call.remote_number))
            & Domain("company_id", "=", call.company_id.id)
            & Domain("direction", "=", "incoming")
            & Domain("id", "!=", call.id)
        )

    def _get_contacts(self):
        """Return whose number it is, as far as that is known, whatever was set on the call."""
        call = self.call_id
        match = self.env["call.number"]._match(
            call.remote_number, call.company_id, call._get_readings()
        )
        found = call.partner_id.browse([*match.candidate_ids, match.partner_id or 0])
        return (call.partner_id | call.candidate_ids | found.exists())._filtered_access("read")

    @public_method(one=True)
    def action_confirm(self):
        """Mark the number as unwanted, or propose it."""
        proposal = self.call_id._mark_unwanted()
        return proposal._get_notification() if proposal else {"type": "ir.actions.act_window_close"}
