from odoo import api, fields, models
from odoo.fields import Domain


class CallCall(models.Model):
    """Missed calls, and the calls that answer them."""

    _inherit = "call.call"

    callback_id = fields.Many2one(
        "call.callback",
        readonly=True,
        copy=False,
        index="btree_not_null",
        app_only=True,
    )
    callback_state = fields.Selection(related="callback_id.state", string="Callback State")
    to_call_back = fields.Boolean(store=False, search="_search_to_call_back")

    @api.model
    def _search_to_call_back(self, operator, value):
        """Find missed calls whose number nobody has spoken with since."""
        if operator != "in":
            return NotImplemented
        # sudo: that a call one sees was answered is not confidential
        waiting = self.env["call.callback"].sudo()._search([("state", "=", "open")])
        domain = Domain("callback_id", "in", waiting)
        return domain if True in value else ~domain

    # === ACTION METHODS === #

    def action_view_callback(self):
        """Open the callback of the call."""
        self.ensure_one()
        return self.callback_id._get_records_action()

    # === CRUD METHODS === #

    def unlink(self):
        callbacks_sudo = self.sudo().callback_id
        result = super().unlink()
        callbacks_sudo.filtered(lambda callback: not callback.call_ids).unlink()
        return result

    # === BUSINESS METHODS === #

    def _needs_callback(self):
        """Return whether the call was missed and the caller can be called back."""
        self.ensure_one()
        missed = self.state == "ended" and self.call_type == "unanswered"
        return missed and bool(self.remote_number) and self._is_processed()

    def _is_conversation(self):
        """Return whether somebody has spoken with the number."""
        self.ensure_one()
        spoken = self.date_answer and self.direction != "internal"
        return spoken and bool(self.remote_number) and not self.is_private

    def _is_answered_since(self):
        """Return whether somebody has spoken with the number after this call."""
        self.ensure_one()
        later = [
            ("remote_number", "=", self.remote_number),
            ("company_id", "=", self.company_id.id),
            ("date_answer", ">", self.date_start),
            ("direction", "!=", "internal"),
        ]
        return bool(self.search_count(later, limit=1))
