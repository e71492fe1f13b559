from datetime import timedelta

from odoo import api, fields, models
from odoo.fields import Domain

from ...adapters.recording import RecordingAbility
from ...tools import ADMIN, public_method
from ..pbx.findings import Finding
from ..pbx.severity import WARNING

RECENT = timedelta(days=7)


class CallPbx(models.Model):
    """What can be done about the recordings of a telephone system, and what went wrong."""

    _inherit = "call.pbx"

    can_delete_recordings = fields.Boolean(compute="_compute_recording_abilities")
    recording_label = fields.Char(
        string="Possible",
        compute="_compute_recording_abilities",
        groups=ADMIN,
        help="What can be done about recordings. Which of them are stored is decided by rules. "
        "What can be started, paused and stopped from the card is said in its documentation.",
    )
    deletes_recordings = fields.Boolean(
        string="Delete There, Too",
        help="Recordings are also deleted in the telephone system when the caller refuses, the "
        "call becomes private or is deleted, an administrator deletes them, or they are as old as "
        "recordings are kept. What no rule stores remains there.",
        groups=ADMIN,
        writable="admin",
        tracking=True,
    )

    # === COMPUTE METHODS === #

    @api.depends("adapter")
    @api.depends_context("lang")
    def _compute_recording_abilities(self):
        for pbx in self:
            adapter = self._get_adapter_class(pbx.adapter)
            possible = [a for a in RecordingAbility if a in adapter.capabilities.recordings]
            pbx.can_delete_recordings = RecordingAbility.DELETE in possible
            pbx.recording_label = ", ".join(
                self._translate(adapter, ability.label) for ability in possible
            )

    # === ACTION METHODS === #

    @public_method(one=True)
    def action_fetch_again(self):
        """Try again to fetch recordings, after what was wrong is corrected."""
        self.check_access("write")
        # sudo: recordings are fetched whatever the administrator may hear
        self.sudo()._search_unfetched()._fetch_again()

    @public_method(one=True)
    def action_remove_again(self):
        """Try again to have recordings deleted in the telephone system."""
        self.check_access("write")
        # sudo: only the app writes them
        removals_sudo = self.sudo()._search_unremoved()
        removals_sudo.write({"attempts": 0, "date_due": fields.Datetime.now()})
        removals_sudo._trigger()

    # === FINDINGS === #

    @api.model
    def _get_finding_names(self):
        return [*super()._get_finding_names(), "unfetched_recordings", "unremoved_recordings"]

    def _find_unfetched_recordings(self):
        # sudo: how many there are and why, and nothing of their calls
        failed = self.sudo()._search_unfetched()
        if not failed:
            return None
        text = self.env._(
            "Recordings that could not be fetched in the last 7 days: %(count)s. The last reason: "
            "%(reason)s Correct it, and try again.",
            count=len(failed),
            reason=failed[0].reason,
        )
        button = self.env._("Try Again")
        return Finding("unfetched_recordings", WARNING, text, button, "action_fetch_again")

    def _find_unremoved_recordings(self):
        failed = self.sudo()._search_unremoved()
        if not failed:
            return None
        text = self.env._(
            "Recordings that the telephone system has not deleted: %(count)s. The last reason: "
            "%(reason)s Correct it and try again, or delete them there: %(refs)s",
            count=len(failed),
            reason=failed[0].error,
            refs=", ".join(failed[:5].mapped("ref")),
        )
        button = self.env._("Try Again")
        return Finding("unremoved_recordings", WARNING, text, button, "action_remove_again")

    def _search_unfetched(self):
        """Return the recordings that could not be fetched, the last one first."""
        recent = Domain("write_date", ">=", fields.Datetime.now() - RECENT)
        failed = Domain("pbx_id", "=", self.id) & Domain("state", "=", "failed")
        return self.env["call.recording"].search(failed & recent, order="write_date desc")

    def _search_unremoved(self):
        """Return the recordings that were not deleted, the last one first."""
        own = [("pbx_id", "=", self.id), ("date_due", "=", False)]
        return self.env["call.recording.removal"].search(own, order="id desc")
