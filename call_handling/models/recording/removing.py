from odoo import api, fields, models
from odoo.exceptions import UserError

from ...adapters.reasons import Reason, Why
from ...tools import KEEPING_EVENTS, public_method
from .call_recording import PENDING


class CallRecording(models.Model):
    _inherit = "call.recording"

    @api.model
    def _forget_of(self, pbx, refs):
        """Delete recordings of calls about which nothing may be stored, as far as they are not
        linked with them yet.

        :param call.pbx pbx: the telephone system
        :param refs: its ids of the calls
        """
        self._search_of(pbx, refs).unlink()

    @api.model
    def _search_of(self, pbx, refs):
        # sudo: they go whoever may hear them
        return self.sudo().search([("pbx_id", "=", pbx.id), ("call_ref", "in", list(refs))])


class CallCall(models.Model):
    """When the sound of a call goes: its caller refuses, it becomes private, or somebody deletes
    it."""

    _inherit = "call.call"

    is_recording_refused = fields.Boolean(
        string="Caller Refuses Recording",
        readonly=True,
        copy=False,
        when_joined="any",
        card="content",
        help="Recordings of this call are deleted, and not stored when they come later.",
    )
    can_refuse_recording = fields.Boolean(compute="_compute_can_refuse_recording")

    # === COMPUTE METHODS === #

    @api.depends("is_recording_refused", "recording_state", "is_private", "is_anonymized", "pbx_id")
    @api.depends_context("uid")
    def _compute_can_refuse_recording(self):
        # sudo: which rules there are is for administrators
        rules_sudo = self.env["call.recording.rule"].sudo()
        for call in self:
            is_open = call.pbx_id and not (call.is_private or call.is_anonymized)
            call.can_refuse_recording = bool(
                is_open
                and not call.is_recording_refused
                and (
                    call.recording_state in ("pending", "here")
                    or rules_sudo._get_mode_for(call.sudo()) != "never"
                )
                and call.has_access("write")
            )

    # === CRUD METHODS === #

    def unlink(self):
        """Override: the files go, too. If only the row goes, and the events stay, the recordings
        wait for the call to which these lead."""
        # sudo: they go whatever of them the user may hear
        recordings_sudo = self.sudo().recording_ids
        if recordings_sudo and self.env.su and KEEPING_EVENTS.get(self.env):
            recordings_sudo.call_id = False
        elif recordings_sudo:
            self.check_access("unlink")
            recordings_sudo.unlink()
        return super().unlink()

    # === ACTION METHODS === #

    @public_method()
    def action_refuse_recording(self):
        """Delete the recordings of the calls, and store none that come later, because the caller
        does not want it."""
        self.check_access("write")
        if self.filtered(lambda call: call.is_private or call.is_anonymized):
            raise UserError(
                self.env._("No recording is stored of a call that is private or anonymized.")
            )
        self.env["call.audit"]._log("refuse_recording", self)
        # sudo: nobody writes what is recorded, and it goes whoever may hear it
        calls_sudo = self.sudo()
        calls_sudo.is_recording_refused = True
        calls_sudo._delete_conversation()
        self.env["call.control"]._stop_recording(self)

    @public_method()
    def action_delete_recordings(self):
        """Delete the sound of the calls, on behalf of an administrator of calls."""
        self.check_access("unlink")
        # sudo: it goes whoever may hear it
        recordings_sudo = self.sudo().recording_ids.filtered(
            lambda recording: recording.state in (*PENDING, "here")
        )
        self.env["call.audit"]._log("delete_recording", recordings_sudo)
        recordings_sudo._end("deleted", Reason(Why.FILE_DELETED))

    # === BUSINESS METHODS === #

    def _delete_conversation(self):
        """Delete what has been recorded of calls whose callers refuse it, in whatever state it
        is. Override for what was made from it."""
        self.recording_ids._decide()
        self._notify_listeners()

    def _keep_refused(self, draft):
        """Do what follows from more events of a call whose caller has refused.

        :param intake.draft.Draft draft: the call with what is new
        """
        if draft.is_joined:
            self._delete_conversation()
        if draft.is_recording_new:
            self.env["call.control"]._stop_recording(self)

    def _erase_conversation(self):
        """Override: also what came before the call, and is not linked with it yet."""
        if self.pbx_id:
            refs = self.env["call.event"]._get_refs_of(self)
            self.env["call.recording"]._forget_of(self.pbx_id, refs)
        return super()._erase_conversation()

    def _get_card_data(self):
        # whether the user may listen is said where the players are
        return super()._get_card_data() | {"is_recorded": self.recording_state == "here"}

    def _get_card_capabilities(self):
        return super()._get_card_capabilities() | {"refuse_recording": self.can_refuse_recording}
