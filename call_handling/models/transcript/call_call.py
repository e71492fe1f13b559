from datetime import timedelta

from odoo import fields, models

from ...adapters.recording import Side


class CallCall(models.Model):
    _inherit = "call.call"

    transcript_ids = fields.One2many(
        "call.transcript",
        "call_id",
        string="Transcripts",
        groups="call_handling.group_call_recording_own",
    )

    def _get_transcript_text(self):
        """Return what was said in the call: a line for each thing that one side has said, in the
        order of time and with corrections. It is nothing of what the user may not read.

        :return: plain text; empty if there is no transcript
        :rtype: str
        """
        self.ensure_one()
        speakers = self._get_speakers()
        lines = self.env["call.transcript.line"].search(
            [("call_id", "=", self.id), ("transcript_id.state", "=", "here")]
        )
        return "\n".join(
            f"{speakers[line.side]}{line._get_text()}" for line in lines.sorted(_get_moment)
        )

    def _is_excluded_from_transcripts(self):
        """Return whether the call is that of a department without transcripts, or of one below
        it.

        :rtype: bool
        """
        departments = self.department_id | self.person_department_id
        above = {part for one in departments for part in (one.parent_path or "").split("/")}
        return any(str(one.id) in above for one in self.company_id.call_transcript_excluded_ids)

    def _get_speakers(self):
        """Return what stands before what a side has said.

        :rtype: dict[str, str]
        """
        is_outgoing = self.direction == "outgoing"
        outside = self.env._("Person called: ") if is_outgoing else self.env._("Caller: ")
        return {
            Side.OUTSIDE.value: outside,
            Side.INSIDE.value: self.env._("Our side: "),
            "unknown": "",
        }


def _get_moment(line):
    start = line.transcript_id.date_start or fields.Datetime.now()
    return start + timedelta(milliseconds=line.start), line.id
