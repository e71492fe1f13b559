from odoo import api, models


class CallRecording(models.Model):
    _inherit = "call.recording"

    def _end(self, state, reason):
        """Override: what was proposed from a recording that must not be kept goes with it. What
        is only old has its own time."""
        result = super()._end(state, reason)
        if state in ("refused", "deleted"):
            self.call_id.outline_ids.unlink()
        return result


class CallCall(models.Model):
    """How long proposals are kept, and what of them a contact gets."""

    _inherit = "call.call"

    # === BUSINESS METHODS === #

    def _delete_conversation(self):
        """Override: what was proposed goes, too, also if it was made from notes."""
        result = super()._delete_conversation()
        self.outline_ids.unlink()
        return result

    def _drop_duplicates(self, other):
        """Override: a call has one outline."""
        if self.outline_ids:
            other.outline_ids.unlink()
        return super()._drop_duplicates(other)

    # === RETENTION === #

    @api.model
    def _get_due_outline(self, company, before):
        return self._get_due_of_calls("call.outline", "create_date", company, before)

    @api.model
    def _delete_due_outline(self, outlines):
        outlines.unlink()

    # === EXPORT === #

    def _prepare_export(self):
        # sudo: whoever exports a contact need not be one who listens
        outlines_sudo = self.sudo().outline_ids
        return super()._prepare_export() | {"proposals": outlines_sudo.point_ids._export_facts()}


class AccountAnalyticLine(models.Model):
    _inherit = "account.analytic.line"

    def _get_texts_of_call(self):
        """Override: what was taken over from the conversation is the call's text, too."""
        # sudo: which text it is does not depend on who may listen
        points_sudo = self.call_id.sudo().outline_ids.point_ids
        taken = points_sudo.filtered(lambda point: point.target == "timesheet")
        return super()._get_texts_of_call() | set(taken.mapped("text"))
