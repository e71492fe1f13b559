from datetime import timedelta

from odoo import api, fields, models
from odoo.tools import SQL

from ...adapters.reasons import Reason, Why
from ..call.retention import Due
from .call_recording import FILE, PENDING

# How long a recording waits for its call, or for the rest of its file
WAITS = timedelta(days=7)
BATCH = 100


class CallRecording(models.Model):
    _inherit = "call.recording"

    # === CRON METHODS === #

    @api.model
    def _cron_decide(self):
        """Decide about recordings once everything about their calls should have come, and let go
        those whose call or file has never come."""
        cron = self.env["ir.cron"]
        pending = self.search([("state", "in", PENDING)], order="write_date, id")
        for start in range(0, len(pending), BATCH):
            batch = pending[start : start + BATCH].try_lock_for_update()
            late = batch.filtered(lambda r: r.write_date + WAITS < fields.Datetime.now())
            unknown = late.filtered(lambda recording: not recording.call_id)
            unknown.unlink()
            (late - unknown)._end("expired", Reason(Why.FILE_INCOMPLETE))
            (batch - late)._decide()
            if not cron._commit_progress(len(batch), remaining=len(pending) - start - len(batch)):
                return


class CallCall(models.Model):
    """How long recordings are kept, and what of them a contact gets."""

    _inherit = "call.call"

    # === RETENTION === #

    @api.model
    def _get_due_recording(self, company, before):
        source = SQL(
            """
            call_recording i JOIN call_call c ON c.id = i.call_id
             WHERE i.state = 'here' AND i.date_start < %s AND c.company_id = %s
            """,
            before,
            company.id,
        )
        sounds = Due("call.recording", source, SQL("i.date_start"))
        return [*super()._get_due_recording(company, before), sounds]

    @api.model
    def _delete_due_recording(self, records):
        if records._name != "call.recording":
            return super()._delete_due_recording(records)
        return records._end("expired", Reason(Why.FILE_TOO_OLD))

    # === EXPORT === #

    def _prepare_export(self):
        # sudo: whoever exports a contact need not be one who listens
        return super()._prepare_export() | {"recordings": self.sudo().recording_ids._export_facts()}

    def _get_files_sudo(self):
        recordings_sudo = self.sudo().recording_ids.filtered(lambda r: r.state == "here")
        return super()._get_files_sudo() + recordings_sudo._get_files_sudo(FILE)
