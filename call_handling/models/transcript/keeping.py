from odoo import api, models


class CallRecording(models.Model):
    _inherit = "call.recording"

    def _end(self, state, reason):
        """Override: what must not be kept is not kept in writing either. If a recording is only
        old, its transcript has days of its own."""
        result = super()._end(state, reason)
        transcripts = self.transcript_ids
        if state == "expired":
            transcripts = transcripts.filtered(lambda transcript: transcript.state != "here")
        transcripts.unlink()
        return result


class CallCall(models.Model):
    """How long transcripts are kept, and what of them a contact gets."""

    _inherit = "call.call"

    # === BUSINESS METHODS === #

    def _delete_conversation(self):
        """Override: a transcript may have outlived its recording."""
        result = super()._delete_conversation()
        self.transcript_ids.unlink()
        return result

    # === RETENTION === #

    @api.model
    def _get_retention_kinds(self):
        kind = (self.env._("Transcripts"), ("call_keep_transcript_days",))
        return super()._get_retention_kinds() | {"transcript": kind}

    @api.model
    def _get_due_transcript(self, company, before):
        return self._get_due_of_calls("call.transcript", "date_start", company, before)

    @api.model
    def _delete_due_transcript(self, transcripts):
        transcripts.unlink()

    # === EXPORT === #

    def _prepare_export(self):
        # sudo: whoever exports a contact need not be one who listens
        transcripts_sudo = self.sudo().transcript_ids
        return super()._prepare_export() | {
            "transcripts": [
                {**facts, "lines": transcript_sudo.line_ids._export_facts()}
                for transcript_sudo in transcripts_sudo
                for facts in transcript_sudo._export_facts()
            ]
        }
