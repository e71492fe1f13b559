from odoo import models
from odoo.exceptions import AccessError, UserError
from odoo.tools import plaintext2html

from ...adapters.transcription import MAX_TEXT, clean
from ...tools import public_method

MAX_WORDS = 20_000  # characters of a passage that is copied


class CallTranscriptLine(models.Model):
    """Corrections: what was heard remains, and whose correction it is."""

    _inherit = "call.transcript.line"

    @public_method(one=True)
    def correct(self, text: str):
        """Store what was really said, or take a correction back.

        :param str text: the whole line; empty, or as it was heard: there is no correction
        :return: as the debrief shows it
        :rtype: dict
        :raise AccessError: the user may read the call, but not edit it
        """
        self.check_access("read")
        call = self.call_id
        if not call.has_access("write") or call.sudo().is_anonymized:
            raise AccessError(
                self.env._("Only those who may edit the call correct its transcript.")
            )
        corrected = clean(text, MAX_TEXT)
        if corrected == self.text:
            corrected = ""
        # sudo: nobody else writes transcripts
        self.sudo().write(
            {
                "corrected_text": corrected or False,
                "corrected_user_id": self.env.uid if corrected else False,
            }
        )
        return self._prepare_for_debrief(call._get_speakers())


class CallCall(models.Model):
    _inherit = "call.call"

    @public_method(one=True)
    def add_from_transcript(self, target: str, lines: list[int]):
        """Copy a passage of the transcript, with who spoke.

        :param str target: ``note``: a new note; ``summary``: added to the summary
        :param lines: ids of the lines, in any order
        :raise UserError: nothing is chosen
        """
        chosen = self.env["call.transcript.line"].search(
            [("id", "in", list(lines)), ("call_id", "=", self.id)]
        )
        if not chosen:
            raise UserError(self.env._("Choose what to copy in the transcript first."))
        speakers = self._get_speakers()
        passage = "\n".join(f"{speakers[line.side]}{line._get_text()}" for line in chosen)
        passage = passage[:MAX_WORDS]
        if target == "note":
            self.env["call.note"].create({"call_id": self.id, "body": plaintext2html(passage)})
        elif target == "summary":
            self.summary = "\n".join(filter(None, (self.summary, passage)))
        else:
            raise UserError(self.env._("Reload the page, and try again."))
