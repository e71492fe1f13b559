import logging
from datetime import timedelta

from odoo import api, fields, models
from odoo.tools import SQL

from ...adapters.api import ApiError
from ...tools import ReasonField, log_failure

_logger = logging.getLogger(__name__)

CRON = "call_handling.ir_cron_remove_recordings"
# After an attempt: until the next one
PAUSES = [
    *(timedelta(minutes=minutes) for minutes in (1, 15)),
    *(timedelta(hours=hours) for hours in (1, 6, 24, 24, 24)),
]
BATCH = 100
GONE = (404, 410)


class CallRecordingRemoval(models.Model):
    """A recording that the telephone system must delete, too. It says nothing else about it, and
    goes when that is done: the call may be private."""

    _name = "call.recording.removal"
    _description = "Recording to Delete in the Telephone System"
    _inherit = ["call.guard.mixin"]
    _order = "id"
    _rec_name = "ref"

    pbx_id = fields.Many2one(
        "call.pbx", string="Telephone System", required=True, ondelete="cascade"
    )
    ref = fields.Char(string="Reference", required=True)
    attempts = fields.Integer(aggregator=None)
    date_due = fields.Datetime(string="Next Attempt")
    error = ReasonField(string="Reason", help="Why it is not deleted.")

    _ref_uniq = models.UniqueIndex("(pbx_id, ref)", "This recording is being deleted already.")
    _due_idx = models.Index("(date_due) WHERE date_due IS NOT NULL")

    # === BUSINESS METHODS === #

    @api.model
    def _plan(self, pbx, refs):
        """Have a telephone system delete recordings, if the administrator wants that.

        :param call.pbx pbx: the telephone system
        :param refs: its ids of the recordings
        """
        if not refs or not pbx.deletes_recordings or not pbx.can_delete_recordings:
            return
        # Not by the ORM: nothing says who has made a call private.
        self.env.cr.execute(
            SQL(
                """
                INSERT INTO call_recording_removal (pbx_id, ref, attempts, date_due)
                SELECT %s, unnest(%s::varchar[]), 0, now() AT TIME ZONE 'UTC'
                ON CONFLICT DO NOTHING
                """,
                pbx.id,
                sorted(refs),
            )
        )
        self._trigger()

    @api.model
    def _trigger(self, date=None):
        # not env.ref(): it queries the database
        cron_id = self.env["ir.model.data"]._xmlid_to_res_id(CRON)
        # sudo: recordings are deleted whatever the user may see
        self.env["ir.cron"].sudo().browse(cron_id)._trigger(date)

    def _remove(self):
        """Ask the telephone system to delete the recording. The attempt after this one is planned
        before, and nothing is locked while it is asked."""
        self.ensure_one()
        due = fields.Datetime.now() + PAUSES[min(self.attempts, len(PAUSES) - 1)]
        self.write({"attempts": self.attempts + 1, "date_due": due})
        self._trigger(due)
        adapter, ref, pbx = self.pbx_id._get_adapter(), self.ref, self.pbx_id
        self.env["ir.cron"]._commit_progress()
        error = ""
        try:
            adapter.delete_recording(ref)
        except ApiError as caught:
            error = "" if caught.status in GONE else pbx._explain_api_error(caught)
        except Exception as caught:
            error = log_failure(_logger, f"A recording of {pbx.id} is not deleted there", caught)
        if not self.exists():
            return
        if not error:
            self.unlink()
        else:
            is_last = self.attempts >= len(PAUSES)
            self.write({"error": error} | ({"date_due": False} if is_last else {}))

    # === CRON METHODS === #

    @api.model
    def _cron_remove(self):
        """Have recordings deleted that are due. A copy of the database asks nobody."""
        if self.env["call.pbx"]._is_database_copy():
            return
        due = self.search([("date_due", "<=", fields.Datetime.now()), ("pbx_id.active", "=", True)])
        self.env["ir.cron"]._commit_progress(remaining=len(due))
        for removal in due[:BATCH]:
            if removal.try_lock_for_update():
                removal._remove()
            if not self.env["ir.cron"]._commit_progress(1):
                break


class CallRecording(models.Model):
    _inherit = "call.recording"

    def _remove_there(self):
        """Have the recordings deleted in their telephone systems, as far as these keep them."""
        for pbx, own in self.filtered("is_offered").grouped("pbx_id").items():
            self.env["call.recording.removal"]._plan(pbx, own.mapped("ref"))

    def unlink(self):
        """Override: nor does the telephone system keep what must not be kept. One whose call has
        never come is only let go of."""
        self.filtered("call_id")._remove_there()
        return super().unlink()

    def _end(self, state, reason):
        """Override: what the caller refuses, what was deleted, and what has become too old is not
        kept by the telephone system either. What no rule stores is its own business."""
        is_old = state == "expired"
        gone = self.filtered(
            lambda recording: state == "deleted"
            or (is_old and recording.state == "here")
            or (state == "refused" and recording.call_id.is_recording_refused)
        )
        result = super()._end(state, reason)
        gone._remove_there()
        return result

    @api.model
    def _forget_of(self, pbx, refs):
        """Override: the telephone system forgets them, too."""
        self._search_of(pbx, refs)._remove_there()
        return super()._forget_of(pbx, refs)

    @api.model
    def _drop_facts(self, pbx, facts):
        """Override: the telephone system does not keep what is not even noted."""
        result = super()._drop_facts(pbx, facts)
        offered = {fact.ref for fact in facts if fact.is_offered}
        self.env["call.recording.removal"]._plan(pbx, offered)
        return result
