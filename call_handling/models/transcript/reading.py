from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Domain

from ...tools import public_method
from ..audit.access_log import SAME_PLAYING
from ..recording.listening import LISTEN

SHOWN = ("working", "here")  # states in which there may be lines to read


class CallRecording(models.Model):
    _inherit = "call.recording"

    def _prepare_for_player(self):
        """Override: whether there is a transcript to open, but nothing of it."""
        to_transcribe = self.call_id._get_recordings_to_transcribe()
        return super()._prepare_for_player() | {
            "transcript": self.transcript_ids.state or "",
            "can_transcribe": self in to_transcribe,
        }


class CallTranscript(models.Model):
    """What readers of a transcript get, noted in the access log as listening is."""

    _inherit = "call.transcript"

    def _log_reading(self):
        """Record that the current user reads the transcripts, once in some minutes."""
        log = self.env["call.audit"]
        for transcript in self:
            if not log._is_logged_since("read_transcript", transcript, SAME_PLAYING):
                log._log("read_transcript", transcript)

    def _prepare_for_debrief(self):
        """Return what a debrief shows of a transcript.

        :rtype: dict
        """
        self.ensure_one()
        speakers = self.call_id._get_speakers()
        is_shown = self.state in SHOWN
        return {
            "id": self.id,
            "recording_id": self.recording_id.id,
            "state": self.state,
            "reason": self.reason or "",
            "lines": [line._prepare_for_debrief(speakers) for line in self.line_ids]
            if is_shown
            else [],
        }


class CallTranscriptLine(models.Model):
    _inherit = "call.transcript.line"

    def _prepare_for_debrief(self, speakers):
        """Return what a debrief shows of a line.

        :param dict speakers: what stands before what a side has said
        :rtype: dict
        """
        return {
            "id": self.id,
            "start": self.start,
            "end": self.end,
            "side": self.side,
            "speaker": speakers[self.side].strip().rstrip(":"),
            "text": self._get_text(),
            "original": self.text if self.corrected_text else "",
            "corrected_by": self.corrected_user_id.name or "",
        }


class CallCall(models.Model):
    _inherit = "call.call"

    transcript_search = fields.Char(
        string="Words That Were Said", store=False, search="_search_transcript_search"
    )

    # === SEARCH METHODS === #

    @api.model
    def _search_transcript_search(self, operator, value):
        """Find calls in which words were said, among those whose transcripts the user may read."""
        if operator in Domain.NEGATIVE_OPERATORS:
            return NotImplemented
        lines = self.env["call.transcript.line"]
        values = [typed for typed in (value if operator == "in" else [value]) if typed]
        if not values or not lines.has_access("read"):
            return Domain.FALSE
        said = Domain.OR(
            Domain("corrected_text", "ilike", typed)
            | (Domain("corrected_text", "=", False) & Domain("text", "ilike", typed))
            for typed in values
        )
        return Domain("id", "in", lines._search(said).subselect("call_id"))

    # === SCREENS === #

    @api.model
    def _get_view_cache_key(self, view_id=None, view_type="form", **options):
        """Override: the search view depends on whether there are transcripts."""
        key = super()._get_view_cache_key(view_id, view_type, **options)
        return (*key, view_type == "search" and self._has_transcripts_to_search())

    @api.model
    def _get_view(self, view_id=None, view_type="form", **options):
        """Override: nothing is offered to be searched where no company has transcripts."""
        arch, view = super()._get_view(view_id, view_type, **options)
        if view_type == "search" and not self._has_transcripts_to_search():
            for node in arch.xpath("//field[@name='transcript_search']"):
                node.getparent().remove(node)
        return arch, view

    @api.model
    def _has_transcripts_to_search(self):
        return any(company._has_transcripts() for company in self.env.companies)

    # === BUSINESS METHODS === #

    @public_method(one=True)
    def get_transcripts(self):
        """Return the transcripts of the call for a debrief, and note in the access log that the
        user reads them.

        :return: nothing of what the user may not listen to
        :rtype: dict
        """
        self.check_access("read")
        transcripts = self.env["call.transcript"]
        if transcripts.has_access("read"):
            transcripts = transcripts.search([("call_id", "=", self.id)])
        shown = transcripts.filtered(lambda transcript: transcript.state in SHOWN)
        shown.filtered("line_ids")._log_reading()
        return {
            "transcripts": [transcript._prepare_for_debrief() for transcript in transcripts],
            "can_request": self._can_request_transcripts(),
            "can_edit": bool(transcripts) and self.has_access("write"),
        }

    def _can_request_transcripts(self):
        """Return whether there are recordings that the user may have written down: those without a
        transcript, and those of which it has failed."""
        return bool(self._get_recordings_to_transcribe())

    def _get_recordings_to_transcribe(self):
        if not self.env.user.has_group(LISTEN) or not self.company_id._has_transcripts():
            return self.env["call.recording"]
        heard = self.env["call.recording"].search([("call_id", "=", self.id)])
        # sudo: which departments have none is for administrators
        return heard.filtered(
            lambda recording: recording.transcript_ids.state in (False, "failed")
            and recording.sudo()._may_be_transcribed()
        )

    @public_method(one=True)
    def action_transcribe(self):
        """Have the recordings of the call written down that the user may hear, also where it has
        failed before.

        :raise UserError: there is none
        """
        self.check_access("read")
        recordings = self._get_recordings_to_transcribe()
        if not recordings:
            raise UserError(
                self.env._(
                    "There is no recording of this call that could be written down. Ask an "
                    "administrator of calls whether transcripts are set up."
                )
            )
        # sudo: only the app writes transcripts
        recordings_sudo = recordings.sudo()
        recordings_sudo.transcript_ids._start()
        self.env["call.transcript"].sudo()._plan(recordings_sudo)
