from odoo import models
from odoo.fields import Domain

from ...intake import Intake
from ...tools import display_notification, public_method

AT_ONCE = 50  # events that are replayed while somebody waits for it
RETRY_CRON = "call_handling.ir_cron_retry_events"


class CallEvent(models.Model):
    """Events that are read again because a person wants it: a few at once, many in the background,
    in batches of the scheduled actions that process events anyway."""

    _inherit = "call.event"

    # === ACTION METHODS === #

    @public_method()
    def action_replay(self):
        """Read the events again, and update their calls.

        :raise UserError: a call does not change any more, because its events were deleted
        """
        self.check_access("write")
        self._check_not_late()
        if len(self) > AT_ONCE:
            return self._replay_later()
        for pbx in self.pbx_id:
            self.filtered(lambda event, pbx=pbx: event.pbx_id == pbx).sudo()._replay()
        return self._notify_replay()

    @public_method()
    def action_replay_failed(self):
        """Read every failed event again that the user may see, and of which there is a text."""
        has_text = Domain("call_ref", "!=", False) | Domain("raw", "!=", False)
        failed = self.search(Domain("state", "=", "failed") & has_text)
        if not failed:
            message = self.env._("There is no failed event that can be read again.")
            return display_notification(message, "info")
        return failed.action_replay()

    # === BUSINESS METHODS === #

    def _replay(self):
        """Read stored messages of one telephone system again, and update their calls."""
        intake = Intake(self.pbx_id)
        self._count_attempt()
        self._try_again(intake)

    def _replay_later(self):
        """Let scheduled actions read the events again at once: those that have failed as if they
        had never been tried, of others their calls are updated."""
        # sudo: people may have events replayed, and only the app writes their state
        events_sudo = self.sudo()
        of_these = Domain("id", "in", self.ids)
        failed_sudo = events_sudo.search(of_these & Domain("state", "=", "failed"))
        if failed_sudo:
            failed_sudo.attempts = 0
            self.env.ref(RETRY_CRON).sudo()._trigger()
        is_done = Domain("state", "=", "done") & Domain("call_ref", "!=", False)
        if done_sudo := events_sudo.search(of_these & is_done):
            done_sudo.state = "waiting"
            self._trigger_waiting()
        message = self.env._(
            "%s events are read again in the background, which may take some minutes. Those that "
            "fail again remain under Failed Events, with the reason.",
            len(self),
        )
        return display_notification(message, "info")

    def _notify_replay(self):
        """Return a notification about how many of the events have failed again."""
        failed = self.exists().filtered(lambda event: event.state == "failed")
        then = None
        if len(self) == 1 and not self.exists():
            # Its form is open, and it was replaced by what it reports.
            then = self.env["ir.actions.act_window"]._for_xml_id(
                "call_handling.call_event_action_failed"
            )
            then["target"] = "main"
        if not failed:
            return display_notification(self.env._("All events were understood."), then=then)
        message = self.env._(
            "%(failed)s of %(count)s events failed again. The list shows the reasons.",
            failed=len(failed),
            count=len(self),
        )
        return display_notification(message, "warning", then=then)
