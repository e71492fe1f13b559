from datetime import timedelta

from odoo import api, fields, models
from odoo.tools import SQL

from ...adapters.reasons import Reason, Why
from .call_recording import PENDING
from .call_recording_rule import ALL, REQUEST

# How long after its end more may become known about a call by which it is decided
GRACE = timedelta(minutes=10)
# What of a call decides whether its recordings are stored
DECISIVE = ("direction", "line_id", "department_id", "person_department_id")


class CallRecording(models.Model):
    """Whether a recording is stored: as soon as the rules want it, but refused only when
    everything about its call should have come, since that comes in any order."""

    _inherit = "call.recording"

    def _decide(self):
        """Decide about recordings whose calls are known. What is not complete yet stays pending,
        unless it is refused."""
        for recording in self.filtered("call_id"):
            recording._note_start()
            recording._note_first_side()
            recording._note_request()
            call = recording.call_id
            if call.is_recording_refused:
                # What is not stored here may be kept there nevertheless.
                recording._remove_there()
            if recording.state not in (*PENDING, "here"):
                continue
            if call.is_private or call.is_anonymized:
                recording.unlink()
            elif call.is_recording_refused:
                recording._end("refused", self._explain_refusal())
            elif recording._is_wanted():
                recording._let_in()
            elif recording.state == "here" or recording._is_settled():
                recording._end("refused", self._explain_no_rule())
            else:
                recording._decide_later()

    def _is_wanted(self):
        mode = self.env["call.recording.rule"]._get_mode_for(self.call_id)
        return mode == ALL or (mode == REQUEST and self.is_requested)

    def _let_in(self):
        """Let people listen to the recording, once all of it has come."""
        if self.state == "here" or not self.size or self.received < self.size:
            return
        self._exclude_refusal()
        self.write({"state": "here", "reason": False})
        self._notify_screens()

    def _exclude_refusal(self):
        """Write the call, so that one of both transactions is repeated if the caller refuses in
        another one at this moment: neither would see what the other one does."""
        self.env.cr.execute(
            SQL(
                "UPDATE call_call SET recording_state = recording_state WHERE id = %s",
                self.call_id.id,
            )
        )

    def _note_start(self):
        call = self.call_id
        start = self.reported_start or call.date_answer or call.date_start
        if start != self.date_start:
            self.date_start = start

    def _note_first_side(self):
        """Note who is heard on the first channel, if the sender only says that it is the party
        that was recorded. Who that is may become known later."""
        if not self.is_leg_first or self.first_side or self.call_id.state != "ended":
            return
        if self.leg_id:
            self.first_side = "inside" if self.leg_id.extension else "outside"
        elif self.call_id.direction == "incoming" and self.leg_ref == self.call_ref:
            self.first_side = "outside"  # the caller, with whom the call began, is not among legs

    def _note_request(self):
        """Note that somebody has started it from a card: not every telephone system says so."""
        if not self.is_requested and self.env["call.control"]._has_recorded(self):
            self.is_requested = True

    def _is_settled(self):
        """Return whether everything about the call should have come."""
        call = self.call_id
        if call.state != "ended":
            return False
        last = max(filter(None, (call.date_end, self.create_date)))
        return last + GRACE < fields.Datetime.now()

    def _decide_later(self):
        self.env.ref("call_handling.ir_cron_decide_recordings")._trigger(
            fields.Datetime.now() + GRACE + timedelta(seconds=1)
        )

    @api.model
    def _explain_no_rule(self):
        return Reason(Why.FILE_NO_RULE)

    @api.model
    def _explain_refusal(self):
        return Reason(Why.CALLER_REFUSED)


class CallCall(models.Model):
    _inherit = "call.call"

    @api.model
    def _intake_recordings(self, drafts):
        """Decide again about recordings of calls about which something is new. It costs nothing
        for calls without recordings.

        :param list drafts: `intake.draft.Draft` of all calls of the request
        """
        for draft in drafts:
            call = draft.call
            if call and call.is_recording_refused:
                call._keep_refused(draft)
            if not call or not call.recording_state or not draft.is_changed:
                continue
            recordings = call.recording_ids
            for recording in recordings:
                recording._note_start()
                recording._note_first_side()
            is_decided = not (draft.is_joined or draft.has_changed(*DECISIVE))
            if is_decided and not call.is_recording_refused:
                recordings = recordings.filtered(lambda r: r.state in PENDING)
            recordings._decide()
